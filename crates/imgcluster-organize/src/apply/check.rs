//! Whether the files are still what the plan says.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::bundle::{Bundle, Unit};
use super::claims::Claims;
use crate::Refused;
use crate::disk::{Disk, Kind, Seen};
use crate::journal::What;
use crate::plan::PlannedFile;
use crate::steps::Kept;

/// The folders that files may be in, by their real paths.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub(super) roots: Vec<PathBuf>,
    /// The same as the plan has them, links not resolved.
    pub(super) roots_as_planned: Vec<PathBuf>,
    /// Of these nothing is ever touched.
    pub(super) references: Vec<PathBuf>,
    /// Whether files may be reached through links that lie in the roots.
    pub(super) follow_symlinks: bool,
}

impl Bounds {
    /// Whether a path lies in a root before any link in it is followed.
    fn has_by_letters(&self, path: &Path) -> bool {
        !path.components().any(|part| part == Component::ParentDir)
            && self
                .roots_as_planned
                .iter()
                .any(|root| path.starts_with(root))
    }
}

/// A file of the plan, as it was found.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Its real path.
    pub(super) path: PathBuf,
    pub(super) seen: Seen,
    pub(super) what: What,
}

/// The files of a bundle, as they were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) keep: Option<Source>,
    /// One for each file of each unit.
    pub(super) units: Vec<Vec<Source>>,
}

impl Found {
    pub(super) fn kept(&self) -> Option<Kept> {
        self.keep.as_ref().map(|keep| Kept {
            path: keep.path.clone(),
            seen: keep.seen,
        })
    }
}

/// Looks at all files of a bundle, without reading them.
pub(super) fn look(
    disk: &Disk,
    (bounds, claims): (&Bounds, &Claims),
    bundle: &Bundle<'_>,
) -> Result<Found, Refused> {
    let keep = bundle
        .keep
        .map(|keep| look_at(disk, bounds, &keep.file, true))
        .transpose()?;
    let look_at_unit = |unit: &Unit<'_>| -> Result<Vec<_>, Refused> {
        unit.files
            .iter()
            .enumerate()
            .map(|(position, file)| {
                let found = look_at(disk, bounds, file, false)?;
                if keep.as_ref().is_some_and(|keep| is_one_with(keep, &found)) {
                    return Err(refused(file, "it is the very file that is to be kept"));
                }
                match claims.forbid((&found.path, &found.seen), (unit, position)) {
                    Some(reason) => Err(refused(file, reason)),
                    None => Ok(found),
                }
            })
            .collect()
    };
    let units = bundle
        .units
        .iter()
        .map(look_at_unit)
        .collect::<Result<_, _>>()?;
    Ok(Found { keep, units })
}

/// Whether both are one name of one file, reached by two ways.
fn is_one_with(keep: &Source, found: &Source) -> bool {
    keep.path == found.path || (keep.seen.same_file(&found.seen) && keep.seen.links < 2)
}

fn look_at(
    disk: &Disk,
    bounds: &Bounds,
    planned: &PlannedFile,
    is_kept: bool,
) -> Result<Source, Refused> {
    let path = real_path(disk, bounds, planned, is_kept)?;
    let seen = disk
        .look(&path)
        .map_err(|error| refused(planned, error.to_string()))?
        .ok_or_else(|| refused(planned, "it is gone"))?;
    match seen.kind {
        Kind::File => {}
        Kind::Link => return Err(refused(planned, "it is a symbolic link")),
        Kind::Folder | Kind::Other => return Err(refused(planned, "it is not a file")),
    }
    if planned.size.is_some_and(|size| size != seen.size) {
        return Err(refused(
            planned,
            "its size has changed since the plan was made",
        ));
    }
    if planned
        .modified_ns
        .is_some_and(|modified| modified != seen.modified.nanoseconds())
    {
        return Err(refused(planned, "it was changed since the plan was made"));
    }
    Ok(Source {
        path,
        seen,
        what: What {
            hash: planned.content,
            size: seen.size,
            modified: seen.modified,
            inode: seen.inode,
        },
    })
}

