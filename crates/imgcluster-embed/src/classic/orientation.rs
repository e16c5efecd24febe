//! Soft orientation maps on a grid of cells.

use super::gradients::Gradient;
use super::{CELL_PIXELS, CELLS, SIDE};

/// Directions told apart, 45 degrees from one to the next: right, right-down, down, left-down, and
/// their opposites.
pub(super) const DIRECTIONS: usize = 8;

/// Orientations told apart when opposite directions count as one.
pub(super) const AXES: usize = DIRECTIONS / 2;

/// Half a cell window, in cells, of the three running means that measure the contrast around a
/// cell.
const CONTRAST_REACH: usize = 3;

/// How many running means follow one another; three are close to a Gaussian (here of 14 pixels).
const CONTRAST_PASSES: usize = 3;

/// Added to the contrast before dividing, in units of root intensity per two pixels: about what
/// camera noise and JPEG artefacts reach, so that flat areas stay flat.
const CONTRAST_FLOOR: f32 = 0.05;

/// Gradients shorter than this have no direction.
const SHORTEST: f32 = 1e-6;

/// Values on the grid of cells: for each cell, row by row, a number of channels.
pub(super) struct Grid<const CHANNELS: usize> {
    /// [`CELLS`] x [`CELLS`] cells.
    pub(super) cells: Vec<[f32; CHANNELS]>,
}

impl<const CHANNELS: usize> Grid<CHANNELS> {
    /// A grid of zeros.
    pub(super) fn zeros() -> Self {
        Self {
            cells: vec![[0.0; CHANNELS]; CELLS * CELLS],
        }
    }

    /// The mean over windows of `2 * reach + 1` cells, weighted by `weights` (from the middle
    /// outwards), first along rows, then along columns; the edge is continued outwards. The middle
    /// is met from both sides and so counts twice: `weights[0]` is half of its share.
    pub(super) fn filtered(&self, weights: &[f32]) -> Self {
        self.filtered_along(weights, 1, |x, _| x)
            .filtered_along(weights, CELLS, |_, y| y)
    }

    /// One direction of [`Self::filtered`]: neighbours are `stride` apart, `place` is the position
    /// along the direction.
    fn filtered_along(
        &self,
        weights: &[f32],
        stride: usize,
        place: fn(usize, usize) -> usize,
    ) -> Self {
        let mut result = Self::zeros();
        for (index, target) in result.cells.iter_mut().enumerate() {
            let position = place(index % CELLS, index / CELLS);
            for (distance, &weight) in weights.iter().enumerate() {
                let before = &self.cells[index - distance.min(position) * stride];
                let after = &self.cells[index + distance.min(CELLS - 1 - position) * stride];
                for channel in 0..CHANNELS {
                    target[channel] += weight * (before[channel] + after[channel]);
                }
            }
        }
        result
    }
}

/// The eight orientation maps, each cell divided by the contrast in its surroundings.
///
/// The share of a gradient in a direction is the fourth power of the cosine between them (0 past a
/// right angle), times its length: smooth in the angle, and needing no arc tangent.
pub(super) fn contrast_normalised(gradient: &Gradient) -> Grid<DIRECTIONS> {
    let mut maps = Grid::<DIRECTIONS>::zeros();
    let mut energies = Grid::<1>::zeros();
    let strip = CELL_PIXELS * SIDE;
    let rightward = gradient.rightward.chunks_exact(strip);
    let strips = rightward
        .zip(gradient.downward.chunks_exact(strip))
        .zip(gradient.energy.chunks_exact(strip));
    for (cell_row, ((rightward, downward), energy)) in strips.enumerate() {
        let mut sums = [[0.0_f32; SIDE]; DIRECTIONS];
        let mut energy_sums = [0.0_f32; SIDE];
        let rows = rightward
            .chunks_exact(SIDE)
            .zip(downward.chunks_exact(SIDE))
            .zip(energy.chunks_exact(SIDE));
        for ((rightward, downward), energy) in rows {
            add_row(&mut sums, rightward, downward, energy);
            for (sum, value) in energy_sums.iter_mut().zip(energy) {
                *sum += value;
            }
        }
        for cell_column in 0..CELLS {
            let index = cell_row * CELLS + cell_column;
            let pixels = cell_column * CELL_PIXELS..(cell_column + 1) * CELL_PIXELS;
            for (value, sums) in maps.cells[index].iter_mut().zip(&sums) {
                *value = mean_of_cell(&sums[pixels.clone()]);
            }
            energies.cells[index][0] = mean_of_cell(&energy_sums[pixels]);
        }
    }
    divide_by_contrast(&mut maps, energies);
    maps
}

