//! Contents with their features and thumbnails, space by space.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::PathBuf;

use imgcluster_core::{
    Content, ContentHash, EmbeddingSpace, Features, Known, Matrix, NewContent, PutBatch, Store,
};

use super::{NO_DECODER, Thing, Transfer, TransferError};

/// Contents with their features, as the store that is copied holds them.
struct Page<'a> {
    space: &'a EmbeddingSpace,
    hashes: &'a [ContentHash],
    contents: Vec<NewContent>,
    features: Features,
}

/// What the target holds of a page.
struct Held {
    contents: Vec<Option<Content>>,
    /// For each content, its place among the features.
    places: Vec<Option<usize>>,
    features: Features,
}

impl<F: Store, T: Store> Transfer<'_, F, T> {
    /// Copies everything in one space: what these files have, in their order, and then the rest.
    pub(super) async fn features(
        &mut self,
        space: &EmbeddingSpace,
        paths: &[PathBuf],
    ) -> Result<(), TransferError> {
        let mut seen: HashSet<ContentHash> = HashSet::new();
        for paths in paths.chunks(self.page.get()) {
            self.job.check()?;
            let files = self.from.files(paths).await;
            let files = files.map_err(TransferError::read_from)?;
            let hashes = files.into_iter().flatten().map(|file| file.content);
            let hashes: Vec<ContentHash> = hashes.filter(|hash| !seen.contains(hash)).collect();
            let known = self.from.known(space, NO_DECODER, &hashes).await;
            let known = known.map_err(TransferError::read_from)?;
            let there = places(&known, |_, known| *known == Known::Present);
            let hashes = there.into_iter().map(|at| hashes[at]);
            // two files may have one content
            let hashes: Vec<ContentHash> = hashes.filter(|hash| seen.insert(*hash)).collect();
            self.contents(space, &hashes).await?;
        }
        let mut after = None;
        loop {
            self.job.check()?;
            let hashes = self.from.contents_in(space, after, self.page).await;
            let mut hashes = hashes.map_err(TransferError::read_from)?;
            let Some(last) = hashes.last() else {
                self.contents.push((space.clone(), seen));
                return Ok(());
            };
            after = Some(*last);
            hashes.retain(|hash| seen.insert(*hash));
            self.contents(space, &hashes).await?;
        }
    }

    /// Looks once more for everything that was copied.
    pub(super) async fn still_there(&mut self) -> Result<(), TransferError> {
        for (space, contents) in std::mem::take(&mut self.contents) {
            let contents: Vec<ContentHash> = contents.into_iter().collect();
            for contents in contents.chunks(self.page.get()) {
                self.job.check()?;
                let known = self.to.known(&space, NO_DECODER, contents).await;
                let known = known.map_err(TransferError::read_to)?;
                for (&content, known) in contents.iter().zip(known) {
                    let there = (known == Known::Present).then_some(());
                    let model = || space.model.clone();
                    self.differences.again(there, || Thing::Feature {
                        model: model(),
                        content,
                    });
                }
            }
        }
        Ok(())
    }

    /// Copies these contents of a space.
    async fn contents(
        &mut self,
        space: &EmbeddingSpace,
        hashes: &[ContentHash],
    ) -> Result<(), TransferError> {
        if hashes.is_empty() {
            return Ok(());
        }
        let page = self.read_page(space, hashes).await?;
        self.feature_page(&page).await?;
        self.stage.advance(hashes.len() as u64);
        Ok(())
    }

    async fn read_page<'p>(
        &self,
        space: &'p EmbeddingSpace,
        hashes: &'p [ContentHash],
    ) -> Result<Page<'p>, TransferError> {
        let features = self.from.load(space, hashes).await;
        let features = features.map_err(TransferError::read_from)?;
        let contents = self.from.contents(hashes, true).await;
        let contents = contents.map_err(TransferError::read_from)?;
        let contents = hashes.iter().zip(contents).map(|(&hash, content)| {
            let content = content.ok_or(TransferError::Forgotten { content: hash })?;
            Ok(NewContent { hash, content })
        });
        Ok(Page {
            space,
            hashes,
            contents: contents.collect::<Result<_, TransferError>>()?,
            features,
        })
    }

    async fn feature_page(&mut self, page: &Page<'_>) -> Result<(), TransferError> {
        let known = self.to.known(page.space, NO_DECODER, page.hashes).await;
        let known = known.map_err(TransferError::read_to)?;
        let fresh = places(&known, |_, known| *known != Known::Present);
        self.put_contents(page, &fresh).await?;
        let mut held = self.read_back(page).await?;
        let gaps = places(&held.contents, |at, held| {
            let wanted = page.contents[at].content.thumbnail.is_some();
            wanted && held.as_ref().is_some_and(|held| held.thumbnail.is_none())
        });
        if !gaps.is_empty() {
            self.put_contents(page, &gaps).await?;
            held = self.read_back(page).await?;
        }
        for at in 0..page.hashes.len() {
            self.compare(page, &held, at);
        }
        self.copied.features.copied += page.hashes.len() as u64;
        self.copied.features.new += fresh.len() as u64;
        Ok(())
    }

    /// Puts those contents of a page that are at these places.
    async fn put_contents(&self, page: &Page<'_>, at: &[usize]) -> Result<(), TransferError> {
        if at.is_empty() {
            return Ok(());
        }
        let (contents, features) = page.at(at);
        let put = self.to.put(PutBatch {
            space: page.space,
            decoder: NO_DECODER,
            files: &[],
            contents: &contents,
            features: &features,
            failures: &[],
        });
        put.await.map_err(TransferError::write_to)
    }

    async fn read_back(&self, page: &Page<'_>) -> Result<Held, TransferError> {
        let read_to = TransferError::read_to;
        let known = self.to.known(page.space, NO_DECODER, page.hashes).await;
        let there = places(&known.map_err(read_to)?, |_, known| {
            *known == Known::Present
        });
        let mut places = vec![None; page.hashes.len()];
        for (place, &at) in there.iter().enumerate() {
            places[at] = Some(place);
        }
        let there: Vec<ContentHash> = there.iter().map(|&at| page.hashes[at]).collect();
        let features = self.to.load(page.space, &there).await;
        let contents = self.to.contents(page.hashes, true).await;
        Ok(Held {
            contents: contents.map_err(read_to)?,
            places,
            features: features.map_err(read_to)?,
        })
    }

    fn compare(&mut self, page: &Page<'_>, held: &Held, at: usize) {
        let NewContent { hash, content } = &page.contents[at];
        let there = held.contents[at].as_ref();
        let is_same =
            |there: &Content| (there.width, there.height) == (content.width, content.height);
        self.differences
            .compare(there, is_same, || Thing::Size(*hash));
        if let Some(thumbnail) = &content.thumbnail {
            let there = there.and_then(|there| there.thumbnail.as_ref());
            let thing = || Thing::Thumbnail(*hash);
            self.differences
                .compare(there, |there| there == thumbnail, thing);
        }
        let is_same = |place| is_same_feature((&held.features, place), (&page.features, at));
        self.differences
            .compare(held.places[at], is_same, || Thing::Feature {
                model: page.space.model.clone(),
                content: *hash,
            });
    }
}

