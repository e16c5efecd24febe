//! Downloading what a model still needs.

use std::path::PathBuf;

use imgcluster_core::{Job, Stage};

use crate::hub::cache::Shelf;
use crate::hub::choice::{self, CONFIGURATIONS, PREPROCESSOR, PROCESSOR, TOKENIZER};
use crate::hub::client::{Client, Listing, Remote};
use crate::hub::described;
use crate::hub::download::Download;
use crate::hub::{HubError, HubOptions, ModelRequest, ModelSource};

/// Downloads what is missing; with `verify` also what is there and damaged.
pub(super) fn fetch(
    request: &ModelRequest,
    (repository, revision): (&str, &str),
    options: &HubOptions,
    job: &Job<'_>,
    verify: bool,
) -> Result<(), HubError> {
    job.check()?;
    let client = Client::new(options, job)?;
    let listing = client.listing(repository, revision)?;
    let fetching = Fetching {
        client: &client,
        shelf: &Shelf::new(&options.cache, repository, &listing.commit),
        repository,
        listing: &listing,
        job,
        verify,
    };
    match request.source {
        ModelSource::Zoo(model) => fetching.of_zoo(model.weights, model.sha256)?,
        _ => fetching.of_repository(request.weights.is_some())?,
    }
    Shelf::new(&options.cache, repository, revision).note_commit(&listing.commit)
}

/// Fetching from one commit of a repository.
struct Fetching<'a> {
    client: &'a Client<'a>,
    shelf: &'a Shelf,
    repository: &'a str,
    listing: &'a Listing,
    job: &'a Job<'a>,
    verify: bool,
}

impl Fetching<'_> {
    /// Fetches what the table names. The weights come last: where they are, everything is.
    fn of_zoo(&self, weights: &'static str, sha256: Option<&str>) -> Result<(), HubError> {
        let companions = choice::companions(weights).map(|file| (file, None));
        self.bring(&[&companions[..], &[(weights, sha256)]].concat())
    }

    /// Fetches the descriptions, sees what they describe, and then fetches the weights, unless
    /// those are given.
    fn of_repository(&self, given: bool) -> Result<(), HubError> {
        let pairs = if given {
            CONFIGURATIONS.map(|file| (None, file)).to_vec()
        } else {
            let pairs = choice::weights(self.repository, &self.listing.files)?;
            let named = pairs
                .into_iter()
                .map(|(weights, told)| (Some(weights), told));
            named.collect()
        };
        let mut descriptions: Vec<_> = pairs.iter().map(|(_, file)| (*file, None)).collect();
        descriptions.dedup();
        descriptions.extend([PREPROCESSOR, PROCESSOR, TOKENIZER].map(|file| (file, None)));
        self.bring(&descriptions)?;
        let find = |file: &str| -> Option<PathBuf> { self.shelf.find(file) };
        let there = pairs
            .into_iter()
            .filter_map(|(weights, told)| Some((weights, find(told)?)));
        let place = self.repository.to_owned();
        let Some((weights, configuration)) = described::first_usable(there.collect(), find) else {
            let [file, _] = CONFIGURATIONS;
            return Err(HubError::NoConfiguration { place, file });
        };
        if described::preprocessor(&configuration, find).is_none() {
            return Err(HubError::NoPreprocessor { place });
        }
        weights.map_or(Ok(()), |weights| self.bring(&[(weights, None)]))
    }

    /// Fetches those of these files that the repository has, each with the SHA-256 that is known
    /// of it beforehand.
    fn bring(&self, files: &[(&'static str, Option<&str>)]) -> Result<(), HubError> {
        let mut wanted = Vec::new();
        for (file, sha256) in files {
            if self.listing.files.iter().any(|there| there == file) {
                let remote = Remote {
                    repository: self.repository,
                    revision: &self.listing.commit,
                    file,
                };
                wanted.push((remote, *sha256, self.client.metadata(remote)?));
            }
        }
        let total = wanted.iter().map(|(_, _, metadata)| metadata.size).sum();
        let stage = self.job.stage(Stage::Download, Some(total));
        for (remote, sha256, metadata) in wanted {
            let download = Download {
                client: self.client,
                shelf: self.shelf,
                remote,
                metadata,
                sha256,
                verify: self.verify,
            };
            download.run(&stage, self.job)?;
        }
        Ok(())
    }
}
