//! A few rows of windows of one picture: what depends on that picture alone.
#![expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]

use super::columns::{FIRST, Sliding, add_to_columns};
use super::lanes::Lanes;
use super::picture::Shape;
use super::{LANES, Sixteen, SsimPicture, WINDOW};

/// Rows of windows in a band: few enough that two bands stay in the first cache.
pub(super) const ROWS: usize = 4;
/// The same for pictures that are compared with few others, so that the bands themselves take most
/// of the time: the first row of each is the dearest.
pub(super) const ROWS_OF_FEW: usize = 16;

/// Pixels in a window.
const COUNT: i32 = (WINDOW * WINDOW) as u8 as i32;
/// `(0.01 · 255)²`, in units of products of two sums over a window, halved.
pub(super) const C1: f32 = (6.5025 * 2401.0 / 2.0) as f32;
/// `(0.03 · 255)²`, halved, in units of `COUNT` sums of products less a product of sums: that is
/// `COUNT · (COUNT - 1)` sample covariances.
pub(super) const C2: f32 = (58.5225 * 2352.0 / 2.0) as f32;
/// Denominators are smaller by this factor for each of their two sums, so that four of them can be
/// multiplied; a half for the mean of two pictures.
const HALF_SCALE: f32 = 0.5 / (1 << 20) as f32;

/// What role a picture has in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Its factors are its pixels.
    Row,
    /// Its factors are its pixels times `COUNT`; rows that leave a window are negative.
    Column,
}

/// What depends on one picture alone, of a few rows of windows.
#[derive(Debug, Clone, Default)]
pub(super) struct Band {
    /// Pairs of pixels, of 16 bits each: `FIRST` rows of those of the first row of windows, then for
    /// each further one a row of those that enter and leave.
    pub(super) factors: Vec<Sixteen<i32>>,
    /// Row by row, step by step.
    pub(super) windows: Vec<Windows>,
}

/// What is known of sixteen windows of one picture.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Windows {
    /// The sum of the pixels.
    pub(super) sum: Sixteen<i32>,
    /// Its square and a constant, scaled and halved.
    pub(super) square: Sixteen<f32>,
    /// The variance and a constant, scaled and halved.
    pub(super) variance: Sixteen<f32>,
}

impl Windows {
    const NOTHING: Self = Self {
        sum: Sixteen([0; LANES]),
        square: Sixteen([0.0; LANES]),
        variance: Sixteen([0.0; LANES]),
    };
}

/// Room to prepare bands and compare them.
#[derive(Debug, Default)]
pub(super) struct Room {
    shape: Option<Shape>,
    /// Sums or sums of products down the columns, and beyond the segments those of the next.
    pub(super) columns: Vec<Sixteen<i32>>,
    /// The same of squares.
    squares: Vec<Sixteen<i32>>,
    /// All bits where a window lies on the canvas.
    pub(super) masks: Vec<Sixteen<i32>>,
    /// The factors of a picture in the role that it has not.
    others: Vec<Sixteen<i32>>,
    /// Factors that add up pixels: of each pair both, or the one that enters less the one that leaves.
    signs: Vec<Sixteen<i32>>,
}

impl Room {
    /// Makes room for canvases of this shape.
    pub(super) fn fit(&mut self, shape: Shape) {
        if self.shape != Some(shape) {
            let steps = shape.steps();
            let zeros = |count| vec![Sixteen([0; LANES]); count];
            *self = Self {
                shape: Some(shape),
                columns: zeros(steps + WINDOW - 1),
                squares: zeros(steps + WINDOW - 1),
                masks: (0..steps).map(|step| shape.mask(step)).collect(),
                others: zeros((FIRST + ROWS_OF_FEW - 1) * steps),
                signs: [(FIRST, 0x0001_0001), (ROWS_OF_FEW - 1, -0xffff)]
                    .iter()
                    .flat_map(|(rows, signs)| vec![Sixteen([*signs; LANES]); rows * steps])
                    .collect(),
            };
        }
    }
}

