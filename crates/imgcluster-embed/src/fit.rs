//! Bringing a picture to the size that a model wants.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use imgcluster_core::{Filter, InputSpec, Pixels, Resize};

use crate::EmbedError;

/// A part of a picture: left, top, width, height.
pub(crate) type Part = (f64, f64, f64, f64);

/// Brings a picture to a model's size with the model's filter: squashed, cropped in the middle, or
/// on black.
///
/// A picture that has the size is copied unchanged. The same bytes on every machine.
///
/// # Errors
/// If the resizer refuses, which it does for no picture that is not empty.
pub fn fit(pixels: &Pixels, input: &InputSpec) -> Result<Pixels, EmbedError> {
    let (width, height) = (input.width.get(), input.height.get());
    if (pixels.width(), pixels.height()) == (width, height) {
        return Ok(pixels.clone());
    }
    let algorithm = ResizeAlg::Convolution(match input.filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
        Filter::Lanczos => FilterType::Lanczos3,
    });
    match input.resize {
        Resize::Squash => resize(pixels, None, (width, height), algorithm),
        Resize::Crop { .. } => resize(
            pixels,
            Some(middle(pixels, width, height)),
            (width, height),
            algorithm,
        ),
        Resize::Letterbox => {
            let inner = inside(pixels, width, height);
            let picture = resize(pixels, None, inner, algorithm)?;
            Ok(on_black(&picture, width, height))
        }
    }
}

/// The largest middle part with the proportions of `width × height`.
fn middle(pixels: &Pixels, width: u32, height: u32) -> Part {
    let (have_width, have_height) = (f64::from(pixels.width()), f64::from(pixels.height()));
    let scale = (have_width / f64::from(width)).min(have_height / f64::from(height));
    // Rounding must not lead out of the picture.
    let part_width = (f64::from(width) * scale).min(have_width);
    let part_height = (f64::from(height) * scale).min(have_height);
    let (left, top) = (
        (have_width - part_width) / 2.0,
        (have_height - part_height) / 2.0,
    );
    (left, top, part_width, part_height)
}

/// The largest size within `width × height` with the proportions of the picture.
fn inside(pixels: &Pixels, width: u32, height: u32) -> (u32, u32) {
    let (have_width, have_height) = (f64::from(pixels.width()), f64::from(pixels.height()));
    let scale = (f64::from(width) / have_width).min(f64::from(height) / have_height);
    let scaled = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    (scaled(have_width, width), scaled(have_height, height))
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
        Resize::Crop {
            shorter: NonZeroU32::new(shorter).unwrap(),
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
        for resize in [Resize::Squash, crop(8), Resize::Letterbox] {
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

    #[test]
    fn fine_detail_is_averaged_and_not_sampled() {
        let row: Vec<u8> = (0..512).flat_map(|x| [(x % 2 * 255) as u8; 3]).collect();
        let pixels = Pixels::new(512, 64, row.repeat(64)).unwrap();
        let fitted = fit(&pixels, &spec(32, 32, Resize::Squash)).unwrap();
        assert!(fitted.rgb().iter().all(|value| value.abs_diff(128) <= 4));
    }
}
