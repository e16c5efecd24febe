//! Corners of one level: FAST-9 finds them, Harris's measure ranks them.

use std::cmp::Reverse;

use super::pyramid::Level;

/// How much brighter or darker than a corner the pixels around it must be.
const THRESHOLDS: [i16; 2] = [20, 10];

/// Corners lie this far from the edges of a level, at least.
const BORDER: usize = 12;

/// A level is divided into as many columns, and as many rows, of cells.
const CELLS: usize = 4;

/// Times its even share of the corners that a cell may have before others are served, so that a
/// caption does not take all.
const SHARES: usize = 2;

/// The circle of FAST: 16 pixels clockwise from the top, at a distance of about 3.
const CIRCLE: [(isize, isize); 16] = [
    (0, -3),
    (1, -3),
    (2, -2),
    (3, -1),
    (3, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 3),
    (-1, 3),
    (-2, 2),
    (-3, 1),
    (-3, 0),
    (-3, -1),
    (-2, -2),
    (-1, -3),
];

/// Neighbours on the circle that must all be brighter, or all darker.
const RUN: u32 = 9;

/// Half the side of the square over which Harris's measure sums.
const REACH: usize = 3;

/// A corner of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    /// Pixels from the left of the level.
    pub x: usize,
    /// Pixels from its top.
    pub y: usize,
    /// Harris's measure.
    strength: i64,
}

/// Finds the strongest corners of a level, at most `most`, the strongest first; of equals the
/// upper, then the left one first.
///
/// Where the contrast asked for leaves fewer, less is asked for (see [`THRESHOLDS`]). Corners in
/// excess of a cell's share (see [`CELLS`]) come after all others.
pub(super) fn corners(level: &Level, most: usize) -> Vec<Corner> {
    let mut found = Vec::new();
    for threshold in THRESHOLDS {
        found = strongest_nearby(level, &fast(level, threshold));
        if found.len() >= most {
            break;
        }
    }
    // Stable: of equals the order of rows and columns stays.
    found.sort_by_key(|corner| Reverse(corner.strength));
    let share = (SHARES * most).div_ceil(CELLS * CELLS);
    spread_out(found, level.size(), share, most)
}

/// Keeps the first `most` corners, those first of which fewer than `share` before lie in their cell.
fn spread_out(
    found: Vec<Corner>,
    (width, height): (usize, usize),
    share: usize,
    most: usize,
) -> Vec<Corner> {
    let mut taken = [[0_usize; CELLS]; CELLS];
    let (mut kept, mut excess) = (Vec::new(), Vec::new());
    for corner in found {
        let cell = &mut taken[corner.y * CELLS / height][corner.x * CELLS / width];
        *cell += 1;
        let side = if *cell <= share {
            &mut kept
        } else {
            &mut excess
        };
        side.push(corner);
    }
    kept.append(&mut excess);
    kept.truncate(most);
    kept
}

/// Lists the pixels that FAST-9 takes for corners, in rows from the top (Rosten and Drummond 2006).
fn fast(level: &Level, threshold: i16) -> Vec<(usize, usize)> {
    let (width, height) = level.size();
    let stride = level.stride().cast_signed();
    let circle = CIRCLE.map(|(x, y)| y * stride + x);
    let mut found = Vec::new();
    for y in BORDER..height.saturating_sub(BORDER) {
        for x in BORDER..width.saturating_sub(BORDER) {
            if is_corner(level.values(), level.place(x, y), &circle, threshold) {
                found.push((x, y));
            }
        }
    }
    found
}

fn is_corner(values: &[u8], place: usize, circle: &[isize; 16], threshold: i16) -> bool {
    let center = i16::from(values[place]);
    let beyond = |offset: isize| i16::from(values[place.wrapping_add_signed(offset)]) - center;
    // Any nine neighbours hold one of each two opposite pixels.
    let far = |at: usize| beyond(circle[at]).abs() > threshold;
    if !(far(0) || far(8)) || !(far(4) || far(12)) {
        return false;
    }
    let (mut brighter, mut darker) = (0_u32, 0_u32);
    for (at, offset) in circle.iter().enumerate() {
        let beyond = beyond(*offset);
        brighter |= u32::from(beyond > threshold) << at;
        darker |= u32::from(beyond < -threshold) << at;
    }
    has_run(brighter) || has_run(darker)
}

/// Tells whether enough of 16 bits in a circle that are next to each other are set.
fn has_run(bits: u32) -> bool {
    let circle = bits | bits << 16;
    (1..RUN).fold(circle, |run, by| run & circle >> by) & 0xffff != 0
}

/// Measures corners and keeps those that are stronger than all corners that touch them; of equals
/// the upper, then the left one.
fn strongest_nearby(level: &Level, found: &[(usize, usize)]) -> Vec<Corner> {
    let stride = level.stride();
    let mut strengths = vec![i64::MIN; level.values().len()];
    for (x, y) in found {
        let place = level.place(*x, *y);
        strengths[place] = harris(level.values(), place, stride);
    }
    let corner = |(x, y): &(usize, usize)| {
        let place = level.place(*x, *y);
        let strength = strengths[place];
        let before = [
            place - stride - 1,
            place - stride,
            place - stride + 1,
            place - 1,
        ];
        let after = [
            place + 1,
            place + stride - 1,
            place + stride,
            place + stride + 1,
        ];
        let strongest = before.iter().all(|near| strengths[*near] < strength)
            && after.iter().all(|near| strengths[*near] <= strength);
        (strongest && strength > 0).then_some(Corner {
            x: *x,
            y: *y,
            strength,
        })
    };
    found.iter().filter_map(corner).collect()
}

