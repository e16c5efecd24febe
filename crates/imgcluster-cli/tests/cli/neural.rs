//! Neural models: how they are named, found and refused.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::place::{Place, gallery};

/// The folder of a complete tiny model, or nothing and a note that the test was skipped.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn tiny(model: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden");
    let root = std::env::var_os("IMGCLUSTER_GOLDEN").map_or(beside, PathBuf::from);
    let folder = root.join("models").join(model);
    if folder.is_dir() {
        return Some(folder.canonicalize().unwrap());
    }
    eprintln!("skipped: {} is not there", folder.display());
    None
}

/// Some pictures of the gallery, whatever they are called.
fn pictures(place: &Place) -> PathBuf {
    let mut names: Vec<String> = fs::read_dir(gallery())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".jpg") && name != "broken.jpg")
        .collect();
    names.sort();
    names.truncate(4);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    place.copy_gallery("pictures", &names)
}

fn copied(from: &Path, place: &Place) -> PathBuf {
    let folder = place.path("model");
    fs::create_dir_all(&folder).unwrap();
    for name in [
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
    ] {
        fs::write(folder.join(name), fs::read(from.join(name)).unwrap()).unwrap();
    }
    folder
}

/// What the store holds of each model.
fn spaces(place: &Place) -> Value {
    let status = place.run(["store", "status", "--json"]).exits(0).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    status["spaces"].clone()
}

#[test]
fn a_local_folder_is_a_model_and_its_rows_are_remembered() {
    for model in ["tiny-clip", "tiny-clip-gelu", "tiny-dinov2", "tiny-siglip"] {
        let Some(folder) = tiny(model) else { return };
        let place = Place::new();
        pictures(&place);
        let folder = folder.to_str().unwrap();
        let index = |more: &[&str]| {
            let arguments = [
                "index",
                "pictures",
                "--json",
                "--offline",
                "--model",
                folder,
            ];
            let stdout = place.run(arguments.iter().chain(more)).exits(0).stdout;
            let counts: Value = serde_json::from_str(&stdout).unwrap();
            counts["embedded"].as_u64().unwrap()
        };
        assert_eq!((index(&[]), index(&[])), (4, 0), "{model}");
        // Other pixels and other numbers are other rows.
        assert_eq!(index(&["--preprocess", "letterbox"]), 4);
        assert_eq!(index(&["--precision", "int8"]), 4);
        assert_eq!(index(&["--precision", "f32", "--device", "cpu"]), 0);
    }
}

#[test]
fn a_corrected_configuration_is_another_model_with_the_same_weights() {
    let Some(from) = tiny("tiny-clip") else {
        return;
    };
    let place = Place::new();
    pictures(&place);
    let folder = copied(&from, &place);
    let index = || {
        let arguments = ["index", "pictures", "--json", "--model"];
        let folder = folder.to_str().unwrap();
        let stdout = place.run(arguments.iter().chain(&[folder])).exits(0).stdout;
        let counts: Value = serde_json::from_str(&stdout).unwrap();
        counts["embedded"].as_u64().unwrap()
    };
    assert_eq!((index(), index()), (4, 0));
    let config = fs::read_to_string(folder.join("config.json")).unwrap();
    let corrected = config.replace("quick_gelu", "gelu");
    assert_ne!(config, corrected);
    fs::write(folder.join("config.json"), corrected).unwrap();
    assert_eq!(index(), 4);
}

#[test]
fn a_run_with_a_model_says_how_it_was_made() {
    let Some(folder) = tiny("tiny-clip") else {
        return;
    };
    let place = Place::new();
    pictures(&place);
    let folder = folder.to_str().unwrap();
    place
        .run([
            "cluster",
            "pictures",
            "--model",
            folder,
            "--precision",
            "int8",
        ])
        .exits(0);
    let run = place.json("clustering_results/run.json");
    assert_eq!(run["model"], folder);
    assert_eq!(run["parameters"]["precision"], "int8");
    assert_eq!(run["parameters"]["preprocess"], "model");
    assert!(run["device"].as_str().unwrap().starts_with("cpu"));
}

#[test]
fn broken_weights_are_an_error_that_names_them_and_nothing_is_remembered() {
    let Some(folder) = tiny("tiny-clip") else {
        return;
    };
    let again = "copy it here again";
    let unsupported = "see `imgcluster models list` for models that are supported";
    let break_file = |name: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>, said: &str, hint: &str| {
        let place = Place::new();
        pictures(&place);
        let model = copied(&folder, &place);
        let bytes = fs::read(model.join(name)).unwrap();
        fs::write(model.join(name), change(bytes)).unwrap();
        place
            .run(["cluster", "pictures", "--model", "model"])
            .exits(1)
            .says(said)
            .says(hint);
        assert!(!place.path("clustering_results").exists());
        assert_eq!(spaces(&place), json!([]));
    };
    let weights = "model.safetensors";
    break_file(
        weights,
        &|bytes| bytes[..bytes.len() / 2].to_vec(),
        "should have",
        again,
    );
    break_file(
        weights,
        &|_| b"PK\x03\x04 a zip".to_vec(),
        "not safetensors",
        again,
    );
    break_file(weights, &not_a_number, "has the value NaN", again);
    let lie = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from));
            text.replace(from, to).into_bytes()
        }
    };
    let config = "config.json";
    break_file(
        config,
        &lie("\"hidden_size\": 64", "\"hidden_size\": 128"),
        "shape",
        "are these the weights of",
    );
    break_file(
        config,
        &lie("\"hidden_size\": 64", "\"hidden_size\": 0"),
        "hidden_size",
        unsupported,
    );
    break_file(
        config,
        &lie("\"clip\"", "\"bert\""),
        "not a supported architecture",
        unsupported,
    );
    let told = "preprocessor_config.json";
    break_file(told, &|_| b"{".to_vec(), "not JSON", again);
    break_file(told, &|_| b"{}".to_vec(), "lacks", unsupported);
}