impl Band {
    /// Computes what depends on a picture alone, of `rows` rows of windows from the `first`.
    ///
    /// # Safety
    /// The processor must have the instruction set of `V`.
    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    pub(super) unsafe fn prepare<V: Lanes>(
        &mut self,
        picture: &SsimPicture,
        (first, rows): (usize, usize),
        role: Role,
        room: &mut Room,
    ) {
        let steps = picture.shape().steps();
        self.fit(steps, rows);
        let Room {
            columns,
            squares,
            masks,
            others,
            signs,
            ..
        } = room;
        let (pixels, weights) = match role {
            Role::Row => (&mut self.factors, others),
            Role::Column => (others, &mut self.factors),
        };
        // SAFETY: by the contract.
        unsafe { factors::<V>(picture, (first, rows), pixels, weights) };
        let (pixels, weights) = (&pixels[..], &weights[..]);
        for row in 0..rows {
            // SAFETY: by the contract.
            unsafe {
                add_to_columns::<V>(columns, row, pixels, signs);
                add_to_columns::<V>(squares, row, pixels, weights);
                let windows = &mut self.windows[row * steps..][..steps];
                finish::<V>(windows, columns, squares, masks);
            }
        }
    }

    /// Makes room for so many rows.
    fn fit(&mut self, steps: usize, rows: usize) {
        let factors = (FIRST + rows - 1) * steps;
        if self.factors.len() < factors {
            self.factors.resize(factors, Sixteen([0; LANES]));
        }
        // Few rows of a large canvas may have as many factors as many of a small one and fewer windows.
        if self.windows.len() < rows * steps {
            self.windows.resize(rows * steps, Windows::NOTHING);
        }
    }
}

/// Computes what is known of a row of windows from the sums and sums of squares down its columns.
///
/// # Safety
/// The processor must have the instruction set of `V`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn finish<V: Lanes>(
    windows: &mut [Windows],
    columns: &[Sixteen<i32>],
    columns_of_squares: &[Sixteen<i32>],
    masks: &[Sixteen<i32>],
) {
    for part in 0..V::PARTS {
        // SAFETY: by the contract.
        unsafe {
            let scale = V::splat_value(HALF_SCALE);
            let mut pixels = Sliding::<V>::new(columns, part);
            let mut squares = Sliding::<V>::new(columns_of_squares, part);
            let of_pixels = columns.iter().zip(&columns[WINDOW - 1..]);
            let of_squares = columns_of_squares.iter();
            let of_squares = of_squares.zip(&columns_of_squares[WINDOW - 1..]);
            let steps = of_pixels.zip(of_squares).zip(windows.iter_mut().zip(masks));
            for ((of_pixels, of_squares), (windows, mask)) in steps {
                let mask = V::load(mask, part);
                let sum = pixels.sums(of_pixels, part).and(mask);
                let square = sum.pair_products(sum);
                let variance = squares.sums(of_squares, part).sub(square).and(mask);
                let square = V::add_values(square.to_values(), V::splat_value(C1));
                let variance = V::add_values(variance.to_values(), V::splat_value(C2));
                sum.store(&mut windows.sum, part);
                V::store_values(V::mul_values(square, scale), &mut windows.square, part);
                V::store_values(V::mul_values(variance, scale), &mut windows.variance, part);
            }
        }
    }
}

/// Pairs the pixels of rows, in both roles.
///
/// # Safety
/// The processor must have the instruction set of `V`.
#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
unsafe fn factors<V: Lanes>(
    picture: &SsimPicture,
    (first, rows): (usize, usize),
    pixels: &mut [Sixteen<i32>],
    weights: &mut [Sixteen<i32>],
) {
    let steps = picture.shape().steps();
    let both = pixels
        .chunks_exact_mut(steps)
        .zip(weights.chunks_exact_mut(steps));
    for (pair, (pixels, weights)) in both.enumerate().take(FIRST + rows - 1) {
        let (low, high, sign) = if pair < FIRST {
            (first + 2 * pair, first + 2 * pair + 1, 1)
        } else {
            (first + pair + WINDOW - FIRST, first + pair - FIRST, -1)
        };
        // The last row of the first window has no partner.
        let partner = (pair != FIRST - 1).then(|| picture.row(high));
        let numbers = picture.row(low).iter().enumerate();
        for ((step, low), (pixels, weights)) in numbers.zip(pixels.iter_mut().zip(weights)) {
            let high = partner.map_or(&[0; LANES], |partner| &partner[step]);
            for part in 0..V::PARTS {
                // SAFETY: by the contract.
                unsafe {
                    let low = V::load_bytes(low, part);
                    let pair = V::pair(low, V::load_bytes(high, part));
                    let counts = V::splat(COUNT | (sign * COUNT) << 16);
                    pair.store(pixels, part);
                    pair.mul_pairs(counts).store(weights, part);
                }
            }
        }
    }
}
