//! A store that spoils what it is given, and counts how much it is asked for at once.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use imgcluster_core::{
    BoxError, ContentHash, DecidedContent, Decision, EmbeddingSpace, Failure, Features, Known,
    KnownFile, Matrix, NewContent, NewRun, Pruned, PutBatch, RunMember, Store, StoreStatus,
    StoredDecision, StoredRun,
};

/// What is done to everything on its way into a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Files are not stored.
    LosesFiles,
    /// A time of change loses its nanoseconds.
    RoundsTimes,
    /// Contents are not stored.
    LosesContents,
    /// Width and height change places.
    TurnsSizes,
    /// Thumbnails are not stored.
    LosesThumbnails,
    /// Thumbnails lose their last byte.
    CutsThumbnails,
    /// The lowest bit of every value is lost.
    RoundsFeatures,
    /// Features move by one content.
    ShiftsFeatures,
    /// Failures are not stored.
    LosesFailures,
    /// Reasons lose what is not ASCII.
    GarblesReasons,
    /// Runs lose their last member.
    CutsRuns,
    /// Strengths lose their lowest bit.
    RoundsStrengths,
    /// Decisions are not stored.
    LosesDecisions,
    /// Decisions lose where the files were.
    LosesPathsOfDecisions,
    /// After this many puts the disk is full.
    FillsUp(usize),
}

/// A store behind a fault.
#[derive(Debug)]
pub(crate) struct Faulty<'a, S> {
    pub(crate) store: &'a S,
    pub(crate) fault: Fault,
    pub(crate) puts: AtomicUsize,
    /// The most things that were asked for or put in one call.
    pub(crate) most: AtomicUsize,
}

impl<'a, S> Faulty<'a, S> {
    pub(crate) fn new(store: &'a S, fault: Fault) -> Self {
        Self {
            store,
            fault,
            puts: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    fn count(&self, things: usize) {
        self.most.fetch_max(things, Ordering::Relaxed);
    }

    /// Fails once enough was put.
    fn fill_up(&self) -> Result<(), BoxError> {
        let before = self.puts.fetch_add(1, Ordering::Relaxed);
        if matches!(self.fault, Fault::FillsUp(puts) if before >= puts) {
            return Err("the disk is full on purpose".into());
        }
        Ok(())
    }

    fn spoil_decision(&self, decision: &Decision) -> Option<Decision> {
        match self.fault {
            Fault::LosesDecisions => None,
            Fault::LosesPathsOfDecisions => {
                let member = |member: &DecidedContent| DecidedContent {
                    paths: Vec::new(),
                    ..*member
                };
                let members = decision.members().iter().map(member).collect();
                Some(Decision::new(members, decision.decided()).unwrap())
            }
            _ => Some(decision.clone()),
        }
    }

    fn spoil_file(&self, (path, file): &(PathBuf, KnownFile)) -> Option<(PathBuf, KnownFile)> {
        let mut file = *file;
        match self.fault {
            Fault::LosesFiles => return None,
            Fault::RoundsTimes => file.stamp.modified_ns &= !1,
            _ => {}
        }
        Some((path.clone(), file))
    }

    fn spoil_content(&self, new: &NewContent) -> NewContent {
        let mut new = new.clone();
        let content = &mut new.content;
        match self.fault {
            Fault::TurnsSizes => std::mem::swap(&mut content.width, &mut content.height),
            Fault::LosesThumbnails => content.thumbnail = None,
            Fault::CutsThumbnails => {
                content.thumbnail.as_mut().and_then(Vec::pop);
            }
            _ => {}
        }
        new
    }

    fn spoil_features(&self, features: &Features) -> Features {
        let mut features = features.clone();
        match (self.fault, &mut features) {
            (Fault::RoundsFeatures, Features::Vectors(rows)) => {
                let values = rows.view().values().iter();
                let values = values.map(|value| f32::from_bits(value.to_bits() & !1));
                *rows = Matrix::new(values.collect(), rows.dim()).unwrap();
            }
            (Fault::ShiftsFeatures, Features::Signatures(signatures)) => {
                let by = usize::from(!signatures.is_empty());
                signatures.rotate_left(by);
            }
            _ => {}
        }
        features
    }
}

impl<S: Store> Store for Faulty<'_, S> {
    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        self.count(batch.files.len() + batch.contents.len() + batch.failures.len());
        self.fill_up()?;
        let files: Vec<_> = batch
            .files
            .iter()
            .filter_map(|file| self.spoil_file(file))
            .collect();
        let contents = batch.contents.iter().map(|new| self.spoil_content(new));
        let mut contents: Vec<NewContent> = contents.collect();
        let mut features = self.spoil_features(batch.features);
        if self.fault == Fault::LosesContents {
            contents.clear();
            features = Features::empty(batch.space.shape);
        }
        let reason = |reason: &str| match self.fault {
            Fault::GarblesReasons => reason.chars().filter(char::is_ascii).collect(),
            _ => reason.to_owned(),
        };
        let failures = batch.failures.iter();
        let failures: Vec<_> = failures
            .filter(|_| self.fault != Fault::LosesFailures)
            .map(|(content, why)| (*content, reason(why)))
            .collect();
        let spoiled = PutBatch {
            files: &files,
            contents: &contents,
            features: &features,
            failures: &failures,
            ..batch
        };
        self.store.put(spoiled).await
    }

    async fn record_run(&self, run: NewRun<'_>) -> Result<u64, BoxError> {
        let mut members = run.members.to_vec();
        match self.fault {
            Fault::CutsRuns => drop(members.pop()),
            Fault::RoundsStrengths => {
                for strength in members
                    .iter_mut()
                    .filter_map(|member| member.strength.as_mut())
                {
                    *strength = f32::from_bits(strength.to_bits() & !1);
                }
            }
            _ => {}
        }
        let record = run.record;
        self.store
            .record_run(NewRun {
                record,
                members: &members,
            })
            .await
    }

    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        self.count(paths.len());
        self.store.files(paths).await
    }

    async fn known(
        &self,
        space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        self.count(contents.len());
        self.store.known(space, decoder, contents).await
    }

    async fn load(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        self.count(contents.len());
        self.store.load(space, contents).await
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        thumbnails: bool,
    ) -> Result<Vec<Option<imgcluster_core::Content>>, BoxError> {
        self.count(contents.len());
        self.store.contents(contents, thumbnails).await
    }

    async fn contents_in(
        &self,
        space: &EmbeddingSpace,
        after: Option<ContentHash>,
        limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        self.count(limit.get());
        self.store.contents_in(space, after, limit).await
    }

    async fn failures(
        &self,
        after: Option<&Failure>,
        limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        self.count(limit.get());
        self.store.failures(after, limit).await
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        self.store.runs().await
    }

    async fn run(&self, id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        self.store.run(id).await
    }

    async fn decide(&self, decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        self.count(decisions.len());
        self.fill_up()?;
        let spoiled = decisions.iter().filter_map(|one| self.spoil_decision(one));
        self.store.decide(&spoiled.collect::<Vec<_>>()).await
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        self.store.decisions().await
    }

    async fn forget_decision(&self, id: u64) -> Result<bool, BoxError> {
        self.store.forget_decision(id).await
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        self.store.status().await
    }

    async fn known_files(&self, below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        self.store.known_files(below).await
    }

    async fn prune(&self, gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        self.store.prune(gone).await
    }
}
