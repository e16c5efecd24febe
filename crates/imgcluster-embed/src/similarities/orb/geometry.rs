//! How many matches agree on how one picture lies in the other.

use super::mapping::{Link, Mapping, Point};
use super::matching::Match;
use super::orientation::SECTORS;
use super::pyramid::{LEVELS, scale};
use super::signature::{KeyPoint, PARTS};
use super::spread::is_spread;
use crate::random::Random;

/// Fewer matches than these are chance.
pub(super) const LEAST: usize = 8;

/// How far off a key point may lie, in pixels of its level.
const TOLERANCE: f64 = 2.5;

/// How far apart two key points must lie to say something about turn and growth.
const APART: f64 = 8.0;

/// Pairs of matches that are tried at most.
const TRIALS: usize = 2000;

/// Of ten matches, how many must agree for the search to stop.
const ENOUGH: usize = 8;

/// How often a mapping is fitted again to the matches that agree with it.
const FITTINGS: usize = 4;

/// Neighbouring sectors, and neighbouring differences of levels, outside of which no mapping suits
/// key points together: 60 degrees, and a factor of 6.25 of areas.
const SUITED: (usize, usize) = (6, 6);

/// Differences of levels that there are.
const RISES: usize = 2 * LEVELS - 1;

/// Counts the matches that agree on one plausible mapping; 0 if they are fewer than [`LEAST`] or lie
/// on a small part of either picture.
///
/// A mapping is first guessed from two matches, all pairs of them or [`TRIALS`] drawn by a fixed
/// seed, then fitted to all that agree with it (RANSAC: Fischler and Bolles 1981). What the levels
/// and directions of the key points say must agree as well, which chance seldom does.
pub(super) fn agreeing(first: &[KeyPoint], second: &[KeyPoint], matches: &[Match]) -> usize {
    if !may_agree(first, second, matches) {
        return 0;
    }
    let links = links(first, second, matches);
    let agreed = refined(&links, guessed(&links));
    let chosen = || agreed.iter().map(|at| &links[usize::from(*at)]);
    let is_enough = agreed.len() >= LEAST
        && is_spread(
            chosen().map(|link| link.from),
            first.iter().copied().map(place),
        )
        && is_spread(
            chosen().map(|link| link.to),
            second.iter().copied().map(place),
        );
    if is_enough { agreed.len() } else { 0 }
}

fn place(point: KeyPoint) -> Point {
    Point {
        x: f64::from(point.x) / f64::from(PARTS),
        y: f64::from(point.y) / f64::from(PARTS),
    }
}

fn links(first: &[KeyPoint], second: &[KeyPoint], matches: &[Match]) -> Vec<Link> {
    let scales: [f64; LEVELS] = std::array::from_fn(scale);
    let link = |pair: &Match| {
        let (first, second) = ends(first, second, *pair);
        let to = scales[usize::from(second.level)];
        let (grown, off) = (to / scales[usize::from(first.level)], TOLERANCE * to);
        Link {
            from: place(first),
            to: place(second),
            turn: turn(first, second),
            growth: grown * grown,
            tolerance: off * off,
        }
    };
    matches.iter().map(link).collect()
}

/// Tells whether there are enough matches that a single mapping can suit. What is true of some
/// matches is true of more.
pub(super) fn may_agree(first: &[KeyPoint], second: &[KeyPoint], matches: &[Match]) -> bool {
    let mut counts = [[0_usize; RISES]; SECTORS];
    for pair in matches {
        let (first, second) = ends(first, second, *pair);
        counts[turn(first, second)][rise(first, second)] += 1;
    }
    let turned = counts.map(|counts| counts.iter().sum::<usize>());
    let near = |sector: usize| (sector..sector + SUITED.0).map(|sector| sector % SECTORS);
    let risen = |sector: usize, rise: usize| -> usize {
        let counts = near(sector).map(|sector| &counts[sector][rise..rise + SUITED.1]);
        counts.map(|counts| counts.iter().sum::<usize>()).sum()
    };
    (0..SECTORS)
        .filter(|sector| near(*sector).map(|sector| turned[sector]).sum::<usize>() >= LEAST)
        .any(|sector| (0..=RISES - SUITED.1).any(|rise| risen(sector, rise) >= LEAST))
}

fn ends(first: &[KeyPoint], second: &[KeyPoint], pair: Match) -> (KeyPoint, KeyPoint) {
    let (first, second) = (
        &first[usize::from(pair.first)],
        &second[usize::from(pair.second)],
    );
    (*first, *second)
}

/// Sectors by which a key point turned.
fn turn(first: KeyPoint, second: KeyPoint) -> usize {
    (usize::from(second.sector) + SECTORS - usize::from(first.sector)) % SECTORS
}

/// Levels by which a key point rose, and 7 more.
fn rise(first: KeyPoint, second: KeyPoint) -> usize {
    usize::from(second.level) + LEVELS - 1 - usize::from(first.level)
}

