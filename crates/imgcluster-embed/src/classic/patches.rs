//! The vector that describes each patch of the picture.

use super::gradients::Plane;
use super::orientation::{DIRECTIONS, Grid};
use super::{CELL_PIXELS, CELLS, SIDE};

/// Sub-patches of a patch: left above, right above, left below, right below.
pub(super) const SUB_PATCHES: usize = 4;

/// Numbers that tell the orientations of a patch.
pub(super) const ORIENTATION_LENGTH: usize = SUB_PATCHES * DIRECTIONS;

/// Numbers that tell the colour of a patch.
pub(super) const COLOUR_LENGTH: usize = 3;

/// Powers `(across, down)` of the polynomials that tell the place of a patch: all with a sum of 1
/// to 3.
pub(super) const PLACE_POWERS: [(usize, usize); 9] = [
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 0),
    (1, 1),
    (1, 2),
    (2, 0),
    (2, 1),
    (3, 0),
];

/// Length of a patch's vector: orientations, colour, place and a constant.
pub(super) const LENGTH: usize = ORIENTATION_LENGTH + COLOUR_LENGTH + PLACE_POWERS.len() + 1;

/// Distance, in cells, from the middle of a patch to the middles of its sub-patches, along each
/// direction.
const OFFSET: usize = 3;

/// Cells along the border that carry no patch middle; not less than [`OFFSET`], so that sub-patches
/// lie inside.
const MARGIN: u8 = 3;

/// [`CELLS`] as a byte, which becomes a float without a cast.
const CELLS_AS_BYTE: u8 = 32;

/// Patch middles along each side.
const MIDDLES: f32 = 26.0;

/// How often the cells are smoothed with 1 2 1; with the cell itself this is a Gaussian of 5
/// pixels.
const SMOOTHINGS: usize = 3;

/// Added to the length of a patch's orientations before dividing by it: patches with little
/// structure stay short.
const STRUCTURE_FLOOR: f32 = 0.3;

/// Scale of the place against the orientations.
const PLACE_SCALE: f32 = 0.35;

/// The constant entry, through which the second moments hold the means too.
const CONSTANT: f32 = 0.7;

/// How much less a patch at the edge of the picture counts than one in the middle, where most
/// subjects are.
const EDGE_LOSS: f32 = 0.4;

/// A patch: its vector and how much it counts.
pub(super) struct Patch {
    /// Orientations, colour, place, constant; of the order of 1.
    pub(super) vector: [f32; LENGTH],
    /// 0.3 (corners) to 1 (middle).
    pub(super) weight: f32,
}

/// The mean of each of the three planes in each cell.
pub(super) fn cell_colours(planes: &[Plane; 3]) -> Grid<3> {
    let mut grid = Grid::<3>::zeros();
    for (channel, plane) in planes.iter().enumerate() {
        for (y, row) in plane.chunks_exact(SIDE).enumerate() {
            let cells = &mut grid.cells[y / CELL_PIXELS * CELLS..][..CELLS];
            for (cell, pixels) in cells.iter_mut().zip(row.chunks_exact(CELL_PIXELS)) {
                cell[channel] += pixels.iter().sum::<f32>() * (1.0 / 16.0);
            }
        }
    }
    grid
}

/// The vectors of all 26 x 26 patches, row by row.
pub(super) fn vectors(orientations: &Grid<DIRECTIONS>, colours: &Grid<3>) -> Vec<Patch> {
    let orientations = smoothed(orientations);
    let colours = smoothed(colours);
    let last = CELLS_AS_BYTE - MARGIN;
    let mut patches = Vec::with_capacity(CELLS * CELLS);
    for row in MARGIN..last {
        let (down, row_weight) = place_powers(row);
        for column in MARGIN..last {
            let (across, column_weight) = place_powers(column);
            let middle = usize::from(row) * CELLS + usize::from(column);
            let mut vector = [0.0; LENGTH];
            let (structure, rest) = vector.split_at_mut(ORIENTATION_LENGTH);
            fill_orientations(structure, &orientations, middle);
            let (colour, place) = rest.split_at_mut(COLOUR_LENGTH);
            colour.copy_from_slice(&opponent(colours.cells[middle]));
            for (value, (power_across, power_down)) in place.iter_mut().zip(PLACE_POWERS) {
                *value = PLACE_SCALE * across[power_across] * down[power_down];
            }
            vector[LENGTH - 1] = CONSTANT;
            patches.push(Patch {
                vector,
                weight: row_weight * column_weight,
            });
        }
    }
    patches
}

