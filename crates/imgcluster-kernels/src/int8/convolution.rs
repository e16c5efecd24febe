//! A convolution on bytes, of pictures whose channels lie side by side.

use super::product::{self, Rows};
use super::quantise::Grid;
use super::tiles::Int8Tiles;
use super::weights::Int8Weights;
use crate::routine::{self, Arithmetic, Routine};
use crate::{ConvolutionShape, Finish, InstructionSet, Scratch, size};

/// A convolution layer that multiplies bytes, as [`Int8Linear`](crate::Int8Linear) does.
///
/// Filters are quantised once, around zero with a step for each output channel. Filters of one
/// pixel have each input pixel quantised on its own; others each picture, from its lowest value to
/// its highest, or zero. So a picture's output never depends on the other pictures of the call.
///
/// A value that is not finite makes its pixel's output NaN for filters of one pixel without
/// padding, else its whole picture's.
#[derive(Debug, Clone)]
pub struct Int8Convolution {
    weights: Int8Weights,
    shape: ConvolutionShape,
}

impl Int8Convolution {
    /// Quantises and packs `filters`, laid out as in `PyTorch` (output channel, input channel, row,
    /// column), for the fastest instruction set that this processor has.
    ///
    /// # Panics
    /// Panics if a number of the shape other than the padding and the output channels is zero, a
    /// filter has over 66,311 weights, there are not as many filters, or `bias` has not one value
    /// for each.
    pub fn new(filters: &[f32], shape: &ConvolutionShape, bias: Option<&[f32]>) -> Self {
        Self::with_instruction_set(filters, shape, bias, InstructionSet::detect())
    }

    /// The same for an instruction set that this processor has, to compare them.
    ///
    /// # Panics
    /// Panics as [`Int8Convolution::new`] does, and if the processor lacks the set.
    pub fn with_instruction_set(
        filters: &[f32],
        shape: &ConvolutionShape,
        bias: Option<&[f32]>,
        set: InstructionSet,
    ) -> Self {
        let tiles = Int8Tiles::new(set).expect("an instruction set of this processor");
        Self::with_tiles(filters, shape, bias, tiles)
    }

    pub(super) fn with_tiles(
        filters: &[f32],
        shape: &ConvolutionShape,
        bias: Option<&[f32]>,
        tiles: Int8Tiles,
    ) -> Self {
        let weights = shape.channels_last(filters);
        Self {
            weights: Int8Weights::new(&weights, shape.filter_len(), bias, tiles),
            shape: *shape,
        }
    }

    /// Gives the shape.
    pub fn shape(&self) -> ConvolutionShape {
        self.shape
    }

    /// Tells which instructions compute the layer.
    pub fn instruction_set(&self) -> InstructionSet {
        self.weights.tiles().instruction_set()
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
    /// one, as many of [`Int8Convolution::output_size`]. It is written fully and its former values
    /// do not matter.
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
        let picture = size::product([size.0, size.1, self.shape.in_channels]);
        assert!(
            picture > 0 && input.len().is_multiple_of(picture),
            "whole pictures"
        );
        let (rows, columns) = self.output_size(size);
        let places = size::product([rows, columns]);
        let count = input.len() / picture;
        let made = size::product([places, self.shape.out_channels]);
        assert_eq!(
            output.len(),
            size::product([count, made]),
            "room for each picture's output"
        );
        assert!(
            finish.residual.is_none_or(|it| it.len() == output.len()),
            "a residual for each value of the output"
        );
        if output.is_empty() {
            return;
        }
        if self.shape.kernel == (1, 1) && self.shape.padding == 0 {
            let pixels = Pixels {
                values: input,
                channels: self.shape.in_channels,
                places: Places::new(&self.shape, size, (rows, columns)),
            };
            return product::multiply(
                &self.weights,
                &pixels,
                count * places,
                output,
                finish,
                scratch,
            );
        }
        let pictures = input
            .chunks_exact(picture)
            .zip(output.chunks_exact_mut(made));
        for (index, (picture, output)) in pictures.enumerate() {
            let finish = Finish {
                residual: finish.residual.map(|it| &it[index * made..][..made]),
                ..*finish
            };
            self.apply_to_one(picture, size, output, &finish, scratch);
        }
    }

