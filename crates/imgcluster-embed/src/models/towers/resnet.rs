//! `ResNet`, in the tensor names of torchvision, of timm (the same) and of transformers.

use candle_core::{Result, Tensor};

use super::Loader;
use super::folding::Layer;
use super::names::ResNetNames;
use crate::Preprocess;
use crate::models::layers::{Convolution, Input, Pictures, Placement, global_average, max_pool};
use crate::models::{Activation, ModelError, ResNetDepth};

/// A residual network without its classifier.
pub(crate) struct ResNet {
    input: Input,
    placement: Placement,
    stem: Convolution,
    blocks: Vec<Block>,
}

/// Two or three convolutions around a shortcut.
struct Block {
    convolutions: Vec<Convolution>,
    last: Convolution,
    shortcut: Option<Convolution>,
}

pub(super) fn needless(name: &str) -> bool {
    let classifiers = ["fc.", "classifier."];
    name.ends_with("num_batches_tracked") || classifiers.iter().any(|fc| name.starts_with(fc))
}

impl ResNet {
    pub(super) fn load(
        depth: ResNetDepth,
        preprocess: &Preprocess,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let names = ResNetNames::of(loader);
        let stem = Layer {
            names: &names.stem(),
            inputs: 3,
            outputs: 64,
            kernel: 7,
            stride: 2,
            activation: Some(Activation::Relu),
        };
        let stem = loader.convolution(&stem)?;
        let (mut blocks, mut inputs) = (Vec::new(), 64);
        for (stage, count) in depth.blocks().into_iter().enumerate() {
            let width = 64 << stage;
            for index in 0..count {
                let shape = BlockShape {
                    place: (stage, index),
                    inputs,
                    width,
                    outputs: if depth.has_bottlenecks() {
                        width * 4
                    } else {
                        width
                    },
                    stride: if stage > 0 && index == 0 { 2 } else { 1 },
                    bottleneck: depth.has_bottlenecks(),
                };
                blocks.push(Block::load(&shape, names, loader)?);
                inputs = shape.outputs;
            }
        }
        Ok(Self {
            input: Input::new(preprocess, loader.placement)?,
            placement: loader.placement.clone(),
            stem,
            blocks,
        })
    }

    pub(super) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let x = self.input.images(pictures)?;
        let mut x = max_pool(&self.stem.forward(&x, None)?, &self.placement)?;
        for block in &self.blocks {
            x = block.forward(&x)?;
        }
        global_average(&x, &self.placement)
    }
}

struct BlockShape {
    /// Its stage, and its number within that.
    place: (usize, usize),
    inputs: usize,
    width: usize,
    outputs: usize,
    stride: usize,
    bottleneck: bool,
}

impl Block {
    fn load(
        shape: &BlockShape,
        names: ResNetNames,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let BlockShape {
            place,
            inputs,
            width,
            outputs,
            stride,
            bottleneck,
        } = shape;
        // (inputs, outputs, kernel, stride) of each convolution.
        let layers: &[(usize, usize, usize, usize)] = if *bottleneck {
            &[
                (*inputs, *width, 1, 1),
                (*width, *width, 3, *stride),
                (*width, *outputs, 1, 1),
            ]
        } else {
            &[(*inputs, *width, 3, *stride), (*width, *outputs, 3, 1)]
        };
        let mut convolutions = Vec::new();
        for (index, (inputs, outputs, kernel, stride)) in layers.iter().enumerate() {
            let layer = Layer {
                names: &names.convolution(*place, index),
                inputs: *inputs,
                outputs: *outputs,
                kernel: *kernel,
                stride: *stride,
                activation: Some(Activation::Relu),
            };
            convolutions.push(loader.convolution(&layer)?);
        }
        let last = convolutions
            .pop()
            .expect("a block has two or three convolutions");
        let shortcut = if *stride != 1 || inputs != outputs {
            let layer = Layer {
                names: &names.shortcut(*place),
                inputs: *inputs,
                outputs: *outputs,
                kernel: 1,
                stride: *stride,
                activation: None,
            };
            Some(loader.convolution(&layer)?)
        } else {
            None
        };
        Ok(Self {
            convolutions,
            last,
            shortcut,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shortcut = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x, None)?,
            None => x.clone(),
        };
        let mut inner = x.clone();
        for convolution in &self.convolutions {
            inner = convolution.forward(&inner, None)?;
        }
        self.last.forward(&inner, Some(&shortcut))
    }
}
