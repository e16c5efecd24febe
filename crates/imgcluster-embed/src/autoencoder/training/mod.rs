//! Training an autoencoder, in a way that can be interrupted at any time and gives the same network
//! all the same.
//!
//! [`pictures`] are read into memory, and [`sample`] holds some out → [`initial`] draws the
//! parameters → for every batch of an epoch, [`augment`] changes pictures a little, [`batch`] finds
//! the gradient of the [`loss`], and [`adam`] steps → [`state`] is written down now and
//! then. [`random`] is where all chance comes from.

mod adam;
mod augment;
mod batch;
mod error;
mod initial;
mod loss;
mod options;
mod pictures;
mod random;
mod sample;
mod state;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use candle_core::Device;
use imgcluster_core::{ContentHash, EpochLoss, Event, Job, Pixels, Stage, StageGuard};

pub use error::TrainError;
pub use options::{STEP_FACTOR, TrainOptions};
pub use pictures::{ReadPictures, TrainingPictures};

use super::network::{Means, Network};
use super::record::{TrainingEnd, TrainingLoss, TrainingRecord};
use super::shape::AutoencoderConfiguration;
use super::{AutoencoderFile, AutoencoderFileError, Tensors};
use crate::models::{Checkpoint, Chosen, ModelError};
use crate::perceptual::PerceptualLoss;
use adam::Adam;
use batch::Learner;
use initial::initial;
use loss::Objective;
use sample::Halves;
use state::{Best, State};

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

/// Everything that a run has to do with.
struct Run<'a> {
    training: &'a Training<'a>,
    configuration: AutoencoderConfiguration,
    halves: Halves,
    objective: Objective,
    /// The hash of the weights that the objective sees pictures with.
    seen_by: Option<ContentHash>,
    network: Network,
    key: ContentHash,
    resume: PathBuf,
    is_on_cpu: bool,
    job: &'a Job<'a>,
}

impl Training<'_> {
    /// Trains, or goes on where an interrupted training of the same pictures and options stopped.
    ///
    /// An [`Event::Advanced`] of [`Stage::Train`] is reported for every batch with the number of its pictures, and an
    /// [`Event::Epoch`] after every epoch and before the first. The same pictures and options give the
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

