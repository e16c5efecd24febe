//! Search by a graph that leads to most of the nearest, not all.

mod aside;

use std::num::NonZeroUsize;
use std::ops::Range;

use vicinity::DistanceMetric;
use vicinity::RetrieveError;
use vicinity::hnsw::{HNSWIndex, HNSWParams};

use aside::aside;

use super::{KnnGraph, Metric, Neighbors, RowNeighbors};
use crate::{Cancelled, Job, MatrixRef, for_each_block};

/// Rows that a thread searches for at a time.
const BLOCK: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");
/// Rows linked into the graph at a time, not yet linked with each other: a small share of all, and
/// no more than this.
const MOST_AT_A_TIME: usize = 1024;
const SHARE_AT_A_TIME: usize = 64;
/// Rows whose neighbours a sweep looks at, at a time.
const ROWS: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");
/// Rows gone through before the job is asked again whether to stop.
const STRIDE: usize = 1024;

/// How near an approximate search comes to an exact one, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApproximateOptions {
    /// How many neighbours of each row are found. Default: 32.
    pub neighbors: NonZeroUsize,
    /// Links of a row in the graph. Default: 16.
    pub links: NonZeroUsize,
    /// Rows looked at for the links of a new one. Default: 200.
    pub build_breadth: NonZeroUsize,
    /// Rows kept in view during a search; at least so many as neighbours are asked for.
    /// Default: 200.
    pub search_breadth: NonZeroUsize,
    /// Chooses which rows are landmarks. Default: 0.
    pub seed: u64,
}

impl Default for ApproximateOptions {
    fn default() -> Self {
        let number = |number| NonZeroUsize::new(number).expect("not zero");
        Self {
            neighbors: number(32),
            links: number(16),
            build_breadth: number(200),
            search_breadth: number(200),
            seed: 0,
        }
    }
}

/// Why an approximate search could not be prepared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApproximateError {
    /// The job was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The graph could not be built or searched.
    #[error("cannot search by a graph of neighbours")]
    Graph(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<RetrieveError> for ApproximateError {
    fn from(error: RetrieveError) -> Self {
        graph_error(error)
    }
}

fn graph_error(error: impl std::error::Error + Send + Sync + 'static) -> ApproximateError {
    ApproximateError::Graph(Box::new(error))
}

/// Neighbours found by a hierarchical navigable small world graph: most of the nearest, at exact
/// distances.
///
/// Malkov and Yashunin, *Efficient and robust approximate nearest neighbor search using
/// hierarchical navigable small world graphs*, 2016; by the crate `vicinity`. Of each row the
/// `neighbors` nearest are sought once; after that the graph is gone. Searches for pairs see a pair
/// if one row is among those of the other, and no other pair; what they see they measure exactly.
/// So pairs are missing, and none is wrong. [`Neighbors::distance`] is exact for any pair.
///
/// The same rows, options and seed give the same answer at any number of threads, on processors
/// with the same vector instructions: rounding in `f32` decides which way a search takes.
///
/// Linking the rows takes minutes at 100,000 of them and cannot be interrupted. So it is done on
/// threads that own a copy of the rows: a cancelled job returns at once, but these threads go on to
/// the end of the linking, or of the program, and only then free what they hold.
#[derive(Debug)]
pub struct ApproximateNeighbors<'a> {
    exact: &'a RowNeighbors<'a>,
    nearest: KnnGraph,
    /// Of each row, the later rows it makes a pair with, in order.
    later: Vec<Vec<u32>>,
}

impl<'a> ApproximateNeighbors<'a> {
    /// Finds neighbours of the rows behind an exact search.
    ///
    /// # Errors
    /// If the job was cancelled, or the graph could not be built.
    pub fn new(
        exact: &'a RowNeighbors<'a>,
        options: &ApproximateOptions,
        job: &Job<'_>,
    ) -> Result<Self, ApproximateError> {
        job.check()?;
        let index = build(exact.rows, exact.metric, options, job)?;
        let nearest = search(exact, &index, options, job)?;
        drop(index);
        let later = later(&nearest, job)?;
        Ok(Self {
            exact,
            nearest,
            later,
        })
    }

