use std::num::NonZeroUsize;
use std::sync::Mutex;

use imgcluster_core::{CancelToken, Job, PairwiseNeighbors, Quiet, Radius};

use super::*;
use crate::similarities::drawn::{blocks, gray};

const HERE: ContentHash = ContentHash([1; 32]);
const THERE: ContentHash = ContentHash([2; 32]);

fn minhash() -> MinHash {
    MinHash::new(Canvas::default())
}

fn likeness(a: &MinHashSignature, b: &MinHashSignature) -> f32 {
    let (there, back) = (minhash().similarity(a, b), minhash().similarity(b, a));
    assert_eq!(there.to_bits(), back.to_bits(), "not symmetric");
    assert!((0.0..=1.0).contains(&there), "{there}");
    there
}

#[test]
fn a_picture_is_exactly_like_itself_whatever_its_size_and_content() {
    let minhash = minhash();
    let sizes = [(1, 1), (6, 6), (2000, 1), (1, 900), (80, 60), (400, 400)];
    for (width, height) in sizes {
        for contrast in [0, 1] {
            let picture = gray(width, height, |x, y| contrast * blocks(x * 5, y * 5, 1));
            let signature = minhash.signature(&picture, &HERE);
            assert_eq!(likeness(&signature, &signature).to_bits(), 1_f32.to_bits());
            let bytes = minhash.write_signature(&signature);
            assert_eq!(minhash.read_signature(&bytes), Some(signature));
        }
    }
}

#[test]
fn pictures_without_corners_are_like_their_own_pixels_and_nothing_else() {
    let minhash = minhash();
    let silent = [
        gray(1, 1, |_, _| 0),
        gray(50, 40, |_, _| 255),
        gray(200, 150, |x, y| (x / 2 + y) as u8),
        gray(2000, 1, |x, y| blocks(x, y, 3)),
        gray(300, 300, |x, _| if x < 99 { 0 } else { 255 }),
    ];
    let other = minhash.signature(&gray(200, 200, |x, y| blocks(x, y, 5)), &THERE);
    assert!(matches!(other.0, Kept::Corners(_)));
    for (at, picture) in silent.iter().enumerate() {
        let here = minhash.signature(picture, &HERE);
        assert!(matches!(here.0, Kept::Only(_)), "{at}");
        assert!(likeness(&here, &minhash.signature(picture, &THERE)) >= 1.0);
        assert!(likeness(&here, &other) <= 0.0);
        for another in &silent[..at] {
            assert!(likeness(&here, &minhash.signature(another, &HERE)) <= 0.0);
        }
    }
}

#[test]
fn bytes_of_another_length_are_not_a_signature() {
    for length in (0..300).filter(|length| ![32, 256].contains(length)) {
        assert_eq!(minhash().read_signature(&vec![1; length]), None, "{length}");
    }
}

#[test]
fn copies_are_found_on_the_smallest_and_the_largest_canvas() {
    for side in [32, 1024] {
        for fit in [crate::CanvasFit::Letterbox, crate::CanvasFit::Squash] {
            let compared = MinHash::new(Canvas::new(side, fit).unwrap());
            let read = |seed, light| {
                let value = |x, y| (f32::from(blocks(x, y, seed)) * light) as u8;
                compared.signature(&gray(180, 150, value), &HERE)
            };
            let (here, darker, other) = (read(1, 1.0), read(1, 0.8), read(2, 1.0));
            let (copy, chance) = (
                compared.similarity(&here, &darker),
                compared.similarity(&here, &other),
            );
            assert!(
                copy > 0.8 && chance < 0.4,
                "{side} {fit:?}: {copy}, {chance}"
            );
        }
    }
}

#[test]
fn every_canvas_has_its_own_cache_key() {
    let small = Canvas::new(128, crate::CanvasFit::Letterbox).unwrap();
    assert_ne!(MinHash::new(small).space(), minhash().space());
    assert_eq!(minhash().space().model, "minhash");
}

/// A digit of seven bars, 80 × 140 pixels, dark on a pale ground of 256 × 256, moved off the middle.
fn digit(digit: usize, (right, down): (i32, i32)) -> Pixels {
    // Bars as left, above, width, height; those of a digit from the top, clockwise, middle last.
    const BARS: [(i32, i32, i32, i32); 7] = [
        (0, 0, 80, 18),
        (62, 0, 18, 79),
        (62, 61, 18, 79),
        (0, 122, 80, 18),
        (0, 61, 18, 79),
        (0, 0, 18, 79),
        (0, 61, 80, 18),
    ];
    const LIT: [u8; 10] = [
        0b011_1111, 0b000_0110, 0b101_1011, 0b100_1111, 0b110_0110, 0b110_1101, 0b111_1101,
        0b000_0111, 0b111_1111, 0b110_1111,
    ];
    gray(256, 256, |x, y| {
        let (x, y) = (x.cast_signed() - 88 - right, y.cast_signed() - 58 - down);
        let inside = |(left, above, width, height): (i32, i32, i32, i32)| {
            (left..left + width).contains(&x) && (above..above + height).contains(&y)
        };
        let mut lit = (0..7).filter(|bar| LIT[digit] >> bar & 1 == 1);
        if lit.any(|bar| inside(BARS[bar])) {
            40
        } else {
            230
        }
    })
}

