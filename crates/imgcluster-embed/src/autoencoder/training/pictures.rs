//! The pictures that are learnt from, in memory at their size.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use imgcluster_core::ingest::{Candidate, DecodeError};
use imgcluster_core::{
    ContentHash, Decoder, Event, InputSpec, Job, Pixels, Skipped, Stage, for_each_block,
};

use super::TrainError;
use crate::autoencoder::AutoencoderConfiguration;
use crate::{DecodeOptions, EmbedError, FileDecoder, Preprocess, fit, free_memory};

/// Pictures of one size to learn from, each content once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingPictures {
    input: InputSpec,
    rgb: Vec<u8>,
    contents: Vec<ContentHash>,
}

/// What came of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPictures {
    /// Those that could be read, in the order of the files; of equal ones the first.
    pub pictures: TrainingPictures,
    /// The files that could not, in their order.
    pub skipped: Vec<Skipped>,
    /// How many files were left out because an earlier one has the same bytes.
    pub copies: usize,
    /// How many of the pictures have fewer pixels than the network's on both sides, so that nothing is
    /// gained by its size.
    pub enlarged: usize,
}

impl TrainingPictures {
    /// Begins with none; each will be brought to `size` by `size` pixels.
    ///
    /// # Errors
    /// If no autoencoder has this size.
    pub fn new(size: u32) -> Result<Self, TrainError> {
        Ok(Self {
            input: preprocess(size)?.input,
            rgb: Vec::new(),
            contents: Vec::new(),
        })
    }

    /// Adds a picture, unless one of this content is there already, which is told by `false`.
    ///
    /// # Errors
    /// If it cannot be resized.
    pub fn push(&mut self, pixels: &Pixels, content: ContentHash) -> Result<bool, EmbedError> {
        if self.contents.contains(&content) {
            return Ok(false);
        }
        self.rgb.extend(fit(pixels, &self.input)?.rgb());
        self.contents.push(content);
        Ok(true)
    }

