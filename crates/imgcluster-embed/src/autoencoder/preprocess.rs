//! What an autoencoder sees of a picture.

use std::num::NonZeroU32;

use imgcluster_core::{Filter, Resize};

use super::AutoencoderConfiguration;
use crate::Preprocess;

impl AutoencoderConfiguration {
    /// Tells what is done to pictures before the network, in training and after it: all of the
    /// picture is squashed to the size with Pillow's bicubic filter, then normalised.
    pub fn preprocess(&self) -> Preprocess {
        let side = NonZeroU32::new(self.size).unwrap_or(NonZeroU32::MIN);
        Preprocess {
            input: Preprocess::square(side, Resize::Squash, Filter::Bicubic),
            mean: self.mean,
            std: self.std,
        }
    }
}
