//! How far two labelings agree, counted in information.

use std::collections::BTreeMap;
use std::hash::Hash;

use super::contingency::Contingency;

/// What one labeling tells of the other, and the other way round; each in [0, 1].
///
/// Rosenberg and Hirschberg, *V-Measure: a conditional entropy-based external cluster evaluation
/// measure*, EMNLP 2007.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VMeasure {
    /// 1 if no group of the second labeling mixes groups of the first.
    pub homogeneity: f64,
    /// 1 if no group of the first labeling is spread over groups of the second.
    pub completeness: f64,
    /// The harmonic mean of both: the mutual information relative to the mean entropy, which is
    /// also known as normalized mutual information.
    pub v_measure: f64,
}

/// Compares a labeling with the true one by mutual information.
///
/// Noise, if a labeling has it, counts as one more group. Fewer than two rows agree fully.
///
/// # Panics
/// Panics if the labelings are of different length.
pub fn v_measure<A: Eq + Hash, B: Eq + Hash>(truth: &[A], labels: &[B]) -> VMeasure {
    let table = Contingency::new(truth, labels);
    let information = mutual_information(&table);
    let part = |entropy: f64| {
        if entropy > 0.0 {
            (information / entropy).clamp(0.0, 1.0)
        } else {
            1.0
        }
    };
    let homogeneity = part(entropy(table.rows(), table.total()));
    let completeness = part(entropy(table.columns(), table.total()));
    let sum = homogeneity + completeness;
    let v_measure = if sum > 0.0 {
        2.0 * homogeneity * completeness / sum
    } else {
        0.0
    };
    VMeasure {
        homogeneity,
        completeness,
        v_measure,
    }
}

/// Computes the mutual information of two labelings of the same rows, adjusted for chance: 1 if
/// they are the same up to renaming, about 0 if they agree by chance only.
///
/// Relative to the mean of both entropies. Noise, if a labeling has it, counts as one more group.
/// Vinh, Epps, Bailey, *Information theoretic measures for clusterings comparison*, JMLR 2010.
///
/// # Panics
/// Panics if the labelings are of different length.
pub fn adjusted_mutual_information<A: Eq + Hash, B: Eq + Hash>(a: &[A], b: &[B]) -> f64 {
    let table = Contingency::new(a, b);
    // Also where both are one group, or both are all singles: chance alone makes them agree.
    if table.is_same() {
        return 1.0;
    }
    let expected = expected_information(&table);
    let entropies = [table.rows(), table.columns()].map(|counts| entropy(counts, table.total()));
    let room = f64::midpoint(entropies[0], entropies[1]) - expected;
    let above = mutual_information(&table) - expected;
    if room > 1e-12 { above / room } else { 0.0 }
}

/// The entropy of a labeling, in nats.
fn entropy(counts: &[u64], total: u64) -> f64 {
    let total = total as f64;
    let share = |count: &u64| {
        let share = *count as f64 / total;
        -share * share.ln()
    };
    counts.iter().map(share).sum()
}

/// What two labelings tell of each other, in nats.
fn mutual_information(table: &Contingency) -> f64 {
    let total = table.total() as f64;
    let part = |(row, column, count): (usize, usize, u64)| {
        let (row, column) = (table.rows()[row] as f64, table.columns()[column] as f64);
        let count = count as f64;
        count / total * (count * total / (row * column)).ln()
    };
    table.cells().map(part).sum::<f64>().max(0.0)
}

/// The mean mutual information of all labelings with groups of these sizes.
fn expected_information(table: &Contingency) -> f64 {
    let factorials = LogFactorials::up_to(table.total() as usize);
    let (rows, columns) = (by_size(table.rows()), by_size(table.columns()));
    let mut sum = 0.0;
    for (&row, &rows) in &rows {
        for (&column, &columns) in &columns {
            let pairs = rows as f64 * columns as f64;
            sum += pairs * expected_part(row, column, table.total(), &factorials);
        }
    }
    sum
}

/// How many groups there are of each size.
fn by_size(counts: &[u64]) -> BTreeMap<u64, u64> {
    let mut sizes = BTreeMap::new();
    for &count in counts {
        *sizes.entry(count).or_insert(0) += 1;
    }
    sizes
}

/// What two groups of these sizes add on average: over how many rows they may share, by the
/// hypergeometric distribution.
fn expected_part(row: u64, column: u64, total: u64, factorials: &LogFactorials) -> f64 {
    let ln = |count: u64| factorials.of(count);
    let fixed = ln(row) + ln(column) + ln(total - row) + ln(total - column) - ln(total);
    let fewest = (row + column).saturating_sub(total).max(1);
    let part = |shared: u64| {
        let apart = ln(shared) + ln(row - shared) + ln(column - shared);
        let probability = (fixed - apart - ln(total + shared - row - column)).exp();
        let (shared, total) = (shared as f64, total as f64);
        let ratio = total * shared / (row as f64 * column as f64);
        shared / total * ratio.ln() * probability
    };
    (fewest..=row.min(column)).map(part).sum()
}

/// The logarithms of the factorials.
struct LogFactorials(Vec<f64>);

impl LogFactorials {
    fn up_to(most: usize) -> Self {
        let mut logs = vec![0.0];
        let mut log = 0.0;
        for number in 1..=most {
            log += (number as f64).ln();
            logs.push(log);
        }
        Self(logs)
    }

    fn of(&self, number: u64) -> f64 {
        self.0[number as usize]
    }
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
    fn nothing_one_row_and_renamed_groups_agree_fully() {
        for labels in [&[][..], &[1], &[1, 1, 1], &[1, 2, 3], &[1, 1, 2, 2]] {
            let renamed: Vec<i32> = labels.iter().map(|label| 7 - label).collect();
            is(adjusted_mutual_information(labels, &renamed), 1.0);
            is(v_measure(labels, &renamed).v_measure, 1.0);
        }
    }

    #[test]
    fn known_cases_give_their_known_values() {
        // The worked examples in scikit-learn's documentation of these scores.
        is(
            adjusted_mutual_information(&[0, 0, 0, 0], &[0, 1, 2, 3]),
            0.0,
        );
        let split = v_measure(&[0, 0, 1, 1], &[0, 1, 2, 3]);
        is(split.homogeneity, 1.0);
        is(split.v_measure, 2.0 / 3.0);
        let joined = v_measure(&[0, 0, 1, 1], &[0, 0, 0, 0]);
        is(joined.homogeneity, 0.0);
        is(joined.completeness, 1.0);
        is(joined.v_measure, 0.0);
    }

    #[test]
    fn the_expected_information_is_the_mean_over_all_orders() {
        let (a, b) = ([0, 0, 1, 1, 1], [0, 1, 1, 2, 2]);
        let mut sum = 0.0;
        let mut count = 0.0;
        for order in 0..5_usize.pow(5) {
            let order: Vec<usize> = (0..5_u32).map(|at| order / 5_usize.pow(at) % 5).collect();
            if (0..5).all(|place| order.contains(&place)) {
                let b: Vec<i32> = order.iter().map(|place| b[*place]).collect();
                sum += mutual_information(&Contingency::new(&a, &b));
                count += 1.0;
            }
        }
        is(count, 120.0);
        is(expected_information(&Contingency::new(&a, &b)), sum / count);
    }
}
