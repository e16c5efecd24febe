//! The typical softened logarithm, which is subtracted so that cosines compare what is special
//! about pictures.
//!
//! The tables are means over the dead-leaves pictures of `synthetic`, not over photographs, and are
//! made simple by symmetry: which sub-patches and which directions are compared does not matter,
//! only how they lie to one another.

use super::orientation::DIRECTIONS;
use super::patches::{LENGTH, ORIENTATION_LENGTH};

/// Entries after the orientations: colour, place and constant.
const REST: usize = LENGTH - ORIENTATION_LENGTH;

/// Between two orientations: first index 0 same sub-patch, 1 side by side, 2 one above the other, 3
/// across the corner; second index the angle between the directions in steps of 45 degrees.
#[rustfmt::skip]
const ORIENTATIONS: [[f64; 5]; 4] = [
    [2.42, 0.99, -0.03, 0.07, 0.08],
    [0.00, 0.07, 0.09, 0.08, 0.10],
    [0.00, 0.07, 0.10, 0.08, 0.10],
    [0.06, 0.09, 0.09, 0.07, 0.07],
];

/// Between any orientation and an entry of the rest.
#[rustfmt::skip]
const ORIENTATION_AND_REST: [f64; REST] = [0.11, 0.00, 0.00, 0.00, -0.05, 0.00, 0.00, 0.00, 0.00, -0.05, 0.00, 0.00, 0.43];

