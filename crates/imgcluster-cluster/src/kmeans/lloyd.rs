//! Centers move until they rest.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, CenterSearch, Job, Matrix, MatrixRef, for_each_block};

/// Where one start led to.
pub(super) struct Attempt {
    pub(super) centers: Matrix,
    /// The index of each row's center.
    pub(super) nearest: Vec<u32>,
    pub(super) inertia: f64,
    pub(super) iterations: usize,
}

/// Moves centers until no row changes its own, their moves are small, or they moved often enough.
///
/// `rest` is the sum of squared moves that counts as small.
pub(super) fn settle(
    search: &CenterSearch<'_>,
    mut centers: Matrix,
    max_iterations: NonZeroUsize,
    rest: f64,
    job: &Job<'_>,
) -> Result<Attempt, Cancelled> {
    let rows = search.rows();
    if centers.rows() == 0 {
        return Ok(Attempt {
            centers,
            nearest: Vec::new(),
            inertia: 0.0,
            iterations: 0,
        });
    }
    // Of no row yet, so that every center is computed once.
    let mut nearest = vec![u32::MAX; rows.rows()];
    let mut iterations = 0;
    loop {
        let mut now = search.nearest(centers.view(), job)?;
        if now == nearest || iterations == max_iterations.get() {
            nearest = now;
            break;
        }
        fill_empty(search, &centers, &mut now, job)?;
        let affected = changed(&nearest, &now, centers.rows());
        nearest = now;
        let (next, moves) = means(rows, &centers, &nearest, &affected, job)?;
        centers = next;
        iterations += 1;
        if moves <= rest && rest > 0.0 {
            nearest = search.nearest(centers.view(), job)?;
            break;
        }
    }
    let squared = search.squared_distances(centers.view(), &nearest, job)?;
    Ok(Attempt {
        inertia: squared.into_iter().sum(),
        centers,
        nearest,
        iterations,
    })
}

/// Gives each center without rows the row that is farthest from its own center (ties: the smaller
/// index), unless that row is alone there or lies on it.
fn fill_empty(
    search: &CenterSearch<'_>,
    centers: &Matrix,
    nearest: &mut [u32],
    job: &Job<'_>,
) -> Result<(), Cancelled> {
    let mut sizes = vec![0_u32; centers.rows()];
    for &center in nearest.iter() {
        sizes[center as usize] += 1;
    }
    if sizes.iter().all(|size| *size > 0) {
        return Ok(());
    }
    let squared = search.squared_distances(centers.view(), nearest, job)?;
    let mut rows: Vec<usize> = (0..nearest.len())
        .filter(|row| squared[*row] > 0.0)
        .collect();
    rows.sort_unstable_by(|&a, &b| squared[b].total_cmp(&squared[a]).then(a.cmp(&b)));
    let mut rows = rows.into_iter();
    for empty in 0..sizes.len() {
        if sizes[empty] > 0 {
            continue;
        }
        let Some(row) = rows.find(|&row| sizes[nearest[row] as usize] > 1) else {
            break;
        };
        sizes[nearest[row] as usize] -= 1;
        nearest[row] = empty as u32;
        sizes[empty] = 1;
    }
    Ok(())
}

/// Tells which centers have lost or gained rows.
fn changed(before: &[u32], now: &[u32], centers: usize) -> Vec<bool> {
    let mut changed = vec![false; centers];
    for (before, now) in before.iter().zip(now).filter(|(before, now)| before != now) {
        changed[*now as usize] = true;
        if let Some(changed) = changed.get_mut(*before as usize) {
            *changed = true;
        }
    }
    changed
}

/// Computes the centers that changed anew, and the sum of their squared moves. Those of no row
/// stay.
fn means(
    rows: MatrixRef<'_>,
    centers: &Matrix,
    nearest: &[u32],
    changed: &[bool],
    job: &Job<'_>,
) -> Result<(Matrix, f64), Cancelled> {
    let dim = rows.dim();
    let members = members(nearest, centers.rows());
    let wanted: Vec<usize> = (0..changed.len())
        .filter(|&center| changed[center] && !members[center].is_empty())
        .collect();
    let next = Mutex::new((centers.clone().into_values(), vec![0.0; centers.rows()]));
    let sum = || vec![0.0_f64; dim];
    for_each_block(job, wanted.len(), NonZeroUsize::MIN, sum, |sum, block| {
        for &center in &wanted[block] {
            sum.fill(0.0);
            for &row in &members[center] {
                for (sum, value) in sum.iter_mut().zip(rows.row(row as usize)) {
                    *sum += f64::from(*value);
                }
            }
            let count = members[center].len() as f64;
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let (values, moves) = &mut *next;
            for (value, sum) in values[center * dim..][..dim].iter_mut().zip(sum.iter()) {
                let mean = (sum / count) as f32;
                moves[center] += (f64::from(mean) - f64::from(*value)).powi(2);
                *value = mean;
            }
        }
    })?;
    let (values, moves) = next.into_inner().unwrap_or_else(PoisonError::into_inner);
    let next = Matrix::new(values, dim).expect("means of finite rows are finite");
    Ok((next, moves.into_iter().sum()))
}

/// Lists the rows of each center in order.
fn members(nearest: &[u32], centers: usize) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); centers];
    for (row, &center) in (0..).zip(nearest) {
        members[center as usize].push(row);
    }
    members
}

/// The mean over the columns of the variance of their values.
pub(super) fn mean_variance(rows: MatrixRef<'_>) -> f64 {
    let count = rows.rows().max(1) as f64;
    let mut means = vec![0.0_f64; rows.dim()];
    for row in rows.iter() {
        for (mean, value) in means.iter_mut().zip(row) {
            *mean += f64::from(*value) / count;
        }
    }
    let squares = |row: &[f32]| -> f64 {
        let values = row.iter().zip(&means);
        values
            .map(|(value, mean)| (f64::from(*value) - mean).powi(2))
            .sum()
    };
    rows.iter().map(squares).sum::<f64>() / count / rows.dim() as f64
}