impl Run<'_> {
    fn learner(&self) -> Learner<'_> {
        Learner {
            network: &self.network,
            objective: &self.objective,
            pictures: self.training.pictures,
            options: self.training.options,
            job: self.job,
            is_on_cpu: self.is_on_cpu,
        }
    }

    /// Sees how far pictures come back before anything is learnt.
    fn begin(&self, weights: Tensors) -> Result<State, TrainError> {
        let loss = EpochLoss {
            epoch: 0,
            train: self.learner().evaluate(&self.halves.train)? / self.halves.train.len() as f64,
            validation: self.validation()?,
        };
        self.tell(loss);
        Ok(State {
            epoch: 1,
            seen: 0,
            loss: 0.0,
            curve: vec![loss],
            best: Best {
                epoch: 0,
                loss: loss.decisive(),
                tensors: weights,
            },
            adam: Adam::new(self.network.variables())?,
        })
    }

    fn validation(&self) -> Result<Option<f64>, TrainError> {
        let held_out = &self.halves.held_out;
        if held_out.is_empty() {
            return Ok(None);
        }
        Ok(Some(
            self.learner().evaluate(held_out)? / held_out.len() as f64,
        ))
    }

    fn tell(&self, loss: EpochLoss) {
        self.job.report(&Event::Epoch {
            epochs: self.training.options.epochs,
            loss,
        });
    }

    /// Trains until all epochs are done, or none was better for too long.
    fn go_on(&self, mut state: State) -> Result<AutoencoderFile, TrainError> {
        let epochs = self.training.options.epochs;
        let total = u64::from(epochs) * self.halves.train.len() as u64;
        let progress = self.job.stage(Stage::Train, Some(total));
        let done = u64::from(state.epoch - 1) * self.halves.train.len() as u64;
        progress.advance(done + state.seen as u64);
        let mut saved = Saved::now();
        while state.epoch <= epochs && !self.is_out_of_patience(&state) {
            self.epoch(&mut state, &mut saved, &progress)?;
            if saved.since.elapsed() >= self.training.save_every {
                self.save(&state, &mut saved)?;
            }
        }
        self.finish(&state)
    }

    fn is_out_of_patience(&self, state: &State) -> bool {
        let patience = self.training.options.patience;
        patience.is_some_and(|patience| state.epoch - 1 - state.best.epoch >= patience.get())
    }

    /// Trains what is left of an epoch.
    fn epoch(
        &self,
        state: &mut State,
        saved: &mut Saved,
        progress: &StageGuard<'_>,
    ) -> Result<(), TrainError> {
        let options = self.training.options;
        let order = self.halves.order(options.seed, state.epoch);
        let learner = self.learner();
        let rate = options.rate(state.epoch);
        for batch in order[state.seen..].chunks(options.batch_size.get()) {
            let learnt = match learner.learn(batch, state.epoch) {
                Err(TrainError::Cancelled(cancelled)) => {
                    self.save(state, saved)?;
                    return Err(cancelled.into());
                }
                learnt => learnt?,
            };
            self.hold_to_numbers(learnt.loss, state)?;
            let variables = self.network.variables();
            let scale = 1.0 / batch.len() as f64;
            state.adam.step(variables, &learnt.gradients, scale, rate)?;
            state.loss += learnt.loss;
            state.seen += batch.len();
            progress.advance(batch.len() as u64);
            if saved.since.elapsed() >= self.training.save_every {
                self.save(state, saved)?;
            }
        }
        let validation = match self.validation() {
            Err(TrainError::Cancelled(cancelled)) => {
                self.save(state, saved)?;
                return Err(cancelled.into());
            }
            validation => validation?,
        };
        let loss = EpochLoss {
            epoch: state.epoch,
            train: state.loss / order.len() as f64,
            validation,
        };
        self.hold_to_numbers(loss.decisive(), state)?;
        state.curve.push(loss);
        if loss.decisive() < state.best.loss {
            state.best = Best {
                epoch: state.epoch,
                loss: loss.decisive(),
                tensors: self.network.tensors()?,
            };
        }
        (state.epoch, state.seen, state.loss) = (state.epoch + 1, 0, 0.0);
        self.tell(loss);
        Ok(())
    }

    /// Ends a training whose loss is not a number any more, with what was best until then in the file.
    fn hold_to_numbers(&self, loss: f64, state: &State) -> Result<(), TrainError> {
        if loss.is_finite() {
            return Ok(());
        }
        let kept = (state.best.epoch > 0).then_some(state.best.epoch);
        if kept.is_some() {
            self.write(state, TrainingEnd::Unfinished)?;
        }
        self.forget()?;
        Err(TrainError::Diverged {
            epoch: state.epoch,
            loss,
            kept,
        })
    }

    /// Writes down what was learnt: the best network, and what is needed to go on.
    fn save(&self, state: &State, saved: &mut Saved) -> Result<(), TrainError> {
        state.save(&self.resume, self.key, &self.network)?;
        if state.best.epoch > 0 && saved.best != Some(state.best.epoch) {
            self.write(state, TrainingEnd::Unfinished)?;
            saved.best = Some(state.best.epoch);
        }
        saved.since = Instant::now();
        Ok(())
    }

    fn finish(&self, state: &State) -> Result<AutoencoderFile, TrainError> {
        let asked = self.training.options.epochs;
        if state.best.epoch == 0 && asked > 0 {
            self.forget()?;
            let trained = state.curve[1..].iter().map(EpochLoss::decisive);
            return Err(TrainError::NoBetter {
                before: state.best.loss,
                best: trained.fold(f64::INFINITY, f64::min),
            });
        }
        let end = if state.epoch > asked {
            TrainingEnd::Epochs
        } else {
            TrainingEnd::Patience
        };
        match self.write(state, end) {
            Ok(trained) => {
                self.forget()?;
                Ok(trained)
            }
            Err(error) => {
                // Nothing that was learnt is lost where there is room for this, at least.
                state.save(&self.resume, self.key, &self.network)?;
                Err(error)
            }
        }
    }

    /// There is nothing to go on from any more.
    fn forget(&self) -> Result<(), TrainError> {
        match std::fs::remove_file(&self.resume) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(TrainError::File(
                ModelError::from(AutoencoderFileError::Write {
                    path: self.resume.clone(),
                    source,
                }),
            )),
            _ => Ok(()),
        }
    }

    /// Writes the best network so far.
    fn write(&self, state: &State, ending: TrainingEnd) -> Result<AutoencoderFile, TrainError> {
        let options = self.training.options;
        let record = TrainingRecord {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            loss: self.training.loss,
            perceptual_weights: self.seen_by,
            seed: options.seed,
            batch_size: u32::try_from(options.batch_size.get()).unwrap_or(u32::MAX),
            learning_rate: options.learning_rate,
            epochs: options.epochs,
            patience: options.patience.map(std::num::NonZeroU32::get),
            augmentation: options.augment,
            validation_share: options.validation,
            learnt: self.halves.train.len() as u64,
            held_out: self.halves.held_out.len() as u64,
            pictures: self.training.pictures.hash(),
            epoch: state.best.epoch,
            ending,
            curve: state.curve.iter().copied().map(Into::into).collect(),
        };
        let trained = AutoencoderFile::new(self.configuration, record, state.best.tensors.clone())?;
        let saved = trained.save(self.training.output);
        saved.map_err(|error| TrainError::File(ModelError::from(error)))?;
        Ok(trained)
    }
}

/// What is written down already.
struct Saved {
    since: Instant,
    best: Option<u32>,
}

impl Saved {
    fn now() -> Self {
        Self {
            since: Instant::now(),
            best: None,
        }
    }
}
