//! Interrupted and gone on with, training gives the same network as without.

use std::time::Duration;

use super::place::{Place, Watch};
use crate::autoencoder::training::{TrainError, resume_file};
use crate::autoencoder::{AutoencoderFile, TrainingEnd};

fn bytes(place: &Place) -> Vec<u8> {
    std::fs::read(place.output()).unwrap()
}

#[test]
fn the_same_training_gives_the_same_file_at_any_number_of_threads() {
    let place = Place::new(23);
    let mut files = Vec::new();
    for threads in [1, 2, 5] {
        let watch = Watch::new(u64::MAX);
        place.train_watched(&watch, threads, Duration::MAX).unwrap();
        files.push(bytes(&place));
        assert_eq!(place.files(), ["trained.safetensors"]);
    }
    assert!(files[0] == files[1] && files[1] == files[2]);
}

#[test]
fn a_training_that_was_stopped_anywhere_goes_on_to_the_same_file() {
    let mut place = Place::new(23);
    place.options.patience = std::num::NonZeroU32::new(2);
    let unbroken = place.train().unwrap();
    let whole = bytes(&place);
    std::fs::remove_file(place.output()).unwrap();
    // Learnt from: 21 pictures three times, in batches of 9, 9 and 3.
    for stop_after in [1, 9, 10, 18, 21, 30, 42, 55, 62] {
        let watch = Watch::new(stop_after);
        let stopped = place.train_watched(&watch, 2, Duration::MAX);
        assert!(
            matches!(stopped, Err(TrainError::Cancelled(_))),
            "{stop_after}"
        );
        assert!(resume_file(&place.output()).exists());
        let watch = Watch::new(u64::MAX);
        let trained = place.train_watched(&watch, 1, Duration::MAX).unwrap();
        assert_eq!(trained, unbroken, "{stop_after}");
        assert!(bytes(&place) == whole, "{stop_after}");
        assert_eq!(place.files(), ["trained.safetensors"]);
        std::fs::remove_file(place.output()).unwrap();
    }
}

#[test]
fn a_training_that_was_killed_goes_on_from_what_was_written_down() {
    // A kill leaves what the last save wrote, whatever came after it: here each save in turn.
    let place = Place::new(23);
    place.train().unwrap();
    let whole = bytes(&place);
    std::fs::remove_file(place.output()).unwrap();
    for stop_after in [9, 21, 39, 63] {
        let watch = Watch::new(stop_after);
        let stopped = place.train_watched(&watch, 2, Duration::ZERO);
        let state = std::fs::read(resume_file(&place.output()));
        if stopped.is_ok() {
            assert!(state.is_err());
            continue;
        }
        // It went on, wrote a later network, and was killed before it wrote down where it was.
        let watch = Watch::new(stop_after + 21);
        let _later = place.train_watched(&watch, 2, Duration::ZERO);
        std::fs::write(resume_file(&place.output()), state.unwrap()).unwrap();
        place.train().unwrap();
        assert!(bytes(&place) == whole, "{stop_after}");
        std::fs::remove_file(place.output()).unwrap();
    }
}

#[test]
fn what_was_stopped_leaves_the_best_network_so_far() {
    let mut place = Place::new(23);
    place.options.epochs = 6;
    let watch = Watch::new(21 * 4 + 1);
    assert!(place.train_watched(&watch, 2, Duration::MAX).is_err());
    let best = AutoencoderFile::open(&place.output()).unwrap();
    assert!(best.record().epoch > 0 && best.record().curve.len() == 5);
    assert_eq!(best.record().ending, TrainingEnd::Unfinished);
}

#[test]
fn what_another_training_wrote_down_is_not_gone_on_with() {
    let mut place = Place::new(12);
    let stop = |place: &Place| {
        place
            .train_watched(&Watch::new(1), 1, Duration::MAX)
            .unwrap_err()
    };
    stop(&place);
    place.options.seed = 1;
    let error = place.train().unwrap_err();
    assert!(matches!(error, TrainError::OtherTraining { .. }), "{error}");
    place.options.seed = 0;
    let other = Place::new(13);
    std::fs::copy(resume_file(&place.output()), resume_file(&other.output())).unwrap();
    assert!(matches!(
        other.train(),
        Err(TrainError::OtherTraining { .. })
    ));
    // A file that was cut short or is something else is not taken for one.
    let state = std::fs::read(resume_file(&place.output())).unwrap();
    std::fs::write(resume_file(&place.output()), &state[..state.len() / 2]).unwrap();
    assert!(matches!(place.train(), Err(TrainError::File(_))));
}
