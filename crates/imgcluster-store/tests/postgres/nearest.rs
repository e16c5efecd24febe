//! The nearest others by the database, beside a slow twin.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use imgcluster_core::{
    CancelToken, Cancelled, ContentHash, EmbeddingSpace, FeatureShape, Features, Job, Matrix,
    Metric, Neighbors, Quiet, RowNeighbors, UnitMatrix, Wait,
};
use imgcluster_store::{NearestOptions, PostgresStore, Runtime, ServerError, StoreError};
use imgcluster_test_postgres::{Database, PrivateServer, Server};

use crate::fixtures::{Batch, hashes, space, vector};
use crate::with_store;

const INDEXES: &str = "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indisvalid AND relname LIKE 'embeddings\\__\\_%'";

/// Rows in groups of twenty round random centres, by numbers that hang on `seed`.
fn rows(count: usize, dim: usize, seed: u32) -> Matrix {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut center = vec![0.0; dim];
    let mut values = Vec::new();
    for row in 0..count {
        if row % 20 == 0 {
            center.fill_with(&mut next);
        }
        // lengths differ, which matters to one metric and not to the other
        let length = 1.0 + (row % 3) as f32 / 10.0;
        values.extend(center.iter().map(|value| length * (value + 0.2 * next())));
    }
    Matrix::new(values, dim).unwrap()
}

/// Puts rows as the pictures from this number on.
fn put(
    store: &PostgresStore,
    runtime: &Runtime,
    space: &EmbeddingSpace,
    first: usize,
    rows: &Matrix,
) -> Vec<ContentHash> {
    let mut batch = Batch::new(space);
    for row in 0..rows.rows() {
        let one = Matrix::new(rows.row(row).to_vec(), rows.dim()).unwrap();
        batch = batch.picture_with(first + row, None, Features::Vectors(one));
    }
    runtime.wait(batch.put(store));
    let numbers: Vec<usize> = (first..first + rows.rows()).collect();
    hashes(&numbers)
}

fn asked(neighbors: usize, metric: Metric) -> NearestOptions {
    NearestOptions {
        neighbors: NonZeroUsize::new(neighbors).unwrap(),
        metric,
        ..NearestOptions::default()
    }
}

fn nearest(
    store: &PostgresStore,
    runtime: &Runtime,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    options: NearestOptions,
) -> Result<Vec<Vec<u32>>, StoreError> {
    let job = Job::quiet();
    let search = store.nearest(space, contents, options, &job);
    runtime
        .wait(search)
        .map_err(|error| *error.downcast().unwrap())
}

/// The share of the exact nearest that is in the lists, all of which must be whole and well formed.
#[track_caller]
fn recall(lists: &[Vec<u32>], rows: &Matrix, options: NearestOptions) -> f64 {
    let unit = UnitMatrix::normalize(rows.clone()).unwrap();
    let exact = match options.metric {
        Metric::Cosine => RowNeighbors::cosine(&unit),
        Metric::Euclidean => RowNeighbors::euclidean(rows.view()),
    };
    let graph = exact.knn(options.neighbors, &Job::quiet()).unwrap();
    assert_eq!(lists.len(), rows.rows());
    let mut hits = 0;
    for (row, list) in lists.iter().enumerate() {
        let mut distinct = list.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), graph.k(), "{row}: {list:?}");
        assert!(!list.contains(&(row as u32)), "{row}: {list:?}");
        hits += graph
            .others(row)
            .iter()
            .filter(|other| list.contains(other))
            .count();
    }
    hits as f64 / (lists.len() * graph.k()) as f64
}

fn indexes(database: &Database<'_>) -> String {
    database.text(INDEXES)
}

pub(crate) fn none_one_and_two_contents_have_none_none_and_one_neighbor(server: &Server) {
    let database = server.database();
    let space = space("model", vector(3));
    with_store(database.url(), |store, runtime| {
        let near = |contents: &[ContentHash]| {
            nearest(store, runtime, &space, contents, NearestOptions::default())
        };
        assert_eq!(near(&[]).unwrap(), Vec::<Vec<u32>>::new());
        let nowhere = near(&hashes(&[0]));
        assert!(
            matches!(nowhere, Err(StoreError::MissingFeature { .. })),
            "{nowhere:?}"
        );
        let all = put(store, runtime, &space, 0, &rows(5, 3, 1));
        assert_eq!(near(&all[..1]).unwrap(), [vec![0_u32; 0]]);
        assert_eq!(near(&all[3..]).unwrap(), [[1], [0]]);
        let missing = near(&hashes(&[0, 7, 1]));
        let content = hashes(&[7])[0];
        assert!(
            matches!(missing, Err(StoreError::MissingFeature { content: found, .. }) if found == content),
            "{missing:?}"
        );
    });
    assert_eq!(indexes(&database), "0", "few are compared without one");
}

