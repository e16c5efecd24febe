use super::*;
use crate::similarities::drawn::{blocks, gray};

const HERE: ContentHash = ContentHash([1; 32]);
const THERE: ContentHash = ContentHash([2; 32]);

fn template() -> Template {
    Template::new(Canvas::default())
}

fn likeness(a: &TemplateSignature, b: &TemplateSignature) -> f32 {
    let (there, back) = (template().similarity(a, b), template().similarity(b, a));
    assert_eq!(there.to_bits(), back.to_bits(), "not symmetric");
    assert!((0.0..=1.0).contains(&there), "{there}");
    there
}

#[test]
fn a_picture_is_exactly_like_itself_whatever_its_size_and_content() {
    let template = template();
    let sizes = [
        (1, 1),
        (1, 2),
        (6, 6),
        (2000, 1),
        (1, 900),
        (80, 60),
        (400, 400),
    ];
    for (width, height) in sizes {
        for contrast in [0, 1] {
            let picture = gray(width, height, |x, y| contrast * blocks(x * 5, y * 5, 1));
            let signature = template.signature(&picture, &HERE);
            assert_eq!(likeness(&signature, &signature).to_bits(), 1_f32.to_bits());
            let bytes = template.write_signature(&signature);
            assert_eq!(template.read_signature(&bytes), Some(signature));
        }
    }
}

#[test]
fn flat_thin_and_ramped_pictures_are_like_their_own_pixels_and_nothing_else() {
    let template = template();
    let silent = [
        gray(1, 1, |_, _| 0),
        gray(50, 40, |_, _| 255),
        gray(64, 64, |x, y| (127 + (x * 7 + y * 13) % 3) as u8),
        gray(200, 150, |x, y| (x / 2 + y) as u8),
        gray(2000, 1, |x, y| blocks(x, y, 3)),
        gray(300, 60, |x, y| blocks(x, y, 4)),
    ];
    let other = template.signature(&gray(100, 100, |x, y| blocks(x, y, 5)), &THERE);
    assert_eq!(other.silent, None);
    for (at, picture) in silent.iter().enumerate() {
        let here = template.signature(picture, &HERE);
        assert!(here.silent.is_some(), "{at}");
        assert!(likeness(&here, &template.signature(picture, &THERE)) >= 1.0);
        assert!(likeness(&here, &other) <= 0.0);
        for another in &silent[..at] {
            assert!(likeness(&here, &template.signature(another, &HERE)) <= 0.0);
        }
    }
}

#[test]
fn crops_find_their_whole_and_other_crops_do_not() {
    let template = template();
    let whole = template.signature(&gray(320, 240, |x, y| blocks(x, y, 6)), &HERE);
    // Left, above, width, height: half the area, three quarters, a strip on high.
    let crops = [
        (47, 35, 226, 170),
        (80, 0, 240, 240),
        (61, 0, 160, 240),
        (10, 7, 300, 226),
    ];
    for (left, above, width, height) in crops {
        let crop = |seed| gray(width, height, |x, y| blocks(x + left, y + above, seed));
        let (ours, another) = (
            template.signature(&crop(6), &THERE),
            template.signature(&crop(7), &THERE),
        );
        let (found, chance) = (likeness(&whole, &ours), likeness(&whole, &another));
        assert!(found > 0.8, "{width} × {height}: {found}");
        assert!(chance < 0.4, "{width} × {height}: {chance}");
    }
}

#[test]
fn a_crop_of_a_black_part_does_not_match_by_chance() {
    let half = |x: u32, y: u32| if x < 200 { 0 } else { blocks(x, y, 8) };
    let whole = template().signature(&gray(400, 300, half), &HERE);
    let noise = template().signature(&gray(190, 300, |x, y| blocks(x, y, 9)), &THERE);
    assert!(likeness(&whole, &noise) < 0.5);
}

#[test]
fn a_negative_is_not_alike() {
    let picture = template().signature(&gray(200, 200, |x, y| blocks(x, y, 1)), &HERE);
    let negative = template().signature(&gray(200, 200, |x, y| 255 - blocks(x, y, 1)), &THERE);
    assert!(likeness(&picture, &negative) < 0.3);
}

