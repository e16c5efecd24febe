//! What belongs to pictures and travels with them: RAW files, Live Photo videos, notes.

mod kinds;
#[cfg(test)]
mod tests;
mod travel;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use kinds::Kind;
pub(crate) use kinds::split as split_name;
pub(crate) use travel::{Companion, Leaving, Travel};

/// What belongs to each of some pictures.
///
/// Told by names in one folder, in which large and small letters of ASCII are the same unless one
/// picture has exactly the letters:
/// * RAW files (`.cr2`, `.nef`, `.dng` …) and videos (`.mov`, `.mp4`) of the picture's stem;
/// * notes of its stem: `.xmp`, `.json`, `.txt`, `.aae`, `.thm`, `.pp3`, `.dop`;
/// * notes of its whole name, which are of no other picture: `x.jpg.xmp`, and what Google Photos
///   exports (`x.jpg.supplemental-metadata.json`, with its last word cut, and numbered).
///
/// A file that is one of the pictures is no sidecar, but for a RAW file beside a picture of its stem
/// that is none. Hidden files, symbolic links and folders are never sidecars.
#[derive(Debug, Clone, Default)]
pub struct Sidecars {
    /// In the order of their paths.
    files: Vec<Sidecar>,
    /// For each picture, which of `files` belong to it, in their order.
    of: Vec<Vec<u32>>,
    /// For each picture, whether it is one of `files` itself.
    belongs: Vec<bool>,
}

#[derive(Debug, Clone)]
struct Sidecar {
    path: PathBuf,
    companion: bool,
    /// Which of the pictures it is, if it is one.
    picture: Option<u32>,
    /// The pictures that it belongs to, ascending; those that are known by name only are counted
    /// after all others.
    owners: Vec<u32>,
}

/// A folder could not be listed, so that what belongs to its pictures is not known.
#[derive(Debug, thiserror::Error)]
#[error("could not look for sidecars in `{}`", folder.display())]
pub struct SidecarError {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Sidecars {
    /// Says that nothing belongs to any of `count` pictures.
    pub fn none(count: usize) -> Self {
        Self {
            files: Vec::new(),
            of: vec![Vec::new(); count],
            belongs: vec![false; count],
        }
    }

    /// Finds what belongs to `pictures`; each of their folders is listed once.
    ///
    /// `others` are further files of these folders, such as those that could not be decoded. What
    /// belongs to one of them too stays with it, if its name is that of a picture; whatever else
    /// is among them, such as a PDF of the same stem, has no sidecars. Whatever is named like a
    /// sidecar is taken for one.
    ///
    /// # Errors
    /// [`SidecarError`] for a folder that cannot be listed; in one that is gone there is nothing.
    pub fn scan(pictures: &[impl AsRef<Path>], others: &[PathBuf]) -> Result<Self, SidecarError> {
        let count = pictures.len();
        let known = others.iter().filter(|path| {
            let name = name_of(path);
            kinds::may_be_picture(name) && kinds::kind(name).is_none()
        });
        let all = pictures.iter().map(AsRef::as_ref);
        let all: Vec<&Path> = all.chain(known.map(PathBuf::as_path)).collect();
        let mut folders: HashMap<&Path, Vec<u32>> = HashMap::new();
        for (at, path) in all.iter().enumerate() {
            if let Some(folder) = path.parent() {
                folders.entry(folder).or_default().push(at as u32);
            }
        }
        let mut files = Vec::new();
        let mut folders: Vec<_> = folders.into_iter().collect();
        folders.sort_unstable();
        for (folder, members) in folders {
            let names: Vec<(u32, &[u8])> = members
                .iter()
                .map(|&at| (at, name_of(all[at as usize])))
                .collect();
            scan_folder(folder, &names, count, &mut files)?;
        }
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut found = Self::none(count);
        for (number, file) in files.iter().enumerate() {
            if let Some(picture) = file.picture {
                found.belongs[picture as usize] = true;
            }
            for &owner in &file.owners {
                if let Some(of) = found.of.get_mut(owner as usize) {
                    of.push(number as u32);
                }
            }
        }
        found.files = files;
        Ok(found)
    }

    /// How many pictures this is about.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Tells whether this is about no pictures.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Gives what belongs to a picture, in the order of paths; it may belong to others too.
    pub fn of(&self, picture: usize) -> impl Iterator<Item = &Path> {
        let files = self.of[picture].iter();
        files.map(|&file| self.files[file as usize].path.as_path())
    }

