//! Results as files that other programs read: one file a format.

mod arrays;
mod cluster_info;
mod clusters_csv;
mod clusters_json;
mod partitions;
mod paths;
mod selection;
mod skipped;
mod summary;

pub(crate) use arrays::write_header;
pub use arrays::{write_embeddings_npy, write_labels_npy};
pub use cluster_info::write_cluster_info;
pub use clusters_csv::write_clusters_csv;
pub use clusters_json::write_clusters_json;
pub use partitions::{write_partition_csv, write_similarities, write_similarities_heading};
pub use paths::write_paths_txt;
pub(crate) use paths::{path_bytes, path_text};
pub use selection::write_selection_csv;
pub use skipped::write_skipped_csv;
pub use summary::write_summary;

#[cfg(test)]
mod tests;
