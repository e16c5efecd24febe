//! The interfaces that the other crates implement and the pipeline is generic over.

pub(crate) mod store;

use std::future::Future;
use std::num::NonZeroU32;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use crate::ingest::{DecodeError, Decoded};
use crate::{
    BoxError, Clustering, ContentHash, EmbeddingSpace, Features, Job, Layout, Matrix, Neighbors,
    Outcome, PairwiseNeighbors, PixelBatch, Pixels, Points,
};

/// Reads picture files.
pub trait Decoder: Sync {
    /// Names the decoder and its version. A cached failure counts only for the version it
    /// happened in, so that a newer build tries again.
    fn version(&self) -> &str;

    /// Hashes the bytes of a file, without decoding it.
    ///
    /// # Errors
    /// If the file cannot be read or is not a picture.
    fn identify(&self, path: &Path) -> Result<ContentHash, DecodeError>;

    /// Decodes a file to an upright RGB picture, if its bytes still have this hash.
    ///
    /// # Errors
    /// If the file cannot be read, is broken, exceeds a limit, or has changed.
    fn decode(&self, path: &Path, content: &ContentHash) -> Result<Decoded, DecodeError>;

    /// Makes a small encoded picture for reports, or nothing where none is wanted.
    fn thumbnail(&self, pixels: &Pixels) -> Option<Vec<u8>>;
}

/// How a picture is brought to the size a model wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resize {
    /// Straight to the size; proportions are lost.
    Squash,
    /// The shorter side to this many pixels, then the middle of the model's size. Where that is
    /// larger than what is left, the rest is black.
    Crop {
        /// Pixels of the shorter side; usually those of the model's shorter side, or some more.
        shorter: NonZeroU32,
        /// What becomes of fractions of a pixel.
        rounding: CropRounding,
    },
    /// The longer side to the size, the rest black.
    Letterbox,
}

/// How a crop is rounded to whole pixels: the longer side of the whole picture, whose shorter one is given, and
/// the margin before the middle that is cut out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CropRounding {
    /// Both down, as transformers and plain Pillow code do.
    Down,
    /// The side down, half a pixel of margin to the even number, as torchvision does, and timm and
    /// `open_clip` with it.
    HalfToEven,
    /// The side to the nearest, which keeps proportions best; the margin down.
    NearestSide,
}

/// How the pixels of a smaller picture are computed from those of a larger one. All filters widen
/// with the reduction, so fine detail is averaged and not sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// A triangle over two pixels.
    Bilinear,
    /// Catmull-Rom (a = -0.5) over four pixels, what Pillow calls bicubic.
    Bicubic,
    /// Lanczos over six pixels.
    Lanczos,
}

/// What a model wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InputSpec {
    /// Pixels in a row.
    pub width: NonZeroU32,
    /// Rows.
    pub height: NonZeroU32,
    /// How a picture gets that size.
    pub resize: Resize,
    /// The filter it is resized with.
    pub filter: Filter,
}

/// Turns pictures into rows whose distance means likeness.
pub trait Embedder: Sync {
    /// The cache key; its shape is a vector.
    fn space(&self) -> &EmbeddingSpace;

    /// What the pictures of a batch must look like.
    fn input(&self) -> InputSpec;

    /// Computes one row per picture, in order. A row depends on its picture alone, not on the
    /// batch it came in.
    ///
    /// # Errors
    /// If the model or its device fails; no row is then lost in silence.
    fn embed(&self, batch: &PixelBatch, job: &Job<'_>) -> Result<Matrix, BoxError>;
}

impl<E: Embedder + ?Sized> Embedder for &E {
    fn space(&self) -> &EmbeddingSpace {
        (**self).space()
    }

    fn input(&self) -> InputSpec {
        (**self).input()
    }

    fn embed(&self, batch: &PixelBatch, job: &Job<'_>) -> Result<Matrix, BoxError> {
        (**self).embed(batch, job)
    }
}

/// Compares pictures in pairs, through a signature of each.
pub trait Similarity: Sync {
    /// What is kept of one picture.
    type Signature: Send + Sync;

    /// The cache key; its shape is a signature.
    fn space(&self) -> &EmbeddingSpace;

