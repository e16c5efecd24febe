//! How different two pictures look to VGG-19: a loss whose gradient an autoencoder is trained by.
//!
//! [`PerceptualLoss`] compares the features after the last rectifier of each of the five stages, as in
//! Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (2016,
//! section 3.2), but by the mean absolute difference. [`network`] computes them: on the CPU with this
//! project's kernels in both directions ([`convolution`], [`pool`], [`difference`]), elsewhere with
//! candle's own operations.

mod convolution;
mod difference;
mod network;
mod pool;
#[cfg(test)]
mod tests;

use candle_core::{D, DType, Result, Tensor, bail};

use crate::Preprocess;
use crate::models::checkpoint::{CheckpointWeights, Weights};
use crate::models::layers::{Arithmetic, Placement};
use crate::models::towers::Loader;
use crate::models::towers::vgg;
use crate::models::{Checkpoint, ModelError};
use network::Network;

/// Four max pools leave one pixel.
const LEAST_SIDE: usize = 16;

/// The difference of two pictures as VGG-19 sees them, with a gradient.
///
/// Pictures are tensors of numbers in [0, 1] units (beyond is allowed), of the shape
/// `(batch, height, width, 3)` on the CPU and `(batch, 3, height, width)` elsewhere: as
/// [`Placement::channels_last`] says. All is computed in `f32`; the weights are frozen. One call runs
/// on one thread, and several threads may call at once. What a picture gives does not depend on the
/// others of its batch.
pub(crate) struct PerceptualLoss {
    network: Network,
    placement: Placement,
    mean: Tensor,
    std: Tensor,
}

impl PerceptualLoss {
    /// Takes the convolutions of VGG-19 from a checkpoint with the names of torchvision or timm.
    ///
    /// # Errors
    /// If the weights are not those of VGG-19, the tensor is named; also if the file cannot be read.
    pub(crate) fn open(
        checkpoint: &mut Checkpoint,
        placement: &Placement,
    ) -> std::result::Result<Self, ModelError> {
        let mut weights = CheckpointWeights::new(checkpoint);
        let loss = Self::new(&mut weights, placement)?;
        weights.finish(vgg::needless)?;
        Ok(loss)
    }

    /// Takes the convolutions of VGG-19 by name; what else there is does not matter.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape or a value that is not finite; it is named.
    pub(crate) fn new(
        weights: &mut dyn Weights,
        placement: &Placement,
    ) -> std::result::Result<Self, ModelError> {
        let placement = Placement {
            device: placement.device.clone(),
            dtype: DType::F32,
            arithmetic: match placement.arithmetic {
                Arithmetic::Stock => Arithmetic::Stock,
                Arithmetic::Kernels | Arithmetic::Int8 => Arithmetic::Kernels,
            },
        };
        let mut loader = Loader {
            weights,
            placement: &placement,
        };
        let network = Network::load(&mut loader)?;
        let shape: &[usize] = if placement.channels_last() {
            &[1, 1, 1, 3]
        } else {
            &[1, 3, 1, 1]
        };
        let (mean, std) = Preprocess::IMAGENET;
        Ok(Self {
            mean: placement.tensor(mean.to_vec(), shape)?,
            std: placement.tensor(std.to_vec(), shape)?,
            network,
            placement,
        })
    }

    /// Computes the features after `relu1_2`, `relu2_2`, `relu3_4`, `relu4_4` and `relu5_4` of
    /// pictures that it normalises as those of `ImageNet` were, with their channels where the pictures
    /// have them. A gradient goes back to the pictures if they are tracked.
    ///
    /// # Errors
    /// If the tensor is not made of pictures with three channels and at least 16 pixels a side.
    pub(crate) fn features(&self, pixels: &Tensor) -> Result<Vec<Tensor>> {
        self.check(pixels)?;
        let normalised = pixels
            .to_dtype(DType::F32)?
            .broadcast_sub(&self.mean)?
            .broadcast_div(&self.std)?;
        self.network.features(&normalised)
    }

    /// Computes for every picture the mean over the five features of their mean absolute difference:
    /// a tensor of `batch` numbers, 0 where two pictures are equal. The gradient goes back to
    /// `output` alone, and is 0 where two features are equal.
    ///
    /// # Errors
    /// If the two are of different shapes, and as [`features`](Self::features).
    pub(crate) fn losses(&self, output: &Tensor, target: &Tensor) -> Result<Tensor> {
        if output.dims() != target.dims() {
            bail!(
                "pictures of {:?} cannot be compared with {:?}",
                output.dims(),
                target.dims()
            )
        }
        let wanted = self.features(&target.detach())?;
        let found = self.features(output)?;
        let mut sum: Option<Tensor> = None;
        for (found, wanted) in found.iter().zip(&wanted) {
            let difference = self.difference(found, wanted)?;
            sum = Some(match sum {
                None => difference,
                Some(sum) => (sum + difference)?,
            });
        }
        sum.expect("there are five features") / wanted.len() as f64
    }

    /// The mean absolute difference of the features of each picture.
    fn difference(&self, found: &Tensor, wanted: &Tensor) -> Result<Tensor> {
        if self.placement.channels_last() {
            return difference::mean_absolute(found, wanted);
        }
        let difference = (found - wanted)?;
        // Candle's own absolute value has the gradient 1 at 0, where equal features have none.
        let absolute = (&difference * difference.detach().sign()?)?;
        absolute.flatten_from(1)?.mean(D::Minus1)
    }

    fn check(&self, pixels: &Tensor) -> Result<()> {
        let (_, a, b, c) = pixels.dims4()?;
        let (height, width, channels) = if self.placement.channels_last() {
            (a, b, c)
        } else {
            (b, c, a)
        };
        if channels != 3 || height.min(width) < LEAST_SIDE {
            bail!(
                "the perceptual loss takes pictures of 3 channels and at least {LEAST_SIDE} pixels \
                 a side, not {:?}",
                pixels.dims()
            )
        }
        Ok(())
    }
}
