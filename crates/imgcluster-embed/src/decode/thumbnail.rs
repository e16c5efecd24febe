//! Small JPEGs for reports.

use fast_image_resize::{FilterType, ResizeAlg};
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use imgcluster_core::Pixels;

use crate::fit::resize;

const QUALITY: u8 = 75;

/// Encodes a picture with its longest side at most `side` pixels.
pub(super) fn thumbnail(pixels: &Pixels, side: u32) -> Option<Vec<u8>> {
    let longest = pixels.width().max(pixels.height());
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side) + u64::from(longest / 2);
        ((length / u64::from(longest)) as u32).max(1)
    };
    let small;
    let shown = if longest <= side {
        pixels
    } else {
        // Far too many pixels are thinned out first; nobody sees the difference at this size.
        let algorithm = if longest / side >= 8 {
            ResizeAlg::SuperSampling(FilterType::Bilinear, 4)
        } else {
            ResizeAlg::Convolution(FilterType::Bilinear)
        };
        let (width, height) = (scaled(pixels.width()), scaled(pixels.height()));
        small = resize(pixels, None, (width, height), algorithm).ok()?;
        &small
    };
    let mut encoded = Vec::with_capacity(4096);
    JpegEncoder::new_with_quality(&mut encoded, QUALITY)
        .encode(
            shown.rgb(),
            shown.width(),
            shown.height(),
            ExtendedColorType::Rgb8,
        )
        .ok()?;
    Some(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(width: u32, height: u32) -> (u32, u32) {
        let rgb = vec![90; (width * height * 3) as usize];
        let pixels = Pixels::new(width, height, rgb).unwrap();
        let encoded = thumbnail(&pixels, 128).unwrap();
        let decoded = image::load_from_memory(&encoded).unwrap();
        assert!(
            decoded
                .to_rgb8()
                .iter()
                .all(|value| value.abs_diff(90) <= 2)
        );
        (decoded.width(), decoded.height())
    }

    #[test]
    fn the_longest_side_is_brought_to_the_size_and_never_enlarged() {
        assert_eq!(sizes(1, 1), (1, 1));
        assert_eq!(sizes(128, 2), (128, 2));
        assert_eq!(sizes(300, 200), (128, 85));
        assert_eq!(sizes(200, 3000), (9, 128));
        assert_eq!(sizes(30_000, 2), (128, 1));
    }
}
