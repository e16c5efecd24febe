//! Convolutions of pictures whose channels lie side by side.

use std::ops::Range;

use crate::product::{Call, Product, Rows, Runs};
use crate::{Activation, Finish, InstructionSet, Scratch, Window, size};

/// Values of padded pictures made at a time: they stay in the second cache, or nearly.
const PADDED_VALUES: usize = 256 << 10;

/// What a convolution looks like, apart from its filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConvolutionShape {
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the output.
    pub out_channels: usize,
    /// Height and width of the filters.
    pub kernel: (usize, usize),
    /// Pixels from one place of the filters to the next, in both directions.
    pub stride: usize,
    /// Rows and columns of zeros around each picture, on each of the four sides.
    pub padding: usize,
}

impl ConvolutionShape {
    /// Tells how many weights a filter has.
    pub(crate) fn filter_len(&self) -> usize {
        size::product([self.in_channels, self.kernel.0, self.kernel.1])
    }

    /// Puts the channels of each pixel of the filters side by side.
    ///
    /// # Panics
    /// Panics if a number other than the padding and the output channels is zero, or there are not
    /// as many filters.
    pub(crate) fn channels_last(&self, filters: &[f32]) -> Vec<f32> {
        let channels = self.in_channels;
        let pixels = size::product([self.kernel.0, self.kernel.1]);
        let len = self.filter_len();
        assert!(len > 0 && self.stride > 0, "a shape without zeros");
        assert_eq!(
            filters.len(),
            size::product([len, self.out_channels]),
            "whole filters"
        );
        let mut weights = vec![0.0; filters.len()];
        for (weights, filter) in weights.chunks_exact_mut(len).zip(filters.chunks_exact(len)) {
            for (place, weight) in weights.iter_mut().enumerate() {
                *weight = filter[place % channels * pixels + place / channels];
            }
        }
        weights
    }

    fn window(&self) -> Window {
        Window {
            kernel: self.kernel,
            stride: self.stride,
            padding: self.padding,
        }
    }

    /// Tells the height and width of the output for those of the input.
    ///
    /// # Panics
    /// Panics if the filters are larger than the padded picture.
    pub(crate) fn output_size(&self, size: (usize, usize)) -> (usize, usize) {
        self.window().output_size(size)
    }
}

/// A convolution layer, its filters packed once.
///
/// Pictures lie one after the other, row by row, the channels of a pixel side by side (NHWC). A
/// pixel's output does not depend on where in the call, or in the picture, the same values stand.
/// No matrix of patches is made: the filters run over the pixels where they lie, in a copy with
/// zeros around if the shape has padding.
///
/// ```
/// use imgcluster_kernels::{Convolution, ConvolutionShape, Finish, Scratch};
///
/// let shape = ConvolutionShape {
///     in_channels: 1,
///     out_channels: 1,
///     kernel: (1, 2),
///     stride: 1,
///     padding: 0,
/// };
/// let layer = Convolution::new(&[-1.0, 1.0], &shape, None); // the step to the right
/// assert_eq!(layer.output_size((2, 3)), (2, 2));
/// let mut output = [f32::NAN; 4];
/// let picture = [1.0, 2.0, 4.0, 3.0, 3.0, 0.0];
/// layer.apply(&picture, (2, 3), &mut output, &Finish::default(), &mut Scratch::default());
/// assert_eq!(output, [1.0, 2.0, 0.0, -3.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Convolution {
    product: Product,
    shape: ConvolutionShape,
}

impl Convolution {
    /// Packs `filters`, laid out as in `PyTorch` (output channel, input channel, row, column), for
    /// the fastest instruction set that this processor has.
    ///
    /// # Panics
    /// Panics if a number of the shape other than the padding and the output channels is zero,
    /// there are not as many filters, or `bias` has not one value for each.
    pub fn new(filters: &[f32], shape: &ConvolutionShape, bias: Option<&[f32]>) -> Self {
        Self::with_instruction_set(filters, shape, bias, InstructionSet::detect())
    }