    /// Measures which share of the `k` nearest was found, by an exact search for `sample` rows,
    /// evenly chosen. A row as near as the `k`-th counts as well. `None` where there is nothing to
    /// find.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled on the way.
    pub fn recall(
        &self,
        k: NonZeroUsize,
        sample: NonZeroUsize,
        job: &Job<'_>,
    ) -> Result<Option<f64>, Cancelled> {
        let count = self.len();
        let k = k.get().min(self.nearest.k());
        let (mut found, mut asked) = (0, 0);
        let mut distances = vec![0.0; count];
        for row in (0..count).step_by(count.div_ceil(sample.get()).max(1)) {
            job.check()?;
            self.exact.distances(row as u32, 0, &mut distances);
            distances[row] = f32::INFINITY;
            if k == 0 {
                break;
            }
            let (_, farthest, _) = distances.select_nth_unstable_by(k - 1, f32::total_cmp);
            let farthest = *farthest;
            let here = &self.nearest.distances(row)[..k];
            found += here
                .iter()
                .filter(|distance| **distance <= farthest)
                .count();
            asked += k;
        }
        Ok((asked > 0).then(|| found as f64 / asked as f64))
    }
}

/// Links the rows to a graph.
fn build(
    rows: MatrixRef<'_>,
    metric: Metric,
    options: &ApproximateOptions,
    job: &Job<'_>,
) -> Result<HNSWIndex, ApproximateError> {
    let links = options.links.get().max(2);
    let parameters = HNSWParams {
        m: links,
        m_max: 2 * links,
        m_l: HNSWParams::level_multiplier(links),
        ef_construction: options.build_breadth.get(),
        ef_search: options.search_breadth.get(),
        metric: match metric {
            Metric::Cosine => DistanceMetric::Cosine,
            Metric::Euclidean => DistanceMetric::L2,
        },
        seed: Some(options.seed),
        ..HNSWParams::default()
    };
    let mut index = HNSWIndex::with_params(rows.dim(), parameters)?;
    for (id, row) in (0_u32..).zip(rows.iter()) {
        if (id as usize).is_multiple_of(STRIDE) {
            job.check()?;
        }
        index.add_slice(id, row)?;
    }
    if rows.rows() == 0 {
        return Ok(index);
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(job.threads().get());
    let pool = pool.build().map_err(graph_error)?;
    let batch = (rows.rows() / SHARE_AT_A_TIME).clamp(1, MOST_AT_A_TIME);
    let link = move || {
        let outcome = pool.install(|| index.build_parallel(batch));
        outcome.map(|()| index)
    };
    Ok(aside(job, link).map_err(graph_error)???)
}

/// Searches the graph for the nearest of every row, and measures what it finds.
fn search(
    exact: &RowNeighbors<'_>,
    index: &HNSWIndex,
    options: &ApproximateOptions,
    job: &Job<'_>,
) -> Result<KnnGraph, ApproximateError> {
    let count = exact.len();
    let wanted = options.neighbors.get().min(count.saturating_sub(1));
    let breadth = options.search_breadth.get().max(wanted + 1);
    let failure = std::sync::Mutex::new(None);
    let graph = KnnGraph::build(
        count,
        options.neighbors,
        job,
        BLOCK,
        Vec::new,
        |others: &mut Vec<u32>, rows, sink| {
            for row in rows.take_while(|_| wanted > 0) {
                others.clear();
                match index.search(exact.rows.row(row), wanted + 1, breadth) {
                    Ok(found) => others.extend(found.iter().map(|(other, _)| *other)),
                    Err(error) => {
                        let mut failure = failure
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner);
                        *failure = Some(error);
                    }
                }
                complete(others, row as u32, wanted);
                let distance = |other: &u32| (*other, exact.distance(row as u32, *other));
                sink.put(row, others.iter().map(distance));
            }
        },
    )?;
    let failure = failure
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    failure.map_or(Ok(graph), |error| Err(error.into()))
}

/// Leaves out the row itself, and adds the first rows where a search found too few: a graph may
/// fall apart.
fn complete(others: &mut Vec<u32>, row: u32, wanted: usize) {
    others.retain(|other| *other != row);
    others.sort_unstable();
    others.dedup();
    if others.len() < wanted {
        let found = others.clone();
        let missing = (0..).filter(|other| *other != row && found.binary_search(other).is_err());
        others.extend(missing.take(wanted - found.len()));
    }
}