/// Harris's measure with k = 1/25 over 7 × 7 pixels, times 25 (Harris and Stephens 1988).
fn harris(values: &[u8], place: usize, stride: usize) -> i64 {
    let (mut xx, mut yy, mut xy) = (0_i64, 0_i64, 0_i64);
    for row in 0..=2 * REACH {
        let start = place + row * stride - REACH * (stride + 1);
        for at in start..=start + 2 * REACH {
            let value = |place: usize| i64::from(values[place]);
            let (above, below) = (at - stride, at + stride);
            let x = 2 * (value(at + 1) - value(at - 1))
                + (value(above + 1) - value(above - 1))
                + (value(below + 1) - value(below - 1));
            let y = 2 * (value(below) - value(above))
                + (value(below - 1) - value(above - 1))
                + (value(below + 1) - value(above + 1));
            (xx, yy, xy) = (xx + x * x, yy + y * y, xy + x * y);
        }
    }
    25 * (xx * yy - xy * xy) - (xx + yy) * (xx + yy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn noise(width: usize, height: usize, seed: u64) -> Level {
        let mut random = Random::new(seed);
        // Three values are enough for corners of all kinds, and for ties.
        let picture: Vec<u8> = (0..width * height)
            .map(|_| [100, 121, 142][random.below(3).saturating_sub(random.below(2))])
            .collect();
        Level::new(width, height, &picture)
    }

    /// Tries each run of nine in turn.
    fn slow(level: &Level, x: usize, y: usize, threshold: i16) -> bool {
        let value = |place: usize| i16::from(level.values()[place]);
        let center = value(level.place(x, y));
        let around: Vec<i16> = CIRCLE
            .iter()
            .map(|(dx, dy)| {
                let (x, y) = (x.wrapping_add_signed(*dx), y.wrapping_add_signed(*dy));
                value(level.place(x, y))
            })
            .collect();
        (0..16).any(|start| {
            let mut run = (start..start + 9).map(|at| around[at % 16]);
            run.clone().all(|value| value > center + threshold)
                || run.all(|value| value < center - threshold)
        })
    }

    #[test]
    fn tiny_and_flat_pictures_have_no_corners() {
        for (width, height) in [(1, 1), (6, 6), (24, 200), (2000, 1)] {
            assert_eq!(
                corners(&noise(width, height, 1), 10),
                [],
                "{width} x {height}"
            );
        }
        assert_eq!(corners(&Level::new(50, 50, &[0; 2500]), 10), []);
    }

    #[test]
    fn fast_finds_what_trying_every_run_finds() {
        let mut count = 0;
        for seed in 0..20 {
            let level = noise(60, 50, seed);
            let found = fast(&level, 20);
            let rows = BORDER..50 - BORDER;
            let all = rows.flat_map(|y| (BORDER..60 - BORDER).map(move |x| (x, y)));
            let wanted: Vec<_> = all.filter(|(x, y)| slow(&level, *x, *y, 20)).collect();
            assert_eq!(found, wanted, "{seed}");
            count += found.len();
        }
        assert!(count >= 20, "only {count} corners");
    }

    #[test]
    fn a_square_has_four_corners_and_an_edge_none() {
        let square = |x: usize, y: usize| (20..44).contains(&x) && (20..44).contains(&y);
        let draw = |lit: &dyn Fn(usize, usize) -> bool| {
            let value = |at: usize| u8::from(lit(at % 64, at / 64)) * 200;
            Level::new(64, 64, &(0..64 * 64).map(value).collect::<Vec<u8>>())
        };
        let mut found = corners(&draw(&square), 100);
        found.sort_by_key(|corner| (corner.y, corner.x));
        let near = |corner: &Corner, (x, y): (usize, usize)| {
            corner.x.abs_diff(x) <= 1 && corner.y.abs_diff(y) <= 1
        };
        let wanted = [(20, 20), (43, 20), (20, 43), (43, 43)];
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found
                .iter()
                .zip(wanted)
                .all(|(corner, at)| near(corner, at)),
            "{found:?}"
        );
        assert_eq!(corners(&draw(&|x, _| x >= 30), 100), []);
    }

    #[test]
    fn the_strongest_come_first_and_none_touch() {
        let level = noise(120, 100, 3);
        let found = strongest_nearby(&level, &fast(&level, 20));
        for (place, one) in found.iter().enumerate() {
            for other in &found[..place] {
                assert!(one.x.abs_diff(other.x) > 1 || one.y.abs_diff(other.y) > 1);
            }
        }
        let few = corners(&level, 5);
        assert_eq!(few.len(), 5);
        assert!(
            few.windows(2)
                .all(|pair| pair[0].strength >= pair[1].strength)
        );
        let strongest = found.iter().map(|corner| corner.strength).max();
        assert_eq!(strongest, Some(few[0].strength));
    }

    #[test]
    fn a_crowded_cell_leaves_room_for_others_but_fills_what_they_leave() {
        let corner = |x, strength| Corner { x, y: 0, strength };
        let crowd: Vec<Corner> = (0..10).map(|at| corner(at, 100)).collect();
        let all: Vec<Corner> = crowd.iter().copied().chain([corner(90, 1)]).collect();
        let kept = spread_out(all.clone(), (100, 100), 3, 5);
        let wanted = [crowd[0], crowd[1], crowd[2], corner(90, 1), crowd[3]];
        assert_eq!(kept, wanted);
        assert_eq!(spread_out(all, (100, 100), 3, 50).len(), 11);
    }

    #[test]
    fn runs_of_nine_are_found_around_the_end() {
        assert!(has_run(0b1_1111_1111));
        assert!(has_run(0b1111_0000_0001_1111));
        assert!(!has_run(0b1111_1111));
        assert!(!has_run(0b1111_0000_0000_1111));
        assert!(!has_run(0b0101_0101_0101_0101));
        assert!(has_run(0xffff));
    }
}
