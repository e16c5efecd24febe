//! Bringing a picture to the size that a model wants.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use imgcluster_core::{CropRounding, Filter, InputSpec, Pixels, Resize, Span};

use crate::EmbedError;

/// A part of a picture: left, top, width, height.
pub(crate) type Part = (f64, f64, f64, f64);

/// Brings a picture to a model's size with the model's filter: squashed, cropped in the middle, or
/// on black.
///
/// The pixels are those of Pillow, up to rounding: a crop is cut out of the whole picture resized
/// (rounded to whole pixels as the model's [`CropRounding`] says), of which only that part is computed. Of a reduced picture exactly what its original covers is used.
/// A picture that has the size is copied unchanged.
///
/// The same bytes on every machine.
///
/// # Errors
/// If the resizer refuses, which it does for no picture that is not empty.
pub fn fit(pixels: &Pixels, input: &InputSpec) -> Result<Pixels, EmbedError> {
    let wanted = (input.width.get(), input.height.get());
    let (whole, rounding) = match input.resize {
        Resize::Squash => (wanted, CropRounding::Down),
        Resize::Crop { shorter, rounding } => {
            (with_shorter(pixels, shorter.get(), rounding), rounding)
        }
        Resize::Letterbox => (inside(pixels, wanted.0, wanted.1), CropRounding::Down),
    };
    // What is seen of the whole, and where that begins.
    let (across, width) = middle(pixels.across(), whole.0, wanted.0, rounding);
    let (down, height) = middle(pixels.down(), whole.1, wanted.1, rounding);
    let as_it_is = (pixels.width(), pixels.height()) == whole && whole == wanted;
    let seen = if as_it_is {
        pixels.clone()
    } else {
        let part = (across.0, down.0, across.1, down.1);
        filtered(pixels, part, (width, height), input.filter)?
    };
    if (width, height) == wanted {
        return Ok(seen);
    }
    Ok(on_black(&seen, wanted.0, wanted.1))
}

/// Resizes a part of a picture as Pillow does.
fn filtered(
    pixels: &Pixels,
    part: Part,
    size: (u32, u32),
    filter: Filter,
) -> Result<Pixels, EmbedError> {
    let (filter, reach) = match filter {
        // Without overshoot the order of the passes is seen in rounding alone.
        Filter::Bilinear => {
            let algorithm = ResizeAlg::Convolution(FilterType::Bilinear);
            return resize(pixels, Some(part), size, algorithm);
        }
        Filter::Bicubic => (FilterType::CatmullRom, 2.0),
        Filter::Lanczos => (FilterType::Lanczos3, 3.0),
    };
    // Overshoot is cut off after each pass, so the order shows: Pillow goes across first, over the
    // rows that the second pass is going to see.
    let (left, top, width, height) = part;
    let reach = reach * (height / f64::from(size.1)).max(1.0) + 1.0;
    let first = (top - reach).floor().max(0.0);
    let last = (top + height + reach)
        .ceil()
        .min(f64::from(pixels.height()));
    let rows = ((last - first) as u32).max(1);
    let algorithm = ResizeAlg::Convolution(filter);
    let narrow = resize(
        pixels,
        Some((left, first, width, f64::from(rows))),
        (size.0, rows),
        algorithm,
    )?;
    let part = (0.0, top - first, f64::from(size.0), height);
    resize(&narrow, Some(part), size, algorithm)
}

/// The sides of the original.
fn original(pixels: &Pixels) -> (u32, u32) {
    (pixels.across().original.get(), pixels.down().original.get())
}

/// The size with the proportions of the picture whose shorter side is `shorter`.
fn with_shorter(pixels: &Pixels, shorter: u32, rounding: CropRounding) -> (u32, u32) {
    let (width, height) = original(pixels);
    let longer = |long: u32, short: u32| {
        let half = match rounding {
            CropRounding::Down | CropRounding::HalfToEven => 0,
            CropRounding::NearestSide => u64::from(short) / 2,
        };
        let length = (u64::from(shorter) * u64::from(long) + half) / u64::from(short);
        u32::try_from(length).unwrap_or(u32::MAX)
    };
    if width < height {
        (shorter, longer(height, width))
    } else {
        (longer(width, height), shorter)
    }
}

/// The largest size within `width × height` with the proportions of the picture.
fn inside(pixels: &Pixels, width: u32, height: u32) -> (u32, u32) {
    let (have_width, have_height) = original(pixels);
    let (have_width, have_height) = (f64::from(have_width), f64::from(have_height));
    let scale = (f64::from(width) / have_width).min(f64::from(height) / have_height);
    let scaled = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    (scaled(have_width, width), scaled(have_height, height))
}

/// Which columns of the picture become the middle `wanted` of `whole` (start and length), and how
/// many they become; all of them if there are fewer.
fn middle(span: Span, whole: u32, wanted: u32, rounding: CropRounding) -> ((f64, f64), u32) {
    let (start, length) = span.part();
    if whole <= wanted {
        return ((start, length), whole);
    }
    let margins = f64::from(whole - wanted) / 2.0;
    let before = match rounding {
        CropRounding::Down | CropRounding::NearestSide => margins.floor(),
        CropRounding::HalfToEven => margins.round_ties_even(),
    };
    let per_pixel = length / f64::from(whole);
    let seen = (start + before * per_pixel, f64::from(wanted) * per_pixel);
    (seen, wanted)
}

