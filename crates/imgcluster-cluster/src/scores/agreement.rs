//! How far two labelings agree, counted in pairs of rows.

use std::hash::Hash;

use imgcluster_core::Clustering;

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

/// How far a clustering agrees with another one that is taken for right, counted in pairs of rows
/// that are in one cluster. A row of noise is in a cluster with none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairAgreement {
    /// Which share of the pairs of the right clustering is found; 1 where it has none.
    pub recall: f64,
    /// Which share of the pairs found is in the right clustering; 1 where none is found.
    pub precision: f64,
    /// The adjusted Rand index, with each row of noise as a group of its own: see
    /// [`adjusted_rand`].
    pub adjusted_rand: f64,
}

/// A row's company: its cluster, or nobody but itself.
#[derive(PartialEq, Eq, Hash)]
enum Company {
    Cluster(u32),
    Alone(usize),
}

impl PairAgreement {
    /// Compares a clustering with the right one of the same rows. Pairs are counted by how often
    /// clusters meet, not one by one.
    ///
    /// # Panics
    /// Panics if the clusterings are of a different number of rows.
    pub fn of(right: &Clustering, found: &Clustering) -> Self {
        let company = |clustering: &Clustering| -> Vec<Company> {
            let labels = clustering.labels().iter().enumerate();
            labels
                .map(|(row, label)| label.map_or(Company::Alone(row), |id| Company::Cluster(id.0)))
                .collect()
        };
        let (right, found) = (company(right), company(found));
        let table = Contingency::new(&right, &found);
        let both = table.cells().map(|(_, _, count)| pairs(count)).sum::<u64>();
        let share = |of: &[u64]| match of.iter().copied().map(pairs).sum::<u64>() {
            0 => 1.0,
            all => both as f64 / all as f64,
        };
        Self {
            recall: share(table.rows()),
            precision: share(table.columns()),
            adjusted_rand: adjusted_rand(&right, &found),
        }
    }
}

fn pairs(count: u64) -> u64 {
    count * count.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// Labels of rows, some of them noise.
    fn labels() -> impl Strategy<Value = (Vec<Option<u8>>, Vec<Option<u8>>)> {
        let label = || prop_oneof![1 => Just(None), 3 => (0_u8..5).prop_map(Some)];
        let both = prop::collection::vec((label(), label()), 0..40);
        both.prop_map(|both| both.into_iter().unzip())
    }

    proptest! {
        #[test]
        fn pairs_are_counted_as_one_by_one((right, found) in labels()) {
            let together = |labels: &[Option<u8>], a: usize, b: usize| {
                labels[a].is_some() && labels[a] == labels[b]
            };
            let (mut of_right, mut of_found, mut of_both) = (0_u32, 0_u32, 0_u32);
            for a in 0..right.len() {
                for b in a + 1..right.len() {
                    let (right, found) = (together(&right, a, b), together(&found, a, b));
                    of_right += u32::from(right);
                    of_found += u32::from(found);
                    of_both += u32::from(right && found);
                }
            }
            let share = |of: u32| if of == 0 { 1.0 } else { f64::from(of_both) / f64::from(of) };
            let (right, found) = (Clustering::from_groups(&right), Clustering::from_groups(&found));
            let agreement = PairAgreement::of(&right, &found);
            is(agreement.recall, share(of_right));
            is(agreement.precision, share(of_found));
            let itself = PairAgreement::of(&right, &right);
            is(itself.recall + itself.precision + itself.adjusted_rand, 3.0);
        }
    }

    #[test]
    fn rows_of_noise_are_together_with_none() {
        let right = Clustering::from_groups(&[Some(0), Some(0), None, None]);
        let found = Clustering::from_groups::<u8>(&[None; 4]);
        let agreement = PairAgreement::of(&right, &found);
        is(agreement.recall, 0.0);
        is(agreement.precision, 1.0);
        is(agreement.adjusted_rand, 0.0);
    }
}
