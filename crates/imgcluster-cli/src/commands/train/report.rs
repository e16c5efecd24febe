//! What is left to look at: the loss curve, pictures beside what comes back of them, the record.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use imgcluster_core::{EpochLoss, RunCounts, Stage};
use imgcluster_embed::{AutoencoderFile, ReadPictures, Training, TrainingEnd};
use imgcluster_viz::{LossCurve, ResultsFolder, write_loss_curve_png, write_reconstructions_png};
use serde_json::json;

use crate::arguments::TrainArguments;
use crate::quoted::quoted;
use crate::run_record::{Recorded, named};
use crate::session::Session;

/// Pictures that are shown beside what comes back of them.
const SHOWN: usize = 24;

/// Everything there is to tell.
pub(super) struct Facts<'a> {
    pub(super) arguments: &'a TrainArguments,
    pub(super) session: &'a Session,
    pub(super) started: SystemTime,
    pub(super) training: &'a Training<'a>,
    pub(super) trained: &'a AutoencoderFile,
    pub(super) read: &'a ReadPictures,
}

impl Facts<'_> {
    /// Writes what can be looked at; gives the folder.
    pub(super) fn write(&self, mut folder: ResultsFolder) -> Result<PathBuf> {
        let job = self.session.job();
        let _stage = job.stage(Stage::Write, None);
        let record = self.trained.record();
        let epochs: Vec<EpochLoss> = record.curve.iter().copied().map(Into::into).collect();
        let curve = LossCurve {
            loss: record.loss.name(),
            epochs: &epochs,
            best: Some(record.epoch),
        };
        folder.write("loss.png", |file| write_loss_curve_png(&curve, file))?;
        let pairs = self.training.reconstructions(self.trained, SHOWN, &job)?;
        folder.write("reconstructions.png", |file| {
            write_reconstructions_png(&pairs, file)
        })?;
        Ok(folder.finish(&self.record(), &job)?)
    }

    fn record(&self) -> imgcluster_core::RunRecord {
        let (arguments, record) = (self.arguments, self.trained.record());
        let (network, training) = (&arguments.network, &arguments.training);
        let own = named([
            ("output", json!(arguments.output.to_string_lossy())),
            ("size", json!(network.size)),
            ("latent", json!(network.latent)),
            ("loss", json!(record.loss.name())),
            ("epochs", json!(training.epochs)),
            ("learning-rate", json!(training.learning_rate)),
            ("batch-size", json!(training.batch_size)),
            ("validation", json!(training.validation)),
            ("patience", json!(training.patience)),
            ("augmentation", json!(!training.no_augmentation)),
            ("sample", json!(training.sample)),
            ("seed", json!(training.seed)),
            (
                "weights",
                json!(training.weights.as_ref().map(|path| path.to_string_lossy())),
            ),
            ("best-epoch", json!(record.epoch)),
        ]);
        let recorded = Recorded {
            algorithm: "train",
            input: &arguments.input,
            model: None,
            space: None,
            device: &training.device.to_string(),
            started: self.started,
            session: self.session,
        };
        let counts = RunCounts {
            images: self.read.pictures.len(),
            skipped: self.read.skipped.len(),
            ..RunCounts::default()
        };
        let mut run = recorded.record(own, counts);
        "autoencoder".clone_into(&mut run.model);
        run.weights = self.trained.content_hash();
        let preprocess = self.trained.configuration().preprocess();
        run.preprocess = preprocess.fingerprint(preprocess.jpeg());
        run
    }

    /// Tells what came of it, and what to do next.
    pub(super) fn tell(&self, at: &Path) -> Result<()> {
        let (record, printer) = (self.trained.record(), self.session.printer);
        let output = self.arguments.output.display();
        let best = |epoch: u32| record.curve.iter().find(|point| point.epoch == epoch);
        let loss = |epoch: u32| best(epoch).map(|point| EpochLoss::from(*point).decisive());
        let (before, after) = (
            loss(0).unwrap_or(f64::NAN),
            loss(record.epoch).unwrap_or(f64::NAN),
        );
        let of = if record.held_out > 0 {
            "on the pictures held out"
        } else {
            "on the pictures learnt from"
        };
        let name = record.loss.name();
        let ran = record.curve.len() - 1;
        let ended = match record.ending {
            TrainingEnd::Patience => {
                format!("; ended early, after {ran} of {} epochs", record.epochs)
            }
            _ => String::new(),
        };
        let came = if record.epochs == 0 {
            format!("{before:.5}, untrained")
        } else {
            let epoch = record.epoch;
            format!("{after:.5} after epoch {epoch}, the best, from {before:.5} before training")
        };
        let same = match self.read.copies {
            0 => String::new(),
            copies => format!(" ({copies} more files have the same bytes as another)"),
        };
        printer.details(&format!(
            "{} pictures: {} learnt from, {} held out{same}\n\
             {name} loss {of}: {came}{ended}\n\
             loss curve and reconstructions: {}\n\
             next: imgcluster cluster PATH --model {} --algorithm auto\n",
            record.learnt + record.held_out,
            record.learnt,
            record.held_out,
            at.display(),
            quoted(&format!("autoencoder:{output}")),
        ))?;
        printer.answer(&format!("{output}\n"))?;
        printer.json(&json!({
            "checkpoint": self.arguments.output.to_string_lossy(),
            "content_hash": self.trained.content_hash(),
            "configuration": self.trained.configuration(),
            "training": record,
            "folder": at.to_string_lossy(),
            "skipped": self.read.skipped.len(),
            "times": self.session.timer.times(),
        }))
    }
}
