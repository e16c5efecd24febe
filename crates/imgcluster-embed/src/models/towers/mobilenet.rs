//! `MobileNetV2` at width 1.0, in the tensor names of torchvision and of timm.

use candle_core::{Result, Tensor};

use super::Loader;
use super::folding::{Folded, Layer};
use super::names::{MobileNetNames, MobileNetPlace};
use crate::Preprocess;
use crate::models::layers::{
    Convolution, Depthwise, DepthwiseParts, Input, Pictures, Placement, global_average,
};
use crate::models::{Activation, ModelError};

/// Table 2 of the paper: expansion, channels, repeats, stride of the first.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

/// A `MobileNetV2` without its classifier.
pub(crate) struct MobileNet {
    input: Input,
    placement: Placement,
    stem: Convolution,
    blocks: Vec<Block>,
    last: Convolution,
}

/// Widen, filter each channel, narrow; a shortcut where the shape stays.
struct Block {
    widen: Option<Convolution>,
    filter: Depthwise,
    narrow: Convolution,
    shortcut: bool,
}

pub(super) fn needless(name: &str) -> bool {
    name.ends_with("num_batches_tracked") || name.starts_with("classifier.")
}

impl MobileNet {
    pub(super) fn load(
        preprocess: &Preprocess,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let names = MobileNetNames::of(|name| loader.weights.has(name));
        let stem = Layer {
            names: &names.stem(),
            inputs: 3,
            outputs: 32,
            kernel: 3,
            stride: 2,
            activation: Some(Activation::Relu6),
        };
        let stem = loader.convolution(&stem)?;
        let (mut blocks, mut inputs) = (Vec::new(), 32);
        for (stage, (expansion, outputs, repeats, first_stride)) in STAGES.into_iter().enumerate() {
            for index in 0..repeats {
                let shape = BlockShape {
                    place: MobileNetPlace {
                        stage,
                        index,
                        of_all: blocks.len(),
                        widens: expansion > 1,
                    },
                    inputs,
                    expansion,
                    outputs,
                    stride: if index == 0 { first_stride } else { 1 },
                };
                blocks.push(Block::load(&shape, names, loader)?);
                inputs = outputs;
            }
        }
        let last = Layer {
            names: &names.last(),
            inputs,
            outputs: 1280,
            kernel: 1,
            stride: 1,
            activation: Some(Activation::Relu6),
        };
        Ok(Self {
            input: Input::new(preprocess, loader.placement)?,
            placement: loader.placement.clone(),
            stem,
            blocks,
            last: loader.convolution(&last)?,
        })
    }

    pub(super) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let x = self.input.images(pictures)?;
        let mut x = self.stem.forward(&x, None)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        global_average(&self.last.forward(&x, None)?, &self.placement)
    }
}

struct BlockShape {
    place: MobileNetPlace,
    inputs: usize,
    expansion: usize,
    outputs: usize,
    stride: usize,
}

impl Block {
    fn load(
        shape: &BlockShape,
        names: MobileNetNames,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let BlockShape {
            place,
            inputs,
            expansion,
            outputs,
            stride,
        } = shape;
        let wide = inputs * expansion;
        let widen = if place.widens {
            let layer = Layer {
                names: &names.widen(*place),
                inputs: *inputs,
                outputs: wide,
                kernel: 1,
                stride: 1,
                activation: Some(Activation::Relu6),
            };
            Some(loader.convolution(&layer)?)
        } else {
            None
        };
        let (weight, bias) = loader.folded(&Folded {
            names: &names.filter(*place),
            shape: [wide, 1, 3, 3],
        })?;
        let filter = DepthwiseParts {
            weight,
            bias,
            stride: *stride,
            activation: Some(Activation::Relu6),
        };
        let narrow = Layer {
            names: &names.narrow(*place),
            inputs: wide,
            outputs: *outputs,
            kernel: 1,
            stride: 1,
            activation: None,
        };
        Ok(Self {
            widen,
            filter: Depthwise::new(filter, loader.placement)?,
            narrow: loader.convolution(&narrow)?,
            shortcut: *stride == 1 && inputs == outputs,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let wide = match &self.widen {
            Some(widen) => widen.forward(x, None)?,
            None => x.clone(),
        };
        let filtered = self.filter.forward(&wide)?;
        self.narrow.forward(&filtered, self.shortcut.then_some(x))
    }
}
