//! `index`: only fill the store.

use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::ingest::Ingested;
use imgcluster_core::{Embedder, Extractor, Similarity};
use imgcluster_embed::{EmbedderExtractor, SignatureExtractor, Walked};
use serde_json::json;

use super::done;
use crate::arguments::IndexArguments;
use crate::found::{TakingIn, tell_skipped};
use crate::input::walk_input;
use crate::model::{Model, ModelVisitor};
use crate::session::{OpenStore, Session};

pub(super) fn run(arguments: &IndexArguments, session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let model = Model::choose(&arguments.model, session)?;
    let walked = walk_input(&arguments.input, &[], session)?;
    let ingested = model.visit(Indexing {
        walked,
        taking_in: TakingIn::of(&model, &arguments.input, &arguments.model),
        store: &store,
        session,
    })?;
    tell_skipped(&ingested.skipped, None, session.printer);
    let (images, embedded) = (ingested.images.len(), ingested.embedded);
    let skipped = ingested.skipped.len();
    session.printer.answer(&format!(
        "{images} pictures are in the store: {embedded} embedded now, {} known before or equal to others; {skipped} skipped\n",
        images.saturating_sub(embedded)
    ))?;
    session.printer.json(&json!({
        "images": images,
        "embedded": embedded,
        "cached": images.saturating_sub(embedded),
        "skipped": skipped,
        "times": session.timer.times(),
    }))?;
    Ok(done(arguments.strict, skipped))
}

struct Indexing<'a> {
    walked: Walked,
    taking_in: TakingIn,
    store: &'a OpenStore,
    session: &'a Session,
}

impl Indexing<'_> {
    fn with<E: Extractor>(self, extractor: &E) -> Result<Ingested> {
        self.taking_in
            .run(self.walked, extractor, self.store, self.session)
    }
}

impl ModelVisitor for Indexing<'_> {
    type Output = Ingested;

    fn embedder<E: Embedder>(self, embedder: &E) -> Result<Ingested> {
        self.with(&EmbedderExtractor(embedder))
    }

    fn similarity<S: Similarity>(self, similarity: &S) -> Result<Ingested> {
        self.with(&SignatureExtractor(similarity))
    }
}
