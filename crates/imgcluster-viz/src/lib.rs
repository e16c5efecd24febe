//! Maps, tables and the HTML report of a clustering, and tables of a whole store.
//!
//! * [`TSne`] lays pictures out on a map.
//! * [`ResultsFolder`] and [`write_results`]: a whole folder of results, put in place in one step.
//! * [`Export`] writes everything a store holds as arrays and tables for other programs.
//! * One function a file: [`write_clusters_json`], [`write_clusters_csv`], [`write_embeddings_npy`],
//!   [`write_labels_npy`], [`write_paths_txt`], [`write_cluster_info`], [`write_summary`],
//!   [`write_skipped_csv`], [`write_selection_csv`], [`write_map_png`], [`write_map_svg`],
//!   [`write_report`], [`write_duplicates_report`]; of thresholds [`write_tune_json`], [`write_tune_png`],
//!   [`write_tune_report`], and [`read_labels`] for what its reader says of pairs; of the training of a
//!   network [`write_loss_curve_png`] and [`write_reconstructions_png`].
//!
//! ```
//! use imgcluster_core::{Job, Matrix, Points, Projector, RowNeighbors};
//! use imgcluster_viz::TSne;
//!
//! let rows = Matrix::new(vec![0.0, 0.1, 0.2, 9.0, 9.1, 9.2], 1)?;
//! let search = RowNeighbors::euclidean(rows.view());
//! let points = Points::with_rows(&search, rows.view());
//! let layout = TSne { seed: 7, ..TSne::default() }.project(&points, &Job::quiet())?;
//! assert_eq!(layout.places.len(), 6);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod duplicates;
mod error;
mod export;
mod page;
mod plot;
#[cfg(test)]
mod quality;
mod random;
mod report;
mod results;
#[cfg(test)]
mod sample_outcome;
mod tables;
mod training;
mod tsne;
mod tuning;

pub use duplicates::{DuplicateGroup, DuplicatePicture, DuplicatesReport, write_duplicates_report};
pub use error::VizError;
pub use export::{Export, ExportOptions, Exported, ExportedSpace};
pub use plot::{write_map_png, write_map_svg};
pub use report::write_report;
pub use results::{ResultsFolder, ResultsOptions, Samples, write_results};
pub use tables::{
    write_cluster_info, write_clusters_csv, write_clusters_json, write_embeddings_npy,
    write_labels_npy, write_partition_csv, write_paths_txt, write_selection_csv,
    write_similarities, write_similarities_heading, write_skipped_csv, write_summary,
};
pub use training::{LossCurve, write_loss_curve_png, write_reconstructions_png};
pub use tsne::TSne;
pub use tuning::{
    LabelledFile, NextCommands, TuneBar, TuneLabel, TuneLabels, TunePair, TunePrecision,
    TuneRadius, TuneReport, TuneRow, TuneSuggestion, read_labels, write_labels, write_tune_json,
    write_tune_png, write_tune_report,
};
