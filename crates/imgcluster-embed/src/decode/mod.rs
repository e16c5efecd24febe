//! Reading picture files: [`FileDecoder`].
//!
//! The format is told by content ([`sniff`]), the limits are checked before anything of the size of
//! the picture is allocated, every decoder panic is a failure of that one file, and pictures enter
//! a [`memory`] gate so that few large ones are decoded at once.

mod facts;
mod ifd;
mod jpeg;
mod memory;
mod orientation;
mod picture;
mod png;
mod reason;
mod reduce;
mod rgb;
mod sniff;
mod thumbnail;
mod tiff;

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::ImageFormat;
use imgcluster_core::ingest::{DecodeError, Decoded};
use imgcluster_core::{ContentHash, Decoder, Pixels};

use crate::text::{bytes as show_bytes, one_line, system_reason};
pub use facts::{Detail, Encoding, InnerPart, Metadata, PictureFacts, effective_sizes};
use memory::Gate;
pub use memory::free as free_memory;
use picture::Room;
use reason::{lasting, passing};
pub use sniff::FORMATS;
use sniff::{HEAD, Kind, sniff};

/// Changes whenever a file that failed may now be read, or be read differently.
const VERSION: &str = "imgcluster 3, image 0.25";

/// What decodes reduced and faithful JPEGs; a part of the cache key.
pub(crate) const JPEG_BY: &str = jpeg::DECODED_BY;

/// Files above this size are read only when nothing else is being decoded.
const LARGE_FILE: u64 = 64 << 20;

/// Where the system does not say how much memory is free.
const ASSUMED_FREE: u64 = 4 << 30;

/// How JPEG files become pixels. Other formats have only one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum JpegDecoding {
    /// At full size, by the decoder of the `image` crate: within 4 levels of libjpeg-turbo. What
    /// `classic` and the hashes are defined on.
    #[default]
    Plain,
    /// At full size, as libjpeg-turbo decodes, which most models were trained with. Kinds of JPEG
    /// that are rare (CMYK, RGB, or out of order) are decoded as with `Plain`.
    Faithful,
    /// The same, but at a half, a quarter or an eighth of the size where the shorter side still
    /// keeps three times `shorter` pixels. Each pixel is the mean of those it stands for, and the
    /// picture knows how they lie ([`Pixels::across`]); the size that is reported is the original
    /// one.
    Reduced {
        /// Pixels of the shorter side that the model's preprocessing resizes to.
        shorter: NonZeroU32,
    },
}

/// What may be decoded, and what is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Pictures of more pixels are refused by their header. Default: 250 million.
    pub max_pixels: u64,
    /// Files of more bytes are refused unread. Default: 1 GiB.
    pub max_file_size: u64,
    /// Bytes that all pictures being decoded at the same time may take together; one that needs
    /// more is decoded alone. `None` is half of the memory that is free when the decoder is made,
    /// and at most 1 GiB. Default: `None`.
    pub memory: Option<u64>,
    /// Bytes that any one picture may take while it is decoded; one that needs more is refused.
    /// `None` is half of the memory that is free when the decoder is made. Default: `None`.
    pub largest: Option<u64>,
    /// Pictures of more pixels, or with a side of more than 16,384, are averaged down as soon as
    /// they are decoded, so that they do not stay in memory at full size; the size that is
    /// reported is the original one. Default: 32 million.
    pub keep_pixels: u64,
    /// How JPEG files become pixels. Default: [`JpegDecoding::Plain`].
    pub jpeg: JpegDecoding,
    /// The longest side of thumbnails; `None` makes none. Default: 128.
    pub thumbnail: Option<u32>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self {
            max_pixels: 250_000_000,
            max_file_size: 1 << 30,
            memory: None,
            largest: None,
            keep_pixels: 32_000_000,
            jpeg: JpegDecoding::default(),
            thumbnail: Some(128),
        }
    }
}

impl DecodeOptions {
    /// Says why a picture of this size is refused, if it has more pixels than the limit; the same
    /// words as when it is decoded.
    pub fn too_many_pixels(&self, width: u32, height: u32) -> Option<String> {
        let most = self.max_pixels;
        if u64::from(width) * u64::from(height) <= most {
            return None;
        }
        let limit = match (most / 1_000_000, most % 1_000_000) {
            (millions @ 1.., 0) => format!("{millions} million"),
            _ => most.to_string(),
        };
        Some(format!(
            "{width} × {height} pixels are over the limit of {limit}"
        ))
    }
}

/// Decodes JPEG (also CMYK and progressive), PNG, WebP, BMP, TIFF and GIF (of moving pictures the
/// first frame) to upright 8-bit RGB.
///
/// What is transparent lies over white; EXIF orientation is applied, and an invalid one is upright.
/// A picture that is cut short, or unreadable from some place on, is refused rather than filled up.
/// Only a missing end mark is forgiven, and only where it can be told that nothing else is missing:
/// not in progressive JPEG, of which any number of refining passes could have followed.
///
/// A decoder that panics is one failed file. The panic would still print its message through the
/// program's panic hook: see [`decoding`].
#[derive(Debug)]
pub struct FileDecoder {
    options: DecodeOptions,
    largest: u64,
    gate: Gate,
}

