use std::path::PathBuf;

use imgcluster_core::FeatureShape::Signature;
use imgcluster_core::{Content, EmbeddingSpace, Features, Known, Matrix, NewContent, Store};

use crate::fixtures::{
    Batch, DECODER, feature, features, hash, hashes, known_file, paths, space, vector,
};

pub(crate) async fn features_load_in_the_order_asked_and_as_often(store: &impl Store) {
    for shape in [vector(5), Signature] {
        let space = space("m", shape);
        let batch = Batch::new(&space).picture(1).picture(2).picture(3);
        batch.put(store).await;
        for asked in [&[][..], &[2], &[3, 1, 2], &[2, 2], &[1, 3, 1, 3, 2, 1]] {
            let loaded = store.load(&space, &hashes(asked)).await.unwrap();
            assert_eq!(loaded, features(shape, asked));
        }
    }
}

pub(crate) async fn putting_twice_changes_nothing(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).file("/a", 1).file("/b", 2).picture(1);
    let batch = batch.failure(2, "torn");
    batch.put(store).await;
    let before = store.status().await.unwrap();
    batch.put(store).await;
    let after = store.status().await.unwrap();
    assert_eq!((before.files, before.contents, before.failures), (2, 1, 1));
    assert_eq!((after.files, after.contents, after.failures), (2, 1, 1));
    assert_eq!(before.spaces, after.spaces);
    let loaded = store.load(&space, &[hash(1)]).await.unwrap();
    assert_eq!(loaded, features(space.shape, &[1]));
}

pub(crate) async fn the_first_feature_of_a_content_stays(store: &impl Store) {
    let space = space("m", vector(3));
    Batch::new(&space).picture(1).put(store).await;
    let other = Batch::new(&space).picture_with(1, None, feature(space.shape, 9));
    other.picture(2).put(store).await;
    let loaded = store.load(&space, &hashes(&[1, 2])).await.unwrap();
    assert_eq!(loaded, features(space.shape, &[1, 2]));
}

pub(crate) async fn a_content_twice_in_a_batch_is_stored_once(store: &impl Store) {
    let space = space("m", vector(3));
    let batch = Batch::new(&space).picture(1).picture(2);
    let other = feature(space.shape, 9);
    batch.picture_with(1, None, other).put(store).await;
    let loaded = store.load(&space, &hashes(&[1, 2])).await.unwrap();
    assert_eq!(loaded, features(space.shape, &[1, 2]));
    assert_eq!(store.status().await.unwrap().spaces, [(space, 2)]);
}

pub(crate) async fn a_content_that_is_not_stored_is_an_error_that_names_it(store: &impl Store) {
    let stored = space("m", vector(3));
    let batch = Batch::new(&stored).file("/a", 2).failure(3, "torn");
    batch.picture(1).put(store).await;
    let other = space("other", vector(3));
    for (space, asked, missing) in [
        (&stored, &[1, 7][..], 7),
        (&stored, &[2, 1], 2),
        (&stored, &[1, 1, 3], 3),
        (&other, &[1], 1),
    ] {
        let error = store.load(space, &hashes(asked)).await.unwrap_err();
        assert!(error.to_string().contains(&hash(missing).to_string()));
        assert!(error.to_string().contains(&space.model));
    }
}

pub(crate) async fn spaces_that_differ_in_anything_live_side_by_side(store: &impl Store) {
    let first = space("a", vector(4));
    let spaces = [
        first.clone(),
        EmbeddingSpace {
            model: "b".to_owned(),
            ..first.clone()
        },
        EmbeddingSpace {
            weights: hash(7),
            ..first.clone()
        },
        EmbeddingSpace {
            preprocess: hash(7),
            ..first.clone()
        },
        space("a", vector(5)),
        space("a", Signature),
    ];
    for (number, space) in spaces.iter().enumerate() {
        let known = store.known(space, DECODER, &[hash(0)]).await.unwrap();
        assert_eq!(known, [Known::Missing]);
        let own = feature(space.shape, number + 1);
        let batch = Batch::new(space).picture_with(0, None, own);
        batch.put(store).await;
        let known = store.known(space, DECODER, &hashes(&[0, 1])).await.unwrap();
        assert_eq!(known, [Known::Present, Known::Missing]);
    }
    for (number, space) in spaces.iter().enumerate() {
        let loaded = store.load(space, &[hash(0)]).await.unwrap();
        assert_eq!(loaded, feature(space.shape, number + 1));
        // what is put into one is in no other
        Batch::new(space).picture(100 + number).put(store).await;
        for (other, space) in spaces.iter().enumerate() {
            let content = [hash(100 + number)];
            let known = store.known(space, DECODER, &content).await.unwrap();
            assert_eq!(known == [Known::Present], other == number);
        }
    }
}

