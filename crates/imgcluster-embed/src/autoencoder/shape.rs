//! Which layers an autoencoder has, and what their tensors are called.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Convolutions go on until pictures of numbers have at most this many pixels a side.
const LAST_SIDE: usize = 4;

/// No layer has more channels than this many times the first one.
const WIDEST: usize = 8;

/// Pixels a side of the kernels of the encoder, whose stride is 2 with one pixel of zeros around.
pub(crate) const DOWN_KERNEL: usize = 3;

/// The same for the transposed convolutions of the decoder.
pub(crate) const UP_KERNEL: usize = 4;

/// What an autoencoder is, but for its weights.
///
/// The encoder is a stack of 3 × 3 convolutions with stride 2, each followed by a rectifier, down to
/// pictures of 4 × 4 numbers or fewer, and a linear layer to the code. The decoder is a linear layer,
/// and a stack of 4 × 4 transposed convolutions with stride 2 back to the size of the picture, with a
/// rectifier between any two. All that the decoder knows of a picture is its code: there is no other way around.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoencoderConfiguration {
    /// Pixels a side of the square that pictures are resized to; in [`Self::SIZES`].
    pub size: u32,
    /// How many numbers a code has; in [`Self::LATENTS`].
    pub latent: u32,
    /// Channels of the first convolution; they double from one to the next, up to eight times as
    /// many; in [`Self::WIDTHS`].
    pub width: u32,
    /// Subtracted from red, green and blue in [0, 1] before the encoder.
    pub mean: [f32; 3],
    /// What the difference is divided by; above 0.
    pub std: [f32; 3],
}

/// One convolution of the encoder, and the transposed one of the decoder that undoes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Pixels a side before the convolution.
    pub(crate) from_side: usize,
    /// Pixels a side after it: half as many, rounded up.
    pub(crate) side: usize,
    /// Channels before the convolution.
    pub(crate) from_channels: usize,
    /// Channels after it.
    pub(crate) channels: usize,
}

/// A tensor of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorShape {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
}

/// Why there is no such autoencoder.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("an autoencoder cannot have {what} {value}; {expected}")]
pub struct ConfigurationError {
    /// The setting, in words.
    what: &'static str,
    /// Its value.
    value: String,
    /// What would do.
    expected: String,
}

impl AutoencoderConfiguration {
    /// Sizes that pictures can have.
    pub const SIZES: RangeInclusive<u32> = 32..=512;
    /// How long a code can be.
    pub const LATENTS: RangeInclusive<u32> = 1..=8192;
    /// How many channels the first convolution can have.
    pub const WIDTHS: RangeInclusive<u32> = 1..=256;

    /// Asks whether there is such a network.
    ///
    /// # Errors
    /// If a number is out of its range; the error names it.
    pub fn check(&self) -> Result<(), ConfigurationError> {
        for (what, value, range) in [
            ("a size of", self.size, Self::SIZES),
            ("a code of length", self.latent, Self::LATENTS),
            ("a width of", self.width, Self::WIDTHS),
        ] {
            if !range.contains(&value) {
                return Err(ConfigurationError {
                    what,
                    value: value.to_string(),
                    expected: format!("{} to {} will do", range.start(), range.end()),
                });
            }
        }
        let is_mean = |value: &f32| value.is_finite();
        let is_std = |value: &f32| value.is_finite() && *value > 0.0;
        let wrong_mean = self.mean.iter().find(|value| !is_mean(value));
        let wrong_std = self.std.iter().find(|value| !is_std(value));
        match (wrong_mean, wrong_std) {
            (None, None) => Ok(()),
            (Some(value), _) => Err(ConfigurationError {
                what: "a mean colour of",
                value: value.to_string(),
                expected: "it must be a number".to_owned(),
            }),
            (None, Some(value)) => Err(ConfigurationError {
                what: "a spread of colours of",
                value: value.to_string(),
                expected: "it must be above 0".to_owned(),
            }),
        }
    }

    /// Lists the convolutions of the encoder in order; the decoder undoes them from the last to the
    /// first.
    pub(crate) fn levels(&self) -> Vec<Level> {
        let width = self.width as usize;
        let (mut side, mut channels) = (self.size as usize, 3);
        let mut levels = Vec::new();
        while side > LAST_SIDE {
            let level = Level {
                from_side: side,
                side: side.div_ceil(2),
                from_channels: channels,
                channels: width * (1_usize << levels.len()).min(WIDEST),
            };
            (side, channels) = (level.side, level.channels);
            levels.push(level);
        }
        levels
    }

    /// How many numbers the last picture of numbers has: channels by rows by columns.
    pub(crate) fn flat(&self) -> usize {
        let last = self.levels().last().copied();
        last.map_or(0, |level| level.channels * level.side * level.side)
    }

