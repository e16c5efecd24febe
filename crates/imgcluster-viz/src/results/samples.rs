//! Copies of the pictures that show what a cluster is.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use imgcluster_core::{Event, Job, Outcome};

use super::ResultsFolder;
use crate::VizError;

/// Bytes of a file name that are kept: with what is put before it, it fits everywhere.
const NAME_LENGTH: usize = 120;
/// Bytes copied at a time.
const CHUNK: usize = 1 << 16;

/// The names of the copied samples, relative to the results folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    /// Those of each cluster, the largest cluster first.
    pub clusters: Vec<Vec<String>>,
    /// Those of noise.
    pub noise: Vec<String>,
}

/// Copies the samples of each cluster to `samples/cluster_0/sample_1_NAME` and so on.
///
/// A picture that cannot be read is left out with a warning and keeps its number.
pub(super) fn copy_samples(
    outcome: &Outcome<'_>,
    folder: &mut ResultsFolder,
    job: &Job<'_>,
) -> Result<Samples, VizError> {
    let mut samples = Samples::default();
    for (id, summary) in outcome.summaries.iter().enumerate() {
        job.check()?;
        let below = format!("samples/cluster_{id}");
        let copied = copy_each(outcome, &summary.samples, &below, folder, job)?;
        samples.clusters.push(copied);
    }
    samples.noise = copy_each(outcome, outcome.noise_samples, "samples/noise", folder, job)?;
    Ok(samples)
}

fn copy_each(
    outcome: &Outcome<'_>,
    rows: &[u32],
    below: &str,
    folder: &mut ResultsFolder,
    job: &Job<'_>,
) -> Result<Vec<String>, VizError> {
    let mut copied = Vec::new();
    for (number, row) in (1..).zip(rows) {
        let source = &outcome.images[*row as usize].path;
        let name = format!("{below}/sample_{number}_{}", safe_name(source));
        match copy(source, &name, folder)? {
            Ok(()) => copied.push(name),
            Err(reason) => {
                let message = format!("sample `{}` was not copied: {reason}", source.display());
                job.report(&Event::Warning { message: &message });
            }
        }
    }
    Ok(copied)
}

/// Copies one file; the inner error is the source's, which a run survives.
fn copy(
    source: &Path,
    name: &str,
    folder: &mut ResultsFolder,
) -> Result<Result<(), io::Error>, VizError> {
    let mut from = match open(source, folder.path()) {
        Ok(from) => from,
        Err(error) => return Ok(Err(error)),
    };
    let shown = folder.path().join(name);
    let failed = |error| VizError::file("write", &shown)(error);
    let mut to = folder.create(name).map_err(failed)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(Ok(())),
            Ok(length) => to.write_all(&chunk[..length]).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                folder.take_back().map_err(failed)?;
                return Ok(Err(error));
            }
        }
    }
}

/// Opens a picture, if it is a plain file outside the results; a pipe would wait for ever.
fn open(source: &Path, results: &Path) -> io::Result<File> {
    let path = fs::canonicalize(source)?;
    if path.starts_with(results) {
        return Err(io::Error::other("it lies in the results folder"));
    }
    if !fs::metadata(&path)?.is_file() {
        return Err(io::Error::other("it is not a file any more"));
    }
    File::open(path)
}

/// A file's name without what some file system refuses, shortened before its extension.
fn safe_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let refused = |c: char| c.is_control() || "/\\:*?\"<>|\u{fffd}".contains(c);
    let name: String = name
        .chars()
        .map(|c| if refused(c) { '_' } else { c })
        .collect();
    let name = name.trim_end_matches([' ', '.']);
    if name.len() <= NAME_LENGTH {
        return name.to_owned();
    }
    let extension = name.rfind('.').map_or("", |dot| &name[dot..]);
    let extension = if extension.len() <= 16 { extension } else { "" };
    let mut end = NAME_LENGTH - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_a_file_system_refuses() {
        let name = |text: &str| safe_name(Path::new(text));
        assert_eq!(name("a/b c.jpg"), "b c.jpg");
        assert_eq!(name("<script>alert(1).jpg"), "_script_alert(1).jpg");
        assert_eq!(name("line\nbreak\".png"), "line_break_.png");
        assert_eq!(name("dots. ."), "dots");
        assert_eq!(name("/"), "");
    }

    #[test]
    fn a_long_name_keeps_its_extension_and_whole_letters() {
        let name = safe_name(Path::new(&format!("{}.jpeg", "ü".repeat(120))));
        assert!(
            name.len() <= NAME_LENGTH && name.ends_with("ü.jpeg"),
            "{name}"
        );
    }
}
