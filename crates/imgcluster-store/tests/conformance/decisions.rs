use std::num::NonZeroU32;
use std::path::PathBuf;

use futures_util::future::try_join_all;
use imgcluster_core::{DecidedContent, Decision, NewRun, Pruned, RunMember, Store, StoredDecision};

use crate::fixtures::{Batch, decision, hash, odd_path, paths, record, space, vector};

/// The decisions of a store with their numbers.
async fn listed(store: &impl Store) -> Vec<(u64, Decision)> {
    let stored = store.decisions().await.unwrap().into_iter();
    stored
        .map(|StoredDecision { id, decision }| (id, decision))
        .collect()
}

async fn put(store: &impl Store, decisions: &[Decision]) -> Vec<u64> {
    store.decide(decisions).await.unwrap()
}

pub(crate) async fn an_empty_store_holds_no_decisions(store: &impl Store) {
    assert_eq!(listed(store).await, []);
    assert_eq!(put(store, &[]).await, [0_u64; 0]);
    for id in [0, 1, u64::MAX] {
        assert!(!store.forget_decision(id).await.unwrap());
    }
    assert_eq!(store.status().await.unwrap().decisions, 0);
}

pub(crate) async fn a_decision_comes_back_as_it_was_put(store: &impl Store) {
    let member = |number, copies, paths| DecidedContent {
        content: hash(number),
        copies: NonZeroU32::new(copies).unwrap(),
        paths,
    };
    let members = vec![
        member(3, 1, vec![]),
        member(1, 2, vec![odd_path(), PathBuf::from("relative, \"ü\"\n")]),
        member(2, u32::MAX, paths(&["/b", "/a"])),
    ];
    let all = [
        Decision::new(members, "2026-01-02T03:04:05.123456789+01:00").unwrap(),
        decision(&[(1, "/copy of 1"), (1, "/1")]),
    ];
    let ids = put(store, &all).await;
    assert_eq!(ids, [1, 2]);
    let expected: Vec<_> = ids.into_iter().zip(all).collect();
    assert_eq!(listed(store).await, expected);
}

pub(crate) async fn a_set_that_is_decided_again_keeps_its_number_time_and_paths(
    store: &impl Store,
) {
    let first = decision(&[(1, "/1"), (2, "/2"), (2, "/copy of 2")]);
    let files = [(2, "/two"), (1, "/moved/1"), (2, "/2")];
    let files = files.map(|(number, path)| (hash(number), Some(PathBuf::from(path))));
    let again = Decision::of_files(files, "2030-01-01T00:00:00Z").unwrap();
    let id = put(store, std::slice::from_ref(&first)).await;
    assert_eq!(put(store, std::slice::from_ref(&again)).await, id);
    // also beside others, and twice in one call
    let other = decision(&[(1, "/1"), (3, "/3")]);
    let ids = put(store, &[again, other.clone(), first.clone(), other.clone()]).await;
    assert_eq!(ids, [id[0], ids[1], id[0], ids[1]]);
    assert_eq!(listed(store).await, [(id[0], first), (ids[1], other)]);
}

pub(crate) async fn sets_that_differ_in_a_member_or_a_copy_are_decisions_of_their_own(
    store: &impl Store,
) {
    let all = [
        decision(&[(1, "/1"), (2, "/2")]),
        decision(&[(1, "/1"), (2, "/2"), (3, "/3")]),
        decision(&[(1, "/1"), (2, "/2"), (2, "/3")]),
        decision(&[(1, "/1"), (1, "/3"), (2, "/2")]),
        decision(&[(2, "/2"), (2, "/3")]),
        decision(&[(2, "/2"), (2, "/3"), (2, "/4")]),
    ];
    assert_eq!(put(store, &all).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.status().await.unwrap().decisions, 6);
}

pub(crate) async fn decisions_are_listed_in_the_order_they_were_put(store: &impl Store) {
    let all: Vec<Decision> = [7, 3, 9, 1, 8]
        .iter()
        .map(|&number| decision(&[(number, "/a"), (100, "/b")]))
        .collect();
    put(store, &all[..2]).await;
    put(store, &all[2..]).await;
    let expected: Vec<_> = (1..).zip(all).collect();
    assert_eq!(listed(store).await, expected);
}