/// The Chebyshev polynomials of degree 0 to 3 of a place along one direction (scaled to -1..1), and
/// its weight.
fn place_powers(cell: u8) -> ([f32; 4], f32) {
    let place = (f32::from(cell) - 15.5) / (MIDDLES / 2.0);
    let square = place * place;
    (
        [1.0, place, 2.0 * square - 1.0, (4.0 * square - 3.0) * place],
        1.0 - EDGE_LOSS * square,
    )
}

/// Smooths a grid with repeated 1 2 1 weights.
fn smoothed<const CHANNELS: usize>(grid: &Grid<CHANNELS>) -> Grid<CHANNELS> {
    // The middle counts twice in `filtered`: 0.25 + 0.25.
    let weights = [0.25, 0.25];
    let mut result = grid.filtered(&weights);
    for _ in 1..SMOOTHINGS {
        result = result.filtered(&weights);
    }
    result
}

/// The orientations of the four sub-patches around the cell `middle`, scaled to unit length
/// together (patches with little structure to less), and rooted.
fn fill_orientations(target: &mut [f32], orientations: &Grid<DIRECTIONS>, middle: usize) {
    let above = middle - OFFSET * CELLS;
    let below = middle + OFFSET * CELLS;
    let corners = [
        above - OFFSET,
        above + OFFSET,
        below - OFFSET,
        below + OFFSET,
    ];
    let mut squared = 0.0_f32;
    for (target, corner) in target.chunks_exact_mut(DIRECTIONS).zip(corners) {
        target.copy_from_slice(&orientations.cells[corner]);
        for value in target {
            squared += *value * *value;
        }
    }
    let scale = 1.0 / (squared.sqrt() + STRUCTURE_FLOOR);
    for value in target {
        *value = (*value * scale).sqrt();
    }
}

/// Lightness, red against green, and yellow against blue, of root intensities; each 0 for middle
/// grey.
fn opponent([red, green, blue]: [f32; 3]) -> [f32; COLOUR_LENGTH] {
    [
        (red + green + blue) / 3.0 - 0.5,
        2.0 * (red - green),
        red + green - 2.0 * blue,
    ]
}

#[cfg(test)]
mod tests {
    use super::super::gradients::{root_planes, strongest};
    use super::super::orientation::contrast_normalised;
    use super::*;

    fn patches_of(rgb: &[u8]) -> Vec<Patch> {
        let planes = root_planes(rgb);
        vectors(
            &contrast_normalised(&strongest(&planes)),
            &cell_colours(&planes),
        )
    }

    #[test]
    fn grey_has_no_colour() {
        let [_, red_green, yellow_blue] = opponent([0.3, 0.3, 0.3]);
        assert!(red_green.abs() < 1e-6 && yellow_blue.abs() < 1e-6);
    }

    #[test]
    fn a_flat_picture_has_patches_without_structure() {
        let patches = patches_of(&vec![128; SIDE * SIDE * 3]);
        assert_eq!(patches.len(), 26 * 26);
        assert!(patches.iter().all(|patch| {
            patch.vector[..ORIENTATION_LENGTH]
                .iter()
                .all(|&value| value == 0.0)
        }));
    }

    #[test]
    fn the_place_is_balanced_over_the_picture() {
        let patches = patches_of(&vec![128; SIDE * SIDE * 3]);
        let across: f32 = patches
            .iter()
            .map(|patch| patch.weight * patch.vector[LENGTH - 2])
            .sum();
        assert!(across.abs() < 1e-3);
    }

    #[test]
    fn orientations_of_a_patch_are_at_most_of_unit_length() {
        let rgb: Vec<u8> = (0..SIDE * SIDE * 3)
            .map(|index| if index * index % 7 < 3 { 255 } else { 0 })
            .collect();
        for patch in patches_of(&rgb) {
            let fourth: f32 = patch.vector[..ORIENTATION_LENGTH]
                .iter()
                .map(|value| value.powi(4))
                .sum();
            assert!(fourth <= 1.0 && patch.weight > 0.3 && patch.weight <= 1.0);
        }
    }
}
