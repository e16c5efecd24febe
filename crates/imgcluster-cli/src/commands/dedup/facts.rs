//! What is known of the pictures that are like another one.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use imgcluster_core::{ContentHash, Stage, for_each_block};
use imgcluster_embed::{DecodeOptions, Encoding, FileDecoder, PictureFacts, effective_sizes};
use imgcluster_organize::CopyFacts;

use super::pictures::Pictures;
use crate::session::Session;

/// Facts by content: equal files are looked at once.
#[derive(Default)]
pub(super) struct Facts(HashMap<ContentHash, PictureFacts>);

impl Facts {
    /// Looks at pictures, next to each other. One that cannot be read any more has no facts.
    pub(super) fn read(
        pictures: &Pictures,
        rows: impl Iterator<Item = u32>,
        session: &Session,
    ) -> Result<Self> {
        let files = rows.map(|row| &pictures.files[row as usize]);
        let files: BTreeMap<ContentHash, _> =
            files.map(|file| (file.content, &file.path)).collect();
        let files: Vec<_> = files.into_iter().collect();
        let job = session.job();
        let stage = job.stage(Stage::Cluster, Some(files.len() as u64));
        let decoder = FileDecoder::new(DecodeOptions {
            max_pixels: pictures.max_pixels,
            ..DecodeOptions::default()
        });
        let found = Mutex::new(HashMap::with_capacity(files.len()));
        for_each_block(
            &job,
            files.len(),
            NonZeroUsize::MIN,
            || (),
            |(), range| {
                for (content, path) in &files[range] {
                    if let Ok(facts) = decoder.facts(path, content) {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        found.insert(*content, facts);
                    }
                    stage.advance(1);
                }
            },
        )?;
        Ok(Self(
            found.into_inner().unwrap_or_else(PoisonError::into_inner),
        ))
    }

    /// What is known of a content.
    pub(super) fn get(&self, content: &ContentHash) -> Option<&PictureFacts> {
        self.0.get(content)
    }

    /// Copies as the rules of what to keep see them, in the order of `rows`.
    pub(super) fn copies<'a>(&'a self, pictures: &'a Pictures, rows: &[u32]) -> Vec<CopyFacts<'a>> {
        let content = |row: &u32| pictures.files[*row as usize].content;
        let known: BTreeMap<ContentHash, &PictureFacts> = rows
            .iter()
            .filter_map(|row| Some((content(row), self.get(&content(row))?)))
            .collect();
        let sizes = effective_sizes(&known.values().copied().collect::<Vec<_>>());
        let sizes: HashMap<ContentHash, (u32, u32)> = known.into_keys().zip(sizes).collect();
        let copy = |row: &u32| {
            let file = &pictures.files[*row as usize];
            let facts = self.get(&file.content);
            let (width, height) = sizes.get(&file.content).copied().unwrap_or_default();
            CopyFacts {
                path: &file.path,
                real_path: pictures.real_path(*row),
                width: facts.map_or(0, |facts| facts.width),
                height: facts.map_or(0, |facts| facts.height),
                effective_pixels: f64::from(width) * f64::from(height),
                effective_size: (width, height),
                format_rank: facts.map_or(0, |facts| facts.encoding.rank()),
                quality: match facts.map(|facts| facts.encoding) {
                    Some(Encoding::Lossy { quality }) => quality,
                    _ => None,
                },
                format: facts.map_or("", |facts| facts.format),
                size: file.size.unwrap_or(0),
                metadata: facts.map_or(0, |facts| facts.metadata.fields.len() as u32),
                is_turned: facts.is_some_and(|facts| facts.metadata.turned),
                companions: pictures.sidecars.companions(*row as usize),
                modified_ns: file.modified_ns.unwrap_or(0),
            }
        };
        rows.iter().map(copy).collect()
    }

    /// How sharp a picture is, if that is known.
    pub(super) fn sharpness(&self, pictures: &Pictures, row: u32) -> Option<f64> {
        let facts = self.get(&pictures.files[row as usize].content)?;
        Some(f64::from(facts.sharpness))
    }
}
