//! A disk, a model and a store that live in memory and fail on request.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use imgcluster_core::ingest::{Candidate, DecodeError, Decoded};
use imgcluster_core::{
    BoxError, CancelToken, Content, ContentHash, Decision, Decoder, EmbeddingSpace, Extractor,
    Failure, FeatureShape, Features, FileStamp, Job, Known, KnownFile, Matrix, NewRun, Pixels,
    Pruned, PutBatch, RunMember, Store, StoreStatus, StoredDecision, StoredRun,
};

/// The hash of fake bytes: the bytes themselves.
pub(crate) fn hash_of(bytes: &[u8]) -> ContentHash {
    let mut hash = [0; 32];
    hash[..bytes.len()].copy_from_slice(bytes);
    ContentHash(hash)
}

pub(crate) fn space() -> EmbeddingSpace {
    EmbeddingSpace {
        model: "fake".into(),
        weights: hash_of(b"weights"),
        preprocess: hash_of(b"preprocess"),
        shape: FeatureShape::Vector(NonZeroUsize::new(2).unwrap()),
    }
}

/// Files by name; each write gives a new modification time.
#[derive(Default)]
pub(crate) struct Disk {
    files: BTreeMap<String, (Vec<u8>, i64)>,
    writes: i64,
    unreadable: Option<String>,
    identified: AtomicUsize,
    decoded: AtomicUsize,
}

impl Disk {
    pub(crate) fn with<N: Into<String>>(files: impl IntoIterator<Item = (N, Vec<u8>)>) -> Self {
        let mut disk = Self::default();
        files
            .into_iter()
            .for_each(|(name, bytes)| disk.write(name, bytes));
        disk
    }

    pub(crate) fn write(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.writes += 1;
        self.files.insert(name.into(), (bytes, self.writes));
    }

    /// Changes the bytes but not what the file system says of them.
    pub(crate) fn write_unnoticed(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.get_mut(name).unwrap().0 = bytes;
    }

    /// Lets the file be hashed, but not decoded.
    pub(crate) fn unreadable(&mut self, name: &str) {
        self.unreadable = Some(name.to_owned());
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        let file = self.files.remove(from).unwrap();
        self.files.insert(to.into(), file);
    }

    pub(crate) fn identified(&self) -> usize {
        self.identified.load(Ordering::Relaxed)
    }

    pub(crate) fn decoded(&self) -> usize {
        self.decoded.load(Ordering::Relaxed)
    }

    fn bytes(&self, path: &Path) -> &[u8] {
        &self.files[path.to_str().unwrap()].0
    }
}

pub(crate) fn candidates(disk: &Disk) -> Vec<Candidate> {
    let candidate = |(name, (bytes, modified_ns)): (&String, &(Vec<u8>, i64))| Candidate {
        path: name.into(),
        key: Path::new("/disk").join(name),
        stamp: FileStamp {
            size: bytes.len() as u64,
            modified_ns: *modified_ns,
            inode: 0,
        },
    };
    disk.files.iter().map(candidate).collect()
}

impl Decoder for Disk {
    fn version(&self) -> &'static str {
        "fake-1"
    }

    fn identify(&self, path: &Path) -> Result<ContentHash, DecodeError> {
        self.identified.fetch_add(1, Ordering::Relaxed);
        Ok(hash_of(self.bytes(path)))
    }

    fn decode(&self, path: &Path, content: &ContentHash) -> Result<Decoded, DecodeError> {
        self.decoded.fetch_add(1, Ordering::Relaxed);
        if self.unreadable.as_deref() == path.to_str() || hash_of(self.bytes(path)) != *content {
            let reason = "gone or changed on purpose".into();
            return Err(DecodeError {
                reason,
                lasting: false,
            });
        }
        match self.bytes(path) {
            b"broken" => Err(DecodeError {
                reason: "broken on purpose".into(),
                lasting: true,
            }),
            b"changing" => Err(DecodeError {
                reason: "changed while it was read".into(),
                lasting: false,
            }),
            bytes => {
                let pixels = Pixels::new(1, 1, vec![bytes[0]; 3]).unwrap();
                Ok(Decoded {
                    pixels,
                    width: 10,
                    height: 20,
                })
            }
        }
    }

    fn thumbnail(&self, _pixels: &Pixels) -> Option<Vec<u8>> {
        None
    }
}

/// A model whose row is the first byte and a one.
#[derive(Default)]
pub(crate) struct FakeModel {
    pub(crate) fails_at: Option<usize>,
    pub(crate) cancels_at: Option<(usize, CancelToken)>,
    pub(crate) drops_a_row: bool,
    pub(crate) batches: AtomicUsize,
    pub(crate) space: std::sync::OnceLock<EmbeddingSpace>,
}

impl Extractor for FakeModel {
    type Prepared = u8;

    fn space(&self) -> &EmbeddingSpace {
        self.space.get_or_init(space)
    }

    fn prepare(&self, pixels: &Pixels, _content: &ContentHash) -> Result<u8, BoxError> {
        Ok(pixels.rgb()[0])
    }

