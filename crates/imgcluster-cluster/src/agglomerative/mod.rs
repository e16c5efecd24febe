//! Groups that grow by joining the two nearest, again and again.

mod chain;
mod table;

use std::num::NonZeroUsize;

use imgcluster_core::{
    BoxError, Cancelled, Clusterer, Clustering, Job, Neighbors, Points, Radius, RowNeighbors,
    UnionFind,
};

use crate::PointsError;
use crate::hdbscan::distance_spanning_tree;
pub(crate) use table::DistanceTable;

/// How the distance of two groups is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Linkage {
    /// How much the sum of squared distances to the means would grow; needs rows, and is always
    /// Euclidean. In the scale of scikit-learn and `SciPy`: two rows are as far apart as they are.
    Ward,
    /// The mean over all pairs.
    #[default]
    Average,
    /// The pair farthest apart.
    Complete,
    /// The nearest pair.
    Single,
}

/// When groups stop joining.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut {
    /// When so many are left; there are fewer where there are fewer rows.
    Clusters(NonZeroUsize),
    /// When all groups are farther apart than this: a join at exactly this distance still happens.
    Distance(Radius),
}

/// Joins the two nearest groups, starting from single rows.
///
/// Every row gets a cluster, if need be its own. Ward, average and complete linkage go by a table
/// of all distances ([`Agglomerative::table_bytes`]) and the nearest-neighbour chain (Müllner,
/// *Modern hierarchical, agglomerative clustering algorithms*, 2011); between equally near groups
/// that algorithm chooses. Single linkage cuts the minimum spanning
/// tree, whose ties go by index, and takes no more than some hundred bytes a row.
///
/// The table is measured by tiles and rounded to `f32` ([`Neighbors::measure`]), the tree of single
/// linkage is exact; the clusters are the same at any number of threads. Joining itself runs on one
/// thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agglomerative {
    /// When to stop. Default: at 8 clusters.
    pub cut: Cut,
    /// How the distance of groups is measured. Default: the mean over all pairs.
    pub linkage: Linkage,
    /// The most bytes that the table of distances may take. Default: 4 GiB, which is enough for
    /// 46,000 rows.
    pub most_bytes: u64,
}

impl Default for Agglomerative {
    fn default() -> Self {
        Self {
            cut: Cut::Clusters(NonZeroUsize::new(8).expect("eight is not zero")),
            linkage: Linkage::default(),
            most_bytes: 4 << 30,
        }
    }
}

/// Two groups that join: a row of each, and how far they are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Join {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) distance: f32,
}

impl Agglomerative {
    /// Tells how many bytes the table of the distances of `count` rows takes: four a pair.
    pub fn table_bytes(count: usize) -> u64 {
        let count = count as u64;
        (count * count.saturating_sub(1)).saturating_mul(2)
    }

    /// Lists all joins, the nearest first; the cut changes nothing here.
    pub(crate) fn joins(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Vec<Join>, BoxError> {
        let neighbors = points.neighbors();
        if self.linkage == Linkage::Single {
            return Ok(nearest_pairs(neighbors, job)?);
        }
        let needed = Self::table_bytes(points.len());
        let too_many = PointsError::TooMany {
            count: points.len(),
            needed,
            allowed: self.most_bytes,
        };
        if needed > self.most_bytes {
            return Err(too_many.into());
        }
        let table = DistanceTable::with_room(points.len()).ok_or(too_many)?;
        let table = if self.linkage == Linkage::Ward {
            let rows = points.rows().ok_or(PointsError::NoRows("ward linkage"))?;
            table.fill(&RowNeighbors::euclidean(rows), job)?
        } else {
            table.fill(neighbors, job)?
        };
        Ok(table.joins(self.linkage, job)?)
    }

    /// Lets joins happen until the cut.
    pub(crate) fn stop(&self, count: usize, joins: &[Join]) -> Clustering {
        let mut groups = UnionFind::new(count);
        for join in &joins[..self.happening(count, joins)] {
            groups.union(join.a, join.b);
        }
        let roots: Vec<_> = groups.roots().into_iter().map(Some).collect();
        Clustering::from_groups(&roots)
    }

    /// Tells how many of the joins happen.
    fn happening(&self, count: usize, joins: &[Join]) -> usize {
        match self.cut {
            Cut::Clusters(clusters) => count.saturating_sub(clusters.get()).min(joins.len()),
            Cut::Distance(radius) => {
                let is_near = |join: &&Join| join.distance <= radius.get();
                joins.iter().take_while(is_near).count()
            }
        }
    }
}

impl Clusterer for Agglomerative {
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError> {
        job.check()?;
        let joins = self.joins(points, job)?;
        Ok(self.stop(points.len(), &joins))
    }
}

/// Single linkage: the edges of the minimum spanning tree.
fn nearest_pairs(neighbors: &dyn Neighbors, job: &Job<'_>) -> Result<Vec<Join>, Cancelled> {
    let edges = distance_spanning_tree(neighbors, job)?.into_iter();
    Ok(edges
        .map(|(a, b, distance)| Join { a, b, distance })
        .collect())
}
