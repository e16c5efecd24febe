//! The folder that results are written to before they are in their place.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where that folder lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Beside the target, whose place it takes in one step.
    Beside,
    /// In the target, an empty folder: it may be a mount point, which nothing can take the place
    /// of, or lie in a folder that nothing can be written to.
    Inside,
}

/// What a folder in an empty target is called, before its number.
const PARTIAL: &str = ".partial-";

impl Place {
    /// Makes the folder.
    pub(super) fn make(self, target: &Path) -> io::Result<PathBuf> {
        let make = |candidate: &Path| fs::create_dir(candidate);
        match self {
            Self::Beside => fresh_sibling(target, "partial", make),
            Self::Inside => fresh(target, OsStr::new(PARTIAL), make),
        }
    }

    /// What [`Place::make`] attempts.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Beside => "make a folder beside",
            Self::Inside => "make a folder in",
        }
    }
}

/// Tells by its name a folder that [`Place::Inside`] makes.
pub(super) fn is_leftover(name: &OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix(PARTIAL));
    number.is_some_and(|number| {
        let is_digit = |c: char| c.is_ascii_digit() || c == '-';
        !number.is_empty() && number.chars().all(is_digit)
    })
}

/// Makes or moves something to `.NAME.WORD-PID` beside the target, counting up where that exists.
pub(super) fn fresh_sibling(
    target: &Path,
    word: &str,
    make: impl FnMut(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().unwrap_or_default());
    prefix.push(format!(".{word}-"));
    fresh(target.parent().unwrap_or(target), &prefix, make)
}

fn fresh(
    folder: &Path,
    prefix: &OsStr,
    mut make: impl FnMut(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let mut count = 0_u32;
    loop {
        let mut name = prefix.to_owned();
        name.push(std::process::id().to_string());
        if count > 0 {
            name.push(format!("-{count}"));
        }
        let candidate = folder.join(name);
        match make(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && count < 1000 => {
                count += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Moves everything in `staging` to `target`, which has none of it, `last` at the end. If
/// something cannot be moved, everything goes back.
pub(super) fn move_out(staging: &Path, target: &Path, last: &str) -> io::Result<()> {
    let names = fs::read_dir(staging)?.map(|entry| Ok(entry?.file_name()));
    let mut names = names.collect::<io::Result<Vec<OsString>>>()?;
    names.sort_by(|a, b| (a == last, a).cmp(&(b == last, b)));
    for (at, name) in names.iter().enumerate() {
        let to = target.join(name);
        // What is there would be replaced without a word.
        let moved = match fs::symlink_metadata(&to) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(staging.join(name), to),
        };
        if let Err(error) = moved {
            for name in &names[..at] {
                // The first error is the one to tell.
                let _ = fs::rename(target.join(name), staging.join(name));
            }
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    #[test]
    fn what_cannot_be_moved_out_brings_everything_back() {
        let home = tempfile::tempdir().unwrap();
        let (target, staging) = (home.path(), home.path().join(".partial-1"));
        fs::create_dir_all(staging.join("samples")).unwrap();
        for name in ["a.csv", "run.json", "z.txt"] {
            fs::write(staging.join(name), name).unwrap();
        }
        fs::write(target.join("run.json"), "mine").unwrap();
        let error = move_out(&staging, target, "run.json").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(target), [".partial-1", "run.json"]);
        assert_eq!(names(&staging), ["a.csv", "run.json", "samples", "z.txt"]);
        assert_eq!(fs::read(target.join("run.json")).unwrap(), b"mine");
        fs::remove_file(target.join("run.json")).unwrap();
        move_out(&staging, target, "run.json").unwrap();
        assert!(names(&staging).is_empty());
        assert_eq!(fs::read(target.join("run.json")).unwrap(), b"run.json");
    }

    #[test]
    fn leftovers_are_told_by_their_names() {
        for name in [".partial-1", ".partial-4711-2"] {
            assert!(is_leftover(OsStr::new(name)), "{name}");
        }
        for name in [".partial-", ".partial-x", "partial-1", "run.json", ""] {
            assert!(!is_leftover(OsStr::new(name)), "{name}");
        }
    }
}
