//! The nearest others of pictures, found by the database.

mod index;
mod session;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select, try_join_all};
use imgcluster_core::{
    BoxError, Cancelled, ContentHash, EmbeddingSpace, FeatureShape, Job, Metric,
};

use super::fault::Fault;
use super::patience::Patience;
use super::{PostgresStore, features};
use crate::StoreError;
use index::Index;
use session::Session;

/// Contents whose neighbours one statement finds.
const AT_A_TIME: usize = 256;
/// How often it is asked whether to stop.
const WATCH: Duration = Duration::from_millis(50);
/// Distances between chosen contents that take the database as long as one step on its way through
/// the index, by measurement.
const SCANNED_PER_STEP: usize = 32;

/// How [`PostgresStore::nearest`] searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearestOptions {
    /// How many others are found for each content. Default: 32.
    pub neighbors: NonZeroUsize,
    /// What is near. Euclidean distances are those of the vectors as they are stored. Default:
    /// cosine.
    pub metric: Metric,
    /// Vectors kept in view on the way through the index (`hnsw.ef_search`), 1000 at most: more find
    /// more and take longer. Default: 100.
    pub search_breadth: NonZeroUsize,
}

impl Default for NearestOptions {
    fn default() -> Self {
        let number = |number| NonZeroUsize::new(number).expect("not zero");
        Self {
            neighbors: number(32),
            metric: Metric::Cosine,
            search_breadth: number(100),
        }
    }
}

impl PostgresStore {
    /// Finds the nearest others of each content, among these contents only.
    ///
    /// Gives for each content, in order, the places in `contents` of the nearest others, the
    /// nearest first or nearly so: as many as the options say, or all others where there are fewer. What else the space
    /// holds is never among them and takes no one's place.
    ///
    /// Where the contents are few for the space (their number squared is no more than 32 times the
    /// neighbours times the vectors in the space) the database compares every two of them, which
    /// then takes less time and misses nothing. Otherwise it goes by an index (HNSW; the index is
    /// asked for more until enough are found that belong to `contents`), which finds most of the
    /// nearest. The index is made by the first search of its kind and stays in the database, where
    /// other searches use it and every vector that is put takes longer. While it is made others can
    /// read and write. Beyond 2,000 values a vector is rounded to 16 bits a value in the index, up to
    /// 4,000; it then takes no value beyond ±65,504.
    ///
    /// The work is shared by as many connections as the address allows. Dropped or cancelled, this
    /// ends at once, and the server gives up what it is at within a moment.
    ///
    /// # Errors
    /// [`Cancelled`] if the job was cancelled, [`StoreError::MissingFeature`] if a content has no
    /// vector in the space; if an index is needed and the user may not make one, vectors are longer
    /// than an index takes, or pgvector is older than 0.8; and as for every method of the store.
    ///
    /// # Panics
    /// Panics if a content is named twice.
    pub async fn nearest(
        &self,
        space: &EmbeddingSpace,
        contents: &[ContentHash],
        options: NearestOptions,
        job: &Job<'_>,
    ) -> Result<Vec<Vec<u32>>, BoxError> {
        let distinct: HashSet<_> = contents.iter().collect();
        assert_eq!(distinct.len(), contents.len(), "a content is named twice");
        let watch = async {
            while job.check().is_ok() {
                tokio::time::sleep(WATCH).await;
            }
        };
        let search = search(self, space, contents, options);
        match select(pin!(search), pin!(watch)).await {
            Either::Left((result, _)) => self.blame(result),
            Either::Right(_) => Err(Cancelled.into()),
        }
    }
}

/// What all connections of one search know.
struct Search<'a> {
    store: &'a PostgresStore,
    model: &'a str,
    /// The number of the space.
    space: i32,
    contents: &'a [ContentHash],
    options: NearestOptions,
    /// Goes by this, or compares every two.
    index: Option<Index>,
    /// How many vectors the space holds, or somewhat fewer where that makes no difference.
    held: usize,
}

