//! A store that forgets everything when it is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use imgcluster_core::{
    BoxError, Content, ContentHash, Decision, EmbeddingSpace, Failure, FeatureShape, Features,
    Known, KnownFile, Matrix, NewRun, Pruned, PutBatch, RunMember, Store, StoreStatus,
    StoredDecision, StoredRun,
};

use crate::{StoreError, batch, decisions, paths};

/// Keeps everything in memory: for tests, and for programs that need no cache.
///
/// ```
/// use imgcluster_core::{ParkWait, Store, Wait};
///
/// let store = imgcluster_store::MemoryStore::default();
/// assert_eq!(ParkWait.wait(store.status())?.files, 0);
/// # Ok::<(), imgcluster_core::BoxError>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By the bytes of the path, which is the order of files everywhere.
    files: BTreeMap<Vec<u8>, (PathBuf, KnownFile)>,
    contents: HashMap<ContentHash, Content>,
    features: HashMap<EmbeddingSpace, BTreeMap<ContentHash, Feature>>,
    /// Reasons by content and decoder.
    failures: BTreeMap<ContentHash, BTreeMap<String, String>>,
    runs: Vec<(StoredRun, Vec<RunMember>)>,
    decisions: BTreeMap<u64, Decision>,
    /// Their numbers, by what they mean.
    decided: HashMap<[u8; 32], u64>,
    last_decision: u64,
}

#[derive(Debug, Clone)]
enum Feature {
    Vector(Vec<f32>),
    Signature(Vec<u8>),
}

fn key(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        // no method leaves the state half changed, so what a panic left behind is whole
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn known(&self, space: &EmbeddingSpace, decoder: &str, content: &ContentHash) -> Known {
        let features = self.features.get(space);
        if features.is_some_and(|features| features.contains_key(content)) {
            return Known::Present;
        }
        match self.failures.get(content).and_then(|of| of.get(decoder)) {
            Some(reason) => Known::Failed(reason.clone()),
            None => Known::Missing,
        }
    }

    fn put(&mut self, batch: PutBatch<'_>) {
        for (path, file) in batch.files {
            self.files.insert(key(path), (path.clone(), *file));
        }
        for new in batch.contents {
            let kept = self.contents.entry(new.hash);
            let kept = kept.or_insert_with(|| new.content.clone());
            if kept.thumbnail.is_none() {
                kept.thumbnail.clone_from(&new.content.thumbnail);
            }
        }
        let space = self.features.entry(batch.space.clone()).or_default();
        for (row, new) in batch.contents.iter().enumerate() {
            space
                .entry(new.hash)
                .or_insert_with(|| match batch.features {
                    Features::Vectors(rows) => Feature::Vector(rows.row(row).to_vec()),
                    Features::Signatures(signatures) => Feature::Signature(signatures[row].clone()),
                });
        }
        for new in batch.contents {
            if let Some(failures) = self.failures.get_mut(&new.hash) {
                failures.remove(batch.decoder);
            }
        }
        for (content, reason) in batch.failures {
            let failures = self.failures.entry(*content).or_default();
            let known = failures.entry(batch.decoder.to_owned());
            known.or_insert_with(|| reason.clone());
        }
    }

    fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, StoreError> {
        let features = self.features.get(space);
        let found = contents.iter().map(|content| {
            let feature = features.and_then(|features| features.get(content));
            feature.ok_or_else(|| StoreError::MissingFeature {
                model: space.model.clone(),
                content: *content,
            })
        });
        let found = found.collect::<Result<Vec<_>, _>>()?;
        Ok(match space.shape {
            FeatureShape::Signature => {
                let signatures = found.into_iter().map(|feature| match feature {
                    Feature::Signature(bytes) => bytes.clone(),
                    Feature::Vector(_) => unreachable!("features fit the shape of their space"),
                });
                Features::Signatures(signatures.collect())
            }
            FeatureShape::Vector(dim) => {
                let values = found.into_iter().flat_map(|feature| match feature {
                    Feature::Vector(row) => row.iter().copied(),
                    Feature::Signature(_) => unreachable!("features fit the shape of their space"),
                });
                let rows = Matrix::new(values.collect(), dim.get());
                Features::Vectors(rows.expect("rows that were well formed stay so"))
            }
        })
    }

    fn contents_of_files(&self) -> HashSet<ContentHash> {
        self.files.values().map(|(_, file)| file.content).collect()
    }

    fn status(&self) -> StoreStatus {
        let in_files = self.contents_of_files();
        let mut spaces: Vec<_> = self
            .features
            .iter()
            .filter(|(_, features)| !features.is_empty())
            .map(|(space, features)| (space.clone(), features.len() as u64))
            .collect();
        spaces.sort_by(|(a, _), (b, _)| {
            (&a.model, a.weights, a.preprocess).cmp(&(&b.model, b.weights, b.preprocess))
        });
        let orphans = self.contents.keys().filter(|hash| !in_files.contains(hash));
        let undecoded = self
            .failures
            .iter()
            .filter(|(hash, of)| !of.is_empty() && !self.contents.contains_key(hash));
        StoreStatus {
            files: self.files.len() as u64,
            contents: self.contents.len() as u64,
            orphans: orphans.count() as u64,
            failures: undecoded.count() as u64,
            runs: self.runs.len() as u64,
            decisions: self.decisions.len() as u64,
            bytes: None,
            spaces,
        }
    }

    fn decide(&mut self, decision: &Decision) -> u64 {
        let identity = decisions::identity(decision);
        if let Some(id) = self.decided.get(&identity) {
            return *id;
        }
        self.last_decision += 1;
        self.decided.insert(identity, self.last_decision);
        self.decisions.insert(self.last_decision, decision.clone());
        self.last_decision
    }

    fn forget_decision(&mut self, id: u64) -> bool {
        let forgotten = self.decisions.remove(&id);
        if let Some(decision) = &forgotten {
            self.decided.remove(&decisions::identity(decision));
        }
        forgotten.is_some()
    }

    fn prune(&mut self, gone: &[PathBuf]) -> Pruned {
        let mut pruned = Pruned::default();
        for path in gone {
            pruned.files += u64::from(self.files.remove(&key(path)).is_some());
        }
        let in_files = self.contents_of_files();
        let contents = self.contents.len();
        self.contents.retain(|hash, _| in_files.contains(hash));
        pruned.contents = (contents - self.contents.len()) as u64;
        for features in self.features.values_mut() {
            features.retain(|hash, _| in_files.contains(hash));
        }
        self.failures.retain(|hash, failures| {
            let stays = in_files.contains(hash);
            pruned.failures += if stays { 0 } else { failures.len() as u64 };
            stays
        });
        pruned
    }
}

