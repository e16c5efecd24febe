//! Decoded pictures and batches of them.

use std::num::NonZeroU32;

/// An upright 8-bit RGB picture: rows from the top, three bytes a pixel, no padding.
///
/// It may show an original of more pixels; then it knows how its columns and rows lie over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: NonZeroU32,
    height: NonZeroU32,
    across: Span,
    down: Span,
    rgb: Vec<u8>,
}

/// How the columns (or rows) of a reduced picture lie over those of its original.
///
/// Each stands for `block` of the original. The first and the last may reach beyond the edge: a
/// picture of 10 columns in blocks of 4 has three, and the last covers two. Where such a picture is
/// mirrored it is the first, with two columns outside (`outside` 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Columns of the original, at least one.
    pub original: NonZeroU32,
    /// How many of them one column stands for.
    pub block: NonZeroU32,
    /// How many columns of the first block lie outside the original; fewer than `block`.
    pub outside: u32,
}

impl Span {
    /// The span of a picture that was not reduced.
    pub fn whole(length: NonZeroU32) -> Self {
        Self {
            original: length,
            block: NonZeroU32::MIN,
            outside: 0,
        }
    }

    /// Counts the columns.
    pub fn blocks(&self) -> u64 {
        let covered = u64::from(self.outside) + u64::from(self.original.get());
        covered.div_ceil(u64::from(self.block.get()))
    }

    /// Where the original begins and how long it is, measured in columns.
    pub fn part(&self) -> (f64, f64) {
        let block = f64::from(self.block.get());
        (
            f64::from(self.outside) / block,
            f64::from(self.original.get()) / block,
        )
    }

    /// The span after left and right have changed places.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let covered = u64::from(self.outside) + u64::from(self.original.get());
        let beyond = self.blocks() * u64::from(self.block.get()) - covered;
        Self {
            // Less than a block, which is 32 bits.
            outside: beyond as u32,
            ..*self
        }
    }
}

/// Bytes that do not make the picture they were said to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes do not make a picture of {width} × {height} RGB pixels")]
pub struct PixelsError {
    bytes: usize,
    width: u32,
    height: u32,
}

impl Pixels {
    /// Makes a picture of `width × height` pixels from its bytes.
    ///
    /// # Errors
    /// If a side is zero or the number of bytes is not `width · height · 3`.
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Result<Self, PixelsError> {
        let refused = PixelsError {
            bytes: rgb.len(),
            width,
            height,
        };
        let (Some(width), Some(height)) = (NonZeroU32::new(width), NonZeroU32::new(height)) else {
            return Err(refused);
        };
        let wanted = u128::from(width.get()) * u128::from(height.get()) * 3;
        if rgb.len() as u128 != wanted {
            return Err(refused);
        }
        Ok(Self {
            width,
            height,
            across: Span::whole(width),
            down: Span::whole(height),
            rgb,
        })
    }

    /// Makes a picture that shows an original of more pixels.
    ///
    /// # Errors
    /// If the number of bytes is not that of the blocks of both spans, or one begins with a block
    /// that lies wholly outside.
    pub fn reduced(across: Span, down: Span, rgb: Vec<u8>) -> Result<Self, PixelsError> {
        let side = |span: Span| {
            let begins = span.outside < span.block.get();
            u32::try_from(if begins { span.blocks() } else { 0 }).unwrap_or(0)
        };
        let picture = Self::new(side(across), side(down), rgb)?;
        Ok(Self {
            across,
            down,
            ..picture
        })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width.get()
    }

    /// Rows of pixels.
    pub fn height(&self) -> u32 {
        self.height.get()
    }

    /// How the columns lie over those of the original.
    pub fn across(&self) -> Span {
        self.across
    }

    /// How the rows lie over those of the original.
    pub fn down(&self) -> Span {
        self.down
    }

    /// All bytes: red, green, blue of the top left pixel first.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Gives back the bytes.
    pub fn into_rgb(self) -> Vec<u8> {
        self.rgb
    }
}

/// Pictures of one size, ready for a model; pixels stay bytes until they are on the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelBatch {
    width: NonZeroU32,
    height: NonZeroU32,
    rgb: Vec<u8>,
}

impl PixelBatch {
    /// Starts an empty batch of pictures of `width × height`.
    pub fn new(width: NonZeroU32, height: NonZeroU32) -> Self {
        Self {
            width,
            height,
            rgb: Vec::new(),
        }
    }

    /// Adds one picture.
    ///
    /// # Errors
    /// If it has another size than the batch.
    pub fn push(&mut self, picture: &Pixels) -> Result<(), PixelsError> {
        if (picture.width, picture.height) != (self.width, self.height) {
            let (width, height) = (self.width.get(), self.height.get());
            return Err(PixelsError {
                bytes: picture.rgb.len(),
                width,
                height,
            });
        }
        self.rgb.extend_from_slice(&picture.rgb);
        Ok(())
    }

    /// Counts the pictures.
    pub fn len(&self) -> usize {
        self.rgb.len() / self.bytes_per_picture()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rgb.is_empty()
    }

    /// Pixels in a row of each picture.
    pub fn width(&self) -> u32 {
        self.width.get()
    }

    /// Rows of each picture.
    pub fn height(&self) -> u32 {
        self.height.get()
    }

    /// Walks over the pictures' bytes in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rgb.chunks_exact(self.bytes_per_picture())
    }

    fn bytes_per_picture(&self) -> usize {
        self.width.get() as usize * self.height.get() as usize * 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_needs_exactly_its_bytes() {
        assert!(Pixels::new(2, 2, vec![0; 12]).is_ok());
        assert!(Pixels::new(2, 2, vec![0; 11]).is_err());
        assert!(Pixels::new(0, 2, vec![]).is_err());
        assert!(Pixels::new(u32::MAX, u32::MAX, vec![]).is_err());
    }

    fn span(original: u32, block: u32, outside: u32) -> Span {
        Span {
            original: NonZeroU32::new(original).unwrap(),
            block: NonZeroU32::new(block).unwrap(),
            outside,
        }
    }

    #[test]
    fn a_reduced_picture_knows_where_its_original_lies() {
        let (across, down) = (span(10, 4, 0), span(8, 4, 0));
        let picture = Pixels::reduced(across, down, vec![0; 18]).unwrap();
        assert_eq!((picture.width(), picture.height()), (3, 2));
        assert_eq!(picture.across().part(), (0.0, 2.5));
        assert_eq!(across.mirrored(), span(10, 4, 2));
        assert_eq!(across.mirrored().part(), (0.5, 2.5));
        assert_eq!(across.mirrored().mirrored(), across);
        assert_eq!(down.mirrored(), down);
        assert!(Pixels::reduced(across, down, vec![0; 21]).is_err());
        assert!(Pixels::reduced(span(1, 4, 4), down, vec![0; 12]).is_err());
        let most = span(u32::MAX, 1, 0);
        assert!(Pixels::reduced(most, most, vec![]).is_err());
        let whole = Pixels::new(3, 2, vec![0; 18]).unwrap();
        assert_eq!(whole.across(), span(3, 1, 0));
    }

    #[test]
    fn a_batch_refuses_a_picture_of_another_size() {
        let side = NonZeroU32::MIN;
        let mut batch = PixelBatch::new(side, side);
        batch
            .push(&Pixels::new(1, 1, vec![1, 2, 3]).unwrap())
            .unwrap();
        assert!(batch.push(&Pixels::new(1, 2, vec![0; 6]).unwrap()).is_err());
        assert_eq!(batch.iter().collect::<Vec<_>>(), [&[1, 2, 3]]);
    }
}
