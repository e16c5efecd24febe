//! The folder of a server: under the temporary folder, and its own user's.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{account::Account, error::StartError};

/// A new folder for a server.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Where it is. The server's supervisor removes it.
    pub(crate) path: PathBuf,
    /// Whom it belongs to, where that is not the user of this process.
    pub(crate) account: Option<Account>,
}

impl Folder {
    /// Makes one that the server's user reaches.
    pub(crate) fn new() -> Result<Self, StartError> {
        let first = temporary(&env::temp_dir()).map_err(StartError::Folder)?;
        if !is_of_root(first.path()).map_err(StartError::Folder)? {
            return Ok(Self {
                path: first.keep(),
                account: None,
            });
        }
        let account = Account::other_than_root().ok_or(StartError::NoAccount)?;
        let others = ["/tmp", "/var/tmp"]
            .into_iter()
            .map(|path| temporary(Path::new(path)));
        for folder in [Ok(first)].into_iter().chain(others) {
            let folder = folder.map_err(StartError::Folder)?;
            account.take(folder.path()).map_err(StartError::Folder)?;
            if account.may_enter(folder.path()) {
                return Ok(Self {
                    path: folder.keep(),
                    account: Some(account),
                });
            }
        }
        Err(StartError::NoAccount)
    }

    /// Copies parts of `root` into this folder, for a server's user who does not reach them where
    /// they are, and returns what then stands for `root`.
    pub(crate) fn copy(&self, root: &Path, parts: &[PathBuf]) -> io::Result<PathBuf> {
        let copy = self.path.join("programs");
        self.make(&copy)?;
        for part in parts {
            let mut folder = copy.clone();
            for name in part {
                folder.push(name);
                self.make(&folder)?;
            }
            self.copy_into(&root.join(part), &folder)?;
        }
        Ok(copy)
    }

    fn copy_into(&self, from: &Path, to: &Path) -> io::Result<()> {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                self.make(&to)?;
                self.copy_into(&from, &to)?;
            } else {
                fs::copy(&from, &to)?;
                self.give(&to)?;
            }
        }
        Ok(())
    }

    fn make(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        self.give(folder)
    }

    fn give(&self, path: &Path) -> io::Result<()> {
        self.account.map_or(Ok(()), |account| account.take(path))
    }
}

fn temporary(parent: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("imgcluster-postgres-")
        .tempdir_in(parent)
}

/// Whether this process is root's: so is what it makes.
#[cfg(unix)]
fn is_of_root(made: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(made)?.uid() == 0)
}

#[cfg(not(unix))]
fn is_of_root(_: &Path) -> io::Result<bool> {
    Ok(false)
}
