use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use imgcluster_core::{CancelToken, Decision, Event, Job, NewRun, Reporter, Store};
use imgcluster_store::{Amount, Copied, CopyOptions, MemoryStore, Thing, TransferError, copy};

use crate::everything::{THUMBNAIL, everything, fill, member, spaces};
use crate::faulty::{Fault, Faulty};
use crate::fixtures::{Batch, DECODER, decision, feature, hash, record, space, vector};

/// What is copied of a filled store, if all of it is new or nothing.
fn all(is_new: bool) -> Copied {
    let amount = |copied| Amount {
        copied,
        new: if is_new { copied } else { 0 },
    };
    Copied {
        files: amount(7),
        features: amount(17),
        failures: amount(4),
        runs: amount(4),
        unreadable_runs: 0,
        decisions: amount(3),
    }
}

fn pages(page: usize) -> CopyOptions {
    CopyOptions {
        page: NonZeroUsize::new(page).unwrap(),
    }
}

async fn copy_all(from: &impl Store, to: &impl Store) -> Copied {
    copy(from, to, CopyOptions::default(), &Job::quiet())
        .await
        .unwrap()
}

pub(crate) async fn an_empty_store_is_copied_as_nothing(store: &impl Store) {
    let empty = MemoryStore::default();
    assert_eq!(copy_all(store, &empty).await, Copied::default());
    assert_eq!(copy_all(&empty, store).await, Copied::default());
    assert_eq!(everything(store).await, everything(&empty).await);
}

pub(crate) async fn everything_comes_through_bit_for_bit_at_any_page(store: &impl Store) {
    let source = MemoryStore::default();
    fill(&source).await;
    let wanted = everything(&source).await;
    assert_eq!(copy_all(&source, store).await, all(true));
    assert_eq!(everything(store).await, wanted);
    for page in [1, 2, 3, 5, 100] {
        let target = MemoryStore::default();
        let copied = copy(store, &target, pages(page), &Job::quiet()).await;
        assert_eq!(copied.unwrap(), all(true));
        assert_eq!(everything(&target).await, wanted, "{page} a page");
    }
}

pub(crate) async fn copying_again_changes_nothing(store: &impl Store) {
    let source = MemoryStore::default();
    fill(&source).await;
    copy_all(&source, store).await;
    let before = everything(store).await;
    assert_eq!(copy_all(&source, store).await, all(false));
    assert_eq!(everything(store).await, before);
    // into itself, too
    assert_eq!(copy_all(store, store).await, all(false));
    assert_eq!(everything(store).await, before);
}

pub(crate) async fn what_the_other_store_holds_beyond_stays(store: &impl Store) {
    let batch = Batch::new(&space("own", vector(2)))
        .picture(50)
        .file("/own", 50);
    batch.failure(51, "own").put(store).await;
    let (record, members) = (&record("own"), &[]);
    store.record_run(NewRun { record, members }).await.unwrap();
    let source = MemoryStore::default();
    fill(&source).await;
    assert_eq!(copy_all(&source, store).await, all(true));
    let (there, here) = (everything(store).await, everything(&source).await);
    assert_eq!(there.files.len(), here.files.len() + 1);
    assert_eq!(there.spaces.len(), here.spaces.len() + 1);
    assert_eq!(there.failures.len(), here.failures.len() + 1);
    // the newest first: what was copied came later
    assert_eq!(there.runs[..4], here.runs);
    assert_eq!(there.runs[4].0.algorithm, "own");
}

/// Cancels a job once this many steps of copying were told.
struct StopsAt {
    steps: usize,
    told: AtomicUsize,
    token: CancelToken,
}

impl Reporter for StopsAt {
    fn report(&self, event: &Event<'_>) {
        let told = match event {
            Event::Advanced { by, .. } => {
                self.told.fetch_add(*by as usize, Ordering::Relaxed) + *by as usize
            }
            _ => 0,
        };
        if told >= self.steps {
            self.token.cancel();
        }
    }
}

pub(crate) async fn a_copy_that_was_stopped_anywhere_is_completed_by_the_next(store: &impl Store) {
    fill(store).await;
    let wanted = everything(store).await;
    // files, features, runs, decisions
    for steps in 0..7 + 17 + 4 + 3 {
        let target = MemoryStore::default();
        let token = CancelToken::default();
        let told = AtomicUsize::new(0);
        let reporter = StopsAt {
            steps,
            told,
            token: token.clone(),
        };
        let job = Job::new(&reporter, token, NonZeroUsize::MIN);
        let stopped = copy(store, &target, pages(1), &job).await;
        assert!(
            matches!(stopped, Err(TransferError::Cancelled(_))),
            "{steps}: {stopped:?}"
        );
        assert_eq!(reporter.told.into_inner(), steps);
        copy_all(store, &target).await;
        assert_eq!(everything(&target).await, wanted, "after {steps} steps");
    }
}

