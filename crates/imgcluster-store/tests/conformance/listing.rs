use std::num::NonZeroUsize;

use imgcluster_core::FeatureShape::Signature;
use imgcluster_core::{ContentHash, EmbeddingSpace, Failure, Store};

use crate::fixtures::{Batch, DECODER, hash, hashes, paths, space, vector};

/// Lists all contents of a space in pages of this many.
async fn contents(store: &impl Store, space: &EmbeddingSpace, page: usize) -> Vec<ContentHash> {
    let (mut all, limit) = (Vec::new(), NonZeroUsize::new(page).unwrap());
    loop {
        let after = all.last().copied();
        let found = store.contents_in(space, after, limit).await.unwrap();
        assert!(found.len() <= page);
        if found.is_empty() {
            return all;
        }
        // only the last page is short
        assert!(all.len() % page == 0);
        all.extend(found);
    }
}

/// Lists all failures in pages of this many.
async fn failures(store: &impl Store, page: usize) -> Vec<Failure> {
    let (mut all, limit) = (Vec::new(), NonZeroUsize::new(page).unwrap());
    loop {
        let found = store.failures(all.last(), limit).await.unwrap();
        assert!(found.len() <= page);
        if found.is_empty() {
            return all;
        }
        assert!(all.len() % page == 0);
        all.extend(found);
    }
}

fn failure(number: usize, decoder: &str, reason: &str) -> Failure {
    Failure {
        content: hash(number),
        decoder: decoder.to_owned(),
        reason: reason.to_owned(),
    }
}

fn sorted(numbers: impl IntoIterator<Item = usize>) -> Vec<ContentHash> {
    let mut hashes: Vec<_> = numbers.into_iter().map(hash).collect();
    hashes.sort_by_key(|hash| hash.0);
    hashes
}

/// Hashes at both ends of the order, and between.
const ENDS: [ContentHash; 3] = [
    ContentHash([0; 32]),
    ContentHash([0x80; 32]),
    ContentHash([0xff; 32]),
];

pub(crate) async fn an_empty_store_lists_nothing(store: &impl Store) {
    let space = space("m", vector(3));
    assert_eq!(contents(store, &space, 1).await, []);
    assert_eq!(failures(store, 1).await, []);
    for end in ENDS {
        let limit = NonZeroUsize::MAX;
        let found = store.contents_in(&space, Some(end), limit).await.unwrap();
        assert_eq!(found, []);
        let after = Failure {
            content: end,
            ..failure(0, DECODER, "")
        };
        assert_eq!(store.failures(Some(&after), limit).await.unwrap(), []);
    }
}

pub(crate) async fn contents_come_in_bytewise_order_and_page_by_page(store: &impl Store) {
    for shape in [vector(3), Signature] {
        let space = space("m", shape);
        let mut batch = Batch::new(&space);
        for number in 0..10 {
            batch = batch.picture(number);
        }
        for (new, end) in batch.contents.iter_mut().zip(ENDS) {
            new.hash = end;
        }
        batch.put(store).await;
        let mut all = sorted(3..10);
        all.extend(ENDS);
        all.sort_by_key(|hash| hash.0);
        for page in [1, 2, 3, 7, 9, 10, 11, usize::MAX] {
            assert_eq!(contents(store, &space, page).await, all, "{page} a page");
        }
        // from a hash that is not stored
        let after = ContentHash([0xfe; 32]);
        let rest = store.contents_in(&space, Some(after), NonZeroUsize::MAX);
        assert_eq!(rest.await.unwrap(), [ENDS[2]]);
    }
}

pub(crate) async fn a_content_is_listed_in_the_spaces_it_has_a_feature_in(store: &impl Store) {
    let first = space("a", vector(3));
    let spaces = [
        first.clone(),
        space("b", vector(3)),
        space("a", vector(4)),
        space("a", Signature),
        EmbeddingSpace {
            weights: hash(7),
            ..first.clone()
        },
        EmbeddingSpace {
            preprocess: hash(7),
            ..first
        },
    ];
    for (number, space) in spaces.iter().enumerate() {
        let batch = Batch::new(space).picture(100).picture(number);
        batch
            .file("/undecoded", 50)
            .failure(51, "torn")
            .put(store)
            .await;
    }
    for (number, space) in spaces.iter().enumerate() {
        assert_eq!(contents(store, space, 1).await, sorted([100, number]));
    }
}

pub(crate) async fn failures_come_by_content_and_decoder_and_page_by_page(store: &impl Store) {
    let space = space("m", vector(3));
    // bytewise, capitals come before small letters and those before others
    let decoders = ["", "Z", "a", "a 2", "b", "ü"];
    for decoder in decoders.iter().rev() {
        let mut batch = Batch::new(&space).decoder(decoder);
        for number in 0..4 {
            batch = batch.failure(number, &format!("{number} in „{decoder}“"));
        }
        batch.put(store).await;
    }
    let mut expected: Vec<Failure> = (0..4)
        .flat_map(|number| decoders.map(|decoder| (number, decoder)))
        .map(|(number, decoder)| failure(number, decoder, &format!("{number} in „{decoder}“")))
        .collect();
    expected.sort_by_key(|failure| (failure.content.0, failure.decoder.as_bytes().to_vec()));
    for page in [1, 2, 5, 6, 7, 23, 24, 25, usize::MAX] {
        assert_eq!(failures(store, page).await, expected, "{page} a page");
    }
    // from one that is not stored, whatever its reason
    let after = Failure {
        decoder: "a 1".to_owned(),
        reason: "zzz".to_owned(),
        ..expected[6].clone()
    };
    let two = NonZeroUsize::new(2).unwrap();
    let found = store.failures(Some(&after), two).await.unwrap();
    assert_eq!(found, expected[9..11]);
}

pub(crate) async fn a_failure_is_listed_though_another_decoder_reads_the_content(
    store: &impl Store,
) {
    let space = space("m", vector(3));
    Batch::new(&space).failure(1, "torn").put(store).await;
    let other = Batch::new(&space).decoder("other");
    other.picture(1).put(store).await;
    assert_eq!(failures(store, 9).await, [failure(1, DECODER, "torn")]);
    assert_eq!(contents(store, &space, 9).await, hashes(&[1]));
}

pub(crate) async fn what_is_over_or_forgotten_is_not_listed(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).failure(1, "torn").failure(2, "torn");
    let batch = batch.failure(3, "torn").picture(4).picture(5);
    let batch = batch.file("/2", 2).file("/3", 3).file("/4", 4);
    batch.file("/5", 5).put(store).await;
    Batch::new(&space).picture(2).put(store).await;
    store.prune(&paths(&["/4"])).await.unwrap();
    assert_eq!(failures(store, 1).await, [failure(3, DECODER, "torn")]);
    assert_eq!(contents(store, &space, 1).await, sorted([2, 5]));
}

pub(crate) async fn twenty_thousand_contents_and_failures_are_each_listed_once(store: &impl Store) {
    let (kept, other) = (space("kept", vector(2)), space("other", vector(2)));
    for (space, numbers) in [(&kept, 0..20_000), (&other, 10_000..30_000)] {
        let mut batch = Batch::new(space);
        for number in numbers {
            batch = batch.picture(number).failure(number + 100_000, "torn");
        }
        batch.put(store).await;
    }
    assert!(contents(store, &kept, 999).await == sorted(0..20_000));
    assert!(contents(store, &other, 8192).await == sorted(10_000..30_000));
    let listed = failures(store, 8191).await;
    let listed: Vec<ContentHash> = listed.iter().map(|failure| failure.content).collect();
    assert!(listed == sorted(100_000..130_000));
}
