//! VGG-19, in the tensor names of torchvision and of timm, which are the same for its convolutions.

use candle_core::{Result, Tensor};

use super::Loader;
use crate::Preprocess;
use crate::models::layers::{
    Convolution, ConvolutionParts, Input, Pictures, Placement, global_average, max_pool_halving,
};
use crate::models::{Activation, ModelError};

/// Table 1 of the paper, column E: channels and convolutions between two max pools.
const STAGES: [(usize, usize); 5] = [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)];

/// A VGG-19 without its last max pool and its linear layers.
pub(crate) struct Vgg {
    input: Input,
    placement: Placement,
    /// A max pool lies between two of them.
    stages: Vec<Vec<Convolution>>,
}

/// A 3 × 3 convolution with one pixel of zeros around, before its rectifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VggLayer {
    /// What its two tensors begin with, as `features.28`.
    prefix: String,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

pub(crate) fn needless(name: &str) -> bool {
    let classifiers = ["classifier.", "pre_logits.", "head."];
    classifiers.iter().any(|prefix| name.starts_with(prefix))
}

/// The convolutions, stage by stage. They are numbered among all layers, where each is followed by its
/// rectifier and each stage by its max pool.
pub(crate) fn stages() -> Vec<Vec<VggLayer>> {
    let (mut number, mut inputs) = (0, 3);
    let mut stage = |(outputs, count): (usize, usize)| {
        let layers = (0..count).map(|_| {
            let layer = VggLayer {
                prefix: format!("features.{number}"),
                inputs,
                outputs,
            };
            (number, inputs) = (number + 2, outputs);
            layer
        });
        let layers = layers.collect();
        number += 1;
        layers
    };
    STAGES.into_iter().map(&mut stage).collect()
}

impl VggLayer {
    /// Takes the weight (outputs by inputs by 3 by 3) and the bias.
    pub(crate) fn take(
        &self,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<(Vec<f32>, Vec<f32>), ModelError> {
        let (prefix, shape) = (&self.prefix, [self.outputs, self.inputs, 3, 3]);
        let weight = loader.take(&format!("{prefix}.weight"), &shape)?;
        let bias = loader.take(&format!("{prefix}.bias"), &[self.outputs])?;
        Ok((weight, bias))
    }
}

impl Vgg {
    pub(super) fn load(
        preprocess: &Preprocess,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let mut load = |layer: &VggLayer| {
            let (weight, bias) = layer.take(loader)?;
            let parts = ConvolutionParts {
                weight,
                bias,
                inputs: layer.inputs,
                outputs: layer.outputs,
                kernel: 3,
                stride: 1,
                padding: 1,
                activation: Some(Activation::Relu),
                // Pictures come in with three channels.
                may_be_int8: layer.inputs > 3,
            };
            Ok(Convolution::new(parts, loader.placement)?)
        };
        let stages = stages();
        let mut stage = |layers: &Vec<VggLayer>| layers.iter().map(&mut load).collect();
        let stages = stages.iter().map(&mut stage);
        Ok(Self {
            stages: stages.collect::<std::result::Result<_, ModelError>>()?,
            input: Input::new(preprocess, loader.placement)?,
            placement: loader.placement.clone(),
        })
    }

    pub(super) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let mut x = self.input.images(pictures)?;
        for (number, stage) in self.stages.iter().enumerate() {
            if number > 0 {
                x = max_pool_halving(&x, &self.placement)?;
            }
            for convolution in stage {
                x = convolution.forward(&x, None)?;
            }
        }
        global_average(&x, &self.placement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_convolutions_have_the_numbers_that_torchvision_gives_them() {
        let numbers = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34];
        let stages = stages();
        let prefixes: Vec<_> = stages.iter().flatten().map(|one| &one.prefix).collect();
        assert_eq!(
            prefixes,
            numbers
                .map(|number| format!("features.{number}"))
                .each_ref()
        );
        let weights = stages
            .iter()
            .flatten()
            .map(|one| one.inputs * one.outputs * 9 + one.outputs);
        // torchvision counts 143,667,240 with the three linear layers.
        let linear = (25_088 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000;
        assert_eq!(weights.sum::<usize>() + linear, 143_667_240);
    }
}