    /// Lists the tensors of the encoder, then those of the decoder, in the order of the layers.
    ///
    /// Convolutions are outputs by inputs by rows by columns, transposed ones inputs by outputs by
    /// rows by columns, linear layers outputs by inputs; pictures of numbers are flattened channels
    /// first.
    pub(crate) fn tensors(&self) -> Vec<TensorShape> {
        let levels = self.levels();
        let (latent, flat) = (self.latent as usize, self.flat());
        let mut tensors = Vec::new();
        let mut layer = |name: String, shape: Vec<usize>, outputs: usize| {
            let weight = format!("{name}.weight");
            tensors.push(TensorShape {
                name: weight,
                shape,
            });
            tensors.push(TensorShape {
                name: format!("{name}.bias"),
                shape: vec![outputs],
            });
        };
        for (number, level) in levels.iter().enumerate() {
            let (inputs, outputs) = (level.from_channels, level.channels);
            let shape = vec![outputs, inputs, DOWN_KERNEL, DOWN_KERNEL];
            layer(encoder_layer(number), shape, outputs);
        }
        layer(ENCODER_LATENT.to_owned(), vec![latent, flat], latent);
        layer(DECODER_LATENT.to_owned(), vec![flat, latent], flat);
        for (number, level) in levels.iter().rev().enumerate() {
            let (inputs, outputs) = (level.channels, level.from_channels);
            let shape = vec![inputs, outputs, UP_KERNEL, UP_KERNEL];
            layer(decoder_layer(number), shape, outputs);
        }
        tensors
    }
}

/// How the tensors of the encoder begin.
pub(crate) const ENCODER: &str = "encoder.";

/// The linear layer to the code.
pub(crate) const ENCODER_LATENT: &str = "encoder.latent";

/// The linear layer from the code.
pub(crate) const DECODER_LATENT: &str = "decoder.latent";

/// Convolution `number` of the encoder, from 0.
pub(crate) fn encoder_layer(number: usize) -> String {
    format!("{ENCODER}{number}")
}

/// Transposed convolution `number` of the decoder, from 0: the first undoes the last of the encoder.
pub(crate) fn decoder_layer(number: usize) -> String {
    format!("decoder.{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_size(size: u32) -> AutoencoderConfiguration {
        AutoencoderConfiguration {
            size,
            latent: 256,
            width: 32,
            mean: [0.5; 3],
            std: [0.25; 3],
        }
    }

    #[test]
    fn every_size_ends_in_a_few_pixels_and_the_decoder_can_come_back_to_it() {
        for size in AutoencoderConfiguration::SIZES {
            let configuration = of_size(size);
            configuration.check().unwrap();
            let levels = configuration.levels();
            assert_eq!(levels[0].from_side, size as usize);
            for pair in levels.windows(2) {
                assert_eq!(pair[0].side, pair[1].from_side);
                assert_eq!(pair[0].channels, pair[1].from_channels);
            }
            for level in &levels {
                // Twice the side is enough to cut from, and no row is cut in vain.
                assert!((level.from_side..=level.from_side + 1).contains(&(2 * level.side)));
            }
            let last = levels[levels.len() - 1];
            assert!((3..=4).contains(&last.side), "{size}");
            assert_eq!(configuration.flat(), last.channels * last.side.pow(2));
        }
    }

    #[test]
    fn channels_double_up_to_eight_times_the_first() {
        let channels = |size| -> Vec<usize> {
            let levels = of_size(size).levels();
            levels.iter().map(|level| level.channels).collect()
        };
        assert_eq!(channels(32), [32, 64, 128]);
        assert_eq!(channels(128), [32, 64, 128, 256, 256]);
        assert_eq!(channels(512), [32, 64, 128, 256, 256, 256, 256]);
    }

    #[test]
    fn tensors_have_the_names_and_shapes_of_their_layers() {
        let tensors = of_size(33).tensors();
        let told: Vec<String> = tensors
            .iter()
            .map(|tensor| format!("{} {:?}", tensor.name, tensor.shape))
            .collect();
        assert_eq!(told[0], "encoder.0.weight [32, 3, 3, 3]");
        assert_eq!(told[1], "encoder.0.bias [32]");
        assert!(told.contains(&"encoder.latent.weight [256, 2304]".to_owned()));
        assert!(told.contains(&"decoder.latent.bias [2304]".to_owned()));
        assert_eq!(told[told.len() - 2], "decoder.3.weight [32, 3, 4, 4]");
        assert_eq!(tensors.len(), 2 * (4 + 4 + 2));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let refused = |change: fn(&mut AutoencoderConfiguration)| {
            let mut other = of_size(64);
            change(&mut other);
            other.check().unwrap_err().to_string()
        };
        assert_eq!(
            refused(|one| one.size = 31),
            "an autoencoder cannot have a size of 31; 32 to 512 will do"
        );
        assert!(refused(|one| one.latent = 0).contains("a code of length 0"));
        assert!(refused(|one| one.width = 257).contains("a width of 257"));
        assert!(refused(|one| one.mean[1] = f32::NAN).contains("mean colour"));
        assert!(refused(|one| one.std[2] = 0.0).contains("above 0"));
    }
}