    /// Reads files, and brings every picture to `size` by `size` pixels as the network will see it.
    ///
    /// `limits` say which files are too large; how JPEGs are decoded is decided here. An
    /// [`Event::Advanced`] of [`Stage::Read`] is reported for every file, and an [`Event::Skipped`] for one that cannot be
    /// used. Memory: three bytes for each of `size` by `size` pixels of every file.
    ///
    /// # Errors
    /// If no autoencoder has this size, the pictures would take more than half of the memory that is
    /// free, or the job was cancelled.
    pub fn read(
        candidates: &[Candidate],
        size: u32,
        limits: DecodeOptions,
        job: &Job<'_>,
    ) -> Result<ReadPictures, TrainError> {
        let preprocess = preprocess(size)?;
        refuse_too_many(candidates.len(), size)?;
        let decoder = FileDecoder::new(DecodeOptions {
            jpeg: preprocess.jpeg(),
            ..limits
        });
        let input = preprocess.input;
        let length = length(&input);
        let found = vec![None; candidates.len()];
        let read = Mutex::new((vec![0; length * candidates.len()], found));
        for_each_block(
            job,
            candidates.len(),
            NonZeroUsize::MIN,
            || (),
            |(), range| {
                for at in range {
                    let found = one(&candidates[at], &decoder, &input);
                    let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                    let (rgb, contents) = &mut *read;
                    contents[at] = Some(found.map(|(pixels, one)| {
                        rgb[at * length..][..length].copy_from_slice(pixels.rgb());
                        one
                    }));
                    job.report(&Event::Advanced {
                        stage: Stage::Read,
                        by: 1,
                    });
                }
            },
        )?;
        let (rgb, found) = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(gathered(rgb, found, candidates, input, job))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// Pixels a side.
    pub(super) fn side(&self) -> usize {
        self.input.width.get() as usize
    }

    /// The bytes of one, row after row, red, green and blue.
    pub(super) fn rgb(&self, number: usize) -> &[u8] {
        let length = length(&self.input);
        &self.rgb[number * length..][..length]
    }

    /// The hash of all contents in their order, and of the pixels they became.
    pub fn hash(&self) -> ContentHash {
        let mut hasher = blake3::Hasher::new();
        for content in &self.contents {
            hasher.update(&content.0);
        }
        hasher.update(&self.rgb);
        ContentHash(hasher.finalize().into())
    }

    /// The mean of red, green and blue in [0, 1], and how far they are from it as a rule.
    pub(super) fn colours(&self) -> ([f32; 3], [f32; 3]) {
        let (mut sums, mut squares) = ([0_u64; 3], [0_u64; 3]);
        for pixel in self.rgb.as_chunks::<3>().0 {
            for channel in 0..3 {
                let value = u64::from(pixel[channel]);
                sums[channel] += value;
                squares[channel] += value * value;
            }
        }
        let count = (self.rgb.len() / 3).max(1) as f64;
        let mean = sums.map(|sum| sum as f64 / count / 255.0);
        let std = std::array::from_fn(|channel| {
            let square = squares[channel] as f64 / count / 255.0 / 255.0;
            let variance = (square - mean[channel] * mean[channel]).max(0.0);
            (variance.sqrt() as f32).max(LEAST_SPREAD)
        });
        (mean.map(|mean| mean as f32), std)
    }
}

/// Pictures of one colour must not be divided by nothing.
const LEAST_SPREAD: f32 = 0.05;

/// What is done to a picture before a network of this size, but for the colours.
fn preprocess(size: u32) -> Result<Preprocess, TrainError> {
    let configuration = AutoencoderConfiguration {
        size,
        latent: *AutoencoderConfiguration::LATENTS.start(),
        width: *AutoencoderConfiguration::WIDTHS.start(),
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    configuration.check()?;
    Ok(configuration.preprocess())
}

/// Bytes of a picture.
fn length(input: &InputSpec) -> usize {
    input.width.get() as usize * input.height.get() as usize * 3
}

fn refuse_too_many(count: usize, size: u32) -> Result<(), TrainError> {
    let needed = count as u64 * u64::from(size) * u64::from(size) * 3;
    match free_memory().map(|free| free / 2) {
        Some(allowed) if needed > allowed => Err(TrainError::Memory {
            count,
            size,
            needed,
            allowed,
        }),
        _ => Ok(()),
    }
}

fn one(
    candidate: &Candidate,
    decoder: &FileDecoder,
    input: &InputSpec,
) -> Result<(Pixels, One), DecodeError> {
    let content = decoder.identify(&candidate.path)?;
    let picture = decoder.decode(&candidate.path, &content)?;
    let fitted = fit(&picture.pixels, input).map_err(|error| DecodeError {
        reason: error.to_string(),
        lasting: false,
    })?;
    let is_enlarged = picture.width.max(picture.height) < input.width.get();
    Ok((
        fitted,
        One {
            content,
            is_enlarged,
        },
    ))
}

/// What is known of a picture beside its pixels.
#[derive(Clone, Copy)]
struct One {
    content: ContentHash,
    is_enlarged: bool,
}

type Found = Option<Result<One, DecodeError>>;

/// Closes the gaps of what could not be read, and of what was there already.
fn gathered(
    mut rgb: Vec<u8>,
    found: Vec<Found>,
    candidates: &[Candidate],
    input: InputSpec,
    job: &Job<'_>,
) -> ReadPictures {
    let length = length(&input);
    let (mut contents, mut skipped, mut known) = (Vec::new(), Vec::new(), HashSet::new());
    let (mut copies, mut enlarged) = (0, 0);
    for (at, (found, candidate)) in found.into_iter().zip(candidates).enumerate() {
        match found {
            Some(Ok(one)) if known.insert(one.content) => {
                rgb.copy_within(at * length..(at + 1) * length, contents.len() * length);
                contents.push(one.content);
                enlarged += usize::from(one.is_enlarged);
            }
            Some(Ok(_)) => copies += 1,
            Some(Err(DecodeError { reason, .. })) => {
                job.report(&Event::Skipped {
                    path: &candidate.path,
                    reason: &reason,
                });
                skipped.push(Skipped {
                    path: candidate.path.clone(),
                    reason,
                });
            }
            None => {}
        }
    }
    rgb.truncate(contents.len() * length);
    rgb.shrink_to_fit();
    ReadPictures {
        pictures: TrainingPictures {
            input,
            rgb,
            contents,
        },
        skipped,
        copies,
        enlarged,
    }
}
