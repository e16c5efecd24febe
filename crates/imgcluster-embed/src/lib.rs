//! From files to pixels to features.
//!
//! * [`walk`] finds files; [`parse_file_list`] reads lists of them.
//! * [`FileDecoder`] reads pictures: upright 8-bit RGB, within limits, one failure a bad file.
//! * [`PictureFacts`] tell the original of a picture from its copies: [`FileDecoder::facts`] finds
//!   them in a file, [`effective_sizes`] how large the copies are in truth.
//! * [`fit`] brings a picture to the size a model wants, which its [`Preprocess`] says;
//!   [`JpegDecoding`] spares what it does not need.
//! * [`Classic`] describes shapes and colours by a vector, with nothing learnt from photographs.
//! * [`NeuralEmbedder`] is CLIP, `SigLIP`, `DINOv2`, `ResNet`, VGG-19 or `MobileNetV2` with weights
//!   from a [`Checkpoint`]; [`TextEncoder`] is the text tower of the first two.
//! * [`AutoencoderFile`] is an autoencoder that was trained on the user's own pictures; its encoder is
//!   a [`NeuralEmbedder`] too.
//! * [`PerceptualHash`] is four likenesses of 64 bits each; [`BUILT_IN`] lists what needs no
//!   download.
//! * [`Canvas`] is the size at which pictures of all sizes are compared in pairs: by [`Ssim`], [`MinHash`],
//!   [`Orb`] and [`Template`].
//! * [`zoo`] is the table of neural models; [`hub`] finds their weights, or downloads them.
//! * [`EmbedderExtractor`] and [`SignatureExtractor`] put a model into the ingest pipeline.
//!
//! ```
//! use imgcluster_core::{Decoder, Job, Similarity};
//! use imgcluster_embed::{FileDecoder, HashKind, PerceptualHash, WalkOptions, walk};
//!
//! # let folder = std::env::temp_dir().join(format!("imgcluster-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let picture = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([(x * x / 20 + x * y / 30) as u8]));
//! # picture.save(folder.join("a.png"))?;
//! # picture.save(folder.join("b.jpg"))?;
//! let walked = walk(&[folder.clone()], &WalkOptions::default(), &Job::quiet())?;
//! let (decoder, phash) = (FileDecoder::default(), PerceptualHash::new(HashKind::Phash));
//! let mut signatures = Vec::new();
//! for candidate in &walked.candidates {
//!     let content = decoder.identify(&candidate.path)?;
//!     let decoded = decoder.decode(&candidate.path, &content)?;
//!     signatures.push(phash.signature(&decoded.pixels, &content));
//! }
//! assert!(phash.similarity(&signatures[0], &signatures[1]) > 0.9);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod autoencoder;
mod classic;
mod decode;
mod error;
mod extract;
mod fit;
mod gray;
mod hashes;
pub mod hub;
mod models;
mod perceptual;
mod preprocess;
mod random;
#[cfg(test)]
mod reference;
mod similarities;
mod text;
mod walk;
pub mod zoo;

pub use autoencoder::{
    AutoencoderConfiguration, AutoencoderFile, AutoencoderFileError, ConfigurationError,
    CurvePoint, ReadPictures, STEP_FACTOR, TrainError, TrainOptions, Training, TrainingEnd,
    TrainingLoss, TrainingPictures, TrainingRecord, is_resume_file, resume_file,
};
pub use classic::Classic;
pub use decode::{
    DecodeOptions, Detail, Encoding, FORMATS, FileDecoder, InnerPart, JpegDecoding, Metadata,
    PictureFacts, decoding, effective_sizes, free_memory,
};
pub use error::EmbedError;
pub use extract::{EmbedderExtractor, SignatureExtractor};
pub use fit::fit;
pub use hashes::{HashKind, HashSignature, PerceptualHash};
pub use models::{
    Activation, Architecture, Checkpoint, ClipConfiguration, DeviceChoice, EndOfText, ModelError,
    ModelOptions, ModelSpec, NeuralEmbedder, Precision, ResNetDepth, SigLipConfiguration,
    TextEncoder, TextTransformer, VisionTransformer,
};
pub use preprocess::{Preprocess, PreprocessChoice, PreprocessError};
pub use similarities::{
    Canvas, CanvasError, CanvasFit, MinHash, MinHashSignature, Orb, OrbSignature, Ssim,
    SsimSignature, Template, TemplateSignature,
};
pub use walk::{WalkOptions, Walked, parse_file_list, walk};
pub use zoo::{BUILT_IN, ModelInfo, ModelKind, hash_kind};
