//! Everything a run found: what a [`Sink`](crate::Sink) gets.

use std::path::PathBuf;

use crate::{Clustering, ContentHash, Features, RunRecord};

/// One clustered picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The path as reached from the argument.
    pub path: PathBuf,
    /// The hash of the file's bytes.
    pub content: ContentHash,
    /// Pixels in a row, upright.
    pub width: u32,
    /// Rows, upright.
    pub height: u32,
}

/// One file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The path as reached from the argument.
    pub path: PathBuf,
    /// Why, in one line.
    pub reason: String,
}

/// A place in the plane for every point, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// The x and y of each point; finite.
    pub places: Vec<[f32; 2]>,
}

/// What is to be known of one cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSummary {
    /// The row that is most alike to all others.
    pub representative: u32,
    /// The similarity of the worst pair; 1 for a cluster of one.
    pub min_similarity: f32,
    /// Whether `min_similarity` is over all pairs; in a very large cluster it is over a sample.
    pub min_is_exact: bool,
    /// The mean similarity over all pairs; 1 for a cluster of one.
    pub mean_similarity: f32,
    /// Rows to show: the representative first, then rows unlike those already chosen.
    pub samples: Vec<u32>,
}

/// One setting that an automatic choice tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trial {
    /// The algorithm's name.
    pub algorithm: &'static str,
    /// Its parameters by flag name, as they are typed.
    pub parameters: Vec<(&'static str, String)>,
    /// How many clusters it found, where it ran.
    pub clusters: Option<usize>,
    /// How many rows it left as noise, where it ran.
    pub noise: Option<usize>,
    /// The silhouette, where it is defined; higher is better.
    pub silhouette: Option<f64>,
    /// The index of Caliński and Harabasz, where it is defined; higher is better.
    pub calinski_harabasz: Option<f64>,
    /// The index of Davies and Bouldin, where it is defined; lower is better.
    pub davies_bouldin: Option<f64>,
    /// What the settings are compared by, where this one is; higher is better.
    pub score: Option<f64>,
    /// Why it did not run, or is not compared.
    pub reason: Option<String>,
    /// Whether its clusters are those of the run.
    pub is_chosen: bool,
}

impl Trial {
    /// Writes the setting as the flags that ask for it.
    pub fn flags(&self) -> String {
        let mut flags = format!("--algorithm {}", self.algorithm);
        for (name, value) in &self.parameters {
            flags.push_str(" --");
            flags.push_str(name);
            flags.push(' ');
            flags.push_str(value);
        }
        flags
    }
}

/// Everything a run found; row `i` is the same picture in all parts.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// The pictures, in row order.
    pub images: &'a [Image],
    /// An encoded small picture of each, where there is one.
    pub thumbnails: &'a [Option<Vec<u8>>],
    /// The features of each.
    pub features: &'a Features,
    /// The cluster of each.
    pub clustering: &'a Clustering,
    /// One summary a cluster, the largest cluster first.
    pub summaries: &'a [ClusterSummary],
    /// Rows of noise to show.
    pub noise_samples: &'a [u32],
    /// The place of each on the map.
    pub layout: &'a Layout,
    /// What an automatic choice tried, the best first; empty where there was none.
    pub trials: &'a [Trial],
    /// What was left out.
    pub skipped: &'a [Skipped],
    /// What was run.
    pub run: &'a RunRecord,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_names_the_flags_that_ask_for_it() {
        let mut trial = Trial {
            algorithm: "hdbscan",
            ..Trial::default()
        };
        assert_eq!(trial.flags(), "--algorithm hdbscan");
        let parameters = [("min-cluster-size", "5"), ("selection", "leaf")];
        trial.parameters = parameters
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        let flags = "--algorithm hdbscan --min-cluster-size 5 --selection leaf";
        assert_eq!(trial.flags(), flags);
    }
}
