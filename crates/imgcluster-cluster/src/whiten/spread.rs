//! How columns vary together, or rows lie to each other.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, MatrixRef, for_each_block};

use crate::product::dot;

/// Rows whose values are summed up at a time.
const ROWS: usize = 256;
/// Lines of a table that a thread takes at a time.
const LINES: NonZeroUsize = NonZeroUsize::new(8).expect("eight is not zero");

/// Rows as they lie about their mean.
pub(super) struct Centered<'a> {
    pub(super) rows: MatrixRef<'a>,
    mean: Vec<f64>,
    /// The rows in an order that depends on their values alone.
    order: Vec<u32>,
}

impl<'a> Centered<'a> {
    pub(super) fn new(rows: MatrixRef<'a>) -> Self {
        let mut order: Vec<u32> = (0..rows.rows() as u32).collect();
        order.sort_unstable_by(|a, b| by_values(rows.row(*a as usize), rows.row(*b as usize)));
        let mut mean = vec![0.0; rows.dim()];
        for row in &order {
            for (sum, value) in mean.iter_mut().zip(rows.row(*row as usize)) {
                *sum += f64::from(*value);
            }
        }
        let count = rows.rows().max(1) as f64;
        for sum in &mut mean {
            *sum /= count;
        }
        Self { rows, mean, order }
    }

    /// Writes down a row less the mean.
    pub(super) fn write(&self, row: usize, out: &mut [f64]) {
        let values = self.rows.row(row).iter().zip(&self.mean);
        for (out, (value, mean)) in out.iter_mut().zip(values) {
            *out = f64::from(*value) - mean;
        }
    }

    /// Lists all rows less the mean, in an order that depends on their values alone.
    pub(super) fn in_order(&self) -> Vec<f64> {
        let dim = self.rows.dim();
        let mut values = vec![0.0; self.rows.values().len()];
        for (row, out) in self.order.iter().zip(values.chunks_exact_mut(dim)) {
            self.write(*row as usize, out);
        }
        values
    }

    /// Sums up the products of every two columns: a symmetric table, line after line.
    pub(super) fn products_of_columns(&self, job: &Job<'_>) -> Result<Vec<f64>, Cancelled> {
        let dim = self.rows.dim();
        let mut table = Table::new(dim);
        let mut row = vec![0.0; dim];
        let mut columns = vec![0.0; dim * ROWS];
        for block in self.order.chunks(ROWS) {
            job.check()?;
            let count = block.len();
            for (place, item) in block.iter().enumerate() {
                self.write(*item as usize, &mut row);
                for (column, value) in row.iter().enumerate() {
                    columns[column * count + place] = *value;
                }
            }
            table.add(&columns[..dim * count], count, job)?;
        }
        Ok(table.whole())
    }
}

/// Orders rows by their values, the first that differ deciding.
fn by_values(a: &[f32], b: &[f32]) -> Ordering {
    let differing = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
    differing
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Sums up the products of every two vectors: a symmetric table, line after line.
pub(super) fn products(
    vectors: &[f64],
    length: usize,
    job: &Job<'_>,
) -> Result<Vec<f64>, Cancelled> {
    let mut table = Table::new(vectors.len() / length);
    table.add(vectors, length, job)?;
    Ok(table.whole())
}

/// A symmetric table that grows by products.
struct Table {
    /// Of each line what is on the diagonal and after it.
    lines: Vec<Mutex<Vec<f64>>>,
}

impl Table {
    fn new(count: usize) -> Self {
        let line = |first: usize| Mutex::new(vec![0.0; count - first]);
        Self {
            lines: (0..count).map(line).collect(),
        }
    }

    /// Adds the products of every two vectors of this length, one for each line.
    fn add(&mut self, vectors: &[f64], length: usize, job: &Job<'_>) -> Result<(), Cancelled> {
        let vector = |place: usize| &vectors[place * length..][..length];
        let no_state = || ();
        for_each_block(job, self.lines.len(), LINES, no_state, |(), places| {
            for first in places {
                // Nobody else has this line.
                let line = self.lines[first].lock();
                let mut line = line.unwrap_or_else(PoisonError::into_inner);
                for (sum, other) in line.iter_mut().zip(first..) {
                    *sum += dot(vector(first), vector(other));
                }
            }
        })
    }

    fn whole(self) -> Vec<f64> {
        let count = self.lines.len();
        let mut table = vec![0.0; count * count];
        for (first, line) in self.lines.into_iter().enumerate() {
            let line = line.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (sum, other) in line.into_iter().zip(first..) {
                table[first * count + other] = sum;
                table[other * count + first] = sum;
            }
        }
        table
    }
}
