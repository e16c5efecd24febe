//! The widest range of thresholds in which nothing happens.

use super::super::curve::CurveRow;
use super::super::edge::Edge;

/// A range in which no two clusters are joined.
pub(super) struct Gap {
    /// The row of the curve nearest its middle.
    pub(super) place: usize,
    /// The similarity of the next pair that joins clusters.
    pub(super) low: f64,
    /// The similarity of the last pair that did.
    pub(super) high: f64,
}

/// Finds the widest gap between similarities at which clusters are joined, of those that hold a row
/// of the curve, begin with a cluster, and are before one has more than half of the items; `None`
/// where several are equally wide, as among hashes.
pub(super) fn widest(
    count: usize,
    curve: &[CurveRow],
    radii: &[f32],
    forest: &[Edge],
) -> Option<Gap> {
    let similarity = |edge: &Edge| 1.0 - f64::from(edge.distance);
    let gap = |(place, (row, radius)): (usize, (&CurveRow, &f32))| {
        let joined = forest.partition_point(|edge| edge.distance <= *radius);
        let is_meant = row.largest * 2 <= count && joined > 0;
        let (last, next) = (forest.get(joined.checked_sub(1)?)?, forest.get(joined)?);
        is_meant.then(|| Gap {
            place,
            low: similarity(next),
            high: similarity(last),
        })
    };
    let width = |gap: &Gap| gap.high - gap.low;
    let rows = curve.iter().zip(radii).enumerate();
    let gaps: Vec<Gap> = rows.filter_map(gap).collect();
    let widest = gaps.iter().map(width).max_by(f64::total_cmp)?;
    let of_widest = gaps.into_iter().filter(|gap| width(gap) >= widest);
    let of_widest: Vec<Gap> = of_widest.collect();
    let is_one = of_widest.windows(2).all(|two| two[0].low <= two[1].low);
    let off = |gap: &Gap| (curve[gap.place].threshold - 0.5 * (gap.low + gap.high)).abs();
    let nearest = of_widest
        .into_iter()
        .min_by(|one, other| off(one).total_cmp(&off(other)));
    nearest.filter(|_| is_one)
}
