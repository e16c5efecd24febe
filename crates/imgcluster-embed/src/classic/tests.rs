//! Tests of the whole descriptor.

use super::synthetic::picture;
use super::*;

fn cosine(first: &[f32], second: &[f32]) -> f32 {
    first.iter().zip(second).map(|(a, b)| a * b).sum()
}

#[test]
fn a_flat_picture_has_a_unit_vector() {
    for grey in [0, 128, 255] {
        let descriptor = describe(&vec![grey; SIDE * SIDE * 3]);
        assert_eq!(descriptor.len(), DIM);
        assert!((cosine(&descriptor, &descriptor) - 1.0).abs() < 1e-4);
    }
}

#[test]
fn missing_and_surplus_bytes_are_no_trouble() {
    for length in [0, 1, SIDE * SIDE * 3 + 5] {
        let descriptor = describe(&vec![9; length]);
        assert!(descriptor.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn a_picture_described_twice_has_the_same_bits() {
    let first = describe(&picture(3));
    let second = describe(&picture(3));
    assert!(
        first
            .iter()
            .zip(&second)
            .all(|(a, b)| a.to_bits() == b.to_bits())
    );
}

#[test]
fn a_slightly_changed_picture_stays_near() {
    for seed in 0..8 {
        let rgb = picture(seed);
        let brighter: Vec<u8> = rgb.iter().map(|&value| value.saturating_add(15)).collect();
        let noisy: Vec<u8> = rgb
            .iter()
            .zip((0..7).cycle())
            .map(|(&value, noise)| value.saturating_sub(noise))
            .collect();
        let original = describe(&rgb);
        assert!(cosine(&original, &describe(&brighter)) > 0.9);
        assert!(cosine(&original, &describe(&noisy)) > 0.9);
    }
}

#[test]
fn the_descriptor_of_a_mirrored_picture_is_nearer_than_that_of_another() {
    for seed in 0..8 {
        let rgb = picture(seed);
        let mirrored: Vec<u8> = rgb
            .chunks_exact(SIDE * 3)
            .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
            .collect();
        let original = describe(&rgb);
        let mirrored = cosine(&original, &describe(&mirrored));
        assert!(mirrored > cosine(&original, &describe(&picture(seed + 100))));
        assert!(mirrored < 0.999);
    }
}

#[test]
fn unrelated_pictures_are_told_apart() {
    let descriptors: Vec<Vec<f32>> = (0..12).map(|seed| describe(&picture(seed))).collect();
    for (index, first) in descriptors.iter().enumerate() {
        for second in &descriptors[index + 1..] {
            assert!(cosine(first, second) < 0.8);
        }
    }
}

#[test]
fn flat_pictures_of_unlike_colours_differ() {
    let flat = |colour: [u8; 3]| describe(&colour.repeat(SIDE * SIDE));
    assert!(cosine(&flat([250, 20, 20]), &flat([20, 20, 250])) < 0.999);
}

/// FNV-1a over the bits of all numbers.
fn fingerprint(descriptor: &[f32]) -> u64 {
    descriptor
        .iter()
        .flat_map(|value| value.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

#[test]
fn the_descriptor_has_the_same_bits_on_every_machine() {
    // A change here means that stored descriptors are stale: `VERSION` has to change too.
    assert_eq!(VERSION, "classic-1");
    assert_eq!(fingerprint(&describe(&picture(1))), 0x2919_52e9_d208_ca25);
}
