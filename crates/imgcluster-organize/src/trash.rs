//! The trash, by the Trash specification 1.0 of freedesktop.org, so that the journal can say where
//! each file went.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::TrashFolder;
use crate::apply::real;
use crate::disk::Disk;

/// A trash that a file can be brought to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folder that holds `files` and `info`.
    pub(crate) folder: PathBuf,
    /// Paths are noted relative to this, if it is on another file system than the home trash.
    pub(crate) top: Option<PathBuf>,
}

/// Finds the trash for each file.
#[derive(Debug)]
pub(crate) struct Trash<'a> {
    disk: &'a Disk,
    folder: &'a TrashFolder,
    by_device: HashMap<u64, Place>,
}

impl<'a> Trash<'a> {
    pub(crate) fn new(disk: &'a Disk, folder: &'a TrashFolder) -> Self {
        Self {
            disk,
            folder,
            by_device: HashMap::new(),
        }
    }

    /// Finds the trash for a file on this device: in the home if that is on the same, else at the
    /// top of the file's own file system if it may be made there, else in the home all the same.
    pub(crate) fn place(&mut self, file: &Path, device: u64) -> io::Result<Place> {
        if let Some(place) = self.by_device.get(&device) {
            return Ok(place.clone());
        }
        // A journal has real paths: an undo leaves what lies behind a link that was put there since.
        let home = real(&self.folder.home).map_err(io::Error::other)?;
        let on_device = device_of(&home) == Some(device);
        let home = Place {
            folder: home,
            top: None,
        };
        let place = if on_device {
            home
        } else {
            self.at_top(file, device)?.unwrap_or(home)
        };
        self.by_device.insert(device, place.clone());
        Ok(place)
    }

    fn at_top(&self, file: &Path, device: u64) -> io::Result<Option<Place>> {
        let mut top = None;
        for folder in file.ancestors().skip(1) {
            match self.disk.look(folder)? {
                Some(seen) if seen.device == device => top = Some(folder),
                _ => break,
            }
        }
        let Some(top) = top else { return Ok(None) };
        let place = |folder| Place {
            folder,
            top: Some(top.to_owned()),
        };
        let shared = top.join(".Trash");
        if let Some(seen) = self.disk.look(&shared)? {
            // A link, or a folder in which others could remove ours, must not be used.
            if seen.is_folder() && seen.mode & 0o1000 != 0 {
                let own = shared.join(self.folder.uid.to_string());
                if self.is_usable(&own)? {
                    return Ok(Some(place(own)));
                }
            }
        }
        let own = top.join(format!(".Trash-{}", self.folder.uid));
        Ok(self.is_usable(&own)?.then(|| place(own)))
    }

    /// Whether a trash is there, or can be made there.
    fn is_usable(&self, folder: &Path) -> io::Result<bool> {
        let writable = |folder: &Path| {
            rustix::fs::access(
                folder,
                rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
            )
            .is_ok()
        };
        Ok(match (self.disk.look(folder)?, folder.parent()) {
            (Some(seen), _) => seen.is_folder() && writable(folder),
            (None, Some(parent)) => writable(parent),
            (None, None) => false,
        })
    }
}

impl Place {
    /// Where the file is kept.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Where it is noted what a file of this name was.
    pub(crate) fn info_of(&self, name: &std::ffi::OsStr) -> PathBuf {
        let mut name = name.to_owned();
        name.push(".trashinfo");
        self.folder.join("info").join(name)
    }

    /// What is noted of a file.
    pub(crate) fn note(&self, file: &Path, now: SystemTime) -> String {
        let path = match &self.top {
            Some(top) => file.strip_prefix(top).unwrap_or(file),
            None => file,
        };
        format!(
            "[Trash Info]\nPath={}\nDeletionDate={}\n",
            percent_encoded(path.as_os_str().as_bytes()),
            date(now)
        )
    }
}

/// The device of a folder, or of where it would be made.
fn device_of(folder: &Path) -> Option<u64> {
    folder
        .ancestors()
        .find_map(|folder| std::fs::metadata(folder).ok())
        .map(|metadata| metadata.dev())
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The moment as `YYYY-MM-DDThh:mm:ss`, in universal time, as libraries do not ask where they are.
fn date(now: SystemTime) -> String {
    let seconds = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The date of a day since 1970, by Howard Hinnant's `civil_from_days`.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // From `date -u -d @SECONDS +%FT%T`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (4_102_444_800, "2100-01-01T00:00:00"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_note_has_the_path_percent_encoded_and_relative_to_its_file_system() {
        let at_home = Place {
            folder: "/home/u/Trash".into(),
            top: None,
        };
        let note = at_home.note(Path::new("/home/u/a b/ü%.jpg"), UNIX_EPOCH);
        assert_eq!(
            note,
            "[Trash Info]\nPath=/home/u/a%20b/%C3%BC%25.jpg\nDeletionDate=1970-01-01T00:00:00\n"
        );
        let at_top = Place {
            folder: "/mnt/.Trash-7".into(),
            top: Some("/mnt".into()),
        };
        let note = at_top.note(Path::new("/mnt/x.jpg"), UNIX_EPOCH);
        assert!(note.contains("Path=x.jpg\n"), "{note}");
    }
}
