//! Finds names that nothing has yet.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::disk::Disk;

/// The names that steps will make which are in the journal and not yet on the disk, and where to
/// go on looking for free ones.
#[derive(Debug, Default)]
pub(super) struct Names {
    pending: HashSet<PathBuf>,
    next: HashMap<PathBuf, u32>,
}

impl Names {
    /// Finds the first number with which all these names are free: one leaves them as they are,
    /// two makes `x.jpg` into `x~2.jpg`. All get the same, so that what belongs together can still
    /// be told by its name. `besides` says what else each name needs to be free.
    pub(super) fn choose(
        &mut self,
        disk: &Disk,
        places: &[&Path],
        besides: impl Fn(&Path) -> Option<PathBuf>,
    ) -> io::Result<Vec<PathBuf>> {
        let Some(picture) = places.first() else {
            return Ok(Vec::new());
        };
        let stem = picture.file_stem().unwrap_or_default();
        let mut number = self.next.get(*picture).copied().unwrap_or(1);
        loop {
            let chosen: Vec<_> = places
                .iter()
                .map(|place| numbered(place, stem, number))
                .collect();
            if self.are_free(disk, &chosen, &besides)? {
                if number > 1 {
                    self.next.insert(picture.to_path_buf(), number);
                }
                self.pending.extend(chosen.iter().cloned());
                return Ok(chosen);
            }
            number += 1;
        }
    }

    fn are_free(
        &self,
        disk: &Disk,
        chosen: &[PathBuf],
        besides: impl Fn(&Path) -> Option<PathBuf>,
    ) -> io::Result<bool> {
        for (position, path) in chosen.iter().enumerate() {
            let also = besides(path);
            if self.pending.contains(path)
                || disk.look(path)?.is_some()
                || also.map_or(Ok(None), |also| disk.look(&also))?.is_some()
            {
                return Ok(false);
            }
            if chosen[..position].contains(path) {
                return Err(io::Error::other("two files of it have the same place"));
            }
        }
        Ok(true)
    }

    /// Notes a folder that will be made; `false` if it is noted already.
    pub(super) fn reserve(&mut self, folder: &Path) -> bool {
        self.pending.insert(folder.to_owned())
    }

    /// Tells that what was pending is on the disk, or will not be made.
    pub(super) fn settle(&mut self) {
        self.pending.clear();
    }
}

/// The name with its number, after the stem of the picture if it begins with that, so that
/// `x.jpg.xmp` becomes `x~2.jpg.xmp`; else before the extension.
fn numbered(path: &Path, stem: &OsStr, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let name = path.file_name().unwrap_or_default().as_bytes();
    let at = if name.starts_with(stem.as_bytes()) && !stem.is_empty() {
        stem.len()
    } else {
        path.file_stem().map_or(name.len(), OsStr::len)
    };
    let mut new = name[..at].to_vec();
    new.extend_from_slice(format!("~{number}").as_bytes());
    new.extend_from_slice(&name[at..]);
    path.with_file_name(OsString::from_vec(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_where_picture_and_sidecars_keep_their_common_stem() {
        let numbered = |name: &str| {
            numbered(Path::new("/d").join(name).as_path(), OsStr::new("IMG_1"), 3)
                .into_os_string()
                .into_string()
                .unwrap()
        };
        assert_eq!(numbered("IMG_1.jpg"), "/d/IMG_1~3.jpg");
        assert_eq!(numbered("IMG_1.jpg.xmp"), "/d/IMG_1~3.jpg.xmp");
        assert_eq!(numbered("IMG_1"), "/d/IMG_1~3");
        assert_eq!(numbered("other.txt"), "/d/other~3.txt");
        assert_eq!(numbered(".hidden"), "/d/.hidden~3");
    }

    #[test]
    fn the_first_number_that_is_free_for_all_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x~2.xmp"), "").unwrap();
        std::fs::write(folder.path().join("x.jpg"), "").unwrap();
        let (picture, sidecar) = (folder.path().join("x.jpg"), folder.path().join("x.xmp"));
        let mut names = Names::default();
        let mut choose = || {
            names
                .choose(&Disk::default(), &[&picture, &sidecar], |_| None)
                .unwrap()
        };
        assert_eq!(choose()[0], folder.path().join("x~3.jpg"));
        // The third is spoken for, though it is not there yet.
        assert_eq!(choose()[1], folder.path().join("x~4.xmp"));
    }
}
