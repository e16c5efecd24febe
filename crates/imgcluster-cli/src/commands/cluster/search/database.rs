//! `--search database`: by an index in the store.

use std::num::NonZeroUsize;

use anyhow::Result;
use imgcluster_core::{FoundNeighbors, Job, Metric};
use imgcluster_store::{AnyStore, NearestOptions};

use super::Searched;
use super::copies::Copies;
use crate::session::OpenStore;

/// Finds neighbours in the store that the rows were loaded from; `raw` if they are measured as they
/// are stored, not at length one. The `deep` nearest rows are found among copies, too.
pub(super) fn search<'a>(
    searched: &Searched<'a>,
    deep: NonZeroUsize,
    raw: bool,
    store: &OpenStore,
    job: &Job<'_>,
) -> Result<FoundNeighbors<'a>> {
    let AnyStore::Postgres(database) = &store.store else {
        anyhow::bail!("the store `{}` cannot search", store.url);
    };
    let copies = Copies::of(searched.contents);
    let defaults = NearestOptions::default();
    let options = NearestOptions {
        neighbors: defaults.neighbors.max(deep),
        // Rows of length one are in the same order by either metric, and stored at any length.
        metric: if raw { searched.metric } else { Metric::Cosine },
        ..defaults
    };
    let near = database.nearest(searched.space, copies.contents(), options, job);
    let near = store.wait(near)?;
    let deep = deep.get();
    let find = |row: u32, others: &mut Vec<u32>| copies.others(row, &near, deep, others);
    let kept = copies.longest(&near, deep);
    let kept = NonZeroUsize::new(kept).unwrap_or(NonZeroUsize::MIN);
    Ok(FoundNeighbors::new(searched.exact, kept, find, job)?)
}
