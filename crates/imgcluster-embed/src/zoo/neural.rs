//! One entry of the zoo, and how it is found.

use crate::Preprocess;
use crate::zoo::ZOO;

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
    use super::*;

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
    fn the_usual_weights_of_clip_are_those_of_openai() {
        let usual = find("clip-vit-b-32", None).unwrap();
        assert_eq!(usual.pretrained, "openai");
        assert_eq!(find("clip-vit-b-32", Some("openai")), Ok(usual));
        let laion = find("clip-vit-b-32", Some("laion2b_s34b_b79k")).unwrap();
        assert_eq!(laion.repository, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K");
    }
}
