//! All reference results of `PyTorch`, transformers and torchvision, through the code that loads real
//! models.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use imgcluster_core::{ContentHash, Embedder, Filter, InputSpec, Job, Matrix, PixelBatch, Resize};
use serde_json::Value;

use crate::Preprocess;
use crate::models::checkpoint::formula::{FormulaWeights, picture};
use crate::models::device::Chosen;
use crate::models::towers::{Loader, TextTower, VisionTower};
use crate::models::{
    Architecture, Checkpoint, DeviceChoice, ModelOptions, ModelSpec, NeuralEmbedder, TextEncoder,
};

/// The folder of reference models, where there is one.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn golden() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let folder = std::env::var_os("IMGCLUSTER_GOLDEN").map_or(beside, PathBuf::from);
    let models = folder.join("models");
    if !models.is_dir() {
        eprintln!("skipped: no reference models; set `IMGCLUSTER_GOLDEN` to their folder");
        return None;
    }
    Some(models)
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f32> {
    let numbers = value.as_array().unwrap().iter();
    numbers
        .map(|number| number.as_f64().unwrap() as f32)
        .collect()
}

fn triple(value: &Value) -> [f32; 3] {
    numbers(value).try_into().unwrap()
}

/// The preprocessing that a reference result was made with; its pictures have the size already.
pub(super) fn preprocess(expected: &Value) -> Preprocess {
    let side = expected["side"].as_u64().unwrap() as u32;
    let side = NonZeroU32::new(side).unwrap();
    Preprocess {
        input: InputSpec {
            width: side,
            height: side,
            resize: Resize::Squash,
            filter: Filter::Bicubic,
        },
        mean: triple(&expected["mean"]),
        std: triple(&expected["std"]),
    }
}

pub(super) fn batch(expected: &Value, side: NonZeroU32) -> PixelBatch {
    let mut batch = PixelBatch::new(side, side);
    for name in expected["images"].as_array().unwrap() {
        let pixels = picture(name.as_str().unwrap(), side.get(), side.get());
        batch.push(&pixels).unwrap();
    }
    batch
}

/// The limits that the reference results come with.
pub(super) fn assert_close(found: &Matrix, wanted: &Value) {
    let wanted = wanted.as_array().unwrap();
    assert_eq!(found.rows(), wanted.len());
    for (row, wanted) in found.view().iter().zip(wanted) {
        let wanted = numbers(wanted);
        assert_eq!(row.len(), wanted.len());
        let differences = row.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
        let worst = differences.fold(0.0, f32::max);
        assert!(worst <= 2e-4, "off by {worst}");
        let cosine = cosine(row, &wanted);
        assert!(cosine >= 0.999_999, "cosine {cosine}");
    }
}

pub(super) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b);
        products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The image tower of a model of the zoo, with weights by formula.
pub(super) fn by_formula(name: &str, preprocess: Preprocess) -> NeuralEmbedder {
    let spec = ModelSpec {
        name: name.to_owned(),
        architecture: Architecture::named(name).unwrap(),
        preprocess,
    };
    let chosen = Chosen::new(DeviceChoice::Cpu, None).unwrap();
    let mut weights = FormulaWeights { prefixes: &[] };
    let mut loader = Loader {
        weights: &mut weights,
        placement: &chosen.placement(),
    };
    let tower = VisionTower::load(&spec.architecture, &preprocess, &mut loader).unwrap();
    NeuralEmbedder::of_tower(&spec, ContentHash([0; 32]), tower, chosen)
}

fn assert_images_by_formula(name: &str) {
    let Some(folder) = golden() else { return };
    let expected = json(&folder.join(format!("{name}.json")));
    let preprocess = preprocess(&expected);
    let embedder = by_formula(name, preprocess);
    let batch = batch(&expected, preprocess.input.width);
    let rows = embedder.embed(&batch, &Job::quiet()).unwrap();
    assert_close(&rows, &expected["image_embeddings"]);
}

fn token_ids(expected: &Value) -> Vec<Vec<u32>> {
    let ids = |text: &Value| -> Vec<u32> {
        let ids = text.as_array().unwrap().iter();
        ids.map(|id| id.as_u64().unwrap() as u32).collect()
    };
    let texts = expected["token_ids"].as_array().unwrap();
    texts.iter().map(ids).collect()
}

fn assert_texts(encoder: &TextEncoder, expected: &Value) {
    let ids = token_ids(expected);
    let texts: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
    let rows = encoder.encode(&texts, &Job::quiet()).unwrap();
    assert_close(&rows, &expected["text_embeddings"]);
}

