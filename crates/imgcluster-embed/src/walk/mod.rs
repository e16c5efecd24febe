//! Finding files: folders and files in, candidates in order out.
//!
//! Whether a file is a picture is not asked here: that is said by its content, not its name.

mod list;
mod results;
mod rules;
mod stamp;

use std::collections::HashSet;
use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use imgcluster_core::ingest::Candidate;
use imgcluster_core::{Event, Job, Skipped, Stage, StageGuard};
use walkdir::{DirEntry, WalkDir};

use crate::EmbedError;
use crate::text::{bytes as show_bytes, system_reason};
pub use list::parse_file_list;
use rules::{Rules, real};
pub(crate) use stamp::stamp;

/// Which files are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkOptions {
    /// Whether folders in folders are read. Default: true.
    pub recursive: bool,
    /// Patterns of what is left out without a word, matched against the path below the root and
    /// against the name alone; `*` stops at `/`, `**` does not, a `/` at the end means folders
    /// only. Default: none.
    pub exclude: Vec<String>,
    /// Whether symbolic links are followed; those given as roots always are. Default: false.
    pub follow_symlinks: bool,
    /// Whether files and folders are read whose name begins with a dot; those given as roots
    /// always are. Default: false.
    pub hidden: bool,
    /// Folders that are never read, and not mentioned: where results are written. Default: none.
    pub leave_out: Vec<PathBuf>,
    /// Files larger than this many bytes are skipped. Default: 1 GiB.
    pub max_file_size: u64,
    /// Further roots, from a list; one that is not there any more is skipped. Default: none.
    pub listed: Vec<PathBuf>,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self {
            recursive: true,
            exclude: Vec::new(),
            follow_symlinks: false,
            hidden: false,
            leave_out: Vec::new(),
            max_file_size: 1 << 30,
            listed: Vec::new(),
        }
    }
}

/// What was found; both parts are ordered by path, bytewise.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walked {
    /// Files that may be pictures, each once.
    pub candidates: Vec<Candidate>,
    /// What was left out and is worth telling.
    pub skipped: Vec<Skipped>,
}

/// Finds the files in `roots`: files are taken as they are, folders are read.
///
/// A path is shown as it was reached: the root as given, joined with the rest. A file that is
/// reached twice (through two roots, or links that are followed) is taken the first time. Links in
/// a circle, named pipes, devices, and whatever cannot be read are skipped items; nothing but
/// regular files is ever opened. So is a folder below a root that holds the results of an earlier
/// run. What is skipped is also told to the job's reporter.
///
/// # Errors
/// If a root does not exist, a pattern is malformed, or the job is cancelled.
pub fn walk(roots: &[PathBuf], options: &WalkOptions, job: &Job<'_>) -> Result<Walked, EmbedError> {
    let mut walker = Walker {
        options,
        rules: Rules::new(&options.exclude, &options.leave_out)?,
        stage: job.stage(Stage::Walk, None),
        seen_files: HashSet::new(),
        seen_folders: HashSet::new(),
        passed_over: Vec::new(),
        walked: Walked::default(),
    };
    for root in roots {
        walker.root(root, job)?;
    }
    for root in &options.listed {
        match walker.root(root, job) {
            Err(EmbedError::Missing { path, .. }) => walker.skip(&path, "no such file".to_owned()),
            other => other?,
        }
    }
    let Walked {
        mut candidates,
        mut skipped,
    } = walker.walked;
    // What was passed over below one root may be another root, and read after all.
    let (files, folders) = (walker.seen_files, walker.seen_folders);
    let unread = |skipped: &Skipped| {
        let key = real(&skipped.path);
        !files.contains(&key) && !folders.contains(&key)
    };
    skipped.extend(walker.passed_over.into_iter().filter(unread));
    candidates.sort_by(|a, b| bytewise(&a.path).cmp(bytewise(&b.path)));
    skipped.sort_by(|a, b| bytewise(&a.path).cmp(bytewise(&b.path)));
    skipped.dedup_by(|a, b| a.path == b.path);
    for Skipped { path, reason } in &skipped {
        job.report(&Event::Skipped { path, reason });
    }
    Ok(Walked {
        candidates,
        skipped,
    })
}

fn bytewise(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

struct Walker<'a> {
    options: &'a WalkOptions,
    rules: Rules,
    stage: StageGuard<'a>,
    seen_files: HashSet<PathBuf>,
    seen_folders: HashSet<PathBuf>,
    /// Skipped by rule, unless it is named elsewhere.
    passed_over: Vec<Skipped>,
    walked: Walked,
}

