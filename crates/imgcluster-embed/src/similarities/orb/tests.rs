//! On drawn pictures, and on every instruction set.
#![expect(clippy::float_cmp, reason = "likenesses of 0 and 1 are exact")]

use super::*;
use crate::random::Random;

/// A gray picture that is computed pixel by pixel.
struct Drawn {
    width: u32,
    height: u32,
    values: Vec<u8>,
}

impl Drawn {
    fn new(width: u32, height: u32, mut value: impl FnMut(u32, u32) -> u8) -> Self {
        let at = |place: u32| value(place % width, place / width);
        let values = (0..width * height).map(at).collect();
        Self {
            width,
            height,
            values,
        }
    }

    /// Overlapping rectangles of many sizes: corners all over, and none alike.
    fn texture(seed: u64) -> Self {
        const SIDE: u32 = 320;
        let mut drawn = Self::new(SIDE, SIDE, |_, _| 128);
        let mut random = Random::new(seed);
        for number in 0..260 {
            let most = 8 + (260 - number) / 3;
            let (width, height) = (6 + random.below(most), 6 + random.below(most));
            let (left, top) = (random.below(SIDE as usize), random.below(SIDE as usize));
            let value = random.below(256) as u8;
            for y in top..(top + height).min(SIDE as usize) {
                let row = &mut drawn.values[y * SIDE as usize..][..SIDE as usize];
                row[left..(left + width).min(SIDE as usize)].fill(value);
            }
        }
        drawn
    }

    /// The value between pixels, or 0 outside.
    fn between(&self, x: f64, y: f64) -> u8 {
        let (left, top) = (x.floor(), y.floor());
        let value = |x: f64, y: f64| {
            let inside = x >= 0.0 && y >= 0.0 && x < self.width.into() && y < self.height.into();
            let place = || y as usize * self.width as usize + x as usize;
            if inside {
                f64::from(self.values[place()])
            } else {
                0.0
            }
        };
        let (right, down) = (x - left, y - top);
        let upper = value(left, top) * (1.0 - right) + value(left + 1.0, top) * right;
        let lower = value(left, top + 1.0) * (1.0 - right) + value(left + 1.0, top + 1.0) * right;
        (upper * (1.0 - down) + lower * down).round() as u8
    }

    fn turned(&self, degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let middle = (f64::from(self.width) - 1.0) / 2.0;
        Self::new(self.width, self.height, |x, y| {
            let (x, y) = (f64::from(x) - middle, f64::from(y) - middle);
            self.between(middle + cos * x + sin * y, middle - sin * x + cos * y)
        })
    }

    fn scaled(&self, factor: f64) -> Self {
        let scaled = |length: u32| (f64::from(length) * factor) as u32;
        Self::new(scaled(self.width), scaled(self.height), |x, y| {
            self.between(f64::from(x) / factor, f64::from(y) / factor)
        })
    }

    fn cropped(&self, left: u32, top: u32, width: u32, height: u32) -> Self {
        let value = |x, y| self.values[((top + y) * self.width + left + x) as usize];
        Self::new(width, height, value)
    }

    fn noisy(&self) -> Self {
        let mut random = Random::new(7);
        let mut values = self.values.iter();
        Self::new(self.width, self.height, |_, _| {
            let value = *values.next().unwrap();
            value
                .saturating_add(random.below(25) as u8)
                .saturating_sub(12)
        })
    }

    fn mirrored(&self) -> Self {
        let value = |x, y| self.values[(y * self.width + self.width - 1 - x) as usize];
        Self::new(self.width, self.height, value)
    }

    /// With the same lines of signs below it as others have.
    fn captioned(&self) -> Self {
        let text = Self::texture(99);
        Self::new(self.width, self.height, |x, y| {
            let line = y.checked_sub(self.height - 40);
            let of = line.map_or(self, |_| &text);
            of.values[(line.unwrap_or(y) * self.width + x) as usize]
        })
    }