fn on_black(picture: &Pixels, width: u32, height: u32) -> Pixels {
    let (left, top) = (
        (width - picture.width()) / 2,
        (height - picture.height()) / 2,
    );
    let mut rgb = vec![0; width as usize * height as usize * 3];
    let row_bytes = picture.width() as usize * 3;
    for (row, line) in picture.rgb().chunks_exact(row_bytes).enumerate() {
        let start = ((top as usize + row) * width as usize + left as usize) * 3;
        rgb[start..start + row_bytes].copy_from_slice(line);
    }
    Pixels::new(width, height, rgb).expect("the bytes were counted out above")
}

/// Resizes a picture, or a part of it, to `size`.
pub(crate) fn resize(
    pixels: &Pixels,
    part: Option<Part>,
    size: (u32, u32),
    algorithm: ResizeAlg,
) -> Result<Pixels, EmbedError> {
    let failed = |source| EmbedError::Resize {
        width: pixels.width(),
        height: pixels.height(),
        source,
    };
    let source = ImageRef::new(
        pixels.width(),
        pixels.height(),
        pixels.rgb(),
        PixelType::U8x3,
    )
    .expect("`Pixels` has exactly the bytes of its size");
    let mut options = ResizeOptions::new().resize_alg(algorithm);
    if let Some((left, top, width, height)) = part {
        // Rounding must not lead out of the picture.
        let width = width.min(f64::from(pixels.width()) - left);
        let height = height.min(f64::from(pixels.height()) - top);
        options = options.crop(left, top, width, height);
    }
    let mut resized = Image::new(size.0, size.1, PixelType::U8x3);
    Resizer::new()
        .resize(&source, &mut resized, &options)
        .map_err(failed)?;
    Ok(Pixels::new(size.0, size.1, resized.into_vec()).expect("the resizer keeps to the size"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn spec(width: u32, height: u32, resize: Resize) -> InputSpec {
        InputSpec {
            width: NonZeroU32::new(width).unwrap(),
            height: NonZeroU32::new(height).unwrap(),
            resize,
            filter: Filter::Bilinear,
        }
    }

    fn crop(shorter: u32) -> Resize {
        cropped(shorter, CropRounding::Down)
    }

    fn cropped(shorter: u32, rounding: CropRounding) -> Resize {
        Resize::Crop {
            shorter: NonZeroU32::new(shorter).unwrap(),
            rounding,
        }
    }

    /// Black on the left, white on the right, gray of `middle` columns between.
    fn stripes(width: u32, height: u32, middle: u32) -> Pixels {
        let side = (width - middle) / 2;
        let value = |x: u32| match x {
            x if x < side => 0,
            x if x < side + middle => 128,
            _ => 255,
        };
        let row: Vec<u8> = (0..width).flat_map(|x| [value(x); 3]).collect();
        Pixels::new(width, height, row.repeat(height as usize)).unwrap()
    }

    #[test]
    fn one_pixel_and_extreme_proportions_get_any_size() {
        for resize in [Resize::Squash, crop(16), Resize::Letterbox] {
            for (width, height) in [(1, 1), (9000, 1), (1, 9000), (3, 2)] {
                let pixels = Pixels::new(width, height, vec![80; (width * height * 3) as usize]);
                let fitted = fit(&pixels.unwrap(), &spec(16, 8, resize)).unwrap();
                assert_eq!((fitted.width(), fitted.height()), (16, 8));
                let allowed: &[u8] = if resize == Resize::Letterbox {
                    &[0, 80]
                } else {
                    &[80]
                };
                assert!(fitted.rgb().iter().all(|value| allowed.contains(value)));
                assert!(fitted.rgb().contains(&80));
            }
        }
    }

    #[test]
    fn a_picture_of_the_size_is_left_alone() {
        let pixels = stripes(8, 8, 2);
        assert_eq!(fit(&pixels, &spec(8, 8, Resize::Squash)).unwrap(), pixels);
    }

    #[test]
    fn a_crop_keeps_the_middle_and_a_letterbox_everything() {
        let pixels = stripes(300, 100, 100);
        let cropped = fit(&pixels, &spec(10, 10, crop(10))).unwrap();
        // At the edges the filter sees beyond the crop, as if it were resized first.
        let inner = |row: &[u8]| row[3..27].iter().all(|value| *value == 128);
        assert!(cropped.rgb().chunks_exact(30).all(inner));
        let boxed = fit(&pixels, &spec(30, 30, Resize::Letterbox)).unwrap();
        let row = |y: usize| &boxed.rgb()[y * 90..][..90];
        assert!(row(0).iter().chain(row(29)).all(|value| *value == 0));
        assert_eq!((row(15)[45], row(15)[87]), (128, 255));
        let squashed = fit(&pixels, &spec(30, 30, Resize::Squash)).unwrap();
        assert_eq!(
            (squashed.rgb()[0], squashed.rgb()[45], squashed.rgb()[87]),
            (0, 128, 255)
        );
    }

    /// The slow twin: the whole picture resized, then the middle cut out.
    fn cut(
        pixels: &Pixels,
        input: &InputSpec,
        (width, height): (u32, u32),
        margin: impl Fn(u32) -> u32,
    ) -> Vec<u8> {
        let whole = InputSpec {
            resize: Resize::Squash,
            ..spec(width, height, Resize::Squash)
        };
        let whole = fit(pixels, &whole).unwrap();
        let (wide, high) = (input.width.get(), input.height.get());
        let (left, top) = (margin(width - wide), margin(height - high));
        let row = |y: u32| {
            let start = (((top + y) * width + left) * 3) as usize;
            &whole.rgb()[start..start + wide as usize * 3]
        };
        (0..high).flat_map(row).copied().collect()
    }

    /// Values that change fast and repeat nowhere.
    fn noise(width: u32, height: u32) -> Pixels {
        let value = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
        Pixels::new(width, height, (0..width * height * 3).map(value).collect()).unwrap()
    }

    #[test]
    fn a_crop_is_cut_out_of_the_resized_picture_to_the_last_level() {
        use CropRounding::{Down, HalfToEven, NearestSide};
        // What Python's `int` and `round` make of half of it.
        let down = |margins: u32| margins / 2;
        let to_even = |margins: u32| margins / 2 + u32::from(margins % 4 == 3);
        // 31.8, 36.57, 155 and 16 pixels of the longer side.
        for (width, height, shorter, longer, nearest) in [
            (97, 61, 20, 31, 32),
            (61, 97, 23, 36, 37),
            (40, 200, 31, 155, 155),
            (33, 33, 16, 16, 16),
        ] {
            let pixels = noise(width, height);
            for (rounding, longer, margin) in [
                (Down, longer, &down as &dyn Fn(u32) -> u32),
                (HalfToEven, longer, &to_even),
                (NearestSide, nearest, &down),
            ] {
                let input = spec(16, 15, cropped(shorter, rounding));
                let fitted = fit(&pixels, &input).unwrap();
                let whole = if width < height {
                    (shorter, longer)
                } else {
                    (longer, shorter)
                };
                let wanted = cut(&pixels, &input, whole, margin);
                for (got, wanted) in fitted.rgb().iter().zip(wanted) {
                    assert!(
                        got.abs_diff(wanted) <= 1,
                        "{width} × {height}, {rounding:?}: {got}, {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_picture_of_the_size_is_still_enlarged_before_it_is_cropped() {
        let pixels = noise(16, 16);
        assert_eq!(fit(&pixels, &spec(16, 16, crop(16))).unwrap(), pixels);
        assert_ne!(fit(&pixels, &spec(16, 16, crop(18))).unwrap(), pixels);
    }

    #[test]
    fn a_crop_of_more_than_there_is_stands_on_black() {
        let pixels = Pixels::new(20, 10, vec![80; 600]).unwrap();
        let fitted = fit(&pixels, &spec(8, 8, crop(4))).unwrap();
        let rows: Vec<u8> = fitted.rgb().chunks_exact(24).map(|row| row[9]).collect();
        assert_eq!(rows, [0, 0, 80, 80, 80, 80, 0, 0]);
    }

    #[test]
    fn of_a_reduced_picture_exactly_what_the_original_covers_is_used() {
        // 102 columns in blocks of 4, rising by 2 a column: the last block lies half outside.
        let length = |value| NonZeroU32::new(value).unwrap();
        let span = |original, outside| Span {
            original: length(original),
            block: length(4),
            outside,
        };
        let gray = |values: Vec<u8>| values.iter().flat_map(|v| [*v; 3]).collect::<Vec<u8>>();
        let full = gray((0..102).map(|x| x * 2).collect());
        let full = Pixels::new(102, 4, full.repeat(4)).unwrap();
        let means: Vec<u8> = (0..26).map(|block| block * 8 + 3).collect();
        let mirrored = gray(means.iter().rev().copied().collect());
        let left = Pixels::reduced(span(102, 0), span(4, 0), gray(means)).unwrap();
        let right = Pixels::reduced(span(102, 2), span(4, 0), mirrored).unwrap();
        // Taken for 104 columns, the third of four would be darker by two and a half levels.
        let input = spec(4, 1, Resize::Squash);
        let column = |pixels, at: usize| fit(pixels, &input).unwrap().rgb()[3 * at];
        assert!(column(&full, 2).abs_diff(column(&left, 2)) <= 1);
        assert!(column(&full, 2).abs_diff(column(&right, 1)) <= 1);
    }

    #[test]
    fn fine_detail_is_averaged_and_not_sampled() {
        let row: Vec<u8> = (0..512).flat_map(|x| [(x % 2 * 255) as u8; 3]).collect();
        let pixels = Pixels::new(512, 64, row.repeat(64)).unwrap();
        let fitted = fit(&pixels, &spec(32, 32, Resize::Squash)).unwrap();
        assert!(fitted.rgb().iter().all(|value| value.abs_diff(128) <= 4));
    }
}
