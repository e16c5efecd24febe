//! From a formula to a picture.

mod canvas;
mod random;
mod scenes;

pub use canvas::{Colour, Scene, draw};
pub use random::Random;
pub use scenes::{KINDS, Kind, ODD};
