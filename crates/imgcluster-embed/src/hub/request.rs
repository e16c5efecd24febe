//! Which model is meant.

use std::path::{Path, PathBuf};

use crate::hub::HubError;
use crate::zoo::{self, ZooModel};

/// Which model is meant, and whose weights it gets.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    /// Where the model is described.
    pub source: ModelSource,
    /// A safetensors file to use in place of the model's own weights.
    pub weights: Option<PathBuf>,
}

/// Where a model is described.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSource {
    /// In the zoo.
    Zoo(&'static ZooModel),
    /// In a repository of the hub.
    Repository {
        /// `ORG/NAME`, well formed.
        name: String,
        /// A branch, a tag, or a commit.
        revision: String,
    },
    /// In a folder with the files that a repository would have.
    Folder(PathBuf),
}

impl ModelRequest {
    /// Reads what a user types: a name of the zoo with or without the name of its weights, a
    /// folder that exists, or `ORG/NAME`; tried in this order.
    ///
    /// # Errors
    /// If the text is none of these, the zoo has no such weights, or weights of the zoo are named
    /// for something that is not in it.
    pub fn parse(model: &str, pretrained: Option<&str>) -> Result<Self, HubError> {
        if zoo::variants(model).next().is_some() {
            return Ok(Self::from(zoo::find(model, pretrained)?));
        }
        if let Some(pretrained) = pretrained {
            return Err(HubError::Pretrained {
                model: model.to_owned(),
                pretrained: pretrained.to_owned(),
            });
        }
        let folder = Path::new(model);
        if folder.is_dir() {
            return Ok(Self::folder(folder));
        }
        Self::repository(model)
    }

    /// The main branch of a repository.
    ///
    /// # Errors
    /// If the name is not a well-formed `ORG/NAME`.
    pub fn repository(name: &str) -> Result<Self, HubError> {
        if !is_repository(name) {
            return Err(HubError::Name(name.to_owned()));
        }
        Ok(Self {
            source: ModelSource::Repository {
                name: name.to_owned(),
                revision: "main".to_owned(),
            },
            weights: None,
        })
    }

    /// A folder.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self {
            source: ModelSource::Folder(path.into()),
            weights: None,
        }
    }

    /// The same model with weights given by hand.
    #[must_use]
    pub fn with_weights(mut self, file: impl Into<PathBuf>) -> Self {
        self.weights = Some(file.into());
        self
    }

    /// The repository and the revision that its files come from, unless it is a folder.
    pub(super) fn remote(&self) -> Option<(&str, &str)> {
        match &self.source {
            ModelSource::Zoo(model) => Some((model.repository, model.revision)),
            ModelSource::Repository { name, revision } => Some((name, revision)),
            ModelSource::Folder(_) => None,
        }
    }
}

impl From<&'static ZooModel> for ModelRequest {
    fn from(model: &'static ZooModel) -> Self {
        Self {
            source: ModelSource::Zoo(model),
            weights: None,
        }
    }
}

/// Whether this is `ORG/NAME` by the hub's rules. With these no name leads out of the cache, and
/// no two names share a folder of it.
fn is_repository(name: &str) -> bool {
    let Some((organisation, model)) = name.split_once('/') else {
        return false;
    };
    [organisation, model].iter().all(|part| {
        is_plain(part)
            && !part.contains("--")
            && !part.contains("..")
            && !part.ends_with(['-', '.'])
    })
}

/// Whether this text is safe as one part of a path and of an address: letters, digits, `.`, `_`
/// and `-` of ASCII, not first a dot or dash.
pub(super) fn is_plain(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=96).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_repository_is_refused_and_cannot_lead_out_of_the_cache() {
        for name in [
            "",
            "/",
            "name",
            "org/",
            "/name",
            "org/na/me",
            "../name",
            "org/..",
            "org/.hidden",
            "org--x/name",
            "org/x..y",
            "org/naïve",
            "org/na me",
            "org\\x/name",
            "org/na%2e",
            "-org/name",
            "org/name-",
        ] {
            let refused = ModelRequest::repository(name);
            assert!(matches!(refused, Err(HubError::Name(_))), "{name}");
        }
        assert!(!is_plain(&"a".repeat(97)));
        for name in ["openai/clip-vit-large-patch14", "timm/resnet50.tv2_in1k"] {
            ModelRequest::repository(name).unwrap();
        }
    }

    #[test]
    fn a_name_of_the_zoo_comes_before_a_folder_and_a_folder_before_a_repository() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_str().unwrap();
        let zoo = ModelRequest::parse("resnet50", None).unwrap();
        assert!(matches!(zoo.source, ModelSource::Zoo(model) if model.pretrained == "tv2_in1k"));
        let found = ModelRequest::parse(folder, None).unwrap();
        assert_eq!(found, ModelRequest::folder(place.path()));
        let remote = ModelRequest::parse("org/name", None).unwrap();
        assert_eq!(remote.remote(), Some(("org/name", "main")));
    }

    #[test]
    fn weights_of_the_zoo_are_refused_for_what_is_not_in_it() {
        let refused = ModelRequest::parse("org/name", Some("openai"));
        assert!(matches!(refused, Err(HubError::Pretrained { .. })));
        let impossible = ModelRequest::parse("resnet50", Some("openai"));
        assert!(matches!(impossible, Err(HubError::Zoo(_))));
    }
}
