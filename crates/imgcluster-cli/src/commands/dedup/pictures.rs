//! The pictures among which copies are sought, as files.

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use imgcluster_core::ingest::{Candidate, DecodeError, Ingested};
use imgcluster_core::{
    ContentHash, Decoder, Event, FileStamp, Job, Skipped, Stage, for_each_block,
};
use imgcluster_embed::{DecodeOptions, FileDecoder, Walked};
use imgcluster_organize::{PlannedFile, Sidecars, absolute, root_of};

use crate::arguments::DedupArguments;
use crate::failure::Refusal;
use crate::session::Session;

/// Pictures, in the order of their paths; row `i` is the same in all parts.
pub(super) struct Pictures {
    pub(super) files: Vec<PlannedFile>,
    /// Which of the folders that were named each is in.
    folder: Vec<u32>,
    is_reference: Vec<bool>,
    /// The path of each with no link in it, where that is another one.
    real: Vec<Option<PathBuf>>,
    /// Whether each is a link, or lies behind one that leads out of the folders that were named.
    is_linked: Vec<bool>,
    /// What belongs to each.
    pub(super) sidecars: Sidecars,
    /// How many there are, those among them that cannot be copies of any.
    pub(super) total: usize,
    pub(super) skipped: Vec<Skipped>,
    pub(super) roots: Vec<PathBuf>,
    pub(super) references: Vec<PathBuf>,
    /// Those folders with no link in them.
    pub(super) real_references: Vec<PathBuf>,
    /// Whether copies are sought only in different folders, or only in the same.
    across: bool,
    within: bool,
    pub(super) max_pixels: u64,
}

/// A picture that was found: where, and what it is.
struct Row<'a> {
    candidate: &'a Candidate,
    content: ContentHash,
}

impl Pictures {
    /// Those that a model has looked at.
    pub(super) fn of(
        candidates: &[Candidate],
        ingested: Ingested,
        arguments: &DedupArguments,
    ) -> Result<Self> {
        // Images are candidates, in their order.
        let mut left = candidates.iter();
        let rows = ingested.images.iter().filter_map(|image| {
            let candidate = left.find(|candidate| candidate.path == image.path)?;
            Some(Row {
                candidate,
                content: image.content,
            })
        });
        Self::new(rows.collect(), &[], ingested.skipped, arguments)
    }

    /// Those of which only the bytes count: only files of one size are read.
    pub(super) fn by_bytes(
        walked: Walked,
        arguments: &DedupArguments,
        session: &Session,
    ) -> Result<Self> {
        let Walked {
            candidates,
            mut skipped,
        } = walked;
        let mut sizes: HashMap<u64, u32> = HashMap::new();
        for candidate in &candidates {
            *sizes.entry(candidate.stamp.size).or_default() += 1;
        }
        let alike = candidates.iter().filter(|file| sizes[&file.stamp.size] > 1);
        let alike: Vec<&Candidate> = alike.collect();
        let identified = identify(&alike, arguments, &session.job())?;
        let mut rows = Vec::new();
        for (candidate, identified) in alike.into_iter().zip(identified) {
            match identified {
                Ok(content) => rows.push(Row { candidate, content }),
                Err(DecodeError { reason, .. }) => {
                    let path = candidate.path.clone();
                    session.job().report(&Event::Skipped {
                        path: &path,
                        reason: &reason,
                    });
                    skipped.push(Skipped { path, reason });
                }
            }
        }
        if candidates.is_empty() {
            let hint = "name a folder that holds JPEG, PNG, WebP, BMP, TIFF or GIF files";
            return Err(Refusal::new("no pictures found", hint).into());
        }
        skipped.sort_by(|a, b| a.path.as_os_str().cmp(b.path.as_os_str()));
        let lone = candidates
            .iter()
            .filter(|file| sizes[&file.stamp.size] == 1);
        let lone: Vec<&Candidate> = lone.collect();
        Self::new(rows, &lone, skipped, arguments)
    }

