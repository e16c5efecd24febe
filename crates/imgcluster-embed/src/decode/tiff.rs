//! What the TIFF decoder does not do: pictures with a palette, and telling photos kept as RAW.

use super::ifd::Ifd;

const PHOTOMETRIC: u16 = 0x106;
const BITS: u16 = 0x102;
const COLOUR_MAP: u16 = 0x140;

/// A palette of 256 colours, and the file changed so that its indices are read as gray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Palette {
    /// The file, said to be gray.
    pub(super) as_gray: Vec<u8>,
    colours: Vec<[u8; 3]>,
}

impl Palette {
    /// Finds the palette of a picture of 8 bits a pixel.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        const PALETTE: u32 = 3;
        const GRAY: u8 = 1;
        let ifd = Ifd::first(bytes)?;
        if ifd.integer(PHOTOMETRIC)? != PALETTE || ifd.integer(BITS)? != 8 {
            return None;
        }
        // All reds, then all greens, then all blues; 16 bits each, of which the upper 8 count. Some
        // programs write 8 bits, which as 16 would be all but black.
        let map = ifd.shorts(COLOUR_MAP, 3 * 256)?;
        let shift = if map.iter().any(|value| *value >= 256) {
            8
        } else {
            0
        };
        let colour = |index: usize| [0, 256, 512].map(|plane| (map[plane + index] >> shift) as u8);
        let mut as_gray = bytes.to_vec();
        let value = as_gray.get_mut(ifd.value_of(PHOTOMETRIC)?)?;
        *value = GRAY;
        Some(Self {
            as_gray,
            colours: (0..256).map(colour).collect(),
        })
    }

    /// Turns indices that were read as gray into colours.
    pub(super) fn paint(&self, rgb: &mut [u8]) {
        for pixel in rgb.as_chunks_mut::<3>().0 {
            *pixel = self.colours[usize::from(pixel[0])];
        }
    }
}

/// Tells a camera's RAW file from a picture kept as TIFF: its first directory is of DNG, or of a
/// small copy with the photo elsewhere.
pub(super) fn is_raw(bytes: &[u8]) -> bool {
    const DNG_VERSION: u16 = 0xc612;
    const SUB_DIRECTORIES: u16 = 0x14a;
    const SUBFILE_TYPE: u16 = 0xfe;
    Ifd::first(bytes).is_some_and(|ifd| {
        let small_copy = ifd.integer(SUBFILE_TYPE).is_some_and(|kind| kind & 1 == 1);
        ifd.has(DNG_VERSION) || (small_copy && ifd.has(SUB_DIRECTORIES))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pixels with the indices 0, 1 and 255; the palette is red up, green down, blue odd.
    pub(super) fn palette_picture() -> Vec<u8> {
        let entries: [(u16, u16, u32, u32); 9] = [
            (0x100, 3, 1, 3 << 16), // width
            (0x101, 3, 1, 1 << 16), // height
            (0x102, 3, 1, 8 << 16), // bits
            (0x103, 3, 1, 1 << 16), // no compression
            (0x106, 3, 1, 3 << 16), // palette
            (0x111, 4, 1, 122),     // where the pixels are
            (0x116, 3, 1, 1 << 16), // rows in a strip
            (0x117, 4, 1, 3),       // bytes in a strip
            (0x140, 3, 768, 126),   // where the palette is
        ];
        let mut bytes = b"MM\0*\0\0\0\x08\0\x09".to_vec();
        for (tag, kind, count, value) in entries {
            bytes.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
            bytes.extend([count.to_be_bytes(), value.to_be_bytes()].concat());
        }
        bytes.extend([0, 0, 0, 0, 0, 1, 255, 0]);
        let planes: [fn(u16) -> u16; 3] = [|i| i, |i| 255 - i, |i| i % 2 * 200];
        for plane in planes {
            bytes.extend((0..256).flat_map(|index| (plane(index) * 257).to_be_bytes()));
        }
        bytes
    }

    #[test]
    fn indices_become_the_colours_of_the_palette() {
        let palette = Palette::of(&palette_picture()).unwrap();
        let gray = image::load_from_memory(&palette.as_gray).unwrap();
        let mut rgb = gray.to_rgb8().into_raw();
        palette.paint(&mut rgb);
        assert_eq!(rgb, [0, 255, 0, 1, 254, 200, 255, 0, 200]);
    }

    #[test]
    fn a_palette_of_8_bits_is_not_taken_for_black() {
        let mut bytes = palette_picture();
        for value in bytes[126..].chunks_exact_mut(2) {
            value[0] = 0;
        }
        let palette = Palette::of(&bytes).unwrap();
        assert_eq!(palette.colours[1], [1, 254, 200]);
    }

    #[test]
    fn a_palette_that_is_cut_is_none() {
        let bytes = palette_picture();
        for length in 0..bytes.len() {
            assert_eq!(Palette::of(&bytes[..length]), None);
        }
    }
}
