//! Where a picture has corners (Harris and Stephens 1988), in whole numbers.

use std::cmp::Reverse;

use super::super::small::Small;

/// Gradients are summed over this many pixels to each side.
const BLOCK: usize = 3;

/// No other corner within this many pixels to each side is stronger.
const APART: usize = 3;

/// At most this many corners count.
const MOST: usize = 100;

/// One over the weight of the squared trace: k = 0.04.
const SHARE: i64 = 25;

/// The weakest corner: as of gradients of one gray level a pixel both ways in all 49 pixels of a
/// block; the Sobel operator makes 8 of such a gradient.
const WEAKEST: i64 = response(49 * 64, 49 * 64, 0);

/// A corner of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corner {
    /// Columns to its left.
    pub(super) x: usize,
    /// Rows above it.
    pub(super) y: usize,
    /// Which way most edges around it run.
    pub(super) run: Run,
}

/// A direction, one of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Level,
    Upright,
    Falling,
    Rising,
}

/// Harris's response, times [`SHARE`]: determinant less k times the squared trace.
const fn response(xx: i64, yy: i64, xy: i64) -> i64 {
    SHARE * (xx * yy - xy * xy) - (xx + yy) * (xx + yy)
}

/// Finds the strongest corners, the strongest first; of equal ones, the one higher up or, in a row,
/// farther left.
pub(super) fn corners(picture: &Small) -> Vec<Corner> {
    let (width, height) = picture.size();
    let [xx, yy, xy] = gradients(picture).map(|products| block_sums(width, height, &products));
    let sums = |at: usize| [&xx, &yy, &xy].map(|sums| i64::from(sums[at]));
    let strengths = (0..width * height).map(|at| {
        let [xx, yy, xy] = sums(at);
        response(xx, yy, xy)
    });
    let strengths: Vec<i64> = strengths.collect();
    let is_peak = |at: &usize| {
        let (x, y) = (at % width, at / width);
        let columns = x.saturating_sub(APART)..=(x + APART).min(width - 1);
        let rows = y.saturating_sub(APART)..=(y + APART).min(height - 1);
        let mut others = rows.flat_map(|y| columns.clone().map(move |x| y * width + x));
        let rank = |at: usize| (strengths[at], Reverse(at));
        others.all(|other| rank(other) <= rank(*at))
    };
    let strong = (0..strengths.len()).filter(|at| strengths[*at] >= WEAKEST);
    let mut found: Vec<usize> = strong.filter(is_peak).collect();
    found.sort_unstable_by_key(|at| (Reverse(strengths[*at]), *at));
    found.truncate(MOST);
    let corner = |at: usize| {
        let [xx, yy, xy] = sums(at);
        let (x, y) = (at % width, at / width);
        let run = run(xx - yy, 2 * xy);
        Corner { x, y, run }
    };
    found.into_iter().map(corner).collect()
}

/// Names the direction of edges whose gradients have this cosine and sine of twice their angle, up
/// to a common factor.
fn run(cosine: i64, sine: i64) -> Run {
    match (cosine.abs() > sine.abs(), cosine > 0, sine > 0) {
        (true, false, _) => Run::Level,
        (true, true, _) => Run::Upright,
        (false, _, false) => Run::Falling,
        (false, _, true) => Run::Rising,
    }
}

/// Squares and products of the Sobel gradients: across twice, down twice, across and down. The
/// outermost pixels have none.
fn gradients(picture: &Small) -> [Vec<i32>; 3] {
    let (width, height) = picture.size();
    let values = picture.values();
    let mut products = [const { Vec::new() }; 3].map(|_: Vec<i32>| vec![0; width * height]);
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = |right: usize, down: usize| {
                i32::from(values[(y + down - 1) * width + x + right - 1])
            };
            let column = |right| at(right, 0) + 2 * at(right, 1) + at(right, 2);
            let row = |down| at(0, down) + 2 * at(1, down) + at(2, down);
            let (across, down) = (column(2) - column(0), row(2) - row(0));
            let here = y * width + x;
            products[0][here] = across * across;
            products[1][here] = down * down;
            products[2][here] = across * down;
        }
    }
    products
}

