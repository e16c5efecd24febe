//! Which files of a repository or folder make a model.

use std::path::Path;

use crate::hub::HubError;

/// The name of the file that tells of a model in the layout of `transformers` and `timm`.
const CONFIGURATION: &str = "config.json";
/// The same in the layout of `open_clip`.
const OPEN_CLIP_CONFIGURATION: &str = "open_clip_config.json";

/// The files that tell of a model.
pub(super) const CONFIGURATIONS: [&str; 2] = [CONFIGURATION, OPEN_CLIP_CONFIGURATION];

/// Files of weights in order of preference, and the file that tells of the model.
pub(super) const WEIGHTS: [(&str, &str); 3] = [
    ("model.safetensors", CONFIGURATION),
    ("open_clip_model.safetensors", OPEN_CLIP_CONFIGURATION),
    (
        "open_clip_pytorch_model.safetensors",
        OPEN_CLIP_CONFIGURATION,
    ),
];

/// Says how pictures are prepared, in the layout of `transformers`.
pub(super) const PREPROCESSOR: &str = "preprocessor_config.json";
/// The same since its version 5, among what is said of other inputs.
pub(super) const PROCESSOR: &str = "processor_config.json";
/// Says how text is cut into tokens.
pub(super) const TOKENIZER: &str = "tokenizer.json";

/// The names that pickled weights go by.
const PICKLES: [&str; 4] = ["bin", "pt", "pth", "ckpt"];

/// The file that tells of the model whose weights these are.
pub(super) fn configuration(weights: &str) -> &'static str {
    if weights.starts_with("open_clip") {
        OPEN_CLIP_CONFIGURATION
    } else {
        CONFIGURATION
    }
}

/// What goes with a file of weights and is fetched before it, if it is there.
pub(super) fn companions(weights: &str) -> [&'static str; 3] {
    [configuration(weights), PREPROCESSOR, TOKENIZER]
}

/// Finds the weights among the files of `place`, each with its configuration; at least one, in
/// order of preference.
///
/// # Errors
/// If there are none that can be read, with the reason.
pub(super) fn weights<S: AsRef<str>>(
    place: &str,
    files: &[S],
) -> Result<Vec<(&'static str, &'static str)>, HubError> {
    let there = |name: &str| files.iter().any(|file| file.as_ref() == name);
    let place = place.to_owned();
    let found = WEIGHTS.into_iter().filter(|(weights, _)| there(weights));
    let whole: Vec<_> = found.clone().filter(|(_, told)| there(told)).collect();
    if !whole.is_empty() {
        return Ok(whole);
    }
    if let Some((_, file)) = found.into_iter().next() {
        return Err(HubError::NoConfiguration { place, file });
    }
    if files
        .iter()
        .any(|file| file.as_ref().ends_with(".safetensors.index.json"))
    {
        return Err(HubError::Split { place });
    }
    match files
        .iter()
        .find(|file| is_pickle(Path::new(file.as_ref())))
    {
        Some(file) => Err(HubError::Pickle {
            place,
            file: file.as_ref().to_owned(),
        }),
        None => Err(HubError::NoWeights { place }),
    }
}

/// Whether a file goes by a name of pickled weights.
pub(super) fn is_pickle(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        PICKLES
            .iter()
            .any(|pickle| extension.eq_ignore_ascii_case(pickle))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_pickle_and_split_weights_are_refused_with_the_reason() {
        let choose = |files: &[&str]| weights("here", files);
        assert!(matches!(choose(&[]), Err(HubError::NoWeights { .. })));
        assert!(matches!(
            choose(&["README.md"]),
            Err(HubError::NoWeights { .. })
        ));
        let pickled = choose(&["config.json", "pytorch_model.bin"]).unwrap_err();
        assert!(
            pickled
                .to_string()
                .contains("`pytorch_model.bin`, a pickle")
        );
        let split = [
            "config.json",
            "model.safetensors.index.json",
            "pytorch_model.bin",
        ];
        assert!(matches!(choose(&split), Err(HubError::Split { .. })));
        let bare = choose(&["model.safetensors", "open_clip_config.json"]);
        assert!(matches!(
            bare,
            Err(HubError::NoConfiguration {
                file: "config.json",
                ..
            })
        ));
    }

    #[test]
    fn safetensors_are_chosen_and_the_layout_of_transformers_comes_first() {
        let both = [
            "config.json",
            "model.safetensors",
            "open_clip_config.json",
            "open_clip_model.safetensors",
            "pytorch_model.bin",
        ];
        let found = weights("here", &both).unwrap();
        assert_eq!(found[0], ("model.safetensors", "config.json"));
        assert_eq!(found[1].1, "open_clip_config.json");
        // A `config.json` of timm may lie beside weights in the layout of open_clip.
        let timm = [
            "config.json",
            "open_clip_config.json",
            "open_clip_model.safetensors",
        ];
        assert_eq!(
            weights("here", &timm).unwrap(),
            [("open_clip_model.safetensors", "open_clip_config.json")]
        );
    }
}
