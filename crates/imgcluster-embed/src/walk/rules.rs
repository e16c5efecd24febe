//! Which entries are left out without a word: what the user excluded, and the output folder.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::EmbedError;

/// Patterns and folders to leave out, ready to be asked.
#[derive(Debug)]
pub(super) struct Rules {
    any: GlobSet,
    folders: GlobSet,
    left_out: Vec<PathBuf>,
}

impl Rules {
    /// Compiles the patterns; one that ends in `/` is for folders alone.
    pub(super) fn new(patterns: &[String], left_out: &[PathBuf]) -> Result<Self, EmbedError> {
        let (mut any, mut folders) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let refused = |source| EmbedError::Pattern {
                pattern: pattern.clone(),
                source,
            };
            let bare = pattern.strip_suffix('/').unwrap_or(pattern);
            let glob = GlobBuilder::new(bare.strip_prefix('/').unwrap_or(bare))
                .literal_separator(true)
                .build()
                .map_err(refused)?;
            if bare.len() < pattern.len() {
                folders.add(glob);
            } else {
                any.add(glob);
            }
        }
        let build = |set: &GlobSetBuilder| {
            set.build().map_err(|source| EmbedError::Pattern {
                pattern: patterns.join(" "),
                source,
            })
        };
        Ok(Self {
            any: build(&any)?,
            folders: build(&folders)?,
            left_out: left_out.iter().map(|path| real(path)).collect(),
        })
    }

    /// Tells whether a path relative to its root, or its last part alone, is excluded.
    pub(super) fn excludes(&self, relative: &Path, is_folder: bool) -> bool {
        let name = relative.file_name().map(Path::new);
        let hit =
            |set: &GlobSet| set.is_match(relative) || name.is_some_and(|name| set.is_match(name));
        hit(&self.any) || (is_folder && hit(&self.folders))
    }

    /// Tells whether a real path is, or lies in, a folder that is never read, or in what a killed
    /// run left beside it.
    pub(super) fn leaves_out(&self, key: &Path) -> bool {
        self.left_out
            .iter()
            .any(|folder| key.starts_with(folder) || is_leftover(key, folder))
    }
}

/// Tells whether a path is, or lies in, a folder `.NAME.partial-…` or `.NAME.old-…` beside the
/// folder NAME.
fn is_leftover(key: &Path, folder: &Path) -> bool {
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return false;
    };
    let Ok(below) = key.strip_prefix(parent) else {
        return false;
    };
    let Some(first) = below.components().next() else {
        return false;
    };
    let first = first.as_os_str().as_encoded_bytes();
    let rest = first
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_encoded_bytes()));
    rest.is_some_and(|rest| rest.starts_with(b".partial-") || rest.starts_with(b".old-"))
}

/// The path with all links resolved; the path made absolute if there is nothing there.
pub(super) fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(pattern: &str, path: &str, is_folder: bool) -> bool {
        let rules = Rules::new(&[pattern.to_owned()], &[]).unwrap();
        rules.excludes(Path::new(path), is_folder)
    }

    #[test]
    fn a_pattern_without_slash_is_for_names_at_any_depth() {
        assert!(excluded("*.png", "a.png", false));
        assert!(excluded("*.png", "deep/er/a.png", false));
        assert!(!excluded("*.png", "a.png.jpg", false));
        assert!(excluded("cache", "x/cache", true));
    }

    #[test]
    fn a_pattern_with_slash_is_for_the_path_below_the_root() {
        assert!(excluded("a/*.png", "a/b.png", false));
        assert!(!excluded("a/*.png", "x/a/b.png", false));
        assert!(!excluded("a/*.png", "a/x/b.png", false));
        assert!(excluded("a/**", "a/x/b.png", false));
        assert!(excluded("/a", "a", true));
    }

    #[test]
    fn a_pattern_that_ends_in_slash_is_for_folders() {
        assert!(excluded("cache/", "x/cache", true));
        assert!(!excluded("cache/", "x/cache", false));
    }

    #[test]
    fn what_a_killed_run_left_beside_the_output_folder_is_left_out_too() {
        let rules = Rules::new(&[], &["/nowhere/out".into()]).unwrap();
        for path in [
            "/nowhere/out/a",
            "/nowhere/.out.partial-7/a",
            "/nowhere/.out.old-7",
        ] {
            assert!(rules.leaves_out(Path::new(path)), "{path}");
        }
        for path in [
            "/nowhere/.outer.partial-7",
            "/nowhere/outer",
            "/nowhere",
            "/.out.old-7",
        ] {
            assert!(!rules.leaves_out(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_malformed_pattern_is_an_error_that_shows_it() {
        let error = Rules::new(&["a[".to_owned()], &[]).unwrap_err();
        assert!(error.to_string().contains("`a[`"));
    }
}
