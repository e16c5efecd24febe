//! Kernels against candle's own operations, batches against single pictures, int8 against f32.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use imgcluster_core::{
    CancelToken, ContentHash, Embedder, Filter, InputSpec, Job, Matrix, PixelBatch, Quiet, Resize,
};

use super::golden::{Tiny, cosine};
use crate::Preprocess;
use crate::models::checkpoint::formula::{FormulaWeights, picture};
use crate::models::checkpoint::{CheckpointWeights, Weights};
use crate::models::device::Chosen;
use crate::models::layers::{Arithmetic, Placement};
use crate::models::towers::{Loader, VisionTower};
use crate::models::{
    Architecture, Checkpoint, DeviceChoice, ModelOptions, ModelSpec, NeuralEmbedder, Precision,
};

fn spec(name: &str, side: u32) -> ModelSpec {
    let side = NonZeroU32::new(side).unwrap();
    let (mean, std) = Preprocess::IMAGENET;
    ModelSpec {
        name: name.to_owned(),
        architecture: Architecture::named(name).unwrap(),
        preprocess: Preprocess {
            input: InputSpec {
                width: side,
                height: side,
                resize: Resize::Squash,
                filter: Filter::Bilinear,
            },
            mean,
            std,
        },
    }
}

/// A model on the CPU in the arithmetic that is asked for.
pub(super) fn loaded(
    spec: &ModelSpec,
    weights: &mut dyn Weights,
    arithmetic: Arithmetic,
) -> NeuralEmbedder {
    let chosen = Chosen::new(DeviceChoice::Cpu, None).unwrap();
    let placement = Placement {
        arithmetic,
        ..chosen.placement()
    };
    let mut loader = Loader {
        weights,
        placement: &placement,
    };
    let tower = VisionTower::load(&spec.architecture, &spec.preprocess, &mut loader).unwrap();
    NeuralEmbedder::of_tower(spec, ContentHash([0; 32]), tower, chosen)
}

fn by_formula(spec: &ModelSpec, arithmetic: Arithmetic) -> NeuralEmbedder {
    loaded(spec, &mut FormulaWeights { prefixes: &[] }, arithmetic)
}

fn batch(embedder: &NeuralEmbedder, names: &[&str]) -> PixelBatch {
    let InputSpec { width, height, .. } = embedder.input();
    let mut batch = PixelBatch::new(width, height);
    for name in names {
        batch
            .push(&picture(name, width.get(), height.get()))
            .unwrap();
    }
    batch
}

pub(super) fn rows(embedder: &NeuralEmbedder, names: &[&str], threads: usize) -> Matrix {
    let threads = NonZeroUsize::new(threads).unwrap();
    let job = Job::new(&Quiet, CancelToken::default(), threads);
    embedder.embed(&batch(embedder, names), &job).unwrap()
}

pub(super) fn assert_same_direction(a: &Matrix, b: &Matrix, least: f64) {
    for (a, b) in a.view().iter().zip(b.view().iter()) {
        let cosine = cosine(a, b);
        assert!(cosine >= least, "cosine {cosine}");
    }
}

/// Every kind of layer: kernels and candle must agree to rounding, at even and odd sizes.
fn assert_twins(spec: &ModelSpec) {
    let fast = rows(&by_formula(spec, Arithmetic::Kernels), &["a", "b"], 2);
    let slow = rows(&by_formula(spec, Arithmetic::Stock), &["a", "b"], 2);
    let scale = slow
        .view()
        .values()
        .iter()
        .fold(0f32, |most, v| most.max(v.abs()));
    for (fast, slow) in fast.view().values().iter().zip(slow.view().values()) {
        assert!((fast - slow).abs() <= 1e-4 * scale, "{fast} and {slow}");
    }
    assert_same_direction(&fast, &slow, 0.999_999);
}

#[test]
fn convolutional_kernels_agree_with_candle_at_even_and_odd_sizes() {
    for side in [64, 75] {
        assert_twins(&spec("mobilenet-v2", side));
        assert_twins(&spec("resnet18", side));
        assert_twins(&spec("resnet50", side));
        assert_twins(&spec("vgg19", side));
    }
}

