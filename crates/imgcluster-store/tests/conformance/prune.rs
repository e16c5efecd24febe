use imgcluster_core::FeatureShape::Signature;
use imgcluster_core::{Known, NewRun, Pruned, RunMember, Store};

use crate::fixtures::{Batch, DECODER, features, hash, hashes, paths, record, space, vector};

pub(crate) async fn pruning_an_empty_store_removes_nothing(store: &impl Store) {
    assert_eq!(store.prune(&[]).await.unwrap(), Pruned::default());
    let never_there = store.prune(&paths(&["/a"])).await.unwrap();
    assert_eq!(never_there, Pruned::default());
}

pub(crate) async fn pruning_forgets_only_what_no_file_has(store: &impl Store) {
    let (vectors, signatures) = (space("v", vector(3)), space("s", Signature));
    for space in [&vectors, &signatures] {
        let batch = Batch::new(space).picture(1).picture(2);
        let batch = batch.file("/a/1", 1).file("/a/2", 2).file("/a/3", 3);
        let batch = batch.failure(3, "torn").failure(4, "torn");
        batch.file("/a/4", 4).put(store).await;
    }
    let gone = paths(&["/a/2", "/a/3", "/a/2", "/elsewhere"]);
    let pruned = store.prune(&gone).await.unwrap();
    let (files, contents, failures) = (2, 1, 1);
    let expected = Pruned {
        files,
        contents,
        failures,
    };
    assert_eq!(pruned, expected);
    assert_eq!(
        store.known_files(None).await.unwrap(),
        paths(&["/a/1", "/a/4"])
    );
    for space in [&vectors, &signatures] {
        let known = store.known(space, DECODER, &hashes(&[1, 2, 3, 4])).await;
        let torn = Known::Failed("torn".to_owned());
        let expected = [Known::Present, Known::Missing, Known::Missing, torn];
        assert_eq!(known.unwrap(), expected);
        assert!(store.load(space, &[hash(2)]).await.is_err());
        let loaded = store.load(space, &[hash(1)]).await.unwrap();
        assert_eq!(loaded, features(space.shape, &[1]));
    }
    let kept = store.contents(&hashes(&[1, 2]), false).await.unwrap();
    assert!(kept[0].is_some() && kept[1].is_none());
    assert_eq!(store.prune(&gone).await.unwrap(), Pruned::default());
}

pub(crate) async fn a_content_stays_as_long_as_one_file_has_it(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).picture(1).file("/a", 1).file("/copy", 1);
    batch.put(store).await;
    let first = store.prune(&paths(&["/a"])).await.unwrap();
    assert_eq!((first.files, first.contents), (1, 0));
    assert!(store.load(&space, &[hash(1)]).await.is_ok());
    let second = store.prune(&paths(&["/copy"])).await.unwrap();
    assert_eq!((second.files, second.contents), (1, 1));
}

pub(crate) async fn pruning_no_files_still_removes_orphans(store: &impl Store) {
    let space = space("m", vector(3));
    Batch::new(&space).picture(1).file("/a", 1).put(store).await;
    Batch::new(&space)
        .file("/a", 2)
        .failure(3, "torn")
        .put(store)
        .await;
    assert_eq!(store.status().await.unwrap().orphans, 1);
    let pruned = store.prune(&[]).await.unwrap();
    let (files, contents, failures) = (0, 1, 1);
    let expected = Pruned {
        files,
        contents,
        failures,
    };
    assert_eq!(pruned, expected);
    let status = store.status().await.unwrap();
    assert_eq!((status.files, status.contents, status.orphans), (1, 0, 0));
    assert_eq!((status.failures, status.spaces), (0, vec![]));
}

pub(crate) async fn runs_outlive_what_they_were_about(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3))).picture(1);
    batch.file("/a", 1).put(store).await;
    let members = [RunMember {
        path: "a".into(),
        content: hash(1),
        label: None,
        strength: None,
    }];
    let (record, members) = (&record("dbscan"), &members);
    let id = store.record_run(NewRun { record, members }).await.unwrap();
    store.prune(&paths(&["/a"])).await.unwrap();
    let (_, kept) = store.run(id).await.unwrap().unwrap();
    assert_eq!(kept, members);
}

pub(crate) async fn what_was_forgotten_can_be_put_again(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).picture(1).picture(2);
    let batch = batch.file("/a", 1).file("/b", 2);
    batch.put(store).await;
    store.prune(&paths(&["/a"])).await.unwrap();
    batch.put(store).await;
    let loaded = store.load(&space, &hashes(&[1, 2])).await.unwrap();
    assert_eq!(loaded, features(space.shape, &[1, 2]));
    assert_eq!(store.status().await.unwrap().orphans, 0);
}

pub(crate) async fn the_status_counts_everything(store: &impl Store) {
    let (b, a, none) = (
        space("b", vector(3)),
        space("a", Signature),
        space("0", vector(3)),
    );
    let batch = Batch::new(&b).picture(1).picture(2).picture(3);
    batch
        .file("/1", 1)
        .file("/2", 2)
        .file("/4", 4)
        .put(store)
        .await;
    Batch::new(&a).picture(1).put(store).await;
    Batch::new(&none).failure(4, "torn").put(store).await;
    let status = store.status().await.unwrap();
    assert_eq!((status.files, status.contents, status.orphans), (3, 3, 1));
    assert_eq!((status.failures, status.runs), (1, 0));
    assert_eq!(status.spaces, [(a, 1), (b, 3)]);
}