    /// Of `lone` files it is known without a look that they are no copies.
    fn new(
        rows: Vec<Row<'_>>,
        lone: &[&Candidate],
        skipped: Vec<Skipped>,
        arguments: &DedupArguments,
    ) -> Result<Self> {
        let (input, flags) = (&arguments.input, &arguments.duplicates);
        let real = |path: &PathBuf| fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let folders: Vec<PathBuf> = input
            .paths
            .iter()
            .chain(&flags.reference)
            .map(|path| named_folder(path))
            .collect();
        let mut pictures = Self {
            files: Vec::with_capacity(rows.len()),
            folder: Vec::with_capacity(rows.len()),
            is_reference: Vec::with_capacity(rows.len()),
            real: Vec::with_capacity(rows.len()),
            is_linked: Vec::new(),
            sidecars: Sidecars::default(),
            total: rows.len() + lone.len(),
            max_pixels: input.max_pixels,
            skipped,
            roots: Vec::new(),
            references: Vec::new(),
            real_references: flags.reference.iter().map(real).collect(),
            across: flags.across,
            within: flags.within,
        };
        for argument in input.paths.iter().chain(&flags.reference) {
            let root = root_of(argument);
            pictures
                .roots
                .push(root.with_context(|| argument.display().to_string())?);
        }
        for reference in &flags.reference {
            pictures.references.push(absolute(reference)?);
        }
        for Row { candidate, content } in rows {
            let path = absolute(&candidate.path)?;
            if !pictures.roots.iter().any(|root| path.starts_with(root)) {
                // A file of a list: it stands for the folder that it is in.
                pictures.roots.extend(path.parent().map(Path::to_owned));
            }
            let FileStamp {
                size, modified_ns, ..
            } = candidate.stamp;
            let real = (candidate.key != path).then(|| candidate.key.clone());
            pictures.real.push(real);
            pictures.files.push(PlannedFile {
                path,
                content,
                size: Some(size),
                modified_ns: Some(modified_ns),
            });
            // The innermost of the folders that hold it.
            let holding = folders
                .iter()
                .enumerate()
                .filter(|(_, it)| candidate.key.starts_with(it));
            let folder = holding.max_by_key(|(_, it)| it.as_os_str().len());
            pictures
                .folder
                .push(folder.map_or(u32::MAX, |(number, _)| number as u32));
            let references = &pictures.real_references;
            let is_reference = references.iter().any(|it| candidate.key.starts_with(it));
            pictures.is_reference.push(is_reference);
        }
        let real_roots: Vec<PathBuf> = pictures.roots.iter().map(real).collect();
        let reals = pictures.real.iter().zip(&pictures.files);
        let is_linked = reals.map(|(real, file)| {
            real.as_ref().is_some_and(|real| {
                file.path.is_symlink() || !real_roots.iter().any(|root| real.starts_with(root))
            })
        });
        pictures.is_linked = is_linked.collect();
        pictures.roots.sort();
        pictures.roots.dedup();
        pictures.references.sort();
        pictures.references.dedup();
        pictures.sidecars = if flags.no_sidecars {
            Sidecars::none(pictures.files.len())
        } else {
            pictures.find_sidecars(lone)?
        };
        Ok(pictures)
    }

    /// What belongs to a file that was left out, or that is no copy, stays with it.
    fn find_sidecars(&self, lone: &[&Candidate]) -> Result<Sidecars> {
        let skipped = self.skipped.iter().map(|skipped| &skipped.path);
        let others = lone.iter().map(|candidate| &candidate.path).chain(skipped);
        let others: std::io::Result<Vec<PathBuf>> = others.map(|path| absolute(path)).collect();
        let others = others.context("cannot tell where the files are")?;
        let paths: Vec<&PathBuf> = self.files.iter().map(|file| &file.path).collect();
        Ok(Sidecars::scan(&paths, &others)?)
    }

    pub(super) fn is_reference(&self, row: u32) -> bool {
        self.is_reference[row as usize]
    }

    /// Whether a picture is a link, or lies behind one, so that no plan may touch it.
    pub(super) fn is_linked(&self, row: u32) -> bool {
        self.is_linked[row as usize]
    }

    /// The path of a picture with no link in it.
    pub(super) fn real_path(&self, row: u32) -> &Path {
        let row = row as usize;
        self.real[row].as_ref().unwrap_or(&self.files[row].path)
    }

    /// Whether two pictures may be copies as far as their folders go.
    pub(super) fn allowed(&self, a: u32, b: u32) -> bool {
        let same = self.folder[a as usize] == self.folder[b as usize];
        (!self.across || !same) && (!self.within || same)
    }
}

/// The real folder that an argument stands for: itself, or the folder of a file.
pub(super) fn named_folder(argument: &Path) -> PathBuf {
    let mut folder = fs::canonicalize(argument).unwrap_or_else(|_| argument.to_owned());
    if folder.is_file() {
        folder.pop();
    }
    folder
}

/// Hashes files, next to each other.
fn identify(
    files: &[&Candidate],
    arguments: &DedupArguments,
    job: &Job<'_>,
) -> Result<Vec<Result<ContentHash, DecodeError>>> {
    let stage = job.stage(Stage::Ingest, Some(files.len() as u64));
    let decoder = FileDecoder::new(DecodeOptions {
        max_pixels: arguments.input.max_pixels,
        max_file_size: arguments.input.max_file_size,
        ..DecodeOptions::default()
    });
    let found = Mutex::new(Vec::with_capacity(files.len()));
    let block = NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN);
    for_each_block(
        job,
        files.len(),
        block,
        || (),
        |(), range| {
            let hashes = range
                .clone()
                .map(|at| (at, decoder.identify(&files[at].path)));
            let hashes: Vec<_> = hashes.collect();
            stage.advance(range.len() as u64);
            found
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .extend(hashes);
        },
    )?;
    let mut found = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    found.sort_unstable_by_key(|(at, _)| *at);
    Ok(found
        .into_iter()
        .map(|(_, identified)| identified)
        .collect())
}
