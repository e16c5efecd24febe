//! What training has come to, and the file from which it goes on after an interruption.

use std::io::Read;
use std::path::Path;

use imgcluster_core::{ContentHash, EpochLoss};
use serde::{Deserialize, Serialize};

use super::TrainError;
use super::adam::Adam;
use crate::autoencoder::network::Network;
use crate::autoencoder::record::CurvePoint;
use crate::autoencoder::shape::AutoencoderConfiguration;
use crate::autoencoder::{Tensors, read_tensors, write_tensors};
use crate::models::ModelError;

/// Where training stands.
pub(super) struct State {
    /// The epoch that goes on, from 1.
    pub(super) epoch: u32,
    /// How many pictures it has seen.
    pub(super) seen: usize,
    /// The sum of their losses.
    pub(super) loss: f64,
    /// The epochs that are done; the first is the network before training.
    pub(super) curve: Vec<EpochLoss>,
    pub(super) best: Best,
    pub(super) adam: Adam,
}

/// The network that gave the least loss so far.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) epoch: u32,
    pub(super) loss: f64,
    pub(super) tensors: Tensors,
}

/// All of it but the tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    format: String,
    version: u32,
    /// Which training it is.
    training: ContentHash,
    epoch: u32,
    seen: usize,
    /// The bits of the sum: a text may lose the last.
    loss: u64,
    steps: u64,
    curve: Vec<CurvePoint>,
    best_epoch: u32,
    best_loss: f64,
}

const FORMAT: &str = "imgcluster training";

/// Changes whenever the same training would go on otherwise.
pub(super) const VERSION: u32 = 1;

/// What the tensors are for: the parameters, both moments, and the parameters of the best epoch.
const PARTS: [&str; 4] = ["weights", "first", "second", "best"];

/// Whether a file begins as one of these does.
pub(super) fn is_one(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else {
        return false;
    };
    let mut beginning = Vec::new();
    let read = file.take(BEGINNING).read_to_end(&mut beginning);
    read.is_ok() && String::from_utf8_lossy(&beginning).contains(FORMAT)
}

/// How much of a file tells what it is.
const BEGINNING: u64 = 256;

impl State {
    /// Writes everything down, in one go.
    pub(super) fn save(
        &self,
        path: &Path,
        training: ContentHash,
        network: &Network,
    ) -> Result<(), TrainError> {
        let words = Words {
            format: FORMAT.to_owned(),
            version: VERSION,
            training,
            epoch: self.epoch,
            seen: self.seen,
            loss: self.loss.to_bits(),
            steps: self.adam.steps,
            curve: self.curve.iter().copied().map(CurvePoint::from).collect(),
            best_epoch: self.best.epoch,
            best_loss: self.best.loss,
        };
        let words = serde_json::to_string(&words).expect("numbers and texts can be written");
        let parts = [
            network.tensors()?,
            network.in_file_order(&self.adam.first)?,
            network.in_file_order(&self.adam.second)?,
            self.best.tensors.clone(),
        ];
        let named = PARTS.into_iter().zip(parts).flat_map(|(part, tensors)| {
            let tensors = tensors.into_iter();
            tensors.map(move |(name, values)| (format!("{part}.{name}"), values))
        });
        let written = write_tensors(path, &words, &named.collect());
        written.map_err(|error| TrainError::File(ModelError::from(error)))
    }

    /// Reads what was written down; nothing if there is no such file.
    pub(super) fn load(
        path: &Path,
        training: ContentHash,
        configuration: &AutoencoderConfiguration,
    ) -> Result<Option<Loaded>, TrainError> {
        if !path.exists() {
            return Ok(None);
        }
        let other = || TrainError::OtherTraining {
            path: path.to_owned(),
        };
        let (words, mut tensors) = read_tensors(path)?;
        let words: Words = serde_json::from_str(&words).map_err(|_| other())?;
        if (words.format.as_str(), words.version) != (FORMAT, VERSION) || words.training != training
        {
            return Err(other());
        }
        let mut part = |part: &str| -> Result<Tensors, TrainError> {
            let shapes = configuration.tensors().into_iter();
            shapes
                .map(|tensor| {
                    let found = tensors.remove(&format!("{part}.{}", tensor.name));
                    let found = found.filter(|found| found.shape == tensor.shape);
                    Ok((tensor.name, found.ok_or_else(other)?))
                })
                .collect()
        };
        let [weights, first, second, best] = [
            part(PARTS[0])?,
            part(PARTS[1])?,
            part(PARTS[2])?,
            part(PARTS[3])?,
        ];
        Ok(Some(Loaded {
            weights,
            first,
            second,
            steps: words.steps,
            epoch: words.epoch,
            seen: words.seen,
            loss: f64::from_bits(words.loss),
            curve: words.curve.into_iter().map(EpochLoss::from).collect(),
            best: Best {
                epoch: words.best_epoch,
                loss: words.best_loss,
                tensors: best,
            },
        }))
    }
}

/// What was written down, not yet on a device.
pub(super) struct Loaded {
    pub(super) weights: Tensors,
    first: Tensors,
    second: Tensors,
    steps: u64,
    epoch: u32,
    seen: usize,
    loss: f64,
    curve: Vec<EpochLoss>,
    best: Best,
}

impl Loaded {
    /// Goes on from there with the network of these weights.
    pub(super) fn into_state(self, network: &Network) -> Result<State, TrainError> {
        Ok(State {
            adam: Adam {
                steps: self.steps,
                first: network.in_computed_order(&self.first)?,
                second: network.in_computed_order(&self.second)?,
            },
            epoch: self.epoch,
            seen: self.seen,
            loss: self.loss,
            curve: self.curve,
            best: self.best,
        })
    }
}
