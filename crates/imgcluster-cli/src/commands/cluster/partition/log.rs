//! What is kept of each part beside the results, so that a run that was stopped can go on.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use imgcluster_cluster::{PartitionLog, Place};
use imgcluster_core::{BoxError, Image, Radius};
use imgcluster_viz::write_similarities;

use super::Parting;
use crate::arguments::PartitionArguments;
use crate::failure::Refusal;

/// What the folder is called: the results folder's name with this behind it.
const ENDING: &str = ".partitions";

/// The folder beside the results in which parts are kept.
pub(in crate::commands::cluster) fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(ENDING);
    PathBuf::from(name)
}

/// What was found in a place.
const PART: &str = ".part";
/// Similarities there.
const CSV: &str = ".csv";
/// Either, while it is being written.
const UNFINISHED: &str = ".part_new";
const COLLECTED: &str = ".csv_new";

/// The file that a run holds locked, so that no other tidies its files away.
const LOCK: &str = "lock";
/// Bytes of the hash at the end of what was found, that tells whether it was changed since.
const CHECK: usize = 8;

/// Files of parts in a folder beside the results; their names begin with what they are of.
pub(super) struct FileLog {
    folder: PathBuf,
    /// Locked as long as this lives.
    _lock: File,
    /// Tells pictures, model, method and size apart.
    key: String,
    images: Vec<Image>,
    near: Option<Radius>,
    found: usize,
    /// Parts of other pictures or settings that were there.
    removed: usize,
}

impl FileLog {
    /// Makes the folder, or finds what is there; what is there of other pictures or settings goes.
    ///
    /// # Errors
    /// If another run is at it, or the folder cannot be made.
    pub(super) fn open(
        parting: &Parting<'_>,
        flags: &PartitionArguments,
        near: Option<Radius>,
    ) -> Result<Self> {
        let folder = beside(parting.output);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let lock = lock(&folder)?;
        let mut log = Self {
            folder,
            _lock: lock,
            key: key(parting, flags, near),
            images: near.map_or_else(Vec::new, |_| parting.images.to_vec()),
            near,
            found: 0,
            removed: 0,
        };
        let all = log.finished();
        log.clear(|name| !name.starts_with(&log.key))
            .with_context(|| format!("cannot tidy `{}`", log.folder.display()))?;
        log.found = log.finished();
        log.removed = all - log.found;
        Ok(log)
    }

    /// How many parts are finished there.
    pub(super) fn finished(&self) -> usize {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let is_part = |name: &String| name.contains("-partition_") && name.ends_with(PART);
        names.filter(|name| is_ours(name) && is_part(name)).count()
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many parts of other pictures or settings were there, and are no more.
    pub(super) fn removed(&self) -> usize {
        self.removed
    }

    /// How many parts were there already.
    pub(super) fn found(&self) -> usize {
        self.found
    }

    /// From which similarity on pairs are listed, if they are.
    pub(super) fn near_similarity(&self) -> Option<f32> {
        self.near.map(|near| 1.0 - near.get())
    }

    /// Whether similarities are wanted.
    pub(super) fn keeps(&self) -> bool {
        self.near.is_some()
    }

    /// The similarities in a part, without a heading.
    pub(super) fn similarities(&self, partition: usize) -> PathBuf {
        self.path(Place::Partition(partition), CSV)
    }

    /// The similarities of pictures of different parts, without a heading, in files one after the other.
    pub(super) fn between(&self) -> impl Iterator<Item = PathBuf> {
        let medoids = std::iter::once(Place::Representatives);
        let noise = (0..).map(Place::Noise);
        let is_saved = |place: &Place| self.path(*place, PART).exists();
        let places = medoids.filter(is_saved).chain(noise.take_while(is_saved));
        places.map(|place| self.path(place, CSV))
    }

    /// Removes everything of this run, and the folder if nothing else is in it.
    pub(super) fn remove(&self) -> Result<()> {
        let tidy = || -> io::Result<()> {
            self.clear(|_| true)?;
            fs::remove_file(self.folder.join(LOCK))?;
            match fs::remove_dir(&self.folder) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
                other => other,
            }
        };
        tidy().with_context(|| format!("cannot remove `{}`", self.folder.display()))
    }