    fn extract(&self, batch: Vec<u8>, _job: &Job<'_>) -> Result<Features, BoxError> {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        if self.fails_at == Some(number) {
            return Err("out of memory on purpose".into());
        }
        if let Some((at, token)) = &self.cancels_at
            && *at == number
        {
            token.cancel();
        }
        let kept = batch.len() - usize::from(self.drops_a_row);
        let values = batch[..kept]
            .iter()
            .flat_map(|byte| [f32::from(*byte), 1.0])
            .collect();
        Ok(Features::Vectors(Matrix::new(values, 2)?))
    }
}

#[derive(Default)]
struct Tables {
    files: BTreeMap<PathBuf, KnownFile>,
    features: BTreeMap<ContentHash, (Content, Vec<f32>)>,
    failures: BTreeMap<(ContentHash, String), String>,
    puts_left: Option<usize>,
}

/// A store of one space that can be told to fail.
#[derive(Default)]
pub(crate) struct FakeStore(Mutex<Tables>);

impl FakeStore {
    pub(crate) fn committed(&self) -> usize {
        self.0.lock().unwrap().features.len()
    }

    pub(crate) fn feature(&self, content: &ContentHash) -> Vec<f32> {
        self.0.lock().unwrap().features[content].1.clone()
    }

    /// Forgets every feature, as another model's space would not have it.
    pub(crate) fn forget_features(&self) {
        self.0.lock().unwrap().features.clear();
    }

    pub(crate) fn fail_after(&self, puts: usize) {
        self.0.lock().unwrap().puts_left = Some(puts);
    }
}

impl Store for FakeStore {
    async fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<KnownFile>>, BoxError> {
        let tables = self.0.lock().unwrap();
        Ok(paths
            .iter()
            .map(|path| tables.files.get(path).copied())
            .collect())
    }

    async fn known(
        &self,
        _space: &EmbeddingSpace,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Known>, BoxError> {
        let tables = self.0.lock().unwrap();
        let known = |content: &ContentHash| {
            if tables.features.contains_key(content) {
                return Known::Present;
            }
            let failure = tables.failures.get(&(*content, decoder.to_owned()));
            failure.map_or(Known::Missing, |reason| Known::Failed(reason.clone()))
        };
        Ok(contents.iter().map(known).collect())
    }

    async fn put(&self, batch: PutBatch<'_>) -> Result<(), BoxError> {
        let mut tables = self.0.lock().unwrap();
        match &mut tables.puts_left {
            Some(0) => return Err("the disk is full on purpose".into()),
            Some(left) => *left -= 1,
            None => {}
        }
        let Features::Vectors(rows) = batch.features else {
            return Err("not vectors".into());
        };
        for (new, row) in batch.contents.iter().zip(rows.view().iter()) {
            tables
                .features
                .insert(new.hash, (new.content.clone(), row.to_vec()));
        }
        tables.files.extend(batch.files.iter().cloned());
        for (content, reason) in batch.failures {
            tables
                .failures
                .insert((*content, batch.decoder.to_owned()), reason.clone());
        }
        Ok(())
    }

    async fn load(
        &self,
        _space: &EmbeddingSpace,
        contents: &[ContentHash],
    ) -> Result<Features, BoxError> {
        let values = contents
            .iter()
            .flat_map(|content| self.feature(content))
            .collect();
        Ok(Features::Vectors(Matrix::new(values, 2)?))
    }

    async fn contents(
        &self,
        contents: &[ContentHash],
        _thumbnails: bool,
    ) -> Result<Vec<Option<Content>>, BoxError> {
        let tables = self.0.lock().unwrap();
        let kept = |content| tables.features.get(content).map(|(kept, _)| kept.clone());
        Ok(contents.iter().map(kept).collect())
    }

    async fn contents_in(
        &self,
        _space: &EmbeddingSpace,
        _after: Option<ContentHash>,
        _limit: NonZeroUsize,
    ) -> Result<Vec<ContentHash>, BoxError> {
        unreachable!("the pipeline lists no contents")
    }

    async fn failures(
        &self,
        _after: Option<&Failure>,
        _limit: NonZeroUsize,
    ) -> Result<Vec<Failure>, BoxError> {
        unreachable!("the pipeline lists no failures")
    }

    async fn record_run(&self, _run: NewRun<'_>) -> Result<u64, BoxError> {
        unreachable!("the pipeline records no runs")
    }

    async fn runs(&self) -> Result<Vec<StoredRun>, BoxError> {
        unreachable!("the pipeline lists no runs")
    }

    async fn run(&self, _id: u64) -> Result<Option<(StoredRun, Vec<RunMember>)>, BoxError> {
        unreachable!("the pipeline loads no runs")
    }

    async fn decide(&self, _decisions: &[Decision]) -> Result<Vec<u64>, BoxError> {
        unreachable!("the pipeline decides nothing")
    }

    async fn decisions(&self) -> Result<Vec<StoredDecision>, BoxError> {
        unreachable!("the pipeline asks for no decisions")
    }

    async fn forget_decision(&self, _id: u64) -> Result<bool, BoxError> {
        unreachable!("the pipeline forgets nothing")
    }

    async fn status(&self) -> Result<StoreStatus, BoxError> {
        unreachable!("the pipeline asks for no status")
    }

    async fn known_files(&self, _below: Option<&Path>) -> Result<Vec<PathBuf>, BoxError> {
        unreachable!("the pipeline lists no files")
    }

    async fn prune(&self, _gone: &[PathBuf]) -> Result<Pruned, BoxError> {
        unreachable!("the pipeline forgets nothing")
    }
}
