//! Downloading what a model still needs.

use imgcluster_core::{Job, Stage};

use crate::hub::cache::Shelf;
use crate::hub::choice;
use crate::hub::client::{Client, Listing, Metadata, Remote};
use crate::hub::download::Download;
use crate::hub::{HubError, HubOptions, ModelRequest, ModelSource};

/// Downloads what is missing.
pub(super) fn fetch(
    request: &ModelRequest,
    repository: &str,
    revision: &str,
    options: &HubOptions,
    job: &Job<'_>,
) -> Result<(), HubError> {
    job.check()?;
    let client = Client::new(options)?;
    let shelf = Shelf::new(&options.cache, repository, revision);
    let listing = client.listing(repository, revision)?;
    let missing = missing(request, repository, &listing, &client)?;
    let total = missing.iter().map(|(_, metadata)| metadata.size).sum();
    let stage = job.stage(Stage::Download, Some(total));
    for (file, metadata) in missing {
        let sha256 = match request.source {
            ModelSource::Zoo(model) if model.weights == file => model.sha256,
            _ => None,
        };
        let download = Download {
            client: &client,
            shelf: &shelf,
            remote: Remote {
                repository,
                revision: &listing.commit,
                file,
            },
            metadata,
            sha256,
        };
        download.run(&stage, job)?;
    }
    shelf.note_commit(&listing.commit)
}

/// The files to fetch, in order. The weights come last: where they are, everything is.
fn missing(
    request: &ModelRequest,
    repository: &str,
    listing: &Listing,
    client: &Client<'_>,
) -> Result<Vec<(&'static str, Metadata)>, HubError> {
    let wanted = match (&request.source, &request.weights) {
        (ModelSource::Zoo(model), _) => with_companions(model.weights),
        (_, None) => with_companions(choice::weights(repository, &listing.files)?),
        (_, Some(_)) => choice::DESCRIPTIONS.to_vec(),
    };
    let there = |name: &&str| listing.files.iter().any(|file| file == name);
    let ask = |file: &'static str| {
        let remote = Remote {
            repository,
            revision: &listing.commit,
            file,
        };
        Ok((file, client.metadata(remote)?))
    };
    wanted.into_iter().filter(there).map(ask).collect()
}

fn with_companions(weights: &'static str) -> Vec<&'static str> {
    let mut files = choice::companions(weights).to_vec();
    files.push(weights);
    files
}
