//! Lists of files, as other programs write them.

use std::path::PathBuf;

/// Reads a list of paths: separated by NUL if there is any NUL in it, else one a line.
///
/// A carriage return at the end of a line is taken off (only in lists of lines); empty entries are
/// ignored; on Unix a path may be any bytes, elsewhere bytes that are not UTF-8 are replaced.
pub fn parse_file_list(bytes: &[u8]) -> Vec<PathBuf> {
    let by_nul = bytes.contains(&0);
    let separator = if by_nul { 0 } else { b'\n' };
    bytes
        .split(|&byte| byte == separator)
        .map(|entry| match entry {
            [line @ .., b'\r'] if !by_nul => line,
            entry => entry,
        })
        .filter(|entry| !entry.is_empty())
        .map(path_of)
        .collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(bytes: &[u8]) -> Vec<PathBuf> {
        parse_file_list(bytes)
    }

    #[test]
    fn nothing_and_only_separators_list_nothing() {
        assert!(listed(b"").is_empty());
        assert!(listed(b"\n\r\n\n").is_empty());
        assert!(listed(b"\0\0").is_empty());
    }

    #[test]
    fn lines_may_end_in_either_way_and_the_last_may_not_end_at_all() {
        let wanted = [PathBuf::from("a b"), PathBuf::from("c"), PathBuf::from("d")];
        assert_eq!(listed(b"a b\r\n\nc\nd"), wanted);
    }

    #[test]
    fn one_nul_makes_newlines_part_of_names() {
        let wanted = [PathBuf::from("a\nb\r"), PathBuf::from("c")];
        assert_eq!(listed(b"a\nb\r\0c"), wanted);
    }

    #[cfg(unix)]
    #[test]
    fn a_name_need_not_be_utf_8() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(listed(b"\xff\n")[0].as_os_str().as_bytes(), b"\xff");
    }
}
