use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::stat::{Seen, Time};

/// What [`Metadata::write`] says could not be given: the owner, to whom only some may give files.
const OWNER: &str = "the owner";
/// Attributes that only the system, or only some, may write.
const GUARDED: &str = "system attributes";
/// Any other attributes.
pub(crate) const ATTRIBUTES: &str = "extended attributes";

/// All that belongs to a file besides its bytes and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    pub(crate) accessed: Time,
    pub(crate) modified: Time,
    /// Extended attributes: name and value, both in base64, as neither need be text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) attributes: Vec<(String, String)>,
}

impl Metadata {
    /// Reads it from an open file.
    pub(crate) fn read(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let seen = Seen::new(&metadata);
        Ok(Self {
            mode: seen.mode,
            owner: metadata.uid(),
            group: metadata.gid(),
            accessed: seen.accessed,
            modified: seen.modified,
            attributes: attributes::read(file)?
                .into_iter()
                .map(|(name, value)| (STANDARD.encode(name), STANDARD.encode(value)))
                .collect(),
        })
    }

    /// Gives it to an open file: as far as the system lets us for the owner and the attributes,
    /// else it is an error. Returns what could not be given.
    pub(crate) fn write(&self, file: &File) -> io::Result<Vec<&'static str>> {
        let mut missing = Vec::new();
        let now = file.metadata()?;
        let mut mode = self.mode & 0o7777;
        if (now.uid(), now.gid()) != (self.owner, self.group) {
            let owner = (Uid::from_raw(self.owner), Gid::from_raw(self.group));
            if rustix::fs::fchown(file, Some(owner.0), Some(owner.1)).is_err() {
                // Rights that were lent to another owner's file must not end up on ours.
                mode &= 0o1777;
                missing.push(OWNER);
            }
        }
        for (name, value) in &self.attributes {
            let name = STANDARD.decode(name).unwrap_or_default();
            let value = STANDARD.decode(value);
            let given = value.is_ok_and(|value| attributes::write(file, &name, &value));
            let what = if is_guarded(&name) {
                GUARDED
            } else {
                ATTRIBUTES
            };
            if !given && !missing.contains(&what) {
                missing.push(what);
            }
        }
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode as _))?;
        rustix::fs::futimens(file, &timestamps(self.accessed, self.modified))?;
        Ok(missing)
    }
}

/// Whether an attribute of this name is one that not everybody may write to their own files.
fn is_guarded(name: &[u8]) -> bool {
    [b"security.".as_slice(), b"trusted.", b"system."]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Sets when a folder was last read and changed; a link to one is none.
pub(super) fn write_folder_times(path: &Path, accessed: Time, modified: Time) -> io::Result<()> {
    let times = timestamps(accessed, modified);
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(folder) => Ok(rustix::fs::futimens(folder, &times)?),
        Err(Errno::LOOP) => Err(io::ErrorKind::NotADirectory.into()),
        // One that we may not read may be ours all the same.
        Err(Errno::ACCESS) if path.symlink_metadata()?.is_dir() => {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            Ok(rustix::fs::utimensat(CWD, path, &times, flags)?)
        }
        Err(error) => Err(error.into()),
    }
}

fn timestamps(accessed: Time, modified: Time) -> Timestamps {
    let time = |at: Time| Timespec {
        tv_sec: at.0 as _,
        tv_nsec: at.1 as _,
    };
    Timestamps {
        last_access: time(accessed),
        last_modification: time(modified),
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod attributes {
    use std::ffi::CString;
    use std::fs::File;
    use std::io;

    use rustix::fs::XattrFlags;
    use rustix::io::Errno;

    /// No attribute is larger, save the resource forks of macOS.
    const LARGEST: usize = 1 << 26;

    /// Reads names and values; none where the file system keeps none.
    pub(super) fn read(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut names = match sized(|space| rustix::fs::flistxattr(file, space)) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
            other => other?,
        };
        names.pop();
        let mut found = Vec::new();
        for name in names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            match sized(|space| rustix::fs::fgetxattr(file, name, space)) {
                Ok(value) => found.push((name.to_vec(), value)),
                Err(Errno::NODATA) => {}
                // Those that we may not read we could not write either.
                Err(Errno::PERM | Errno::ACCESS | Errno::OPNOTSUPP) if super::is_guarded(name) => {}
                Err(error) => return Err(error.into()),
            }
        }
        found.sort();
        Ok(found)
    }

    /// Writes one; `false` if the file system or our rights do not allow it.
    pub(super) fn write(file: &File, name: &[u8], value: &[u8]) -> bool {
        CString::new(name).is_ok_and(|name| {
            rustix::fs::fsetxattr(file, name.as_c_str(), value, XattrFlags::empty()).is_ok()
        })
    }

    /// Asks with ever more space, until the answer fits.
    fn sized(mut ask: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
        let mut space = vec![0; 1024];
        loop {
            match ask(&mut space) {
                Ok(size) => {
                    space.truncate(size);
                    return Ok(space);
                }
                Err(Errno::RANGE) if space.len() < LARGEST => space.resize(space.len() * 4, 0),
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod attributes {
    use std::fs::File;
    use std::io;

    pub(super) fn read(_file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        Ok(Vec::new())
    }

    pub(super) fn write(_file: &File, _name: &[u8], _value: &[u8]) -> bool {
        false
    }
}
