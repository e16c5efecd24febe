use std::path::PathBuf;

use imgcluster_core::{ClusterId, NewRun, RunMember, Store, StoredRun};

use crate::fixtures::{hash, record};

fn member(path: &str, label: Option<u32>, strength: Option<f32>) -> RunMember {
    RunMember {
        path: PathBuf::from(path),
        content: hash(path.len()),
        label: label.map(ClusterId),
        strength,
    }
}

async fn remember(store: &impl Store, algorithm: &str, members: &[RunMember]) -> u64 {
    let record = &record(algorithm);
    store.record_run(NewRun { record, members }).await.unwrap()
}

fn stored(id: u64, algorithm: &str) -> StoredRun {
    let record = record(algorithm);
    StoredRun { id, record }
}

pub(crate) async fn runs_are_listed_newest_first(store: &impl Store) {
    for (id, algorithm) in (1..).zip(["threshold", "dbscan", "hdbscan"]) {
        assert_eq!(remember(store, algorithm, &[]).await, id);
    }
    let listed = store.runs().await.unwrap();
    let newest = stored(3, "hdbscan");
    assert_eq!(
        listed,
        [newest, stored(2, "dbscan"), stored(1, "threshold")]
    );
}

pub(crate) async fn members_come_in_the_bytewise_order_of_their_paths(store: &impl Store) {
    // ordered by their parts, "a/b" would come before "a.b"
    let ordered = [
        member("a-b", Some(0), Some(0.1)),
        member("a.b", None, None),
        member("a/b", Some(u32::MAX), Some(f32::MIN_POSITIVE)),
        member("a/b", Some(1), Some(1.0)),
        member("b", Some(7), None),
        member("ü", None, Some(0.0)),
    ];
    let shuffled = [4, 2, 0, 5, 3, 1].map(|at| ordered[at].clone());
    remember(store, "other", &[member("z", None, None)]).await;
    let id = remember(store, "dbscan", &shuffled).await;
    let (run, members) = store.run(id).await.unwrap().unwrap();
    assert_eq!(run, stored(id, "dbscan"));
    assert_eq!(members, ordered);
}

pub(crate) async fn a_run_of_nothing_is_remembered(store: &impl Store) {
    let id = remember(store, "dbscan", &[]).await;
    let nothing = Some((stored(id, "dbscan"), vec![]));
    assert_eq!(store.run(id).await.unwrap(), nothing);
    assert_eq!(store.status().await.unwrap().runs, 1);
}

pub(crate) async fn a_run_of_ten_thousand_files_is_remembered(store: &impl Store) {
    let members: Vec<RunMember> = (0..10_000)
        .map(|at| member(&format!("pictures/{at:05}"), Some(at % 100), Some(0.5)))
        .collect();
    let id = remember(store, "kmeans", &members).await;
    let (_, loaded) = store.run(id).await.unwrap().unwrap();
    assert!(loaded == members);
}

pub(crate) async fn a_run_that_is_not_remembered_is_none(store: &impl Store) {
    remember(store, "dbscan", &[]).await;
    for id in [0, 2, u64::MAX] {
        assert_eq!(store.run(id).await.unwrap(), None);
    }
}
