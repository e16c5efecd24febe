//! Models in folders of this machine.

use std::fs;
use std::path::PathBuf;

use imgcluster_core::Job;
use imgcluster_embed::hub::{HubError, HubOptions, ModelFiles, ModelRequest, locate};

/// A folder with these files, and what is found in it.
fn found(files: &[&str], given: Option<&str>) -> (PathBuf, Result<ModelFiles, HubError>) {
    let folder = tempfile::tempdir().unwrap().keep();
    for file in files {
        fs::write(folder.join(file), file).unwrap();
    }
    let mut request = ModelRequest::folder(&folder);
    if let Some(given) = given {
        request = request.with_weights(folder.join(given));
    }
    let found = locate(&request, &HubOptions::new("nowhere"), &Job::quiet());
    fs::remove_dir_all(&folder).unwrap();
    (folder, found)
}

#[test]
fn a_missing_folder_and_an_empty_one_are_errors() {
    let (_, refused) = found(&[], None);
    assert!(matches!(refused, Err(HubError::NoWeights { .. })));
    let missing = ModelRequest::folder("no/such/folder");
    let refused = locate(&missing, &HubOptions::new("nowhere"), &Job::quiet());
    assert!(matches!(refused, Err(HubError::File { .. })));
}

#[test]
fn a_folder_needs_weights_and_a_configuration_and_no_pickle() {
    let (_, refused) = found(&["model.safetensors"], None);
    let no_configuration = HubError::NoConfiguration {
        place: String::new(),
        file: "config.json",
    };
    let refused = refused.unwrap_err();
    assert_eq!(
        std::mem::discriminant(&refused),
        std::mem::discriminant(&no_configuration)
    );
    let (_, refused) = found(&["config.json", "pytorch_model.bin"], None);
    assert!(matches!(refused, Err(HubError::Pickle { .. })));
}

#[test]
fn everything_in_a_folder_is_found() {
    let all = [
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json",
    ];
    let (folder, files) = found(&all, None);
    let expected = ModelFiles {
        weights: folder.join("model.safetensors"),
        configuration: Some(folder.join("config.json")),
        preprocessor: Some(folder.join("preprocessor_config.json")),
        tokenizer: Some(folder.join("tokenizer.json")),
        zoo: None,
    };
    assert_eq!(files.unwrap(), expected);
    let (folder, files) = found(
        &["open_clip_config.json", "open_clip_model.safetensors"],
        None,
    );
    let files = files.unwrap();
    assert_eq!(files.weights, folder.join("open_clip_model.safetensors"));
    assert_eq!(
        files.configuration,
        Some(folder.join("open_clip_config.json"))
    );
}

#[test]
fn weights_given_by_hand_take_the_place_of_the_folder_s() {
    let (folder, files) = found(
        &["config.json", "mine.safetensors"],
        Some("mine.safetensors"),
    );
    let files = files.unwrap();
    assert_eq!(files.weights, folder.join("mine.safetensors"));
    assert_eq!(files.configuration, Some(folder.join("config.json")));
    let (_, refused) = found(&["config.json"], Some("missing.safetensors"));
    assert!(matches!(refused, Err(HubError::File { .. })));
    let (_, refused) = found(&["config.json", "mine.PT"], Some("mine.PT"));
    assert!(matches!(refused, Err(HubError::Pickle { file, .. }) if file == "mine.PT"));
}
