use imgcluster_core::{EmbeddingSpace, Known, Store};

use crate::fixtures::{Batch, DECODER, hash, hashes, space, vector};

async fn known(store: &impl Store, space: &EmbeddingSpace, decoder: &str) -> Known {
    let mut known = store.known(space, decoder, &[hash(1)]).await.unwrap();
    known.remove(0)
}

fn failed(reason: &str) -> Known {
    Known::Failed(reason.to_owned())
}

pub(crate) async fn a_failure_counts_only_for_the_decoder_it_happened_in(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).failure(1, "ends early: 3 of 9 bytes – „torn“");
    batch.picture(3).put(store).await;
    let now = failed("ends early: 3 of 9 bytes – „torn“");
    assert_eq!(known(store, &space, DECODER).await, now);
    assert_eq!(known(store, &space, "decoder 2").await, Known::Missing);
    let all = store.known(&space, DECODER, &hashes(&[2, 1, 3, 1])).await;
    assert_eq!(
        all.unwrap(),
        [Known::Missing, now.clone(), Known::Present, now]
    );

    let newer = Batch::new(&space)
        .decoder("decoder 2")
        .failure(1, "unknown");
    newer.put(store).await;
    assert_eq!(known(store, &space, "decoder 2").await, failed("unknown"));
    assert_eq!(store.status().await.unwrap().failures, 1);
}

pub(crate) async fn a_failure_counts_in_every_space(store: &impl Store) {
    let batch = Batch::new(&space("first", vector(3)));
    batch.failure(1, "torn").put(store).await;
    let second = space("second", vector(4));
    assert_eq!(known(store, &second, DECODER).await, failed("torn"));
}

pub(crate) async fn the_first_reason_stays(store: &impl Store) {
    let space = space("m", vector(3));
    for reason in ["first", "second"] {
        Batch::new(&space).failure(1, reason).put(store).await;
    }
    assert_eq!(known(store, &space, DECODER).await, failed("first"));
}

pub(crate) async fn a_failure_is_over_once_its_decoder_reads_the_content(store: &impl Store) {
    let (first, second) = (space("first", vector(3)), space("second", vector(3)));
    for decoder in [DECODER, "other"] {
        let batch = Batch::new(&first).decoder(decoder);
        batch.failure(1, "torn").failure(2, "torn").put(store).await;
    }
    Batch::new(&first).picture(1).put(store).await;
    assert_eq!(known(store, &first, DECODER).await, Known::Present);
    assert_eq!(known(store, &second, DECODER).await, Known::Missing);
    assert_eq!(known(store, &second, "other").await, failed("torn"));
    let other = store.known(&first, DECODER, &[hash(2)]).await.unwrap();
    assert_eq!(other, [failed("torn")]);
    assert_eq!(store.status().await.unwrap().failures, 1);
}

pub(crate) async fn a_stored_feature_counts_more_than_a_failure(store: &impl Store) {
    let space = space("m", vector(3));
    Batch::new(&space).picture(1).put(store).await;
    Batch::new(&space).failure(1, "torn").put(store).await;
    assert_eq!(known(store, &space, DECODER).await, Known::Present);
    assert_eq!(store.status().await.unwrap().failures, 0);
}
