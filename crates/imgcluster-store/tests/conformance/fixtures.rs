//! Stores to try, and things to put into them.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    Content, ContentHash, Decision, EmbeddingSpace, FeatureShape, FeatureShape::Signature,
    Features, FileStamp, KnownFile, Matrix, NewContent, PutBatch, RunCounts, RunRecord, Store,
    Wait,
};
use imgcluster_store::{MemoryStore, Runtime, SqliteStore};

pub(crate) const DECODER: &str = "decoder 1";

pub(crate) fn with_memory_store(test: impl AsyncFnOnce(&MemoryStore)) {
    let store = MemoryStore::default();
    Runtime::new().unwrap().wait(test(&store));
}

pub(crate) fn with_sqlite_store(test: impl AsyncFnOnce(&SqliteStore)) {
    let folder = tempfile::tempdir().unwrap();
    Runtime::new().unwrap().wait(async {
        let path = folder.path().join("store.db");
        let store = SqliteStore::open(&path).await.unwrap();
        test(&store).await;
        store.close().await;
    });
}

/// A hash of its own for each number.
pub(crate) fn hash(number: usize) -> ContentHash {
    let mut bytes = [0xa5; 32];
    // spread over the first bytes, as hashes are
    let spread = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes[..8].copy_from_slice(&spread.to_be_bytes());
    ContentHash(bytes)
}

pub(crate) fn hashes(numbers: &[usize]) -> Vec<ContentHash> {
    numbers.iter().map(|&number| hash(number)).collect()
}

pub(crate) fn vector(dim: usize) -> FeatureShape {
    FeatureShape::Vector(NonZeroUsize::new(dim).unwrap())
}

pub(crate) fn space(model: &str, shape: FeatureShape) -> EmbeddingSpace {
    EmbeddingSpace {
        model: model.to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        shape,
    }
}

/// The feature that the picture of this number has.
pub(crate) fn feature(shape: FeatureShape, number: usize) -> Features {
    let byte = |at: usize| (number * 31 + at * 7) as u8;
    match shape {
        FeatureShape::Vector(dim) => {
            let values = (0..dim.get()).map(|at| f32::from(byte(at)) / 8.0 - 9.0);
            Features::Vectors(Matrix::new(values.collect(), dim.get()).unwrap())
        }
        Signature => Features::Signatures(vec![(0..number % 9).map(byte).collect()]),
    }
}

pub(crate) fn features(shape: FeatureShape, numbers: &[usize]) -> Features {
    let mut all = Features::empty(shape);
    for &number in numbers {
        append(&mut all, feature(shape, number));
    }
    all
}

fn append(all: &mut Features, one: Features) {
    match (all, one) {
        (Features::Vectors(all), Features::Vectors(one)) => all.append(&one).unwrap(),
        (Features::Signatures(all), Features::Signatures(one)) => all.extend(one),
        _ => panic!("one shape only"),
    }
}

pub(crate) fn known_file(number: usize) -> KnownFile {
    KnownFile {
        stamp: FileStamp {
            size: number as u64,
            modified_ns: 1_000_000_007 * (number as u32 as i64),
            inode: number as u64 + 5,
        },
        content: hash(number),
    }
}

pub(crate) fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

/// A decision about files, given by the numbers of their contents and their paths.
pub(crate) fn decision(files: &[(usize, &str)]) -> Decision {
    let files = files.iter();
    let files = files.map(|&(number, path)| (hash(number), Some(PathBuf::from(path))));
    Decision::of_files(files, "2026-01-02T03:04:05Z").unwrap()
}

/// A path that is not UTF-8, where there are such paths.
#[cfg(unix)]
pub(crate) fn odd_path() -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(b"/not \xff utf-8").into()
}

/// A path that is not UTF-8, where there are such paths.
#[cfg(not(unix))]
pub(crate) fn odd_path() -> PathBuf {
    "/utf-8".into()
}

/// A batch under construction.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) space: EmbeddingSpace,
    pub(crate) decoder: String,
    pub(crate) files: Vec<(PathBuf, KnownFile)>,
    pub(crate) contents: Vec<NewContent>,
    pub(crate) features: Features,
    pub(crate) failures: Vec<(ContentHash, String)>,
}

impl Batch {
    pub(crate) fn new(space: &EmbeddingSpace) -> Self {
        Self {
            space: space.clone(),
            decoder: DECODER.to_owned(),
            files: Vec::new(),
            contents: Vec::new(),
            features: Features::empty(space.shape),
            failures: Vec::new(),
        }
    }

    pub(crate) fn decoder(mut self, decoder: &str) -> Self {
        decoder.clone_into(&mut self.decoder);
        self
    }

    pub(crate) fn file(mut self, path: impl AsRef<Path>, number: usize) -> Self {
        let file = (path.as_ref().to_owned(), known_file(number));
        self.files.push(file);
        self
    }

    pub(crate) fn picture(self, number: usize) -> Self {
        let own = feature(self.space.shape, number);
        self.picture_with(number, None, own)
    }

    pub(crate) fn picture_with(
        mut self,
        number: usize,
        thumbnail: Option<Vec<u8>>,
        feature: Features,
    ) -> Self {
        let content = Content {
            width: number as u32 + 10,
            height: number as u32 + 20,
            thumbnail,
        };
        let hash = hash(number);
        self.contents.push(NewContent { hash, content });
        append(&mut self.features, feature);
        self
    }

    pub(crate) fn failure(mut self, number: usize, reason: &str) -> Self {
        self.failures.push((hash(number), reason.to_owned()));
        self
    }

    pub(crate) fn as_put(&self) -> PutBatch<'_> {
        PutBatch {
            space: &self.space,
            decoder: &self.decoder,
            files: &self.files,
            contents: &self.contents,
            features: &self.features,
            failures: &self.failures,
        }
    }

    pub(crate) async fn put(&self, store: &impl Store) {
        store.put(self.as_put()).await.unwrap();
    }
}

pub(crate) fn record(algorithm: &str) -> RunRecord {
    RunRecord {
        tool: "imgcluster".to_owned(),
        version: "0.1.0".to_owned(),
        command: vec!["imgcluster".to_owned(), "clüster".to_owned()],
        started: "2026-01-02T03:04:05Z".to_owned(),
        model: "classic".to_owned(),
        weights: hash(1001),
        preprocess: hash(1002),
        algorithm: algorithm.to_owned(),
        parameters: [("eps".to_owned(), 0.3.into())].into_iter().collect(),
        device: "cpu".to_owned(),
        // a sum that a careless reader of decimals gets wrong in the last place
        times: [("walk".to_owned(), 0.1 + 0.2)].into(),
        counts: RunCounts::default(),
        files: vec!["clusters.json".to_owned()],
    }
}
