//! The file of an autoencoder: written, read back, doctored.

mod refusals;
mod saving;

use imgcluster_core::ContentHash;

use super::{
    AutoencoderConfiguration, AutoencoderFile, CurvePoint, StoredTensor, Tensors, TrainingEnd,
    TrainingLoss, TrainingRecord,
};
use crate::models::formula;

/// A network of any size.
pub(crate) fn configuration(size: u32, latent: u32, width: u32) -> AutoencoderConfiguration {
    AutoencoderConfiguration {
        size,
        latent,
        width,
        mean: [0.1, 0.4, 0.6],
        std: [0.3, 0.25, 1.0 / 3.0],
    }
}

/// Its weights by formula.
pub(crate) fn tensors(configuration: &AutoencoderConfiguration) -> Tensors {
    let tensors = configuration.tensors().into_iter();
    tensors
        .map(|tensor| {
            let values = formula::tensor(&tensor.name, &tensor.shape);
            let shape = tensor.shape;
            (tensor.name, StoredTensor { shape, values })
        })
        .collect()
}

/// Both, with a record.
pub(crate) fn autoencoder(size: u32, latent: u32, width: u32) -> AutoencoderFile {
    let configuration = configuration(size, latent, width);
    AutoencoderFile::new(configuration, record(), tensors(&configuration)).unwrap()
}

/// A record with numbers at their ends.
pub(crate) fn record() -> TrainingRecord {
    TrainingRecord {
        program: "0.1.0".to_owned(),
        loss: TrainingLoss::L1,
        perceptual_weights: None,
        seed: u64::MAX,
        batch_size: 32,
        learning_rate: 1e-3,
        epochs: 2,
        patience: Some(5),
        augmentation: true,
        validation_share: 0.1,
        learnt: 9,
        held_out: 1,
        pictures: ContentHash([7; 32]),
        epoch: 1,
        ending: TrainingEnd::Epochs,
        curve: vec![
            CurvePoint {
                epoch: 1,
                train: 1.0 / 3.0,
                validation: Some(5e-324),
            },
            CurvePoint {
                epoch: 2,
                train: f64::MAX,
                validation: None,
            },
        ],
    }
}
