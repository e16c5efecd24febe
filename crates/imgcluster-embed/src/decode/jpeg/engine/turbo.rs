//! With libjpeg-turbo, which warns of all that is not whole or in order. What it warns of is tried
//! with our own decoder, which knows what is whole.

use super::super::own;
use super::super::plan::Plan;
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

/// What decodes, and the version of its pixels.
pub(in super::super) const NAME: &str = "libjpeg-turbo 4";

/// Decodes a picture to RGB; `None` if it is not whole.
pub(in super::super) fn decode(plan: &Plan, bytes: &[u8]) -> Option<Vec<u8>> {
    without_warning(plan, bytes).or_else(|| own::decode(plan, bytes))
}

fn without_warning(plan: &Plan, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decompressor = Decompressor::new().ok()?;
    let factor = ScalingFactor::new(1, plan.block.get() as usize);
    decompressor.set_scaling_factor(factor).ok()?;
    let header = decompressor.read_header(bytes).ok()?;
    let wanted = (plan.width.get() as usize, plan.height.get() as usize);
    let (width, height) = plan.size();
    let (width, height) = (width as usize, height as usize);
    let scaled = (factor.scale(header.width), factor.scale(header.height));
    if (header.width, header.height) != wanted || scaled != (width, height) {
        return None;
    }
    let mut rgb = vec![0; width * height * 3];
    let image = Image {
        pixels: &mut rgb[..],
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    };
    decompressor.decompress(bytes, image).ok()?;
    Some(rgb)
}
