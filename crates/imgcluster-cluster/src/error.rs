//! What can be wrong with options.

/// Options that contradict themselves; what their types already rule out is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A cluster of fewer than two is none.
    #[error("`min_cluster_size` is {0}; a cluster has at least 2 members")]
    MinClusterSize(usize),
    /// No size lies between the two limits.
    #[error("`max_cluster_size` is {max}, less than the `min_cluster_size` of {min}")]
    MaxClusterSize {
        /// The largest size asked for.
        max: usize,
        /// The smallest size asked for.
        min: usize,
    },
}
