//! Towers that are loaded with the first picture, beside those that are loaded at once.

use std::fs;

use imgcluster_core::{Embedder, Job, Matrix, PixelBatch};
use tempfile::TempDir;

use super::golden::{Tiny, batch};
use crate::models::{Checkpoint, DeviceChoice, ModelError, ModelOptions, NeuralEmbedder};

const ON_CPU: ModelOptions = ModelOptions {
    device: DeviceChoice::Cpu,
    precision: None,
};

/// A tiny model in a file of its own, made when needed, and pictures for it.
struct Case {
    tiny: Tiny,
    folder: TempDir,
    embedder: NeuralEmbedder,
    pictures: PixelBatch,
}

impl Case {
    /// Its file is that of the reference after a change.
    fn new(change: impl Fn(&mut Vec<u8>)) -> Option<Self> {
        let tiny = Tiny::open("tiny-clip")?;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let mut bytes = fs::read(tiny.checkpoint.path()).unwrap();
        change(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let checkpoint = Checkpoint::open(&path).unwrap();
        let spec = tiny.spec.clone();
        let embedder = NeuralEmbedder::load_when_needed(spec, checkpoint, &ON_CPU).unwrap();
        let pictures = batch(&tiny.expected, embedder.input().width);
        Some(Self {
            tiny,
            folder,
            embedder,
            pictures,
        })
    }

    fn rows(&self) -> Matrix {
        self.embedder.embed(&self.pictures, &Job::quiet()).unwrap()
    }

    fn error(&self) -> ModelError {
        let error = self.embedder.embed(&self.pictures, &Job::quiet());
        *error.unwrap_err().downcast().unwrap()
    }
}

#[test]
fn a_model_loaded_when_needed_gives_the_rows_and_the_key_of_one_loaded_at_once() {
    let Some(mut case) = Case::new(|_| ()) else {
        return;
    };
    let at_once =
        NeuralEmbedder::load(&case.tiny.spec, &mut case.tiny.checkpoint, &ON_CPU).unwrap();
    let wanted = at_once.embed(&case.pictures, &Job::quiet()).unwrap();
    assert_eq!(case.embedder.space(), at_once.space());
    assert_eq!((case.rows(), case.rows()), (wanted.clone(), wanted));
}

#[test]
fn several_threads_that_need_the_model_first_all_get_its_rows() {
    let Some(case) = Case::new(|_| ()) else {
        return;
    };
    let found = std::thread::scope(|scope| {
        let threads: [_; 4] = std::array::from_fn(|_| scope.spawn(|| case.rows()));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(found.iter().all(|rows| *rows == case.rows()));
}

#[test]
fn wrong_weights_are_named_by_every_picture_that_needs_them() {
    let nan = |bytes: &mut Vec<u8>| {
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    };
    let Some(case) = Case::new(nan) else {
        return;
    };
    for _ in 0..2 {
        assert!(matches!(case.error(), ModelError::NotFinite { .. }));
    }
}

#[test]
fn a_file_that_is_written_to_before_it_is_needed_is_refused() {
    let Some(case) = Case::new(|_| ()) else {
        return;
    };
    let path = case.folder.path().join("model.safetensors");
    fs::write(&path, b"something else").unwrap();
    assert!(matches!(case.error(), ModelError::Read { path: of, .. } if of == path));
}
