//! What the file system says of a file.

use std::fs::Metadata;

use imgcluster_core::FileStamp;

/// Takes size, time of change and inode from a file's metadata.
#[cfg(unix)]
pub(crate) fn stamp(metadata: &Metadata) -> FileStamp {
    use std::os::unix::fs::MetadataExt;
    let seconds = metadata.mtime().saturating_mul(1_000_000_000);
    FileStamp {
        size: metadata.len(),
        modified_ns: seconds.saturating_add(metadata.mtime_nsec()),
        inode: metadata.ino(),
    }
}

/// Takes size and time of change from a file's metadata; there is no inode here.
#[cfg(not(unix))]
pub(crate) fn stamp(metadata: &Metadata) -> FileStamp {
    use std::time::UNIX_EPOCH;
    let nanoseconds =
        |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let modified_ns = match metadata.modified().map(|at| at.duration_since(UNIX_EPOCH)) {
        Ok(Ok(after)) => nanoseconds(after),
        Ok(Err(before)) => -nanoseconds(before.duration()),
        Err(_) => 0,
    };
    FileStamp {
        size: metadata.len(),
        modified_ns,
        inode: 0,
    }
}
