//! How the training of an autoencoder went, as pictures: its loss, and what it makes of pictures.

mod curve;
mod sheet;
#[cfg(test)]
mod tests;

pub use curve::{LossCurve, write_loss_curve_png};
pub use sheet::write_reconstructions_png;
