//! The other names that checkpoints have: `open_clip`'s, and those of a tower inside a classifier.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use imgcluster_core::{CropRounding, Embedder, Filter, Job, Matrix, Resize};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::golden::{Tiny, batch};
use crate::PreprocessChoice;
use crate::hub::ModelFiles;
use crate::models::checkpoint::Weights;
use crate::models::checkpoint::formula::{self, FormulaWeights};
use crate::models::device::Chosen;
use crate::models::towers::{Loader, VisionTower};
use crate::models::{
    Architecture, Checkpoint, DeviceChoice, ModelError, ModelOptions, NeuralEmbedder, ResNetDepth,
    TextEncoder,
};
use crate::zoo::find;

/// Name, shape and bytes of every tensor of a file.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

fn tensors(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.iter().map(|(name, view)| {
        assert_eq!(view.dtype(), Dtype::F32);
        (
            name.to_owned(),
            (view.shape().to_vec(), view.data().to_vec()),
        )
    });
    tensors.collect()
}

pub(super) fn written(path: &Path, tensors: &Tensors) {
    let views = tensors.iter().map(|(name, (shape, data))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), data).unwrap();
        (name.as_str(), view)
    });
    safetensors::serialize_to_file(views, None, path).unwrap();
}

/// What `open_clip` calls the tensors of transformers, in order of replacement.
const RENAMED: [(&str, &str); 22] = [
    (
        "vision_model.embeddings.class_embedding",
        "visual.class_embedding",
    ),
    (
        "vision_model.embeddings.patch_embedding.weight",
        "visual.conv1.weight",
    ),
    (
        "vision_model.embeddings.position_embedding.weight",
        "visual.positional_embedding",
    ),
    ("vision_model.pre_layrnorm", "visual.ln_pre"),
    ("vision_model.post_layernorm", "visual.ln_post"),
    (
        "vision_model.encoder.layers",
        "visual.transformer.resblocks",
    ),
    ("visual_projection.weight", "visual.proj"),
    (
        "text_model.embeddings.token_embedding.weight",
        "token_embedding.weight",
    ),
    (
        "text_model.embeddings.position_embedding.weight",
        "positional_embedding",
    ),
    ("text_model.encoder.layers", "transformer.resblocks"),
    ("text_model.final_layer_norm", "ln_final"),
    ("text_projection.weight", "text_projection"),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("self_attn.out_proj", "attn.out_proj"),
    ("self_attn.q_proj.weight", "attn.in_proj_weight"),
    ("self_attn.q_proj.bias", "attn.in_proj_bias"),
    ("self_attn.k_proj", ""),
    ("self_attn.v_proj", ""),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    ("logit_scale", "logit_scale"),
];

/// The same weights as `open_clip` would store them.
fn as_open_clip(tensors: &Tensors) -> Tensors {
    let mut renamed = Tensors::new();
    for (name, (shape, data)) in tensors {
        let mut new = name.clone();
        for (from, to) in RENAMED {
            new = new.replace(from, to);
        }
        let (mut shape, mut data) = (shape.clone(), data.clone());
        if name.contains("k_proj") || name.contains("v_proj") {
            continue;
        }
        if name.contains("q_proj") {
            for other in ["k_proj", "v_proj"] {
                data.extend(&tensors[&name.replace("q_proj", other)].1);
            }
            shape[0] *= 3;
        }
        if name.ends_with("_projection.weight") {
            let (rows, columns) = (shape[0], shape[1]);
            let number = |row: usize, column: usize| &data[(row * columns + column) * 4..][..4];
            let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
            data = places
                .flat_map(|(row, column)| number(row, column).to_vec())
                .collect();
            shape.reverse();
        }
        renamed.insert(new, (shape, data));
    }
    renamed
}

fn images(tiny: &mut Tiny) -> Matrix {
    let options = ModelOptions::default();
    let embedder = NeuralEmbedder::load(&tiny.spec, &mut tiny.checkpoint, &options).unwrap();
    let batch = batch(&tiny.expected, embedder.input().width);
    embedder.embed(&batch, &Job::quiet()).unwrap()
}

fn texts(tiny: &mut Tiny) -> Matrix {
    let options = ModelOptions::default();
    let architecture = &tiny.spec.architecture;
    let encoder = TextEncoder::load(architecture, &mut tiny.checkpoint, &options).unwrap();
    encoder.encode(&[&[126, 5, 9, 127]], &Job::quiet()).unwrap()
}

#[test]
fn the_same_weights_under_open_clip_names_give_the_same_rows() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let wanted = (images(&mut tiny), texts(&mut tiny));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open_clip_model.safetensors");
    written(&path, &as_open_clip(&tensors(tiny.checkpoint.path())));
    tiny.checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!((images(&mut tiny), texts(&mut tiny)), wanted);
}