impl FileDecoder {
    /// Makes a decoder; where the options leave it open, looks how much memory is free.
    pub fn new(options: DecodeOptions) -> Self {
        const MOST_AT_ONCE: u64 = 1 << 30;
        let half = memory::free().unwrap_or(ASSUMED_FREE) / 2;
        Self {
            options,
            largest: options.largest.unwrap_or(half),
            gate: Gate::new(options.memory.unwrap_or(half.min(MOST_AT_ONCE))),
        }
    }

    /// Finds what tells the original of a picture from its copies, by decoding it.
    ///
    /// # Errors
    /// As [`Decoder::decode`].
    pub fn facts(&self, path: &Path, content: &ContentHash) -> Result<PictureFacts, DecodeError> {
        self.with_bytes(path, content, |bytes, format, room| {
            let decoded = picture::decode(bytes, format, room)?;
            Ok(facts::gather(bytes, format, &decoded))
        })
    }

    /// Reads a file that must have this content, and works on its bytes, where a panic is a failure
    /// of the file.
    fn with_bytes<T>(
        &self,
        path: &Path,
        content: &ContentHash,
        work: impl FnOnce(&[u8], ImageFormat, &Room<'_>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let (file, size) = self.open(path)?;
        // The file is held as it is, and most decoders hold as much of it once more.
        picture::check_room(size.saturating_mul(2), self.largest)?;
        let held = (size > LARGE_FILE).then(|| self.gate.enter(u64::MAX));
        let mut bytes = Vec::with_capacity(size as usize);
        file.take(self.options.max_file_size)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
        if blake3::hash(&bytes).as_bytes() != &content.0 {
            return Err(passing("changed while it was read"));
        }
        let format = format_of(&bytes[..bytes.len().min(HEAD)])?;
        let room = Room {
            options: &self.options,
            largest: self.largest,
            gate: &self.gate,
            held: held.is_some(),
        };
        guarded(format, || work(&bytes, format, &room))
    }

    /// Opens a regular file within the size limit; gives its size too.
    fn open(&self, path: &Path) -> Result<(File, u64), DecodeError> {
        // A named pipe would wait for a writer, so what it is is asked before it is opened.
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
        if !metadata.is_file() {
            return Err(passing("not a file"));
        }
        let (size, limit) = (metadata.len(), self.options.max_file_size);
        if size > limit {
            let (size, limit) = (show_bytes(size), show_bytes(limit));
            return Err(passing(format!(
                "{size} are over the file size limit of {limit}"
            )));
        }
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        Ok((file, size))
    }
}

impl Default for FileDecoder {
    fn default() -> Self {
        Self::new(DecodeOptions::default())
    }
}

impl Decoder for FileDecoder {
    fn version(&self) -> &str {
        VERSION
    }

    fn identify(&self, path: &Path) -> Result<ContentHash, DecodeError> {
        let (mut file, _) = self.open(path)?;
        let mut head = Vec::with_capacity(HEAD);
        let limit = HEAD as u64;
        file.by_ref()
            .take(limit)
            .read_to_end(&mut head)
            .map_err(|error| unreadable(&error))?;
        format_of(&head)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head);
        hasher
            .update_reader(file)
            .map_err(|error| unreadable(&error))?;
        Ok(ContentHash(hasher.finalize().into()))
    }

    fn decode(&self, path: &Path, content: &ContentHash) -> Result<Decoded, DecodeError> {
        self.with_bytes(path, content, picture::decode)
    }

    fn thumbnail(&self, pixels: &Pixels) -> Option<Vec<u8>> {
        thumbnail::thumbnail(pixels, self.options.thumbnail?)
    }
}

/// The format of a picture that is read here; for anything else, what it is.
fn format_of(head: &[u8]) -> Result<ImageFormat, DecodeError> {
    match sniff(head) {
        Kind::Picture(format) => Ok(format),
        Kind::Foreign(name) => Err(lasting(format!("{name} is not read by this build"))),
        Kind::Other(name) => Err(lasting(format!("not a picture: {name}"))),
    }
}

fn unreadable(error: &io::Error) -> DecodeError {
    passing(format!("cannot be read: {}", system_reason(error)))
}

thread_local! {
    static DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether this thread is inside a picture decoder, whose panics are caught.
///
/// A library must not touch the panic hook of the program it is in, so a program that wants to
/// keep such panics silent asks here:
///
/// ```
/// let talkative = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |panic| {
///     if !imgcluster_embed::decoding() {
///         talkative(panic);
///     }
/// }));
/// ```
pub fn decoding() -> bool {
    DECODING.get()
}

/// Turns a panic of a decoder into a failure of its file.
fn guarded<T>(
    format: ImageFormat,
    work: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let before = DECODING.replace(true);
    // The work owns all that it changes, but for the gate, which stays sound when poisoned.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    DECODING.set(before);
    outcome.unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        let (name, said) = (reason::name(format), one_line(said));
        Err(lasting(format!(
            "broken {name}: the decoder gave up ({said})"
        )))
    })
}

#[cfg(test)]
mod tests;
