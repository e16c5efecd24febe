//! One entry of the zoo, and how it is found.

use crate::zoo::ZOO;
use crate::{Activation, Architecture, Preprocess};

/// A neural model with one set of weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZooModel {
    /// The model's name, as given to `--model`.
    pub name: &'static str,
    /// The name of these weights, as given to `--pretrained`: the tag of `open_clip` or `timm`,
    /// or the data set it was trained on.
    pub pretrained: &'static str,
    /// The repository on the hub, `ORG/NAME`.
    pub repository: &'static str,
    /// The commit of the repository that is used, in 40 hex digits.
    pub revision: &'static str,
    /// The file that holds the weights.
    pub weights: &'static str,
    /// The SHA-256 of that file in hex, where a source outside the hub gives it.
    pub sha256: Option<&'static str>,
    /// The bytes of that file; three figures and zeros where no source gives all of them.
    pub size: u64,
    /// The licence that the repository names, as an SPDX identifier.
    pub licence: &'static str,
    /// How many values one picture gives.
    pub dim: usize,
    /// What is done to a picture before the model sees it.
    pub preprocess: Preprocess,
}

impl ZooModel {
    /// Its layers, for use where only the file of weights is there: CLIP models with the activation
    /// that these weights were trained with, `QuickGELU` for those of `OpenAI` and GELU for LAION's.
    /// `None` only for an entry that somebody else made: every model of the table has one.
    pub fn architecture(&self) -> Option<Architecture> {
        let activation = match self.pretrained {
            "openai" => Activation::QuickGelu,
            _ => Activation::Gelu,
        };
        Some(Architecture::named(self.name)?.with_activation(activation))
    }
}

/// Why there is no such entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZooError {
    /// No model has this name.
    #[error("`{name}` is not a model of the zoo")]
    Model {
        /// The name as given.
        name: String,
    },
    /// The model has no weights of this name.
    #[error(
        "`{name}` has no weights `{pretrained}`; it has {}",
        in_backticks(possible)
    )]
    Pair {
        /// The model.
        name: &'static str,
        /// The weights as given.
        pretrained: String,
        /// The weights that it has, the usual ones first.
        possible: Vec<&'static str>,
    },
}

fn in_backticks(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Lists the entries of a model, the usual weights first; none if no model has this name.
pub fn variants(name: &str) -> impl Iterator<Item = &'static ZooModel> {
    ZOO.iter().filter(move |model| model.name == name)
}

/// Finds a model by its name, with the named weights or else the usual ones.
///
/// # Errors
/// If there is no such model, or if it has no such weights; the error lists those it has.
pub fn find(name: &str, pretrained: Option<&str>) -> Result<&'static ZooModel, ZooError> {
    let usual = variants(name).next().ok_or_else(|| ZooError::Model {
        name: name.to_owned(),
    })?;
    let Some(pretrained) = pretrained else {
        return Ok(usual);
    };
    variants(name)
        .find(|model| model.pretrained == pretrained)
        .ok_or_else(|| ZooError::Pair {
            name: usual.name,
            pretrained: pretrained.to_owned(),
            possible: variants(name).map(|model| model.pretrained).collect(),
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ModelSpec;

    #[test]
    fn an_unknown_name_and_an_impossible_pair_are_told_apart() {
        for name in ["", "clip", "CLIP-ViT-B-32", "classic"] {
            let unknown = ZooError::Model {
                name: name.to_owned(),
            };
            assert_eq!(find(name, None), Err(unknown));
        }
        let impossible = find("clip-vit-h-14", Some("openai")).unwrap_err();
        assert_eq!(
            impossible.to_string(),
            "`clip-vit-h-14` has no weights `openai`; it has `laion2b_s32b_b79k`"
        );
    }

    #[test]
    fn every_entry_has_an_architecture_of_its_dimension_and_size() {
        for model in ZOO {
            let architecture = model.architecture().unwrap();
            let name = format!("{} {}", model.name, model.pretrained);
            assert_eq!(architecture.dim(), model.dim, "{name}");
            let input = model.preprocess.input;
            assert_eq!(input.width, input.height, "{name}");
            // DINOv2 was trained last at 518 pixels, and its hub says 224.
            if !matches!(architecture, Architecture::DinoV2(_)) {
                let side = input.width.get() as usize;
                assert_eq!(side, architecture.image_size(), "{name}");
            }
            let spec = ModelSpec {
                name: model.name.to_owned(),
                architecture,
                preprocess: model.preprocess,
            };
            spec.check().unwrap();
        }
    }

    /// What `open_clip` 3.3.0 has in `model_configs` for the models that LAION trained.
    fn open_clip(name: &str) -> serde_json::Value {
        let vision = |layers: u32, width: u32, patch_size: u32| json!({"image_size": 224, "layers": layers, "width": width, "patch_size": patch_size});
        let text = |width: u32, heads: u32, layers: u32| json!({"context_length": 77, "vocab_size": 49408, "width": width, "heads": heads, "layers": layers});
        let (dim, vision, text) = match name {
            "clip-vit-b-32" => (512, vision(12, 768, 32), text(512, 8, 12)),
            "clip-vit-b-16" => (512, vision(12, 768, 16), text(512, 8, 12)),
            "clip-vit-l-14" => (768, vision(24, 1024, 14), text(768, 12, 12)),
            "clip-vit-h-14" => {
                let mut vision = vision(32, 1280, 14);
                vision["head_width"] = json!(80);
                (1024, vision, text(1024, 16, 24))
            }
            other => panic!("LAION has no `{other}`"),
        };
        json!({"model_cfg": {"embed_dim": dim, "vision_cfg": vision, "text_cfg": text}})
    }

    #[test]
    fn the_models_of_laion_are_those_of_the_configurations_of_open_clip() {
        let laion = ZOO.iter().filter(|one| one.pretrained.starts_with("laion"));
        let mut count = 0;
        for model in laion {
            let config = open_clip(model.name).to_string();
            let read = Architecture::from_json(&config).unwrap();
            assert_eq!(model.architecture(), Some(read), "{}", model.name);
            let Architecture::Clip(clip) = read else {
                panic!("it is a CLIP model");
            };
            assert_eq!(clip.vision.activation, Activation::Gelu);
            assert_eq!(clip.text.unwrap().activation, Activation::Gelu);
            count += 1;
        }
        assert_eq!(count, 4);
    }

    #[test]
    fn the_models_of_openai_have_their_own_activation() {
        let openai = ZOO.iter().filter(|one| one.pretrained == "openai");
        let all: Vec<_> = openai.filter_map(ZooModel::architecture).collect();
        assert_eq!(all.len(), 4);
        for architecture in all {
            let Architecture::Clip(clip) = architecture else {
                panic!("it is a CLIP model");
            };
            assert_eq!(clip.vision.activation, Activation::QuickGelu);
        }
    }

    #[test]
    fn the_usual_weights_of_clip_are_those_of_openai() {
        let usual = find("clip-vit-b-32", None).unwrap();
        assert_eq!(usual.pretrained, "openai");
        assert_eq!(find("clip-vit-b-32", Some("openai")), Ok(usual));
        let laion = find("clip-vit-b-32", Some("laion2b_s34b_b79k")).unwrap();
        assert_eq!(laion.repository, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K");
    }
}
