//! What every likeness of pairs must keep, whatever it looks at; the faults of an older tool by number; the fourth is with `minhash`.
#![expect(clippy::float_cmp, reason = "the same bits are what is promised")]

use imgcluster_core::{ContentHash, EmbeddingSpace, Job, Pixels, Similarity};

use super::drawn::gray;
use super::{Canvas, MinHash, Orb, Ssim, Template};
use crate::{HashKind, PerceptualHash};

/// Does something with each likeness of pairs there is.
trait Check {
    fn check<S: Similarity>(&self, likeness: &S, name: &str);
}

fn each(check: &impl Check) {
    for kind in HashKind::ALL {
        check.check(&PerceptualHash::new(kind), kind.name());
    }
    let canvas = Canvas::default();
    check.check(&Ssim::new(canvas), "ssim");
    check.check(&MinHash::new(canvas), "minhash");
    check.check(&Orb::new(canvas), "orb");
    check.check(&Template::new(canvas), "template");
}

/// Rings, stripes and dots.
fn busy(width: u32, height: u32, kind: u32) -> Pixels {
    gray(width, height, |x, y| {
        let (x, y) = (x * 97 / width.max(97), y * 89 / height.max(89));
        let noise = (x / 5 * 73 + y / 7 * 151 + kind * 37).wrapping_mul(2_654_435_761) >> 24;
        let rings = (x * x + y * y * (kind + 1)) / 7 % 256;
        noise.midpoint(rings) as u8
    })
}

/// Pictures of all shapes, some of which show nothing.
fn mixed() -> Vec<Pixels> {
    let sizes = [
        (1, 1),
        (6, 6),
        (2000, 1),
        (1, 900),
        (7, 300),
        (64, 64),
        (300, 200),
        (200, 301),
    ];
    let mut pictures = Vec::new();
    for (width, height) in sizes {
        for value in [0, 128, 255] {
            pictures.push(gray(width, height, |_, _| value));
        }
        pictures.extend((0..2).map(|kind| busy(width, height, kind)));
        pictures.push(gray(width, height, |x, y| {
            ((x + y) * 255 / (width + height)) as u8
        }));
    }
    pictures
}

/// What stands for the file of a picture.
fn content(of: usize) -> ContentHash {
    ContentHash([of as u8; 32])
}

struct Identical;

impl Check for Identical {
    fn check<S: Similarity>(&self, likeness: &S, name: &str) {
        // Hashes know pictures that show nothing by their files, all others by their pixels.
        let by_file = HashKind::ALL.iter().any(|kind| kind.name() == name);
        for (at, picture) in mixed().iter().enumerate() {
            let files = [at, if by_file { at } else { at + 100 }];
            let [a, b] = files.map(|file| likeness.signature(picture, &content(file)));
            assert_eq!(likeness.similarity(&a, &b), 1.0, "{name}, picture {at}");
            assert_eq!(likeness.similarity(&a, &a), 1.0, "{name}, picture {at}");
        }
    }
}

#[test]
fn regression_02_identical_pictures_are_wholly_alike_by_every_likeness_black_ones_too() {
    each(&Identical);
}

struct Bounded;

impl Check for Bounded {
    fn check<S: Similarity>(&self, likeness: &S, name: &str) {
        let signatures: Vec<S::Signature> = mixed()
            .iter()
            .enumerate()
            .map(|(at, picture)| likeness.signature(picture, &content(at)))
            .collect();
        for (at, a) in signatures.iter().enumerate() {
            for (other, b) in signatures.iter().enumerate().skip(at) {
                let [there, back] = [likeness.similarity(a, b), likeness.similarity(b, a)];
                assert!(
                    (0.0..=1.0).contains(&there),
                    "{name}, {at} and {other}: {there}"
                );
                assert_eq!(there.to_bits(), back.to_bits(), "{name}, {at} and {other}");
            }
        }
    }
}

#[test]
fn regression_03_every_likeness_lies_from_0_to_1_both_ways_for_pictures_of_any_size() {
    each(&Bounded);
}

struct Remembered;

impl Check for Remembered {
    fn check<S: Similarity>(&self, likeness: &S, name: &str) {
        for (at, picture) in mixed().iter().enumerate() {
            let signature = likeness.signature(picture, &content(at));
            let bytes = likeness.write_signature(&signature);
            let back = likeness.read_signature(&bytes).unwrap();
            assert_eq!(
                likeness.write_signature(&back),
                bytes,
                "{name}, picture {at}"
            );
            assert_eq!(
                likeness.similarity(&signature, &back),
                1.0,
                "{name}, picture {at}"
            );
            for damaged in [&bytes[..bytes.len() - 1], &bytes[..bytes.len() / 2], &[]] {
                assert!(
                    likeness.read_signature(damaged).is_none(),
                    "{name}, picture {at}"
                );
            }
        }
    }
}

#[test]
fn signatures_come_back_from_their_bytes_and_not_from_a_part_of_them() {
    each(&Remembered);
}

struct Searched;

impl Check for Searched {
    fn check<S: Similarity>(&self, likeness: &S, name: &str) {
        let signatures: Vec<S::Signature> = mixed()
            .iter()
            .enumerate()
            .map(|(at, picture)| likeness.signature(picture, &content(at)))
            .collect();
        let neighbors = likeness.neighbors(&signatures);
        let mut distances = vec![0.0; signatures.len()];
        for a in 0..signatures.len() as u32 {
            neighbors.distances(a, 0, &mut distances);
            for (b, distance) in (0..).zip(&distances) {
                let [of_a, of_b] = [a, b].map(|at: u32| &signatures[at as usize]);
                let wanted = if a == b {
                    0.0
                } else {
                    1.0 - likeness.similarity(of_a, of_b)
                };
                assert_eq!(distance.to_bits(), wanted.to_bits(), "{name}: {a} and {b}");
                assert_eq!(
                    neighbors.distance(a, b).to_bits(),
                    wanted.to_bits(),
                    "{name}: {a} and {b}"
                );
            }
        }
        assert!(
            neighbors
                .knn(std::num::NonZeroUsize::MIN, &Job::quiet())
                .is_ok()
        );
    }
}

#[test]
fn the_search_of_every_likeness_measures_what_the_likeness_does() {
    each(&Searched);
}

#[test]
fn every_likeness_and_every_canvas_has_its_own_cache_key() {
    let mut spaces: Vec<EmbeddingSpace> = Vec::new();
    let squashed = Canvas::new(256, super::CanvasFit::Squash).unwrap();
    for canvas in [
        Canvas::default(),
        squashed,
        Canvas::new(128, super::CanvasFit::Letterbox).unwrap(),
    ] {
        spaces.push(Ssim::new(canvas).space().clone());
        spaces.push(MinHash::new(canvas).space().clone());
        spaces.push(Orb::new(canvas).space().clone());
        spaces.push(Template::new(canvas).space().clone());
    }
    for (at, space) in spaces.iter().enumerate() {
        assert!(!spaces[..at].contains(space), "{space:?}");
    }
}
