//! Convolutions in which each channel has one filter of its own.

mod picture;

use crate::aligned::Aligned;
use crate::window::{Window, assert_whole_pictures};
use crate::{Activation, InstructionSet, size};
use picture::Picture;

/// A convolution layer in which each channel has one filter of its own, as in `MobileNet`.
///
/// Pictures lie one after the other, row by row, the channels of a pixel side by side (NHWC). Each
/// picture's output depends on that picture only.
///
/// ```
/// use imgcluster_kernels::{Activation, Depthwise, Window};
///
/// let window = Window {
///     kernel: (1, 2),
///     stride: 1,
///     padding: 0,
/// };
/// // Two channels: the step to the right, and the sum.
/// let layer = Depthwise::new(&[-1.0, 1.0, 1.0, 1.0], window, None);
/// let picture = [1.0, 10.0, 2.0, 20.0, 4.0, 40.0]; // one row of three pixels
/// let mut output = [f32::NAN; 4];
/// layer.apply(&picture, (1, 3), &mut output, Activation::Identity);
/// assert_eq!(output, [1.0, 30.0, 2.0, 60.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Depthwise {
    /// A row of `channels` values for each pixel of the window.
    weights: Aligned,
    bias: Aligned,
    window: Window,
    set: InstructionSet,
}

impl Depthwise {
    /// Takes `filters`, laid out as in `PyTorch` (channel, one, row, column), for the fastest
    /// instruction set that this processor has.
    ///
    /// # Panics
    /// Panics if the kernel or the stride is zero, `filters` is not made of whole kernels, one at
    /// least, or `bias` has not one value for each.
    pub fn new(filters: &[f32], window: Window, bias: Option<&[f32]>) -> Self {
        Self::with_instruction_set(filters, window, bias, InstructionSet::detect())
    }

    /// Takes `filters` for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Depthwise::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        filters: &[f32],
        window: Window,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        assert!(set.is_available(), "an instruction set of this processor");
        let pixels = window.kernel.0 * window.kernel.1;
        assert!(pixels > 0 && window.stride > 0, "a window without zeros");
        let channels = filters.len() / pixels;
        assert!(
            channels > 0 && filters.len() == channels * pixels,
            "whole filters"
        );
        assert!(
            bias.is_none_or(|bias| bias.len() == channels),
            "a bias for each filter"
        );
        let (mut own_bias, mut weights) = (Aligned::zeros(channels), Aligned::zeros(filters.len()));
        if let Some(bias) = bias {
            own_bias.as_mut_slice().copy_from_slice(bias);
        }
        let places = weights.as_mut_slice();
        for (channel, filter) in filters.chunks_exact(pixels).enumerate() {
            for (pixel, weight) in filter.iter().enumerate() {
                places[pixel * channels + channel] = *weight;
            }
        }
        Self {
            weights,
            bias: own_bias,
            window,
            set,
        }
    }

    /// Tells how many channels input and output have.
    pub fn channels(&self) -> usize {
        self.bias.as_slice().len()
    }

    /// Tells which instructions compute the layer.
    pub fn instruction_set(&self) -> InstructionSet {
        self.set
    }

    /// Gives the window.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Computes `activation(filters over input + bias)` for each picture.
    ///
    /// `input` holds pictures of `size` (height and width); `output` as many of
    /// [`Window::output_size`]. What lies outside a picture counts as zero.
    ///
    /// # Panics
    /// Panics if `input` is not made of whole pictures, they are empty or smaller than the window,
    /// or `output` has not as many.
    pub fn apply(
        &self,
        input: &[f32],
        size: (usize, usize),
        output: &mut [f32],
        activation: Activation,
    ) {
        let places = self.window.output_size(size);
        let picture = size::product([size.0, size.1, self.channels()]);
        let made = size::product([places.0, places.1, self.channels()]);
        assert_whole_pictures((input, picture), (output, made));
        let pictures = input.chunks_exact(picture);
        for (input, output) in pictures.zip(output.chunks_exact_mut(made)) {
            let layer = self;
            let mut picture = Picture {
                layer,
                input,
                size,
                output,
                activation,
            };
            picture.compute();
        }
    }
}
