//! Weights: from a safetensors file, tensor by tensor, each checked as it is taken.
//!
//! A model takes every tensor by name and shape ([`Weights`]); what it left at the end is an error
//! too, so that weights of another architecture never go unnoticed.

mod file;
#[cfg(test)]
pub(crate) mod formula;
mod sniff;
#[cfg(test)]
mod tests;
mod weights;

pub use file::Checkpoint;
pub(crate) use weights::{CheckpointWeights, Weights};