#[test]
fn foreign_bytes_are_not_a_signature() {
    let template = template();
    let bytes = template
        .write_signature(&template.signature(&gray(80, 60, |x, y| blocks(x * 3, y * 3, 1)), &HERE));
    assert_eq!(bytes.len(), 2 + 64 * 48);
    for length in 0..bytes.len() {
        assert_eq!(template.read_signature(&bytes[..length]), None, "{length}");
    }
    for more in [1, 31, 32, 33] {
        // With 32 more there would be a hash of which a picture with contrast has no need.
        let longer = [&bytes[..], &vec![7; more]].concat();
        assert_eq!(template.read_signature(&longer), None, "{more} more");
    }
    for side in [0, 1, 63, 65, 255] {
        let mut wrong = bytes.clone();
        wrong[0] = side;
        assert_eq!(template.read_signature(&wrong), None, "{side}");
    }
    let mut flat = vec![9; bytes.len()];
    flat[..2].copy_from_slice(&bytes[..2]);
    assert_eq!(template.read_signature(&flat), None, "flat without a hash");
}

#[test]
fn copies_are_found_on_the_smallest_and_the_largest_canvas() {
    for side in [32, 1024] {
        for fit in [crate::CanvasFit::Letterbox, crate::CanvasFit::Squash] {
            let compared = Template::new(Canvas::new(side, fit).unwrap());
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
    assert_ne!(Template::new(small).space(), template().space());
    assert_eq!(template().space().model, "template");
}

#[test]
fn signatures_and_likenesses_are_the_same_on_every_machine() {
    let template = template();
    let whole = template.signature(&gray(300, 200, |x, y| blocks(x, y, 2)), &HERE);
    let crop = template.signature(&gray(200, 150, |x, y| blocks(x + 60, y + 30, 2)), &THERE);
    let kept = blake3::hash(&template.write_signature(&whole));
    // Of our own making, to notice a change; what is right is tested by the others.
    let found = (kept.to_hex().to_string(), likeness(&whole, &crop).to_bits());
    let wanted = "6cb87024689ae392504fd7ce2fe6ff8b056d42dc87c2fddea05c58c27612941d";
    assert_eq!(found, (wanted.to_owned(), 1_063_965_352));
}

/// Sums the way the definition says, with nothing prepared.
#[test]
fn correlations_are_those_of_the_plain_formula() {
    use super::detail::{Detail, Field};
    let small = |width: usize, height: usize, seed: u32| {
        let at = |place: usize| ((place % width) as u32 * 3, (place / width) as u32 * 3);
        let values = (0..width * height).map(|place| blocks(at(place).0, at(place).1, seed));
        Detail::new(&Small::new(width, height, values.collect()).unwrap(), 32)
    };
    let (whole, part) = (small(31, 24, 1), small(13, 9, 2));
    let field = Field::new(whole.clone());
    assert_eq!(field.room(&part), Some((18, 15)));
    for corner in [(0, 0), (18, 15), (7, 3)] {
        let pairs = (0..9).flat_map(|y| (0..13).map(move |x| (x, y)));
        let pairs: Vec<(f64, f64)> = pairs
            .map(|(x, y)| (part.at(x, y), whole.at(corner.0 + x, corner.1 + y)))
            .map(|(a, b)| (f64::from(a), f64::from(b)))
            .collect();
        let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / 117.0;
        let means = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut common, mut first, mut second) = (0.0, 0.0, 0.0);
        for (a, b) in &pairs {
            let (a, b) = (a - means.0, b - means.1);
            common += a * b;
            first += a * a;
            second += b * b;
        }
        let wanted = common / (first * second).sqrt();
        let found = field.correlation(&part, corner);
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
    }
}

#[test]
fn a_ramp_has_no_details_and_a_dot_has() {
    use super::detail::Detail;
    let ramp = (0..20 * 10).map(|place| (place % 20 * 3 + place / 20 * 5) as u8);
    let ramp = Detail::new(&Small::new(20, 10, ramp.collect()).unwrap(), 32);
    assert!(ramp.is_flat());
    assert!((0..200).all(|place| ramp.at(place % 20, place / 20) == 0));
    let mut dot = vec![0; 200];
    dot[5 * 20 + 9] = 49;
    let dot = Detail::new(&Small::new(20, 10, dot).unwrap(), 32);
    assert_eq!((dot.at(9, 5), dot.at(10, 5), dot.at(13, 5)), (192, -4, 0));
}

#[test]
fn pictures_are_reduced_by_means_of_what_is_covered() {
    let picture = Small::new(3, 2, vec![0, 90, 30, 60, 0, 9]).unwrap();
    let smaller = picture.resized(2);
    assert_eq!(smaller.size(), (2, 1));
    // Each covers one and a half columns and rows, with weights 4, 2, 2, 1 of 9.
    assert_eq!(smaller.values(), [33, 35]);
    assert_eq!(picture.resized(3), picture);
    assert_eq!(
        Small::new(90, 1, vec![7; 90]).unwrap().resized(4).values(),
        [7; 4]
    );
}
