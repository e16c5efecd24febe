//! Maps, tables and the HTML report of a clustering.

mod error;
mod plot;
#[cfg(test)]
mod quality;
mod random;
#[cfg(test)]
mod sample_outcome;
mod tsne;

pub use error::VizError;
pub use plot::{write_map_png, write_map_svg};
pub use tsne::TSne;
