//! Where a curve bends most: the point farthest from the line between its ends.
//!
//! Satopää, Albrecht, Irwin, Raghavan, *Finding a "Kneedle" in a haystack*, ICDCSW 2011, section
//! III: both axes are brought to [0, 1], and the knee is where the difference to the diagonal is
//! largest. Curves here are whole and exact, so nothing is smoothed.

use super::super::curve::CurveRow;
use super::super::logarithm::ln;

/// How far from the line a knee is at least, as a share of the whole.
const BENT: f64 = 0.01;

/// Finds the row with the knee of the logarithm of pairs over thresholds.
///
/// Looked at is what lies between the middle of all pairs and the strictest threshold with as many
/// pairs as items: beyond it few items decide how the curve goes on.
pub(super) fn of_pairs(count: usize, curve: &[CurveRow]) -> Option<usize> {
    let total = curve.last()?.pairs;
    let first = curve
        .iter()
        .position(|row| row.pairs >= count.max(1) as u64)?;
    let end = curve.iter().position(|row| 2 * row.pairs >= total)?;
    let rows = curve.get(first..=end)?;
    let (strict, loose) = (rows.first()?, rows.last()?);
    let width = strict.threshold - loose.threshold;
    let height = ln(loose.pairs as f64) - ln(strict.pairs as f64);
    let below = rows.iter().map(|row| {
        let along = (row.threshold - loose.threshold) / width;
        let up = (ln(row.pairs as f64) - ln(strict.pairs as f64)) / height;
        (1.0 - along) - up
    });
    bent_most(below).map(|place| first + place)
}

/// Finds the place of the knee of ascending distances.
pub(super) fn of_distances(distances: &[f32]) -> Option<usize> {
    let (low, high) = (
        f64::from(*distances.first()?),
        f64::from(*distances.last()?),
    );
    let last = (distances.len() - 1) as f64;
    let below = distances.iter().enumerate().map(|(place, distance)| {
        let up = (f64::from(*distance) - low) / (high - low);
        place as f64 / last - up
    });
    bent_most(below)
}

/// The place of the largest value, the first of equal ones; `None` of a line, or of a point, whose
/// values are not numbers.
fn bent_most(below: impl Iterator<Item = f64>) -> Option<usize> {
    let mut most = (BENT, None);
    for (place, value) in below.enumerate() {
        if value > most.0 {
            most = (value, Some(place));
        }
    }
    most.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_knee_of_distances_is_where_they_begin_to_grow() {
        let distances = [0.1, 0.11, 0.12, 0.13, 0.14, 0.5, 0.9];
        assert_eq!(of_distances(&distances), Some(4));
    }

    #[test]
    fn a_line_a_point_and_nothing_have_no_knee() {
        assert_eq!(of_distances(&[]), None);
        assert_eq!(of_distances(&[0.3]), None);
        assert_eq!(of_distances(&[0.3; 9]), None);
        assert_eq!(of_distances(&[0.0, 0.25, 0.5, 0.75, 1.0]), None);
        assert_eq!(of_pairs(0, &[]), None);
    }
}
