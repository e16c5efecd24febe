//! The windows of a convolution as rows of a matrix, and back: with them both convolutions are matrix
//! products, forwards and backwards.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, WithDType, bail};

use super::super::shape::Level;

/// Which windows a convolution sees of pictures of numbers with their channels last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// How many pictures.
    pub(super) batch: usize,
    /// Pixels a side of a picture; what a window sees beyond is zero.
    pub(super) side: usize,
    /// Numbers a pixel.
    pub(super) channels: usize,
    /// Pixels a side of a window.
    pub(super) kernel: usize,
    /// How many windows a side; they begin one pixel before the picture and are two pixels apart.
    pub(super) across: usize,
}

/// Pixels from one window to the next.
const STRIDE: usize = 2;

/// Pixels of the first window before the picture.
const PADDING: usize = 1;

impl Windows {
    /// Those between the two sides of a level, larger and smaller.
    pub(super) fn of(level: &Level, kernel: usize, batch: usize) -> Self {
        Self {
            batch,
            side: level.from_side,
            channels: level.from_channels,
            kernel,
            across: level.side,
        }
    }

    /// Takes pictures apart: batch by side by side by channels become one row a window, of kernel by
    /// kernel by channels.
    pub(super) fn unfold(self, pictures: &Tensor) -> Result<Tensor> {
        pictures
            .contiguous()?
            .apply_op1(Transfer(self, Way::Unfold))
    }

    /// Adds windows up to pictures, the transpose of [`Windows::unfold`].
    pub(super) fn fold(self, rows: &Tensor) -> Result<Tensor> {
        rows.contiguous()?.apply_op1(Transfer(self, Way::Fold))
    }

    /// How long a row is.
    fn columns(self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    fn rows_shape(self) -> Shape {
        (self.batch * self.across * self.across, self.columns()).into()
    }

    fn pictures_shape(self) -> Shape {
        (self.batch, self.side, self.side, self.channels).into()
    }

    /// Calls `each` with the numbers of every row of every window that lie in the picture: where they
    /// begin in the rows, where in the pictures, and how many there are.
    fn runs(self, mut each: impl FnMut(usize, usize, usize)) {
        let Self {
            batch,
            side,
            channels,
            kernel,
            across,
        } = self;
        let columns = self.columns();
        for window in 0..batch * across * across {
            let (column, rest) = (window % across, window / across);
            let (row, picture) = (rest % across, rest / across);
            // The columns of the picture that the window sees; the first may lie before it.
            let left = column * STRIDE;
            let first = left.max(PADDING) - PADDING;
            let last = (left + kernel - PADDING).min(side);
            if first >= last {
                continue;
            }
            let skipped = first + PADDING - left;
            for line in 0..kernel {
                let below = row * STRIDE + line;
                if below < PADDING || below - PADDING >= side {
                    continue;
                }
                let at = window * columns + (line * kernel + skipped) * channels;
                let pixel = (picture * side + below - PADDING) * side + first;
                each(at, pixel * channels, (last - first) * channels);
            }
        }
    }

    fn gather<T: WithDType>(self, pictures: &[T]) -> Vec<T> {
        let mut rows = vec![T::zero(); self.rows_shape().elem_count()];
        self.runs(|at, from, count| {
            rows[at..at + count].copy_from_slice(&pictures[from..from + count]);
        });
        rows
    }

    fn scatter<T: WithDType>(self, rows: &[T]) -> Vec<T> {
        let mut pictures = vec![T::zero(); self.pictures_shape().elem_count()];
        self.runs(|at, to, count| {
            let sums = pictures[to..to + count].iter_mut();
            for (sum, value) in sums.zip(&rows[at..at + count]) {
                *sum += *value;
            }
        });
        pictures
    }
}

/// One of the two ways between pictures and windows; the gradient goes the other.
#[derive(Clone, Copy)]
enum Way {
    Unfold,
    Fold,
}

struct Transfer(Windows, Way);

impl CustomOp1 for Transfer {
    fn name(&self) -> &'static str {
        "windows"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Self(windows, way) = *self;
        let moved = match storage.dtype() {
            DType::F32 => moved::<f32>((storage, layout), windows, way),
            DType::F64 => moved::<f64>((storage, layout), windows, way),
            other => bail!("windows are taken of f32 and f64, not of {other:?}"),
        };
        let shape = match way {
            Way::Unfold => windows.rows_shape(),
            Way::Fold => windows.pictures_shape(),
        };
        Ok((moved?, shape))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        match self.1 {
            Way::Unfold => self.0.fold(gradient).map(Some),
            Way::Fold => self.0.unfold(gradient).map(Some),
        }
    }
}

