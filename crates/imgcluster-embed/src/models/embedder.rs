//! Image towers behind the [`Embedder`] interface.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Tensor};
use imgcluster_core::{
    BoxError, ContentHash, Embedder, EmbeddingSpace, Event, FeatureShape, InputSpec, Job, Matrix,
    PixelBatch, for_each_block,
};

use super::checkpoint::{CheckpointWeights, Weights};
use super::device::{Chosen, is_out_of_memory};
use super::layers::Pictures;
use super::towers::{Loader, VisionTower, needless_for_images};
use super::{Architecture, Checkpoint, DeviceChoice, ModelError, Precision};
use crate::{JpegDecoding, Preprocess};

/// How many pictures a thread takes through the tower at a time on the CPU: enough that a layer's
/// weights are read once for several of them, few enough that cancelling is quick.
const GROUP: usize = 8;

/// The same for convolutions: what one layer wrote is still in the caches when the next one reads it,
/// and that saves more than reading the weights again costs.
const CONVOLUTIONAL_GROUP: usize = 1;

/// What a model is, but for its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// The name as given to `--model`; part of the cache key.
    pub name: String,
    /// Its layers.
    pub architecture: Architecture,
    /// What is done to pictures before.
    pub preprocess: Preprocess,
}

/// How a model is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModelOptions {
    /// Where. Default: [`DeviceChoice::Auto`].
    pub device: DeviceChoice,
    /// In what numbers. Default: none, which means f32 on the CPU and f16 on a GPU.
    pub precision: Option<Precision>,
}

/// A neural image model that is loaded and ready.
pub struct NeuralEmbedder {
    space: EmbeddingSpace,
    preprocess: Preprocess,
    tower: VisionTower,
    chosen: Chosen,
    /// How many pictures a thread takes at a time on the CPU.
    group: usize,
    /// How many pictures the GPU takes at a time; halved where it runs out of memory.
    most: AtomicUsize,
}

impl std::fmt::Debug for NeuralEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NeuralEmbedder")
            .field("space", &self.space)
            .field("device", &self.chosen.name)
            .finish_non_exhaustive()
    }
}

impl NeuralEmbedder {
    /// Loads the image tower of a model.
    ///
    /// Every tensor of it must be there, with the right shape and finite values, and no other but
    /// those of the text tower, of the classifier and of training. Where `auto` chose a GPU whose
    /// memory the model does not fit, it is loaded on the CPU.
    ///
    /// # Errors
    /// If the device is not there, the precision does not suit it, the preprocessing does not suit
    /// the model, or the weights are not those of the architecture; the tensor is named.
    pub fn load(
        spec: &ModelSpec,
        checkpoint: &mut Checkpoint,
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        spec.check()?;
        let hash = checkpoint.hash();
        Self::load_where(options, |chosen| {
            let mut weights = CheckpointWeights::new(checkpoint);
            let embedder = Self::load_on(spec, hash, &mut weights, chosen)?;
            weights.finish(|name| needless_for_images(&spec.architecture, name))?;
            Ok(embedder)
        })
    }

    /// Loads a model on the device of the options, or on the CPU where `auto` chose a GPU that is
    /// too small.
    pub(super) fn load_where(
        options: &ModelOptions,
        mut load: impl FnMut(Chosen) -> Result<Self, ModelError>,
    ) -> Result<Self, ModelError> {
        let chosen = Chosen::new(options.device, options.precision)?;
        match load(chosen.clone()) {
            Err(ModelError::Run(error)) if chosen.is_free && is_out_of_memory(&error) => {
                load(Chosen::fallback())
            }
            loaded => loaded,
        }
    }

    pub(super) fn load_on(
        spec: &ModelSpec,
        hash: ContentHash,
        weights: &mut dyn Weights,
        chosen: Chosen,
    ) -> Result<Self, ModelError> {
        let mut loader = Loader {
            weights,
            placement: &chosen.placement(),
        };
        let tower = VisionTower::load(&spec.architecture, &spec.preprocess, &mut loader)?;
        Ok(Self::of_tower(spec, hash, tower, chosen))
    }

