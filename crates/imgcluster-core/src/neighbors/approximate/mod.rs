//! Search by a graph that leads to most of the nearest, not all.

mod aside;

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use vicinity::DistanceMetric;
use vicinity::RetrieveError;
use vicinity::hnsw::{HNSWIndex, HNSWParams};

use aside::aside;

use super::{FoundNeighbors, Metric, Neighbors, RowNeighbors};
use crate::{Cancelled, Job, MatrixRef};

/// Rows linked into the graph at a time, not yet linked with each other: a small share of all, and
/// no more than this.
const MOST_AT_A_TIME: usize = 1024;
const SHARE_AT_A_TIME: usize = 64;
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

impl<'a> FoundNeighbors<'a> {
    /// Finds most of the nearest of each row by a hierarchical navigable small world graph.
    ///
    /// Malkov and Yashunin, *Efficient and robust approximate nearest neighbor search using
    /// hierarchical navigable small world graphs*, 2016; by the crate `vicinity`. Of each row the
    /// [`neighbors`](ApproximateOptions::neighbors) nearest are sought once; after that the graph is
    /// gone.
    ///
    /// The same rows, options and seed give the same answer at any number of threads, on processors
    /// with the same vector instructions: rounding in `f32` decides which way a search takes.
    ///
    /// Linking the rows takes minutes at 100,000 of them and cannot be interrupted. So it is done on
    /// threads that own a copy of the rows: a cancelled job returns at once, but these threads go on
    /// to the end of the linking, or of the program, and only then free what they hold.
    ///
    /// # Errors
    /// If the job was cancelled, or the graph could not be built.
    pub fn by_graph(
        exact: &'a RowNeighbors<'a>,
        options: &ApproximateOptions,
        job: &Job<'_>,
    ) -> Result<Self, ApproximateError> {
        let index = build(exact.rows, exact.metric, options, job)?;
        search(exact, &index, options, job)
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

/// Searches the graph for the nearest of every row.
fn search<'a>(
    exact: &'a RowNeighbors<'a>,
    index: &HNSWIndex,
    options: &ApproximateOptions,
    job: &Job<'_>,
) -> Result<FoundNeighbors<'a>, ApproximateError> {
    // The nearest of a row is as a rule the row itself.
    let wanted = (options.neighbors.get() + 1).min(exact.len());
    let breadth = options.search_breadth.get().max(wanted);
    let failure = OnceLock::new();
    let find = |row: u32, others: &mut Vec<u32>| {
        let found = index.search(exact.rows.row(row as usize), wanted, breadth);
        match found {
            Ok(found) => others.extend(found.iter().map(|(other, _)| *other)),
            // The first failure is told; the search is of no use then.
            Err(error) => drop(failure.set(error)),
        }
    };
    let found = FoundNeighbors::new(exact, options.neighbors, find, job)?;
    failure
        .into_inner()
        .map_or(Ok(found), |error| Err(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbors::found::tests::pairs;
    use crate::{CancelToken, Matrix, Quiet, UnitMatrix};
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

    #[test]
    fn none_one_and_two_rows_have_none_none_and_one_neighbor() {
        for count in 0..3 {
            let rows = Matrix::new(vec![1.0; count], 1).unwrap();
            let exact = RowNeighbors::euclidean(rows.view());
            let options = ApproximateOptions::default();
            let neighbors = FoundNeighbors::by_graph(&exact, &options, &job(1)).unwrap();
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
            let fast = FoundNeighbors::by_graph(&exact, &options, &job(2)).unwrap();
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
            let neighbors = FoundNeighbors::by_graph(&exact, &options, &job(threads)).unwrap();
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
            FoundNeighbors::by_graph(&exact, &options, &job)
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
        let fast = FoundNeighbors::by_graph(&exact, &options, &job(2)).unwrap();
        let recall = fast.recall(number(10), number(20), &job(1)).unwrap();
        assert_eq!(recall, Some(1.0));
        let more = fast.knn(number(40), &job(1)).unwrap();
        assert_eq!(more, exact.knn(number(40), &job(1)).unwrap());
    }
}