impl Walker<'_> {
    fn root(&mut self, root: &Path, job: &Job<'_>) -> Result<(), EmbedError> {
        let metadata = match std::fs::metadata(root) {
            Ok(metadata) => metadata,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                let path = root.to_owned();
                return Err(EmbedError::Missing { path, source });
            }
            Err(error) => {
                self.unreadable(root, &error);
                return Ok(());
            }
        };
        let key = real(root);
        if self.rules.leaves_out(&key) {
            return Ok(());
        }
        if metadata.is_dir() {
            self.folder(root, &key, job)
        } else {
            let name = root.file_name().map(Path::new);
            if !name.is_some_and(|name| self.rules.excludes(name, false)) {
                self.other(root, key, metadata.file_type(), || Ok(metadata));
            }
            Ok(())
        }
    }

    /// Reads a root folder; `root_key` is its real path.
    fn folder(&mut self, root: &Path, root_key: &Path, job: &Job<'_>) -> Result<(), EmbedError> {
        if !self.seen_folders.insert(root_key.to_owned()) {
            return Ok(());
        }
        let depth = if self.options.recursive {
            usize::MAX
        } else {
            1
        };
        let mut entries = WalkDir::new(root)
            .min_depth(1)
            .max_depth(depth)
            .follow_links(self.options.follow_symlinks)
            .sort_by_file_name()
            .into_iter();
        while let Some(entry) = entries.next() {
            job.check()?;
            match entry {
                Ok(entry) => {
                    if !self.entry(&entry, root, root_key) && entry.file_type().is_dir() {
                        entries.skip_current_dir();
                    }
                }
                Err(error) => self.failed(&error, root, root_key),
            }
        }
        Ok(())
    }

    /// Takes an entry below a root; for a folder, tells whether it is to be read.
    fn entry(&mut self, entry: &DirEntry, root: &Path, root_key: &Path) -> bool {
        let path = entry.path();
        let below = path.strip_prefix(root).unwrap_or(path);
        let is_folder = entry.file_type().is_dir();
        if self.rules.excludes(below, is_folder) {
            return false;
        }
        // Only links that are followed can lead out of the real folder that the root is.
        let key = if self.options.follow_symlinks {
            real(path)
        } else {
            root_key.join(below)
        };
        if self.rules.leaves_out(&key) {
            return false;
        }
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden && !self.options.hidden {
            return self.pass_over(path, "hidden (use --hidden to include it)");
        }
        if is_folder && results::are_in(path) {
            return self.pass_over(path, "results of an earlier run (name it to read it)");
        }
        if is_folder {
            // A folder that was read before, through another root or link, holds nothing new.
            return self.options.recursive && self.seen_folders.insert(key);
        }
        self.other(path, key, entry.file_type(), || {
            entry.metadata().map_err(io::Error::from)
        });
        false
    }

    /// Takes anything that is not a folder.
    fn other(
        &mut self,
        path: &Path,
        key: PathBuf,
        kind: FileType,
        metadata: impl FnOnce() -> io::Result<Metadata>,
    ) {
        if !kind.is_file() {
            return self.skip(path, special(kind).to_owned());
        }
        if self.seen_files.contains(&key) {
            return;
        }
        let metadata = match metadata() {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable(path, &error),
        };
        let (stamp, limit) = (stamp(&metadata), self.options.max_file_size);
        self.seen_files.insert(key.clone());
        if stamp.size == 0 {
            return self.skip(path, "empty file".to_owned());
        }
        if stamp.size > limit {
            let (size, limit) = (show_bytes(stamp.size), show_bytes(limit));
            return self.skip(
                path,
                format!("{size} are over the file size limit of {limit}"),
            );
        }
        self.stage.advance(1);
        let path = path.to_owned();
        self.walked.candidates.push(Candidate { path, key, stamp });
    }

    /// Takes note of an entry that the system would not show.
    fn failed(&mut self, error: &walkdir::Error, root: &Path, root_key: &Path) {
        let path = error.path().unwrap_or(root);
        let below = path.strip_prefix(root).unwrap_or(path);
        if self.rules.excludes(below, false) || self.rules.leaves_out(&root_key.join(below)) {
            return;
        }
        if let Some(ancestor) = error.loop_ancestor() {
            let reason = format!("link back to `{}`, in which it lies", ancestor.display());
            return self.skip(path, reason);
        }
        let broken = path.is_symlink().then(|| std::fs::read_link(path));
        match (broken, error.io_error()) {
            (Some(Ok(target)), Some(cause)) => {
                let reason = system_reason(cause);
                let target = target.display();
                self.skip(path, format!("broken link to `{target}`: {reason}"));
            }
            (_, Some(cause)) => self.unreadable(path, cause),
            (_, None) => self.skip(path, "cannot be read".to_owned()),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.skip(path, format!("cannot be read: {}", system_reason(error)));
    }

    fn pass_over(&mut self, path: &Path, reason: &str) -> bool {
        let (path, reason) = (path.to_owned(), reason.to_owned());
        self.passed_over.push(Skipped { path, reason });
        false
    }

    fn skip(&mut self, path: &Path, reason: String) {
        let path = path.to_owned();
        self.walked.skipped.push(Skipped { path, reason });
    }
}

/// Says what an entry is that is neither file nor folder.
fn special(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        return "symbolic link (use --follow-symlinks to follow it)";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "not a file but a named pipe";
        } else if kind.is_socket() {
            return "not a file but a socket";
        } else if kind.is_block_device() || kind.is_char_device() {
            return "not a file but a device";
        }
    }
    "not a file"
}

#[cfg(test)]
mod tests;
