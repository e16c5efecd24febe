//! From whatever a decoder gives to 8-bit RGB, in the buffer it was decoded into.

use image::ColorType;

/// How many bytes the one buffer needs for decoding and for the RGB made of it.
pub(super) fn room(color: ColorType, pixels: u64) -> u64 {
    pixels.saturating_mul(u64::from(color.bytes_per_pixel().max(3)))
}

/// Where in that buffer the decoder has to write: at its end, so that pixels that grow never
/// overwrite one that was not read yet.
pub(super) fn start(color: ColorType, buffer: &[u8], pixels: usize) -> usize {
    buffer.len() - pixels * usize::from(color.bytes_per_pixel())
}

/// Turns decoded pixels into RGB; what was transparent is laid over white. `None` for a kind of
/// pixel that this build does not know.
pub(super) fn convert(color: ColorType, mut buffer: Vec<u8>, pixels: usize) -> Option<Vec<u8>> {
    let start = start(color, &buffer, pixels);
    let bytes = &mut buffer[..];
    match color {
        ColorType::Rgb8 => {}
        ColorType::L8 => in_place(bytes, start, pixels, |[gray]| [gray; 3]),
        ColorType::La8 => in_place(bytes, start, pixels, |[gray, alpha]| [over(gray, alpha); 3]),
        ColorType::Rgba8 => in_place(bytes, start, pixels, |[r, g, b, alpha]| {
            [r, g, b].map(|value| over(value, alpha))
        }),
        ColorType::L16 => in_place(bytes, start, pixels, |gray| {
            [narrow(u16::from_ne_bytes(gray)); 3]
        }),
        ColorType::La16 => in_place(bytes, start, pixels, |pixel: [u8; 4]| {
            let [gray, alpha] = shorts(pixel);
            [narrow(over16(gray, alpha)); 3]
        }),
        ColorType::Rgb16 => in_place(bytes, start, pixels, |pixel: [u8; 6]| {
            shorts::<6, 3>(pixel).map(narrow)
        }),
        ColorType::Rgba16 => in_place(bytes, start, pixels, |pixel: [u8; 8]| {
            let [r, g, b, alpha] = shorts(pixel);
            [r, g, b].map(|value| narrow(over16(value, alpha)))
        }),
        ColorType::Rgb32F => in_place(bytes, start, pixels, |pixel: [u8; 12]| {
            floats::<12, 3>(pixel).map(|value| (value * 255.0).round() as u8)
        }),
        ColorType::Rgba32F => in_place(bytes, start, pixels, |pixel: [u8; 16]| {
            let [r, g, b, alpha] = floats(pixel);
            [r, g, b].map(|value| ((value * alpha + 1.0 - alpha) * 255.0).round() as u8)
        }),
        _ => return None,
    }
    buffer.truncate(pixels * 3);
    buffer.shrink_to_fit();
    Some(buffer)
}

fn in_place<const N: usize>(
    buffer: &mut [u8],
    start: usize,
    pixels: usize,
    convert: impl Fn([u8; N]) -> [u8; 3],
) {
    for index in 0..pixels {
        let pixel = buffer[start + index * N..]
            .first_chunk()
            .expect("the buffer holds all pixels");
        let rgb = convert(*pixel);
        buffer[index * 3..index * 3 + 3].copy_from_slice(&rgb);
    }
}

/// Lays a value over white.
fn over(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn over16(value: u16, alpha: u16) -> u16 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 65535 * (65535 - alpha) + 32767) / 65535) as u16
}

/// Brings 16 bits to the nearest of 8.
fn narrow(value: u16) -> u8 {
    ((u32::from(value) + 128) / 257) as u8
}

fn shorts<const BYTES: usize, const N: usize>(pixel: [u8; BYTES]) -> [u16; N] {
    std::array::from_fn(|i| u16::from_ne_bytes([pixel[2 * i], pixel[2 * i + 1]]))
}

