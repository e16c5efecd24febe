//! Structural similarity of every instruction set that this processor has, beside the definition in
//! `f64`.
#![expect(clippy::float_cmp, reason = "the same bits are promised")]

use imgcluster_kernels::{Pairs, SsimPicture, SsimScratch, StructuralSimilarity};

/// A picture of a size, somewhere on a canvas, and its bytes.
#[derive(Clone)]
struct Placed {
    size: (usize, usize),
    at: (usize, usize),
    values: Vec<u8>,
}

impl Placed {
    fn new(size: (usize, usize), at: (usize, usize), value: impl Fn(usize, usize) -> u8) -> Self {
        let places = (0..size.1).flat_map(|y| (0..size.0).map(move |x| (x, y)));
        let values = places.map(|(x, y)| value(x, y)).collect();
        Self { size, at, values }
    }

    fn on(&self, side: usize) -> SsimPicture {
        SsimPicture::new(side, self.size, self.at, &self.values)
    }

    /// The whole canvas, and where the picture is.
    fn canvas(&self, side: usize) -> Vec<Option<u8>> {
        let mut canvas = vec![None; side * side];
        for (y, row) in self.values.chunks(self.size.0).enumerate() {
            for (x, value) in row.iter().enumerate() {
                canvas[(self.at.1 + y) * side + self.at.0 + x] = Some(*value);
            }
        }
        canvas
    }
}

