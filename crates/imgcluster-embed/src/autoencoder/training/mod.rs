//! Training an autoencoder, in a way that can be interrupted at any time and gives the same network
//! all the same.
//!
//! [`pictures`] are read into memory, and [`sample`] holds some out → [`initial`] draws the
//! parameters → for every batch of an epoch, [`augment`] changes pictures a little, [`batch`] finds
//! the gradient of the [`loss`], and [`adam`] steps: that is the [`run`] → [`state`] is written down now
//! and then. [`random`] is where all chance comes from.

mod adam;
mod augment;
mod batch;
mod error;
mod initial;
mod loss;
mod options;
mod pictures;
mod random;
mod run;
mod sample;
mod state;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use candle_core::Device;
use imgcluster_core::{ContentHash, Job, Pixels};

pub use error::TrainError;
pub use options::{STEP_FACTOR, TrainOptions};
pub use pictures::{ReadPictures, TrainingPictures};

use super::AutoencoderFile;
use super::network::{Means, Network};
use super::record::TrainingLoss;
use super::shape::AutoencoderConfiguration;
use crate::models::{Checkpoint, Chosen};
use crate::perceptual::PerceptualLoss;
use batch::Learner;
use initial::initial;
use loss::Objective;
use run::Run;
use sample::Halves;
use state::State;

/// A training, ready to run.
#[derive(Debug)]
pub struct Training<'a> {
    /// What to learn from.
    pub pictures: &'a TrainingPictures,
    /// What is made small.
    pub loss: TrainingLoss,
    /// The weights of a VGG19, for the perceptual loss; the others need none.
    pub perceptual: Option<&'a Path>,
    /// How.
    pub options: &'a TrainOptions,
    /// The file that the best network so far is written to. What is needed to go on after an
    /// interruption is kept beside it, in a file of the same name and `.resume`.
    pub output: &'a Path,
    /// How often what was learnt is written down within an epoch and after it. It changes nothing but
    /// what an interruption costs. Default: 30 seconds.
    pub save_every: Duration,
}

/// The file beside `output` from which an interrupted training goes on.
pub fn resume_file(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".resume");
    PathBuf::from(name)
}

/// Whether a file is what an interrupted training left to go on from.
pub fn is_resume_file(path: &Path) -> bool {
    state::is_one(path)
}