/// Floats in [0, 1]; one that is not a number stays so, and becomes 0 as an integer.
fn floats<const BYTES: usize, const N: usize>(pixel: [u8; BYTES]) -> [f32; N] {
    std::array::from_fn(|i| {
        let bytes = std::array::from_fn(|byte| pixel[4 * i + byte]);
        f32::from_ne_bytes(bytes).clamp(0.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::DynamicImage;

    const KINDS: [ColorType; 10] = [
        ColorType::L8,
        ColorType::La8,
        ColorType::Rgb8,
        ColorType::Rgba8,
        ColorType::L16,
        ColorType::La16,
        ColorType::Rgb16,
        ColorType::Rgba16,
        ColorType::Rgb32F,
        ColorType::Rgba32F,
    ];

    /// The slow twin: through `image`'s own conversion to 16-bit RGBA.
    fn plain(picture: &DynamicImage) -> Vec<u8> {
        let over_white = |pixel: [u16; 4]| {
            let alpha = f64::from(pixel[3]) / 65535.0;
            [pixel[0], pixel[1], pixel[2]].map(|value| {
                let value = f64::from(value) / 65535.0;
                ((value * alpha + 1.0 - alpha) * 255.0).round() as u8
            })
        };
        let rgba = picture.to_rgba16();
        rgba.pixels()
            .flat_map(|pixel| over_white(pixel.0))
            .collect()
    }

    #[test]
    fn every_kind_of_pixel_becomes_what_it_looks_like_over_white() {
        for color in KINDS {
            for pixels in [1, 2, 3, 64] {
                let mut buffer = vec![0; room(color, pixels as u64) as usize];
                let at = start(color, &buffer, pixels);
                let floats = matches!(color, ColorType::Rgb32F | ColorType::Rgba32F);
                for (index, byte) in buffer[at..].iter_mut().enumerate() {
                    *byte = (index * 37 + 11) as u8;
                }
                if floats {
                    for (index, bytes) in buffer[at..].chunks_exact_mut(4).enumerate() {
                        bytes.copy_from_slice(&((index % 11) as f32 / 10.0).to_ne_bytes());
                    }
                }
                let picture = dynamic(color, pixels as u32, &buffer[at..]);
                let converted = convert(color, buffer, pixels).unwrap();
                for (got, wanted) in converted.iter().zip(plain(&picture)) {
                    assert!(got.abs_diff(wanted) <= 1, "{color:?}: {got} for {wanted}");
                }
                assert_eq!(converted.len(), pixels * 3);
            }
        }
    }

    fn dynamic(color: ColorType, width: u32, bytes: &[u8]) -> DynamicImage {
        let mut picture = DynamicImage::new(width, 1, color);
        let shorts = || {
            bytes
                .chunks_exact(2)
                .map(|b| u16::from_ne_bytes([b[0], b[1]]))
        };
        let floats = || {
            let float = |b: &[u8]| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]);
            bytes.chunks_exact(4).map(float)
        };
        match &mut picture {
            DynamicImage::ImageLuma8(p) => p.copy_from_slice(bytes),
            DynamicImage::ImageLumaA8(p) => p.copy_from_slice(bytes),
            DynamicImage::ImageRgb8(p) => p.copy_from_slice(bytes),
            DynamicImage::ImageRgba8(p) => p.copy_from_slice(bytes),
            DynamicImage::ImageLuma16(p) => p.iter_mut().zip(shorts()).for_each(|(a, b)| *a = b),
            DynamicImage::ImageLumaA16(p) => p.iter_mut().zip(shorts()).for_each(|(a, b)| *a = b),
            DynamicImage::ImageRgb16(p) => p.iter_mut().zip(shorts()).for_each(|(a, b)| *a = b),
            DynamicImage::ImageRgba16(p) => p.iter_mut().zip(shorts()).for_each(|(a, b)| *a = b),
            DynamicImage::ImageRgb32F(p) => p.iter_mut().zip(floats()).for_each(|(a, b)| *a = b),
            DynamicImage::ImageRgba32F(p) => p.iter_mut().zip(floats()).for_each(|(a, b)| *a = b),
            _ => unreachable!("all kinds are listed"),
        }
        picture
    }
}