    /// Packs `filters` for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Convolution::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        filters: &[f32],
        shape: &ConvolutionShape,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        let weights = shape.channels_last(filters);
        let product = Product::new(&weights, shape.filter_len(), bias, set);
        Self {
            product,
            shape: *shape,
        }
    }

    /// Gives the shape.
    pub fn shape(&self) -> ConvolutionShape {
        self.shape
    }

    /// Tells which instructions compute the layer.
    pub fn instruction_set(&self) -> InstructionSet {
        self.product.instruction_set()
    }

    /// Tells the height and width of the output for those of the input.
    ///
    /// # Panics
    /// Panics if the filters are larger than the padded picture.
    pub fn output_size(&self, size: (usize, usize)) -> (usize, usize) {
        self.shape.output_size(size)
    }

    /// Computes `activation(filters over input + bias + residual)` for each picture.
    ///
    /// `input` holds pictures of `size` (height and width); `output`, and the residual if there is
    /// one, as many of [`Convolution::output_size`]. It is written fully and its former values do
    /// not matter.
    ///
    /// # Panics
    /// Panics if `input` is not made of whole pictures, they are empty or smaller than the filters,
    /// or `output` or the residual has not as many.
    pub fn apply(
        &self,
        input: &[f32],
        size: (usize, usize),
        output: &mut [f32],
        finish: &Finish<'_>,
        scratch: &mut Scratch,
    ) {
        self.run((input, size), output, (*finish, false), scratch);
    }

    /// Computes `activation(filters over input + bias + output)` in the place of the output, which
    /// is thus its own residual: less memory is passed through than with another.
    ///
    /// The terms are added in another order than in [`Convolution::apply`], so the last bits can
    /// differ.
    ///
    /// # Panics
    /// Panics as [`Convolution::apply`] does.
    pub fn apply_onto(
        &self,
        input: &[f32],
        size: (usize, usize),
        output: &mut [f32],
        activation: Activation,
        scratch: &mut Scratch,
    ) {
        let finish = Finish {
            residual: None,
            activation,
        };
        self.run((input, size), output, (finish, true), scratch);
    }

    /// Computes the layer, a group of padded pictures at a time.
    fn run(
        &self,
        (input, size): (&[f32], (usize, usize)),
        output: &mut [f32],
        (finish, onto): (Finish<'_>, bool),
        scratch: &mut Scratch,
    ) {
        let picture = size::product([size.0, size.1, self.shape.in_channels]);
        assert!(
            picture > 0 && input.len().is_multiple_of(picture),
            "whole pictures"
        );
        let (rows, columns) = self.output_size(size);
        let made = size::product([rows, columns, self.shape.out_channels]);
        let count = input.len() / picture;
        assert_eq!(
            output.len(),
            size::product([count, made]),
            "room for each picture's output"
        );
        if output.is_empty() {
            return;
        }
        let padding = self.shape.padding;
        if padding == 0 {
            return self.convolve((input, size), output, (finish, onto), scratch);
        }
        let wide = (size.0 + 2 * padding, size.1 + 2 * padding);
        let wide_picture = size::product([wide.0, wide.1, self.shape.in_channels]);
        let together = (PADDED_VALUES / wide_picture).clamp(1, count);
        let mut memory = scratch.take_padded();
        let groups = input.chunks(together * picture);
        for (group, pictures) in groups.enumerate() {
            let count = pictures.len() / picture;
            let padded = memory.at_least(count * wide_picture);
            let both = padded.chunks_exact_mut(wide_picture);
            for (padded, picture) in both.zip(pictures.chunks_exact(picture)) {
                self.pad(picture, size, padded);
            }
            let values = group * together * made..(group * together + count) * made;
            let finish = Finish {
                residual: finish.residual.map(|residual| &residual[values.clone()]),
                ..finish
            };
            let output = &mut output[values];
            self.convolve((padded, wide), output, (finish, onto), scratch);
        }
        scratch.put_padded(memory);
    }

    /// Copies a picture into the middle of zeros.
    fn pad(&self, picture: &[f32], (height, width): (usize, usize), padded: &mut [f32]) {
        let (channels, padding) = (self.shape.in_channels, self.shape.padding);
        let (line, margin) = (width * channels, padding * channels);
        let wide = line + 2 * margin;
        let (above, rest) = padded.split_at_mut(padding * wide);
        let (middle, below) = rest.split_at_mut(height * wide);
        above.fill(0.0);
        below.fill(0.0);
        for (padded, line) in middle
            .chunks_exact_mut(wide)
            .zip(picture.chunks_exact(line))
        {
            let (left, rest) = padded.split_at_mut(margin);
            let (middle, right) = rest.split_at_mut(line.len());
            left.fill(0.0);
            middle.copy_from_slice(line);
            right.fill(0.0);
        }
    }

    /// Computes the layer without padding.
    fn convolve(
        &self,
        (input, (height, width)): (&[f32], (usize, usize)),
        output: &mut [f32],
        (finish, onto): (Finish<'_>, bool),
        scratch: &mut Scratch,
    ) {
        let channels = self.shape.in_channels;
        let (kernel_rows, kernel_columns) = self.shape.kernel;
        let runs = Runs {
            count: kernel_rows,
            len: kernel_columns * channels,
            step: width * channels,
        };
        let stride = self.shape.stride;
        let patches = Patches {
            rows: (height - kernel_rows) / stride + 1,
            columns: (width - kernel_columns) / stride + 1,
            picture: height * width * channels,
            row: stride * width * channels,
            column: stride * channels,
        };
        let call = Call {
            left: input,
            rows: &patches,
            count: output.len() / self.shape.out_channels,
            runs,
            finish,
            onto,
        };
        self.product.multiply(&call, output, scratch);
    }
}

/// The places of filters in pictures, picture by picture and row by row.
struct Patches {
    /// Places from top to bottom.
    rows: usize,
    /// Places from left to right.
    columns: usize,
    /// Values from one picture to the next.
    picture: usize,
    /// Values from one place to the next below.
    row: usize,
    /// Values from one place to the next on the right.
    column: usize,
}

impl Rows for Patches {
    fn starts(&self, patches: Range<usize>, starts: &mut Vec<usize>) {
        starts.clear();
        let mut next = patches.start;
        while next < patches.end {
            let (line, first) = (next / self.columns, next % self.columns);
            let columns = first..self.columns.min(first + patches.end - next);
            let start = line / self.rows * self.picture + line % self.rows * self.row;
            next += columns.len();
            starts.extend(columns.map(|column| start + column * self.column));
        }
    }
}