/// Finds the matches that agree with the best mapping that follows from two of them; of equals the
/// first.
fn guessed(links: &[Link]) -> Vec<u16> {
    let count = links.len();
    let mut best = Vec::new();
    let mut try_pair = |a: &Link, b: &Link| {
        let mapping = Mapping::of_two(a, b, APART)
            .filter(|mapping| mapping.suits(a) && mapping.suits(b) && mapping.is_plausible());
        if let Some(mapping) = mapping {
            let found = held(&mapping, links);
            if found.len() > best.len() {
                best = found;
            }
        }
        best.len() * 10 >= count * ENOUGH
    };
    if count * (count - 1) / 2 <= TRIALS {
        let mut pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
        pairs.any(|(a, b)| try_pair(&links[a], &links[b]));
    } else {
        let mut random = Random::new(1);
        (0..TRIALS).any(|_| {
            let (a, b) = (random.below(count), random.below(count));
            try_pair(&links[a], &links[b])
        });
    }
    best
}

/// Fits a mapping to the matches that agree, and finds those that agree with it, as long as they
/// become more; none if no plausible mapping fits.
fn refined(links: &[Link], mut agreed: Vec<u16>) -> Vec<u16> {
    for _ in 0..FITTINGS {
        if agreed.len() < LEAST / 2 {
            break;
        }
        let chosen = agreed.iter().map(|at| &links[usize::from(*at)]);
        let mapping = Mapping::fitted(chosen).filter(Mapping::is_plausible);
        let Some(mapping) = mapping else {
            return Vec::new();
        };
        let held = held(&mapping, links);
        if held.len() <= agreed.len() {
            break;
        }
        agreed = held;
    }
    agreed
}

/// Lists the matches that a mapping holds for.
fn held(mapping: &Mapping, links: &[Link]) -> Vec<u16> {
    let numbered = (0_u16..).zip(links);
    let held = numbered.filter(|(_, link)| mapping.holds(link));
    held.map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key points at random, and where `to` brings them, each matched.
    fn moved(
        count: usize,
        seed: u64,
        to: impl Fn(f64, f64) -> (f64, f64),
    ) -> (Vec<KeyPoint>, Vec<KeyPoint>, Vec<Match>) {
        let mut random = Random::new(seed);
        let parts = f64::from(PARTS);
        let point = |(x, y): (f64, f64)| KeyPoint {
            x: (x * parts) as u16,
            y: (y * parts) as u16,
            level: 0,
            sector: 0,
        };
        let mut place = || {
            (
                random.below(25_600) as f64 / 100.0,
                random.below(25_600) as f64 / 100.0,
            )
        };
        let places: Vec<(f64, f64)> = (0..count).map(|_| place()).collect();
        let matches = (0..count as u16).map(|at| Match {
            first: at,
            second: at,
        });
        let first = places.iter().copied().map(point).collect();
        let second = places.iter().map(|(x, y)| point(to(*x, *y))).collect();
        (first, second, matches.collect())
    }

    fn agreed(case: &(Vec<KeyPoint>, Vec<KeyPoint>, Vec<Match>)) -> usize {
        agreeing(&case.0, &case.1, &case.2)
    }

    #[test]
    fn no_matches_and_too_few_agree_on_nothing() {
        assert_eq!(agreeing(&[], &[], &[]), 0);
        assert_eq!(agreed(&moved(7, 1, |x, y| (x, y))), 0);
        assert_eq!(agreed(&moved(8, 1, |x, y| (x, y))), 8);
    }

    #[test]
    fn all_agree_that_a_picture_was_cropped_or_stretched_and_none_that_it_was_mirrored() {
        assert_eq!(
            agreed(&moved(300, 2, |x, y| (x * 0.8 + 20.0, y * 0.8 + 9.0))),
            300
        );
        assert_eq!(agreed(&moved(300, 3, |x, y| (x, y * 0.9))), 300);
        assert!(agreed(&moved(300, 4, |x, y| (256.0 - x, y))) < 30);
    }

    #[test]
    fn the_true_ones_are_found_among_many_false_ones() {
        let mut case = moved(400, 5, |x, y| (x * 0.8 + 20.0, y * 0.8 + 9.0));
        let (_, elsewhere, _) = moved(400, 6, |x, y| (y, x));
        case.1[..300].copy_from_slice(&elsewhere[..300]);
        let agreed = agreed(&case);
        assert!((100..115).contains(&agreed), "{agreed}");
    }

    #[test]
    fn chance_and_points_on_a_narrow_strip_count_for_nothing() {
        let mut case = moved(60, 7, |x, y| (x, y));
        (_, case.1, _) = moved(60, 8, |x, y| (x, y));
        assert_eq!(agreed(&case), 0);
        let mut case = moved(60, 9, |x, y| (x, y));
        let (strip, _, _) = moved(60, 10, |x, y| (x, y));
        for (at, point) in strip.iter().enumerate().take(40) {
            let point = KeyPoint {
                y: point.y / 16,
                ..*point
            };
            (case.0[at], case.1[at]) = (point, point);
        }
        case.2 = (0..40)
            .map(|at| Match {
                first: at,
                second: at,
            })
            .collect();
        assert_eq!(agreed(&case), 0);
    }
}