/// The replaced tool kept the last pixels of a picture instead of its corners, so that all digits
/// were alike.
#[test]
fn regression_04_two_digits_are_less_alike_than_two_copies_of_one() {
    let minhash = minhash();
    let drawn = |number, away| minhash.signature(&digit(number, away), &HERE);
    let jitters = [(3, -2), (-5, 4), (2, 5), (-4, -5), (5, 1)];
    let plain: Vec<_> = (0..10).map(|number| drawn(number, (0, 0))).collect();
    for (number, here) in plain.iter().enumerate() {
        let copies = jitters.map(|away| likeness(here, &drawn(number, away)));
        let mean = copies.iter().sum::<f32>() / 5.0;
        assert!(mean > 0.3, "{number} and its copies: {copies:?}");
    }
    // These share few corners, as they share few ends and joints of bars.
    for (a, b) in [(1, 4), (1, 2), (7, 6), (2, 4), (1, 5), (4, 0)] {
        let copies = jitters.map(|away| likeness(&plain[a], &drawn(a, away)));
        let others = jitters.map(|away| likeness(&plain[a], &drawn(b, away)));
        let mean = |all: [f32; 5]| all.iter().sum::<f32>() / 5.0;
        let (same, other) = (mean(copies), mean(others));
        assert!(other + 0.1 < same, "{a} and {b}: {other}, copies {same}");
    }
}

#[test]
fn signatures_are_the_same_on_every_machine() {
    let minhash = minhash();
    let signature = minhash.signature(&gray(300, 200, |x, y| blocks(x, y, 2)), &HERE);
    let kept = blake3::hash(&minhash.write_signature(&signature));
    // Of our own making, to notice a change; what is right is tested by the others.
    assert_eq!(
        kept.to_hex().as_str(),
        "ce7b9b376a86d1e67077366a9366efebf73d2b66fa40c8705e095929a1919fca"
    );
}

/// Signatures in families that differ from their first in more and more slots, some without slots.
fn families() -> Vec<MinHashSignature> {
    let mut all = Vec::new();
    for family in 0..12_u16 {
        for changed in [0, 1, 2, 9, 16, 31, 32, 33, 60, 63, 64, 100, 127, 128] {
            let slot = |place: usize| {
                // Spread over the slots, with 37 prime to 128.
                let differs = place * 37 % SLOTS < changed;
                let own = if differs { 1 + changed as u16 } else { 0 };
                // Neighbouring families have some slots in common.
                family / 2 * 1000 + own * 7 + u16::from(place < 64) * family
            };
            let slots = Box::new(std::array::from_fn(slot));
            all.push(MinHashSignature(Kept::Corners(slots)));
        }
        let content = ContentHash([family as u8 / 3; 32]);
        all.push(MinHashSignature(Kept::Only(content)));
    }
    all
}

type Edges = Vec<(u32, u32, u32)>;

fn edges(search: impl Fn(&(dyn Fn(u32, u32, f32) + Sync))) -> Edges {
    let found = Mutex::new(Vec::new());
    search(&|a, b, distance| found.lock().unwrap().push((a, b, distance.to_bits())));
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    found
}

#[test]
fn the_search_finds_what_comparing_every_pair_finds() {
    let (minhash, signatures) = (minhash(), families());
    let fast = minhash.neighbors(&signatures);
    let slow = PairwiseNeighbors::new(&minhash, &signatures);
    let count = signatures.len() as u32;
    assert_eq!(fast.len(), slow.len());
    for a in 0..count {
        for b in 0..count {
            assert_eq!(fast.distance(a, b).to_bits(), slow.distance(a, b).to_bits());
        }
    }
    let threads = NonZeroUsize::new(3).unwrap();
    let job = Job::new(&Quiet, CancelToken::default(), threads);
    // At every edge of the radius, and just below it.
    for differing in 0..=128_u16 {
        let edge = f64::from(differing) / 128.0;
        for radius in [edge, edge - 1e-6].map(Radius::new) {
            let Ok(radius) = radius else {
                continue;
            };
            let (fast, slow) = (
                edges(|edge| fast.within(radius, &job, edge).unwrap()),
                edges(|edge| slow.within(radius, &job, edge).unwrap()),
            );
            assert!(differing == 0 || !slow.is_empty());
            assert_eq!(fast, slow, "{differing} slots");
        }
    }
    let k = NonZeroUsize::new(7).unwrap();
    assert_eq!(fast.knn(k, &job), slow.knn(k, &job));
}

#[test]
fn bands_find_what_comparing_all_finds_at_any_number_of_equal_slots() {
    let signatures = families();
    let (neighbors, job) = (MinHashNeighbors::new(&signatures), Job::quiet());
    for least in 1..=128 {
        let banded = edges(|edge| neighbors.compare_bands(least, &job, edge).unwrap());
        let all = edges(|edge| neighbors.compare_all(least, &job, edge).unwrap());
        assert_eq!(banded, all, "{least}");
    }
}

#[test]
fn no_signatures_and_one_have_no_pairs() {
    let minhash = minhash();
    for signatures in [&families()[..0], &families()[..1], &families()[14..15]] {
        let neighbors = minhash.neighbors(signatures);
        for radius in [0.0, 0.2, 0.7, 1.0].map(|radius| Radius::new(radius).unwrap()) {
            let found = edges(|edge| neighbors.within(radius, &Job::quiet(), edge).unwrap());
            assert_eq!(found, []);
        }
    }
}

#[test]
fn a_cancelled_search_stops() {
    let (minhash, signatures, cancel) = (minhash(), families(), CancelToken::default());
    cancel.cancel();
    let job = Job::new(&Quiet, cancel, NonZeroUsize::MIN);
    let neighbors = minhash.neighbors(&signatures);
    for radius in [0.1, 0.7, 1.0].map(|radius| Radius::new(radius).unwrap()) {
        assert!(neighbors.within(radius, &job, &|_, _, _| ()).is_err());
    }
}
