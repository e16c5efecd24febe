//! How far two labelings agree, counted in pairs of rows.

use std::hash::Hash;

use super::contingency::Contingency;

/// Computes the adjusted Rand index of two labelings of the same rows: 1 if they are the same up
/// to renaming, about 0 if they agree by chance only.
///
/// Noise, if a labeling has it, counts as one more group. Fewer than two rows agree fully.
/// Hubert and Arabie, *Comparing partitions*, Journal of Classification, 1985, equation 5.
///
/// # Panics
/// Panics if the labelings are of different length.
pub fn adjusted_rand<A: Eq + Hash, B: Eq + Hash>(a: &[A], b: &[B]) -> f64 {
    let table = Contingency::new(a, b);
    let all = pairs(table.total()) as f64;
    let both = table.cells().map(|(_, _, count)| pairs(count)).sum::<u64>() as f64;
    let in_rows = table.rows().iter().copied().map(pairs).sum::<u64>() as f64;
    let in_columns = table.columns().iter().copied().map(pairs).sum::<u64>() as f64;
    let expected = if all > 0.0 {
        in_rows * in_columns / all
    } else {
        0.0
    };
    let highest = f64::midpoint(in_rows, in_columns);
    let room = highest - expected;
    // No room: both are one group, or both are all singles.
    if room > 0.0 {
        (both - expected) / room
    } else {
        1.0
    }
}

fn pairs(count: u64) -> u64 {
    count * count.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(value: f64, expected: f64) {
        assert!(
            (value - expected).abs() < 1e-12,
            "{value} is not {expected}"
        );
    }

    #[test]
    fn nothing_and_one_row_agree_fully() {
        is(adjusted_rand::<u8, u8>(&[], &[]), 1.0);
        is(adjusted_rand(&[1], &['x']), 1.0);
    }

    #[test]
    fn renaming_changes_nothing_and_a_known_case_gives_its_known_value() {
        is(adjusted_rand(&[0, 0, 1, 1], &[5, 5, 2, 2]), 1.0);
        // The worked example in scikit-learn's documentation of `adjusted_rand_score`.
        is(adjusted_rand(&[0, 0, 1, 2], &[0, 0, 1, 1]), 4.0 / 7.0);
        is(adjusted_rand(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
    }
}
