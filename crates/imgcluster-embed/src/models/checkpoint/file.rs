//! A safetensors file: its header checked at the door, its tensors read one at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use imgcluster_core::ContentHash;
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::sniff;
use crate::models::ModelError;

/// The longest header that is read: two hundred bytes a tensor make 32 MiB at 160,000 tensors.
const LONGEST_HEADER: u64 = 32 << 20;

/// The number before the header.
const PREFIX: u64 = 8;

/// How many bytes are converted at a time.
const CHUNK: usize = 1 << 18;

/// An open safetensors file whose header was found sound, and the hash of all its bytes.
///
/// Only the header is kept in memory; tensors are read from the open file when a model is loaded,
/// one at a time.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    file: File,
    metadata: Metadata,
    data_start: u64,
    hash: ContentHash,
}

impl Checkpoint {
    /// Opens a safetensors file, checks its header and hashes its bytes.
    ///
    /// # Errors
    /// If it cannot be read, is something else (a pickle, a zip, an index of several files), is cut
    /// short, or its header contradicts itself or the file's length.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let read_error = |source| ModelError::Read {
            path: path.to_owned(),
            source,
        };
        let about = std::fs::metadata(path).map_err(read_error)?;
        if !about.is_file() {
            let reason = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
            return Err(read_error(reason));
        }
        let mut file = File::open(path).map_err(read_error)?;
        let length = file.metadata().map_err(read_error)?.len();
        let header = header_bytes(path, &mut file, length)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|source| ModelError::Header {
                path: path.to_owned(),
                source,
            })?;
        let data_start = PREFIX + header.len() as u64;
        let expected = data_start.saturating_add(metadata.data_len() as u64);
        if expected != length {
            return Err(ModelError::Length {
                path: path.to_owned(),
                expected,
                found: length,
            });
        }
        file.rewind().map_err(read_error)?;
        let mut hasher = blake3::Hasher::new();
        // Not `io::copy`: with its short buffer this takes twice as long.
        hasher.update_reader(&file).map_err(read_error)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            metadata,
            data_start,
            hash: ContentHash(*hasher.finalize().as_bytes()),
        })
    }

    /// The hash of the whole file.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// Where the file was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all tensors, in no particular order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.metadata.tensors().into_keys().collect()
    }

    pub(crate) fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.metadata.info(name)
    }

    /// What the header says under a key of its metadata.
    pub(crate) fn about(&self, key: &str) -> Option<&str> {
        let about = self.metadata.metadata().as_ref()?;
        about.get(key).map(String::as_str)
    }

    /// Reads one tensor as `f32`.
    pub(super) fn read(&mut self, name: &str) -> Result<Vec<f32>, ModelError> {
        let Some(info) = self.metadata.info(name) else {
            return Err(ModelError::MissingTensor {
                tensor: name.to_owned(),
            });
        };
        let convert: fn(&[u8]) -> Vec<f32> = match info.dtype {
            Dtype::F32 => |bytes| values(bytes, f32::from_le_bytes),
            Dtype::F16 => |bytes| values(bytes, |two| half::f16::from_le_bytes(two).to_f32()),
            Dtype::BF16 => |bytes| values(bytes, |two| half::bf16::from_le_bytes(two).to_f32()),
            other => {
                return Err(ModelError::TensorType {
                    tensor: name.to_owned(),
                    found: format!("{other:?}"),
                });
            }
        };
        let (start, end) = info.data_offsets;
        // The offsets were checked against the length of the file, so this much is there.
        let mut tensor = Vec::with_capacity(info.shape.iter().product());
        self.copy(start, end, |bytes| tensor.extend(convert(bytes)))
            .map_err(|source| ModelError::Read {
                path: self.path.clone(),
                source,
            })?;
        Ok(tensor)
    }

    fn copy(&mut self, start: usize, end: usize, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        self.file
            .seek(SeekFrom::Start(self.data_start + start as u64))?;
        let mut buffer = vec![0; CHUNK.min(end - start)];
        let mut left = end - start;
        while left > 0 {
            let bytes = &mut buffer[..left.min(CHUNK)];
            self.file.read_exact(bytes)?;
            take(bytes);
            left -= bytes.len();
        }
        Ok(())
    }
}

/// Converts bytes to numbers of `N` bytes each.
fn values<const N: usize>(bytes: &[u8], convert: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _rest) = bytes.as_chunks::<N>();
    numbers.iter().map(|number| convert(*number)).collect()
}

/// Reads the header, having asked first whether it is one and whether the file has that much.
fn header_bytes(path: &Path, file: &mut File, length: u64) -> Result<Vec<u8>, ModelError> {
    let read_error = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let refused = |found| ModelError::NotSafetensors {
        path: path.to_owned(),
        found,
    };
    let mut start = Vec::new();
    file.take(sniff::LENGTH as u64)
        .read_to_end(&mut start)
        .map_err(read_error)?;
    if let Some(found) = sniff::foreign(&start) {
        return Err(refused(found));
    }
    let Some((prefix, rest)) = start.split_first_chunk() else {
        return Err(refused(if start.is_empty() {
            "nothing"
        } else {
            "a few bytes"
        }));
    };
    let header_length = u64::from_le_bytes(*prefix);
    if rest.first().is_some_and(|first| *first != b'{') || header_length < 2 {
        return Err(refused("something else"));
    }
    if header_length > LONGEST_HEADER {
        return Err(refused("a header of an impossible length"));
    }
    if PREFIX + header_length > length {
        return Err(ModelError::Length {
            path: path.to_owned(),
            expected: PREFIX + header_length,
            found: length,
        });
    }
    let mut header = vec![0; header_length as usize];
    file.seek(SeekFrom::Start(PREFIX)).map_err(read_error)?;
    file.read_exact(&mut header).map_err(read_error)?;
    Ok(header)
}
