//! Pictures drawn by formula, for the programs that leave them as files.

mod drawing;

pub use drawing::{Colour, KINDS, Kind, ODD, Random, Scene, draw};
