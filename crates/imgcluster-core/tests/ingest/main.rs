//! The pipeline against fakes: order, identity, bad pictures, failing parts, cancelling.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod fakes;

use std::num::NonZeroUsize;

use fakes::{Disk, FakeModel, FakeStore, candidates, hash_of};
use imgcluster_core::ingest::{IngestError, IngestOptions, Ingested, Pipeline, ingest};
use imgcluster_core::{CancelToken, Features, Job, ParkWait, Quiet, Store, Wait};

fn options(batch_size: usize) -> IngestOptions {
    IngestOptions {
        batch_size: NonZeroUsize::new(batch_size).unwrap(),
    }
}

fn job(threads: usize, token: CancelToken) -> Job<'static> {
    Job::new(&Quiet, token, NonZeroUsize::new(threads).unwrap())
}

fn run(
    disk: &Disk,
    model: &FakeModel,
    store: &FakeStore,
    batch_size: usize,
    threads: usize,
) -> Result<Ingested, IngestError> {
    let pipeline = Pipeline {
        decoder: disk,
        extractor: model,
        store,
        wait: &ParkWait,
    };
    let job = job(threads, CancelToken::default());
    ingest(&candidates(disk), &pipeline, options(batch_size), &job)
}

fn names(ingested: &Ingested) -> Vec<&str> {
    ingested
        .images
        .iter()
        .map(|image| image.path.to_str().unwrap())
        .collect()
}

#[test]
fn no_files_give_nothing() {
    let ingested = run(
        &Disk::default(),
        &FakeModel::default(),
        &FakeStore::default(),
        4,
        2,
    )
    .unwrap();
    assert_eq!(ingested, Ingested::default());
}

#[test]
fn the_result_is_the_same_for_every_batch_size_and_thread_count() {
    let disk = Disk::with((0..23).map(|i| (format!("{i:02}.png"), vec![i, 7])));
    let expected = run(&disk, &FakeModel::default(), &FakeStore::default(), 1, 1).unwrap();
    assert_eq!(expected.images.len(), 23);
    for (batch_size, threads) in [(1, 2), (7, 1), (7, 3), (64, 2)] {
        let store = FakeStore::default();
        let found = run(&disk, &FakeModel::default(), &store, batch_size, threads).unwrap();
        assert_eq!(found, expected);
        for image in &found.images {
            assert_eq!(
                store.feature(&image.content),
                [f32::from(image.content.0[0]), 1.0]
            );
        }
    }
}

#[test]
fn a_corrupt_file_in_a_batch_leaves_the_other_rows_in_place() {
    let disk = Disk::with([("a", vec![1]), ("b", b"broken".to_vec()), ("c", vec![3])]);
    let store = FakeStore::default();
    let found = run(&disk, &FakeModel::default(), &store, 3, 2).unwrap();
    assert_eq!(names(&found), ["a", "c"]);
    assert_eq!(found.skipped.len(), 1);
    assert_eq!(found.skipped[0].reason, "broken on purpose");
    assert_eq!(store.feature(&hash_of(&[3])), [3.0, 1.0]);
}

#[test]
fn a_second_run_decodes_nothing_and_remembers_failures() {
    let disk = Disk::with([("a", vec![1]), ("b", b"broken".to_vec())]);
    let (model, store) = (FakeModel::default(), FakeStore::default());
    let first = run(&disk, &model, &store, 8, 2).unwrap();
    let (decoded, identified) = (disk.decoded(), disk.identified());
    let second = run(&disk, &model, &store, 8, 2).unwrap();
    assert_eq!((disk.decoded(), disk.identified()), (decoded, identified));
    assert_eq!((first.embedded, second.embedded), (1, 0));
    assert_eq!(
        (first.images, first.skipped),
        (second.images, second.skipped)
    );
}

#[test]
fn equal_files_are_embedded_once_and_both_appear() {
    let disk = Disk::with([("a", vec![5]), ("b", vec![5]), ("c", vec![5])]);
    let found = run(&disk, &FakeModel::default(), &FakeStore::default(), 1, 2).unwrap();
    assert_eq!(names(&found), ["a", "b", "c"]);
    assert_eq!((found.embedded, disk.decoded()), (1, 1));
}

#[test]
fn equal_broken_files_are_all_skipped() {
    let disk = Disk::with([("a", b"broken".to_vec()), ("b", b"broken".to_vec())]);
    let found = run(&disk, &FakeModel::default(), &FakeStore::default(), 2, 2).unwrap();
    assert_eq!((found.skipped.len(), disk.decoded()), (2, 1));
}

#[test]
fn a_renamed_file_is_hashed_but_not_embedded_and_a_changed_one_is() {
    let (model, store) = (FakeModel::default(), FakeStore::default());
    let mut disk = Disk::with([("a", vec![1]), ("b", vec![2])]);
    run(&disk, &model, &store, 8, 2).unwrap();
    disk.rename("a", "z");
    let renamed = run(&disk, &model, &store, 8, 2).unwrap();
    assert_eq!((names(&renamed), renamed.embedded), (vec!["b", "z"], 0));
    disk.write("b", vec![9]);
    let changed = run(&disk, &model, &store, 8, 2).unwrap();
    assert_eq!(changed.embedded, 1);
    assert_eq!(changed.images[0].content, hash_of(&[9]));
}

