//! What training can be told.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::DeviceChoice;

/// How an autoencoder is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Pixels a side of the square that pictures are resized to, 32 to 512. Default: 128.
    pub size: u32,
    /// How many numbers a code has. Default: 256.
    pub latent: u32,
    /// Channels of the first convolution. Default: 32.
    pub width: u32,
    /// How often each picture is seen; 0 leaves the network as it begins. Default: 60.
    pub epochs: u32,
    /// The step of Adam at the beginning, above 0; it is multiplied by [`STEP_FACTOR`] after each third of
    /// the epochs. Default: 0.001.
    pub learning_rate: f64,
    /// Pictures a step. Default: 16.
    pub batch_size: NonZeroUsize,
    /// The share of the pictures that is held out to see how well others than those learnt from come
    /// back, in [0, 1), rounded to the nearest number: of fewer than five none by default. Default: 0.1.
    pub validation: f64,
    /// Training ends after so many epochs without a better loss. Default: none, all epochs.
    pub patience: Option<NonZeroU32>,
    /// Whether pictures are mirrored and shifted while they are learnt from, and seen in another light
    /// and with noise, while they should come back without (Vincent et al., "Extracting and Composing
    /// Robust Features with Denoising Autoencoders", 2008). Default: yes.
    pub augment: bool,
    /// Decides all that is left to chance. Default: 0.
    pub seed: u64,
    /// Where the network runs. Default: [`DeviceChoice::Auto`].
    pub device: DeviceChoice,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            size: 128,
            latent: 256,
            width: 32,
            epochs: 60,
            learning_rate: 0.001,
            batch_size: const { NonZeroUsize::new(16).expect("sixteen is not zero") },
            validation: 0.1,
            patience: None,
            augment: true,
            seed: 0,
            device: DeviceChoice::Auto,
        }
    }
}

/// What the learning rate is multiplied by after each third of the epochs.
pub const STEP_FACTOR: f64 = 0.3;

impl TrainOptions {
    /// The learning rate in an epoch, from 1.
    pub(super) fn rate(&self, epoch: u32) -> f64 {
        let third = self.epochs.div_ceil(3).max(1);
        match epoch.saturating_sub(1) / third {
            0 => self.learning_rate,
            1 => self.learning_rate * STEP_FACTOR,
            _ => self.learning_rate * STEP_FACTOR * STEP_FACTOR,
        }
    }
}
