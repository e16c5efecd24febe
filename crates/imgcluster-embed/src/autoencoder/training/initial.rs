//! The parameters before training.

use super::random::{Purpose, Random};
use crate::autoencoder::shape::{
    AutoencoderConfiguration, DECODER_LATENT, ENCODER, ENCODER_LATENT, TensorShape, decoder_layer,
};
use crate::autoencoder::{StoredTensor, Tensors};

/// Draws weights so that numbers keep their spread from layer to layer (He et al., "Delving Deep into
/// Rectifiers", 2015), with biases of zero.
pub(super) fn initial(configuration: &AutoencoderConfiguration, seed: u64) -> Tensors {
    let last = decoder_layer(configuration.levels().len() - 1);
    let tensors = configuration.tensors().into_iter().zip(0..);
    tensors
        .map(|(tensor, number)| {
            let most = most(&tensor, &last);
            let mut random = Random::of(seed, Purpose::Parameters, [number, 0]);
            let count = tensor.shape.iter().product();
            let values = (0..count).map(|_| random.within(most)).collect();
            let shape = tensor.shape;
            (tensor.name, StoredTensor { shape, values })
        })
        .collect()
}

/// How far from zero a number of this tensor may be; `last` is the layer that makes the pictures.
fn most(tensor: &TensorShape, last: &str) -> f32 {
    let name = tensor.name.as_str();
    let inputs = match tensor.shape[..] {
        [_, inputs, rows, columns] if name.starts_with(ENCODER) => inputs * rows * columns,
        // With a stride of 2 each pixel sees a quarter of a kernel.
        [inputs, _, rows, columns] => inputs * rows * columns / 4,
        [_, inputs] => inputs,
        _ => return 0.0,
    };
    let is_rectified = !name.starts_with(ENCODER_LATENT) && !name.starts_with(last);
    debug_assert!(is_rectified || !name.starts_with(DECODER_LATENT));
    // The variance of numbers evenly in [-a, a] is a²/3; a rectifier halves what comes in.
    let variance = if is_rectified { 2.0 } else { 1.0 } / inputs as f32;
    (3.0 * variance).sqrt()
}