#[test]
fn transformer_kernels_agree_with_candle() {
    for name in ["tiny-clip", "tiny-clip-gelu", "tiny-dinov2", "tiny-siglip"] {
        let Some(mut tiny) = Tiny::open(name) else {
            return;
        };
        let [fast, slow] = [Arithmetic::Kernels, Arithmetic::Stock].map(|arithmetic| {
            let mut weights = CheckpointWeights::new(&mut tiny.checkpoint);
            let embedder = loaded(&tiny.spec, &mut weights, arithmetic);
            rows(&embedder, &["a", "b", "c"], 1)
        });
        assert_same_direction(&fast, &slow, 0.999_999_9);
    }
}

#[test]
fn a_row_has_the_same_bits_in_any_batch_and_at_any_number_of_threads() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut embedders = vec![by_formula(&spec("resnet18", 40), Arithmetic::Kernels)];
    embedders.push(by_formula(&spec("mobilenet-v2", 40), Arithmetic::Int8));
    for name in ["tiny-clip", "tiny-dinov2", "tiny-siglip"] {
        let Some(mut tiny) = Tiny::open(name) else {
            continue;
        };
        for arithmetic in [Arithmetic::Kernels, Arithmetic::Int8] {
            let mut weights = CheckpointWeights::new(&mut tiny.checkpoint);
            embedders.push(loaded(&tiny.spec, &mut weights, arithmetic));
        }
    }
    for embedder in &embedders {
        let whole = rows(embedder, &names, 1);
        for threads in [2, 3, 20] {
            assert_eq!(rows(embedder, &names, threads), whole);
        }
        for (row, name) in names.iter().enumerate() {
            assert_eq!(rows(embedder, &[name], 1).row(0), whole.row(row));
        }
        assert_eq!(rows(embedder, &[], 2).rows(), 0);
    }
}

#[test]
fn transformers_in_8_bits_keep_the_direction() {
    for name in ["tiny-clip", "tiny-dinov2", "tiny-siglip"] {
        let Some(mut tiny) = Tiny::open(name) else {
            return;
        };
        let [whole, bytes] = [Precision::F32, Precision::Int8].map(|precision| {
            let options = ModelOptions {
                device: DeviceChoice::Auto,
                precision: Some(precision),
            };
            NeuralEmbedder::load(&tiny.spec, &mut tiny.checkpoint, &options).unwrap()
        });
        assert_eq!(bytes.device(), "cpu");
        assert_ne!(whole.space(), bytes.space());
        let (whole, bytes) = (rows(&whole, &["a", "b"], 2), rows(&bytes, &["a", "b"], 2));
        assert_ne!(whole, bytes);
        assert_same_direction(&whole, &bytes, 0.99);
    }
}

/// The folder of real pictures and weights, where there is one.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("IMGCLUSTER_DATA").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: no real weights; set `IMGCLUSTER_DATA` to their folder");
        return None;
    }
    Some(folder)
}

#[test]
fn real_weights_of_mobilenet_load_and_agree_in_all_arithmetics() {
    let Some(folder) = data() else { return };
    let path = folder.join("weights/mobilenet_v2_features.safetensors");
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    let spec = spec("mobilenet-v2", 224);
    let options = ModelOptions {
        device: DeviceChoice::Cpu,
        precision: None,
    };
    let kernels = NeuralEmbedder::load(&spec, &mut checkpoint, &options).unwrap();
    let [stock, int8] = [Arithmetic::Stock, Arithmetic::Int8].map(|arithmetic| {
        let mut weights = CheckpointWeights::new(&mut checkpoint);
        loaded(&spec, &mut weights, arithmetic)
    });
    let names = ["a", "b", "c"];
    let wanted = rows(&stock, &names, 2);
    assert_eq!(wanted.dim(), 1280);
    assert_same_direction(&rows(&kernels, &names, 2), &wanted, 0.999_999);
    assert_same_direction(&rows(&int8, &names, 2), &wanted, 0.97);
}