fn moved<T: WithDType>(
    (storage, layout): (&CpuStorage, &Layout),
    windows: Windows,
    way: Way,
) -> Result<CpuStorage> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("windows need contiguous numbers")
    };
    let values = &T::cpu_storage_as_slice(storage)?[start..end];
    Ok(T::to_cpu_storage_owned(match way {
        Way::Unfold => windows.gather(values),
        Way::Fold => windows.scatter(values),
    }))
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    const WINDOWS: [Windows; 4] = [
        // As the encoder takes them, of an even and of an odd side.
        windows(6, 3, 3),
        windows(7, 3, 4),
        // As the decoder puts them together, of an even and of an odd side.
        windows(6, 4, 3),
        windows(5, 4, 3),
    ];

    const fn windows(side: usize, kernel: usize, across: usize) -> Windows {
        Windows {
            batch: 2,
            side,
            channels: 3,
            kernel,
            across,
        }
    }

    fn numbers_of(shape: &Shape, from: f64) -> Tensor {
        let count = shape.elem_count();
        let values: Vec<f64> = (0..count)
            .map(|i| ((i as f64 + from) * 0.7).sin())
            .collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
    fn a_window_sees_its_pixels_and_zeros_around_the_picture() {
        for windows in WINDOWS {
            let pictures = numbers_of(&windows.pictures_shape(), 1.0);
            let rows: Vec<Vec<f64>> = windows.unfold(&pictures).unwrap().to_vec2().unwrap();
            let pictures: Vec<f64> = pictures.flatten_all().unwrap().to_vec1().unwrap();
            for (window, row) in rows.iter().enumerate() {
                let at = |place: usize| {
                    let (channel, place) = (place % 3, place / 3);
                    let across = windows.across;
                    let x = (window % across * 2 + place % windows.kernel).checked_sub(1)?;
                    let y =
                        (window / across % across * 2 + place / windows.kernel).checked_sub(1)?;
                    let side = windows.side;
                    let picture = window / across / across;
                    let pixel = (picture * side + y) * side + x;
                    (x < side && y < side).then(|| pictures[pixel * 3 + channel])
                };
                for (place, value) in row.iter().enumerate() {
                    assert_eq!(
                        *value,
                        at(place).unwrap_or(0.0),
                        "{windows:?} {window} {place}"
                    );
                }
            }
        }
    }

    #[test]
    fn folding_is_the_transpose_of_unfolding_and_each_the_gradient_of_the_other() {
        for windows in WINDOWS {
            let pictures = Var::from_tensor(&numbers_of(&windows.pictures_shape(), 1.0)).unwrap();
            let rows = Var::from_tensor(&numbers_of(&windows.rows_shape(), 5.0)).unwrap();
            let product = |a: &Tensor, b: &Tensor| (a * b).unwrap().sum_all().unwrap();
            let one = product(&windows.unfold(&pictures).unwrap(), &rows);
            let other = product(&windows.fold(&rows).unwrap(), &pictures);
            let [x, y] = [&one, &other].map(|sum| sum.to_scalar::<f64>().unwrap());
            assert!((x - y).abs() < 1e-9 * x.abs().max(1.0), "{x} {y}");
            let gradient = one.backward().unwrap();
            let expected = windows.fold(&rows).unwrap();
            assert_eq!(flat(gradient.get(&pictures).unwrap()), flat(&expected));
            let gradient = other.backward().unwrap();
            let expected = windows.unfold(&pictures).unwrap();
            assert_eq!(flat(gradient.get(&rows).unwrap()), flat(&expected));
        }
    }

    fn flat(tensor: &Tensor) -> Vec<f64> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }
}
