//! The architectures of the zoo, by name.

use super::{
    Activation, Architecture, ClipConfiguration, EndOfText, ResNetDepth, SigLipConfiguration,
    TextTransformer, VisionTransformer,
};

/// ViT-B with CLIP's layer norms.
const BASE: VisionTransformer = VisionTransformer {
    image_size: 224,
    patch_size: 32,
    width: 768,
    mlp_width: 3072,
    layers: 12,
    heads: 12,
    norm_epsilon: 1e-5,
    activation: Activation::QuickGelu,
};

const LARGE: VisionTransformer = VisionTransformer {
    patch_size: 14,
    width: 1024,
    mlp_width: 4096,
    layers: 24,
    heads: 16,
    ..BASE
};

const HUGE: VisionTransformer = VisionTransformer {
    patch_size: 14,
    width: 1280,
    mlp_width: 5120,
    layers: 32,
    heads: 16,
    activation: Activation::Gelu,
    ..BASE
};

/// The text tower beside ViT-B.
const BASE_TEXT: TextTransformer = TextTransformer {
    vocabulary: 49_408,
    positions: 77,
    width: 512,
    mlp_width: 2048,
    layers: 12,
    heads: 8,
    norm_epsilon: 1e-5,
    activation: Activation::QuickGelu,
    end: EndOfText::LargestId,
};

const LARGE_TEXT: TextTransformer = TextTransformer {
    width: 768,
    mlp_width: 3072,
    heads: 12,
    ..BASE_TEXT
};

const HUGE_TEXT: TextTransformer = TextTransformer {
    width: 1024,
    mlp_width: 4096,
    layers: 24,
    heads: 16,
    activation: Activation::Gelu,
    ..BASE_TEXT
};

/// `DINOv2` was trained last on pictures of 518 pixels; smaller ones get interpolated positions.
const DINO_SMALL: VisionTransformer = VisionTransformer {
    image_size: 518,
    patch_size: 14,
    width: 384,
    mlp_width: 1536,
    heads: 6,
    norm_epsilon: 1e-6,
    activation: Activation::Gelu,
    ..BASE
};

const DINO_BASE: VisionTransformer = VisionTransformer {
    width: 768,
    mlp_width: 3072,
    heads: 12,
    ..DINO_SMALL
};

const SIGLIP_BASE: SigLipConfiguration = SigLipConfiguration {
    vision: VisionTransformer {
        patch_size: 16,
        norm_epsilon: 1e-6,
        activation: Activation::GeluTanh,
        ..BASE
    },
    text: Some(TextTransformer {
        vocabulary: 32_000,
        positions: 64,
        width: 768,
        mlp_width: 3072,
        heads: 12,
        norm_epsilon: 1e-6,
        activation: Activation::GeluTanh,
        ..BASE_TEXT
    }),
    projection: 768,
};

const fn clip(
    vision: VisionTransformer,
    text: TextTransformer,
    projection: usize,
) -> ClipConfiguration {
    ClipConfiguration {
        vision,
        text: Some(text),
        projection,
    }
}

pub(super) fn named(name: &str) -> Option<Architecture> {
    let sixteen = VisionTransformer {
        patch_size: 16,
        ..BASE
    };
    let larger = VisionTransformer {
        image_size: 336,
        ..LARGE
    };
    let architecture = match name {
        "clip-vit-b-32" => Architecture::Clip(clip(BASE, BASE_TEXT, 512)),
        "clip-vit-b-16" => Architecture::Clip(clip(sixteen, BASE_TEXT, 512)),
        "clip-vit-l-14" => Architecture::Clip(clip(LARGE, LARGE_TEXT, 768)),
        "clip-vit-l-14-336" => Architecture::Clip(clip(larger, LARGE_TEXT, 768)),
        "clip-vit-h-14" => Architecture::Clip(clip(HUGE, HUGE_TEXT, 1024)),
        "siglip-base" => Architecture::SigLip(SIGLIP_BASE),
        "dinov2-small" => Architecture::DinoV2(DINO_SMALL),
        "dinov2-base" => Architecture::DinoV2(DINO_BASE),
        "vgg19" => Architecture::Vgg19,
        "mobilenet-v2" => Architecture::MobileNetV2,
        _ => {
            let number = name.strip_prefix("resnet")?;
            let is_it = |depth: &ResNetDepth| depth.number().to_string() == number;
            Architecture::ResNet(ResNetDepth::ALL.into_iter().find(is_it)?)
        }
    };
    Some(architecture)
}