pub(crate) async fn a_decision_that_is_forgotten_is_gone_and_its_number_with_it(
    store: &impl Store,
) {
    let all = [1, 2, 3].map(|number| decision(&[(number, "/a"), (9, "/b")]));
    let ids = put(store, &all).await;
    assert!(store.forget_decision(ids[2]).await.unwrap());
    assert!(store.forget_decision(ids[0]).await.unwrap());
    assert!(!store.forget_decision(ids[0]).await.unwrap());
    assert_eq!(listed(store).await, [(ids[1], all[1].clone())]);
    // decided anew, it is a decision of its own
    let anew = put(store, &all[2..]).await[0];
    assert!(anew > ids[2], "{anew}");
    assert!(!store.forget_decision(ids[2]).await.unwrap());
    assert_eq!(
        listed(store).await,
        [(ids[1], all[1].clone()), (anew, all[2].clone())]
    );
}

pub(crate) async fn decisions_outlive_the_pictures_they_are_about(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3))).picture(1).picture(2);
    batch.file("/1", 1).file("/2", 2).put(store).await;
    let all = [
        decision(&[(1, "/1"), (2, "/2")]),
        decision(&[(1, "/1"), (77, "/never seen")]),
    ];
    put(store, &all).await;
    let pruned = store.prune(&paths(&["/1", "/2"])).await.unwrap();
    let (files, contents) = (2, 2);
    let expected = Pruned {
        files,
        contents,
        failures: 0,
    };
    assert_eq!(pruned, expected);
    let kept: Vec<_> = (1..).zip(all).collect();
    assert_eq!(listed(store).await, kept);
    assert_eq!(store.status().await.unwrap().decisions, 2);
}

pub(crate) async fn forgetting_a_decision_harms_no_picture_and_no_run(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3))).picture(1).picture(2);
    batch.file("/1", 1).file("/2", 2).put(store).await;
    let members = &[RunMember {
        path: "1".into(),
        content: hash(1),
        label: None,
        strength: None,
    }];
    let record = &record("dbscan");
    store.record_run(NewRun { record, members }).await.unwrap();
    let mut before = store.status().await.unwrap();
    let id = put(store, &[decision(&[(1, "/1"), (2, "/2")])]).await[0];
    store.forget_decision(id).await.unwrap();
    let mut after = store.status().await.unwrap();
    (before.bytes, after.bytes) = (None, None);
    assert_eq!(before, after);
}

pub(crate) async fn decisions_about_ten_thousand_files_come_back(store: &impl Store) {
    let names: Vec<String> = (0..10_000).map(|at| format!("/{at:05}")).collect();
    let files = |number: fn(usize) -> usize| -> Decision {
        let files: Vec<(usize, &str)> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (number(at), name.as_str()))
            .collect();
        decision(&files)
    };
    let all = [files(|at| at), files(|_| 5)];
    put(store, &all).await;
    let expected: Vec<_> = (1..).zip(all).collect();
    assert!(listed(store).await == expected);
}

pub(crate) async fn ten_thousand_decisions_in_one_call_come_back(store: &impl Store) {
    let mut all: Vec<Decision> = (0..10_000)
        .map(|number| decision(&[(number, "/a"), (number + 1, "/b")]))
        .collect();
    let ids = put(store, &all).await;
    assert_eq!(ids, (1..=10_000).collect::<Vec<u64>>());
    // none is put twice, wherever it stands
    all.reverse();
    let again = put(store, &all).await;
    assert_eq!(again, ids.into_iter().rev().collect::<Vec<u64>>());
    all.reverse();
    let expected: Vec<_> = (1..).zip(all).collect();
    assert!(listed(store).await == expected);
}

pub(crate) async fn many_who_decide_the_same_at_once_get_one_number(store: &impl Store) {
    let all: Vec<Decision> = (0..20)
        .map(|number| decision(&[(number, "/a"), (100, "/b")]))
        .collect();
    let mut backwards = all.clone();
    backwards.reverse();
    let calls = (0..12).map(|call| store.decide(if call % 2 == 0 { &all } else { &backwards }));
    let answers = try_join_all(calls).await.unwrap();
    for (call, mut ids) in answers.iter().cloned().enumerate() {
        if call % 2 == 1 {
            ids.reverse();
        }
        assert_eq!(ids, answers[0]);
    }
    assert_eq!(listed(store).await.len(), 20);
}