pub(crate) async fn signatures_of_any_length_come_back(store: &impl Store) {
    let space = space("m", Signature);
    let lengths = [0, 1, 7, 8, 255, 70_000];
    let signatures: Vec<Vec<u8>> = lengths
        .iter()
        .map(|&length| (0..length).map(|at| (at * 3) as u8).collect())
        .collect();
    let mut batch = Batch::new(&space);
    for (number, signature) in signatures.iter().enumerate() {
        let own = Features::Signatures(vec![signature.clone()]);
        batch = batch.picture_with(number, None, own);
    }
    batch.put(store).await;
    let loaded = store.load(&space, &hashes(&[0, 1, 2, 3, 4, 5])).await;
    assert_eq!(loaded.unwrap(), Features::Signatures(signatures));
}

pub(crate) async fn a_batch_in_which_everything_is_empty_comes_back(store: &impl Store) {
    let space = space("m", Signature);
    let empty = Features::Signatures(vec![vec![]]);
    let batch = Batch::new(&space).picture_with(1, Some(vec![]), empty.clone());
    batch.failure(2, "").put(store).await;
    assert_eq!(store.load(&space, &[hash(1)]).await.unwrap(), empty);
    let kept = store.contents(&[hash(1)], true).await.unwrap().remove(0);
    assert_eq!(kept.unwrap().thumbnail, Some(vec![]));
    let known = store.known(&space, DECODER, &[hash(2)]).await.unwrap();
    assert_eq!(known, [Known::Failed(String::new())]);
}

pub(crate) async fn every_finite_value_comes_back_bit_for_bit(store: &impl Store) {
    let values = [
        -0.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        0.1,
        f32::EPSILON,
    ];
    let space = space("m", vector(values.len()));
    let rows = Matrix::new(values.to_vec(), values.len()).unwrap();
    let batch = Batch::new(&space).picture_with(1, None, Features::Vectors(rows));
    batch.put(store).await;
    let Features::Vectors(rows) = store.load(&space, &[hash(1)]).await.unwrap() else {
        panic!("vectors were stored");
    };
    assert_eq!(
        rows.into_values()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>(),
        values.map(f32::to_bits)
    );
}

pub(crate) async fn features_that_do_not_fit_are_refused_with_the_whole_batch(store: &impl Store) {
    let good = Batch::new(&space("m", vector(3))).file("/a", 1).picture(1);
    for wrong in [
        Features::empty(vector(3)),
        features(vector(3), &[1, 2]),
        features(vector(4), &[1]),
        features(Signature, &[1]),
    ] {
        let bad = Batch {
            features: wrong,
            ..good.clone()
        };
        assert!(store.put(bad.as_put()).await.is_err());
        assert_eq!(store.files(&paths(&["/a"])).await.unwrap(), [None]);
    }
    good.put(store).await;
    assert_eq!(
        store.files(&paths(&["/a"])).await.unwrap(),
        [Some(known_file(1))]
    );
}

pub(crate) async fn forty_thousand_contents_fit_in_one_call(store: &impl Store) {
    let space = space("m", vector(2));
    let all: Vec<usize> = (0..40_000).collect();
    let mut batch = Batch::new(&space);
    for &number in &all {
        let content = Content {
            width: number as u32,
            height: 1,
            thumbnail: None,
        };
        let hash = hash(number);
        batch.contents.push(NewContent { hash, content });
        let path = PathBuf::from(format!("/pictures/{number}"));
        batch.files.push((path, known_file(number)));
    }
    batch.features = features(space.shape, &all);
    batch.put(store).await;

    let mut asked = all;
    asked.reverse();
    let keys = hashes(&asked);
    let known = store.known(&space, DECODER, &keys).await.unwrap();
    assert!(known.iter().all(|known| *known == Known::Present));
    let loaded = store.load(&space, &keys).await.unwrap();
    assert!(loaded == features(space.shape, &asked));
    let contents = store.contents(&keys, false).await.unwrap();
    let widths = contents
        .iter()
        .map(|content| content.as_ref().unwrap().width);
    assert!(widths.eq(asked.iter().map(|&number| number as u32)));
    let names: Vec<PathBuf> = batch.files.iter().map(|(path, _)| path.clone()).collect();
    let files = store.files(&names).await.unwrap();
    assert!(
        files
            .iter()
            .copied()
            .eq((0..40_000).map(|n| Some(known_file(n))))
    );
}
