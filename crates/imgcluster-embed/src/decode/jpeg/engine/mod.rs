//! What decodes a picture as planned: our own decoder, or libjpeg-turbo where the build has it.

#[cfg(not(feature = "turbojpeg"))]
mod ours;
#[cfg(feature = "turbojpeg")]
mod turbo;

#[cfg(not(feature = "turbojpeg"))]
pub(super) use ours::{NAME, decode};
#[cfg(feature = "turbojpeg")]
pub(super) use turbo::{NAME, decode};