    /// Computes what is kept of one picture. `content` is the hash of its file, for methods that
    /// say nothing about a picture (a flat one, say) but still know it again.
    fn signature(&self, pixels: &Pixels, content: &ContentHash) -> Self::Signature;

    /// Compares two pictures: in [0, 1], symmetric, 1 for a picture and itself.
    fn similarity(&self, a: &Self::Signature, b: &Self::Signature) -> f32;

    /// Tells whether comparing two takes so long that whoever asks for pairs again and again had better
    /// remember the answers.
    fn is_dear(&self) -> bool {
        false
    }

    /// Searches over signatures; the distance is `1 - similarity`. Methods that know a faster way
    /// to the same answers than comparing every pair say so here.
    fn neighbors<'a>(&'a self, signatures: &'a [Self::Signature]) -> Box<dyn Neighbors + 'a> {
        Box::new(PairwiseNeighbors::new(self, signatures))
    }

    /// Writes a signature for the store.
    fn write_signature(&self, signature: &Self::Signature) -> Vec<u8>;

    /// Reads a signature back; `None` if these bytes are not one.
    fn read_signature(&self, bytes: &[u8]) -> Option<Self::Signature>;
}

impl<S: Similarity + ?Sized> Similarity for &S {
    type Signature = S::Signature;

    fn space(&self) -> &EmbeddingSpace {
        (**self).space()
    }

    fn signature(&self, pixels: &Pixels, content: &ContentHash) -> Self::Signature {
        (**self).signature(pixels, content)
    }

    fn similarity(&self, a: &Self::Signature, b: &Self::Signature) -> f32 {
        (**self).similarity(a, b)
    }

    fn is_dear(&self) -> bool {
        (**self).is_dear()
    }

    fn neighbors<'a>(&'a self, signatures: &'a [Self::Signature]) -> Box<dyn Neighbors + 'a> {
        (**self).neighbors(signatures)
    }

    fn write_signature(&self, signature: &Self::Signature) -> Vec<u8> {
        (**self).write_signature(signature)
    }

    fn read_signature(&self, bytes: &[u8]) -> Option<Self::Signature> {
        (**self).read_signature(bytes)
    }
}

/// A model as the pipeline sees it: pictures in, features out, in two steps.
///
/// The first step runs on the decoding threads, next to each other; the second once a batch.
pub trait Extractor: Sync {
    /// What the first step leaves of one picture.
    type Prepared: Send;

    /// The cache key.
    fn space(&self) -> &EmbeddingSpace;

    /// Takes from one decoded picture what the model needs.
    ///
    /// # Errors
    /// If this picture cannot be prepared; it alone is skipped.
    fn prepare(&self, pixels: &Pixels, content: &ContentHash) -> Result<Self::Prepared, BoxError>;

    /// Computes one feature per prepared picture, in order.
    ///
    /// # Errors
    /// If the model fails; the run stops.
    fn extract(&self, batch: Vec<Self::Prepared>, job: &Job<'_>) -> Result<Features, BoxError>;
}

/// Finds groups.
pub trait Clusterer {
    /// Gives every point a cluster or noise. The same points give the same answer, at any number
    /// of threads.
    ///
    /// # Errors
    /// If the job was cancelled, or the parameters do not fit the points.
    fn cluster(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Clustering, BoxError>;
}

/// Lays points out in the plane.
pub trait Projector {
    /// Gives every point a place. The same points and seed give the same map.
    ///
    /// # Errors
    /// If the job was cancelled.
    fn project(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Layout, BoxError>;
}

/// Takes the result of a run somewhere: a file, a database, another program.
pub trait Sink {
    /// Takes one outcome, whole.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write(&self, outcome: &Outcome<'_>) -> Result<(), BoxError>;
}

/// Waits for the futures of a [`store::Store`], so that the pipeline itself needs no runtime.
pub trait Wait: Sync {
    /// Runs a future to its end on the calling thread.
    fn wait<F: Future>(&self, future: F) -> F::Output;
}

/// Waits by parking the thread: enough for stores whose futures need no runtime of their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParkWait;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Wait for ParkWait {
    fn wait<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => return output,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}
