//! Which file is in which row.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use imgcluster_core::{
    Content, ContentHash, EmbeddingSpace, FeatureShape, Features, Job, Known, Store, Wait,
};

use super::{Export, Progress};
use crate::VizError;

/// How many files, sizes or signatures are read at once.
const PAGE: usize = 4096;
/// How many bytes of vectors are read at once, about.
const PAGE_BYTES: usize = 16 << 20;

/// A file and its content.
pub(super) type Row<'a> = (&'a Path, ContentHash);

/// The rows of one space: known files whose content has a feature in it, in the order of paths.
pub(super) struct RowIndex<'a> {
    pub(super) space: &'a EmbeddingSpace,
    pub(super) rows: Vec<Row<'a>>,
}

impl RowIndex<'_> {
    /// Counts the contents that have a row at least.
    pub(super) fn contents(&self) -> u64 {
        let contents: HashSet<_> = self.rows.iter().map(|(_, content)| content).collect();
        contents.len() as u64
    }

    /// How many rows with their features are read at once.
    fn page(&self) -> usize {
        match self.space.shape {
            FeatureShape::Vector(dim) => (PAGE_BYTES / 4 / dim).clamp(64, 4 * PAGE),
            FeatureShape::Signature => PAGE,
        }
    }
}

impl<S: Store, W: Wait> Export<'_, S, W> {
    /// Finds the rows of a space.
    pub(super) fn index<'p>(
        &self,
        space: &'p EmbeddingSpace,
        paths: &'p [PathBuf],
        job: &Job<'_>,
    ) -> Result<RowIndex<'p>, VizError> {
        let mut rows = Vec::new();
        for page in paths.chunks(PAGE) {
            job.check()?;
            let files = self.read("the files", self.store.files(page))?;
            let files = page.iter().zip(files);
            // one that was forgotten since it was listed is no row
            let known: Vec<Row<'_>> = files
                .filter_map(|(path, file)| Some((path.as_path(), file?.content)))
                .collect();
            let contents = hashes(&known);
            // no decoder has this name, so no failure counts
            let known_contents = self.store.known(space, "", &contents);
            let found = self.read("the features", known_contents)?;
            let found = known.into_iter().zip(found);
            rows.extend(found.filter_map(|(row, known)| (known == Known::Present).then_some(row)));
        }
        Ok(RowIndex { space, rows })
    }

    /// Hands over the rows page by page.
    pub(super) fn each_page(
        index: &RowIndex<'_>,
        progress: &Progress<'_>,
        mut take: impl FnMut(&[Row<'_>]) -> Result<(), VizError>,
    ) -> Result<(), VizError> {
        for rows in index.rows.chunks(index.page()) {
            progress.job.check()?;
            take(rows)?;
            progress.stage.advance(rows.len() as u64);
        }
        Ok(())
    }

    /// Reads the features of some rows.
    pub(super) fn features(
        &self,
        index: &RowIndex<'_>,
        rows: &[Row<'_>],
    ) -> Result<Features, VizError> {
        let contents = hashes(rows);
        let features = self.store.load(index.space, &contents);
        self.read("the features", features)
    }

    /// Reads the sizes of some rows.
    pub(super) fn sizes(&self, rows: &[Row<'_>]) -> Result<Vec<(u32, u32)>, VizError> {
        let contents = hashes(rows);
        let contents = self.store.contents(&contents, false);
        let contents = self.read("the sizes of pictures", contents)?;
        let sizes = contents.into_iter().zip(rows).map(|(content, (path, _))| {
            let Some(Content { width, height, .. }) = content else {
                let gone = format!("`{}` was forgotten meanwhile", path.display());
                let (what, source) = ("the sizes of pictures", gone.into());
                return Err(VizError::Store { what, source });
            };
            Ok((width, height))
        });
        sizes.collect()
    }
}

fn hashes(rows: &[Row<'_>]) -> Vec<ContentHash> {
    rows.iter().map(|(_, content)| *content).collect()
}
