//! Where the values of a left row lie, and how they are cut.

use crate::size;

/// Values of a row that are summed before the next tile: their panel then stays in the second
/// cache, and so do the rows.
const STEPS: usize = 1024;

/// The values of a left row that are multiplied: `count` runs of `len` neighbouring ones, each
/// starting `step` after the start of the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) count: usize,
    pub(crate) len: usize,
    pub(crate) step: usize,
}

impl Runs {
    /// Values from the first to the last, with what lies between.
    pub(super) fn span(self) -> usize {
        size::sum([size::product([self.count - 1, self.step]), self.len])
    }
}

/// A part of each row's values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Where it starts, counted from the row's first value.
    pub(super) offset: usize,
    pub(super) runs: Runs,
    /// Weights before it.
    pub(super) place: usize,
    pub(super) is_last: bool,
}

/// Cuts rows into parts of about [`STEPS`] values: some runs, or a piece of one.
pub(super) fn parts(runs: Runs) -> impl Iterator<Item = Part> {
    let pieces = runs.len.div_ceil(STEPS);
    let piece = runs.len.div_ceil(pieces);
    let groups = (runs.count * runs.len).div_ceil(STEPS).min(runs.count);
    let group = if pieces > 1 {
        1
    } else {
        runs.count.div_ceil(groups)
    };
    (0..runs.count).step_by(group).flat_map(move |first| {
        (0..runs.len).step_by(piece).map(move |from| {
            let part = Runs {
                count: group.min(runs.count - first),
                len: piece.min(runs.len - from),
                step: runs.step,
            };
            Part {
                offset: first * runs.step + from,
                runs: part,
                place: first * runs.len + from,
                is_last: first + group >= runs.count && from + piece >= runs.len,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_each_weight_once_in_order_and_none_is_long() {
        for count in [1, 2, 3, 7, 32] {
            for len in [1, 21, 500, STEPS, STEPS + 1, 3 * STEPS] {
                let runs = Runs {
                    count,
                    len,
                    step: 2 * len + 1,
                };
                let mut places = Vec::new();
                let mut is_last = false;
                for part in parts(runs) {
                    assert!(!is_last, "nothing after the last part of {runs:?}");
                    is_last = part.is_last;
                    assert!(part.runs.count * part.runs.len <= 2 * STEPS);
                    assert_eq!(part.place, places.len());
                    for run in 0..part.runs.count {
                        let start = part.offset + run * part.runs.step;
                        places.extend(start..start + part.runs.len);
                    }
                }
                let expected = (0..count).flat_map(|run| run * runs.step..run * runs.step + len);
                assert!(is_last && places.into_iter().eq(expected), "{runs:?}");
            }
        }
    }
}
