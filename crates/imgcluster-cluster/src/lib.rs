//! Finds groups among points of which only the distances are known.
//!
//! * Algorithms, each an [`imgcluster_core::Clusterer`]: [`Threshold`], [`Dbscan`], [`Hdbscan`],
//!   [`KMeans`], [`Agglomerative`], [`GaussianMixture`].
//! * What is to be known of the groups: [`summarize`], [`noise_samples`].
//! * The best of many settings: [`choose`] from the candidates of a [`Grid`].
//! * Copies of one picture without chains, each alike to the one that is kept: [`Duplicates`];
//!   clusters thinned to a number of rows unlike each other: [`cap`].
//! * Clusters with too unlike a pair cut up: [`Split`].
//! * Sets too dear for comparing all pairs, clustered in parts that are merged by their medoids:
//!   [`Partitions`].
//! * What every threshold would give, and which to try: [`sweep`]; how many of its pairs are right, from
//!   labels of a few: [`pairs_to_label`], [`precision`].
//! * Rows made to vary alike in every direction before that: [`Whitening`].
//! * How good they are: [`silhouette`], [`cosine_silhouette`], [`calinski_harabasz`],
//!   [`davies_bouldin`], [`dbcv`]; how far two clusterings agree: [`adjusted_rand`],
//!   [`adjusted_mutual_information`], [`v_measure`], [`PairAgreement`].
//!
//! All but partitions are exact, and all work on any [`imgcluster_core::Neighbors`], and give the same answer at any
//! number of threads.
//!
//! ```
//! use imgcluster_cluster::{Hdbscan, SummaryOptions, Threshold, summarize};
//! use imgcluster_core::{Clusterer, Job, Matrix, Points, RowNeighbors, UnitMatrix};
//!
//! // Two kinds of pictures, and one that is like no other.
//! let rows = vec![1.0, 0.0, 0.0, 0.99, 0.01, 0.0, 0.0, 1.0, 0.1, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
//! let unit = UnitMatrix::normalize(Matrix::new(rows, 3)?)?;
//! let neighbors = RowNeighbors::cosine(&unit);
//! let points = Points::with_rows(&neighbors, unit.view());
//!
//! let clustering = Threshold::default().cluster(&points, &Job::quiet())?;
//! assert_eq!((clustering.sizes(), clustering.noise()), (&[2, 2][..], 1));
//!
//! let hdbscan = Hdbscan { min_cluster_size: 2, ..Hdbscan::default() };
//! assert_eq!(hdbscan.cluster(&points, &Job::quiet())?.len(), 5);
//!
//! let summaries = summarize(&points, &clustering, &SummaryOptions::default(), &Job::quiet())?;
//! assert!(summaries[0].min_similarity > 0.99);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

mod agglomerative;
mod attempts;
mod cap;
mod dbscan;
mod duplicates;
mod error;
mod hdbscan;
mod kmeans;
mod mixture;
mod part;
mod partitions;
mod product;
mod scores;
mod seeded;
mod selection;
mod split;
mod summary;
mod threshold;
mod tuning;
mod whiten;

pub use agglomerative::{Agglomerative, Cut, Linkage};
pub use cap::{Capped, LeftOut, cap};
pub use dbscan::{Dbscan, DbscanOutcome};
pub use duplicates::{Duplicate, DuplicateGroup, Duplicates, same_content};
pub use error::{OptionsError, PointsError};
pub use hdbscan::{Hdbscan, Selection};
pub use kmeans::{KMeans, KMeansOutcome};
pub use mixture::{Covariance, GaussianMixture, MixtureOutcome};
pub use partitions::{
    JoinedNoise, Joining, NoLog, PairsCompared, Partition, PartitionLog, PartitionMethod,
    PartitionSetting, Partitions, PartitionsError, PartitionsOutcome, PartitionsTrials, Place,
    Representative,
};
pub use scores::{
    DbcvSpace, PairAgreement, VMeasure, adjusted_mutual_information, adjusted_rand,
    calinski_harabasz, cosine_silhouette, davies_bouldin, dbcv, silhouette, v_measure,
};
pub use selection::{
    AlgorithmKind, Candidate, Choice, ChoiceError, Grid, MOST_WORK, Method, Views, choose,
};
pub use split::{Split, SplitError};
pub use summary::{SummaryOptions, noise_samples, summarize};
pub use threshold::Threshold;
pub use tuning::{
    CurveRow, HistogramBar, LabelledPair, PrecisionRow, RadiusSuggestion, SamplePair, Suggestion,
    SuggestionKind, TuneOptions, Tuning, pairs_to_label, pairs_to_show, precision, sample, sweep,
};
pub use whiten::{WhitenError, Whitened, Whitening};
