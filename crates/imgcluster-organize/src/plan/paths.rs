//! Paths as a plan has them: absolute, and without `.` and `..`.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Writes a path as a plan has it: joined with the working directory, without `.`, `..`, and
/// separators at its end or doubled.
///
/// Symbolic links stay as they are but before a `..`, where a name alone would lead astray: of
/// `link/../x` the part up to `..` is looked up.
///
/// # Errors
/// An empty path, a working directory that is gone, or a part before `..` that cannot be looked up.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    let joined = std::path::absolute(path)?;
    let parts: Vec<Component<'_>> = joined.components().collect();
    let Some(last) = parts.iter().rposition(|part| *part == Component::ParentDir) else {
        return Ok(parts.iter().collect());
    };
    let mut resolved = std::fs::canonicalize(parts[..=last].iter().collect::<PathBuf>())?;
    resolved.extend(&parts[last + 1..]);
    Ok(resolved)
}

/// Finds the root that an argument stands for, as a plan has it: the folder itself, or the folder
/// that a file lies in, where its sidecars lie too.
///
/// # Errors
/// As for [`absolute`], and an argument that leads to nothing.
pub fn root_of(argument: &Path) -> io::Result<PathBuf> {
    let mut root = absolute(argument)?;
    if !std::fs::metadata(&root)?.is_dir() {
        root.pop();
    }
    Ok(root)
}

/// What is wrong with a path by its letters alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It does not begin at the top.
    #[error("is not absolute")]
    NotAbsolute,
    /// It has to stay below a folder, and does not begin there.
    #[error("is not relative")]
    NotRelative,
    /// It has a part `.` or `..`.
    #[error("has a part `.` or `..`")]
    Dots,
    /// It is empty, has two separators in a row, or one at its end.
    #[error("has an empty part")]
    EmptyPart,
    /// It has a zero byte.
    #[error("has a zero byte")]
    Nul,
}

/// Splits a path at every separator; unlike `components`, `.` and empty parts are seen.
fn parts(path: &Path) -> impl Iterator<Item = &[u8]> {
    path.as_os_str()
        .as_encoded_bytes()
        .split(|byte| std::path::is_separator(*byte as char))
}

fn letters(path: &Path) -> Result<(), BadPath> {
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        Err(BadPath::Nul)
    } else if parts(path).any(|part| part == b"." || part == b"..") {
        Err(BadPath::Dots)
    } else {
        Ok(())
    }
}

/// Checks the path of a folder; a separator at its end is nothing bad.
pub(super) fn check_folder(path: &Path) -> Result<(), BadPath> {
    letters(path)?;
    if path.is_absolute() {
        Ok(())
    } else {
        Err(BadPath::NotAbsolute)
    }
}

/// Checks the path of a file.
pub(super) fn check_file(path: &Path) -> Result<(), BadPath> {
    check_folder(path)?;
    // Elsewhere a path may begin with two separators; before the first one there is nothing here.
    let empty = parts(path).skip(1).any(<[u8]>::is_empty);
    if (cfg!(unix) && empty) || path.file_name().is_none() {
        Err(BadPath::EmptyPart)
    } else {
        Ok(())
    }
}

/// Checks a place below a folder.
pub(super) fn check_place(place: &Path) -> Result<(), BadPath> {
    letters(place)?;
    let normal = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !place.components().all(normal) {
        Err(BadPath::NotRelative)
    } else if parts(place).any(<[u8]>::is_empty) {
        Err(BadPath::EmptyPart)
    } else {
        Ok(())
    }
}

/// The bytes of a path where its text cannot say it all.
pub(super) fn bytes_beyond_text(path: &Path) -> Option<&[u8]> {
    path.to_str()
        .is_none()
        .then_some(path.as_os_str().as_encoded_bytes())
}

/// Makes a path of its bytes, if this system has paths of such bytes.
#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere not all bytes are a path"
)]
pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(bytes).into())
}

