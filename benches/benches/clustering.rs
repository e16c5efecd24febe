//! Every algorithm beside those of petal-clustering, linfa-clustering, the `hdbscan` crate and
//! kodama: the same rows, the same parameters, one thread and all threads of ours.
//!
//! `IMGCLUSTER_BENCH_ROWS` is a list of other numbers of rows, `5000` or `1000,2000`.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main};
use imgcluster_benches::{Contender, How, Run, Task, embedding_like};
use imgcluster_cluster::adjusted_rand;
use imgcluster_core::{Clustering, Matrix, UnitMatrix};

const DIM: usize = 512;
/// Full covariances of more dimensions need more rows.
const MIXTURE_DIM: usize = 16;
const SEED: u64 = 7;

const RIVALS: [Contender; 4] = [
    Contender::Petal,
    Contender::Linfa,
    Contender::Hdbscan,
    Contender::Kodama,
];

/// How alike the clusters must be.
#[derive(Clone, Copy)]
enum Alike {
    /// There is one right answer.
    Same,
    /// There is one but for ties, or for roundings that decide between nearly equal joins: the
    /// least adjusted Rand index.
    Nearly(f64),
    /// Each starts somewhere by chance.
    Never,
}

/// Times everyone who knows the task.
fn compare(bench: &mut Criterion, name: &str, dim: usize, task: &Task, alike: Alike) {
    for count in counts() {
        let rows = Matrix::new(embedding_like(count, dim, SEED), dim).expect("finite rows");
        let rows = UnitMatrix::normalize(rows).expect("no zero row");
        let mut group = bench.benchmark_group(name);
        group
            .sample_size(10)
            .sampling_mode(SamplingMode::Flat)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        let mut time = |label: String, run: &Run<'_>| {
            group.bench_function(BenchmarkId::new(label, count), |bencher| {
                bencher.iter(|| black_box(run().expect("it worked before")));
            });
        };
        let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut found = None;
        for threads in [NonZeroUsize::MIN, all] {
            let run = prepared(Contender::Imgcluster, task, &rows, threads);
            let run = run.expect("we know every task");
            time(format!("imgcluster, {threads} threads"), &run);
            found = found.or_else(|| clusters(&run));
        }
        for rival in RIVALS {
            if let Some(run) = prepared(rival, task, &rows, all) {
                check(rival, alike, found.as_ref(), clusters(&run).as_ref());
                time(rival.name().to_owned(), &run);
            }
        }
    }
}

fn prepared<'a>(
    contender: Contender,
    task: &Task,
    rows: &'a UnitMatrix,
    threads: NonZeroUsize,
) -> Option<Run<'a>> {
    let how = How {
        threads,
        ..How::default()
    };
    let run = contender.prepare(task, rows, &how);
    run.expect("the parameters are in range")
}

fn clusters(run: &Run<'_>) -> Option<Clustering> {
    run().expect("the rows are ordinary ones").clustering
}

/// A rival that finds something else is not to be compared with.
fn check(rival: Contender, alike: Alike, ours: Option<&Clustering>, theirs: Option<&Clustering>) {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return;
    };
    let name = rival.name();
    match alike {
        Alike::Same => assert_eq!(
            ours.labels(),
            theirs.labels(),
            "{name} finds other clusters"
        ),
        Alike::Nearly(least) => {
            let index = adjusted_rand(ours.labels(), theirs.labels());
            assert!(index >= least, "{name} finds other clusters: {index}");
        }
        Alike::Never => {}
    }
}

fn counts() -> Vec<usize> {
    let asked = std::env::var("IMGCLUSTER_BENCH_ROWS");
    let counts = asked.as_deref().unwrap_or("1000,2000").split(',');
    let counts = counts.map(|count| count.trim().parse().expect("numbers of rows"));
    counts.collect()
}

const fn number(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).expect("not zero")
}

fn threshold(bench: &mut Criterion) {
    let task = Task::Threshold { similarity: 0.85 };
    compare(bench, "threshold", DIM, &task, Alike::Same);
}

fn dbscan(bench: &mut Criterion) {
    let task = Task::Dbscan {
        eps: 0.3,
        min_samples: number(2),
    };
    compare(bench, "dbscan", DIM, &task, Alike::Same);
}

fn hdbscan(bench: &mut Criterion) {
    let task = Task::Hdbscan {
        min_cluster_size: 5,
        min_samples: number(3),
    };
    compare(bench, "hdbscan", DIM, &task, Alike::Nearly(0.95));
}

fn kmeans(bench: &mut Criterion) {
    let task = Task::Kmeans {
        clusters: number(20),
        iterations: number(25),
        seed: SEED,
    };
    compare(bench, "kmeans", DIM, &task, Alike::Never);
}

fn gmm(bench: &mut Criterion) {
    let task = Task::Gmm {
        components: number(8),
        seed: SEED,
    };
    compare(bench, "gmm", MIXTURE_DIM, &task, Alike::Never);
}

fn ward(bench: &mut Criterion) {
    let task = Task::Ward {
        clusters: number(50),
    };
    compare(bench, "ward", DIM, &task, Alike::Nearly(0.95));
}

fn average(bench: &mut Criterion) {
    let task = Task::Average {
        clusters: number(50),
    };
    compare(bench, "average", DIM, &task, Alike::Nearly(0.95));
}

fn knn(bench: &mut Criterion) {
    compare(bench, "knn", DIM, &Task::Knn { k: number(10) }, Alike::Same);
}

criterion_group!(
    benches, threshold, dbscan, hdbscan, kmeans, gmm, ward, average, knn
);
criterion_main!(benches);
