//! A test helper: a store of what a test says it holds.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    BoxError, Content, ContentHash, Decision, EmbeddingSpace, Failure, FeatureShape, Features,
    FileStamp, Known, KnownFile, Matrix, NewRun, Pruned, PutBatch, RunMember, RunRecord, Store,
    StoreStatus, StoredDecision, StoredRun,
};

/// What is put into it by hand.
#[derive(Default)]
pub(super) struct FakeStore {
    pub(super) files: BTreeMap<PathBuf, ContentHash>,
    pub(super) spaces: Vec<(EmbeddingSpace, BTreeMap<ContentHash, Feature>)>,
    pub(super) failures: Vec<Failure>,
    pub(super) runs: Vec<RunRecord>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Feature {
    Vector(Vec<f32>),
    Signature(Vec<u8>),
}

impl FakeStore {
    fn space(&self, space: &EmbeddingSpace) -> &BTreeMap<ContentHash, Feature> {
        let mut spaces = self.spaces.iter();
        &spaces.find(|(known, _)| known == space).unwrap().1
    }
}

/// The width of a picture: the first bytes of its hash, so that all are different.
pub(super) fn width(content: &ContentHash) -> u32 {
    u32::from_be_bytes(content.0[..4].try_into().unwrap())
}

impl Store for FakeStore {
    async fn status(&self) -> Result<StoreStatus, BoxError> {
        let spaces = self.spaces.iter();
        let spaces = spaces.map(|(space, of)| (space.clone(), of.len() as u64));
        Ok(StoreStatus {
            spaces: spaces.collect(),
            ..StoreStatus::default()
        })
    }

    async fn known_files(&self, _below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        Ok(self.files.keys().cloned().collect())
    }

    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        let stamp = FileStamp {
            size: u64::MAX,
            modified_ns: -5,
            inode: 7,
        };
        let known = |&content| KnownFile { stamp, content };
        let files = paths.iter().map(|path| self.files.get(path).map(known));
        Ok(files.collect())
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        _decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        let features = self.space(space);
        let feature = contents.iter().map(|content| features.get(content));
        let known = feature.map(|feature| feature.map_or(Known::Missing, |_| Known::Present));
        Ok(known.collect())
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        let features = self.space(space);
        let (mut values, mut signatures) = (Vec::new(), Vec::new());
        for content in contents {
            match features.get(content).ok_or("no feature on purpose")? {
                Feature::Vector(row) => values.extend(row),
                Feature::Signature(signature) => signatures.push(signature.clone()),
            }
        }
        Ok(match space.shape {
            FeatureShape::Vector(dim) => Features::Vectors(Matrix::new(values, dim.get())?),
            FeatureShape::Signature => Features::Signatures(signatures),
        })
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        _thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        let content = |content| Content {
            width: width(content),
            height: 20,
            thumbnail: None,
        };
        Ok(contents.iter().map(|hash| Some(content(hash))).collect())
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        let found = self.failures.iter();
        let found = found.filter(|failure| after.is_none_or(|after| *failure > after));
        Ok(found.take(limit.get()).cloned().collect())
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        let runs = (1..).zip(self.runs.iter().cloned());
        let runs = runs.map(|(id, record)| StoredRun { id, record });
        Ok(runs.collect())
    }

    async fn run(&self, _id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        unreachable!("members are not exported")
    }

    async fn contents_in(
        &self,
        _space: &EmbeddingSpace,
        _after: Option<ContentHash>,
        _limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        unreachable!("rows are found through files")
    }

    async fn put(&self, _batch: PutBatch<'_>) -> Result<(), BoxError> {
        unreachable!("an export puts nothing")
    }

    async fn record_run(&self, _run: NewRun<'_>) -> Result<u64, BoxError> {
        unreachable!("an export is no run")
    }

    async fn decide(&self, _decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        unreachable!("an export decides nothing")
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        unreachable!("decisions are not exported")
    }

    async fn forget_decision(&self, _id: u64) -> Result<bool, BoxError> {
        unreachable!("an export forgets nothing")
    }

    async fn prune(&self, _gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        unreachable!("an export forgets nothing")
    }
}