/// Makes the last number of the last tensor no number.
fn not_a_number(mut bytes: Vec<u8>) -> Vec<u8> {
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes
}

#[test]
fn a_folder_without_a_configuration_and_pickled_weights_are_refused() {
    let place = Place::new();
    pictures(&place);
    fs::create_dir(place.path("model")).unwrap();
    fs::write(place.path("model/pytorch_model.bin"), b"PK").unwrap();
    place
        .run(["cluster", "pictures", "--model", "model"])
        .exits(1)
        .says("pickle")
        .says("hint: ");
    place
        .run([
            "cluster",
            "pictures",
            "--model",
            "resnet18",
            "--weights",
            "w.pt",
        ])
        .exits(1)
        .says("w.pt");
}

#[test]
fn weights_that_cannot_be_read_are_not_a_matter_of_the_cache() {
    let place = Place::new();
    pictures(&place);
    for weights in ["nosuch.safetensors", "pictures"] {
        let arguments = [
            "index",
            "pictures",
            "--model",
            "resnet18",
            "--weights",
            weights,
        ];
        let refused = place.run(arguments).exits(1).says("cannot read");
        let refused = refused.says("hint: name a file");
        assert!(!refused.stderr.contains("HF_HOME"), "{}", refused.stderr);
    }
}

#[test]
fn a_folder_that_transformers_5_saved_is_a_model() {
    let Some(folder) = tiny("tiny-clip") else {
        return;
    };
    let place = Place::new();
    pictures(&place);
    let model = copied(&folder, &place);
    let index = || {
        let arguments = ["index", "pictures", "--json", "--model", "model"];
        let stdout = place.run(arguments).exits(0).stdout;
        let counts: Value = serde_json::from_str(&stdout).unwrap();
        counts["embedded"].as_u64().unwrap()
    };
    assert_eq!(index(), 4);
    let old = model.join("preprocessor_config.json");
    let told: Value = serde_json::from_slice(&fs::read(&old).unwrap()).unwrap();
    let new = json!({"image_processor": told, "processor_class": "CLIPProcessor"});
    fs::write(model.join("processor_config.json"), new.to_string()).unwrap();
    fs::remove_file(old).unwrap();
    // The same is done to pictures, so that the rows are the same.
    assert_eq!(index(), 0);
}

#[test]
fn flags_that_a_built_in_model_would_ignore_are_refused() {
    let place = Place::new();
    pictures(&place);
    for flags in [
        ["--weights", "x.safetensors"],
        ["--pretrained", "openai"],
        ["--precision", "int8"],
        ["--preprocess", "crop"],
        ["--device", "cuda"],
    ] {
        for model in ["classic", "phash"] {
            let arguments = ["cluster", "pictures", "--model", model, flags[0], flags[1]];
            place.run(arguments).exits(2).says(flags[0]);
        }
    }
    place
        .run(["cluster", "pictures", "--weights", "x.safetensors"])
        .exits(2)
        .says("--model NAME");
}

#[test]
fn without_the_network_a_named_model_is_an_error_and_auto_is_not() {
    let place = Place::new();
    pictures(&place);
    place
        .run(["index", "pictures", "--model", "clip-vit-b-32", "--offline"])
        .exits(1)
        .says("is not on this machine")
        .says("--model classic");
    place
        .run(["cluster", "pictures"])
        .exits(0)
        .says("model: classic, built in")
        .says("models pull clip-vit-b-32");
    place
        .run([
            "index",
            "pictures",
            "--model",
            "clip-vit-b-32",
            "--pretrained",
            "nobody",
        ])
        .exits(2)
        .says("`openai`");
    place
        .run(["index", "pictures", "--model", "no-such-model"])
        .exits(2)
        .says("models list");
}

#[cfg(not(any(feature = "cuda", feature = "metal")))]
#[test]
fn a_device_that_is_not_built_in_is_refused_with_the_feature_that_brings_it() {
    let Some(folder) = tiny("tiny-clip") else {
        return;
    };
    let place = Place::new();
    pictures(&place);
    for (device, feature) in [("cuda", "cuda"), ("cuda:1", "cuda"), ("metal", "metal")] {
        let model = folder.to_str().unwrap();
        place
            .run(["index", "pictures", "--model", model, "--device", device])
            .exits(1)
            .says(&format!("--features {feature}"));
    }
    let doctor = place.run(["doctor"]).exits(0).stdout;
    assert!(doctor.contains("device   cpu, "), "{doctor}");
    place
        .run(["index", "pictures", "--device", "cuda:x"])
        .exits(2);
}
