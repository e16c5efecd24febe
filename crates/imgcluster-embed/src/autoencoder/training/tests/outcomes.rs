//! What comes of few pictures, of wrong options, and of too large steps.

use std::fs;
use std::time::Duration;

use imgcluster_core::{Embedder, EpochLoss, Job, PixelBatch};

use super::place::{Place, Watch, picture};
use crate::autoencoder::training::{TrainError, TrainingPictures, resume_file};
use crate::autoencoder::{AutoencoderFile, TrainingEnd, TrainingLoss};
use crate::{ModelOptions, NeuralEmbedder, PreprocessChoice, fit};

/// The codes of the place's first pictures.
fn codes(trained: &AutoencoderFile, count: u32) -> Vec<f32> {
    let options = ModelOptions::default();
    let embedder =
        NeuralEmbedder::of_autoencoder(trained, PreprocessChoice::Model, &options).unwrap();
    let input = embedder.input();
    let mut batch = PixelBatch::new(input.width, input.height);
    for number in 0..count {
        batch.push(&fit(&picture(number), &input).unwrap()).unwrap();
    }
    let rows = embedder.embed(&batch, &Job::quiet()).unwrap();
    rows.into_values()
}

#[test]
fn every_loss_of_pixels_falls_by_half_and_the_file_is_of_the_best_epoch() {
    for loss in [TrainingLoss::Mse, TrainingLoss::L1] {
        let mut place = Place::new(60);
        (place.loss, place.options.epochs) = (loss, 60);
        (place.options.latent, place.options.width) = (32, 8);
        place.options.learning_rate = 0.004;
        let watch = Watch::new(u64::MAX);
        let trained = place.train_watched(&watch, 2, Duration::MAX).unwrap();
        let losses = watch.losses.into_inner().unwrap();
        assert_eq!(losses.len(), 61);
        let validation = |at: usize| losses[at].validation.unwrap();
        let best = (1..61)
            .min_by(|a, b| validation(*a).total_cmp(&validation(*b)))
            .unwrap();
        let (before, after) = (losses[0].train, losses[60].train);
        assert!(after < before / 2.0, "{loss:?}: {before} {after}");
        assert!(
            validation(best) < validation(0) * 0.75,
            "{loss:?}: {} {}",
            validation(0),
            validation(best)
        );
        assert_eq!(trained.record().epoch as usize, best);
        let curve: Vec<_> = trained
            .record()
            .curve
            .iter()
            .copied()
            .map(EpochLoss::from)
            .collect();
        assert_eq!(curve, losses);
    }
}

#[test]
fn codes_from_the_file_are_those_right_after_training() {
    let place = Place::new(30);
    let trained = place.train().unwrap();
    let loaded = AutoencoderFile::open(&place.output()).unwrap();
    assert_eq!(loaded, trained);
    let right_after = codes(&trained, 30);
    assert_eq!(right_after.len(), 30 * 8);
    let bits = |codes: Vec<f32>| codes.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(right_after.clone()), bits(codes(&loaded, 30)));
}

#[test]
fn one_picture_and_a_few_can_be_learnt_from() {
    for (count, held_out) in [(1, 0), (2, 0), (3, 0), (6, 1)] {
        let mut place = Place::new(count);
        place.options.learning_rate = 0.01;
        place.options.epochs = 20;
        let trained = place.train().unwrap();
        assert_eq!(trained.record().held_out, held_out);
        assert_eq!(trained.record().learnt + held_out, u64::from(count));
        let watched = trained.record().curve[0].validation.is_some();
        assert_eq!(watched, held_out > 0);
    }
}

#[test]
fn no_picture_a_wrong_size_and_wrong_options_are_refused_before_anything_is_written() {
    let refused = |place: &Place, says: &str| {
        let error = place.train().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(place.files().is_empty());
    };
    refused(&Place::new(0), "no picture to learn from");
    let mut place = Place::new(3);
    place.options.size = 64;
    refused(&place, "32 pixels a side and the network takes 64");
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let mut place = Place::new(3);
        place.options.learning_rate = rate;
        refused(&place, "the learning rate cannot be");
    }
    for share in [-0.1, 1.0, f64::NAN] {
        let mut place = Place::new(3);
        place.options.validation = share;
        refused(&place, "the share held out cannot be");
    }
    let mut place = Place::new(3);
    place.options.latent = 0;
    refused(&place, "a code of length 0");
    assert!(TrainingPictures::new(31).is_err());
}

#[test]
fn a_loss_that_is_no_number_ends_training_and_leaves_the_file_that_was_there() {
    let mut place = Place::new(30);
    place.train().unwrap();
    let before = fs::read(place.output()).unwrap();
    place.options.learning_rate = 1e6;
    let error = place.train().unwrap_err();
    assert!(
        matches!(
            error,
            TrainError::Diverged {
                epoch: 1,
                kept: None,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(fs::read(place.output()).unwrap() == before);
    assert_eq!(place.files(), ["trained.safetensors"]);
}

#[test]
fn a_training_that_makes_nothing_better_says_so_and_leaves_the_file_that_was_there() {
    let mut place = Place::new(30);
    place.options.learning_rate = 3.0;
    place.options.epochs = 1;
    let error = place.train().unwrap_err();
    assert!(matches!(error, TrainError::NoBetter { .. }), "{error:?}");
    assert!(place.files().is_empty());
}

#[test]
fn patience_ends_a_training_that_gets_no_better() {
    let mut place = Place::new(30);
    place.options.epochs = 200;
    place.options.learning_rate = 0.05;
    place.options.patience = std::num::NonZeroU32::new(2);
    let trained = place.train().unwrap();
    let record = trained.record();
    assert_eq!(record.ending, TrainingEnd::Patience);
    assert_eq!(record.curve.len() as u32, record.epoch + 3);
}

#[test]
fn without_epochs_the_file_has_the_network_as_it_begins() {
    let mut place = Place::new(30);
    place.options.epochs = 0;
    let trained = place.train().unwrap();
    assert_eq!(
        (trained.record().epoch, trained.record().curve.len()),
        (0, 1)
    );
    place.options.seed = 1;
    assert_ne!(
        place.train().unwrap().content_hash(),
        trained.content_hash()
    );
}

#[test]
fn what_cannot_be_written_is_an_error_and_nothing_that_was_learnt_is_lost() {
    let mut place = Place::new(30);
    place.options.epochs = 6;
    let whole = place.train().unwrap();
    fs::remove_file(place.output()).unwrap();
    fs::create_dir(place.output()).unwrap();
    let error = place.train().unwrap_err();
    assert!(matches!(error, TrainError::File(_)), "{error:?}");
    assert!(resume_file(&place.output()).exists());
    fs::remove_dir(place.output()).unwrap();
    // Nothing is learnt again: it only has to be written.
    let watch = Watch::new(u64::MAX);
    assert_eq!(
        place.train_watched(&watch, 2, Duration::MAX).unwrap(),
        whole
    );
    assert!(watch.losses.into_inner().unwrap().is_empty());
}
