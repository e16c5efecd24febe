//! How good a clustering is: by itself, and beside another one.
//!
//! Scores of a clustering by itself leave noise out, as if its rows were not there. They are
//! defined where there are at least two clusters, and one of them has two rows; `None` elsewhere.
//! Only [`dbcv`] has rules of its own.

mod agreement;
mod contingency;
mod dbcv;
mod dispersion;
mod information;
mod silhouette;

use imgcluster_core::Clustering;

pub use agreement::{PairAgreement, adjusted_rand};
pub use dbcv::{DbcvSpace, dbcv};
pub use dispersion::{calinski_harabasz, davies_bouldin};
pub use information::{VMeasure, adjusted_mutual_information, v_measure};
pub use silhouette::{cosine_silhouette, silhouette};

/// Tells whether a clustering has anything to compare: see the module.
fn is_comparable(clustering: &Clustering) -> bool {
    clustering.clusters() >= 2 && clustering.sizes()[0] >= 2
}
