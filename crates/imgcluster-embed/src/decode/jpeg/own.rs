//! Our own decoding of the usual kinds of JPEG.

use super::plan::Plan;
use super::{colour, planes, progressive};

/// Decodes a picture to RGB; `None` if it is not whole, or turns out to be of another kind.
pub(super) fn decode(plan: &Plan, bytes: &[u8]) -> Option<Vec<u8>> {
    let side = 8 / plan.block.get() as usize;
    let planes = if plan.progressive {
        progressive::decode(bytes, side)?
    } else {
        planes::decode(bytes, side)?
    };
    let (width, height) = plan.size();
    colour::rgb(&planes, width as usize, height as usize)
}
