//! Counts what is worth a line, whatever the number of files.

use std::collections::BTreeMap;

/// How many files each note is about.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// What of a file a copy could not keep.
    pub(super) not_kept: BTreeMap<&'static str, usize>,
    /// Files that stay copies, as the file system cannot let files share their bytes.
    pub(super) unshared: usize,
    /// Files with which nothing had to be done.
    pub(super) needless: usize,
    /// Sidecars of files that were deleted or replaced.
    pub(super) sidecars: usize,
}

impl Tally {
    /// A line for each note that there is.
    pub(super) fn lines(self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .not_kept
            .into_iter()
            .map(|(what, files)| format!("{what} could not be kept: {}", count(files)))
            .collect();
        if self.unshared > 0 {
            let files = count(self.unshared);
            lines.push(format!(
                "the file system cannot let files share their bytes, so they stay copies: {files}"
            ));
        }
        if self.needless > 0 {
            let files = count(self.needless);
            lines.push(format!("as they should be already: {files}"));
        }
        if self.sidecars > 0 {
            let files = count(self.sidecars);
            lines.push(format!("sidecars stay where they are: {files}"));
        }
        lines
    }
}

fn count(files: usize) -> String {
    match files {
        1 => "1 file".to_owned(),
        files => format!("{files} files"),
    }
}
