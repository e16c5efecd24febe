//! `train`: a network that describes the user's own pictures.
//!
//! walk → draw a sample, maybe → read → train, or go on with what was interrupted → write → tell

mod explain;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use imgcluster_cluster::sample;
use imgcluster_core::Stage;
use imgcluster_embed::{
    AutoencoderFile, DecodeOptions, ReadPictures, TrainOptions, Training, TrainingLoss,
    TrainingPictures, Walked, is_resume_file, resume_file,
};
use imgcluster_viz::ResultsFolder;

use super::done;
use crate::arguments::{DeviceArgument, LossName, TrainArguments};
use crate::failure::Refusal;
use crate::found::{nothing_usable, tell_skipped};
use crate::input::walk_input;
use crate::model::vgg;
use crate::session::Session;
use explain::explain;

/// How much work a kill can lose.
const SAVE_EVERY: Duration = Duration::from_secs(20);

/// Fewer pictures than this are hardly enough to learn from.
const FEW: usize = 50;

pub(super) fn run(arguments: &TrainArguments, session: &Session) -> Result<ExitCode> {
    let started = SystemTime::now();
    let output = &arguments.output;
    refuse_output(arguments)?;
    let folder = ResultsFolder::prepare(&beside(output), true)?;
    let perceptual = vgg(arguments, session)?;
    let mut walked = walk_input(&arguments.input, &[folder.path().to_owned()], session)?;
    draw(&mut walked, arguments, session);
    let options = options(arguments);
    let read = read(walked, arguments, session)?;
    tell_pictures(&read, arguments, session);
    let training = Training {
        pictures: &read.pictures,
        loss: loss(arguments),
        perceptual: perceptual.as_deref(),
        options: &options,
        output,
        save_every: SAVE_EVERY,
    };
    interrupted(arguments, session)?;
    let trained = training
        .run(&session.job())
        .map_err(|error| explain(error, arguments))?;
    let facts = report::Facts {
        arguments,
        session,
        started,
        training: &training,
        trained: &trained,
        read: &read,
    };
    let at = facts.write(folder)?;
    tell_skipped(&read.skipped, None, session.printer);
    facts.tell(&at)?;
    Ok(done(arguments.strict, read.skipped.len()))
}

/// Tells of a training that was interrupted, or does away with what it left where that was asked for.
fn interrupted(arguments: &TrainArguments, session: &Session) -> Result<()> {
    let resume = resume_file(&arguments.output);
    if !resume.exists() {
        return Ok(());
    }
    let shown = resume.display();
    if !arguments.restart {
        session.printer.note(&format!(
            "`{shown}` is of a training that was interrupted; going on with it if it is this one"
        ));
        return Ok(());
    }
    if !is_resume_file(&resume) {
        let message = format!("`{shown}` is in the way, and of no training");
        return Err(Refusal::new(message, "write elsewhere with `--output FILE`").into());
    }
    std::fs::remove_file(&resume).map_err(|error| {
        let message = format!("cannot remove `{shown}`: {error}");
        Refusal::new(message, "write elsewhere with `--output FILE`").into()
    })
}

/// The folder for what is to be looked at: a folder of results is never taken for pictures.
fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".training");
    PathBuf::from(name)
}

/// Refuses to replace a checkpoint, unless that was asked for or it is of a training that goes on.
fn refuse_output(arguments: &TrainArguments) -> Result<()> {
    let output = &arguments.output;
    if output.is_dir() {
        let message = format!("`{}` is a folder", output.display());
        let hint = "name the file to write, such as `--output autoencoder.safetensors`";
        return Err(Refusal::new(message, hint).into());
    }
    if !output.exists() {
        return Ok(());
    }
    if !arguments.overwrite && !resume_file(output).exists() {
        let message = format!("`{}` exists", output.display());
        let hint = "replace it with `--overwrite`, or write elsewhere with `--output FILE`";
        return Err(Refusal::new(message, hint).into());
    }
    // Whatever was asked for, a picture is never replaced by a network.
    AutoencoderFile::open(output).map_err(|error| {
        Refusal::because(
            error,
            "write elsewhere with `--output FILE`: this file is kept",
        )
    })?;
    Ok(())
}

fn options(arguments: &TrainArguments) -> TrainOptions {
    let (network, training) = (&arguments.network, &arguments.training);
    let DeviceArgument(device) = training.device;
    TrainOptions {
        size: network.size,
        latent: network.latent,
        epochs: training.epochs,
        learning_rate: training.learning_rate,
        batch_size: training.batch_size,
        validation: training.validation,
        patience: training.patience,
        augment: !training.no_augmentation,
        seed: training.seed,
        device,
        ..TrainOptions::default()
    }
}

fn loss(arguments: &TrainArguments) -> TrainingLoss {
    match arguments.training.loss {
        LossName::Mse => TrainingLoss::Mse,
        LossName::L1 => TrainingLoss::L1,
        LossName::Perceptual => TrainingLoss::Perceptual,
    }
}

/// Leaves only a sample of the files that were found, where one was asked for.
fn draw(walked: &mut Walked, arguments: &TrainArguments, session: &Session) {
    let found = walked.candidates.len();
    let Some(wanted) = arguments
        .training
        .sample
        .filter(|wanted| wanted.get() < found)
    else {
        return;
    };
    let drawn = sample(found, wanted.get(), arguments.training.seed);
    let drawn = drawn.into_iter().map(|at| walked.candidates[at].clone());
    walked.candidates = drawn.collect();
    session.printer.note(&format!(
        "learning from {wanted} of {found} files, drawn at random (`--sample`, `--seed`)"
    ));
}

/// Reads the pictures into memory.
fn read(walked: Walked, arguments: &TrainArguments, session: &Session) -> Result<ReadPictures> {
    let limits = DecodeOptions {
        max_pixels: arguments.input.max_pixels,
        max_file_size: arguments.input.max_file_size,
        ..DecodeOptions::default()
    };
    let job = session.job();
    let stage = job.stage(Stage::Read, Some(walked.candidates.len() as u64));
    let size = arguments.network.size;
    let read = TrainingPictures::read(&walked.candidates, size, limits, &job);
    let mut read = read.map_err(|error| explain(error, arguments))?;
    drop(stage);
    read.skipped.extend(walked.skipped);
    read.skipped
        .sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
    if read.pictures.is_empty() {
        return Err(nothing_usable(&read.skipped, session.printer).into());
    }
    Ok(read)
}

fn tell_pictures(read: &ReadPictures, arguments: &TrainArguments, session: &Session) {
    let (count, size) = (read.pictures.len(), arguments.network.size);
    if count < FEW {
        let pictures = if count == 1 {
            "picture is"
        } else {
            "pictures are"
        };
        session.printer.note(&format!(
            "{count} {pictures} hardly enough to learn from; some hundreds are better"
        ));
    }
    let enlarged = read.enlarged;
    if enlarged > 0 {
        session.printer.note(&format!(
            "{enlarged} of {count} pictures are smaller than {size} pixels and are enlarged \
             (`--size` makes the network smaller)"
        ));
    }
}