    pub(super) fn of_tower(
        spec: &ModelSpec,
        weights: ContentHash,
        tower: VisionTower,
        chosen: Chosen,
    ) -> Self {
        let dim = NonZeroUsize::new(spec.architecture.dim()).unwrap_or(NonZeroUsize::MIN);
        Self {
            space: EmbeddingSpace {
                model: spec.name.clone(),
                weights,
                preprocess: cache_key(spec, chosen.precision),
                shape: FeatureShape::Vector(dim),
            },
            preprocess: spec.preprocess,
            tower,
            chosen,
            group: spec.group(),
            most: AtomicUsize::new(usize::MAX),
        }
    }

    /// Where the model runs: `cpu`, `cuda:0`, `metal`.
    pub fn device(&self) -> &str {
        &self.chosen.name
    }

    /// How JPEGs are best decoded for it: no larger than it needs.
    pub fn jpeg(&self) -> JpegDecoding {
        self.preprocess.jpeg()
    }

    /// In what numbers it computes.
    pub fn precision(&self) -> Precision {
        self.chosen.precision
    }

    fn forward(&self, rgb: &[&[u8]]) -> candle_core::Result<Vec<f32>> {
        let pictures = Pictures {
            rgb,
            width: self.preprocess.input.width.get() as usize,
            height: self.preprocess.input.height.get() as usize,
        };
        values(&self.tower.forward(pictures)?)
    }

    /// All threads, each with some pictures and the whole tower.
    fn on_cpu(&self, pictures: &[&[u8]], job: &Job<'_>) -> Result<Vec<f32>, ModelError> {
        let dim = self.space_dim();
        let share = pictures.len().div_ceil(job.threads().get());
        let group = NonZeroUsize::new(share.min(self.group)).unwrap_or(NonZeroUsize::MIN);
        let rows = Mutex::new(vec![0.0; pictures.len() * dim]);
        let failure = Mutex::new(None);
        for_each_block(
            job,
            pictures.len(),
            group,
            || (),
            |(), range| {
                if lock(&failure).is_some() {
                    return;
                }
                match self.forward(&pictures[range.clone()]) {
                    Ok(values) => {
                        lock(&rows)[range.start * dim..range.end * dim].copy_from_slice(&values);
                    }
                    Err(error) => *lock(&failure) = Some(error),
                }
            },
        )?;
        match into_inner(failure) {
            None => Ok(into_inner(rows)),
            Some(error) => Err(error.into()),
        }
    }

    /// One batch after the other, smaller ones where the memory is too small.
    fn on_gpu(&self, pictures: &[&[u8]], job: &Job<'_>) -> Result<Vec<f32>, ModelError> {
        let mut rows = Vec::with_capacity(pictures.len() * self.space_dim());
        let mut rest = pictures;
        while !rest.is_empty() {
            job.check()?;
            let count = rest.len().min(self.most.load(Ordering::Relaxed));
            match self.forward(&rest[..count]) {
                Ok(values) => {
                    rows.extend(values);
                    rest = &rest[count..];
                }
                Err(error) if count > 1 && is_out_of_memory(&error) => {
                    self.most.store(count / 2, Ordering::Relaxed);
                    let message = format!(
                        "{} ran out of memory at {count} pictures; going on with {} at a time",
                        self.chosen.name,
                        count / 2
                    );
                    job.report(&Event::Warning { message: &message });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(rows)
    }

    fn space_dim(&self) -> usize {
        match self.space.shape {
            FeatureShape::Vector(dim) => dim.get(),
            FeatureShape::Signature => 0,
        }
    }
}

impl Embedder for NeuralEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input(&self) -> InputSpec {
        self.preprocess.input
    }

    fn embed(&self, batch: &PixelBatch, job: &Job<'_>) -> Result<Matrix, BoxError> {
        let (width, height) = (batch.width(), batch.height());
        if (width, height)
            != (
                self.preprocess.input.width.get(),
                self.preprocess.input.height.get(),
            )
        {
            return Err(Box::new(ModelError::PictureSize {
                expected: format!(
                    "{} × {}",
                    self.preprocess.input.width, self.preprocess.input.height
                ),
                width,
                height,
            }));
        }
        let pictures: Vec<&[u8]> = batch.iter().collect();
        let rows = if self.chosen.device.is_cpu() {
            self.on_cpu(&pictures, job)?
        } else {
            self.on_gpu(&pictures, job)?
        };
        Ok(finite(rows, self.space_dim())?)
    }
}

/// Hashes all that decides, beside the weights, what numbers a picture gets.
fn cache_key(spec: &ModelSpec, precision: Precision) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&spec.preprocess.fingerprint(spec.preprocess.jpeg()).0);
    hasher.update(precision.name().as_bytes());
    hasher.update(spec.architecture.canonical().as_bytes());
    ContentHash(hasher.finalize().into())
}

