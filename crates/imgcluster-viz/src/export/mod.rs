//! Everything a store holds, as arrays and tables for other programs.

mod arrays;
#[cfg(test)]
mod fake_store;
mod listings;
mod names;
mod parquet;
#[cfg(test)]
mod readers;
mod rows;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use imgcluster_core::{
    BoxError, ContentHash, EmbeddingSpace, FeatureShape, Job, Stage, StageGuard, Store, Wait,
};
use serde::{Serialize, Serializer};

use crate::VizError;
use crate::results::{ResultsFolder, TOOL};
use rows::RowIndex;

/// What of a store is exported, and in which formats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOptions {
    /// Only the spaces of this model, if one is given. Default: none.
    pub model: Option<String>,
    /// Whether `SPACE.npy` and `SPACE.csv` are written. Default: true.
    pub arrays: bool,
    /// Whether `SPACE.parquet` is written. Default: true.
    pub parquet: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            model: None,
            arrays: true,
            parquet: true,
        }
    }
}

/// Writes a folder with everything that a store holds.
///
/// For each embedding space, with one row for each known file whose content has a feature in it,
/// in the bytewise order of their paths:
/// * `SPACE.npy`: the features as `f32`, one row a file; none where features are signatures.
/// * `SPACE.csv`: `row,path,hash,width,height`, and `signature` in hex digits where features are
///   signatures. A path's bytes are written as they are.
/// * `SPACE.parquet`: `path`, `path_base64` (where the path is not UTF-8), `hash`, `width`,
///   `height`, and `embedding`, a list of floats, or `signature`, bytes. The model and the hashes
///   of its weights and preprocessing are in the file's metadata.
///
/// `SPACE` is the model's name, with what file names refuse replaced; where two spaces would share
/// a name, the beginnings of their hashes and the shape are added. Beside these are `files.csv`
/// (`path,size,modified_ns,hash`), `failures.csv` (`hash,decoder,reason`), `runs.csv`, the newest
/// first, and `run.json`, which lists the spaces and the files.
///
/// In memory are the paths of all files, the hashes of one space's rows, and some 16 MiB of
/// features at a time.
///
/// ```
/// use imgcluster_core::{Job, ParkWait, Store};
/// use imgcluster_viz::{Export, ExportOptions, ResultsFolder, VizError};
///
/// /// Writes the vectors of one model for numpy.
/// fn vectors(store: &impl Store, folder: ResultsFolder) -> Result<(), VizError> {
///     let export = Export {
///         store,
///         wait: &ParkWait,
///         version: "0.1.0",
///         started: "2026-01-01T00:00:00Z",
///         options: ExportOptions {
///             model: Some("classic".to_owned()),
///             parquet: false,
///             ..ExportOptions::default()
///         },
///     };
///     let exported = export.write(folder, &Job::quiet())?;
///     assert!(exported.path.join("classic.npy").exists());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Export<'a, S, W> {
    /// The store.
    pub store: &'a S,
    /// Waits for it.
    pub wait: &'a W,
    /// The version of the program, for `run.json`.
    pub version: &'a str,
    /// When the export began, RFC 3339 in UTC, for `run.json`.
    pub started: &'a str,
    /// What is exported, and how.
    pub options: ExportOptions,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The folder.
    pub path: PathBuf,
    /// The spaces, in the order of the store.
    pub spaces: Vec<ExportedSpace>,
    /// Known files.
    pub files: u64,
    /// Failures of all decoders.
    pub failures: u64,
    /// Runs.
    pub runs: u64,
}

/// One exported space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedSpace {
    /// What its files are called, without the ending.
    pub name: String,
    /// The space.
    #[serde(flatten, serialize_with = "write_space")]
    pub space: EmbeddingSpace,
    /// Rows in its files: known files whose content has a feature.
    pub rows: u64,
    /// Features that were left out because no known file has their content.
    pub without_file: u64,
}