/// Between two entries of the rest.
#[rustfmt::skip]
const RESTS: [[f64; REST]; REST] = [
    [1.41, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
    [0.00, 2.67, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
    [0.00, 0.00, 2.25, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
    [0.00, 0.00, 0.00, 3.90, 0.00, -0.58, 0.00, 0.00, 0.00, 0.00, -0.59, 0.00, 0.00],
    [0.00, 0.00, 0.00, 0.00, 4.40, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, -0.13],
    [0.00, 0.00, 0.00, -0.58, 0.00, 4.69, 0.00, 0.00, 0.00, 0.00, 0.14, 0.00, 0.00],
    [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 3.90, 0.00, -0.59, 0.00, 0.00, -0.58, 0.00],
    [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 2.92, 0.00, 0.00, 0.00, 0.00, 0.00],
    [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, -0.59, 0.00, 3.25, 0.00, 0.00, 0.14, 0.00],
    [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 4.40, 0.00, 0.00, -0.13],
    [0.00, 0.00, 0.00, -0.59, 0.00, 0.14, 0.00, 0.00, 0.00, 0.00, 3.25, 0.00, 0.00],
    [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, -0.58, 0.00, 0.14, 0.00, 0.00, 4.69, 0.00],
    [0.00, 0.00, 0.00, 0.00, -0.13, 0.00, 0.00, 0.00, 0.00, -0.13, 0.00, 0.00, 2.01],
];

/// The typical entry of the softened logarithm at a row and a column, both below [`LENGTH`].
pub(super) fn typical(row: usize, column: usize) -> f64 {
    let (low, high) = (row.min(column), row.max(column));
    if high < ORIENTATION_LENGTH {
        let sub_patches = (low / DIRECTIONS) ^ (high / DIRECTIONS);
        let steps = (low % DIRECTIONS).abs_diff(high % DIRECTIONS);
        ORIENTATIONS[sub_patches][steps.min(DIRECTIONS - steps)]
    } else if low < ORIENTATION_LENGTH {
        ORIENTATION_AND_REST[high - ORIENTATION_LENGTH]
    } else {
        RESTS[low - ORIENTATION_LENGTH][high - ORIENTATION_LENGTH]
    }
}

#[cfg(test)]
mod tests {
    use super::super::logarithm::{Matrix, softened};
    use super::super::orientation::contrast_normalised;
    use super::super::patches::{COLOUR_LENGTH, PLACE_POWERS, cell_colours, vectors};
    use super::super::second_order::moments;
    use super::super::{gradients, synthetic};
    use super::*;

    /// The mean softened logarithm over synthetic pictures.
    fn mean_logarithm(pictures: u32) -> Matrix<LENGTH> {
        let mut mean = [[0.0; LENGTH]; LENGTH];
        for seed in 0..pictures {
            let planes = gradients::root_planes(&synthetic::picture(u64::from(seed)));
            let orientations = contrast_normalised(&gradients::strongest(&planes));
            let logarithm = softened(&moments(&vectors(&orientations, &cell_colours(&planes))));
            for (target, value) in mean.iter_mut().flatten().zip(logarithm.iter().flatten()) {
                *target += value / f64::from(pictures);
            }
        }
        mean
    }

    /// The powers across and down of an entry of the rest; none for colours and the constant.
    fn powers(rest: usize) -> (usize, usize) {
        rest.checked_sub(COLOUR_LENGTH)
            .and_then(|place| PLACE_POWERS.get(place).copied())
            .unwrap_or((0, 0))
    }

    /// The entry of the rest that takes the place of another when rows and columns of the picture
    /// change roles.
    fn transposed(rest: usize) -> usize {
        let (across, down) = powers(rest);
        let place = PLACE_POWERS
            .iter()
            .position(|&powers| powers == (down, across));
        place.map_or(rest, |place| place + COLOUR_LENGTH)
    }

    fn mean(values: &[f64]) -> f64 {
        let count = u32::try_from(values.len()).map_or(1.0, f64::from);
        values.iter().sum::<f64>() / count.max(1.0)
    }

    #[test]
    #[ignore = "prints the tables anew, for when the patches change"]
    #[expect(clippy::print_stdout, reason = "printing the tables is what it is for")]
    fn print_the_tables() {
        let matrix = mean_logarithm(1024);
        let table = |rows: Vec<String>| rows.join("\n");
        let orientations = (0..4).map(|sub_patches| orientation_row(&matrix, sub_patches));
        let rests = (0..REST).map(|rest| rest_row(&matrix, rest));
        println!(
            "const ORIENTATIONS: [[f64; 5]; 4] = [\n{}\n];\n\
             const ORIENTATION_AND_REST: [f64; REST] = {}\n\
             const RESTS: [[f64; REST]; REST] = [\n{}\n];",
            table(orientations.collect()),
            mixed_row(&matrix),
            table(rests.collect()),
        );
    }

    fn shown(values: impl Iterator<Item = f64>) -> String {
        let values: Vec<String> = values.map(|value| format!("{value:.2}")).collect();
        format!("[{}],", values.join(", "))
    }

    /// Means over all pairs of orientations that lie alike.
    fn orientation_row(matrix: &Matrix<LENGTH>, sub_patches: usize) -> String {
        shown((0..5_usize).map(|steps| {
            let pairs =
                (0..ORIENTATION_LENGTH).flat_map(|a| (0..ORIENTATION_LENGTH).map(move |b| (a, b)));
            let like = pairs.filter(|(a, b)| {
                let difference = (a % 8).abs_diff(b % 8);
                (a / 8) ^ (b / 8) == sub_patches && difference.min(8 - difference) == steps
            });
            mean(&like.map(|(a, b)| matrix[a][b]).collect::<Vec<f64>>())
        }))
    }

    /// Whether two entries of the rest are together symmetric, across and down.
    fn even(a: usize, b: usize) -> bool {
        let (first, second) = (powers(a), powers(b));
        (first.0 + second.0).is_multiple_of(2) && (first.1 + second.1).is_multiple_of(2)
    }

    /// Means over all orientations.
    fn mixed_row(matrix: &Matrix<LENGTH>) -> String {
        shown((0..REST).map(|rest| {
            let column = |rest: usize| {
                (0..ORIENTATION_LENGTH).map(move |a| matrix[a][rest + ORIENTATION_LENGTH])
            };
            let values: Vec<f64> = column(rest).chain(column(transposed(rest))).collect();
            if even(rest, REST - 1) {
                mean(&values)
            } else {
                0.0
            }
        }))
    }

    fn rest_row(matrix: &Matrix<LENGTH>, a: usize) -> String {
        let at = |a: usize, b: usize| matrix[a + ORIENTATION_LENGTH][b + ORIENTATION_LENGTH];
        shown((0..REST).map(|b| {
            let colours =
                (a < COLOUR_LENGTH) != (b < COLOUR_LENGTH) || (a < COLOUR_LENGTH && a != b);
            let value = f64::midpoint(at(a, b), at(transposed(a), transposed(b)));
            if even(a, b) && !colours { value } else { 0.0 }
        }))
    }

    #[test]
    fn the_tables_are_symmetric() {
        for row in 0..LENGTH {
            for column in 0..LENGTH {
                assert_eq!(
                    typical(row, column).to_bits(),
                    typical(column, row).to_bits()
                );
            }
        }
    }

    #[test]
    fn the_tables_are_near_the_mean_over_synthetic_pictures() {
        let matrix = mean_logarithm(32);
        let (mut missed, mut whole) = (0.0, 0.0);
        for (row, values) in matrix.iter().enumerate() {
            for (column, value) in values.iter().enumerate() {
                missed += (value - typical(row, column)) * (value - typical(row, column));
                whole += value * value;
            }
        }
        assert!(missed < 0.05 * whole, "{missed} of {whole}");
    }
}
