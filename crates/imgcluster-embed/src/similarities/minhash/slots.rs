//! Sets of corners, and what is kept of a set (Broder 1997).

use super::corners::Corner;

/// Slots of a signature: one for each permutation.
pub(super) const SLOTS: usize = 128;

/// What is kept of a set: of each permutation, 16 bits of the element that comes first in it
/// (as in Li and König 2010).
pub(super) type Slots = [u16; SLOTS];

/// Cells of a picture's longer and shorter side alike.
const CELLS: usize = 12;

/// Names the cells in which corners of a picture of this size lie, each with the direction of the
/// edges there; sorted, each once.
///
/// There are two grids of 12 × 12 cells, one of them half a cell to the left and above the other, so
/// that a corner near the border of cells in one is in the middle of them in the other.
pub(super) fn elements(size: (usize, usize), corners: &[Corner]) -> Vec<u32> {
    let cell = |place: usize, length: usize, halves: usize| {
        ((2 * place + 1) * CELLS + halves * length) / (2 * length)
    };
    let named = |corner: &Corner| {
        [0, 1].map(|grid| {
            let column = cell(corner.x, size.0, grid);
            let row = cell(corner.y, size.1, grid);
            // Half a cell farther, the last one has the number of cells itself.
            let place = (grid * (CELLS + 1) + column) * (CELLS + 1) + row;
            (place * 4 + corner.run as usize) as u32
        })
    };
    let mut elements: Vec<u32> = corners.iter().flat_map(named).collect();
    elements.sort_unstable();
    elements.dedup();
    elements
}

/// Computes the slots of a set. The share of equal ones estimates what two sets have in common:
/// the size of their intersection over that of their union.
///
/// A permutation sorts elements by `mix(element ^ mix(permutation))`, permutations being numbered
/// from 0.
pub(super) fn slots(elements: &[u32]) -> Slots {
    std::array::from_fn(|permutation| {
        let seed = mix(permutation as u64);
        let places = elements
            .iter()
            .map(|element| mix(u64::from(*element) ^ seed));
        // The low bits: the high ones of a minimum are all near zero.
        places.min().unwrap_or(0) as u16
    })
}

/// Counts equal slots.
#[inline]
pub(super) fn count_equal(a: &Slots, b: &Slots) -> u16 {
    let equal = a.iter().zip(b).map(|(a, b)| u16::from(a == b));
    equal.sum()
}

/// Scatters numbers: a step and the finish of `SplitMix64` (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::corners::Run;
    use super::*;

    #[test]
    fn numbers_are_scattered_as_published() {
        // The first two outputs of SplitMix64 from the seed 1234567, as in its reference program.
        assert_eq!(mix(1_234_567), 6_457_827_717_110_365_317);
        let second = 1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15);
        assert_eq!(mix(second), 3_203_168_211_198_807_973);
    }

    #[test]
    fn equal_slots_estimate_what_sets_have_in_common() {
        for (shared, wanted) in [(0, 0.0), (100, 1.0 / 3.0), (150, 0.6), (200, 1.0)] {
            let (a, b): (Vec<u32>, Vec<u32>) =
                ((0..200).collect(), (200 - shared..400 - shared).collect());
            let share = f64::from(count_equal(&slots(&a), &slots(&b))) / 128.0;
            // Three standard deviations of 128 draws.
            assert!((share - wanted).abs() <= 0.13, "{shared}: {share}");
        }
    }

    #[test]
    fn cells_are_relative_to_the_picture() {
        let corner = |x, y| Corner {
            x,
            y,
            run: Run::Rising,
        };
        let small = elements((40, 30), &[corner(11, 9), corner(30, 20)]);
        let large = elements((80, 60), &[corner(60, 40), corner(22, 18), corner(21, 18)]);
        assert_eq!((small.len(), small), (4, large));
        let turned = Corner {
            run: Run::Level,
            ..corner(11, 9)
        };
        assert_eq!(elements((40, 30), &[corner(11, 9), turned]).len(), 4);
        let far = elements(
            (40, 30),
            &[corner(39, 29), corner(0, 29), corner(39, 0), corner(0, 0)],
        );
        assert_eq!(far.len(), 8);
    }
}