fn write_space<S: Serializer>(space: &EmbeddingSpace, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Space<'a> {
        model: &'a str,
        weights: ContentHash,
        preprocess: ContentHash,
        /// Absent where features are signatures.
        #[serde(skip_serializing_if = "Option::is_none")]
        dim: Option<usize>,
    }
    let dim = match space.shape {
        FeatureShape::Vector(dim) => Some(dim.get()),
        FeatureShape::Signature => None,
    };
    Space {
        model: &space.model,
        weights: space.weights,
        preprocess: space.preprocess,
        dim,
    }
    .serialize(serializer)
}

/// What `run.json` says.
#[derive(Serialize)]
struct Record<'a> {
    tool: &'a str,
    version: &'a str,
    started: &'a str,
    spaces: &'a [ExportedSpace],
    files: Vec<String>,
}

impl<S: Store, W: Wait> Export<'_, S, W> {
    /// Writes everything into the folder and puts it in its place.
    ///
    /// The stage has a step for each known file in each table of each space.
    ///
    /// # Errors
    /// If the store cannot be read or has no such model, anything cannot be written, or the job is
    /// cancelled; the folder is then as it was before.
    pub fn write(&self, mut folder: ResultsFolder, job: &Job<'_>) -> Result<Exported, VizError> {
        let status = self.read("its size", self.store.status())?;
        let spaces = status.spaces.iter().map(|(space, _)| space);
        let named = status.spaces.iter().zip(names::of(spaces));
        let mut named: Vec<_> = named.collect();
        if let Some(model) = &self.options.model {
            named.retain(|((space, _), _)| space.model == *model);
            if named.is_empty() {
                let model = model.clone();
                return Err(VizError::UnknownModel { model });
            }
        }
        let paths = self.read("the files", self.store.known_files(None))?;
        let spaces = named.iter().map(|((space, _), _)| space);
        let steps: u64 = spaces.map(|space| self.tables(space)).sum();
        let stage = job.stage(Stage::Write, Some(steps * paths.len() as u64));
        let mut exported = Vec::new();
        for ((space, held), name) in named {
            let index = self.index(space, &paths, job)?;
            let left_out = (paths.len() - index.rows.len()) as u64;
            stage.advance(self.tables(space) * left_out);
            self.space(&mut folder, &name, &index, &Progress { job, stage: &stage })?;
            exported.push(ExportedSpace {
                name,
                space: space.clone(),
                rows: index.rows.len() as u64,
                without_file: held.saturating_sub(index.contents()),
            });
        }
        let files = self.files_csv(&mut folder, &paths, job)?;
        let failures = self.failures_csv(&mut folder, job)?;
        let runs = self.runs_csv(&mut folder)?;
        let record = Record {
            tool: TOOL,
            version: self.version,
            started: self.started,
            spaces: &exported,
            files: folder.names(),
        };
        Ok(Exported {
            path: folder.finish_with(&record, job)?,
            spaces: exported,
            files,
            failures,
            runs,
        })
    }

    /// How many tables of a space are written.
    fn tables(&self, space: &EmbeddingSpace) -> u64 {
        let has_array = self.options.arrays && matches!(space.shape, FeatureShape::Vector(_));
        [has_array, self.options.arrays, self.options.parquet]
            .into_iter()
            .map(u64::from)
            .sum()
    }

    fn space(
        &self,
        folder: &mut ResultsFolder,
        name: &str,
        index: &RowIndex<'_>,
        progress: &Progress<'_>,
    ) -> Result<(), VizError> {
        if self.options.arrays {
            if let FeatureShape::Vector(dim) = index.space.shape {
                folder.write(&format!("{name}.npy"), |file| {
                    self.write_npy(index, dim, progress, file)
                })?;
            }
            folder.write(&format!("{name}.csv"), |file| {
                self.write_csv(index, progress, file)
            })?;
        }
        if self.options.parquet {
            folder.write(&format!("{name}.parquet"), |file| {
                self.write_parquet(index, progress, file)
            })?;
        }
        Ok(())
    }

    /// Waits for the store.
    fn read<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, BoxError>>,
    ) -> Result<T, VizError> {
        let found = self.wait.wait(call);
        found.map_err(|source| VizError::Store { what, source })
    }
}

/// Who watches, and whether to stop.
struct Progress<'a> {
    job: &'a Job<'a>,
    stage: &'a StageGuard<'a>,
}
