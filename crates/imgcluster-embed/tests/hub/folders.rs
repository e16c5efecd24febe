//! Models in folders of this machine.

use std::fs;
use std::path::PathBuf;

use imgcluster_core::Job;
use imgcluster_embed::hub::{HubError, HubOptions, ModelFiles, ModelRequest, locate};

/// A folder with these files, `NAME` or `NAME=TEXT`, and what is found in it.
fn found(files: &[&str], given: Option<&str>) -> (PathBuf, Result<ModelFiles, HubError>) {
    let folder = tempfile::tempdir().unwrap().keep();
    for file in files {
        let (name, text) = file.split_once('=').unwrap_or((file, file));
        fs::write(folder.join(name), text).unwrap();
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
    assert!(matches!(refused, Err(HubError::Given { .. })));
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
        &[
            "open_clip_config.json={\"model_cfg\":{}}",
            "open_clip_model.safetensors",
        ],
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
        &[
            "config.json",
            "mine.safetensors",
            "preprocessor_config.json",
        ],
        Some("mine.safetensors"),
    );
    let files = files.unwrap();
    assert_eq!(files.weights, folder.join("mine.safetensors"));
    assert_eq!(files.configuration, Some(folder.join("config.json")));
    let (_, refused) = found(&["config.json"], Some("missing.safetensors"));
    assert!(matches!(refused, Err(HubError::Given { .. })));
    let (_, refused) = found(&["config.json"], Some("."));
    assert!(
        matches!(refused, Err(HubError::Given { .. })),
        "{refused:?}"
    );
    let (_, refused) = found(&["config.json", "mine.PT"], Some("mine.PT"));
    assert!(matches!(refused, Err(HubError::Pickle { file, .. }) if file == "mine.PT"));
}

/// The configuration of a CLIP model that says no more than it must, as `open_clip` writes it.
const OPEN_CLIP: &str = "open_clip_config.json={\"model_cfg\":{\"embed_dim\":8,\
    \"vision_cfg\":{\"width\":64,\"patch_size\":32},\"text_cfg\":{\"width\":64}}}";

#[test]
fn of_two_descriptions_the_one_that_can_be_read_counts() {
    let timm = "config.json={\"architecture\":\"vit_base_patch32_clip_224\",\"pretrained_cfg\":{}}";
    let both = [
        timm,
        OPEN_CLIP,
        "model.safetensors",
        "open_clip_model.safetensors",
    ];
    let (folder, files) = found(&both, None);
    let files = files.unwrap();
    assert_eq!(files.weights, folder.join("open_clip_model.safetensors"));
    let told = Some(folder.join("open_clip_config.json"));
    assert_eq!(files.configuration, told);
    let (folder, files) = found(
        &[timm, OPEN_CLIP, "mine.safetensors"],
        Some("mine.safetensors"),
    );
    let told = Some(folder.join("open_clip_config.json"));
    assert_eq!(files.unwrap().configuration, told);
    // Nor does one count that lacks what another has.
    let hub = "config.json={\"model_type\":\"resnet\"}";
    let (folder, files) = found(
        &[
            hub,
            OPEN_CLIP,
            "model.safetensors",
            "open_clip_model.safetensors",
        ],
        None,
    );
    let told = Some(folder.join("open_clip_config.json"));
    assert_eq!(files.unwrap().configuration, told);
    // Where both can be read the layout of transformers comes first, and where none can too.
    for text in ["{\"model_type\":\"resnet\"}", "{\"model_type\":\"bert\"}"] {
        let hub = format!("config.json={text}");
        let second = if text.contains("bert") {
            "open_clip_config.json={}"
        } else {
            OPEN_CLIP
        };
        let (folder, files) = found(
            &[
                &hub,
                second,
                "preprocessor_config.json",
                "model.safetensors",
                "open_clip_model.safetensors",
            ],
            None,
        );
        let files = files.unwrap();
        assert_eq!(files.configuration, Some(folder.join("config.json")));
        assert_eq!(files.weights, folder.join("model.safetensors"));
    }
}

#[test]
fn how_pictures_are_prepared_may_stand_in_either_file_of_transformers() {
    let new = "processor_config.json={\"image_processor\":{\"size\":8}}";
    let (folder, files) = found(&["config.json", "model.safetensors", new], None);
    let told = Some(folder.join("processor_config.json"));
    assert_eq!(files.unwrap().preprocessor, told);
    let old = "preprocessor_config.json";
    let (folder, files) = found(&["config.json", "model.safetensors", new, old], None);
    assert_eq!(files.unwrap().preprocessor, Some(folder.join(old)));
    // Before version 5 it spoke of the class only.
    let class = "processor_config.json={\"processor_class\":\"CLIPProcessor\"}";
    for files in [
        &["config.json", "model.safetensors"][..],
        &["config.json", "model.safetensors", class],
    ] {
        let (_, refused) = found(files, None);
        assert!(
            matches!(refused, Err(HubError::NoPreprocessor { .. })),
            "{refused:?}"
        );
    }
}
