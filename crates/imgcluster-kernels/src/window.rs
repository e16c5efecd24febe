//! A window that is moved over pictures.

use std::ops::Range;

use crate::size;

/// Where filters, or what is pooled, are placed on a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Height and width.
    pub kernel: (usize, usize),
    /// Pixels from one place to the next, in both directions.
    pub stride: usize,
    /// Rows and columns by which it reaches over each of the four sides.
    pub padding: usize,
}

impl Window {
    /// Tells the height and width of the output for those of the input.
    ///
    /// # Panics
    /// Panics if the kernel or the stride is zero, or the kernel larger than the padded picture.
    pub fn output_size(&self, (height, width): (usize, usize)) -> (usize, usize) {
        let (rows, columns) = self.kernel;
        assert!(
            rows > 0 && columns > 0 && self.stride > 0,
            "a window without zeros"
        );
        let places = |len: usize, kernel| {
            let padded = size::sum([len, size::product([2, self.padding])]);
            let free = padded.checked_sub(kernel);
            free.expect("a picture no smaller than the window") / self.stride + 1
        };
        (places(height, rows), places(width, columns))
    }

    /// Tells which of the kernel's rows (or columns) lie on the picture's `len` at some place.
    #[inline]
    pub(crate) fn on_picture(&self, place: usize, kernel: usize, len: usize) -> Range<usize> {
        let first = place * self.stride;
        let start = self.padding.saturating_sub(first).min(kernel);
        let end = (len + self.padding).saturating_sub(first).min(kernel);
        start..end.max(start)
    }

    /// Tells where the whole kernel lies on the picture's `len`, of `places` places.
    pub(crate) fn inside(&self, places: usize, kernel: usize, len: usize) -> Range<usize> {
        let start = self.padding.div_ceil(self.stride).min(places);
        let free = (len + self.padding).checked_sub(kernel);
        let end = free.map_or(0, |free| free / self.stride + 1).min(places);
        start..end.max(start)
    }
}

/// Checks that a call's input and output are whole pictures and equally many.
///
/// # Panics
/// Panics if they are not.
pub(crate) fn assert_whole_pictures(
    (input, picture): (&[f32], usize),
    (output, made): (&[f32], usize),
) {
    assert!(
        picture > 0 && input.len().is_multiple_of(picture),
        "whole pictures"
    );
    let count = input.len() / picture;
    assert_eq!(
        output.len(),
        size::product([count, made]),
        "room for each picture's output"
    );
}
