//! `files.csv`, `failures.csv` and `runs.csv`.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use imgcluster_core::{Failure, Job, Store, Wait};

use super::Export;
use crate::VizError;
use crate::results::ResultsFolder;
use crate::tables::path_bytes;

/// How many files or failures are read at once.
const PAGE: NonZeroUsize = NonZeroUsize::new(4096).expect("not zero");

fn failed(error: csv::Error) -> VizError {
    VizError::write("a table")(error.into())
}

/// Begins a table with the names of its columns.
fn table<W: Write>(writer: W, columns: &[&str]) -> Result<csv::Writer<W>, VizError> {
    let mut table = csv::Writer::from_writer(writer);
    table.write_record(columns).map_err(failed)?;
    Ok(table)
}

impl<S: Store, W: Wait> Export<'_, S, W> {
    /// Writes every known file; gives how many there are.
    pub(super) fn files_csv(
        &self,
        folder: &mut ResultsFolder,
        paths: &[PathBuf],
        job: &Job<'_>,
    ) -> Result<u64, VizError> {
        let mut count = 0;
        folder.write("files.csv", |file| {
            let mut table = table(file, &["path", "size", "modified_ns", "hash"])?;
            for page in paths.chunks(PAGE.get()) {
                job.check()?;
                let files = self.read("the files", self.store.files(page))?;
                for (path, file) in page.iter().zip(files) {
                    let Some(file) = file else { continue };
                    let (size, time) = (file.stamp.size, file.stamp.modified_ns);
                    let (size, time) = (size.to_string(), time.to_string());
                    let hash = file.content.to_string();
                    let fields = [path_bytes(path), size.as_bytes(), time.as_bytes()];
                    let fields = fields.into_iter().chain([hash.as_bytes()]);
                    table.write_record(fields).map_err(failed)?;
                    count += 1;
                }
            }
            table.flush().map_err(VizError::write("a table"))
        })?;
        Ok(count)
    }

    /// Writes every failure; gives how many there are.
    pub(super) fn failures_csv(
        &self,
        folder: &mut ResultsFolder,
        job: &Job<'_>,
    ) -> Result<u64, VizError> {
        let mut count = 0;
        folder.write("failures.csv", |file| {
            let mut table = table(file, &["hash", "decoder", "reason"])?;
            let mut after: Option<Failure> = None;
            loop {
                job.check()?;
                let page = self.store.failures(after.as_ref(), PAGE);
                let page = self.read("the failures", page)?;
                for failure in &page {
                    let hash = failure.content.to_string();
                    let fields = [&hash, &failure.decoder, &failure.reason];
                    table.write_record(fields).map_err(failed)?;
                }
                count += page.len() as u64;
                match page.into_iter().next_back() {
                    Some(last) => after = Some(last),
                    None => break,
                }
            }
            table.flush().map_err(VizError::write("a table"))
        })?;
        Ok(count)
    }

    /// Writes the runs without their members; gives how many there are.
    pub(super) fn runs_csv(&self, folder: &mut ResultsFolder) -> Result<u64, VizError> {
        let runs = self.read("the runs", self.store.runs())?;
        folder.write("runs.csv", |file| {
            let columns = ["run", "started", "version", "model", "algorithm"];
            let counts = ["images", "skipped", "clusters", "noise", "command"];
            let mut table = table(file, &[columns, counts].concat())?;
            for run in &runs {
                let (record, counts) = (&run.record, &run.record.counts);
                let (id, command) = (run.id.to_string(), record.command.join(" "));
                let numbers = [counts.images, counts.skipped, counts.clusters, counts.noise];
                let [images, skipped, clusters, noise] = numbers.map(|number| number.to_string());
                let fields = [&id, &record.started, &record.version, &record.model];
                let counts = [
                    &record.algorithm,
                    &images,
                    &skipped,
                    &clusters,
                    &noise,
                    &command,
                ];
                let fields = fields.into_iter().chain(counts);
                table.write_record(fields).map_err(failed)?;
            }
            table.flush().map_err(VizError::write("a table"))
        })?;
        Ok(runs.len() as u64)
    }
}
