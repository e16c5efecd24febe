//! How far pictures that came back are from those that went in.

use candle_core::{Result, Tensor};

use crate::perceptual::PerceptualLoss;

/// A loss that can be computed.
pub(super) enum Objective {
    /// The mean of the squared differences of numbers in [0, 1].
    Mse,
    /// The mean of their absolute differences.
    L1,
    /// The difference of what a VGG-19 sees.
    Perceptual(Box<PerceptualLoss>),
}

impl Objective {
    /// Whether it takes most of the time, on one thread a call.
    pub(super) fn is_heavy(&self) -> bool {
        matches!(self, Self::Perceptual(_))
    }

    /// The sum over the pictures of the loss of each.
    pub(super) fn sum(&self, output: &Tensor, wanted: &Tensor) -> Result<Tensor> {
        if let Self::Perceptual(loss) = self {
            return loss.losses(output, wanted)?.sum_all();
        }
        let numbers = (output.elem_count() / output.dim(0)?) as f64;
        let difference = (output - wanted)?;
        match self {
            Self::Mse => difference.sqr()?.sum_all()? / numbers,
            // Candle's own absolute value has the gradient 1 at 0.
            _ => (&difference * difference.detach().sign()?)?.sum_all()? / numbers,
        }
    }
}