pub(crate) fn few_contents_are_searched_exactly(server: &Server) {
    let database = server.database();
    let (space, rows) = (space("model", vector(16)), rows(300, 16, 5));
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        for metric in [Metric::Cosine, Metric::Euclidean] {
            let options = asked(10, metric);
            let lists = nearest(store, runtime, &space, &all, options).unwrap();
            assert!(recall(&lists, &rows, options) >= 1.0);
        }
    });
    assert_eq!(indexes(&database), "0");
}

pub(crate) fn an_index_finds_nearly_all_by_either_metric(server: &Server) {
    let database = server.database();
    let (space, rows) = (space("model", vector(64)), rows(2000, 64, 1));
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        for (count, metric) in [(1, Metric::Cosine), (2, Metric::Euclidean)] {
            let options = asked(10, metric);
            let lists = nearest(store, runtime, &space, &all, options).unwrap();
            let recall = recall(&lists, &rows, options);
            assert!(recall >= 0.95, "{metric:?}: {recall}");
            assert_eq!(indexes(&database), count.to_string());
        }
        let plan = "SELECT sum(idx_scan) >= 4000 FROM pg_stat_user_indexes
            WHERE indexrelname LIKE 'embeddings\\__\\_%'";
        runtime.wait(store.close());
        assert_eq!(database.text(plan), "t", "the search went by the indexes");
    });
}

pub(crate) fn pictures_of_others_are_never_found_and_take_no_place(server: &Server) {
    let database = server.database();
    let (space, mine) = (space("model", vector(16)), rows(1200, 16, 1));
    // Others are as near as can be: three copies of each row of mine, a little moved.
    let values = |by: f32| mine.view().values().iter().map(move |value| value + by);
    let moved = [-1e-4, 1e-4, 2e-4].into_iter().flat_map(values).collect();
    let others = Matrix::new(moved, 16).unwrap();
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &mine);
        put(store, runtime, &space, 100_000, &others);
        let options = asked(8, Metric::Cosine);
        let lists = nearest(store, runtime, &space, &all, options).unwrap();
        let recall = recall(&lists, &mine, options);
        assert!(recall >= 0.95, "{recall}");
    });
    assert_eq!(indexes(&database), "1");
}

pub(crate) fn equal_vectors_are_no_trap(server: &Server) {
    let database = server.database();
    let space = space("model", vector(4));
    let rows = Matrix::new([0.5, 1.0, -2.0, 0.0].repeat(700), 4).unwrap();
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        let options = asked(6, Metric::Cosine);
        let lists = nearest(store, runtime, &space, &all, options).unwrap();
        // any six others are the nearest; all that can be wrong is how many there are
        recall(&lists, &rows, options);
    });
    assert_eq!(indexes(&database), "1");
}

pub(crate) fn long_vectors_are_indexed_in_sixteen_bits_and_longer_ones_refused(server: &Server) {
    let database = server.database();
    with_store(database.url(), |store, runtime| {
        let (long, rows) = (space("long", vector(2048)), rows(200, 2048, 1));
        let all = put(store, runtime, &long, 0, &rows);
        let options = asked(5, Metric::Cosine);
        let lists = nearest(store, runtime, &long, &all, options).unwrap();
        let recall = recall(&lists, &rows, options);
        assert!(recall >= 0.95, "{recall}");
        let kind = "SELECT pg_get_indexdef('image_clustering.embeddings_1_cosine'::regclass)";
        assert!(database.text(kind).contains("halfvec_cosine_ops"));

        let (longer, rows) = (space("longer", vector(4001)), self::rows(200, 4001, 1));
        let all = put(store, runtime, &longer, 0, &rows);
        let refused = nearest(store, runtime, &longer, &all, options);
        assert!(
            matches!(
                refused,
                Err(StoreError::VectorTooLongToIndex { values: 4001, .. })
            ),
            "{refused:?}"
        );
        let hashes = space("hashes", FeatureShape::Signature);
        let refused = nearest(store, runtime, &hashes, &all, options);
        assert!(
            matches!(refused, Err(StoreError::NoVectors { .. })),
            "{refused:?}"
        );
    });
}

