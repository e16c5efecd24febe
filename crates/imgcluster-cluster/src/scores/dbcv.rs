//! How much denser clusters are inside than between each other.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::{
    Against, Cancelled, Clustering, Job, Matrix, MatrixRef, Neighbors, RowNeighbors, UnitMatrix,
};

use crate::hdbscan::reachability_spanning_tree;
use crate::part::Part;

/// What distances are measured between.
#[derive(Clone, Copy)]
pub enum DbcvSpace<'a> {
    /// Rows, by Euclidean distance.
    Euclidean(MatrixRef<'a>),
    /// Rows of length one, by cosine distance.
    Cosine(&'a UnitMatrix),
    /// Items with only distances. These are measured one by one, which is slow.
    Pairwise {
        /// The distances.
        neighbors: &'a dyn Neighbors,
        /// How many dimensions the items are taken to lie in: the power by which density falls with
        /// distance.
        dim: NonZeroUsize,
    },
}

impl std::fmt::Debug for DbcvSpace<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DbcvSpace")
            .field("len", &self.len())
            .field("dim", &self.dim())
            .finish_non_exhaustive()
    }
}

impl DbcvSpace<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Euclidean(rows) => rows.rows(),
            Self::Cosine(rows) => rows.rows(),
            Self::Pairwise { neighbors, .. } => neighbors.len(),
        }
    }

    fn dim(&self) -> usize {
        match self {
            Self::Euclidean(rows) => rows.dim(),
            Self::Cosine(rows) => rows.view().dim(),
            Self::Pairwise { dim, .. } => dim.get(),
        }
    }

    /// Does something with the search over some of the items, numbered anew.
    fn with_part<T>(&self, members: &[u32], then: impl FnOnce(&dyn Neighbors) -> T) -> T {
        match self {
            Self::Euclidean(rows) => {
                let rows = gathered(*rows, members);
                then(&RowNeighbors::euclidean(rows.view()))
            }
            Self::Cosine(rows) => {
                let rows = UnitMatrix::normalize(gathered(rows.view(), members));
                let rows = rows.expect("rows of length one have a direction");
                then(&RowNeighbors::cosine(&rows))
            }
            Self::Pairwise { neighbors, .. } => then(&Part::new(*neighbors, members)),
        }
    }
}

fn gathered(rows: MatrixRef<'_>, members: &[u32]) -> Matrix {
    let mut values = Vec::with_capacity(members.len() * rows.dim());
    for &member in members {
        values.extend_from_slice(rows.row(member as usize));
    }
    Matrix::new(values, rows.dim()).expect("rows of a matrix are finite and whole")
}

/// Computes the density-based validity of a clustering: the mean over all rows of the validity of
/// their cluster, `(separation - sparseness) / max(separation, sparseness)`. In [-1, 1]; higher is
/// better, and clusters may have any shape.
///
/// Within a cluster of `m` rows, a row's core distance is the power mean
/// `(Σ distance⁻ᵈⁱᵐ / (m - 1))^(-1 / dim)` of the distances to the others (0 beside an exact copy),
/// and two rows reach each other at the largest of their distance and their core distances. Of the
/// minimum spanning tree by that, in which ties go by distance and then by index as in
/// [`Hdbscan`](crate::Hdbscan), the rows with two edges or more are internal. Sparseness is the
/// longest edge between internal rows, or of all edges where there is none; separation is the least
/// at which internal rows of this cluster and of another reach each other. In a cluster of two, both
/// rows count as internal. Where separation and sparseness are 0, so is the validity.
///
/// Rows of noise and of clusters of one have validity 0. `None` unless two clusters have two rows.
///
/// Memory: the rows of one cluster twice more (their values, for internal rows of all clusters), and
/// some hundred bytes a row; no table of pairs. The same at any number of threads.
///
/// Moulavi, Jaskowiak, Campello, Zimek, Sander, *Density-based clustering validation*, SDM 2014.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
///
/// # Panics
/// Panics if the clustering is not of these items.
pub fn dbcv(
    space: DbcvSpace<'_>,
    clustering: &Clustering,
    job: &Job<'_>,
) -> Result<Option<f64>, Cancelled> {
    assert_eq!(space.len(), clustering.len(), "a clustering of these items");
    let mut members = clustering.members();
    members.retain(|members| members.len() > 1);
    if members.len() < 2 {
        return Ok(None);
    }
    let mut sparseness = Vec::with_capacity(members.len());
    let mut internal = Internal::default();
    for (cluster, members) in (0..).zip(&members) {
        let inside = space.with_part(members, |part| Inside::of(part, space.dim(), job))?;
        for place in inside.internal {
            internal.rows.push(members[place as usize]);
            internal.core.push(inside.core[place as usize]);
            internal.clusters.push(cluster);
        }
        sparseness.push(f64::from(inside.sparseness));
    }
    let separation = space.with_part(&internal.rows, |part| {
        internal.separations(part, members.len(), job)
    })?;
    let validity = |(sparse, apart): (&f64, f32)| {
        let apart = f64::from(apart);
        let larger = apart.max(*sparse);
        if larger > 0.0 {
            (apart - sparse) / larger
        } else {
            0.0
        }
    };
    let validities = sparseness.iter().zip(separation).map(validity);
    let total: f64 = validities
        .zip(&members)
        .map(|(validity, members)| validity * members.len() as f64)
        .sum();
    Ok(Some(total / clustering.len() as f64))
}

/// What is to be known of a cluster by itself.
struct Inside {
    core: Vec<f32>,
    /// The places of the internal rows.
    internal: Vec<u32>,
    sparseness: f32,
}