impl Store for MemoryStore {
    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        let state = self.state();
        let files = paths.iter().map(|path| state.files.get(&key(path)));
        Ok(files.map(|file| file.map(|(_, file)| *file)).collect())
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        let state = self.state();
        let known = contents
            .iter()
            .map(|hash| state.known(space, decoder, hash));
        Ok(known.collect())
    }

    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        batch::check(&batch)?;
        self.state().put(batch);
        Ok(())
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        Ok(self.state().load(space, contents)?)
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        let state = self.state();
        let found = contents.iter().map(|hash| {
            let content = state.contents.get(hash)?;
            let thumbnail = content.thumbnail.as_ref().filter(|_| thumbnails);
            Some(Content {
                thumbnail: thumbnail.cloned(),
                ..*content
            })
        });
        Ok(found.collect())
    }

    async fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        let state = self.state();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let features = state.features.get(space);
        let found = features.map(|features| features.range((start, Bound::Unbounded)));
        let found = found.into_iter().flatten().take(limit.get());
        Ok(found.map(|(content, _)| *content).collect())
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        let state = self.state();
        let start = after.map_or(Bound::Unbounded, |after| Bound::Included(after.content));
        let found = state.failures.range((start, Bound::Unbounded));
        let found = found.flat_map(|(content, of)| of.iter().map(move |one| (content, one)));
        let is_after = |content: &ContentHash, decoder: &String| {
            after.is_none_or(|after| (&after.content, &after.decoder) < (content, decoder))
        };
        let found = found.filter(|(content, (decoder, _))| is_after(content, decoder));
        let failure = |(content, (decoder, reason)): (&ContentHash, (&String, &String))| Failure {
            content: *content,
            decoder: decoder.clone(),
            reason: reason.clone(),
        };
        Ok(found.take(limit.get()).map(failure).collect())
    }

    async fn record_run(&self, run: NewRun<'_>) -> Result<u64, BoxError> {
        batch::record_to_json(run.record)?;
        let mut members = run.members.to_vec();
        members.sort_by_cached_key(|member| key(&member.path));
        let mut state = self.state();
        let id = state.runs.len() as u64 + 1;
        let record = run.record.clone();
        state.runs.push((StoredRun { id, record }, members));
        Ok(id)
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        let state = self.state();
        Ok(state
            .runs
            .iter()
            .rev()
            .map(|(run, _)| run.clone())
            .collect())
    }

    async fn run(&self, id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        let state = self.state();
        Ok(state.runs.iter().find(|(run, _)| run.id == id).cloned())
    }

    async fn decide(&self, decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        let mut state = self.state();
        Ok(decisions.iter().map(|one| state.decide(one)).collect())
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        let state = self.state();
        let stored = |(&id, decision): (&u64, &Decision)| StoredDecision {
            id,
            decision: decision.clone(),
        };
        Ok(state.decisions.iter().map(stored).collect())
    }

    async fn forget_decision(&self, id: u64) -> Result<bool, BoxError> {
        Ok(self.state().forget_decision(id))
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        Ok(self.state().status())
    }

    async fn known_files(&self, below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        let state = self.state();
        Ok(match below {
            None => state.files.values().map(|(path, _)| path.clone()).collect(),
            Some(folder) => {
                let found = state.files.range(paths::below(folder)?);
                found.map(|(_, (path, _))| path.clone()).collect()
            }
        })
    }

    async fn prune(&self, gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        Ok(self.state().prune(gone))
    }
}
