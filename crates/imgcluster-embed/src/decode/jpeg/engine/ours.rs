//! Without libjpeg-turbo.

pub(in super::super) use super::super::own::decode;

/// What decodes, and the version of its pixels.
pub(in super::super) const NAME: &str = "imgcluster 2";
