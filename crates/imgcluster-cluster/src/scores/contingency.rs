//! How often each label meets each other one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Two labelings of the same rows, counted. Labels are numbered as they first appear, so that sums
/// over them have one order.
#[derive(Debug)]
pub(super) struct Contingency {
    cells: BTreeMap<(u32, u32), u64>,
    rows: Vec<u64>,
    columns: Vec<u64>,
    total: u64,
}

impl Contingency {
    /// Counts.
    ///
    /// # Panics
    /// Panics if the labelings are of different length.
    pub(super) fn new<A: Eq + Hash, B: Eq + Hash>(a: &[A], b: &[B]) -> Self {
        assert_eq!(a.len(), b.len(), "labelings of the same rows");
        let (a, rows) = numbered(a);
        let (b, columns) = numbered(b);
        let mut cells = BTreeMap::new();
        for pair in a.iter().copied().zip(b.iter().copied()) {
            *cells.entry(pair).or_insert(0) += 1;
        }
        Self {
            cells,
            rows,
            columns,
            total: a.len() as u64,
        }
    }

    /// Lists the labels that meet, with how often.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        let cells = self.cells.iter();
        cells.map(|((row, column), count)| (*row as usize, *column as usize, *count))
    }

    /// How often each label of the first labeling occurs.
    pub(super) fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// How often each label of the second labeling occurs.
    pub(super) fn columns(&self) -> &[u64] {
        &self.columns
    }

    /// Counts the rows labelled.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Tells whether the labelings are the same up to renaming.
    pub(super) fn is_same(&self) -> bool {
        self.cells.len() == self.rows.len() && self.cells.len() == self.columns.len()
    }
}

/// Numbers the labels, and counts each.
fn numbered<T: Eq + Hash>(labels: &[T]) -> (Vec<u32>, Vec<u64>) {
    let mut known = HashMap::new();
    let mut counts: Vec<u64> = Vec::new();
    let numbers = labels.iter().map(|label| {
        let number = *known.entry(label).or_insert_with(|| {
            counts.push(0);
            counts.len() - 1
        });
        counts[number] += 1;
        number as u32
    });
    (numbers.collect(), counts)
}