impl Page<'_> {
    /// Gives the contents at these places, which are in order, with their features.
    fn at(&self, at: &[usize]) -> (Cow<'_, [NewContent]>, Cow<'_, Features>) {
        if at.len() == self.contents.len() {
            return (Cow::Borrowed(&self.contents), Cow::Borrowed(&self.features));
        }
        let contents = at.iter().map(|&at| self.contents[at].clone()).collect();
        let features = match &self.features {
            Features::Vectors(rows) => {
                let values = at.iter().flat_map(|&at| rows.row(at)).copied().collect();
                let rows = Matrix::new(values, rows.dim());
                Features::Vectors(rows.expect("rows that were well formed stay so"))
            }
            Features::Signatures(all) => {
                Features::Signatures(at.iter().map(|&at| all[at].clone()).collect())
            }
        };
        (Cow::Owned(contents), Cow::Owned(features))
    }
}

/// Gives the places of the items that are wanted.
fn places<I>(items: &[I], is_wanted: impl Fn(usize, &I) -> bool) -> Vec<usize> {
    let wanted = items
        .iter()
        .enumerate()
        .filter(|(at, item)| is_wanted(*at, item));
    wanted.map(|(at, _)| at).collect()
}

/// Compares two features bit for bit.
fn is_same_feature((a, a_at): (&Features, usize), (b, b_at): (&Features, usize)) -> bool {
    match (a, b) {
        (Features::Vectors(a), Features::Vectors(b)) => {
            let bits = |value: &f32| value.to_bits();
            a.row(a_at)
                .iter()
                .map(bits)
                .eq(b.row(b_at).iter().map(bits))
        }
        (Features::Signatures(a), Features::Signatures(b)) => a[a_at] == b[b_at],
        _ => false,
    }
}
