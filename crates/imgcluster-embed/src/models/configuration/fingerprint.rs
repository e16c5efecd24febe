//! What of an architecture decides over the numbers a picture gets.

use super::{Activation, Architecture, VisionTransformer};
use crate::AutoencoderConfiguration;

/// Changes whenever the same weights in the same architecture give other numbers.
const VERSION: u32 = 1;

impl Architecture {
    /// Says all of the image tower that its weights do not say themselves, and some of what they
    /// do: a part of the cache key. Numbers with a fraction are written bit by bit.
    pub(crate) fn canonical(&self) -> String {
        let tower = match self {
            Self::Clip(clip) => {
                format!("clip {} to {}", transformer(&clip.vision), clip.projection)
            }
            Self::SigLip(siglip) => format!("siglip {}", transformer(&siglip.vision)),
            Self::DinoV2(vision) => format!("dinov2 {}", transformer(vision)),
            Self::ResNet(depth) => format!("resnet {}", depth.number()),
            Self::Vgg19 => "vgg 19".to_owned(),
            Self::MobileNetV2 => "mobilenet v2".to_owned(),
            Self::Autoencoder(configuration) => autoencoder(configuration),
        };
        format!("tower {VERSION}: {tower}")
    }
}

/// Mean and standard deviation are part of what is done to pictures before.
fn autoencoder(configuration: &AutoencoderConfiguration) -> String {
    let AutoencoderConfiguration {
        size,
        latent,
        width,
        mean: _,
        std: _,
    } = configuration;
    format!("autoencoder {size} to {latent} width {width}")
}

fn transformer(vision: &VisionTransformer) -> String {
    let VisionTransformer {
        image_size,
        patch_size,
        width,
        mlp_width,
        layers,
        heads,
        norm_epsilon,
        activation,
    } = *vision;
    let activation = match activation {
        Activation::QuickGelu => "quick gelu",
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu tanh",
        Activation::Relu => "relu",
        Activation::Relu6 => "relu 6",
    };
    format!(
        "{image_size}/{patch_size} width {width} {mlp_width} layers {layers} heads {heads} \
         epsilon {:08x} {activation}",
        norm_epsilon.to_bits()
    )
}

#[cfg(test)]
mod tests {
    use super::super::ClipConfiguration;
    use super::*;

    fn vision() -> VisionTransformer {
        VisionTransformer {
            image_size: 224,
            patch_size: 32,
            width: 768,
            mlp_width: 3072,
            layers: 12,
            heads: 12,
            norm_epsilon: 1e-5,
            activation: Activation::QuickGelu,
        }
    }

    #[test]
    fn whatever_changes_an_image_tower_changes_what_is_said_of_it() {
        let clip = |vision| {
            Architecture::Clip(ClipConfiguration {
                vision,
                text: None,
                projection: 512,
            })
        };
        let changes: [fn(&mut VisionTransformer); 9] = [
            |_| {},
            |v| v.image_size = 336,
            |v| v.patch_size = 16,
            |v| v.width = 1024,
            |v| v.mlp_width = 4096,
            |v| v.layers = 13,
            |v| v.heads = 16,
            |v| v.norm_epsilon = v.norm_epsilon.next_up(),
            |v| v.activation = Activation::Gelu,
        ];
        let mut said: Vec<String> = changes
            .iter()
            .map(|change| {
                let mut other = vision();
                change(&mut other);
                clip(other).canonical()
            })
            .collect();
        said.push(Architecture::DinoV2(vision()).canonical());
        said.push(Architecture::Vgg19.canonical());
        said.push(Architecture::MobileNetV2.canonical());
        for (size, latent, width) in [(32, 64, 16), (33, 64, 16), (32, 65, 16), (32, 64, 17)] {
            let configuration = AutoencoderConfiguration {
                size,
                latent,
                width,
                mean: [0.5; 3],
                std: [0.25; 3],
            };
            said.push(Architecture::Autoencoder(configuration).canonical());
        }
        let all = said.len();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), all);
    }
}
