//! How a camera was held: reading it from EXIF, and turning pixels upright.

use imgcluster_core::Span;

/// What to do to stored pixels to see them upright: first the rows and columns are exchanged,
/// then left and right, then top and bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orientation {
    transpose: bool,
    mirror: bool,
    flip: bool,
}

impl Orientation {
    /// From the EXIF value; anything but 2 to 8 is upright.
    pub(super) fn from_exif(value: u32) -> Self {
        let of = |transpose, mirror, flip| Self {
            transpose,
            mirror,
            flip,
        };
        match value {
            2 => of(false, true, false),
            3 => of(false, true, true),
            4 => of(false, false, true),
            5 => of(true, false, false),
            6 => of(true, true, false),
            7 => of(true, true, true),
            8 => of(true, false, true),
            _ => Self::default(),
        }
    }

    /// From a block of EXIF, with or without its `Exif` mark; upright if it does not say.
    pub(super) fn from_exif_block(block: &[u8]) -> Self {
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        let value = super::ifd::Ifd::first(block).and_then(|ifd| ifd.integer(0x112));
        Self::from_exif(value.unwrap_or(1))
    }

    /// Whether width and height change places.
    pub(super) fn turns(self) -> bool {
        self.transpose
    }

    /// How the columns and rows lie after turning.
    pub(super) fn spans(self, mut across: Span, mut down: Span) -> (Span, Span) {
        if self.transpose {
            (across, down) = (down, across);
        }
        if self.mirror {
            across = across.mirrored();
        }
        if self.flip {
            down = down.mirrored();
        }
        (across, down)
    }

    /// Turns `width × height` RGB pixels upright.
    pub(super) fn apply(self, width: u32, height: u32, mut rgb: Vec<u8>) -> (u32, u32, Vec<u8>) {
        let (mut width, mut height) = (width as usize, height as usize);
        if self.transpose {
            rgb = transposed(width, height, &rgb);
            (width, height) = (height, width);
        }
        let (pixels, _) = rgb.as_chunks_mut::<3>();
        if self.mirror && self.flip {
            pixels.reverse();
        } else if self.mirror {
            pixels.chunks_exact_mut(width).for_each(<[_]>::reverse);
        } else if self.flip {
            for row in 0..height / 2 {
                let (above, below) = pixels.split_at_mut((height - 1 - row) * width);
                above[row * width..][..width].swap_with_slice(&mut below[..width]);
            }
        }
        (width as u32, height as u32, rgb)
    }
}

/// Exchanges rows and columns, in squares that stay in the processor's cache.
fn transposed(width: usize, height: usize, rgb: &[u8]) -> Vec<u8> {
    const SQUARE: usize = 32;
    let (pixels, _) = rgb.as_chunks::<3>();
    let mut turned = vec![0; rgb.len()];
    let (target, _) = turned.as_chunks_mut::<3>();
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for x in left..width.min(left + SQUARE) {
                for y in top..height.min(top + SQUARE) {
                    target[x * height + y] = pixels[y * width + x];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where EXIF says the stored pixel (x, y) is seen, written out case by case.
    fn seen_at(value: u32, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        let (right, bottom) = (width - 1 - x, height - 1 - y);
        match value {
            2 => (right, y),
            3 => (right, bottom),
            4 => (x, bottom),
            5 => (y, x),
            6 => (bottom, x),
            7 => (bottom, right),
            8 => (y, right),
            _ => (x, y),
        }
    }

    #[test]
    fn every_pixel_goes_where_exif_says() {
        for (width, height) in [(1, 1), (1, 5), (5, 1), (3, 2), (70, 33)] {
            let pixels: Vec<[u8; 3]> = (0..width * height)
                .map(|i| [i as u8, (i >> 8) as u8, 7])
                .collect();
            for value in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255] {
                let (new_width, new_height, turned) = Orientation::from_exif(value).apply(
                    width as u32,
                    height as u32,
                    pixels.as_flattened().to_vec(),
                );
                assert_eq!(new_width * new_height, (width * height) as u32);
                for y in 0..height {
                    for x in 0..width {
                        let (to_x, to_y) = seen_at(value, x, y, width, height);
                        let at = (to_y * new_width as usize + to_x) * 3;
                        assert_eq!(turned[at..at + 3], pixels[y * width + x], "value {value}");
                    }
                }
            }
        }
    }
}
