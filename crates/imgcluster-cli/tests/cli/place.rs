//! A folder of its own for each test, with its own store, and the binary run in it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// What one call of the binary did.
pub(crate) struct Called {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Called {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(&command.output().unwrap())
    }

    fn from(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test with everything that was printed, unless the exit code is this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails the test unless standard error holds this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` is not in:\n{}",
            self.stderr
        );
        self
    }
}

/// A temporary folder with a store.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command in this place that knows no other store.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imgcluster"));
        command.current_dir(self.folder.path());
        command.env(
            "IMGCLUSTER_STORE",
            format!("sqlite:{}", self.path("store.sqlite").display()),
        );
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy().to_ascii_uppercase();
            if text.starts_with("HF_") || text.ends_with("_PROXY") || text.starts_with("HUGGING") {
                command.env_remove(name);
            }
        }
        command
            .env("HF_HOME", self.path("models"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env_remove("IMGCLUSTER_MODEL")
            .env_remove("IMGCLUSTER_THREADS");
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Called {
        Called::of(self.command().args(arguments))
    }

    /// Copies these pictures of the gallery to a new folder here.
    pub(crate) fn copy_gallery(&self, folder: &str, names: &[&str]) -> PathBuf {
        let target = self.path(folder);
        fs::create_dir_all(&target).unwrap();
        for name in names {
            fs::copy(gallery().join(name), target.join(name)).unwrap();
        }
        target
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

/// The pictures that the project draws for itself.
pub(crate) fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/gallery")
        .canonicalize()
        .unwrap()
}

/// The images of a `clusters.json` by file name, with their cluster.
pub(crate) fn clusters_by_name(document: &Value) -> Vec<(String, Option<u64>)> {
    let images = document["images"].as_array().unwrap();
    let name = |image: &Value| {
        let path = PathBuf::from(image["path"].as_str().unwrap());
        path.file_name().unwrap().to_string_lossy().into_owned()
    };
    images
        .iter()
        .map(|image| (name(image), image["cluster"].as_u64()))
        .collect()
}
