//! What every clusterer promises, against references and slow twins.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agglomerative;
mod cap;
mod conformance;
mod dbcv;
mod duplicates;
mod golden;
mod golden_partitions;
mod golden_scores;
mod max_cluster_size;
mod mixture;
mod npy;
mod partitions;
mod row_order;
mod scores;
mod selection;
mod shapes;
mod split;
mod summaries;
mod support;
mod textbook;
mod tilings;
mod tuning;
mod tuning_usual;
mod whiten;