#[test]
fn a_tower_inside_a_classifier_gives_the_same_rows() {
    let Some(mut tiny) = Tiny::open("tiny-dinov2") else {
        return;
    };
    let wanted = images(&mut tiny);
    let mut inside: Tensors = tensors(tiny.checkpoint.path())
        .into_iter()
        .map(|(name, tensor)| (format!("dinov2.{name}"), tensor))
        .collect();
    inside.insert("classifier.bias".to_owned(), (vec![2], vec![0; 8]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    written(&path, &inside);
    tiny.checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(images(&mut tiny), wanted);
}

/// One tensor is changed, and the model must name it.
fn refused(name: &str, change: impl Fn(&mut Tensors)) -> String {
    let Some(tiny) = Tiny::open("tiny-clip") else {
        return name.to_owned();
    };
    let mut changed = tensors(tiny.checkpoint.path());
    change(&mut changed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    written(&path, &changed);
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    let options = ModelOptions::default();
    let error = NeuralEmbedder::load(&tiny.spec, &mut checkpoint, &options).unwrap_err();
    error.to_string()
}

#[test]
fn a_missing_a_misshapen_a_nan_and_a_foreign_tensor_are_named() {
    let name = "vision_model.encoder.layers.1.mlp.fc1.bias";
    let messages = [
        refused(name, |tensors| drop(tensors.remove(name))),
        refused(name, |tensors| tensors.get_mut(name).unwrap().0.push(1)),
        refused(name, |tensors| {
            let nan = f32::NAN.to_le_bytes();
            tensors.get_mut(name).unwrap().1[8..12].copy_from_slice(&nan);
        }),
    ];
    for message in messages {
        assert!(message.contains(name), "{message}");
    }
    let foreign = "vision_model.encoder.layers.2.mlp.fc1.bias";
    let message = refused(foreign, |tensors| {
        let bias = tensors[name].clone();
        tensors.insert(foreign.to_owned(), bias);
    });
    assert!(message.contains(foreign), "{message}");
}

#[test]
fn a_resnet_inside_a_classifier_is_found_under_its_prefix() {
    let prefixes: [&'static [&'static str]; 2] = [&["embedder."], &["resnet.embedder."]];
    let asked = prefixes.map(|prefixes| {
        let mut weights = Asked::with(prefixes);
        let placement = Chosen::new(DeviceChoice::Cpu, None).unwrap().placement();
        let mut loader = Loader {
            weights: &mut weights,
            placement: &placement,
        };
        let preprocess = find("resnet18", None).unwrap().preprocess;
        VisionTower::load(
            &Architecture::ResNet(ResNetDepth::D18),
            &preprocess,
            &mut loader,
        )
        .unwrap();
        weights.names
    });
    let inside: Vec<_> = asked[0]
        .iter()
        .map(|name| format!("resnet.{name}"))
        .collect();
    assert_eq!(inside, asked[1]);
    assert_eq!(inside.len(), 20 * 5);
}

#[test]
fn a_mobilenet_by_hand_is_shown_pictures_as_the_names_of_its_weights_tell() {
    let model = find("mobilenet-v2", None).unwrap();
    let timms: &'static [&'static str] = &["conv_stem."];
    let by_hand = Resize::Crop {
        shorter: NonZeroU32::new(256).unwrap(),
        rounding: CropRounding::NearestSide,
    };
    for (prefixes, filter, resize) in [
        (
            timms,
            model.preprocess.input.filter,
            model.preprocess.input.resize,
        ),
        (&[], Filter::Bilinear, by_hand),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let files = ModelFiles {
            weights: folder.path().join("model.safetensors"),
            configuration: None,
            preprocessor: None,
            tokenizer: None,
            zoo: Some(model),
        };
        written(&files.weights, &mobilenet_by_formula(prefixes));
        let open = |choice| {
            NeuralEmbedder::open("mobilenet-v2", &files, choice, &ModelOptions::default()).unwrap()
        };
        let input = open(PreprocessChoice::Model).input();
        assert_eq!((input.filter, input.resize), (filter, resize));
        assert_ne!(Filter::Bilinear, model.preprocess.input.filter);
        assert_eq!(
            open(PreprocessChoice::Squash).input().resize,
            Resize::Squash
        );
    }
}

/// All tensors of a `MobileNetV2` of which those are said to be there that begin so.
fn mobilenet_by_formula(prefixes: &'static [&'static str]) -> Tensors {
    let mut weights = Asked::with(prefixes);
    let placement = Chosen::new(DeviceChoice::Cpu, None).unwrap().placement();
    let mut loader = Loader {
        weights: &mut weights,
        placement: &placement,
    };
    let preprocess = find("mobilenet-v2", None).unwrap().preprocess;
    VisionTower::load(&Architecture::MobileNetV2, &preprocess, &mut loader).unwrap();
    let bytes = |values: Vec<f32>| values.into_iter().flat_map(f32::to_le_bytes).collect();
    let asked = weights.names.into_iter().zip(weights.shapes);
    asked
        .map(|(name, shape)| {
            let values = formula::tensor(&name, &shape);
            (name, (shape, bytes(values)))
        })
        .collect()
}

/// Weights by formula that remember what they were asked for.
struct Asked {
    formula: FormulaWeights,
    names: Vec<String>,
    shapes: Vec<Vec<usize>>,
}

impl Asked {
    fn with(prefixes: &'static [&'static str]) -> Self {
        Self {
            formula: FormulaWeights { prefixes },
            names: Vec::new(),
            shapes: Vec::new(),
        }
    }
}

impl Weights for Asked {
    fn has(&self, name: &str) -> bool {
        self.formula.has(name)
    }

    fn read(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.names.push(name.to_owned());
        self.shapes.push(shape.to_vec());
        self.formula.read(name, shape)
    }
}
