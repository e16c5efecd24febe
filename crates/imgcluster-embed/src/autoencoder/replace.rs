//! Replacing a file as a whole: at any moment there is the old one or the new one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Writes a file beside `path` by `fill`, waits until it is on the disk, and gives it the name.
///
/// A link is followed. Whatever goes wrong before the new file has the name leaves the old one as it
/// was, and no other file behind; a process that is killed can leave `NAME.imgcluster-part`, which the next
/// call replaces.
///
/// # Errors
/// If the file cannot be written, or something that is no file has the name.
pub(super) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let target = target(path)?;
    let (folder, draft) = beside(&target)?;
    // Not opened as it is: it could be a link to something else.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = File::create_new(&draft)?;
    let written = fill(&mut new).and_then(|()| new.sync_all());
    // Some systems rename no file that is open.
    drop(new);
    if let Err(error) = written.and_then(|()| fs::rename(&draft, &target)) {
        // That error is the one to tell, whatever comes of this.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(&folder)
}

/// What the path leads to.
fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(about) if about.is_file() => fs::canonicalize(path),
        Ok(about) => Err(io::Error::new(
            ErrorKind::InvalidInput,
            if about.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            },
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error),
    }
}

/// The folder of a file, and the name its draft has there.
fn beside(target: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let Some(name) = target.file_name() else {
        let reason = "the path has no file name";
        return Err(io::Error::new(ErrorKind::InvalidInput, reason));
    };
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut draft = OsString::from(name);
    draft.push(".imgcluster-part");
    let draft = folder.join(draft);
    Ok((folder, draft))
}

/// Waits until the names in a folder are on the disk, where the system has a way to.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some network file systems know no such thing, and some folders may be written but not read.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}
