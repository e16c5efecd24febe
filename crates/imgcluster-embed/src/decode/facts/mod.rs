//! What tells the original of a picture from its copies: [`PictureFacts`].
//!
//! One step a file: [`border`] finds the picture within a border, [`detail`] how much of its size
//! is detail, [`encoding`] what storing it has cost, [`metadata`] what the file says of how it was
//! taken.

mod border;
mod detail;
mod encoding;
mod metadata;
#[cfg(test)]
mod tests;

use image::ImageFormat;
use imgcluster_core::Pixels;
use imgcluster_core::ingest::Decoded;

use super::reason::name;
pub use border::InnerPart;
pub use detail::Detail;
pub use encoding::Encoding;
pub use metadata::Metadata;

/// What is to be known of a picture file to tell whether it is the original of others.
///
/// It is of the file alone; [`effective_sizes`] compares copies.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureFacts {
    /// Pixels in a row, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
    /// The format of the file: one of [`FORMATS`](crate::FORMATS).
    pub format: &'static str,
    /// What storing it has cost.
    pub encoding: Encoding,
    /// What the file says of how the picture was taken.
    pub metadata: Metadata,
    /// The picture within a border of one colour; the whole of it where there is none.
    pub inner: InnerPart,
    /// How much is lost where it is made smaller. `None` if it was decoded at a smaller size, or is
    /// too small to tell.
    pub detail: Option<Detail>,
    /// The standard deviation of the Laplacian of its luma, in levels of 0..=255: how much each
    /// pixel differs from its neighbours. Sharpened and noisy copies have more of it than their
    /// original.
    pub sharpness: f32,
}

/// Sides of two pictures that differ by a smaller share are of one length.
const SAME_LENGTH: f64 = 0.015;

impl PictureFacts {
    /// Says in one line how large the picture is, and why it counts for less.
    pub fn describe_size(&self, effective: (u32, u32)) -> String {
        let whole = (self.width, self.height);
        let inner = (self.inner.width, self.inner.height);
        let said = if effective == whole {
            String::new()
        } else if effective == inner {
            format!(", without its border {} × {}", inner.0, inner.1)
        } else {
            let (width, height) = effective;
            format!(", but enlarged: detail of about {width} × {height}")
        };
        format!("{} × {}{said}", self.width, self.height)
    }

    /// The size without a border, if a copy shows that it is one: by ending where the border begins,
    /// or by having the shape of what is within it and not of the whole.
    fn size_beside(&self, copies: &[&Self]) -> (u32, u32) {
        let whole = (self.width, self.height);
        let inner = (self.inner.width, self.inner.height);
        let shape = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
        let same = |a: f64, b: f64| (a / b).ln().abs() < SAME_LENGTH;
        let shows = |copy: &&Self| {
            let size = (copy.width, copy.height);
            let ends_there =
                same(size.0.into(), inner.0.into()) && same(size.1.into(), inner.1.into());
            let has_its_shape = same(shape(size), shape(inner)) && !same(shape(size), shape(whole));
            ends_there || has_its_shape
        };
        if inner != whole && copies.iter().any(shows) {
            inner
        } else {
            whole
        }
    }
}

/// Tells how large copies of one picture are in truth: each without its border, if another copy
/// shows that it is one, and no larger than a smaller copy that has as much detail.
///
/// A picture that was enlarged or stretched, made `f` times as wide or as high, loses next to
/// nothing when it is made `f` times smaller and larger again, whereas its smaller copy still
/// loses what it is made of when that is done to it. So a smaller copy counts as the true size
/// of a larger one where that loss is a good deal less in the larger, along every side that is
/// longer. How much less depends on `f`: some loss comes from storing the picture.
///
/// Every two copies are compared; equal contents need to be in `copies` only once.
pub fn effective_sizes(copies: &[&PictureFacts]) -> Vec<(u32, u32)> {
    let sizes = copies.iter().map(|copy| copy.size_beside(copies));
    let sizes: Vec<(u32, u32)> = sizes.collect();
    let area = |size: &(u32, u32)| u64::from(size.0) * u64::from(size.1);
    let one = |(copy, &own): (&&PictureFacts, &(u32, u32))| {
        let others = copies.iter().zip(&sizes);
        let smaller = others.filter_map(|(other, &size)| {
            let across = f64::from(own.0) / f64::from(size.0);
            let down = f64::from(own.1) / f64::from(size.1);
            let (here, there) = (copy.detail.as_ref()?, other.detail.as_ref()?);
            here.is_enlarged(there, across, down)
                .then(|| (size.0.min(own.0), size.1.min(own.1)))
        });
        smaller.chain([own]).min_by_key(area).unwrap_or(own)
    };
    copies.iter().zip(&sizes).map(one).collect()
}

/// Gathers what is to be known of a file that was decoded.
pub(super) fn gather(bytes: &[u8], format: ImageFormat, decoded: &Decoded) -> PictureFacts {
    let pixels = &decoded.pixels;
    let whole = (decoded.width, decoded.height);
    let kept = (pixels.width(), pixels.height());
    let inner = InnerPart::within_border(pixels);
    let luma = Luma::of(pixels);
    PictureFacts {
        width: decoded.width,
        height: decoded.height,
        format: name(format),
        encoding: Encoding::of(bytes, format),
        metadata: Metadata::of(bytes, format),
        detail: (whole == kept).then(|| Detail::of(&luma)).flatten(),
        sharpness: luma.sharpness(),
        inner: inner.scaled(kept, whole),
    }
}

/// The luma of a picture, row by row, in 0..=255.
#[derive(Debug, Clone, PartialEq)]
struct Luma {
    width: usize,
    values: Vec<f32>,
}

impl Luma {
    fn of(pixels: &Pixels) -> Self {
        let luma = |&[red, green, blue]: &[u8; 3]| {
            0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
        };
        Self {
            width: pixels.width() as usize,
            values: pixels.rgb().as_chunks::<3>().0.iter().map(luma).collect(),
        }
    }

    fn height(&self) -> usize {
        self.values.len() / self.width
    }

    fn sharpness(&self) -> f32 {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0_u32);
        let width = self.width;
        for row in 1..self.height().saturating_sub(1) {
            for at in row * width + 1..(row + 1) * width - 1 {
                let values = &self.values;
                let around =
                    values[at - 1] + values[at + 1] + values[at - width] + values[at + width];
                let laplacian = f64::from(4.0 * values[at] - around);
                sum += laplacian;
                squares += laplacian * laplacian;
                count += 1;
            }
        }
        let count = f64::from(count.max(1));
        (squares / count - (sum / count).powi(2)).max(0.0).sqrt() as f32
    }
}
