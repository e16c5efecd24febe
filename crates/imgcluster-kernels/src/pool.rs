//! What a window, or a whole picture, comes to in each channel.

use crate::InstructionSet;
use crate::routine::{self, Arithmetic, Routine};
use crate::window::{Window, assert_whole_pictures};

/// The largest value of each channel in a window.
///
/// Pictures lie one after the other, row by row, the channels of a pixel side by side (NHWC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaxPool {
    /// Channels of input and output.
    pub channels: usize,
    /// Where the largest values are looked for.
    pub window: Window,
}

impl MaxPool {
    /// Finds the largest values of each picture.
    ///
    /// `input` holds pictures of `size` (height and width); `output` as many of
    /// [`Window::output_size`]. What lies outside a picture does not count; a window that lies
    /// outside altogether gives minus infinity. NaN counts as the largest.
    ///
    /// # Panics
    /// Panics if there are no channels, the kernel or the stride is zero, `input` is not made of
    /// whole pictures, they are empty or smaller than the window, `output` has not as many, or the
    /// processor lacks the set.
    pub fn apply(
        &self,
        input: &[f32],
        size: (usize, usize),
        output: &mut [f32],
        set: InstructionSet,
    ) {
        let places = self.window.output_size(size);
        let picture = size.0 * size.1 * self.channels;
        let made = places.0 * places.1 * self.channels;
        assert_whole_pictures((input, picture), (output, made));
        let pictures = input.chunks_exact(picture);
        for (input, output) in pictures.zip(output.chunks_exact_mut(made)) {
            let pool = Largest {
                pool: *self,
                input,
                size,
                output,
                width: places.1,
            };
            routine::run(set, pool);
        }
    }
}

/// One picture.
struct Largest<'a> {
    pool: MaxPool,
    input: &'a [f32],
    size: (usize, usize),
    output: &'a mut [f32],
    /// Places in a row of the output.
    width: usize,
}

impl Routine for Largest<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let MaxPool { channels, window } = self.pool;
        let (height, width) = self.size;
        for (place, output) in self.output.chunks_exact_mut(channels).enumerate() {
            let (y, x) = (place / self.width, place % self.width);
            output.fill(f32::NEG_INFINITY);
            for row in window.on_picture(y, window.kernel.0, height) {
                for column in window.on_picture(x, window.kernel.1, width) {
                    let row = y * window.stride + row - window.padding;
                    let column = x * window.stride + column - window.padding;
                    let input = &self.input[(row * width + column) * channels..][..channels];
                    for (largest, value) in output.iter_mut().zip(input) {
                        let stays = *largest >= *value || largest.is_nan();
                        *largest = if stays { *largest } else { *value };
                    }
                }
            }
        }
    }
}

/// The mean of each channel over a whole picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Average {
    /// Channels of input and output.
    pub channels: usize,
    /// Pixels of a picture.
    pub pixels: usize,
}

impl Average {
    /// Computes the means of each picture: `output` gets a row of `channels` values for each.
    ///
    /// # Panics
    /// Panics if there are no channels or pixels, `input` is not made of whole pictures, `output`
    /// has not as many rows, or the processor lacks the set.
    pub fn apply(&self, input: &[f32], output: &mut [f32], set: InstructionSet) {
        let picture = self.channels * self.pixels;
        assert_whole_pictures((input, picture), (output, self.channels));
        let means = Means {
            average: *self,
            input,
            output,
        };
        routine::run(set, means);
    }
}

struct Means<'a> {
    average: Average,
    input: &'a [f32],
    output: &'a mut [f32],
}

impl Routine for Means<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Average { channels, pixels } = self.average;
        let pictures = self.input.chunks_exact(channels * pixels);
        for (picture, means) in pictures.zip(self.output.chunks_exact_mut(channels)) {
            means.fill(0.0);
            for pixel in picture.chunks_exact(channels) {
                for (sum, value) in means.iter_mut().zip(pixel) {
                    *sum += *value;
                }
            }
            for mean in means {
                *mean /= pixels as f32;
            }
        }
    }
}
