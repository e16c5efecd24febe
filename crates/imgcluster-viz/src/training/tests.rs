use ::image::RgbImage;
use imgcluster_core::{EpochLoss, Pixels};

use super::curve::{Scale, number, runs, ticks};
use super::*;
use crate::VizError;

const TRAIN: [u8; 3] = [18, 89, 184];
const VALIDATION: [u8; 3] = [179, 89, 0];
const BEST: [u8; 3] = [26, 127, 55];

fn read(bytes: &[u8], name: &str) -> RgbImage {
    if let Some(folder) = std::env::var_os("IMGCLUSTER_LOOK") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join(format!("training-{name}.png")), bytes).unwrap();
    }
    ::image::load_from_memory(bytes).unwrap().into_rgb8()
}

fn curve_of(epochs: &[EpochLoss], best: Option<u32>, name: &str) -> RgbImage {
    let curve = LossCurve {
        loss: "l1",
        epochs,
        best,
    };
    let mut bytes = Vec::new();
    write_loss_curve_png(&curve, &mut bytes).unwrap();
    let picture = read(&bytes, name);
    assert_eq!(picture.dimensions(), (2400, 1600));
    picture
}

fn losses(count: u32, at: impl Fn(u32) -> (f64, Option<f64>)) -> Vec<EpochLoss> {
    let made = (0..count).map(|epoch| {
        let (train, validation) = at(epoch);
        EpochLoss {
            epoch,
            train,
            validation,
        }
    });
    made.collect()
}

fn falling(epoch: u32) -> (f64, Option<f64>) {
    let left = (-f64::from(epoch) / 8.0).exp();
    let ripple = 0.003 * f64::from(epoch * 7919 % 11) / 11.0;
    let train = 0.02 + 0.4 * left + ripple;
    (train, Some(train + 0.0002 * f64::from(epoch)))
}

fn shows(picture: &RgbImage, color: [u8; 3]) -> bool {
    picture.pixels().any(|pixel| pixel.0 == color)
}

#[test]
fn no_epoch_and_one_epoch_are_drawn() {
    let picture = curve_of(&[], None, "none");
    assert!(!shows(&picture, VALIDATION) && !shows(&picture, BEST));
    let picture = curve_of(&losses(1, falling), Some(0), "one");
    assert!(shows(&picture, VALIDATION) && shows(&picture, BEST));
}

#[test]
fn both_lines_and_the_best_epoch_are_seen() {
    let picture = curve_of(&losses(41, falling), Some(33), "falling");
    for color in [TRAIN, VALIDATION, BEST] {
        assert!(shows(&picture, color), "{color:?}");
    }
}

#[test]
fn a_curve_without_validation_has_one_line() {
    let losses = losses(12, |epoch| (falling(epoch).0, None));
    let picture = curve_of(&losses, None, "alone");
    assert!(shows(&picture, TRAIN));
    assert!(!shows(&picture, VALIDATION) && !shows(&picture, BEST));
}

#[test]
fn losses_that_are_all_equal_or_zero_or_negative_are_drawn() {
    for value in [0.25, 0.0, -3.0, 1e-300, f64::from(f32::MAX)] {
        let losses = losses(5, |_| (value, Some(value)));
        let picture = curve_of(&losses, Some(2), "equal");
        assert!(shows(&picture, VALIDATION), "{value}");
    }
}

#[test]
fn losses_that_are_no_numbers_are_left_out_and_break_the_line() {
    let losses = losses(9, |epoch| match epoch {
        2 => (f64::NAN, Some(f64::INFINITY)),
        5 => (1e300, None),
        _ => falling(epoch),
    });
    let found: Vec<usize> = runs(&losses, |epoch| Some(epoch.train))
        .iter()
        .map(Vec::len)
        .collect();
    assert_eq!(found, [2, 2, 3]);
    assert!(shows(&curve_of(&losses, Some(2), "broken"), TRAIN));
    let picture = curve_of(&losses, Some(2), "broken");
    assert!(!shows(&picture, BEST), "a best epoch without a number");
    let nothing = self::losses(4, |_| (f64::NAN, Some(f64::NEG_INFINITY)));
    curve_of(&nothing, Some(1), "nothing");
}

#[test]
fn ten_thousand_epochs_are_drawn() {
    let losses = losses(10_001, |epoch| {
        let ripple = 1.0 + f64::from(epoch * 7919 % 101) / 300.0;
        let train = ripple * (0.01 + 0.5 * (-f64::from(epoch) / 900.0).exp());
        (train, Some(1.3 * train))
    });
    let picture = curve_of(&losses, Some(9_000), "many");
    assert!(shows(&picture, TRAIN) && shows(&picture, VALIDATION));
}

#[test]
fn the_scale_is_logarithmic_where_positive_losses_span_more_than_ten() {
    assert!(matches!(Scale::of(&[0.1, 2.0]), Scale::Logarithmic(_)));
    assert!(matches!(Scale::of(&[0.1, 0.9]), Scale::Linear(_)));
    assert!(matches!(Scale::of(&[0.0, 2.0]), Scale::Linear(_)));
    assert!(matches!(Scale::of(&[-1.0, 2.0]), Scale::Linear(_)));
    let losses = losses(6, |epoch| (1e38 / 1e15_f64.powi(epoch.cast_signed()), None));
    curve_of(&losses, Some(5), "wide");
}

