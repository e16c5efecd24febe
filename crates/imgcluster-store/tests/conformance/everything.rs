//! A store with something of everything in it, and everything that a store holds.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use imgcluster_core::FeatureShape::Signature;
use imgcluster_core::{
    ClusterId, Content, ContentHash, Decision, EmbeddingSpace, Failure, Features, KnownFile,
    Matrix, NewRun, RunMember, RunRecord, Store,
};

use crate::fixtures::{Batch, DECODER, decision, feature, hash, odd_path, record, space, vector};

/// Everything that a store holds, but for the numbers of its runs and decisions.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    pub(crate) files: Vec<(PathBuf, KnownFile)>,
    pub(crate) spaces: Vec<(EmbeddingSpace, Vec<Picture>)>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) runs: Vec<(RunRecord, Vec<RunMember>)>,
    pub(crate) decisions: Vec<Decision>,
}

pub(crate) type Picture = (ContentHash, Content, Bits);

#[derive(Debug, PartialEq)]
pub(crate) enum Bits {
    Vector(Vec<u32>),
    Signature(Vec<u8>),
}

pub(crate) async fn everything(store: &impl Store) -> Everything {
    let paths = store.known_files(None).await.unwrap();
    let files = store.files(&paths).await.unwrap();
    let mut spaces = Vec::new();
    for (space, _) in store.status().await.unwrap().spaces {
        let hashes = store.contents_in(&space, None, NonZeroUsize::MAX);
        let hashes = hashes.await.unwrap();
        let contents = store.contents(&hashes, true).await.unwrap();
        let bits: Vec<Bits> = match store.load(&space, &hashes).await.unwrap() {
            Features::Vectors(rows) => {
                let bits = |row: &[f32]| row.iter().map(|value| value.to_bits()).collect();
                rows.view().iter().map(bits).map(Bits::Vector).collect()
            }
            Features::Signatures(all) => all.into_iter().map(Bits::Signature).collect(),
        };
        let all = hashes.into_iter().zip(contents).zip(bits);
        let all = all.map(|((hash, content), bits)| (hash, content.unwrap(), bits));
        spaces.push((space, all.collect()));
    }
    let mut runs = Vec::new();
    for run in store.runs().await.unwrap() {
        let (run, members) = store.run(run.id).await.unwrap().unwrap();
        runs.push((run.record, members));
    }
    let decisions = store.decisions().await.unwrap().into_iter();
    let files = files.into_iter().map(Option::unwrap);
    Everything {
        files: paths.into_iter().zip(files).collect(),
        spaces,
        failures: store.failures(None, NonZeroUsize::MAX).await.unwrap(),
        runs,
        decisions: decisions.map(|stored| stored.decision).collect(),
    }
}

pub(crate) fn member(path: &str, label: Option<u32>, strength: Option<f32>) -> RunMember {
    RunMember {
        path: PathBuf::from(path),
        content: hash(path.len()),
        label: label.map(ClusterId),
        strength,
    }
}

pub(crate) const THUMBNAIL: &[u8] = b"\xff\xd8 not really a picture \0\xff";

pub(crate) fn spaces() -> [EmbeddingSpace; 4] {
    let first = space("classic", vector(7));
    let weights = hash(7);
    [
        EmbeddingSpace {
            weights,
            ..first.clone()
        },
        first,
        space("clip", vector(3)),
        space("orb", Signature),
    ]
}

/// Three decisions, of which one is about copies only.
fn decisions() -> Vec<Decision> {
    let odd = [(hash(1), Some(odd_path())), (hash(77), None)];
    vec![
        decision(&[(2, "/a/2"), (1, "/a/1"), (1, "/copy of 1")]),
        Decision::of_files(odd, "2025-12-31T23:59:59.5+01:00").unwrap(),
        decision(&[(1, "/a/1"), (1, "/copy of 1")]),
    ]
}

/// Puts something of every kind: 7 files, 17 features, 4 failures, 4 runs and 3 decisions.
pub(crate) async fn fill(store: &impl Store) {
    let extreme = [
        -0.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        0.1,
        0.0,
    ];
    for space in &spaces() {
        let mut batch = Batch::new(space)
            .picture(1)
            .file("/a/1", 1)
            .file("/copy of 1", 1);
        let own = feature(space.shape, 2);
        batch = batch
            .picture_with(2, Some(THUMBNAIL.to_vec()), own)
            .file("/a/2", 2);
        batch = batch.picture_with(3, Some(vec![]), feature(space.shape, 3));
        // no file has it
        batch = batch.picture(4);
        batch.file("/a/never decoded", 9).put(store).await;
    }
    let rows = Matrix::new(extreme.to_vec(), 7).unwrap();
    let batch = Batch::new(&spaces()[1]).picture_with(5, None, Features::Vectors(rows));
    batch.file("/ü 5,\n\"", 5).put(store).await;
    for decoder in [DECODER, "", "z"] {
        let batch = Batch::new(&spaces()[2]).decoder(decoder).file("/torn", 10);
        batch
            .failure(10, &format!("„torn“ in {decoder}"))
            .put(store)
            .await;
    }
    // another decoder reads it
    Batch::new(&spaces()[0])
        .decoder("z")
        .failure(1, "torn")
        .put(store)
        .await;
    Batch::new(&spaces()[0])
        .file(odd_path(), 2)
        .put(store)
        .await;

    let members = [member("b", None, None), member("a/b", Some(3), Some(0.1))];
    for (algorithm, members) in [
        ("dbscan", &members[..]),
        ("nothing", &[]),
        // the same command twice within a second, with other results
        ("dbscan", &members[..1]),
        ("dbscan", &members[1..]),
    ] {
        let record = &record(algorithm);
        store.record_run(NewRun { record, members }).await.unwrap();
    }
    store.decide(&decisions()).await.unwrap();
}
