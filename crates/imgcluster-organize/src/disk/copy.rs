//! Bytes from one file into another.

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;

use imgcluster_core::ContentHash;

use super::{Disk, Metadata};

impl Disk {
    /// Copies a file to a name that is free: its bytes, which share their place on the disk where
    /// the file system can, then what else belongs to it; waits until it is on the disk, reads it
    /// again and compares. Returns what could not be kept besides the bytes. What an error leaves
    /// behind is for the caller to remove.
    ///
    /// # Errors
    /// Those of the system, and [`io::ErrorKind::InvalidData`] if other bytes arrived than
    /// `content` is the hash of.
    pub(crate) fn copy(
        &self,
        mut from: &File,
        to: &Path,
        metadata: &Metadata,
        content: ContentHash,
    ) -> io::Result<Vec<&'static str>> {
        let mut target = self.create(to)?;
        if !self.share_bytes(from, &target)? {
            self.gate("copy")?;
            from.rewind()?;
            io::copy(&mut from, &mut target)?;
        }
        self.finish_copy(&target, metadata, content)
    }

    /// The same where bytes are to be shared and nothing else will do; `None`, with an empty file
    /// left behind, if the file system cannot.
    pub(crate) fn reflink(
        &self,
        from: &File,
        to: &Path,
        metadata: &Metadata,
        content: ContentHash,
    ) -> io::Result<Option<Vec<&'static str>>> {
        let target = self.create(to)?;
        if !self.share_bytes(from, &target)? {
            return Ok(None);
        }
        self.finish_copy(&target, metadata, content).map(Some)
    }

    fn finish_copy(
        &self,
        target: &File,
        metadata: &Metadata,
        content: ContentHash,
    ) -> io::Result<Vec<&'static str>> {
        self.sync(target)?;
        let arrived = self.hash(target)?;
        let missing = self.set_metadata(target, metadata)?;
        self.sync(target)?;
        if arrived == content {
            Ok(missing)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the copy has other bytes than the file had",
            ))
        }
    }

    /// Lets a new file share the bytes of another; `false` if the file system cannot.
    fn share_bytes(&self, from: &File, to: &File) -> io::Result<bool> {
        self.gate("clone")?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return Ok(rustix::fs::ioctl_ficlone(to, from).is_ok());
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            let _ = (from, to);
            Ok(false)
        }
    }
}