    fn pixels(&self) -> Pixels {
        let rgb = self.values.iter().flat_map(|value| [*value; 3]).collect();
        Pixels::new(self.width, self.height, rgb).unwrap()
    }

    fn signature(&self) -> OrbSignature {
        let content = ContentHash(blake3::hash(&self.values).into());
        orb().signature(&self.pixels(), &content)
    }
}

fn orb() -> Orb {
    Orb::new(Canvas::default())
}

fn likeness(a: &Drawn, b: &Drawn) -> f32 {
    let (a, b) = (a.signature(), b.signature());
    let likeness = orb().similarity(&a, &b);
    assert_eq!(likeness.to_bits(), orb().similarity(&b, &a).to_bits());
    likeness
}

/// Pictures that say nothing.
fn plain() -> Vec<Drawn> {
    vec![
        Drawn::new(1, 1, |_, _| 7),
        Drawn::new(6, 6, |x, y| (x * 40 + y) as u8),
        Drawn::new(2000, 1, |x, _| (x % 251) as u8),
        Drawn::new(1, 2000, |_, y| (y % 13 * 19) as u8),
        Drawn::new(40, 30, |_, _| 0),
        Drawn::new(300, 200, |_, _| 255),
    ]
}

#[test]
fn pictures_without_corners_are_like_their_own_pixels_and_nothing_else() {
    let pictures = plain();
    for (place, a) in pictures.iter().enumerate() {
        assert_eq!(a.signature().key_points(), 0, "{place}");
        let [here, there] = [1, 2].map(|file| ContentHash([file; 32]));
        let [here, there] = [here, there].map(|file| orb().signature(&a.pixels(), &file));
        assert_eq!(orb().similarity(&here, &there), 1.0, "{place} in two files");
        for (other, b) in pictures.iter().enumerate() {
            let wanted = if place == other { 1.0 } else { 0.0 };
            assert_eq!(likeness(a, b), wanted, "{place} and {other}");
        }
        assert_eq!(likeness(a, &Drawn::texture(1)), 0.0, "{place}");
    }
}

#[test]
fn a_picture_is_like_itself_even_where_everything_repeats() {
    let board = Drawn::new(256, 256, |x, y| ((x / 16 + y / 16) % 2 * 255) as u8);
    assert!(board.signature().key_points() >= 100);
    assert_eq!(likeness(&board, &board), 1.0);
    assert_eq!(likeness(&Drawn::texture(1), &Drawn::texture(1)), 1.0);
}

#[test]
fn copies_are_found_and_other_pictures_are_not() {
    let texture = Drawn::texture(1);
    let copies = [
        ("turned by 90", texture.turned(90.0), 0.5),
        ("turned by 3", texture.turned(3.0), 0.2),
        ("turned by 33", texture.turned(33.0), 0.1),
        ("half", texture.scaled(0.5), 0.2),
        ("larger", texture.scaled(1.5), 0.5),
        ("a part", texture.cropped(40, 30, 230, 240), 0.15),
        ("noisy", texture.noisy(), 0.5),
        ("captioned", texture.captioned(), 0.3),
    ];
    for (name, copy, least) in &copies {
        let likeness = likeness(&texture, copy);
        assert!(likeness >= *least, "{name}: {likeness}");
    }
    for seed in 2..12 {
        assert_eq!(likeness(&texture, &Drawn::texture(seed)), 0.0, "{seed}");
    }
}

#[test]
fn a_mirrored_picture_is_another() {
    let texture = Drawn::texture(1);
    assert_eq!(likeness(&texture, &texture.mirrored()), 0.0);
}

#[test]
fn different_pictures_with_the_same_caption_stay_different() {
    let (one, other) = (Drawn::texture(1), Drawn::texture(2));
    assert_eq!(likeness(&one.captioned(), &other.captioned()), 0.0);
    let (one, other) = (one.captioned().signature(), other.captioned().signature());
    let mut set = DescriptorSet::default();
    set.fill(&one.descriptors);
    let scratch = &mut MatchScratch::default();
    let shared = matching::matches(
        orb().search,
        &set,
        &other.descriptors,
        LEAST,
        scratch,
        |_| true,
    );
    assert!(shared.len() >= 20, "only {} are shared", shared.len());
}