#[test]
fn a_failing_model_stops_the_run_and_keeps_what_was_committed() {
    let disk = Disk::with((0..20).map(|i| (format!("{i:02}"), vec![i])));
    let store = FakeStore::default();
    let model = FakeModel {
        fails_at: Some(3),
        ..FakeModel::default()
    };
    let error = run(&disk, &model, &store, 2, 2).unwrap_err();
    assert!(matches!(error, IngestError::Model { .. }), "{error}");
    assert_eq!(store.committed(), 6, "the three batches before the failure");
    let again = run(&disk, &FakeModel::default(), &store, 2, 2).unwrap();
    assert_eq!((again.images.len(), again.embedded), (20, 14));
}

#[test]
fn a_model_that_drops_a_row_is_an_error_not_a_shift() {
    let disk = Disk::with([("a", vec![1]), ("b", vec![2])]);
    let model = FakeModel {
        drops_a_row: true,
        ..FakeModel::default()
    };
    let error = run(&disk, &model, &FakeStore::default(), 2, 1).unwrap_err();
    assert!(
        matches!(
            error,
            IngestError::WrongFeatures {
                got: 1,
                wanted: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_failing_store_stops_the_run() {
    let disk = Disk::with((0..9).map(|i| (format!("{i}"), vec![i])));
    let store = FakeStore::default();
    store.fail_after(2);
    let error = run(&disk, &FakeModel::default(), &store, 2, 2).unwrap_err();
    assert!(
        matches!(
            error,
            IngestError::Store {
                attempt: "write to",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(store.committed(), 4);
}

#[test]
fn a_cancelled_run_keeps_what_was_committed_and_goes_on_later() {
    let disk = Disk::with((0..30).map(|i| (format!("{i:02}"), vec![i])));
    let (token, store) = (CancelToken::default(), FakeStore::default());
    let model = FakeModel {
        cancels_at: Some((4, token.clone())),
        ..FakeModel::default()
    };
    let pipeline = Pipeline {
        decoder: &disk,
        extractor: &model,
        store: &store,
        wait: &ParkWait,
    };
    let stopped = ingest(&candidates(&disk), &pipeline, options(2), &job(2, token));
    assert!(matches!(stopped, Err(IngestError::Cancelled(_))));
    let kept = store.committed();
    assert!((8..30).contains(&kept), "{kept}");
    let again = run(&disk, &FakeModel::default(), &store, 2, 2).unwrap();
    assert_eq!(again.embedded, 30 - kept);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_skipped_and_not_remembered() {
    let disk = Disk::with([("a", b"changing".to_vec())]);
    let store = FakeStore::default();
    let found = run(&disk, &FakeModel::default(), &store, 2, 1).unwrap();
    assert_eq!(found.skipped[0].reason, "changed while it was read");
    run(&disk, &FakeModel::default(), &store, 2, 1).unwrap();
    assert_eq!(disk.decoded(), 2, "the second run tried again");
}

#[test]
fn a_copy_is_tried_when_the_first_file_of_a_content_cannot_be_read() {
    let mut disk = Disk::with([("a", vec![4]), ("b", vec![4]), ("c", vec![4])]);
    disk.unreadable("a");
    for batch_size in [1, 3] {
        let found = run(
            &disk,
            &FakeModel::default(),
            &FakeStore::default(),
            batch_size,
            2,
        )
        .unwrap();
        assert_eq!(names(&found), ["b", "c"]);
        assert_eq!(found.skipped.len(), 1);
    }
}

#[test]
fn a_file_changed_behind_its_time_stamp_is_hashed_again_and_embedded() {
    let mut disk = Disk::with([("a", vec![4]), ("b", vec![4])]);
    let store = FakeStore::default();
    run(&disk, &FakeModel::default(), &store, 8, 1).unwrap();
    disk.write_unnoticed("a", vec![5]);
    store.forget_features();
    let found = run(&disk, &FakeModel::default(), &store, 8, 1).unwrap();
    let contents: Vec<_> = found.images.iter().map(|image| image.content).collect();
    assert_eq!(contents, [hash_of(&[5]), hash_of(&[4])]);
}

#[test]
fn what_the_store_gives_back_is_in_the_order_asked_for() {
    let disk = Disk::with([("a", vec![1]), ("b", vec![2])]);
    let (model, store) = (FakeModel::default(), FakeStore::default());
    run(&disk, &model, &store, 8, 1).unwrap();
    let wanted = [hash_of(&[2]), hash_of(&[1]), hash_of(&[2])];
    let loaded = ParkWait.wait(store.load(&fakes::space(), &wanted)).unwrap();
    let Features::Vectors(rows) = loaded else {
        panic!("vectors were stored")
    };
    assert_eq!(rows.into_values(), [2.0, 1.0, 1.0, 1.0, 2.0, 1.0]);
}