/// Makes a path of its bytes, if this system has paths of such bytes.
#[cfg(not(unix))]
pub(super) fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// Makes a name of its bytes.
pub(crate) fn name_from(bytes: Vec<u8>) -> OsString {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    from_bytes(bytes).map_or_else(|| text.into(), PathBuf::into_os_string)
}

/// The text that stands for bytes that are none.
pub(super) fn shown(path: &Path) -> std::borrow::Cow<'_, str> {
    OsStr::to_string_lossy(path.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Result<(), BadPath> {
        check_file(Path::new(path))
    }

    fn place(path: &str) -> Result<(), BadPath> {
        check_place(Path::new(path))
    }

    #[test]
    fn a_file_has_an_absolute_path_of_names() {
        assert_eq!(file("/a"), Ok(()));
        assert_eq!(file("/a/..b/c."), Ok(()));
        assert_eq!(file(""), Err(BadPath::NotAbsolute));
        assert_eq!(file("a"), Err(BadPath::NotAbsolute));
        assert_eq!(file("/"), Err(BadPath::EmptyPart));
        assert_eq!(file("/a/"), Err(BadPath::EmptyPart));
        assert_eq!(file("/a//b"), Err(BadPath::EmptyPart));
        assert_eq!(file("/a/./b"), Err(BadPath::Dots));
        assert_eq!(file("/a/.."), Err(BadPath::Dots));
        assert_eq!(file("/../a"), Err(BadPath::Dots));
        assert_eq!(file("/a\0b"), Err(BadPath::Nul));
    }

    #[test]
    fn a_place_is_relative_and_stays_below() {
        assert_eq!(place("x"), Ok(()));
        assert_eq!(place("cluster_0/x.jpg"), Ok(()));
        assert_eq!(place(""), Err(BadPath::EmptyPart));
        assert_eq!(place("/x"), Err(BadPath::NotRelative));
        assert_eq!(place("a/"), Err(BadPath::EmptyPart));
        assert_eq!(place("a//b"), Err(BadPath::EmptyPart));
        assert_eq!(place("../x"), Err(BadPath::Dots));
        assert_eq!(place("a/../../x"), Err(BadPath::Dots));
        assert_eq!(place("./x"), Err(BadPath::Dots));
        assert_eq!(place("a\0"), Err(BadPath::Nul));
    }

    #[test]
    fn a_folder_may_end_with_a_separator() {
        assert_eq!(check_folder(Path::new("/a/")), Ok(()));
        assert_eq!(check_folder(Path::new("/")), Ok(()));
        assert_eq!(check_folder(Path::new("a")), Err(BadPath::NotAbsolute));
        assert_eq!(check_folder(Path::new("/a/../b")), Err(BadPath::Dots));
    }

    #[test]
    fn windows_prefixes_do_not_panic() {
        for path in [r"C:\a\b", r"\\server\share\x", r"\\?\C:\..\x", "C:x"] {
            let _ = (file(path), place(path), check_folder(Path::new(path)));
        }
    }

    #[test]
    fn an_absolute_path_has_no_dots_and_no_separator_at_its_end() {
        let here = std::env::current_dir().unwrap();
        assert!(absolute(Path::new("")).is_err());
        assert_eq!(absolute(Path::new(".")).unwrap(), here);
        assert_eq!(absolute(Path::new("./a//b/")).unwrap(), here.join("a/b"));
    }

    #[cfg(unix)]
    #[test]
    fn two_dots_after_a_link_lead_where_the_system_would_go() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(top.join("deep/down")).unwrap();
        std::os::unix::fs::symlink(top.join("deep/down"), top.join("link")).unwrap();
        assert_eq!(
            absolute(&top.join("link/../x")).unwrap(),
            top.join("deep/x")
        );
        assert_eq!(absolute(&top.join("link/x")).unwrap(), top.join("link/x"));
        assert!(absolute(&top.join("missing/../x")).is_err());
    }

    #[test]
    fn the_root_of_a_file_is_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(root_of(&file).unwrap(), folder.path());
        assert_eq!(root_of(folder.path()).unwrap(), folder.path());
        assert!(root_of(&folder.path().join("y")).is_err());
    }
}
