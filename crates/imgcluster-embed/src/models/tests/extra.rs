//! What the shared reference results leave out, against `extra/expected.json`, which
//! `extra/make.py` made with `PyTorch`, transformers, torchvision and timm.

use std::num::NonZeroU32;

use imgcluster_core::{ContentHash, Embedder, Filter, InputSpec, Job, PixelBatch, Pixels, Resize};
use serde_json::Value;

use super::golden::assert_close;
use crate::Preprocess;
use crate::models::checkpoint::formula::{FormulaWeights, uniform};
use crate::models::device::Chosen;
use crate::models::towers::{Loader, TextTower, VisionTower};
use crate::models::{
    Activation, Architecture, ClipConfiguration, DeviceChoice, EndOfText, ModelSpec,
    NeuralEmbedder, ResNetDepth, SigLipConfiguration, TextEncoder, TextTransformer,
    VisionTransformer,
};
use crate::zoo::ZOO;

fn expected() -> Value {
    serde_json::from_str(include_str!("extra/expected.json")).unwrap()
}

/// A picture of noise through a model with weights by formula.
fn assert_noise(architecture: Architecture, side: u32, wanted: &Value) {
    assert_noise_under(&[], architecture, side, wanted);
}

/// The same where the names of some tensors begin with `prefixes`, by which layouts are told apart.
fn assert_noise_under(
    prefixes: &'static [&'static str],
    architecture: Architecture,
    side: u32,
    wanted: &Value,
) {
    let side = NonZeroU32::new(side).unwrap();
    let (mean, std) = Preprocess::IMAGENET;
    let spec = ModelSpec {
        name: "noise".to_owned(),
        architecture,
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
    };
    let chosen = Chosen::new(DeviceChoice::Cpu, None).unwrap();
    let mut loader = Loader {
        weights: &mut FormulaWeights { prefixes },
        placement: &chosen.placement(),
    };
    let tower = VisionTower::load(&architecture, &spec.preprocess, &mut loader).unwrap();
    let embedder = NeuralEmbedder::of_tower(&spec, ContentHash([0; 32]), tower, chosen);
    let bytes = uniform("noise", (side.get() * side.get() * 3) as usize);
    let rgb = bytes.map(|u| ((u + 1.0) * 128.0) as u8).collect();
    let mut batch = PixelBatch::new(side, side);
    let picture = Pixels::new(side.get(), side.get(), rgb).unwrap();
    batch.push(&picture).unwrap();
    assert_close(&embedder.embed(&batch, &Job::quiet()).unwrap(), wanted);
}

const TINY: VisionTransformer = VisionTransformer {
    image_size: 56,
    patch_size: 14,
    width: 32,
    mlp_width: 64,
    layers: 1,
    heads: 2,
    norm_epsilon: 1e-6,
    activation: Activation::Gelu,
};

#[test]
fn dinov2_sees_pictures_larger_than_it_was_trained_on_as_transformers_does() {
    assert_noise(Architecture::DinoV2(TINY), 84, &expected()["dinov2_84"]);
}

#[test]
fn mobilenet_with_batch_norms_sees_what_torchvision_sees_at_an_odd_size() {
    assert_noise(
        Architecture::MobileNetV2,
        75,
        &expected()["mobilenet_v2_75"],
    );
}

#[test]
fn mobilenet_under_the_names_of_timm_sees_what_timm_sees() {
    assert_noise_under(
        &["conv_stem."],
        Architecture::MobileNetV2,
        75,
        &expected()["timm_mobilenetv2_100_75"],
    );
}

#[test]
fn resnets_under_the_names_of_transformers_see_what_transformers_sees() {
    for depth in [ResNetDepth::D18, ResNetDepth::D50] {
        assert_noise_under(
            &["embedder."],
            Architecture::ResNet(depth),
            75,
            &expected()[format!("transformers_resnet{}_75", depth.number())],
        );
    }
}

#[test]
fn siglip_reads_what_transformers_reads() {
    let text = TextTransformer {
        vocabulary: 64,
        positions: 8,
        width: 32,
        mlp_width: 64,
        layers: 2,
        heads: 2,
        norm_epsilon: 1e-6,
        activation: Activation::GeluTanh,
        end: EndOfText::LargestId,
    };
    let architecture = Architecture::SigLip(SigLipConfiguration {
        vision: TINY,
        text: Some(text),
        projection: 32,
    });
    let chosen = Chosen::new(DeviceChoice::Cpu, None).unwrap();
    let mut loader = Loader {
        weights: &mut FormulaWeights { prefixes: &[] },
        placement: &chosen.placement(),
    };
    let tower = TextTower::load(&architecture, &mut loader).unwrap();
    let encoder = TextEncoder::of_tower(tower, chosen);
    let expected = expected();
    let ids: Vec<Vec<u32>> = serde_json::from_value(expected["token_ids"].clone()).unwrap();
    let texts: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
    let rows = encoder.encode(&texts, &Job::quiet()).unwrap();
    assert_close(&rows, &expected["siglip_text"]);
}

#[test]
fn regression_15_clip_with_openai_weights_uses_quick_gelu() {
    let openai = ZOO.iter().filter(|model| model.pretrained == "openai");
    let mut checked = 0;
    for model in openai {
        let Some(Architecture::Clip(clip)) = model.architecture() else {
            panic!("{} is no CLIP", model.name)
        };
        assert_eq!(clip.vision.activation, Activation::QuickGelu);
        checked += 1;
    }
    assert!(checked >= 4, "CLIP B/32, B/16, L/14 and L/14 at 336 pixels");
    let expected = expected();
    for (activation, wanted) in [
        (Activation::QuickGelu, &expected["clip_quick_gelu_56"]),
        (Activation::Gelu, &expected["clip_gelu_56"]),
    ] {
        let vision = VisionTransformer {
            layers: 2,
            norm_epsilon: 1e-5,
            activation,
            ..TINY
        };
        let clip = ClipConfiguration {
            vision,
            text: None,
            projection: 16,
        };
        assert_noise(Architecture::Clip(clip), 56, wanted);
    }
    assert_ne!(expected["clip_quick_gelu_56"], expected["clip_gelu_56"]);
}