    /// Removes files that a run like this has made, and no others.
    fn clear(&self, goes: impl Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if is_ours(&name) && goes(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The file of a place with this ending.
    fn path(&self, place: Place, ending: &str) -> PathBuf {
        let name = match place {
            Place::Partition(partition) => format!("partition_{partition:06}"),
            Place::Representatives => "medoids".to_owned(),
            Place::Noise(piece) => format!("noise_{piece:06}"),
        };
        self.folder.join(format!("{}-{name}{ending}", self.key))
    }
}

impl PartitionLog for FileLog {
    fn load(&self, place: Place) -> Option<Vec<u8>> {
        // What a run that was stopped had begun comes again; mostly there is nothing.
        drop(fs::remove_file(self.path(place, COLLECTED)));
        let bytes = fs::read(self.path(place, PART)).ok()?;
        let (found, check) = bytes.split_last_chunk::<CHECK>()?;
        let is_whole = blake3::hash(found).as_bytes()[..CHECK] == check[..];
        // Without its list of pairs a part would have to be compared again to have one.
        let is_listed = self.near.is_none() || self.path(place, CSV).exists();
        (is_whole && is_listed).then(|| found.to_vec())
    }

    fn save(&self, place: Place, found: &[u8]) -> Result<(), BoxError> {
        if self.keeps() {
            let collected = self.path(place, COLLECTED);
            // There may be no pair to list.
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&collected)?;
            fs::rename(collected, self.path(place, CSV))?;
        }
        let (unfinished, finished) = (self.path(place, UNFINISHED), self.path(place, PART));
        let mut file = File::create(&unfinished)?;
        file.write_all(found)?;
        file.write_all(&blake3::hash(found).as_bytes()[..CHECK])?;
        file.sync_all()?;
        Ok(fs::rename(unfinished, finished)?)
    }

    fn near_radius(&self) -> Option<Radius> {
        self.near
    }

    fn near(&self, place: Place, pairs: &[(u32, u32, f32)]) -> Result<(), BoxError> {
        let path = self.path(place, COLLECTED);
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut writer = BufWriter::new(file);
        write_similarities(&self.images, pairs, &mut writer)?;
        Ok(writer.flush()?)
    }
}

/// Locks the folder for this run.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let file = opened.with_context(|| format!("cannot write `{}`", path.display()))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let message = format!("another run clusters in parts in `{}`", folder.display());
            let hint = "wait until it has ended, or name another `--output`";
            Err(Refusal::new(message, hint).into())
        }
        // Some file systems have no locks; then two runs at once are not kept apart.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Whether a file is one that a log has made: sixteen digits, a dash, and one of its endings.
fn is_ours(name: &str) -> bool {
    let endings = [PART, CSV, UNFINISHED, COLLECTED];
    let key = name.split_once('-').map(|(key, _)| key);
    key.is_some_and(|key| key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && endings.iter().any(|ending| name.ends_with(ending))
}

/// What a part depends on, in sixteen digits.
fn key(parting: &Parting<'_>, flags: &PartitionArguments, near: Option<Radius>) -> String {
    let mut hasher = blake3::Hasher::new();
    let (model, method) = (&parting.model, &parting.algorithm.how);
    let (size, noise) = (flags.partition, flags.partition_noise);
    let version = env!("CARGO_PKG_VERSION");
    let made = format!("{version}\n{model}\n{method:?}\n{size:?}\n{noise}\n{near:?}\n");
    hasher.update(made.as_bytes());
    for image in parting.images {
        hasher.update(&image.content.0);
        if near.is_some() {
            // Lists of pairs name them.
            hasher.update(image.path.as_os_str().as_encoded_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_a_log_makes_are_taken_for_its_own() {
        for name in [
            "0123456789abcdef-0001.part",
            "0123456789abcdef-between.csv",
            "ffffffffffffffff-0000.part_new",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in [
            "notes.txt",
            "0123456789abcdef.part",
            "0123456789abcdeg-0.part",
            "0123456789abcdef-x.jpg",
            "",
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
