//! What can be wrong with options, and with the points they are for.

/// Options that contradict themselves; what their types already rule out is not here.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
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
    /// Negative, NaN or infinite.
    #[error("`tolerance` is {0}; it is a finite number of at least 0")]
    Tolerance(f64),
    /// Not above zero, NaN or infinite.
    #[error("`regularization` is {0}; it is a finite number above 0")]
    Regularization(f64),
}

/// Points that an algorithm cannot group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointsError {
    /// Only distances are known, and the algorithm computes with coordinates.
    #[error("{0} needs rows of numbers, and these points have only distances")]
    NoRows(&'static str),
    /// The distances of all pairs do not fit.
    #[error(
        "the distances of {count} points take {} MiB, more than the {} MiB there are for them",
        needed.div_ceil(1 << 20),
        allowed >> 20
    )]
    TooMany {
        /// How many points.
        count: usize,
        /// How many bytes their distances take.
        needed: u64,
        /// How many bytes they may take.
        allowed: u64,
    },
}