/// Where a file really is: its folder with no link in it, and inside the folders of the plan.
fn real_path(
    disk: &Disk,
    bounds: &Bounds,
    planned: &PlannedFile,
    is_kept: bool,
) -> Result<PathBuf, Refused> {
    let (Some(folder), Some(name)) = (planned.path.parent(), planned.path.file_name()) else {
        return Err(refused(planned, "it is not a file"));
    };
    if !planned.path.is_absolute() {
        return Err(refused(planned, "its path is not absolute"));
    }
    let because = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => refused(planned, "it is gone"),
        _ => refused(planned, error.to_string()),
    };
    let folder = folder.canonicalize().map_err(because)?;
    let path = folder.join(name);
    // A root may be a file, given by its name.
    let within = |roots: &[PathBuf], path: &Path| roots.iter().any(|root| path.starts_with(root));
    let by_link = bounds.follow_symlinks && bounds.has_by_letters(&planned.path);
    let is_reference = within(&bounds.references, &path);
    if !(within(&bounds.roots, &path) || by_link || is_kept && is_reference) {
        return Err(refused(planned, "it is outside the folders of the plan"));
    }
    let forbidden = || refused(planned, "it is in a reference folder");
    if is_reference && !is_kept {
        return Err(forbidden());
    }
    if bounds.follow_symlinks {
        let seen = disk.look(&path).map_err(because)?;
        if seen.is_some_and(|seen| seen.kind == Kind::Link) {
            let path = path.canonicalize().map_err(because)?;
            let is_reference = within(&bounds.references, &path);
            return if is_reference && !is_kept {
                Err(forbidden())
            } else {
                Ok(path)
            };
        }
    }
    Ok(path)
}

/// Reads all files of a bundle, and compares them with the plan.
pub(super) fn read(disk: &Disk, bundle: &Bundle<'_>, found: &mut Found) -> Result<(), Refused> {
    if let (Some(keep), Some(source)) = (bundle.keep, &mut found.keep) {
        read_one(disk, &keep.file.path, source)?;
    }
    for (unit, sources) in bundle.units.iter().zip(&mut found.units) {
        for (file, source) in unit.files.iter().zip(sources) {
            read_one(disk, &file.path, source)?;
        }
    }
    Ok(())
}

/// Holds if a file is still as it was when it was read; it is read again if only its rights or
/// names seem to have changed, for then its bytes could have been too.
pub(super) fn read_again(disk: &Disk, shown: &Path, source: &mut Source) -> Result<(), Refused> {
    match disk.look(&source.path) {
        Ok(Some(seen)) if seen.same_bytes(&source.seen) => {
            if seen.changed == source.seen.changed {
                Ok(())
            } else {
                read_one(disk, shown, source)
            }
        }
        Ok(Some(_)) => Err(refusal(shown, "it was changed just now")),
        Ok(None) => Err(refusal(shown, "it is gone")),
        Err(error) => Err(refusal(shown, error.to_string())),
    }
}

fn read_one(disk: &Disk, shown: &Path, source: &mut Source) -> Result<(), Refused> {
    let because = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => refusal(shown, "it is gone"),
        _ => refusal(shown, error.to_string()),
    };
    let file = disk.open(&source.path).map_err(because)?;
    let seen = |file: &File| Ok(Seen::new(&file.metadata()?));
    let before = seen(&file).map_err(because)?;
    if !source.what.is(&before) {
        return Err(refusal(shown, "it was changed just now"));
    }
    if disk.hash(&file).map_err(because)? != source.what.hash {
        return Err(refusal(
            shown,
            "its bytes are not those that the plan was made for",
        ));
    }
    let after = seen(&file).map_err(because)?;
    if after.changed != before.changed || !after.same_bytes(&before) {
        return Err(refusal(shown, "it was changed just now"));
    }
    source.seen = after;
    Ok(())
}

fn refused(planned: &PlannedFile, reason: impl Into<String>) -> Refused {
    refusal(&planned.path, reason)
}

fn refusal(path: &Path, reason: impl Into<String>) -> Refused {
    Refused {
        path: path.to_owned(),
        reason: reason.into(),
    }
}