    /// Computes the layer for one picture, on one grid.
    fn apply_to_one(
        &self,
        picture: &[f32],
        (height, width): (usize, usize),
        output: &mut [f32],
        finish: &Finish<'_>,
        scratch: &mut Scratch,
    ) {
        let (channels, padding) = (self.shape.in_channels, self.shape.padding);
        let wide = (height + 2 * padding, width + 2 * padding);
        // Taken out, since the product needs the rest.
        let mut bytes = std::mem::take(&mut scratch.int8.picture);
        bytes.resize(wide.0 * wide.1 * channels, 0);
        let mut grid = Grid::default();
        let quantise = Quantise {
            picture,
            line: width * channels,
            padded: &mut bytes,
            wide_line: wide.1 * channels,
            margin: padding,
            channels,
            grid: &mut grid,
        };
        routine::run(self.instruction_set(), quantise);
        let (rows, columns) = self.output_size((height, width));
        let patches = Patches {
            bytes: &bytes,
            grid,
            run: self.shape.kernel.1 * channels,
            step: wide.1 * channels,
            places: Places::new(&self.shape, wide, (rows, columns)),
        };
        product::multiply(
            &self.weights,
            &patches,
            rows * columns,
            output,
            finish,
            scratch,
        );
        scratch.int8.picture = bytes;
    }
}

/// The places of filters in pictures, picture by picture and row by row.
struct Places {
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

impl Places {
    /// Lists the places in pictures of a size, which includes any margin.
    fn new(
        shape: &ConvolutionShape,
        (height, width): (usize, usize),
        (rows, columns): (usize, usize),
    ) -> Self {
        let channels = shape.in_channels;
        Self {
            rows,
            columns,
            picture: height * width * channels,
            row: shape.stride * width * channels,
            column: shape.stride * channels,
        }
    }

    /// Tells where the values under the filters begin at one place.
    fn start(&self, place: usize) -> usize {
        let (line, column) = (place / self.columns, place % self.columns);
        let (picture, row) = (line / self.rows, line % self.rows);
        picture * self.picture + row * self.row + column * self.column
    }
}

/// Pixels, each on its own grid.
struct Pixels<'a> {
    values: &'a [f32],
    channels: usize,
    places: Places,
}

impl Rows for Pixels<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn quantise(&self, row: usize, bytes: &mut [u8]) -> Grid {
        let values = &self.values[self.places.start(row)..][..self.channels];
        let grid = Grid::of(values);
        grid.quantise(values, bytes);
        grid
    }
}

/// Parts of a quantised picture, as large as the filters.
struct Patches<'a> {
    bytes: &'a [u8],
    grid: Grid,
    /// Bytes of one row of a filter.
    run: usize,
    /// Bytes from one such row to the next.
    step: usize,
    places: Places,
}

impl Rows for Patches<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn quantise(&self, row: usize, bytes: &mut [u8]) -> Grid {
        let runs = self.bytes[self.places.start(row)..].chunks(self.step);
        for (place, run) in bytes.chunks_exact_mut(self.run).zip(runs) {
            place.copy_from_slice(&run[..self.run]);
        }
        self.grid
    }
}

/// The quantisation of a picture into the middle of a larger one, which is else zeros.
struct Quantise<'a> {
    picture: &'a [f32],
    /// Values of a line of it.
    line: usize,
    padded: &'a mut [u8],
    /// Bytes of a line of the larger one.
    wide_line: usize,
    /// Pixels on each side.
    margin: usize,
    channels: usize,
    grid: &'a mut Grid,
}

impl Routine for Quantise<'_> {
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let grid = Grid::of(self.picture);
        let height = self.picture.len() / self.line;
        let (above, rest) = self.padded.split_at_mut(self.margin * self.wide_line);
        let (middle, below) = rest.split_at_mut(height * self.wide_line);
        above.fill(grid.zero);
        below.fill(grid.zero);
        let lines = self.picture.chunks_exact(self.line);
        for (padded, line) in middle.chunks_exact_mut(self.wide_line).zip(lines) {
            let (left, rest) = padded.split_at_mut(self.margin * self.channels);
            let (middle, right) = rest.split_at_mut(line.len());
            left.fill(grid.zero);
            grid.quantise(line, middle);
            right.fill(grid.zero);
        }
        *self.grid = grid;
    }
}