/// The mean over a cell, from the sums over its columns.
fn mean_of_cell(columns: &[f32]) -> f32 {
    columns.iter().sum::<f32>() * (1.0 / 16.0)
}

/// Adds one row of pixels to the sums of the eight directions.
fn add_row(
    sums: &mut [[f32; SIDE]; DIRECTIONS],
    rightward: &[f32],
    downward: &[f32],
    energy: &[f32],
) {
    let diagonal = 0.5_f32.sqrt();
    let mut scales = [0.0_f32; SIDE];
    for (scale, &energy) in scales.iter_mut().zip(energy) {
        let length = energy.sqrt().max(SHORTEST);
        *scale = 1.0 / (length * length * length);
    }
    let steps = [
        (1.0, 0.0),
        (diagonal, diagonal),
        (0.0, 1.0),
        (-diagonal, diagonal),
    ];
    let (forward, backward) = sums.split_at_mut(AXES);
    for (((along_x, along_y), forward), backward) in steps.into_iter().zip(forward).zip(backward) {
        for x in 0..SIDE {
            let projection = rightward[x] * along_x + downward[x] * along_y;
            let squared = projection * projection;
            let share = squared * squared * scales[x];
            let positive = projection > 0.0;
            forward[x] += if positive { share } else { 0.0 };
            backward[x] += if positive { 0.0 } else { share };
        }
    }
}

/// Divides each cell by the root mean square gradient around it.
fn divide_by_contrast(maps: &mut Grid<DIRECTIONS>, mut energies: Grid<1>) {
    // A plain mean over 7 cells; the middle counts twice in `filtered`.
    let mut weights = [1.0 / 7.0; CONTRAST_REACH + 1];
    weights[0] *= 0.5;
    for _ in 0..CONTRAST_PASSES {
        energies = energies.filtered(&weights);
    }
    for (cell, energy) in maps.cells.iter_mut().zip(&energies.cells) {
        let scale = 1.0 / (energy[0].sqrt() + CONTRAST_FLOOR);
        for value in cell {
            *value *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::gradients::{root_planes, strongest};
    use super::*;

    /// A picture whose grey value is `value(x, y)`.
    fn picture(value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..SIDE * SIDE)
            .flat_map(|index| [value(index % SIDE, index / SIDE); 3])
            .collect()
    }

    #[test]
    fn stripes_show_in_the_directions_across_them() {
        let rgb = picture(|x, _| if x / 8 % 2 == 0 { 40 } else { 200 });
        let maps = contrast_normalised(&strongest(&root_planes(&rgb)));
        let cell = maps.cells[CELLS * 16 + 15]
            .iter()
            .zip(&maps.cells[CELLS * 16 + 17])
            .map(|(a, b)| a + b);
        let cell: Vec<f32> = cell.collect();
        assert!(cell[0] + cell[4] > 10.0 * (cell[2] + cell[6]));
    }

    #[test]
    fn a_mean_filter_keeps_a_constant() {
        let grid = Grid::<1> {
            cells: vec![[2.0]; CELLS * CELLS],
        };
        let filtered = grid.filtered(&[0.25, 0.25]);
        assert!(
            filtered
                .cells
                .iter()
                .all(|cell| (cell[0] - 2.0).abs() < 1e-6)
        );
    }

    #[test]
    fn half_the_contrast_gives_nearly_the_same_maps() {
        let full = picture(|x, y| if (x / 16 + y / 16) % 2 == 0 { 0 } else { 200 });
        let half = picture(|x, y| if (x / 16 + y / 16) % 2 == 0 { 0 } else { 50 });
        let [full, half] =
            [full, half].map(|rgb| contrast_normalised(&strongest(&root_planes(&rgb))));
        for (full, half) in full.cells.iter().flatten().zip(half.cells.iter().flatten()) {
            assert!(
                (full - half).abs() <= 0.3 * full.abs() + 1e-3,
                "{full} {half}"
            );
        }
    }
}