#[test]
fn signatures_come_back_from_their_bytes_and_foreign_bytes_are_refused() {
    let orb = orb();
    let [texture, blank] =
        [Drawn::texture(1), Drawn::new(9, 9, |_, _| 0)].map(|drawn| drawn.signature());
    let bytes = orb.write_signature(&texture);
    assert_eq!(bytes.len(), 2 + texture.key_points() * 38);
    for signature in [&texture, &blank] {
        let bytes = orb.write_signature(signature);
        assert_eq!(orb.read_signature(&bytes).as_ref(), Some(signature));
    }
    assert_eq!(orb.read_signature(&[]), None);
    assert_eq!(orb.read_signature(&bytes[..bytes.len() - 1]), None);
    let first = |count: u16| {
        [
            &count.to_le_bytes()[..],
            &bytes[2..2 + usize::from(count) * 38],
        ]
        .concat()
    };
    assert!(orb.read_signature(&first(8)).is_some());
    assert_eq!(orb.read_signature(&first(7)), None, "too few");
    let many = [&1000_u16.to_le_bytes()[..], &bytes[2..].repeat(2)].concat();
    assert_eq!(orb.read_signature(&many), None, "too many");
    assert_eq!(orb.read_signature(&bytes[..2 + 8 * 38]), None, "a part");
    for (at, value) in [(3, 0xff), (5, 0xff), (6, 8), (7, 30)] {
        let mut foreign = bytes.clone();
        foreign[at] = value;
        assert_eq!(orb.read_signature(&foreign), None, "byte {at}");
    }
}

#[test]
fn every_instruction_set_and_every_search_give_the_same_bits() {
    let texture = Drawn::texture(1);
    let mut drawn = vec![
        texture.turned(20.0),
        texture.scaled(0.6),
        texture.noisy(),
        texture,
    ];
    drawn.extend([Drawn::texture(2), Drawn::texture(2).captioned()]);
    drawn.extend(plain().into_iter().take(2));
    let signatures: Vec<OrbSignature> = drawn.iter().map(Drawn::signature).collect();
    let mut all = Vec::new();
    for search in DescriptorSearch::available() {
        let orb = Orb::with_search(Canvas::default(), search);
        let neighbors = orb.neighbors(&signatures);
        let mut bits = Vec::new();
        for (from, a) in (0..).zip(&signatures) {
            let mut row = vec![f32::NAN; signatures.len()];
            neighbors.distances(from, 0, &mut row);
            for ((to, b), distance) in (0..).zip(&signatures).zip(&row) {
                assert_eq!(distance.to_bits(), (1.0 - orb.similarity(a, b)).to_bits());
                assert_eq!(distance.to_bits(), neighbors.distance(to, from).to_bits());
            }
            let mut rest = vec![f32::NAN; signatures.len() - 3];
            neighbors.distances(from, 3, &mut rest);
            assert_eq!(rest, row[3..]);
            bits.extend(row.iter().map(|distance| distance.to_bits()));
        }
        all.push(bits);
    }
    assert!(all.iter().all(|bits| *bits == all[0]));
    let between = |bits: &&u32| **bits != 0 && **bits != 1.0_f32.to_bits();
    assert!(all[0].iter().filter(between).count() >= 10);
}

#[test]
fn canvases_have_keys_of_their_own() {
    let large = Orb::new(Canvas::new(512, crate::CanvasFit::Letterbox).unwrap());
    assert_ne!(large.space(), orb().space());
    assert_eq!(orb().space().model, "orb");
    let signature = large.signature(&Drawn::texture(1).pixels(), &ContentHash([0; 32]));
    let bytes = large.write_signature(&signature);
    assert_eq!(large.read_signature(&bytes), Some(signature));
}
