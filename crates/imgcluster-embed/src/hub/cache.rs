//! The cache of Hugging Face's tools: one folder for each repository, files named by their
//! checksum under `blobs`, and a folder of links for each commit under `snapshots`.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use imgcluster_core::Job;

use crate::hub::HubError;
use crate::hub::request::is_plain;

/// How long to wait before looking again whether another process is done.
const LOCKED_WAIT: Duration = Duration::from_millis(50);

/// What the cache holds, or will hold, of one repository at one revision.
pub(super) struct Shelf {
    folder: PathBuf,
    locks: PathBuf,
    revision: String,
    layout: CacheRepo,
}

impl Shelf {
    pub(super) fn new(cache: &Path, repository: &str, revision: &str) -> Self {
        let repo = |revision: &str| {
            Repo::with_revision(repository.to_owned(), RepoType::Model, revision.to_owned())
        };
        let name = repo(revision).folder_name();
        Self {
            folder: cache.join(&name),
            locks: cache.join(".locks").join(&name),
            revision: revision.to_owned(),
            layout: Cache::new(cache.to_owned()).repo(repo(revision)),
        }
    }

    /// The repository's folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Finds a file of the revision.
    pub(super) fn find(&self, file: &str) -> Option<PathBuf> {
        // A commit has no entry under `refs`; it is its own name.
        let direct = self.snapshot(&self.revision, file);
        let found = direct.is_file().then_some(direct);
        found.or_else(|| self.layout.get(file).filter(|path| path.is_file()))
    }

    /// Finds a file by its checksum, whichever revision brought it.
    pub(super) fn find_blob(&self, checksum: &str) -> Option<PathBuf> {
        let blob = self.blob(checksum);
        blob.is_file().then_some(blob)
    }

    /// Where a file of a commit is.
    pub(super) fn snapshot(&self, commit: &str, file: &str) -> PathBuf {
        self.layout.pointer_path(commit).join(file)
    }

    /// Where the bytes with this name are.
    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        debug_assert!(is_plain(etag), "the client lets no other name in");
        self.folder.join("blobs").join(etag)
    }

    /// Where the bytes are while they arrive: a place that the next process finds, or, without a
    /// lock, one that no other process writes to.
    pub(super) fn partial(&self, etag: &str, locked: bool) -> PathBuf {
        let name = if locked {
            format!("{etag}.incomplete")
        } else {
            format!("{etag}.{}.incomplete", std::process::id())
        };
        self.folder.join("blobs").join(name)
    }

    /// Makes a file of a commit point at its bytes.
    pub(super) fn link(&self, commit: &str, file: &str, etag: &str) -> Result<(), HubError> {
        let link = self.snapshot(commit, file);
        let blob = self.blob(etag);
        if let (Ok(target), Ok(blob)) = (link.canonicalize(), blob.canonicalize())
            && target == blob
        {
            return Ok(());
        }
        let failed = || HubError::file(&link);
        make_parent(&link)?;
        // What points nowhere or at other bytes is in the way; a missing link is not.
        match fs::remove_file(&link) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
        let relative = Path::new("..").join("..").join("blobs").join(etag);
        let made = symlink(&relative, &link)
            .or_else(|_| fs::hard_link(&blob, &link))
            .or_else(|_| fs::copy(&blob, &link).map(drop));
        match made {
            // Another process was faster.
            Err(_) if link.is_file() => Ok(()),
            made => made.map_err(failed()),
        }
    }

    /// Notes which commit the revision is.
    pub(super) fn note_commit(&self, commit: &str) -> Result<(), HubError> {
        if self.revision == commit {
            return Ok(());
        }
        let path = self.folder.join("refs").join(&self.revision);
        make_parent(&path)?;
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        fs::write(&draft, commit)
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(HubError::file(path))
    }

    /// Waits until no other process fetches the bytes with this name. The lock is that of the
    /// Python tools, so they wait for each other too; it ends when the file is dropped. `None`
    /// where the folder, as some network folders, has no locks.
    pub(super) fn lock(&self, etag: &str, job: &Job<'_>) -> Result<Option<File>, HubError> {
        let path = self.locks.join(format!("{etag}.lock"));
        make_parent(&path)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(HubError::file(&path))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if is_without_locks(&error) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(HubError::file(path)(error)),
            }
            job.check()?;
            thread::sleep(LOCKED_WAIT);
        }
    }
}

/// Whether a folder has no locks. A network folder whose lock daemon does not run says `ENOLCK`,
/// for which the standard library has no kind.
fn is_without_locks(error: &io::Error) -> bool {
    let number = error.raw_os_error();
    error.kind() == ErrorKind::Unsupported || (number.is_some() && number == NO_LOCKS)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_LOCKS: Option<i32> = Some(37);
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
const NO_LOCKS: Option<i32> = Some(77);
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd"
)))]
const NO_LOCKS: Option<i32> = None;

/// Makes the folder that a file is to lie in.
pub(super) fn make_parent(path: &Path) -> Result<(), HubError> {
    let folder = path
        .parent()
        .expect("every path of the cache has a folder above");
    fs::create_dir_all(folder).map_err(HubError::file(folder))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_lock_daemon_is_one_without_locks_and_a_full_disk_is_not() {
        assert!(is_without_locks(&ErrorKind::Unsupported.into()));
        if let Some(number) = NO_LOCKS {
            let error = io::Error::from_raw_os_error(number);
            assert!(is_without_locks(&error), "{error}");
        }
        assert!(!is_without_locks(&ErrorKind::StorageFull.into()));
        assert!(!is_without_locks(&io::Error::from_raw_os_error(13)));
    }
}