pub(crate) fn two_at_once_make_one_index_and_one_that_was_left_half_made_is_replaced(
    server: &Server,
) {
    let database = server.database();
    let (space, rows) = (space("model", vector(32)), rows(1500, 32, 1));
    let options = asked(5, Metric::Cosine);
    let all = std::cell::OnceCell::new();
    with_store(database.url(), |store, runtime| {
        all.set(put(store, runtime, &space, 0, &rows)).unwrap();
    });
    let all = all.get().unwrap();
    let both = |url: &str| {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    with_store(url, |store, runtime| {
                        let lists = nearest(store, runtime, &space, all, options).unwrap();
                        assert!(recall(&lists, &rows, options) >= 0.95);
                    });
                });
            }
        });
    };
    both(database.url());
    assert_eq!(indexes(&database), "1");
    let named = "'image_clustering.embeddings_1_cosine'::regclass";
    let first = database.text(&format!("SELECT {named}::oid"));
    database.execute(&format!(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = {named}"
    ));
    both(database.url());
    assert_eq!(indexes(&database), "1");
    assert_ne!(database.text(&format!("SELECT {named}::oid")), first);
}

pub(crate) fn a_user_who_may_not_make_an_index_is_told_and_can_use_one(server: &Server) {
    let database = server.database();
    let (space, rows) = (space("model", vector(16)), rows(1200, 16, 1));
    let options = asked(5, Metric::Cosine);
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        let user = database.user();
        database.execute(&format!(
            "GRANT USAGE ON SCHEMA image_clustering TO {name};
             GRANT SELECT, INSERT, UPDATE, DELETE
                 ON ALL TABLES IN SCHEMA image_clustering TO {name}",
            name = user.name
        ));
        with_store(&user.url, |users, runtime| {
            let refused = nearest(users, runtime, &space, &all, options);
            assert!(
                matches!(
                    refused,
                    Err(StoreError::Server {
                        problem: ServerError::IndexNotAllowed { .. },
                        ..
                    })
                ),
                "{refused:?}"
            );
            nearest(store, runtime, &space, &all, options).unwrap();
            let lists = nearest(users, runtime, &space, &all, options).unwrap();
            assert!(recall(&lists, &rows, options) >= 0.95);
        });
    });
}

pub(crate) fn a_search_that_is_cancelled_ends_at_once_here_and_on_the_server(server: &Server) {
    let database = server.database();
    let (space, rows) = (space("model", vector(512)), rows(4000, 512, 1));
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        let cancelled = std::thread::scope(|scope| {
            let cancelled = scope.spawn(|| {
                // while the index is made
                let making = "SELECT count(*) FROM pg_stat_progress_create_index";
                let begun = Instant::now();
                while database.text(making) == "0" {
                    assert!(begun.elapsed() < Duration::from_mins(1));
                    std::thread::sleep(Duration::from_millis(5));
                }
                token.cancel();
                Instant::now()
            });
            let outcome =
                runtime.wait(store.nearest(&space, &all, NearestOptions::default(), &job));
            let ended = Instant::now();
            assert!(outcome.unwrap_err().is::<Cancelled>());
            ended.duration_since(cancelled.join().unwrap())
        });
        assert!(cancelled < Duration::from_millis(500), "{cancelled:?}");
        std::thread::sleep(Duration::from_secs(1));
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND state <> 'idle'";
        assert_eq!(database.text(busy), "0");
        // what is left of the index is no obstacle
        let options = asked(5, Metric::Cosine);
        let lists = nearest(store, runtime, &space, &all, options).unwrap();
        assert!(recall(&lists, &rows, options) >= 0.95);
    });
}

pub(crate) fn a_search_goes_on_after_the_server_restarts(server: &PrivateServer) {
    let database = server.database();
    let (space, rows) = (space("model", vector(128)), rows(3000, 128, 1));
    let options = asked(5, Metric::Cosine);
    with_store(database.url(), |store, runtime| {
        let all = put(store, runtime, &space, 0, &rows);
        std::thread::scope(|scope| {
            let restarts = scope.spawn(|| {
                // while the index is made, and while it is used
                for busy in ["CREATE INDEX", "SELECT place"] {
                    let asked = format!(
                        "SELECT count(*) FROM pg_stat_activity
                         WHERE pid <> pg_backend_pid() AND query LIKE '{busy}%'"
                    );
                    let begun = Instant::now();
                    while database.text(&asked) == "0" {
                        assert!(begun.elapsed() < Duration::from_mins(1), "{busy}");
                    }
                    server.restart();
                }
            });
            let lists = nearest(store, runtime, &space, &all, options).unwrap();
            assert!(recall(&lists, &rows, options) >= 0.95);
            restarts.join().unwrap();
        });
    });
}
