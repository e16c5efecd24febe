//! Gray pictures and their small versions, as Pillow makes them.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use imgcluster_core::Pixels;

/// A gray picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gray {
    width: u32,
    height: u32,
    values: Vec<u8>,
}

impl Gray {
    /// Takes values, rows from the top; as many as pixels.
    pub(crate) fn new(width: u32, height: u32, values: Vec<u8>) -> Self {
        Self {
            width,
            height,
            values,
        }
    }

    /// Weighs red, green and blue as Pillow's `convert("L")` does (ITU-R 601-2, in integers).
    pub(crate) fn of(pixels: &Pixels) -> Self {
        let luma = |[r, g, b]: &[u8; 3]| {
            let (r, g, b) = (u32::from(*r), u32::from(*g), u32::from(*b));
            ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16) as u8
        };
        Self {
            width: pixels.width(),
            height: pixels.height(),
            values: pixels.rgb().as_chunks::<3>().0.iter().map(luma).collect(),
        }
    }

    /// The length of the shorter side.
    pub(crate) fn shorter_side(&self) -> u32 {
        self.width.min(self.height)
    }

    /// Its sides: width and height.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Makes it `width × height` with the Lanczos filter; rows from the top.
    pub(crate) fn resized(&self, width: u32, height: u32) -> Vec<u8> {
        self.filtered(width, height, FilterType::Lanczos3)
    }

    /// Makes it `width × height` with a triangle as filter; rows from the top.
    pub(crate) fn resized_bilinear(&self, width: u32, height: u32) -> Vec<u8> {
        self.filtered(width, height, FilterType::Bilinear)
    }

    fn filtered(&self, width: u32, height: u32, filter: FilterType) -> Vec<u8> {
        if (width, height) == self.size() {
            return self.values.clone();
        }
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
        let source = ImageRef::new(self.width, self.height, &self.values, PixelType::U8)
            .expect("one byte a pixel");
        let mut small = Image::new(width, height, PixelType::U8);
        Resizer::new()
            .resize(&source, &mut small, &options)
            .expect("both are gray, and no part was asked for that could lie outside");
        small.into_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_stays_gray_and_green_weighs_most() {
        let rgb = vec![
            0, 0, 0, 255, 255, 255, 77, 77, 77, 255, 0, 0, 0, 255, 0, 0, 0, 255,
        ];
        let gray = Gray::of(&Pixels::new(6, 1, rgb).unwrap());
        assert_eq!(gray.values, [0, 255, 77, 76, 150, 29]);
    }

    #[test]
    fn one_pixel_fills_any_size() {
        let gray = Gray::of(&Pixels::new(1, 1, vec![9; 3]).unwrap());
        assert_eq!(gray.resized(8, 8), [9; 64]);
        assert_eq!(gray.shorter_side(), 1);
    }
}