impl Inside {
    /// Looks into a cluster of two rows or more.
    fn of(part: &dyn Neighbors, dim: usize, job: &Job<'_>) -> Result<Self, Cancelled> {
        let core = core_distances(part, dim, job)?;
        let edges = reachability_spanning_tree(part, &core, job)?;
        let mut degrees = vec![0_u32; core.len()];
        for (a, b, _) in &edges {
            degrees[*a as usize] += 1;
            degrees[*b as usize] += 1;
        }
        let is_internal = |place: u32| degrees[place as usize] > 1;
        let mut internal: Vec<u32> = (0..core.len() as u32).filter(|p| is_internal(*p)).collect();
        if internal.is_empty() {
            internal.extend(0..core.len() as u32);
        }
        let longest = |edges: &mut dyn Iterator<Item = f32>| edges.reduce(f32::max);
        let inner = edges
            .iter()
            .filter(|(a, b, _)| is_internal(*a) && is_internal(*b));
        let sparseness = longest(&mut inner.map(|edge| edge.2))
            .or_else(|| longest(&mut edges.iter().map(|edge| edge.2)));
        Ok(Self {
            core,
            internal,
            sparseness: sparseness.expect("two rows have an edge"),
        })
    }
}

/// The sum over the others of (nearest distance / distance)ᵈⁱᵐ, and that nearest distance; so
/// written, nothing overflows however large `dim` is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Density {
    nearest: f64,
    sum: f64,
}

impl Density {
    fn add(&mut self, distance: f64, dim: i32, negligible: f64) {
        if distance < self.nearest {
            let scaled = if self.nearest.is_finite() {
                self.sum * (distance / self.nearest).powi(dim)
            } else {
                0.0
            };
            *self = Self {
                nearest: distance,
                sum: scaled + 1.0,
            };
        } else if self.nearest > distance * negligible {
            self.sum += (self.nearest / distance).powi(dim);
        }
    }
}

/// Measures every pair of a cluster.
fn core_distances(part: &dyn Neighbors, dim: usize, job: &Job<'_>) -> Result<Vec<f32>, Cancelled> {
    let power = i32::try_from(dim).unwrap_or(i32::MAX);
    // Ratios whose power adds nothing to a sum that is at least 1.
    let negligible = 1e-18_f64.powf(1.0 / dim as f64);
    let none = Density {
        nearest: f64::INFINITY,
        sum: 0.0,
    };
    let densities: Vec<_> = (0..part.len()).map(|_| Mutex::new(none)).collect();
    let add = |row: u32, first: u32, distances: &[f32]| {
        let density = &densities[row as usize];
        let mut density = density.lock().unwrap_or_else(PoisonError::into_inner);
        for (other, distance) in (first..).zip(distances) {
            // Beside an exact copy the density stays infinite.
            if other != row && density.nearest > 0.0 {
                density.add(f64::from(*distance), power, negligible);
            }
        }
    };
    part.measure(0..part.len(), Against::All, job, &add)?;
    let others = (part.len() - 1) as f64;
    let core = |density: Mutex<Density>| {
        let density = density.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mean = density.sum / others;
        (density.nearest * mean.powf(-1.0 / dim as f64)) as f32
    };
    Ok(densities.into_iter().map(core).collect())
}

/// The internal rows of all clusters, cluster after cluster.
#[derive(Default)]
struct Internal {
    rows: Vec<u32>,
    core: Vec<f32>,
    clusters: Vec<u32>,
}

impl Internal {
    /// Finds for each cluster the least at which it and another reach each other.
    fn separations(
        &self,
        part: &dyn Neighbors,
        clusters: usize,
        job: &Job<'_>,
    ) -> Result<Vec<f32>, Cancelled> {
        let least = Mutex::new(self.first_guess(part, clusters));
        let cluster = |place: u32| self.clusters[place as usize];
        let guess = least.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ceilings: Vec<f32> = self.clusters.iter().map(|c| guess[*c as usize]).collect();
        let limit = |a: u32, b: u32| {
            let core = self.core[a as usize].max(self.core[b as usize]);
            let limit = ceilings[a as usize].max(ceilings[b as usize]);
            if cluster(a) != cluster(b) && core <= limit {
                limit
            } else {
                -1.0
            }
        };
        let reach = |a: u32, b: u32, distance: f32| {
            let apart = self.reach(a, b, distance);
            let mut least = least.lock().unwrap_or_else(PoisonError::into_inner);
            for cluster in [cluster(a), cluster(b)] {
                let least = &mut least[cluster as usize];
                *least = least.min(apart);
            }
        };
        part.within_ceilings(0..part.len(), &ceilings, &limit, job, &reach)?;
        Ok(least.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn reach(&self, a: u32, b: u32, distance: f32) -> f32 {
        distance
            .max(self.core[a as usize])
            .max(self.core[b as usize])
    }

    /// Bounds from above: each cluster's densest row and those of the others.
    fn first_guess(&self, part: &dyn Neighbors, clusters: usize) -> Vec<f32> {
        let mut densest: Vec<Option<u32>> = vec![None; clusters];
        for (place, cluster) in (0..).zip(&self.clusters) {
            let best = &mut densest[*cluster as usize];
            let is_denser = |best: &u32| self.core[place as usize] < self.core[*best as usize];
            if best.as_ref().is_none_or(is_denser) {
                *best = Some(place);
            }
        }
        let mut guess = vec![f32::INFINITY; clusters];
        for (a, from) in densest.iter().enumerate() {
            for (b, to) in densest.iter().enumerate().skip(a + 1) {
                if let (Some(from), Some(to)) = (*from, *to) {
                    let apart = self.reach(from, to, part.distance(from, to));
                    guess[a] = guess[a].min(apart);
                    guess[b] = guess[b].min(apart);
                }
            }
        }
        guess
    }
}
