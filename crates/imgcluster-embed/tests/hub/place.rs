//! A hub and a cache of its own for each test.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use imgcluster_core::{CancelToken, Event, Job, Reporter, Stage};
use imgcluster_embed::hub::{HubError, HubOptions, ModelFiles, ModelRequest, locate, pull};
use tempfile::TempDir;

use crate::server::Hub;

/// The repository that most tests ask for.
pub(crate) const REPOSITORY: &str = "org/model";

/// A configuration that can be read and says how pictures are prepared.
pub(crate) const CONFIGURATION: &[u8] = br#"{"architecture":"resnet18","pretrained_cfg":{}}"#;

pub(crate) struct Place {
    pub(crate) hub: Hub,
    pub(crate) options: HubOptions,
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let (hub, folder) = (Hub::start(), tempfile::tempdir().unwrap());
        let mut options = HubOptions::new(folder.path().join("cache"));
        options.endpoint.clone_from(&hub.endpoint);
        options.patience = Duration::from_secs(5);
        Self {
            hub,
            options,
            folder,
        }
    }

    /// With a model of these weights on the hub.
    pub(crate) fn with_model(weights: &[u8]) -> Self {
        let place = Self::new();
        place.hub.put(
            REPOSITORY,
            &[
                ("config.json", CONFIGURATION),
                ("model.safetensors", weights),
                ("README.md", b"hello"),
            ],
        );
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn locate(&self) -> Result<ModelFiles, HubError> {
        let request = ModelRequest::repository(REPOSITORY).unwrap();
        locate(&request, &self.options, &Job::quiet())
    }

    pub(crate) fn pull(&self) -> Result<ModelFiles, HubError> {
        let request = ModelRequest::repository(REPOSITORY).unwrap();
        pull(&request, &self.options, &Job::quiet())
    }

    /// A file of the repository's folder in the cache.
    pub(crate) fn shelf(&self, name: &str) -> PathBuf {
        self.options.cache.join("models--org--model").join(name)
    }

    /// The files below the cache, without locks, by their paths in it.
    pub(crate) fn cached_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.options.cache, &self.options.cache, &mut found);
        found.sort();
        found
    }
}

fn collect(folder: &Path, base: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.ends_with(".locks") {
            continue;
        }
        if path.is_dir() {
            collect(&path, base, found);
        } else {
            found.push(
                path.strip_prefix(base)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned(),
            );
        }
    }
}

/// Bytes that no two places have in common.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mixed = |index: usize| (index as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0];
    (0..count).map(mixed).collect()
}

/// Counts the bytes that are announced and reported; stops the job after some of them.
#[derive(Default)]
pub(crate) struct Counter {
    pub(crate) total: Mutex<u64>,
    pub(crate) done: Mutex<u64>,
    pub(crate) cancel: CancelToken,
    pub(crate) stop_after: Option<u64>,
}

impl Reporter for Counter {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Started { stage, total } => {
                assert_eq!(*stage, Stage::Download);
                *self.total.lock().unwrap() += total.unwrap();
            }
            Event::Advanced { by, .. } => {
                let mut done = self.done.lock().unwrap();
                *done += by;
                if self.stop_after.is_some_and(|limit| *done > limit) {
                    self.cancel.cancel();
                }
            }
            _ => {}
        }
    }
}
