//! Paths as bytes: what a store keeps, and the order of files everywhere.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// Gives the bytes that a path is stored as.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system can")]
pub(crate) fn to_bytes(path: &Path) -> Result<&[u8], StoreError> {
    use std::os::unix::ffi::OsStrExt;
    Ok(path.as_os_str().as_bytes())
}

/// Gives the bytes that a path is stored as.
#[cfg(not(unix))]
pub(crate) fn to_bytes(path: &Path) -> Result<&[u8], StoreError> {
    let path_is_not_unicode = || StoreError::UnstorablePath {
        path: path.to_owned(),
    };
    path.to_str()
        .map(str::as_bytes)
        .ok_or_else(path_is_not_unicode)
}

/// Gives the path that was stored as these bytes.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system can")]
pub(crate) fn from_bytes(bytes: Vec<u8>) -> Result<PathBuf, StoreError> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

/// Gives the path that was stored as these bytes.
#[cfg(not(unix))]
pub(crate) fn from_bytes(bytes: Vec<u8>) -> Result<PathBuf, StoreError> {
    String::from_utf8(bytes)
        .map(PathBuf::from)
        .map_err(|error| StoreError::Unreadable {
            what: "a path",
            source: error.into(),
        })
}

/// Gives the range that the bytes of every path below a folder lie in.
pub(crate) fn below(folder: &Path) -> Result<Range<Vec<u8>>, StoreError> {
    let separator = std::path::MAIN_SEPARATOR as u8;
    let mut first = to_bytes(folder)?.to_vec();
    while first.last() == Some(&separator) {
        first.pop();
    }
    let mut end = first.clone();
    first.push(separator);
    end.push(separator + 1);
    Ok(first..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_sibling_whose_name_begins_alike_is_not_below() {
        for folder in ["/a/b", "/a/b/", "/a/b//"] {
            let range = below(Path::new(folder)).unwrap();
            for (path, inside) in [
                ("/a/b/c", true),
                ("/a/b/c/d", true),
                ("/a/b/\u{ff}", true),
                ("/a/b", false),
                ("/a/b.jpg", false),
                ("/a/bc", false),
                ("/a/b0", false),
            ] {
                let bytes = path.as_bytes().to_vec();
                assert_eq!(range.contains(&bytes), inside, "{path} below {folder}");
            }
        }
        assert!(below(Path::new("/")).unwrap().contains(&b"/a".to_vec()));
    }
}
