//! The convolutions of VGG-19 with gradients to their input and none to their weights.

use std::sync::Arc;

use candle_core::{CustomOp1, Result, Tensor};

use super::convolution::Rectified;
use super::pool;
use crate::models::ModelError;
use crate::models::layers::Arithmetic;
use crate::models::towers::Loader;
use crate::models::towers::vgg::{self, VggLayer};

/// Five stages of convolutions, with a max pool between any two.
pub(super) struct Network {
    stages: Vec<Vec<Layer>>,
    arithmetic: Arithmetic,
}

/// A convolution and its rectifier.
enum Layer {
    Stock { weight: Tensor, bias: Tensor },
    Kernel(Operation),
}

/// An operation that many graphs share.
type Operation = Arc<Box<dyn CustomOp1 + Send + Sync>>;

impl Network {
    pub(super) fn load(loader: &mut Loader<'_>) -> std::result::Result<Self, ModelError> {
        let mut stages = Vec::new();
        for stage in vgg::stages() {
            let layers = stage.iter().map(|layer| Layer::load(layer, loader));
            stages.push(layers.collect::<std::result::Result<_, ModelError>>()?);
        }
        Ok(Self {
            stages,
            arithmetic: loader.placement.arithmetic,
        })
    }

    /// What the last rectifier of every stage gives for normalised pictures.
    pub(super) fn features(&self, pictures: &Tensor) -> Result<Vec<Tensor>> {
        let mut features: Vec<Tensor> = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let mut x = match features.last() {
                None => pictures.clone(),
                Some(before) => self.pool(before)?,
            };
            for layer in stage {
                x = layer.forward(&x)?;
            }
            features.push(x);
        }
        Ok(features)
    }

    fn pool(&self, x: &Tensor) -> Result<Tensor> {
        match self.arithmetic {
            Arithmetic::Stock => pool::halved_by_stock(x),
            Arithmetic::Kernels | Arithmetic::Int8 => x.contiguous()?.apply_op1(pool::Halved),
        }
    }
}

impl Layer {
    fn load(layer: &VggLayer, loader: &mut Loader<'_>) -> std::result::Result<Self, ModelError> {
        let (weight, bias) = layer.take(loader)?;
        if loader.placement.channels_last() {
            let operation = Rectified::new(&weight, &bias, layer.inputs);
            return Ok(Self::Kernel(Arc::new(Box::new(operation))));
        }
        let shape = [layer.outputs, layer.inputs, 3, 3];
        Ok(Self::Stock {
            weight: loader.placement.tensor(weight, &shape)?,
            bias: loader.placement.tensor(bias, &[1, layer.outputs, 1, 1])?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Stock { weight, bias } => {
                x.conv2d(weight, 1, 1, 1, 1)?.broadcast_add(bias)?.relu()
            }
            Self::Kernel(operation) => x.contiguous()?.apply_op1_arc(Arc::clone(operation)),
        }
    }
}
