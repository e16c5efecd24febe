//! A picture at ever smaller scales.

use crate::gray::Gray;

/// How many scales.
pub(super) const LEVELS: usize = 8;

/// Pixels that are repeated around a level, so that patches may reach over its edges.
pub(super) const MARGIN: usize = 16;

/// Weights of the smoothing, a Gaussian of standard deviation 2, in 256ths.
const SMOOTHING: [u32; 7] = [18, 34, 49, 54, 49, 34, 18];

/// How many times smaller a level is than the picture: 1.2 to the power of `level`.
pub(super) fn scale(level: usize) -> f64 {
    (0..level).fold(1.0, |scale, _| scale * 1.2)
}

/// A picture at one scale, its edge pixels repeated around it.
#[derive(Debug, Clone)]
pub(super) struct Level {
    width: usize,
    height: usize,
    /// With the margin, rows from the top.
    values: Vec<u8>,
}

impl Level {
    /// Surrounds a picture with its edge pixels.
    pub(super) fn new(width: usize, height: usize, picture: &[u8]) -> Self {
        let mut values = Vec::with_capacity((width + 2 * MARGIN) * (height + 2 * MARGIN));
        for y in 0..height + 2 * MARGIN {
            let row = y.saturating_sub(MARGIN).min(height - 1) * width;
            let row = &picture[row..row + width];
            values.extend([row[0]; MARGIN]);
            values.extend_from_slice(row);
            values.extend([row[width - 1]; MARGIN]);
        }
        Self {
            width,
            height,
            values,
        }
    }

    /// Width and height without the margin.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Pixels from a row to the next.
    pub(super) fn stride(&self) -> usize {
        self.width + 2 * MARGIN
    }

    /// All pixels, margin and all.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }

    /// Where pixel `(x, y)` of the picture lies among all.
    pub(super) fn place(&self, x: usize, y: usize) -> usize {
        (y + MARGIN) * self.stride() + x + MARGIN
    }

    /// Smooths it, as descriptors compare single pixels, which are noisy.
    pub(super) fn smoothed(&self) -> Self {
        let (stride, reach) = (self.stride(), SMOOTHING.len() / 2);
        let mut across = vec![0_u32; self.values.len()];
        let rows = self.values.chunks_exact(stride);
        for (row, out) in rows.zip(across.chunks_exact_mut(stride)) {
            let mut wide = Vec::with_capacity(stride + 2 * reach);
            wide.extend(std::iter::repeat_n(row[0], reach));
            wide.extend_from_slice(row);
            wide.extend(std::iter::repeat_n(row[stride - 1], reach));
            for (window, out) in wide.windows(SMOOTHING.len()).zip(out) {
                let weighed = window.iter().zip(SMOOTHING);
                *out = weighed
                    .map(|(value, weight)| u32::from(*value) * weight)
                    .sum();
            }
        }
        let rows: Vec<&[u32]> = across.chunks_exact(stride).collect();
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..rows.len() {
            let row = |tap: usize| rows[(y + tap).saturating_sub(reach).min(rows.len() - 1)];
            let near: [&[u32]; SMOOTHING.len()] = std::array::from_fn(row);
            values.extend((0..stride).map(|x| {
                let weighed = near.iter().zip(SMOOTHING);
                let sum: u32 = weighed.map(|(row, weight)| row[x] * weight).sum();
                ((sum + (1 << 15)) >> 16) as u8
            }));
        }
        Self {
            values,
            ..self.clone()
        }
    }
}

/// Brings a picture to every scale, the largest first; a level that would vanish has one pixel left.
pub(super) fn levels((width, height): (u32, u32), picture: &[u8]) -> impl Iterator<Item = Level> {
    let whole = Gray::new(width, height, picture.to_vec());
    (0..LEVELS).map(move |level| {
        let (width, height) = (reduced(width, level), reduced(height, level));
        let values = whole.resized_bilinear(width, height);
        Level::new(width as usize, height as usize, &values)
    })
}

/// A length divided by 1.2 to the power of `level`, to the nearest; at least 1.
fn reduced(length: u32, level: usize) -> u32 {
    let (fives, sixes) = (5_u64.pow(level as u32), 6_u64.pow(level as u32));
    (((u64::from(length) * fives * 2 + sixes) / (sixes * 2)) as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_levels_are_1_2_times_smaller_and_never_vanish() {
        let sizes = |size: (u32, u32)| -> Vec<(usize, usize)> {
            let picture = vec![5; (size.0 * size.1) as usize];
            levels(size, &picture).map(|level| level.size()).collect()
        };
        assert_eq!(sizes((1, 1)), [(1, 1); LEVELS]);
        assert_eq!(sizes((256, 1)).last(), Some(&(71, 1)));
        let widths: Vec<usize> = sizes((256, 192)).iter().map(|size| size.0).collect();
        let wanted = |level| (256.0 / scale(level)).round() as usize;
        assert_eq!(widths, (0..LEVELS).map(wanted).collect::<Vec<usize>>());
    }

    #[test]
    fn edges_are_repeated_around_a_level() {
        let level = Level::new(2, 2, &[1, 2, 3, 4]);
        assert_eq!(level.values().len(), (2 + 2 * MARGIN) * (2 + 2 * MARGIN));
        let at = |x, y| level.values()[level.place(x, y)];
        assert_eq!([at(0, 0), at(1, 0), at(0, 1), at(1, 1)], [1, 2, 3, 4]);
        assert_eq!(
            [level.values()[0], at(1, 1 + MARGIN), at(1 + MARGIN, 0)],
            [1, 4, 2]
        );
    }

    #[test]
    fn smoothing_keeps_flat_pictures_and_spreads_a_point_as_its_weights_say() {
        assert_eq!(SMOOTHING.iter().sum::<u32>(), 256);
        let flat = Level::new(9, 3, &[255; 27]);
        assert_eq!(flat.smoothed().values(), flat.values());
        let mut point = [0; 81];
        point[40] = 255;
        let smoothed = Level::new(9, 9, &point).smoothed();
        for (x, y) in (0..9).flat_map(|x| (0..9).map(move |y| (x, y))) {
            let weight = |at: usize| (at + 3).checked_sub(4).and_then(|tap| SMOOTHING.get(tap));
            let (across, down) = (weight(x).unwrap_or(&0), weight(y).unwrap_or(&0));
            let wanted = f64::from(255 * across * down) / 65536.0;
            let found = f64::from(smoothed.values()[smoothed.place(x, y)]);
            assert!((found - wanted).abs() <= 0.5, "{x} {y}: {found}, {wanted}");
        }
    }
}
