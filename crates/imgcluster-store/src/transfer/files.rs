//! Files and the contents they had.

use std::path::PathBuf;

use imgcluster_core::{KnownFile, PutBatch, Store};

use super::{NO_DECODER, Thing, Transfer, TransferError};

impl<F: Store, T: Store> Transfer<'_, F, T> {
    /// Copies what is known of these files.
    pub(super) async fn files(&mut self, paths: &[PathBuf]) -> Result<(), TransferError> {
        for page in paths.chunks(self.page.get()) {
            self.job.check()?;
            self.file_page(page).await?;
            self.stage.advance(page.len() as u64);
        }
        Ok(())
    }

    async fn file_page(&mut self, paths: &[PathBuf]) -> Result<(), TransferError> {
        let here = self.from.files(paths).await;
        let here = here.map_err(TransferError::read_from)?;
        let there = self.to.files(paths).await;
        let there = there.map_err(TransferError::read_to)?;
        let mut fresh: Vec<(PathBuf, KnownFile)> = Vec::new();
        for ((path, here), there) in paths.iter().zip(here).zip(there) {
            // one that was forgotten since it was listed is not copied
            let Some(here) = here else { continue };
            self.copied.files.copied += 1;
            if there != Some(here) {
                fresh.push((path.clone(), here));
            }
        }
        self.copied.files.new += fresh.len() as u64;
        self.put_files(&fresh).await
    }

    async fn put_files(&mut self, files: &[(PathBuf, KnownFile)]) -> Result<(), TransferError> {
        if files.is_empty() {
            return Ok(());
        }
        let put = self.to.put(PutBatch {
            space: &self.any_space,
            decoder: NO_DECODER,
            files,
            contents: &[],
            features: &self.no_features,
            failures: &[],
        });
        put.await.map_err(TransferError::write_to)?;
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
        let there = self.to.files(&paths).await;
        let there = there.map_err(TransferError::read_to)?;
        for ((path, file), there) in files.iter().zip(there) {
            let thing = || Thing::File(path.clone());
            self.differences
                .compare(there, |there| there == *file, thing);
        }
        Ok(())
    }
}
