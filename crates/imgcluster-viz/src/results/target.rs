//! Where results go: what a path means, and whether what is there may go.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::staging::is_leftover;
use crate::VizError;

/// The file that marks a folder as made by this program, and lists the others.
pub(super) const RECORD: &str = "run.json";
/// What its `tool` must be.
pub(crate) const TOOL: &str = "imgcluster";

/// What is at the path before the results are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// A folder with nothing in it but what stopped runs have left.
    Empty,
    /// Earlier results that may be replaced, and the names of their files.
    Results(BTreeSet<PathBuf>),
}

/// What of a [`imgcluster_core::RunRecord`] matters here; other fields may change between versions.
#[derive(Deserialize)]
struct Record {
    tool: String,
    #[serde(default)]
    files: BTreeSet<String>,
}

/// Makes a path absolute and follows links to the folder itself, so that a link stays one, even
/// one to a folder that is yet to be made.
///
/// A `..` means what the system takes it for: the folder above one that exists, links followed.
/// After a folder that does not exist it is an error, as it is for the system.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, VizError> {
    let look = |error| VizError::file("look at", path)(error);
    let mut resolved = PathBuf::new();
    for part in std::path::absolute(path).map_err(look)?.components() {
        if part == Component::ParentDir {
            let above = fs::canonicalize(resolved.join(".."));
            resolved = above.map_err(VizError::file("look at", &resolved))?;
            continue;
        }
        let folder = resolved.clone();
        resolved.push(part);
        match fs::metadata(&resolved) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Only a link can be read; one that leads in a circle is another error.
                if let Ok(to) = fs::read_link(&resolved) {
                    resolved = resolve(&folder.join(to))?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(VizError::NotAFolder(folder));
            }
            Err(error) => return Err(VizError::file("look at", &resolved)(error)),
        }
    }
    match fs::canonicalize(&resolved) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(resolved),
        real => real.map_err(look),
    }
}

/// Checks that what is at the path may go, and tells what it is. Files in `known` may go too: paths
/// relative to it.
pub(super) fn look(
    target: &Path,
    overwrite: bool,
    known: &BTreeSet<PathBuf>,
) -> Result<Found, VizError> {
    let failed = |error| VizError::file("look at", target)(error);
    match fs::metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(VizError::NotAFolder(target.to_path_buf()));
        }
        Ok(_) => {}
    }
    let names = fs::read_dir(target).map_err(failed)?;
    let names: Result<Vec<_>, _> = names.map(|entry| Ok(entry?.file_name())).collect();
    if names.map_err(failed)?.iter().all(|name| is_leftover(name)) {
        return Ok(Found::Empty);
    }
    let record = fs::read(target.join(RECORD)).ok();
    let record = record.and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    let Some(record) = record.filter(|record| record.tool == TOOL) else {
        return Err(VizError::Foreign(target.to_path_buf()));
    };
    if !overwrite {
        return Err(VizError::Exists(target.to_path_buf()));
    }
    // On all systems names are listed with `/` between their parts, which all of them read.
    let mut listed: BTreeSet<PathBuf> = record.files.into_iter().map(PathBuf::from).collect();
    listed.insert(RECORD.into());
    listed.extend(known.iter().cloned());
    for file in files_below(target)? {
        let name = file.strip_prefix(target).unwrap_or(&file);
        if !listed.contains(name) {
            return Err(VizError::Kept {
                file,
                folder: target.to_path_buf(),
            });
        }
    }
    Ok(Found::Results(listed))
}

/// Lists everything below a folder that is not a folder itself, in order; links are not followed.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, VizError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(VizError::file("look at", folder))? {
        let entry = entry.map_err(VizError::file("look at", folder))?;
        let kind = entry
            .file_type()
            .map_err(VizError::file("look at", folder))?;
        entries.push((entry.path(), kind.is_dir()));
    }
    entries.sort();
    let mut files = Vec::new();
    for (path, is_folder) in entries {
        if is_folder {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Tells whether a file system begins at this folder, which can then not be renamed. One that is
/// mounted below itself is not told apart.
#[cfg(unix)]
pub(super) fn is_mount_point(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev());
    let Some(parent) = folder.parent() else {
        return true;
    };
    matches!((device(folder), device(parent)), (Ok(own), Ok(above)) if own != above)
}

/// Elsewhere such a folder cannot be told apart.
#[cfg(not(unix))]
pub(super) fn is_mount_point(_folder: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_mounted_file_system_is_told_from_a_plain_folder() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("plain")).unwrap();
        assert!(is_mount_point(Path::new("/proc")) && is_mount_point(Path::new("/")));
        assert!(!is_mount_point(&home.path().join("plain")));
        assert!(!is_mount_point(&home.path().join("missing")));
    }

    #[cfg(unix)]
    #[test]
    fn parent_folders_mean_what_the_system_takes_them_for() {
        let home = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(home.path()).unwrap();
        fs::create_dir_all(home.join("plain")).unwrap();
        fs::create_dir_all(home.join("far/away")).unwrap();
        std::os::unix::fs::symlink("far/away", home.join("link")).unwrap();
        let resolved = |text: &str| resolve(&home.join(text));
        assert_eq!(resolved("plain/../new").unwrap(), home.join("new"));
        assert_eq!(resolved("link/../new").unwrap(), home.join("far/new"));
        assert_eq!(resolved("a/b").unwrap(), home.join("a/b"));
        let error = resolved("missing/../new").unwrap_err();
        assert!(error.to_string().contains("missing`"), "{error}");
        assert!(!home.join("missing").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_yet_are_followed_and_circles_refused() {
        let home = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(home.path()).unwrap();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, home.join(name)).unwrap();
        };
        link("new", "one");
        link("one", "two");
        link("ring", "ring");
        assert_eq!(resolve(&home.join("two")).unwrap(), home.join("new"));
        assert_eq!(resolve(&home.join("two/x")).unwrap(), home.join("new/x"));
        let error = resolve(&home.join("ring")).unwrap_err();
        assert!(error.to_string().contains("ring`"), "{error}");
    }
}