impl Training<'_> {
    /// Trains, or goes on where an interrupted training of the same pictures and options stopped.
    ///
    /// An [`Event::Advanced`](imgcluster_core::Event::Advanced) of
    /// [`Stage::Train`](imgcluster_core::Stage::Train) is reported for every batch with the number of its pictures, and an
    /// [`Event::Epoch`](imgcluster_core::Event::Epoch) after every epoch and before the first. The same pictures and options give the
    /// same network bit for bit on the same machine, at any number of threads, and however often it
    /// was interrupted.
    ///
    /// The file gets the network of the epoch with the least loss on the pictures that are held out
    /// (without any, on those learnt from), if that is less than before training. With no epochs it gets
    /// the network as it begins.
    ///
    /// # Errors
    /// A [`TrainError`]. What is in the file is then the best network so far, or what was there before.
    pub fn run(&self, job: &Job<'_>) -> Result<AutoencoderFile, TrainError> {
        self.check()?;
        let (mean, std) = self.pictures.colours();
        let configuration = AutoencoderConfiguration {
            size: self.options.size,
            latent: self.options.latent,
            width: self.options.width,
            mean,
            std,
        };
        configuration.check()?;
        let chosen = Chosen::new(self.options.device, None)?;
        let (objective, seen_by) = self.objective(&chosen)?;
        let key = self.key(seen_by);
        let resume = resume_file(self.output);
        let loaded = State::load(&resume, key, &configuration)?;
        let first = || initial(&configuration, self.options.seed);
        let weights = loaded
            .as_ref()
            .map_or_else(first, |loaded| loaded.weights.clone());
        let means = Means::on(&chosen.device);
        let network = Network::new(&configuration, &weights, &chosen.device, means)?;
        let run = Run {
            training: self,
            configuration,
            halves: Halves::draw(self.pictures.len(), self.options),
            objective,
            seen_by,
            network,
            key,
            resume,
            is_on_cpu: chosen.device.is_cpu(),
            job,
        };
        let state = match loaded {
            Some(loaded) => loaded.into_state(&run.network)?,
            None => run.begin(weights)?,
        };
        run.go_on(state)
    }

    fn check(&self) -> Result<(), TrainError> {
        let options = self.options;
        let wrong = |option, value: f64, expected| {
            let value = value.to_string();
            Err(TrainError::Option {
                option,
                value,
                expected,
            })
        };
        if !(options.learning_rate.is_finite() && options.learning_rate > 0.0) {
            return wrong(
                "the learning rate",
                options.learning_rate,
                "it must be above 0",
            );
        }
        if !(0.0..1.0).contains(&options.validation) {
            let expected = "it must be 0 or more and below 1";
            return wrong("the share held out", options.validation, expected);
        }
        if self.pictures.is_empty() {
            return Err(TrainError::NoPictures);
        }
        if self.pictures.side() != options.size as usize {
            return Err(TrainError::PictureSize {
                expected: options.size,
                found: self.pictures.side(),
            });
        }
        Ok(())
    }

    /// What is made small, and the hash of the weights it needs, if it needs any.
    fn objective(&self, chosen: &Chosen) -> Result<(Objective, Option<ContentHash>), TrainError> {
        let placement = chosen.placement();
        match (self.loss, self.perceptual) {
            (TrainingLoss::Mse, _) => Ok((Objective::Mse, None)),
            (TrainingLoss::L1, _) => Ok((Objective::L1, None)),
            (TrainingLoss::Perceptual, Some(weights)) => {
                let mut checkpoint = Checkpoint::open(weights)?;
                let loss = PerceptualLoss::open(&mut checkpoint, &placement)?;
                let loss = Objective::Perceptual(Box::new(loss));
                Ok((loss, Some(checkpoint.hash())))
            }
            (TrainingLoss::Perceptual, None) => Err(TrainError::NeedsWeights),
        }
    }

    /// The hash of all that decides what is learnt.
    fn key(&self, seen_by: Option<ContentHash>) -> ContentHash {
        let mut hasher = blake3::Hasher::new();
        let TrainOptions {
            size,
            latent,
            width,
            epochs,
            learning_rate,
            batch_size,
            validation,
            patience,
            augment,
            seed,
            device: _,
        } = self.options;
        let words = format!(
            "training {} {:?} {seen_by:?} {size} {latent} {width} {epochs} {:x} {batch_size} {:x} \
             {patience:?} {augment} {seed}",
            state::VERSION,
            self.loss,
            learning_rate.to_bits(),
            validation.to_bits(),
        );
        hasher.update(words.as_bytes());
        hasher.update(&self.pictures.hash().0);
        ContentHash(hasher.finalize().into())
    }
}

impl Training<'_> {
    /// Pictures beside what comes back of them, those that were held out first; `most` at most.
    ///
    /// # Errors
    /// If the network cannot be computed, or the job was cancelled.
    ///
    /// # Panics
    /// Panics if the network is of another size than the pictures.
    pub fn reconstructions(
        &self,
        trained: &AutoencoderFile,
        most: usize,
        job: &Job<'_>,
    ) -> Result<Vec<(Pixels, Pixels)>, TrainError> {
        let (cpu, objective) = (Device::Cpu, Objective::Mse);
        let (configuration, tensors) = (trained.configuration(), trained.tensors());
        let learner = Learner {
            network: &Network::new(configuration, tensors, &cpu, Means::on(&cpu))?,
            objective: &objective,
            pictures: self.pictures,
            options: self.options,
            job,
            is_on_cpu: true,
        };
        let halves = Halves::draw(self.pictures.len(), self.options);
        let all = halves.held_out.iter().chain(&halves.train);
        let shown: Vec<usize> = all.copied().take(most).collect();
        let side = self.options.size;
        let length = self.pictures.side() * self.pictures.side() * 3;
        let returned = learner.returned(&shown)?;
        let pairs = shown.iter().zip(returned.chunks_exact(length));
        let pairs = pairs.map(|(at, returned)| {
            let byte = |value: &f32| (value * 255.0).round().clamp(0.0, 255.0) as u8;
            let bytes = returned.iter().map(byte).collect();
            let picture = |rgb| Pixels::new(side, side, rgb).expect("bytes of its size");
            (picture(self.pictures.rgb(*at).to_vec()), picture(bytes))
        });
        Ok(pairs.collect())
    }
}