/// Brings a result back from the device.
pub(super) fn values(rows: &Tensor) -> candle_core::Result<Vec<f32>> {
    rows.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
}

/// Makes rows of a tower's numbers, none of which may be NaN or infinite.
pub(super) fn finite(rows: Vec<f32>, dim: usize) -> Result<Matrix, ModelError> {
    match rows.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(ModelError::Output {
            row: at / dim,
            value: rows[at],
        }),
        None => Ok(Matrix::new(rows, dim).expect("a tower gives whole rows")),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl ModelSpec {
    /// Asks whether the model can be built at all, and for pictures of this size.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        self.architecture.check()?;
        check_input(&self.architecture, &self.preprocess)
    }

    /// How many pictures a thread takes through the tower at a time on the CPU.
    fn group(&self) -> usize {
        match self.architecture {
            Architecture::ResNet(_) | Architecture::Vgg19 | Architecture::MobileNetV2 => {
                CONVOLUTIONAL_GROUP
            }
            Architecture::Clip(_)
            | Architecture::SigLip(_)
            | Architecture::DinoV2(_)
            | Architecture::Autoencoder(_) => GROUP,
        }
    }
}

/// Asks whether an architecture takes pictures that are prepared like this.
fn check_input(architecture: &Architecture, preprocess: &Preprocess) -> Result<(), ModelError> {
    let Preprocess { input, mean, std } = *preprocess;
    let sound = mean.iter().all(|value| value.is_finite())
        && std.iter().all(|value| value.is_finite() && *value > 0.0);
    if !sound {
        return Err(ModelError::Normalisation);
    }
    let (width, height) = (input.width.get() as usize, input.height.get() as usize);
    let (fits, expected) = match architecture {
        Architecture::Clip(_) | Architecture::SigLip(_) | Architecture::Autoencoder(_) => {
            let side = architecture.image_size();
            ((width, height) == (side, side), side.to_string())
        }
        Architecture::DinoV2(vision) => {
            let sides = vision.patch_size..=MOST_SIDE;
            let fits = sides.contains(&width) && sides.contains(&height);
            (fits, format!("{} to {MOST_SIDE}", vision.patch_size))
        }
        Architecture::ResNet(_) | Architecture::Vgg19 | Architecture::MobileNetV2 => {
            let sides = LEAST_SIDE..=MOST_SIDE;
            let fits = sides.contains(&width) && sides.contains(&height);
            (fits, format!("{LEAST_SIDE} to {MOST_SIDE}"))
        }
    };
    if fits {
        return Ok(());
    }
    Err(ModelError::PictureSize {
        expected,
        width: input.width.get(),
        height: input.height.get(),
    })
}

/// Five halvings leave one pixel.
const LEAST_SIDE: usize = 32;

/// Activations of a batch at this size still fit a usual machine.
const MOST_SIDE: usize = 1024;
