//! Where in the picture which edges are: a coarse histogram of oriented gradients.

use super::CELLS;
use super::normalise::{root_and_centre, to_unit_length};
use super::orientation::{AXES, DIRECTIONS, Grid};

/// Blocks along each side.
const BLOCKS: usize = 8;

/// Cells along each side of a block.
const BLOCK_CELLS: usize = CELLS / BLOCKS;

/// Shares of the cells in a block along one direction: a tent over the block and half of its
/// neighbours on either side, from two cells before the block to two cells past it.
const TENT: [f32; 2 * BLOCK_CELLS] = [0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125];

/// Length of the vector.
pub(super) const LENGTH: usize = BLOCKS * BLOCKS * AXES;

/// The four unsigned orientations in 8 x 8 overlapping blocks, rooted, centred and of unit length
/// (zeros for a picture without contrast).
pub(super) fn describe(orientations: &Grid<DIRECTIONS>) -> Vec<f32> {
    let mut blocks = vec![0.0_f32; LENGTH];
    for (index, cell) in orientations.cells.iter().enumerate() {
        let (row, column) = (index / CELLS, index % CELLS);
        for (block_row, down) in blocks_of(row) {
            for (block_column, across) in blocks_of(column) {
                let block = &mut blocks[(block_row * BLOCKS + block_column) * AXES..][..AXES];
                for (axis, value) in block.iter_mut().enumerate() {
                    *value += down * across * (cell[axis] + cell[axis + AXES]);
                }
            }
        }
    }
    root_and_centre(&mut blocks);
    to_unit_length(&mut blocks);
    blocks
}

/// The one or two blocks that a cell belongs to along one direction, and its shares in them.
fn blocks_of(cell: usize) -> impl Iterator<Item = (usize, f32)> {
    // Counted from half a block before the picture, each block's tent starts at a multiple of the
    // block's side.
    let shifted = cell + BLOCK_CELLS / 2;
    let block = shifted / BLOCK_CELLS;
    let within = shifted % BLOCK_CELLS;
    let earlier = block
        .checked_sub(1)
        .map(|earlier| (earlier, TENT[within + BLOCK_CELLS]));
    let later = (block < BLOCKS).then_some((block, TENT[within]));
    earlier.into_iter().chain(later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_cells_are_shared_out_in_full() {
        for cell in BLOCK_CELLS..CELLS - BLOCK_CELLS {
            let shares: f32 = blocks_of(cell).map(|(_, share)| share).sum();
            assert!((shares - 1.0).abs() < 1e-6, "{cell}");
        }
    }

    #[test]
    fn all_blocks_are_inside() {
        for cell in 0..CELLS {
            assert!(blocks_of(cell).all(|(block, share)| block < BLOCKS && share > 0.0));
            assert!(blocks_of(cell).count() > 0);
        }
    }

    #[test]
    fn no_contrast_gives_zeros() {
        assert!(describe(&Grid::zeros()).iter().all(|&value| value == 0.0));
    }
}
