//! Whether matches lie all over two pictures, or in a caption, a stamp or a frame that both share.

use super::mapping::{Point, middle};

/// How far matches must reach along every direction: their standard deviation over that of all key
/// points. Between copies it is from 0.21 on (crops to half the area), between pictures that share
/// only a caption up to 0.07.
const REACH: f64 = 0.15;

/// Side of the squares that are counted, in pixels of the canvas.
const SQUARE: f64 = 16.0;

/// Least number of squares with matches.
const LEAST_SQUARES: usize = 6;

/// Tells whether some points of a picture reach over it as its key points do.
pub(super) fn is_spread(
    points: impl Iterator<Item = Point> + Clone,
    all: impl Iterator<Item = Point> + Clone,
) -> bool {
    let (found, whole) = (covariance(points.clone()), covariance(all));
    // What is left must not be negative along any direction.
    let left = |found: f64, whole: f64| found - REACH * REACH * whole;
    let (xx, yy) = (left(found.xx, whole.xx), left(found.yy, whole.yy));
    let xy = left(found.xy, whole.xy);
    xx >= 0.0 && yy >= 0.0 && xx * yy >= xy * xy && squares(points) >= LEAST_SQUARES
}

/// Counts the squares in which points lie.
fn squares(points: impl Iterator<Item = Point>) -> usize {
    let square = |point: Point| ((point.x / SQUARE) as u32, (point.y / SQUARE) as u32);
    let mut squares: Vec<(u32, u32)> = points.map(square).collect();
    squares.sort_unstable();
    squares.dedup();
    squares.len()
}

/// How points lie around their middle.
struct Covariance {
    /// Mean square across.
    xx: f64,
    /// Mean product.
    xy: f64,
    /// Mean square down.
    yy: f64,
}

fn covariance(points: impl Iterator<Item = Point> + Clone) -> Covariance {
    let middle = middle(points.clone());
    let (mut xx, mut xy, mut yy, mut count) = (0.0, 0.0, 0.0, 0.0);
    for point in points {
        let (x, y) = (point.x - middle.x, point.y - middle.y);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        count += 1.0;
    }
    Covariance {
        xx: xx / count,
        xy: xy / count,
        yy: yy / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(columns: u32, rows: u32, step: f64) -> Vec<Point> {
        let point = |at: u32| Point {
            x: f64::from(at % columns) * step,
            y: f64::from(at / columns) * step,
        };
        (0..columns * rows).map(point).collect()
    }

    fn reaches(points: &[Point], all: &[Point]) -> bool {
        is_spread(points.iter().copied(), all.iter().copied())
    }

    #[test]
    fn no_points_and_one_point_are_not_spread() {
        let all = grid(8, 8, 32.0);
        assert!(!reaches(&[], &all));
        assert!(!reaches(&all[..1], &all));
    }

    #[test]
    fn a_caption_is_not_spread_but_a_quarter_of_the_picture_is() {
        let all = grid(32, 32, 8.0);
        assert!(reaches(&all, &all));
        assert!(!reaches(&all[..32 * 3], &all), "three lines of 32");
        assert!(reaches(&grid(16, 16, 8.0), &all));
        let slanted: Vec<Point> = (0..32).map(|at| all[at * 33]).collect();
        assert!(!reaches(&slanted, &all));
    }

    #[test]
    fn points_in_few_squares_are_not_spread() {
        let all = grid(8, 8, 5.0);
        assert!(
            !reaches(&grid(4, 4, 6.0), &all),
            "{}",
            squares(grid(4, 4, 6.0).into_iter())
        );
        assert!(reaches(&grid(3, 2, 17.0), &all));
    }
}