fn assert_texts_by_formula(name: &str) {
    let Some(folder) = golden() else { return };
    let expected = json(&folder.join(format!("{name}.json")));
    let chosen = Chosen::new(DeviceChoice::Cpu, None).unwrap();
    let mut weights = FormulaWeights { prefixes: &[] };
    let mut loader = Loader {
        weights: &mut weights,
        placement: &chosen.placement(),
    };
    let tower = TextTower::load(&Architecture::named(name).unwrap(), &mut loader).unwrap();
    assert_texts(&TextEncoder::of_tower(tower, chosen), &expected);
}

/// A tiny model, as a folder of the hub.
pub(super) struct Tiny {
    pub(super) expected: Value,
    pub(super) spec: ModelSpec,
    pub(super) checkpoint: Checkpoint,
}

impl Tiny {
    pub(super) fn open(name: &str) -> Option<Self> {
        let folder = golden()?.join(name);
        let expected = json(&folder.join("expected.json"));
        let config = std::fs::read_to_string(folder.join("config.json")).unwrap();
        Some(Self {
            spec: ModelSpec {
                name: name.to_owned(),
                architecture: Architecture::from_json(&config).unwrap(),
                preprocess: preprocess(&expected),
            },
            checkpoint: Checkpoint::open(&folder.join("model.safetensors")).unwrap(),
            expected,
        })
    }
}

fn assert_tiny(name: &str) {
    let Some(mut tiny) = Tiny::open(name) else {
        return;
    };
    let options = ModelOptions::default();
    let embedder = NeuralEmbedder::load(&tiny.spec, &mut tiny.checkpoint, &options).unwrap();
    let batch = batch(&tiny.expected, embedder.input().width);
    let rows = embedder.embed(&batch, &Job::quiet()).unwrap();
    assert_close(&rows, &tiny.expected["image_embeddings"]);
    if tiny.expected.get("text_embeddings").is_some() {
        let architecture = &tiny.spec.architecture;
        let encoder = TextEncoder::load(architecture, &mut tiny.checkpoint, &options).unwrap();
        assert_texts(&encoder, &tiny.expected);
    }
}

#[test]
fn clip_b_32_sees_what_transformers_sees() {
    assert_images_by_formula("clip-vit-b-32");
}

#[test]
fn clip_b_16_sees_what_transformers_sees() {
    assert_images_by_formula("clip-vit-b-16");
}

#[test]
#[ignore = "takes long"]
fn clip_l_14_sees_what_transformers_sees() {
    assert_images_by_formula("clip-vit-l-14");
}

#[test]
#[ignore = "takes long"]
fn clip_l_14_336_sees_what_transformers_sees() {
    assert_images_by_formula("clip-vit-l-14-336");
}

#[test]
fn clip_b_32_reads_what_transformers_reads() {
    // The text tower of B/16 is the same.
    assert_texts_by_formula("clip-vit-b-32");
}

#[test]
#[ignore = "takes long"]
fn clip_l_14_reads_what_transformers_reads() {
    assert_texts_by_formula("clip-vit-l-14");
    assert_texts_by_formula("clip-vit-l-14-336");
}

#[test]
fn resnets_see_what_torchvision_sees() {
    assert_images_by_formula("resnet18");
    assert_images_by_formula("resnet50");
}

#[test]
fn the_embedding_of_vgg19_has_the_mean_of_the_features_that_torchvision_sees() {
    let Some(folder) = golden() else { return };
    let expected = json(&folder.join("vgg19.json"));
    let preprocess = preprocess(&expected);
    let embedder = by_formula("vgg19", preprocess);
    let batch = batch(&expected, preprocess.input.width);
    let rows = embedder.embed(&batch, &Job::quiet()).unwrap();
    assert_eq!((rows.rows(), rows.dim()), (2, 512));
    let values = rows.view().values().iter().copied().map(f64::from);
    let mean = values.sum::<f64>() / 1024.0;
    let wanted = expected["relu_taps"]["features.35"]["mean"]
        .as_f64()
        .unwrap();
    assert!(
        (mean - wanted).abs() <= 2e-4 * wanted,
        "{mean} and {wanted}"
    );
}

#[test]
fn tiny_clip_sees_and_reads_what_transformers_does() {
    assert_tiny("tiny-clip");
    assert_tiny("tiny-clip-gelu");
}

#[test]
fn tiny_dinov2_sees_what_transformers_sees() {
    assert_tiny("tiny-dinov2");
}

#[test]
fn tiny_siglip_sees_what_transformers_sees() {
    assert_tiny("tiny-siglip");
}