impl Search<'_> {
    /// How many others each content gets.
    fn wanted(&self) -> usize {
        let others = self.contents.len().saturating_sub(1);
        self.options.neighbors.get().min(others)
    }
}

async fn search(
    store: &PostgresStore,
    space: &EmbeddingSpace,
    contents: &[ContentHash],
    options: NearestOptions,
) -> Result<Vec<Vec<u32>>, Fault> {
    let model = &*space.model;
    let FeatureShape::Vector(dim) = space.shape else {
        let model = model.to_owned();
        return Err(StoreError::NoVectors { model }.into());
    };
    if contents.is_empty() {
        return Ok(Vec::new());
    }
    // Of more than these, comparing every two is the faster way.
    let squared = contents.len().saturating_mul(contents.len());
    let enough = squared.div_ceil(SCANNED_PER_STEP.saturating_mul(options.neighbors.get()));
    let (id, held) = look(store, space, enough).await?;
    let Some(id) = id else {
        let (model, content) = (model.to_owned(), contents[0]);
        return Err(StoreError::MissingFeature { model, content }.into());
    };
    let index = if held < enough {
        let index = Index::new(model, id, dim, options.metric)?;
        index::ensure(store, &index).await?;
        Some(index)
    } else {
        None
    };
    let search = Search {
        store,
        model,
        space: id,
        contents,
        options,
        index,
        held,
    };
    let chunks = contents.len().div_ceil(AT_A_TIME);
    let workers = chunks.min(store.address.connections.get() as usize);
    let next = AtomicUsize::new(0);
    let done = try_join_all((0..workers).map(|_| work(&search, &next))).await?;
    let mut lists: Vec<_> = done.into_iter().flatten().collect();
    lists.sort_unstable_by_key(|(start, _)| *start);
    Ok(lists.into_iter().flat_map(|(_, lists)| lists).collect())
}

/// Finds the number of the space, and counts up to so many of its vectors.
async fn look(
    store: &PostgresStore,
    space: &EmbeddingSpace,
    enough: usize,
) -> Result<(Option<i32>, usize), Fault> {
    let mut patience = Patience::new();
    loop {
        let once = async {
            let mut connection = store.pool.acquire().await?;
            let Some(id) = features::find_space(&mut connection, space).await? else {
                return Ok((None, 0));
            };
            let sql = "SELECT count(*) FROM
                (SELECT FROM embeddings WHERE space_id = $1 LIMIT $2) AS counted";
            let count = sqlx::query_scalar::<_, i64>(sql)
                .bind(id)
                .bind(i64::try_from(enough).unwrap_or(i64::MAX));
            let count = count.fetch_one(&mut *connection).await?;
            Ok((Some(id), count as usize))
        };
        match once.await {
            Err(fault) if patience.outlasts(&fault).await => {}
            result => return result,
        }
    }
}

/// Finds the neighbours of chunks of contents until none is left, on one connection at a time.
async fn work(
    search: &Search<'_>,
    next: &AtomicUsize,
) -> Result<Vec<(usize, Vec<Vec<u32>>)>, Fault> {
    let mut session = None;
    let mut done = Vec::new();
    loop {
        let start = next.fetch_add(AT_A_TIME, Ordering::Relaxed);
        if start >= search.contents.len() {
            break;
        }
        let mut patience = Patience::new();
        let lists = loop {
            match chunk(search, &mut session, start).await {
                Ok(lists) => break lists,
                Err(fault) => {
                    session = None;
                    if !patience.outlasts(&fault).await {
                        return Err(fault);
                    }
                }
            }
        };
        done.push((start, lists));
    }
    if let Some(session) = session {
        session.close().await;
    }
    Ok(done)
}

async fn chunk(
    search: &Search<'_>,
    session: &mut Option<Session>,
    start: usize,
) -> Result<Vec<Vec<u32>>, Fault> {
    let session = match session {
        Some(session) => session,
        none => none.insert(Session::begin(search).await?),
    };
    let end = search.contents.len().min(start + AT_A_TIME);
    session.lists(search, start..end).await
}
