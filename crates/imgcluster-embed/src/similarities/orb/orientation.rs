//! Which way a key point faces: from its middle to the centroid of brightness around it
//! (Rosin 1999), to the nearest of 30 directions.

use super::pyramid::{Level, MARGIN};

/// How many directions there are, 12 degrees apart.
pub(super) const SECTORS: usize = 30;

/// Length of the vectors of [`DIRECTIONS`], to the nearest whole number of their parts.
pub(super) const UNIT: i32 = 1 << 14;

/// Pixels from the middle of a patch to its edge.
pub(super) const RADIUS: usize = 15;
const _: () = assert!(RADIUS < MARGIN, "patches may reach over the edges");

/// The directions, clockwise as rows count downwards; from the right. Cosine and sine in 16384ths.
pub(super) const DIRECTIONS: [(i32, i32); SECTORS] = [
    (16384, 0),
    (16026, 3406),
    (14968, 6664),
    (13255, 9630),
    (10963, 12176),
    (8192, 14189),
    (5063, 15582),
    (1713, 16294),
    (-1713, 16294),
    (-5063, 15582),
    (-8192, 14189),
    (-10963, 12176),
    (-13255, 9630),
    (-14968, 6664),
    (-16026, 3406),
    (-16384, 0),
    (-16026, -3406),
    (-14968, -6664),
    (-13255, -9630),
    (-10963, -12176),
    (-8192, -14189),
    (-5063, -15582),
    (-1713, -16294),
    (1713, -16294),
    (5063, -15582),
    (8192, -14189),
    (10963, -12176),
    (13255, -9630),
    (14968, -6664),
    (16026, -3406),
];

/// Finds the direction of the patch around `(x, y)`; 0 where brightness is balanced.
pub(super) fn sector(level: &Level, x: usize, y: usize) -> u8 {
    let radius = RADIUS.cast_signed();
    let middle = level.place(x, y).cast_signed();
    let (mut right, mut down) = (0_i64, 0_i64);
    for (half, dy) in half_widths().into_iter().zip(-radius..=radius) {
        let center = middle + dy * level.stride().cast_signed();
        let row = &level.values()[(center - half) as usize..=(center + half) as usize];
        let (mut sum, mut moment) = (0_i64, 0_i64);
        for (dx, value) in (-half..=half).zip(row) {
            sum += i64::from(*value);
            moment += dx as i64 * i64::from(*value);
        }
        right += moment;
        down += dy as i64 * sum;
    }
    nearest(right, down)
}

/// Half the width of a disc in each of its rows.
fn half_widths() -> [isize; 2 * RADIUS + 1] {
    std::array::from_fn(|row| {
        let dy = row.abs_diff(RADIUS);
        (RADIUS * RADIUS - dy * dy).isqrt().cast_signed()
    })
}

/// The direction nearest to that of a vector: the one along which it reaches farthest; of equals
/// the first.
fn nearest(right: i64, down: i64) -> u8 {
    let along = |(cos, sin): (i32, i32)| right * i64::from(cos) + down * i64::from(sin);
    // The first of the largest: `max_by_key` would take the last.
    let sectors = (0..SECTORS).rev();
    let best = sectors.max_by_key(|sector| along(DIRECTIONS[*sector]));
    best.unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_twelve_degrees_apart() {
        for (sector, (cos, sin)) in DIRECTIONS.iter().enumerate() {
            let angle = (sector as f64 * 12.0).to_radians();
            let wanted = (angle.cos() * f64::from(UNIT), angle.sin() * f64::from(UNIT));
            assert_eq!(
                (f64::from(*cos), f64::from(*sin)),
                (wanted.0.round(), wanted.1.round())
            );
        }
    }

    #[test]
    fn a_flat_patch_faces_right_and_a_slope_faces_its_light_side() {
        assert_eq!(sector(&Level::new(1, 1, &[9]), 0, 0), 0);
        for (wanted, (cos, sin)) in DIRECTIONS.iter().enumerate() {
            let value = |at: i32| 128 + ((at % 41 - 20) * cos + (at / 41 - 20) * sin) * 4 / UNIT;
            let slope: Vec<u8> = (0..41 * 41).map(|at| value(at) as u8).collect();
            assert_eq!(
                usize::from(sector(&Level::new(41, 41, &slope), 20, 20)),
                wanted
            );
        }
    }

    #[test]
    fn every_vector_finds_the_direction_at_the_least_angle() {
        for (right, down) in (-40..=40).flat_map(|x| (-40..=40).map(move |y| (x, y))) {
            let degrees = (down as f64).atan2(right as f64).to_degrees();
            let found = f64::from(nearest(right, down)) * 12.0;
            let apart = (degrees - found).rem_euclid(360.0);
            // Half of twelve, and what the directions are rounded by.
            assert!(
                (right, down) == (0, 0) || apart.min(360.0 - apart) < 6.01,
                "{right} {down}"
            );
        }
        assert_eq!(nearest(0, 0), 0);
    }
}