fn noise(seed: u64) -> impl Fn(usize, usize) -> u8 {
    move |x, y| {
        let mut state =
            (seed << 40 | (y as u64) << 20 | x as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for _ in 0..3 {
            state ^= state >> 29;
            state = state.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        }
        (state >> 56) as u8
    }
}

/// The definition, window by window.
fn reference(side: usize, a: &Placed, b: &Placed) -> f64 {
    let (a, b) = (a.canvas(side), b.canvas(side));
    let (mut sum, mut count) = (0.0, 0_u32);
    for y in 0..=side - 7 {
        for x in 0..=side - 7 {
            let places = (0..49).map(|place| (y + place / 7) * side + x + place % 7);
            if places
                .clone()
                .all(|place| a[place].is_none() && b[place].is_none())
            {
                continue;
            }
            let value = |pixel: Option<u8>| f64::from(pixel.unwrap_or(0));
            let mean = |of: &dyn Fn(usize) -> f64| places.clone().map(of).sum::<f64>() / 49.0;
            let (ua, ub) = (mean(&|at| value(a[at])), mean(&|at| value(b[at])));
            let sample = 49.0 / 48.0;
            let va = sample * mean(&|at| (value(a[at]) - ua).powi(2));
            let vb = sample * mean(&|at| (value(b[at]) - ub).powi(2));
            let both = sample * mean(&|at| (value(a[at]) - ua) * (value(b[at]) - ub));
            let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
            sum += (2.0 * ua * ub + c1) * (2.0 * both + c2)
                / ((ua * ua + ub * ub + c1) * (va + vb + c2));
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// Pictures of all sorts, alone on a canvas or with black around them.
fn pictures(side: usize) -> Vec<Placed> {
    let full = |value: &dyn Fn(usize, usize) -> u8| Placed::new((side, side), (0, 0), value);
    let (low, wide) = (side / 3, side / 5);
    let waves = |x: usize, y: usize| ((x * x / 9 + y * 5) % 256) as u8;
    vec![
        full(&noise(1)),
        full(&noise(2)),
        full(&|x, y| 200 + noise(3)(x, y) % 9),
        full(&|_, _| 0),
        full(&|_, _| 255),
        full(&|x, y| 255 - noise(4)(x, y) % 2),
        full(&waves),
        full(&|x, y| 255 - waves(x, y)),
        full(&|x, y| if x * 2 < side { 0 } else { noise(5)(x, y) }),
        full(&|x, y| if (x / 7 + y / 7) % 2 == 0 { 0 } else { 255 }),
        full(&|x, _| if x * 2 < side { 0 } else { 255 }),
        Placed::new((side, low), (0, (side - low) / 2), noise(6)),
        Placed::new((side, low), (0, (side - low) / 2), waves),
        Placed::new((side, wide), (0, (side - wide) / 2), |_, _| 255),
        Placed::new((low, side), ((side - low) / 2, 0), noise(7)),
        Placed::new((wide, side), ((side - wide) / 2, 0), waves),
        Placed::new((side, 1), (0, (side - 1) / 2), noise(8)),
        Placed::new((1, side), ((side - 1) / 2, 0), noise(9)),
        Placed::new((1, 1), (side - 1, 0), |_, _| 255),
    ]
}

/// All pairs, row by row.
fn means(way: StructuralSimilarity, pictures: &[SsimPicture], pairs: Pairs) -> Vec<f32> {
    let pictures: Vec<&SsimPicture> = pictures.iter().collect();
    let mut means = vec![f32::NAN; pictures.len().pow(2)];
    let scratch = &mut SsimScratch::default();
    way.means(&pictures, &pictures, pairs, scratch, &mut means);
    means
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn every_way_gives_the_definition_to_five_digits_and_the_same_bits() {
    for side in [7, 8, 15, 32, 33, 64, 70] {
        let placed = pictures(side);
        let on: Vec<SsimPicture> = placed.iter().map(|picture| picture.on(side)).collect();
        let portable = StructuralSimilarity::available().last().unwrap();
        let wanted = means(portable, &on, Pairs::All);
        for (place, mean) in wanted.iter().enumerate() {
            let (a, b) = (place / placed.len(), place % placed.len());
            assert_eq!(mean.to_bits(), wanted[b * placed.len() + a].to_bits());
            if a > b {
                continue;
            }
            let reference = reference(side, &placed[a], &placed[b]);
            let error = (f64::from(*mean) - reference).abs();
            assert!(
                error <= 1e-5,
                "{side}, {a} and {b}: {mean}, not {reference}"
            );
            assert_eq!(mean.to_bits(), wanted[b * placed.len() + a].to_bits());
        }
        for way in StructuralSimilarity::available() {
            assert_eq!(bits(&means(way, &on, Pairs::All)), bits(&wanted), "{way:?}");
        }
    }
}

#[test]
fn a_full_size_canvas_gives_the_definition_as_well() {
    let side = 256;
    let placed = pictures(side);
    let pairs = [
        (0, 1),
        (2, 5),
        (4, 5),
        (6, 7),
        (6, 8),
        (11, 12),
        (11, 14),
        (16, 17),
    ];
    for (a, b) in pairs {
        let (a, b) = (&placed[a], &placed[b]);
        let reference = reference(side, a, b);
        let (a, b) = (a.on(side), b.on(side));
        let mut first = None;
        for way in StructuralSimilarity::available() {
            let mut mean = [0.0];
            way.means(
                &[&a],
                &[&b],
                Pairs::All,
                &mut SsimScratch::default(),
                &mut mean,
            );
            assert!(
                (f64::from(mean[0]) - reference).abs() <= 1e-5,
                "{mean:?}, {reference}"
            );
            assert_eq!(*first.get_or_insert(mean[0]), mean[0]);
        }
    }
}

#[test]
fn a_picture_is_exactly_like_itself_and_the_inverse_is_negative() {
    for side in [7, 40, 256] {
        for placed in pictures(side) {
            let inverse: Vec<u8> = placed.values.iter().map(|value| 255 - value).collect();
            let has_contrast = placed
                .values
                .iter()
                .any(|value| value.abs_diff(placed.values[0]) > 100);
            let picture = placed.on(side);
            let again = SsimPicture::new(side, picture.size(), picture.at(), &picture.values());
            assert_eq!((&again, &again.values()), (&picture, &placed.values));
            let full = picture.size() == (side, side);
            let inverse = SsimPicture::new(side, placed.size, placed.at, &inverse);
            for way in StructuralSimilarity::available() {
                let mut means = [0.0; 2];
                let others = [&again, &inverse];
                way.means(
                    &[&picture],
                    &others,
                    Pairs::All,
                    &mut SsimScratch::default(),
                    &mut means,
                );
                assert_eq!(means[0], 1.0);
                assert!(
                    !(full && has_contrast) || means[1] < 0.0,
                    "{side}: {means:?}"
                );
            }
        }
    }
}

#[test]
fn blocks_of_any_shape_and_used_room_change_no_bit() {
    let (small, large): (Vec<_>, Vec<_>) = [40, 50]
        .map(|side| {
            pictures(side)
                .iter()
                .map(|picture| picture.on(side))
                .collect()
        })
        .into();
    let way = StructuralSimilarity::detect();
    let mut scratch = SsimScratch::default();
    for pictures in [&small, &large, &small] {
        let count = pictures.len();
        let wanted = means(way, pictures, Pairs::All);
        let all: Vec<&SsimPicture> = pictures.iter().collect();
        for (rows, columns) in [
            (0..count, 3..4),
            (2..3, 0..count),
            (5..12, 1..9),
            (0..0, 0..5),
            (1..4, 2..2),
        ] {
            let mut got = vec![f32::NAN; rows.len() * columns.len()];
            let (left, right) = (&all[rows.clone()], &all[columns.clone()]);
            way.means(left, right, Pairs::All, &mut scratch, &mut got);
            let wanted = rows.flat_map(|row| wanted[row * count..][columns.clone()].to_vec());
            assert_eq!(bits(&got), bits(&wanted.collect::<Vec<_>>()));
        }
        let mut later = vec![f32::NAN; 5 * count];
        way.means(&all[..5], &all, Pairs::Ascending, &mut scratch, &mut later);
        for (place, mean) in later.iter().enumerate() {
            let (row, column) = (place / count, place % count);
            let wanted = if column > row { wanted[place] } else { 0.0 };
            assert_eq!(mean.to_bits(), wanted.to_bits(), "{row}, {column}");
        }
    }
    // Four pictures have bands of few rows of windows, a single one has larger ones.
    let full = |side: usize, seed| Placed::new((side, side), (0, 0), noise(seed)).on(side);
    let [small, large] = [320, 1024].map(|side| [1, 2, 3, 4].map(|seed| full(side, seed)));
    for (pictures, count) in [(&large, 4), (&small, 1), (&small, 4), (&large, 1)] {
        let rows: Vec<&SsimPicture> = pictures[..count].iter().collect();
        let [mut got, mut wanted] = [(); 2].map(|()| vec![f32::NAN; count]);
        let column = [&pictures[3]];
        way.means(&rows, &column, Pairs::All, &mut scratch, &mut got);
        let new = &mut SsimScratch::default();
        way.means(&rows, &column, Pairs::All, new, &mut wanted);
        assert_eq!(bits(&got), bits(&wanted));
    }
}

#[test]
fn a_picture_that_does_not_fit_is_refused() {
    let refused = [
        (6, (6, 6), (0, 0), 36),
        (8, (0, 8), (0, 0), 0),
        (8, (9, 8), (0, 0), 72),
        (8, (4, 4), (5, 0), 16),
        (8, (4, 4), (0, 5), 16),
        (8, (4, 4), (0, 0), 15),
        (1025, (1, 1), (0, 0), 1),
    ];
    for (side, size, at, bytes) in refused {
        let made = std::panic::catch_unwind(|| SsimPicture::new(side, size, at, &vec![0; bytes]));
        assert!(made.is_err(), "{side}, {size:?}, {at:?}");
    }
}