pub(crate) async fn a_target_that_fails_in_the_middle_is_completed_by_the_next(store: &impl Store) {
    let source = MemoryStore::default();
    fill(&source).await;
    let mut failed = 0;
    for puts in 0.. {
        let target = Faulty::new(store, Fault::FillsUp(puts));
        match copy(&source, &target, pages(3), &Job::quiet()).await {
            Ok(_) => break,
            Err(TransferError::WriteTo { source }) => {
                assert!(source.to_string().contains("on purpose"), "{source:?}");
                failed += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(failed >= 3, "{failed}");
    assert_eq!(everything(store).await, everything(&source).await);
}

pub(crate) async fn a_feature_of_its_own_stays_and_is_told_after_the_rest_is_copied(
    store: &impl Store,
) {
    let classic = &spaces()[1];
    let mut own = Batch::new(classic).picture_with(2, None, feature(classic.shape, 77));
    own.contents[0].content.width = 9999;
    own.failure(10, "for another reason").put(store).await;
    let source = MemoryStore::default();
    fill(&source).await;
    let error = copy(&source, store, CopyOptions::default(), &Job::quiet())
        .await
        .unwrap_err();
    let message = error.to_string();
    let TransferError::Differs { count, first } = error else {
        panic!("{error}");
    };
    let things: Vec<Thing> = first.into_iter().map(|one| one.thing).collect();
    let model = classic.model.clone();
    let (feature, decoder) = (
        Thing::Feature {
            model,
            content: hash(2),
        },
        DECODER.to_owned(),
    );
    let failure = Thing::Failure {
        decoder,
        content: hash(10),
    };
    // the size is looked at with each of the four spaces
    assert_eq!(count, 6);
    assert_eq!(
        things
            .iter()
            .filter(|thing| **thing == Thing::Size(hash(2)))
            .count(),
        4
    );
    assert!(
        things.contains(&feature) && things.contains(&failure),
        "{things:?}"
    );
    assert!(
        message.contains(&hash(2).to_string()) && message.contains("5 more"),
        "{message}"
    );
    // the thumbnail that it had not
    let kept = store
        .contents(&[hash(2)], true)
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(
        (kept.width, kept.thumbnail.as_deref()),
        (9999, Some(THUMBNAIL))
    );
    let (there, here) = (everything(store).await, everything(&source).await);
    assert_eq!((there.files, there.runs), (here.files, here.runs));
    assert_eq!(there.failures.len(), here.failures.len());
    assert_eq!(
        there.spaces.iter().map(|(_, all)| all.len()).sum::<usize>(),
        17
    );
}

pub(crate) async fn a_decision_that_both_hold_is_not_doubled_and_keeps_its_time(
    store: &impl Store,
) {
    let source = MemoryStore::default();
    fill(&source).await;
    let files = [(hash(77), None), (hash(1), Some(PathBuf::from("/own")))];
    let own = [
        decision(&[(50, "/own"), (51, "/own")]),
        Decision::of_files(files, "2027-01-01T00:00:00Z").unwrap(),
    ];
    store.decide(&own).await.unwrap();
    for new in [2, 0] {
        let decisions = copy_all(&source, store).await.decisions;
        assert_eq!(decisions, Amount { copied: 3, new });
        let [first, _, last] = &decisions_of(&source).await[..] else {
            panic!("three were put");
        };
        let expected = [&own[..], &[first.clone(), last.clone()]].concat();
        assert_eq!(decisions_of(store).await, expected);
    }
}

async fn decisions_of(store: &impl Store) -> Vec<Decision> {
    everything(store).await.decisions
}

pub(crate) async fn a_newer_stamp_of_a_file_replaces_the_one_that_was_known(store: &impl Store) {
    let space = space("m", vector(3));
    Batch::new(&space)
        .file("/a", 1)
        .file("/b", 2)
        .put(store)
        .await;
    let source = MemoryStore::default();
    Batch::new(&space)
        .file("/a", 5)
        .file("/b", 2)
        .put(&source)
        .await;
    let files = copy_all(&source, store).await.files;
    assert_eq!(files, Amount { copied: 2, new: 1 });
    assert_eq!(
        everything(store).await.files,
        everything(&source).await.files
    );
}

pub(crate) async fn whatever_is_lost_or_garbled_on_the_way_is_told(store: &impl Store) {
    use Fault::{
        CutsRuns, CutsThumbnails, FillsUp, GarblesReasons, LosesContents, LosesDecisions,
        LosesFailures, LosesFiles, LosesPathsOfDecisions, LosesThumbnails, None, RoundsFeatures,
        RoundsStrengths, RoundsTimes, ShiftsFeatures, TurnsSizes,
    };
    fill(store).await;
    let is_about = |fault: Fault, thing: &Thing| match fault {
        LosesFiles | RoundsTimes => matches!(thing, Thing::File(_)),
        TurnsSizes => matches!(thing, Thing::Size(_)),
        LosesThumbnails | CutsThumbnails => matches!(thing, Thing::Thumbnail(_)),
        LosesContents => !matches!(thing, Thing::File(_)),
        RoundsFeatures | ShiftsFeatures => matches!(thing, Thing::Feature { .. }),
        LosesFailures | GarblesReasons => matches!(thing, Thing::Failure { .. }),
        CutsRuns | RoundsStrengths => matches!(thing, Thing::Run(_)),
        LosesDecisions | LosesPathsOfDecisions => matches!(thing, Thing::Decision(_)),
        None | FillsUp(_) => false,
    };
    for (fault, is_missing) in [
        (LosesFiles, true),
        (RoundsTimes, false),
        (TurnsSizes, false),
        (LosesThumbnails, true),
        (CutsThumbnails, false),
        (LosesContents, true),
        (RoundsFeatures, false),
        (ShiftsFeatures, false),
        (LosesFailures, true),
        (GarblesReasons, false),
        (CutsRuns, false),
        (RoundsStrengths, false),
        (LosesDecisions, true),
        (LosesPathsOfDecisions, false),
    ] {
        let memory = MemoryStore::default();
        let target = Faulty::new(&memory, fault);
        let copied = copy(store, &target, pages(6), &Job::quiet()).await;
        let error = copied.expect_err(&format!("{fault:?}"));
        let TransferError::Differs { count, first } = error else {
            panic!("{fault:?}: {error}");
        };
        assert!(
            count >= 1 && first.len() as u64 == count.min(10),
            "{fault:?}: {first:?}"
        );
        for difference in first {
            assert!(
                is_about(fault, &difference.thing),
                "{fault:?}: {difference}"
            );
            assert_eq!(difference.missing, is_missing, "{fault:?}: {difference}");
        }
    }
    let memory = MemoryStore::default();
    let sound = Faulty::new(&memory, None);
    assert_eq!(copy_all(store, &sound).await, all(true));
}

pub(crate) async fn equal_runs_of_one_store_are_as_many_in_the_other(store: &impl Store) {
    let source = MemoryStore::default();
    let (record, members) = (&record("dbscan"), &[member("a", Some(0), None)]);
    for _ in 0..3 {
        source.record_run(NewRun { record, members }).await.unwrap();
    }
    store.record_run(NewRun { record, members }).await.unwrap();
    let runs = copy_all(&source, store).await.runs;
    assert_eq!(runs, Amount { copied: 3, new: 2 });
    let runs = copy_all(&source, store).await.runs;
    assert_eq!(runs, Amount { copied: 3, new: 0 });
    assert_eq!(everything(store).await.runs, everything(&source).await.runs);
}

pub(crate) async fn twenty_thousand_contents_are_copied_page_by_page(store: &impl Store) {
    let source = MemoryStore::default();
    let space = space("m", vector(16));
    for part in 0..20_usize {
        let mut batch = Batch::new(&space);
        for number in part * 1000..(part + 1) * 1000 {
            let own = feature(space.shape, number);
            let thumbnail = Some(number.to_le_bytes().repeat(20));
            batch = batch.picture_with(number, thumbnail, own);
            batch = batch.file(format!("/{number}"), number);
            batch = batch.failure(number + 100_000, "torn");
        }
        batch.put(&source).await;
    }
    let (from, to) = (
        Faulty::new(&source, Fault::None),
        Faulty::new(store, Fault::None),
    );
    let copied = copy(&from, &to, pages(700), &Job::quiet()).await.unwrap();
    let amount = Amount {
        copied: 20_000,
        new: 20_000,
    };
    assert_eq!(
        (copied.files, copied.features, copied.failures),
        (amount, amount, amount)
    );
    for (store, side) in [(&from.most, "from"), (&to.most, "to")] {
        assert_eq!(store.load(Ordering::Relaxed), 700, "{side}");
    }
    assert!(everything(store).await == everything(&source).await);
    // what is there is not written again
    let again = Faulty::new(store, Fault::FillsUp(0));
    let copied = copy(&from, &again, CopyOptions::default(), &Job::quiet())
        .await
        .unwrap();
    assert_eq!(
        copied.features,
        Amount {
            copied: 20_000,
            new: 0
        }
    );
}
