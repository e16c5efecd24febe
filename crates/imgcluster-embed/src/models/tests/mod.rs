//! Models against reference results, against slow twins, and against what must be refused.

mod autoencoder;
mod extra;
pub(crate) mod golden;
mod names;
mod refusals;
mod twins;
