//! Where small trainings take place.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use imgcluster_core::{CancelToken, ContentHash, EpochLoss, Event, Job, Pixels, Reporter, Stage};
use tempfile::TempDir;

use crate::autoencoder::training::{TrainError, TrainOptions, Training, TrainingPictures};
use crate::autoencoder::{AutoencoderFile, TrainingLoss};

/// A folder, pictures, and options that take a moment.
pub(super) struct Place {
    folder: TempDir,
    pub(super) pictures: TrainingPictures,
    pub(super) options: TrainOptions,
    pub(super) loss: TrainingLoss,
}

/// Notes losses, and stops the job after so many pictures.
pub(super) struct Watch {
    pub(super) losses: Mutex<Vec<EpochLoss>>,
    seen: Mutex<u64>,
    stop_after: u64,
    pub(super) token: CancelToken,
}

impl Watch {
    pub(super) fn new(stop_after: u64) -> Self {
        Self {
            losses: Mutex::default(),
            seen: Mutex::default(),
            stop_after,
            token: CancelToken::default(),
        }
    }
}

impl Reporter for Watch {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Epoch { loss, .. } => self.losses.lock().unwrap().push(*loss),
            Event::Advanced {
                stage: Stage::Train,
                by,
            } => {
                let mut seen = self.seen.lock().unwrap();
                *seen += by;
                if *seen >= self.stop_after {
                    self.token.cancel();
                }
            }
            _ => {}
        }
    }
}

impl Place {
    /// So many pictures of a disc or stripes in two colours, and a small network.
    pub(super) fn new(count: u32) -> Self {
        let mut pictures = TrainingPictures::new(32).unwrap();
        for number in 0..count {
            let content = ContentHash([number as u8; 32]);
            assert!(pictures.push(&picture(number), content).unwrap());
        }
        Self {
            folder: tempfile::tempdir().unwrap(),
            pictures,
            options: TrainOptions {
                size: 32,
                latent: 8,
                width: 4,
                epochs: 3,
                batch_size: NonZeroUsize::new(9).unwrap(),
                ..TrainOptions::default()
            },
            loss: TrainingLoss::Mse,
        }
    }

    pub(super) fn output(&self) -> PathBuf {
        self.folder.path().join("trained.safetensors")
    }

    pub(super) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    }

    pub(super) fn train(&self) -> Result<AutoencoderFile, TrainError> {
        self.train_watched(&Watch::new(u64::MAX), 2, Duration::MAX)
    }

    pub(super) fn train_watched(
        &self,
        watch: &Watch,
        threads: usize,
        save_every: Duration,
    ) -> Result<AutoencoderFile, TrainError> {
        let training = Training {
            pictures: &self.pictures,
            loss: self.loss,
            perceptual: None,
            options: &self.options,
            output: &self.output(),
            save_every,
        };
        let threads = NonZeroUsize::new(threads).unwrap();
        training.run(&Job::new(watch, watch.token.clone(), threads))
    }
}

/// A disc or stripes, in colours and at a place of its own.
pub(super) fn picture(number: u32) -> Pixels {
    let part = |step: u32| (number * step % 17) as f32 / 17.0;
    let mut rgb = Vec::new();
    for at in 0..40 * 40 {
        let (x, y) = ((at % 40) as f32 / 40.0, (at / 40) as f32 / 40.0);
        let is_inside = if number.is_multiple_of(2) {
            (x - 0.3 - 0.4 * part(3)).hypot(y - 0.3 - 0.4 * part(5)) < 0.25
        } else {
            ((x + part(3)) * 3.0).fract() < 0.5
        };
        let colour = if is_inside {
            [part(7), 0.9, 0.8]
        } else {
            [0.2, part(11), 0.3]
        };
        rgb.extend(colour.map(|value| (value * 255.0) as u8));
    }
    Pixels::new(40, 40, rgb).unwrap()
}