/// Lists each pair once, with its earlier row.
fn later(nearest: &KnnGraph, job: &Job<'_>) -> Result<Vec<Vec<u32>>, Cancelled> {
    let mut later = vec![Vec::new(); nearest.len()];
    for row in 0..nearest.len() {
        if row.is_multiple_of(STRIDE) {
            job.check()?;
        }
        for &other in nearest.others(row) {
            let (a, b) = (other.min(row as u32), other.max(row as u32));
            later[a as usize].push(b);
        }
    }
    for block in later.chunks_mut(STRIDE) {
        job.check()?;
        for others in block {
            others.sort_unstable();
            others.dedup();
        }
    }
    Ok(later)
}

impl Neighbors for ApproximateNeighbors<'_> {
    fn len(&self) -> usize {
        self.exact.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        self.exact.distance(a, b)
    }

    fn distances(&self, from: u32, first: u32, out: &mut [f32]) {
        self.exact.distances(from, first, out);
    }

    fn within_limits(
        &self,
        rows: Range<usize>,
        limit: &(dyn Fn(u32, u32) -> f32 + Sync),
        job: &Job<'_>,
        edge: &(dyn Fn(u32, u32, f32) + Sync),
    ) -> Result<(), Cancelled> {
        for_each_block(
            job,
            rows.len(),
            ROWS,
            || (),
            |(), block| {
                for a in rows.start + block.start..rows.start + block.end {
                    for &b in &self.later[a] {
                        let limit = limit(a as u32, b);
                        // A pair that no limit lets through need not be measured.
                        if limit >= 0.0 {
                            let distance = self.exact.distance(a as u32, b);
                            if distance <= limit {
                                edge(a as u32, b, distance);
                            }
                        }
                    }
                }
            },
        )
    }

    /// Finds the nearest by the graph; more than were prepared ([`ApproximateOptions::neighbors`])
    /// exactly.
    fn knn(&self, k: NonZeroUsize, job: &Job<'_>) -> Result<KnnGraph, Cancelled> {
        if k.get().min(self.len().saturating_sub(1)) > self.nearest.k() {
            return self.exact.knn(k, job);
        }
        KnnGraph::build(
            self.len(),
            k,
            job,
            ROWS,
            || (),
            |(), rows, sink| {
                for row in rows {
                    let others = self.nearest.others(row).iter().copied();
                    sink.put(row, others.zip(self.nearest.distances(row).iter().copied()));
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelToken, Matrix, Quiet, Radius, UnitMatrix};
    use std::collections::BTreeSet;
    use std::sync::Mutex;
    use std::time::Instant;

    fn job(threads: usize) -> Job<'static> {
        let threads = NonZeroUsize::new(threads).unwrap();
        Job::new(&Quiet, CancelToken::default(), threads)
    }

    /// Rows in small groups round random centres.
    fn rows(count: usize, dim: usize) -> UnitMatrix {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut values = Vec::new();
        let mut center = vec![0.0; dim];
        for row in 0..count {
            if row % 20 == 0 {
                center.fill_with(&mut next);
            }
            values.extend(center.iter().map(|value| value + 0.2 * next()));
        }
        UnitMatrix::normalize(Matrix::new(values, dim).unwrap()).unwrap()
    }

    fn number(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    fn pairs(neighbors: &dyn Neighbors, radius: f64) -> BTreeSet<(u32, u32, u32)> {
        let found = Mutex::new(BTreeSet::new());
        let edge = |a: u32, b: u32, distance: f32| {
            assert!(a < b && found.lock().unwrap().insert((a, b, distance.to_bits())));
        };
        let radius = Radius::new(radius).unwrap();
        neighbors.within(radius, &job(2), &edge).unwrap();
        found.into_inner().unwrap()
    }

    #[test]
    fn none_one_and_two_rows_have_none_none_and_one_neighbor() {
        for count in 0..3 {
            let rows = Matrix::new(vec![1.0; count], 1).unwrap();
            let exact = RowNeighbors::euclidean(rows.view());
            let options = ApproximateOptions::default();
            let neighbors = ApproximateNeighbors::new(&exact, &options, &job(1)).unwrap();
            let graph = neighbors.knn(number(3), &job(1)).unwrap();
            assert_eq!((graph.len(), graph.k()), (count, count.saturating_sub(1)));
            assert_eq!(pairs(&neighbors, 0.0).len(), count.saturating_sub(1));
            let recall = neighbors.recall(number(3), number(9), &job(1)).unwrap();
            assert_eq!(recall, (count == 2).then_some(1.0));
        }
    }

    #[test]
    fn what_is_found_is_exact_and_most_is_found() {
        let unit = rows(3_000, 24);
        for exact in [
            RowNeighbors::cosine(&unit),
            RowNeighbors::euclidean(unit.view()),
        ] {
            let options = ApproximateOptions::default();
            let fast = ApproximateNeighbors::new(&exact, &options, &job(2)).unwrap();
            let (found, all) = (pairs(&fast, 0.1), pairs(&exact, 0.1));
            assert!(found.is_subset(&all));
            assert!(
                found.len() * 100 >= all.len() * 95,
                "{} of {}",
                found.len(),
                all.len()
            );
            let (found, all) = (fast.knn(number(5), &job(2)), exact.knn(number(5), &job(2)));
            let (found, all) = (found.unwrap(), all.unwrap());
            let mut hits = 0;
            for row in 0..3_000 {
                let others = found.others(row).iter().zip(found.distances(row));
                for (other, distance) in others {
                    let measured = exact.distance(row as u32, *other);
                    assert_eq!(distance.to_bits(), measured.to_bits());
                    hits += usize::from(all.others(row).contains(other));
                }
            }
            assert!(hits >= 14_250, "{hits} of 15,000");
            let recall = fast.recall(number(5), number(3_000), &job(2)).unwrap();
            assert!((recall.unwrap() - hits as f64 / 15_000.0).abs() < 1e-9);
        }
    }

    #[test]
    fn threads_change_nothing_and_the_seed_is_heeded() {
        let unit = rows(2_500, 16);
        let exact = RowNeighbors::cosine(&unit);
        let found = |threads, seed| {
            let options = ApproximateOptions {
                neighbors: number(3),
                links: number(3),
                build_breadth: number(4),
                search_breadth: number(4),
                seed,
            };
            let neighbors = ApproximateNeighbors::new(&exact, &options, &job(threads)).unwrap();
            pairs(&neighbors, 2.0)
        };
        let first = found(1, 0);
        assert!(first == found(3, 0));
        assert!(first != found(1, 1));
    }

    #[test]
    fn the_building_of_a_graph_is_cancelled_long_before_its_end() {
        let unit = rows(20_000, 64);
        let exact = RowNeighbors::cosine(&unit);
        let options = ApproximateOptions::default();
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), number(2));
        let started = Instant::now();
        build(exact.rows, exact.metric, &options, &job).unwrap();
        let whole = started.elapsed();

        let started = Instant::now();
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(whole / 8);
                token.cancel();
            });
            ApproximateNeighbors::new(&exact, &options, &job)
        });
        let elapsed = started.elapsed();
        assert!(matches!(outcome, Err(ApproximateError::Cancelled(_))));
        assert!(elapsed >= whole / 8, "{elapsed:?} of {whole:?}");
        assert!(elapsed < whole / 2, "{elapsed:?} of {whole:?}");
    }

    #[test]
    fn rows_that_are_all_equal_are_all_found_near() {
        let rows = Matrix::new(vec![0.5; 3 * 200], 3).unwrap();
        let exact = RowNeighbors::euclidean(rows.view());
        let options = ApproximateOptions::default();
        let fast = ApproximateNeighbors::new(&exact, &options, &job(2)).unwrap();
        let recall = fast.recall(number(10), number(20), &job(1)).unwrap();
        assert_eq!(recall, Some(1.0));
        let more = fast.knn(number(40), &job(1)).unwrap();
        assert_eq!(more, exact.knn(number(40), &job(1)).unwrap());
    }

    #[test]
    fn a_search_that_finds_too_few_is_filled_up() {
        let mut others = vec![7, 2, 2, 0];
        complete(&mut others, 2, 4);
        assert_eq!(others, [0, 7, 1, 3]);
    }
}