#[test]
fn a_logarithmic_axis_has_ticks_over_its_whole_range() {
    assert_eq!(ticks(&(0.018..0.52)), [0.02, 0.05, 0.1, 0.2, 0.5]);
    for (low, high) in [(0.9, 11.0), (3e-30, 2e30), (1e-7, 1e3), (1e-3, 1e4)] {
        let ticks = ticks(&(low..high));
        assert!((2..=15).contains(&ticks.len()), "{ticks:?}");
        assert!(ticks.iter().all(|tick| (low..high).contains(tick)));
    }
}

#[test]
fn numbers_are_written_with_four_digits() {
    for (value, text) in [
        (0.0, "0"),
        (0.012_345_6, "0.01235"),
        (3.0, "3"),
        (123_456.0, "123456"),
        (1.5e-7, "1.500e-7"),
    ] {
        assert_eq!(number(value), text);
    }
}

/// A picture whose pixels are all different as far as bytes go.
fn picture(width: u32, height: u32, blue: u8) -> Pixels {
    let pixels = (0..height).flat_map(|y| {
        (0..width).flat_map(move |x| [(x * 255 / width) as u8, (y * 255 / height) as u8, blue])
    });
    Pixels::new(width, height, pixels.collect()).unwrap()
}

fn sheet_of(pairs: &[(Pixels, Pixels)], name: &str) -> RgbImage {
    let mut bytes = Vec::new();
    write_reconstructions_png(pairs, &mut bytes).unwrap();
    read(&bytes, &format!("sheet-{name}"))
}

fn pairs(count: usize, side: u32) -> Vec<(Pixels, Pixels)> {
    vec![(picture(side, side, 7), picture(side, side, 201)); count]
}

#[test]
fn a_sheet_of_no_pair_has_its_words_only() {
    let sheet = sheet_of(&[], "none");
    assert!(sheet.pixels().any(|pixel| pixel.0[0] < 100));
    assert!(sheet.height() < 100);
}

#[test]
fn a_small_picture_is_enlarged_without_blur() {
    let (original, made) = (picture(32, 32, 7), picture(32, 32, 201));
    let sheet = sheet_of(&[(original.clone(), made.clone())], "one");
    assert_eq!(sheet.dimensions(), (24 + 2 * 192 + 4, 12 + 28 + 192 + 12));
    for (picture, left) in [(&original, 12), (&made, 12 + 192 + 4)] {
        for (x, y) in (0..192).flat_map(|x| (0..192).map(move |y| (x, y))) {
            let start = ((y / 6 * 32 + x / 6) * 3) as usize;
            let seen = sheet.get_pixel(left + x, 40 + y).0;
            assert_eq!(seen, picture.rgb()[start..start + 3], "{x} {y}");
        }
    }
}

#[test]
fn a_picture_of_middle_size_is_shown_as_it_is_and_a_large_one_is_averaged() {
    let sheet = sheet_of(&pairs(1, 224), "224");
    let shown = |x: u32, y: u32| sheet.get_pixel(12 + x, 40 + y).0;
    let pixels = picture(224, 224, 7);
    assert_eq!(shown(223, 100), pixels.rgb()[(100 * 224 + 223) * 3..][..3]);
    let checks = |side: u32| {
        let bytes = (0..side * side).flat_map(|at| [((at + at / side) % 2 * 200) as u8; 3]);
        Pixels::new(side, side, bytes.collect()).unwrap()
    };
    let sheet = sheet_of(&[(checks(512), checks(512))], "512");
    assert_eq!(sheet.width(), 24 + 2 * 256 + 4);
    for (x, y) in [(0, 0), (255, 255), (100, 31)] {
        assert_eq!(sheet.get_pixel(12 + x, 40 + y).0, [100; 3]);
    }
}

#[test]
fn sheets_stay_narrow_and_show_at_most_twenty_four_pairs() {
    for side in [1, 32, 33, 64, 96, 97, 128, 224, 256, 257, 512, 3000] {
        let sheet = sheet_of(
            &pairs(if side > 600 { 2 } else { 24 }, side),
            &format!("24-{side}"),
        );
        assert!(sheet.width() <= 1600, "{side}: {}", sheet.width());
        assert!(sheet.height() <= 2400, "{side}: {}", sheet.height());
    }
    let shown = sheet_of(&pairs(24, 64), "24");
    assert_eq!(sheet_of(&pairs(30, 64), "30"), shown);
    assert!(sheet_of(&pairs(25, 64)[..20], "20").height() < shown.height());
}

#[test]
fn pictures_of_other_sizes_lie_in_the_middle_of_their_places() {
    let pair = (picture(64, 32, 7), picture(16, 64, 201));
    let sheet = sheet_of(&[pair], "sizes");
    assert_eq!(sheet.dimensions(), (24 + 2 * 192 + 4, 12 + 28 + 192 + 12));
    assert_eq!(sheet.get_pixel(12, 40 + 48).0, [0, 0, 7]);
    assert_eq!(sheet.get_pixel(12, 40 + 47).0, [255; 3]);
    assert_eq!(sheet.get_pixel(12 + 192 + 4 + 72, 40).0, [0, 0, 201]);
}

#[test]
fn a_writer_that_is_full_is_an_error() {
    let mut small = [0_u8; 50];
    let curve = LossCurve {
        loss: "mse",
        epochs: &[],
        best: None,
    };
    let error = write_loss_curve_png(&curve, &mut small[..]).unwrap_err();
    assert!(matches!(error, VizError::Write { .. }), "{error}");
    let error = write_reconstructions_png(&pairs(1, 32), &mut small[..]).unwrap_err();
    assert!(matches!(error, VizError::Write { .. }), "{error}");
}
