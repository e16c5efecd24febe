//! A file as it is now.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use imgcluster_core::ContentHash;

use super::PlannedFile;

impl PlannedFile {
    /// Looks at a file: hashes its bytes, and takes its length and time of change.
    ///
    /// The path is taken as it is; see [`absolute`](super::absolute).
    ///
    /// # Errors
    /// A file that cannot be read, or was changed while it was; whatever is no regular file, also a
    /// symbolic link, where the system can tell.
    pub fn look(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        let before = file.metadata()?;
        if !before.is_file() {
            let words = "not a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&file)?;
        let after = file.metadata()?;
        if (before.len(), modified_ns(&before)) != (after.len(), modified_ns(&after))
            || hasher.count() != after.len()
        {
            return Err(io::Error::other("it was changed while it was read"));
        }
        Ok(Self {
            path: path.to_owned(),
            content: ContentHash(*hasher.finalize().as_bytes()),
            size: Some(after.len()),
            modified_ns: Some(modified_ns(&after)),
        })
    }
}

/// Opens what may be a file; neither follows a link, nor waits for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    Ok(openat(CWD, path, flags, Mode::empty())?.into())
}

/// Opens what may be a file.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    if path.symlink_metadata()?.is_symlink() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a symbolic link",
        ));
    }
    File::open(path)
}

/// The time of the last change, in nanoseconds since 1970.
#[cfg(unix)]
fn modified_ns(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    let seconds = metadata.mtime().saturating_mul(1_000_000_000);
    seconds.saturating_add(metadata.mtime_nsec())
}

/// The time of the last change, in nanoseconds since 1970; 0 where the system does not tell.
#[cfg(not(unix))]
fn modified_ns(metadata: &Metadata) -> i64 {
    use std::time::{Duration, UNIX_EPOCH};
    let nanoseconds = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    match metadata.modified().map(|at| at.duration_since(UNIX_EPOCH)) {
        Ok(Ok(after)) => nanoseconds(after),
        Ok(Err(before)) => -nanoseconds(before.duration()),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_has_the_hash_of_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "").unwrap();
        let file = PlannedFile::look(&path).unwrap();
        // the test vector of length 0 in BLAKE3's specification
        let nothing = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(file.content.to_string(), nothing);
        assert_eq!((file.path, file.size), (path, Some(0)));
        assert!(file.modified_ns > Some(1_500_000_000_000_000_000));
    }

    #[test]
    fn all_bytes_of_a_large_file_are_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let bytes: Vec<u8> = (0..300_001_u32).map(|at| (at % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let file = PlannedFile::look(&path).unwrap();
        assert_eq!(file.content.0, *blake3::hash(&bytes).as_bytes());
        assert_eq!(file.size, Some(300_001));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(PlannedFile::look(folder.path()).is_err());
        assert!(PlannedFile::look(&folder.path().join("missing")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_and_pipes_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, pipe] = ["x", "link", "pipe"].map(|name| folder.path().join(name));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(PlannedFile::look(&file).is_ok());
        assert!(PlannedFile::look(&link).is_err());
        assert!(PlannedFile::look(&pipe).is_err());
    }
}
