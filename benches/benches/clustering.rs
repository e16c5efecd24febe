//! DBSCAN, threshold and HDBSCAN beside petal-clustering and linfa-clustering: the same rows, the
//! same parameters, one thread and all threads of ours.

use std::hint::black_box;
use std::num::NonZeroUsize;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use imgcluster_benches::embedding_like;
use imgcluster_cluster::{Dbscan, Hdbscan, Threshold};
use imgcluster_core::{
    CancelToken, Clusterer, Job, Matrix, Points, Quiet, Radius, RowNeighbors, UnitMatrix,
};
use linfa::traits::Transformer;
use ndarray_for_linfa::Array2 as LinfaArray;
use ndarray_for_petal::Array2 as PetalArray;
use petal_clustering::{Dbscan as PetalDbscan, Fit, HDbscan as PetalHdbscan};
use petal_neighbors::distance::Euclidean;

const DIM: usize = 512;
const COUNTS: [usize; 2] = [1000, 2000];
/// On unit rows the Euclidean distance √0.6 is the cosine distance 0.3.
const COSINE_EPS: f64 = 0.3;

fn ours(bench: &mut Criterion, group: &str, count: usize, clusterer: &dyn Clusterer, cosine: bool) {
    let rows = Matrix::new(embedding_like(count, DIM, 7), DIM).expect("finite rows");
    let rows = UnitMatrix::normalize(rows).expect("no zero row");
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    for threads in [NonZeroUsize::MIN, all] {
        let name = BenchmarkId::new(format!("imgcluster, {threads} threads"), count);
        bench
            .benchmark_group(group)
            .sample_size(10)
            .bench_function(name, |bencher| {
                let job = Job::new(&Quiet, CancelToken::default(), threads);
                bencher.iter(|| {
                    // Packing the rows belongs to the work.
                    let neighbors = if cosine {
                        RowNeighbors::cosine(&rows)
                    } else {
                        RowNeighbors::euclidean(rows.view())
                    };
                    let points = Points::with_rows(&neighbors, rows.view());
                    black_box(clusterer.cluster(&points, &job).expect("nobody cancels"))
                });
            });
    }
}

fn dbscan(bench: &mut Criterion) {
    let radius = Radius::new(COSINE_EPS).expect("a radius");
    let min_samples = NonZeroUsize::new(2).expect("two");
    for count in COUNTS {
        ours(
            bench,
            "dbscan",
            count,
            &Dbscan {
                radius,
                min_samples,
            },
            true,
        );
        let values = embedding_like(count, DIM, 7);
        let eps = (2.0 * COSINE_EPS).sqrt() as f32;
        let mut group = bench.benchmark_group("dbscan");
        group.sample_size(10);
        let rows = PetalArray::from_shape_vec((count, DIM), values.clone()).expect("whole rows");
        group.bench_function(BenchmarkId::new("petal-clustering", count), |bencher| {
            bencher.iter(|| {
                black_box(PetalDbscan::new(eps, 2, Euclidean::default()).fit(&rows, None))
            });
        });
        let rows = LinfaArray::from_shape_vec((count, DIM), values).expect("whole rows");
        group.bench_function(BenchmarkId::new("linfa-clustering", count), |bencher| {
            let parameters = linfa_clustering::Dbscan::params::<f32>(2).tolerance(eps);
            bencher.iter(|| black_box(parameters.transform(&rows).expect("valid parameters")));
        });
    }
}

fn threshold(bench: &mut Criterion) {
    let radius = Radius::from_similarity(0.85).expect("a similarity");
    for count in COUNTS {
        ours(bench, "threshold", count, &Threshold { radius }, true);
    }
}

fn hdbscan(bench: &mut Criterion) {
    for count in COUNTS {
        ours(bench, "hdbscan", count, &Hdbscan::default(), false);
        let values = embedding_like(count, DIM, 7);
        let rows = PetalArray::from_shape_vec((count, DIM), values).expect("whole rows");
        let mut group = bench.benchmark_group("hdbscan");
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("petal-clustering", count), |bencher| {
            bencher.iter(|| {
                let mut rival = PetalHdbscan {
                    alpha: 1.0_f32,
                    min_samples: 3,
                    min_cluster_size: 5,
                    metric: Euclidean::default(),
                    boruvka: true,
                };
                black_box(rival.fit(&rows, None))
            });
        });
    }
}

criterion_group!(benches, dbscan, threshold, hdbscan);
criterion_main!(benches);
