//! Rows seen along components.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{Cancelled, Job, Matrix, UnitMatrix, for_each_block};

use super::components::Components;
use super::spread::Centered;
use crate::product::dot;

/// Rows a thread takes at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");
/// The share of the usual distance from the mean below which a row lies at the mean.
const AT_THE_MEAN: f64 = 1e-6;

/// Projects all rows, and scales them to length one.
pub(super) fn project(
    centered: &Centered<'_>,
    kept: &Components,
    job: &Job<'_>,
) -> Result<UnitMatrix, Cancelled> {
    let (count, dim, width) = (centered.rows.rows(), centered.rows.dim(), kept.scales.len());
    // A last column for rows at the mean, which mostly goes again.
    let found = Mutex::new((vec![0.0_f32; count * (width + 1)], false));
    let scratch = || (vec![0.0; dim], Vec::new());
    for_each_block(job, count, BLOCK, scratch, |(row, seen), block| {
        seen.clear();
        let mut has_middle = false;
        for item in block.clone() {
            centered.write(item, row);
            let place = along(row, kept);
            has_middle |= place.is_none();
            match place {
                Some(place) => seen.extend(place.into_iter().chain([0.0])),
                None => seen.extend(vec![0.0; width].into_iter().chain([1.0])),
            }
        }
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.0[block.start * (width + 1)..block.end * (width + 1)].copy_from_slice(seen);
        found.1 |= has_middle;
    })?;
    let (mut values, has_middle) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut columns = width + 1;
    if !has_middle {
        let mut place = 0..values.len();
        values.retain(|_| place.next().is_some_and(|at| at % columns != width));
        columns = width;
    }
    let unit = Matrix::new(values, columns).and_then(UnitMatrix::normalize);
    Ok(unit.expect("they are of length one up to rounding"))
}

/// The place of a row along each component, at length one; `None` at the mean.
fn along(row: &[f64], kept: &Components) -> Option<Vec<f32>> {
    let directions = kept.directions.chunks_exact(row.len());
    let place = directions.zip(&kept.scales);
    let place: Vec<f64> = place
        .map(|(direction, scale)| scale * dot(direction, row))
        .collect();
    let length = dot(&place, &place).sqrt();
    let usual = (kept.scales.len() as f64).sqrt();
    (length > AT_THE_MEAN * usual).then(|| {
        let scaled = place.iter().map(|value| (value / length) as f32);
        scaled.collect()
    })
}
