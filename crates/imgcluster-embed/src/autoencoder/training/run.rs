//! The run of a training from where it stands to its end, epoch by epoch, and what it writes down on
//! the way.

use std::path::PathBuf;
use std::time::Instant;

use imgcluster_core::{ContentHash, EpochLoss, Event, Job, Stage, StageGuard};

use super::adam::Adam;
use super::batch::Learner;
use super::loss::Objective;
use super::sample::Halves;
use super::state::{Best, State};
use super::{TrainError, Training};
use crate::autoencoder::network::Network;
use crate::autoencoder::record::{TrainingEnd, TrainingRecord};
use crate::autoencoder::shape::AutoencoderConfiguration;
use crate::autoencoder::{AutoencoderFile, AutoencoderFileError, Tensors};
use crate::models::ModelError;

/// Everything that a run has to do with.
pub(super) struct Run<'a> {
    pub(super) training: &'a Training<'a>,
    pub(super) configuration: AutoencoderConfiguration,
    pub(super) halves: Halves,
    pub(super) objective: Objective,
    /// The hash of the weights that the objective sees pictures with.
    pub(super) seen_by: Option<ContentHash>,
    pub(super) network: Network,
    pub(super) key: ContentHash,
    pub(super) resume: PathBuf,
    pub(super) is_on_cpu: bool,
    pub(super) job: &'a Job<'a>,
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
    pub(super) fn begin(&self, weights: Tensors) -> Result<State, TrainError> {
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
    pub(super) fn go_on(&self, mut state: State) -> Result<AutoencoderFile, TrainError> {
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
