//! Groups the pictures of a folder with the library crates alone.
//!
//! ```text
//! cargo run --release -p imgcluster-examples --bin cluster_folder -- examples/gallery
//! ```
#![expect(
    clippy::print_stdout,
    reason = "the groups are what this program prints"
)]

use imgcluster_cluster::Hdbscan;
use imgcluster_core::ingest::{IngestOptions, Pipeline, ingest};
use imgcluster_core::{
    BoxError, Clusterer, Embedder, Features, Job, ParkWait, Points, RowNeighbors, Store,
    UnitMatrix, Wait,
};
use imgcluster_embed::{Classic, EmbedderExtractor, FileDecoder, WalkOptions, walk};
use imgcluster_store::MemoryStore;

fn main() -> Result<(), BoxError> {
    let folder = std::env::args_os().nth(1).ok_or("name a folder")?;
    let (job, store, wait) = (Job::quiet(), MemoryStore::default(), ParkWait);
    let (model, options) = (Classic::default(), IngestOptions::default());

    let walked = walk(&[folder.into()], &WalkOptions::default(), &job)?;
    let pipeline = Pipeline {
        decoder: &FileDecoder::default(),
        extractor: &EmbedderExtractor(&model),
        store: &store,
        wait: &wait,
    };
    let images = ingest(&walked.candidates, &pipeline, options, &job)?.images;

    let contents: Vec<_> = images.iter().map(|image| image.content).collect();
    let Features::Vectors(rows) = wait.wait(store.load(model.space(), &contents))? else {
        return Err("an embedder makes vectors".into());
    };
    let rows = UnitMatrix::normalize(rows)?;
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    let clustering = Hdbscan::default().cluster(&points, &job)?;

    for (image, label) in images.iter().zip(clustering.labels()) {
        println!("{:?}\t{}", label.map(|id| id.0), image.path.display());
    }
    Ok(())
}
