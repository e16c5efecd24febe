use super::*;
use crate::FileDecoder;
use crate::reference::shared;
use imgcluster_core::{Decoder, Job, PairwiseNeighbors};
use std::num::NonZeroUsize;

const HERE: ContentHash = ContentHash([1; 32]);
const THERE: ContentHash = ContentHash([2; 32]);

fn all() -> impl Iterator<Item = PerceptualHash> {
    HashKind::ALL.into_iter().map(PerceptualHash::new)
}

fn gray(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Pixels {
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = places.flat_map(|(x, y)| [value(x, y); 3]).collect();
    Pixels::new(width, height, rgb).unwrap()
}

#[test]
fn a_picture_is_like_itself_and_unlike_its_negative() {
    let picture = gray(90, 70, |x, y| ((x * x / 40 + y * 3) % 256) as u8);
    let negative = gray(90, 70, |x, y| 255 - ((x * x / 40 + y * 3) % 256) as u8);
    for hash in all() {
        let (a, b) = (
            hash.signature(&picture, &HERE),
            hash.signature(&negative, &THERE),
        );
        assert_eq!(a.flat, None);
        assert!((hash.similarity(&a, &a) - 1.0).abs() < f32::EPSILON);
        assert!(hash.similarity(&a, &b) < 0.2, "{}", hash.kind().name());
        let (there, back) = (hash.similarity(&a, &b), hash.similarity(&b, &a));
        assert!((there - back).abs() < f32::EPSILON);
    }
}

#[test]
fn a_flat_picture_is_like_its_own_bytes_and_nothing_else() {
    let noise = |x: u32, y: u32| (127 + (x * 7 + y * 13) % 3) as u8;
    let flats = [
        gray(1, 1, |_, _| 0),
        gray(50, 40, |_, _| 255),
        gray(64, 64, noise),
    ];
    let picture = gray(64, 64, |x, y| (x * 2 + y) as u8);
    for hash in all() {
        let other = hash.signature(&picture, &THERE);
        for flat in &flats {
            let here = hash.signature(flat, &HERE);
            assert_eq!(here.flat, Some(HERE));
            let likeness = |b: &HashSignature| hash.similarity(&here, b);
            assert!((likeness(&here) - 1.0).abs() < f32::EPSILON);
            assert!(likeness(&hash.signature(flat, &THERE)).abs() < f32::EPSILON);
            assert!(likeness(&other).abs() < f32::EPSILON);
        }
    }
}

#[test]
fn pictures_of_any_size_have_a_hash() {
    for (width, height) in [(1, 1), (1, 9), (2, 2), (7, 7), (8, 8), (3000, 1), (9, 500)] {
        let picture = gray(width, height, |x, y| (x * 31 + y * 17) as u8);
        for hash in all() {
            let signature = hash.signature(&picture, &HERE);
            let bytes = hash.write_signature(&signature);
            assert_eq!(bytes.len(), if signature.flat.is_some() { 40 } else { 8 });
            assert_eq!(hash.read_signature(&bytes), Some(signature));
        }
    }
}

#[test]
fn bytes_of_another_length_are_not_a_signature() {
    let hash = PerceptualHash::new(HashKind::Ahash);
    for length in (0..60).filter(|length| ![8, 40].contains(length)) {
        assert_eq!(hash.read_signature(&vec![1; length]), None);
    }
}

#[test]
fn every_hash_has_its_own_cache_key() {
    let spaces: std::collections::HashSet<_> = all().map(|hash| hash.space().clone()).collect();
    assert_eq!(spaces.len(), HashKind::ALL.len());
}

#[test]
fn a_step_to_the_right_is_seen_by_dhash() {
    // Lighter to the right everywhere, so every bit is set: no contrast of bits, hence flat.
    let ramp = gray(90, 80, |x, _| (x * 2) as u8);
    let hash = PerceptualHash::new(HashKind::Dhash);
    let signature = hash.signature(&ramp, &HERE);
    assert_eq!((signature.bits, signature.flat), (u64::MAX, Some(HERE)));
    // A peak in the middle: the left half gets lighter, the right half darker.
    let peak = gray(90, 80, |x, _| (x.min(89 - x) * 5) as u8);
    let signature = hash.signature(&peak, &HERE);
    assert_eq!(signature.bits, 0xf0f0_f0f0_f0f0_f0f0);
}

#[test]
fn the_search_for_near_hashes_measures_what_the_likeness_does() {
    let pictures = (0..40_u32).map(|seed| {
        // Every fifth is flat, and pairs of those are copies.
        let contrast = u32::from(!seed.is_multiple_of(5));
        let picture = gray(40, 40, |x, y| {
            (contrast * ((x * (seed / 2) + y * 7) % 251)) as u8
        });
        let content = ContentHash([(seed / 10) as u8; 32]);
        (picture, content)
    });
    let pictures: Vec<_> = pictures.collect();
    for hash in all() {
        let signatures: Vec<_> = pictures
            .iter()
            .map(|(picture, content)| hash.signature(picture, content))
            .collect();
        assert!(signatures.iter().any(|signature| signature.flat.is_some()));
        let (fast, slow) = (
            hash.neighbors(&signatures),
            PairwiseNeighbors::new(&hash, &signatures),
        );
        assert_eq!(fast.len(), slow.len());
        for a in 0..40 {
            for b in 0..40 {
                assert_eq!(fast.distance(a, b).to_bits(), slow.distance(a, b).to_bits());
            }
        }
        let (k, job) = (NonZeroUsize::new(7).unwrap(), Job::quiet());
        assert_eq!(fast.knn(k, &job), slow.knn(k, &job));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn hashes_are_within_two_bits_of_image_hash() {
    let folders = (
        shared("IMGCLUSTER_GOLDEN", "golden"),
        shared("IMGCLUSTER_DATA", "data"),
    );
    let (Some(golden), Some(data)) = folders else {
        return eprintln!("skipped: no golden hashes or no pictures here");
    };
    let text = std::fs::read_to_string(golden.join("images/hashes.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (decoder, mut compared) = (FileDecoder::default(), 0);
    for (name, hashes) in golden["hashes"].as_object().unwrap() {
        let path = data.join("near-duplicates").join(name);
        let content = decoder.identify(&path).unwrap();
        let pixels = decoder.decode(&path, &content).unwrap().pixels;
        for hash in all() {
            let wanted = hashes[hash.kind().name()].as_str().unwrap();
            let wanted = u64::from_str_radix(wanted, 16).unwrap();
            let distance = (hash.signature(&pixels, &content).bits ^ wanted).count_ones();
            assert!(
                distance <= 2,
                "{} of {name}: {distance} bits",
                hash.kind().name()
            );
            compared += 1;
        }
    }
    assert!(compared >= 100, "only {compared} hashes were compared");
}