    /// Gives what belongs to a picture, in the order of paths, each with all pictures that it belongs
    /// to; those that are known by name only have numbers from [`len`](Self::len) on.
    pub fn with_owners(&self, picture: usize) -> impl Iterator<Item = (&Path, &[u32])> {
        let files = self.of[picture].iter();
        files.map(|&file| {
            let file = &self.files[file as usize];
            (file.path.as_path(), file.owners.as_slice())
        })
    }

    /// How many RAW files and videos belong to a picture: what is not just said about it.
    pub fn companions(&self, picture: usize) -> u32 {
        let files = self.of[picture].iter();
        files
            .filter(|&&file| self.files[file as usize].companion)
            .count() as u32
    }

    /// Tells whether a picture is itself a sidecar of another: a RAW file that could be decoded,
    /// beside the JPEG of the same photo. The two are no duplicates of each other; where the
    /// other one goes, this one goes.
    pub fn belongs(&self, picture: usize) -> bool {
        self.belongs[picture]
    }
}

fn name_of(path: &Path) -> &[u8] {
    path.file_name().map_or(&[], OsStr::as_encoded_bytes)
}

/// The pictures of a folder by their names.
struct Family {
    names: ByLetters,
    stems: ByLetters,
}

impl Family {
    fn new(pictures: &[(u32, &[u8])]) -> Self {
        let mut family = Self {
            names: ByLetters::default(),
            stems: ByLetters::default(),
        };
        let (raw, plain): (Vec<_>, Vec<_>) =
            pictures.iter().partition(|(_, name)| kinds::is_raw(name));
        for (at, name) in plain {
            family.names.add(name, at);
            family.stems.add(kinds::split(name).0, at);
        }
        let mut alone = Vec::new();
        for (at, name) in raw {
            let stem = kinds::split(name).0;
            // A RAW file beside no other picture of its stem is a picture like any other.
            if family.stems.find(stem).is_empty() {
                alone.push((at, name, stem));
            }
        }
        for (at, name, stem) in alone {
            family.names.add(name, at);
            family.stems.add(stem, at);
        }
        family
    }

    /// The pictures that a file of this name belongs to.
    fn owners(&self, name: &[u8]) -> Vec<u32> {
        let owners = match kinds::kind(name) {
            None => &[],
            Some(Kind::Companion) => self.stems.find(kinds::split(name).0),
            Some(Kind::Note) => {
                let about = kinds::about(name);
                let by_name = about.names.iter().map(|name| self.names.find(name));
                by_name
                    .into_iter()
                    .find(|owners| !owners.is_empty())
                    .unwrap_or_else(|| self.stems.find(&about.stem))
            }
        };
        owners.to_vec()
    }
}

/// Who has a text: exactly, or but for large and small letters.
#[derive(Default)]
struct ByLetters {
    exact: HashMap<Vec<u8>, Vec<u32>>,
    folded: HashMap<Vec<u8>, Vec<u32>>,
}

impl ByLetters {
    fn add(&mut self, text: &[u8], owner: u32) {
        self.exact.entry(text.to_vec()).or_default().push(owner);
        let folded = self.folded.entry(text.to_ascii_lowercase()).or_default();
        folded.push(owner);
    }

    fn find(&self, text: &[u8]) -> &[u32] {
        let exact = self.exact.get(text);
        exact
            .or_else(|| self.folded.get(&text.to_ascii_lowercase()))
            .map_or(&[], Vec::as_slice)
    }
}

/// Adds what belongs to the pictures of one folder.
fn scan_folder(
    folder: &Path,
    members: &[(u32, &[u8])],
    count: usize,
    files: &mut Vec<Sidecar>,
) -> Result<(), SidecarError> {
    let family = Family::new(members);
    let pictures: HashMap<&[u8], u32> = members.iter().map(|&(at, name)| (name, at)).collect();
    let error = |source| SidecarError {
        folder: folder.to_owned(),
        source,
    };
    // The folder of a relative name without one.
    let listed = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = match std::fs::read_dir(listed) {
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(error)?,
    };
    for entry in entries {
        let entry = entry.map_err(error)?;
        let name = entry.file_name();
        let bytes = name.as_encoded_bytes();
        let Some(kind) = kinds::kind(bytes).filter(|_| !bytes.starts_with(b".")) else {
            continue;
        };
        let picture = pictures.get(bytes).copied();
        let owners = family.owners(bytes);
        let own = picture.is_some_and(|at| owners.contains(&at) || !kinds::is_raw(bytes));
        if owners.is_empty() || own || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        files.push(Sidecar {
            path: folder.join(name),
            companion: kind == Kind::Companion,
            picture: picture.filter(|&at| (at as usize) < count),
            owners,
        });
    }
    Ok(())
}
