//! Decoded pictures and batches of them.

use std::num::NonZeroU32;

/// An upright 8-bit RGB picture: rows from the top, three bytes a pixel, no padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    width: NonZeroU32,
    height: NonZeroU32,
    rgb: Vec<u8>,
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
        Ok(Self { width, height, rgb })
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width.get()
    }

    /// Rows of pixels.
    pub fn height(&self) -> u32 {
        self.height.get()
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
