//! Who is asked, and what comes back.

use imgcluster_core::{Clustering, KnnGraph, UnitMatrix};

use crate::{AnyResult, How, Task, ours, rivals};

/// Does a task once; what is prepared only once is not part of it.
pub type Run<'a> = Box<dyn Fn() -> AnyResult<Answer> + 'a>;

/// What came of a task; what it has nothing to say to is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The cluster of each row.
    pub clustering: Option<Clustering>,
    /// The nearest others of each row.
    pub neighbors: Option<KnnGraph>,
    /// The sum of squared distances to the centers.
    pub inertia: Option<f64>,
    /// How often centers moved.
    pub iterations: Option<usize>,
    /// A score of the clusters.
    pub score: Option<f64>,
}

impl From<Clustering> for Answer {
    fn from(clustering: Clustering) -> Self {
        Self {
            clustering: Some(clustering),
            ..Self::default()
        }
    }
}

/// Whose code does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Contender {
    /// This project
    Imgcluster,
    /// The crate petal-clustering
    Petal,
    /// The crate linfa-clustering
    Linfa,
    /// The crate hdbscan
    #[value(name = "hdbscan-crate")]
    Hdbscan,
    /// The crate kodama, over a table of distances made by a plain loop
    Kodama,
}

impl Contender {
    /// The name of its crate.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imgcluster => "imgcluster",
            Self::Petal => "petal-clustering",
            Self::Linfa => "linfa-clustering",
            Self::Hdbscan => "hdbscan crate",
            Self::Kodama => "kodama",
        }
    }

    /// Brings the rows into the contender's own form, and gives what does the task; `None` if the
    /// contender does not know it.
    ///
    /// `how` holds for us only: the others take as many as the process may use, or as
    /// `RAYON_NUM_THREADS` says.
    ///
    /// # Errors
    /// If a parameter is out of range, or a file that the task names cannot be read.
    pub fn prepare<'a>(
        self,
        task: &Task,
        rows: &'a UnitMatrix,
        how: &How,
    ) -> AnyResult<Option<Run<'a>>> {
        Ok(match self {
            Self::Imgcluster => Some(ours::prepare(task, rows, how)?),
            Self::Petal => rivals::petal::prepare(task, rows)?,
            Self::Linfa => rivals::linfa::prepare(task, rows)?,
            Self::Hdbscan => rivals::hdbscan::prepare(task, rows),
            Self::Kodama => rivals::kodama::prepare(task, rows),
        })
    }
}
