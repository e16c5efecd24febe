//! The whole network with its parameters as candle's variables: forwards, and backwards by candle.
//!
//! On the CPU convolutions are matrix products over windows ([`windows`]), with channels last, which
//! takes candle's fast products forwards and backwards; elsewhere they are candle's own. [`layout`]
//! brings tensors from the order of the file to the one and to the other.

mod layers;
mod layout;
mod windows;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor, Var};

use super::Tensors;
use super::shape::{
    AutoencoderConfiguration, DECODER_LATENT, ENCODER_LATENT, Level, decoder_layer, encoder_layer,
};
use layers::Weights;
use layout::Layout;

/// What computes convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// Products over windows, channels last: on the CPU.
    Windows,
    /// Candle's own convolutions, channels first: on a GPU, and as the slow twin in tests.
    Stock,
}

impl Means {
    /// The faster on a device.
    pub(super) fn on(device: &Device) -> Self {
        if device.is_cpu() {
            Self::Windows
        } else {
            Self::Stock
        }
    }
}

/// A network that can be trained.
pub(super) struct Network {
    configuration: AutoencoderConfiguration,
    means: Means,
    levels: Vec<Level>,
    /// By layer: its weight and bias, in the order of [`AutoencoderConfiguration::tensors`].
    layers: BTreeMap<String, [usize; 2]>,
    names: Vec<String>,
    layouts: Vec<Layout>,
    variables: Vec<Var>,
    mean: Tensor,
    std: Tensor,
}

impl Network {
    /// Makes the network of these tensors.
    pub(super) fn new(
        configuration: &AutoencoderConfiguration,
        tensors: &Tensors,
        device: &Device,
        means: Means,
    ) -> Result<Self> {
        Self::of_type(configuration, tensors, device, means, DType::F32)
    }

    fn of_type(
        configuration: &AutoencoderConfiguration,
        tensors: &Tensors,
        device: &Device,
        means: Means,
        dtype: DType,
    ) -> Result<Self> {
        let (mut names, mut layouts, mut variables) = (Vec::new(), Vec::new(), Vec::new());
        let mut layers = BTreeMap::new();
        for tensor in configuration.tensors() {
            let layout = Layout::of(&tensor, configuration, means);
            let Some(values) = tensors.get(&tensor.name) else {
                candle_core::bail!("the network has no tensor `{}`", tensor.name)
            };
            let values = layout.computed_order(values);
            let values = Tensor::from_vec(values, layout.computed(), device)?;
            let at = variables.len();
            if let Some(layer) = tensor.name.strip_suffix(".weight") {
                layers.insert(layer.to_owned(), [at, at + 1]);
            }
            variables.push(Var::from_tensor(&values.to_dtype(dtype)?)?);
            names.push(tensor.name);
            layouts.push(layout);
        }
        let constant = |values: [f32; 3]| -> Result<Tensor> {
            let values = Tensor::new(&values, device)?.to_dtype(dtype)?;
            match means {
                Means::Windows => values.reshape((1, 1, 1, 3)),
                Means::Stock => values.reshape((1, 3, 1, 1)),
            }
        };
        Ok(Self {
            mean: constant(configuration.mean)?,
            std: constant(configuration.std)?,
            configuration: *configuration,
            means,
            levels: configuration.levels(),
            layers,
            names,
            layouts,
            variables,
        })
    }

    /// The parameters, in a fixed order.
    pub(super) fn variables(&self) -> &[Var] {
        &self.variables
    }

    /// The parameters as they stand in a file.
    pub(super) fn tensors(&self) -> Result<Tensors> {
        let values = self.variables.iter().map(Var::as_tensor);
        self.in_file_order(values)
    }

    /// Numbers that belong to the parameters, in their order, as they would stand in a file.
    pub(super) fn in_file_order<'a>(
        &self,
        values: impl IntoIterator<Item = &'a Tensor>,
    ) -> Result<Tensors> {
        let mut tensors = Tensors::new();
        for ((name, layout), values) in self.names.iter().zip(&self.layouts).zip(values) {
            let values = values.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
            tensors.insert(name.clone(), layout.file_order(values));
        }
        Ok(tensors)
    }

    /// The reverse of [`Network::in_file_order`].
    pub(super) fn in_computed_order(&self, tensors: &Tensors) -> Result<Vec<Tensor>> {
        let places = self.names.iter().zip(&self.layouts).zip(&self.variables);
        let mut all = Vec::new();
        for ((name, layout), variable) in places {
            let Some(values) = tensors.get(name) else {
                candle_core::bail!("there is no tensor `{name}`")
            };
            let values = layout.computed_order(values);
            let values = Tensor::from_vec(values, layout.computed(), variable.device())?;
            all.push(values.to_dtype(variable.dtype())?);
        }
        Ok(all)
    }

    /// Makes pictures of bytes, red, green and blue in turn, to numbers in [0, 1], laid out for the
    /// network.
    pub(super) fn pictures(&self, rgb: &[f32]) -> Result<Tensor> {
        let side = self.configuration.size as usize;
        let batch = rgb.len() / (side * side * 3);
        let (device, dtype) = (self.mean.device(), self.mean.dtype());
        let pictures = Tensor::from_slice(rgb, (batch, side, side, 3), device)?.to_dtype(dtype)?;
        match self.means {
            Means::Windows => Ok(pictures),
            Means::Stock => pictures.permute((0, 3, 1, 2))?.contiguous(),
        }
    }

    /// Codes of pictures in [0, 1]: batch by latent.
    pub(super) fn encode(&self, pictures: &Tensor) -> Result<Tensor> {
        let mut x = pictures
            .broadcast_sub(&self.mean)?
            .broadcast_div(&self.std)?;
        for (number, level) in self.levels.iter().enumerate() {
            let layer = self.layer(&encoder_layer(number))?;
            x = layer.down(&x, level, self.means)?.relu()?;
        }
        self.layer(ENCODER_LATENT)?.linear(&x.flatten_from(1)?)
    }

    /// Pictures of codes, about in [0, 1], laid out as [`Network::pictures`] does.
    pub(super) fn decode(&self, codes: &Tensor) -> Result<Tensor> {
        let x = self.layer(DECODER_LATENT)?.linear(codes)?.relu()?;
        let Some(last) = self.levels.last() else {
            candle_core::bail!("the network has no convolution")
        };
        let (batch, side, channels) = (codes.dim(0)?, last.side, last.channels);
        let mut x = match self.means {
            Means::Windows => x.reshape((batch, side, side, channels))?,
            Means::Stock => x.reshape((batch, channels, side, side))?,
        };
        let ends = self.levels.len() - 1;
        for (number, level) in self.levels.iter().rev().enumerate() {
            x = self
                .layer(&decoder_layer(number))?
                .up(&x, level, self.means)?;
            if number < ends {
                x = x.relu()?;
            }
        }
        x.broadcast_mul(&self.std)?.broadcast_add(&self.mean)
    }

    fn layer(&self, name: &str) -> Result<Weights<'_>> {
        match self.layers.get(name) {
            Some(&[weight, bias]) => Ok(Weights {
                weight: self.variables[weight].as_tensor(),
                bias: self.variables[bias].as_tensor(),
            }),
            None => candle_core::bail!("the network has no layer `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests;