/// Sums over the block around each pixel; 0 where it would reach beyond the picture. Below 2²⁶, as
/// 49 products below 2²⁰ are.
fn block_sums(width: usize, height: usize, values: &[i32]) -> Vec<i32> {
    let mut sums = vec![0; width * height];
    if width <= 2 * BLOCK || height <= 2 * BLOCK {
        return sums;
    }
    let mut across = vec![0; width * height];
    let lines = across.chunks_exact_mut(width);
    for (line, values) in lines.zip(values.chunks_exact(width)) {
        let sums = values
            .windows(2 * BLOCK + 1)
            .map(|block| block.iter().sum());
        for (sum, block) in line[BLOCK..].iter_mut().zip(sums) {
            *sum = block;
        }
    }
    for y in BLOCK..height - BLOCK {
        let line = &mut sums[y * width..][..width];
        for above in across[(y - BLOCK) * width..]
            .chunks_exact(width)
            .take(2 * BLOCK + 1)
        {
            for (sum, more) in line.iter_mut().zip(above) {
                *sum += more;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(value: impl Fn(usize, usize) -> u8) -> Small {
        let values = (0..40 * 30).map(|place| value(place % 40, place / 40));
        Small::new(40, 30, values.collect()).unwrap()
    }

    #[test]
    fn a_square_has_four_corners() {
        let inside = |x, y| (12..26).contains(&x) && (8..22).contains(&y);
        let found = corners(&drawn(|x, y| if inside(x, y) { 200 } else { 20 }));
        let mut places: Vec<_> = found.iter().map(|corner| (corner.x, corner.y)).collect();
        places.sort_unstable();
        assert_eq!(places.len(), 4, "{places:?}");
        let wanted = [(12, 8), (12, 21), (25, 8), (25, 21)];
        for (found, wanted) in places.iter().zip(wanted) {
            let away = (found.0.abs_diff(wanted.0), found.1.abs_diff(wanted.1));
            assert!(away.0 <= 2 && away.1 <= 2, "{found:?} for {wanted:?}");
        }
    }

    #[test]
    fn edges_ramps_and_flat_pictures_have_none() {
        let pictures: [&dyn Fn(usize, usize) -> u8; 4] = [
            &|_, _| 77,
            &|x, y| (x * 3 + y * 2) as u8,
            &|x, _| if x < 20 { 0 } else { 255 },
            &|x, y| 127 + ((x * 7 + y * 13) % 2) as u8,
        ];
        for picture in pictures {
            assert_eq!(corners(&drawn(picture)), []);
        }
    }

    #[test]
    fn pictures_too_small_for_a_block_have_none() {
        for (width, height) in [(1, 1), (6, 6), (128, 1), (1, 128), (6, 128)] {
            let values = (0..width * height).map(|place| (place * place) as u8);
            let picture = Small::new(width, height, values.collect()).unwrap();
            assert_eq!(corners(&picture), []);
        }
    }

    #[test]
    fn corners_are_the_strongest_and_apart() {
        let scattered = |x: usize, y: usize| ((x / 5 * 7919) ^ (y / 5 * 104_729)) as u8;
        let found = corners(&drawn(scattered));
        assert!(found.len() > 4, "{}", found.len());
        for (place, a) in found.iter().enumerate() {
            for b in &found[..place] {
                let away = a.x.abs_diff(b.x).max(a.y.abs_diff(b.y));
                assert!(away > APART, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn directions_are_those_of_the_edges() {
        // Gradients across mean upright edges; those to the lower right, rising ones.
        assert_eq!(run(5, 1), Run::Upright);
        assert_eq!(run(-5, 1), Run::Level);
        assert_eq!(run(1, 5), Run::Rising);
        assert_eq!(run(1, -5), Run::Falling);
    }
}
