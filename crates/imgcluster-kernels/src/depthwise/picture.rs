//! One picture, a few neighbouring pixels of the output and vectors of channels at a time.
#![expect(unsafe_code, reason = "vector loads and stores take raw pointers")]

use std::ops::Range;

use super::Depthwise;
use crate::product::{Four, Lanes};
use crate::routine::{Arithmetic, Plain};
use crate::{Activation, size};

#[cfg(target_arch = "x86_64")]
use crate::{InstructionSet, routine::Fused};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

/// Neighbouring pixels that share weights and input where the kernel is three wide.
const PIXELS: usize = 4;
/// The width of kernels for which they do.
const SHARED_WIDTH: usize = 3;
/// Vectors of channels of one pixel computed at a time elsewhere.
const VECTORS: usize = 4;

/// One picture's input and output.
pub(super) struct Picture<'a> {
    pub(super) layer: &'a Depthwise,
    pub(super) input: &'a [f32],
    /// Height and width.
    pub(super) size: (usize, usize),
    pub(super) output: &'a mut [f32],
    pub(super) activation: Activation,
}

impl Picture<'_> {
    /// Computes the output.
    pub(super) fn compute(&mut self) {
        // SAFETY: the layer was made only if the processor has its set.
        unsafe {
            match self.layer.set {
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx512 => avx512(self),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2 => avx2(self),
                _ => self.rows::<Four, Plain>(),
            }
        }
    }

    /// Computes the output row by row.
    ///
    /// # Safety
    /// The processor must have the instruction set of `L`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn rows<L: Lanes, A: Arithmetic>(&mut self) {
        let (layer, (height, width)) = (self.layer, self.size);
        let (window, channels) = (layer.window, layer.channels());
        let (_, places) = window.output_size(self.size);
        let inside = window.inside(places, window.kernel.1, width);
        let is_shared = window.kernel.1 == SHARED_WIDTH
            && [1, 2].contains(&window.stride)
            && inside.len() >= PIXELS;
        let rows = self.output.chunks_exact_mut(places * channels);
        for (y, output) in rows.enumerate() {
            let rows = window.on_picture(y, window.kernel.0, height);
            let first = |place: usize, kernel: usize| {
                (place * window.stride + kernel).saturating_sub(window.padding)
            };
            let pixels = |x: usize| {
                let columns = window.on_picture(x, window.kernel.1, width);
                let first = first(y, rows.start) * width + first(x, columns.start);
                Pixels {
                    layer,
                    // A window in the padding sees nothing.
                    input: self.input.get(first * channels..).unwrap_or_default(),
                    input_row: width * channels,
                    rows: rows.clone(),
                    columns,
                }
            };
            let mut x = 0;
            while x < places {
                let together = is_shared && inside.contains(&x);
                // The last of them may overlap those before, which get the same bits again.
                let start = if together {
                    x.min(inside.end - PIXELS)
                } else {
                    x
                };
                let end = start + if together { PIXELS } else { 1 };
                let output = &mut output[start * channels..end * channels];
                // SAFETY: by the contract.
                unsafe {
                    match (together, window.stride) {
                        (true, 1) => pixels(start).shared::<L, A, 1>(output),
                        (true, _) => pixels(start).shared::<L, A, 2>(output),
                        (false, _) => pixels(start).alone::<L, A>(output),
                    }
                }
                self.activation.apply_here::<A>(output);
                x = end;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(picture: &mut Picture<'_>) {
    // SAFETY: this function is compiled for, and called with, the set.
    unsafe { picture.rows::<__m512, Fused>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(picture: &mut Picture<'_>) {
    // SAFETY: this function is compiled for, and called with, the set.
    unsafe { picture.rows::<__m256, Fused>() }
}

/// A few neighbouring pixels of the output.
struct Pixels<'a> {
    layer: &'a Depthwise,
    /// The input from the first value that the first of them sees.
    input: &'a [f32],
    /// Values of a row of the input.
    input_row: usize,
    /// The rows and columns of the kernel that lie on the picture, for each of them.
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Pixels<'_> {
    /// Computes all channels of [`PIXELS`] pixels, whose kernels are [`SHARED_WIDTH`] wide and lie
    /// on the picture.
    ///
    /// # Safety
    /// The processor must have the instruction set of `L`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn shared<L: Lanes, A: Arithmetic, const STRIDE: usize>(&self, output: &mut [f32]) {
        let channels = self.layer.channels();
        self.measure((PIXELS - 1) * STRIDE + SHARED_WIDTH);
        assert!(self.columns.len() == SHARED_WIDTH && output.len() >= PIXELS * channels);
        let vectors = channels / L::COUNT;
        for vector in 0..vectors {
            // SAFETY: by the contract; input and output were measured just now, and the channels
            // of a whole vector are channels of the layer.
            unsafe { self.shared_vector::<L, STRIDE>(vector * L::COUNT, output) };
        }
        for channel in vectors * L::COUNT..channels {
            for pixel in 0..PIXELS {
                let first = pixel * STRIDE * channels;
                output[pixel * channels + channel] = self.one::<A>(first, channel);
            }
        }
    }

    /// Computes a vector of channels of [`PIXELS`] pixels, reading each pixel of the input once.
    ///
    /// # Safety
    /// As for [`Pixels::shared`], and the slices and channels must have been measured.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn shared_vector<L: Lanes, const STRIDE: usize>(
        &self,
        channel: usize,
        output: &mut [f32],
    ) {
        let (layer, channels) = (self.layer, self.layer.channels());
        let weights = &layer.weights.as_slice()[channel..];
        // SAFETY: by the contract; pointers move only over values that were measured.
        unsafe {
            let mut sums = [L::load(layer.bias.as_slice().as_ptr().add(channel)); PIXELS];
            for (y, row) in self.rows.clone().enumerate() {
                let weights = weights.as_ptr().add(row * SHARED_WIDTH * channels);
                let mut kernel = [L::splat(0.0); SHARED_WIDTH];
                for (column, weight) in kernel.iter_mut().enumerate() {
                    *weight = L::load(weights.add(column * channels));
                }
                let input = self.input.as_ptr().add(y * self.input_row + channel);
                for place in 0..(PIXELS - 1) * STRIDE + SHARED_WIDTH {
                    let value = L::load(input.add(place * channels));
                    for (pixel, sum) in sums.iter_mut().enumerate() {
                        if let Some(weight) = kernel.get(place.wrapping_sub(pixel * STRIDE)) {
                            *sum = sum.add_product(*weight, value);
                        }
                    }
                }
            }
            for (pixel, sum) in sums.iter().enumerate() {
                sum.store(output.as_mut_ptr().add(pixel * channels + channel));
            }
        }
    }

    /// Computes all channels of one pixel.
    ///
    /// # Safety
    /// The processor must have the instruction set of `L`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn alone<L: Lanes, A: Arithmetic>(&self, output: &mut [f32]) {
        let channels = self.layer.channels();
        self.measure(self.columns.len());
        assert!(output.len() >= channels, "room for the pixel");
        let mut channel = 0;
        // SAFETY: by the contract; input and output were measured just now, and no channel is past
        // the last.
        unsafe {
            while channel + VECTORS * L::COUNT <= channels {
                self.vectors::<L, VECTORS>(channel, output);
                channel += VECTORS * L::COUNT;
            }
            while channel + L::COUNT <= channels {
                self.vectors::<L, 1>(channel, output);
                channel += L::COUNT;
            }
        }
        let rest = output[..channels].iter_mut().enumerate().skip(channel);
        for (channel, output) in rest {
            *output = self.one::<A>(0, channel);
        }
    }

    /// Computes `VECTORS` vectors of channels of one pixel.
    ///
    /// # Safety
    /// As for [`Pixels::alone`], and the slices and channels must have been measured.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    unsafe fn vectors<L: Lanes, const VECTORS: usize>(&self, channel: usize, output: &mut [f32]) {
        let (layer, channels) = (self.layer, self.layer.channels());
        let weights = &layer.weights.as_slice()[channel..];
        let bias = &layer.bias.as_slice()[channel..];
        // SAFETY: by the contract; pointers move only over values that were measured.
        unsafe {
            let mut sums = [L::splat(0.0); VECTORS];
            for (vector, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(bias.as_ptr().add(vector * L::COUNT));
            }
            for (y, row) in self.rows.clone().enumerate() {
                for (x, column) in self.columns.clone().enumerate() {
                    let place = row * layer.window.kernel.1 + column;
                    let weights = weights.as_ptr().add(place * channels);
                    let input = self.input.as_ptr().add(channel);
                    let input = input.add(y * self.input_row + x * channels);
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        let weight = L::load(weights.add(vector * L::COUNT));
                        *sum = sum.add_product(weight, L::load(input.add(vector * L::COUNT)));
                    }
                }
            }
            for (vector, sum) in sums.iter().enumerate() {
                sum.store(output.as_mut_ptr().add(channel + vector * L::COUNT));
            }
        }
    }

    /// Computes one channel of the pixel whose input starts at `first`, in the order of the
    /// vectors.
    fn one<A: Arithmetic>(&self, first: usize, channel: usize) -> f32 {
        let (layer, channels) = (self.layer, self.layer.channels());
        let mut sum = layer.bias.as_slice()[channel];
        for (y, row) in self.rows.clone().enumerate() {
            for (x, column) in self.columns.clone().enumerate() {
                let place = row * layer.window.kernel.1 + column;
                let weight = layer.weights.as_slice()[place * channels + channel];
                let value = self.input[first + y * self.input_row + x * channels + channel];
                sum = A::mul_add(value, weight, sum);
            }
        }
        sum
    }

    /// Checks that all rows of `columns` pixels are on the picture.
    fn measure(&self, columns: usize) {
        let last = self.rows.len().max(1) - 1;
        let columns_values = size::product([columns, self.layer.channels()]);
        let seen = size::sum([size::product([last, self.input_row]), columns_values]);
        let is_empty = self.rows.is_empty() || columns == 0;
        assert!(
            is_empty || seen <= self.input.len(),
            "pixels on the picture"
        );
    }
}
