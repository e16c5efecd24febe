//! Contents that cannot be decoded.

use std::collections::BTreeMap;

use imgcluster_core::{ContentHash, Failure, Known, PutBatch, Store};

use super::{Thing, Transfer, TransferError, nowhere};

impl<F: Store, T: Store> Transfer<'_, F, T> {
    /// Copies the failures of all decoders.
    pub(super) async fn failures(&mut self) -> Result<(), TransferError> {
        let mut after: Option<Failure> = None;
        loop {
            self.job.check()?;
            let page = self.from.failures(after.as_ref(), self.page).await;
            let page = page.map_err(TransferError::read_from)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            let mut by_decoder: BTreeMap<String, Vec<(ContentHash, String)>> = BTreeMap::new();
            for failure in page {
                let of_decoder = by_decoder.entry(failure.decoder).or_default();
                of_decoder.push((failure.content, failure.reason));
            }
            for (decoder, failures) in &by_decoder {
                self.failures_of(decoder, failures).await?;
            }
        }
    }

    async fn failures_of(
        &mut self,
        decoder: &str,
        failures: &[(ContentHash, String)],
    ) -> Result<(), TransferError> {
        let contents: Vec<ContentHash> = failures.iter().map(|(content, _)| *content).collect();
        let mut there = self.reasons(decoder, &contents).await?;
        let fresh = failures.iter().zip(&there);
        let fresh: Vec<(ContentHash, String)> = fresh
            .filter(|(_, there)| there.is_none())
            .map(|(failure, _)| failure.clone())
            .collect();
        if !fresh.is_empty() {
            let put = self.to.put(PutBatch {
                space: &self.any_space,
                decoder,
                files: &[],
                contents: &[],
                features: &self.no_features,
                failures: &fresh,
            });
            put.await.map_err(TransferError::write_to)?;
            there = self.reasons(decoder, &contents).await?;
        }
        for ((content, reason), there) in failures.iter().zip(there) {
            let thing = || Thing::Failure {
                decoder: decoder.to_owned(),
                content: *content,
            };
            self.differences
                .compare(there, |there| there == *reason, thing);
        }
        self.copied.failures.copied += failures.len() as u64;
        self.copied.failures.new += fresh.len() as u64;
        Ok(())
    }

    /// Asks the target why each content could not be decoded.
    async fn reasons(
        &self,
        decoder: &str,
        contents: &[ContentHash],
    ) -> Result<Vec<Option<String>>, TransferError> {
        // a feature would count more than a failure; here is none
        let known = self.to.known(&nowhere(), decoder, contents).await;
        let known = known.map_err(TransferError::read_to)?.into_iter();
        Ok(known
            .map(|known| match known {
                Known::Failed(reason) => Some(reason),
                Known::Present | Known::Missing => None,
            })
            .collect())
    }
}
