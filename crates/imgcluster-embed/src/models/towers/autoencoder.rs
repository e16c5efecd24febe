//! The encoder of an autoencoder: convolutions with stride 2, and a linear layer to the code.

use candle_core::{Result, Tensor};

use super::Loader;
use crate::Preprocess;
use crate::autoencoder::{AutoencoderConfiguration, DOWN_KERNEL, ENCODER_LATENT, encoder_layer};
use crate::models::layers::{Convolution, ConvolutionParts, Input, Linear, Pictures};
use crate::models::{Activation, ModelError};

/// How the tensors of the decoder begin, which codes do without.
const DECODER: &str = "decoder.";

/// An autoencoder without its decoder.
pub(crate) struct Encoder {
    input: Input,
    convolutions: Vec<Convolution>,
    code: Linear,
}

pub(super) fn needless(name: &str) -> bool {
    name.starts_with(DECODER)
}

impl Encoder {
    pub(super) fn load(
        configuration: &AutoencoderConfiguration,
        preprocess: &Preprocess,
        loader: &mut Loader<'_>,
    ) -> std::result::Result<Self, ModelError> {
        let levels = configuration.levels();
        let mut convolutions = Vec::with_capacity(levels.len());
        for (number, level) in levels.iter().enumerate() {
            let (name, inputs, outputs) =
                (encoder_layer(number), level.from_channels, level.channels);
            let shape = [outputs, inputs, DOWN_KERNEL, DOWN_KERNEL];
            let parts = ConvolutionParts {
                weight: loader.take(&format!("{name}.weight"), &shape)?,
                bias: loader.take(&format!("{name}.bias"), &[outputs])?,
                inputs,
                outputs,
                kernel: DOWN_KERNEL,
                stride: 2,
                padding: DOWN_KERNEL / 2,
                activation: Some(Activation::Relu),
                may_be_int8: number > 0,
            };
            convolutions.push(Convolution::new(parts, loader.placement)?);
        }
        let (flat, latent) = (configuration.flat(), configuration.latent as usize);
        let mut weight = loader.take(&format!("{ENCODER_LATENT}.weight"), &[latent, flat])?;
        let bias = loader.take(&format!("{ENCODER_LATENT}.bias"), &[latent])?;
        if loader.placement.channels_last() {
            let channels = levels.last().map_or(1, |level| level.channels);
            weight = channels_last(&weight, flat, channels);
        }
        Ok(Self {
            input: Input::new(preprocess, loader.placement)?,
            convolutions,
            code: loader.linear_of(weight, Some(bias), flat)?,
        })
    }

    pub(super) fn forward(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let mut x = self.input.images(pictures)?;
        for convolution in &self.convolutions {
            x = convolution.forward(&x, None)?;
        }
        self.code.forward(&x.flatten_from(1)?, None)
    }
}

/// Turns the columns of a linear layer that expects pictures of numbers channel by channel into
/// those of one that expects them pixel by pixel.
fn channels_last(weight: &[f32], flat: usize, channels: usize) -> Vec<f32> {
    let pixels = flat / channels;
    let mut turned = Vec::with_capacity(weight.len());
    for row in weight.chunks_exact(flat) {
        for pixel in 0..pixels {
            turned.extend(row[pixel..].iter().step_by(pixels));
        }
    }
    turned
}
