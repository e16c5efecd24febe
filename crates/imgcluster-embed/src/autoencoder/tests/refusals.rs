use std::fs;
use std::path::PathBuf;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{autoencoder, configuration, record, tensors};
use crate::autoencoder::{
    AutoencoderFile, AutoencoderFileError, StoredTensor, Tensors, read_tensors, write_tensors,
};
use crate::models::ModelError;

const SIZES: (u32, u32, u32) = (33, 5, 2);

/// A file of the usual autoencoder, but for a change.
fn doctored(change: impl FnOnce(&mut Value, &mut Tensors)) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (size, latent, width) = SIZES;
    autoencoder(size, latent, width).save(&path).unwrap();
    let (text, mut tensors) = read_tensors(&path).unwrap();
    let mut text = serde_json::from_str(&text).unwrap();
    change(&mut text, &mut tensors);
    write_tensors(&path, &text.to_string(), &tensors).unwrap();
    (folder, path)
}

/// The refusal, with its cause.
fn refused(change: impl FnOnce(&mut Value, &mut Tensors)) -> (ModelError, String) {
    let (_folder, path) = doctored(change);
    let error = AutoencoderFile::open(&path).unwrap_err();
    let cause = std::error::Error::source(&error);
    let message = format!(
        "{error}: {}",
        cause.map_or(String::new(), ToString::to_string)
    );
    (error, message)
}

#[test]
fn an_unchanged_file_is_opened() {
    let (_folder, path) = doctored(|_, _| ());
    AutoencoderFile::open(&path).unwrap();
}

#[test]
fn safetensors_of_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let view = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    fs::write(&path, safetensors::serialize([("a", view)], None).unwrap()).unwrap();
    for error in [
        AutoencoderFile::open(&path).unwrap_err(),
        read_tensors(&path).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            format!(
                "`{}` holds no autoencoder of `imgcluster train`",
                path.display()
            )
        );
    }
    for other in [
        json!({"format": "imgcluster training", "version": [1]}),
        json!([1]),
        json!({}),
    ] {
        let (_, message) = refused(|text, _| *text = other);
        assert!(message.contains("holds no autoencoder"), "{message}");
    }
    fs::write(&path, b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0").unwrap();
    let error = AutoencoderFile::open(&path).unwrap_err();
    assert!(matches!(error, ModelError::NotSafetensors { .. }));
}

#[test]
fn another_version_is_told_apart_from_a_broken_file() {
    let (_, message) = refused(|text, _| {
        text["version"] = 2.into();
        text["new"] = 1.into();
    });
    assert!(message.contains("version 2"), "{message}");
    for version in [json!(null), json!("1"), json!(-1), json!(1.5)] {
        let (error, message) = refused(|text, _| text["version"] = version);
        assert!(
            matches!(
                error,
                ModelError::AutoencoderFile(AutoencoderFileError::Description { .. })
            ),
            "{message}"
        );
    }
}

#[test]
fn a_broken_description_is_refused_with_its_cause() {
    let (folder, path) = doctored(|_, _| ());
    let (text, tensors) = read_tensors(&path).unwrap();
    for (broken, sign) in [
        (text[..text.len() / 2].to_owned(), "EOF"),
        (String::new(), "EOF"),
        (text.replace("\"latent\"", "\"latents\""), "latents"),
        (text.replace("\"seed\"", "\"sed\""), "sed"),
        (text.replace("\"l1\"", "\"l3\""), "l3"),
        (text.replace(":33", ":33.5"), "33.5"),
        (text.replace(":33", ":-33"), "-33"),
        (text.replace(":33", ":4294967296"), "4294967296"),
        (text.replace("hash\":\"", "hash\":\"0"), "hash"),
        (
            format!("{}, \"more\": 1}}", &text[..text.len() - 1]),
            "more",
        ),
    ] {
        let path = folder.path().join("broken");
        write_tensors(&path, &broken, &tensors).unwrap();
        let error = AutoencoderFile::open(&path).unwrap_err();
        assert!(
            error.to_string().contains("of its autoencoder is broken"),
            "{error}"
        );
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(sign), "{cause}");
    }
}

#[test]
fn a_configuration_out_of_range_or_of_a_larger_network_is_refused_before_anything_is_allocated() {
    for (setting, value) in [
        ("size", json!(31)),
        ("size", json!(u32::MAX)),
        ("latent", json!(0)),
        ("latent", json!(u32::MAX)),
        ("width", json!(257)),
        ("std", json!([1.0, 0.0, 1.0])),
        ("mean", json!([1.0, 1e39, 1.0])),
    ] {
        let (error, message) = refused(|text, _| text["configuration"][setting] = value);
        let is_told = matches!(error, ModelError::AutoencoderConfiguration(_))
            || message.contains("out of range");
        assert!(is_told, "{message}");
    }
    // The largest there can be: a gigabyte of weights that are not there.
    let (error, _) = refused(|text, _| {
        for (setting, value) in [("size", 512), ("latent", 8192), ("width", 256)] {
            text["configuration"][setting] = value.into();
        }
    });
    assert!(matches!(error, ModelError::Shape { .. }), "{error}");
}

#[test]
fn tensors_that_are_missing_left_over_or_misshapen_are_named() {
    let (size, latent, width) = SIZES;
    for tensor in configuration(size, latent, width).tensors() {
        let name = tensor.name;
        let (error, message) = refused(|_, tensors| drop(tensors.remove(&name)));
        assert!(matches!(error, ModelError::MissingTensor { .. }));
        assert!(message.contains(&name), "{message}");
        // As many numbers in another shape.
        let (error, message) = refused(|_, tensors| {
            tensors.get_mut(&name).unwrap().shape.push(1);
        });
        assert!(matches!(error, ModelError::Shape { .. }));
        assert!(message.contains(&name), "{message}");
    }
    let (error, message) = refused(|_, tensors| {
        let other = tensors["encoder.0.bias"].clone();
        tensors.insert("encoder.9.bias".to_owned(), other);
    });
    assert!(matches!(error, ModelError::LeftOver { .. }));
    assert!(message.contains("encoder.9.bias"), "{message}");
}

#[test]
fn numbers_of_another_type_and_nan_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (size, latent, width) = SIZES;
    autoencoder(size, latent, width).save(&path).unwrap();
    let (text, stored) = read_tensors(&path).unwrap();
    let bytes: Vec<_> = stored
        .iter()
        .map(|(name, tensor)| (name, tensor.bytes()))
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        let shape = stored[*name].shape.clone();
        let is_half = *name == "decoder.1.bias";
        let (dtype, part) = if is_half {
            (Dtype::F16, 2)
        } else {
            (Dtype::F32, 1)
        };
        let view = TensorView::new(dtype, shape, &bytes[..bytes.len() / part]).unwrap();
        (*name, view)
    });
    let about = [("imgcluster".to_owned(), text)].into();
    fs::write(&path, safetensors::serialize(views, Some(about)).unwrap()).unwrap();
    for error in [
        AutoencoderFile::open(&path).unwrap_err(),
        read_tensors(&path).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "tensor `decoder.1.bias` has type F16 and should have type F32"
        );
    }
    let (error, message) = refused(|_, tensors| {
        tensors.get_mut("decoder.latent.weight").unwrap().values[7] = f32::NAN;
    });
    assert!(matches!(error, ModelError::NotFinite { position: 7, .. }));
    assert!(message.contains("decoder.latent.weight"), "{message}");
}

#[test]
fn a_number_that_changed_is_noticed_wherever_it_stands() {
    let (size, latent, width) = SIZES;
    let changed = |error: &ModelError| {
        matches!(
            error,
            ModelError::AutoencoderFile(AutoencoderFileError::Changed { .. })
        )
    };
    for tensor in configuration(size, latent, width).tensors() {
        let (error, message) = refused(|_, tensors| {
            let values = &mut tensors.get_mut(&tensor.name).unwrap().values;
            values[0] = -values[0];
        });
        assert!(changed(&error), "{message}");
        assert!(message.contains("damaged or changed"), "{message}");
    }
    let (error, _) = refused(|text, _| text["configuration"]["mean"][0] = json!(0.125));
    assert!(changed(&error));
    let (error, _) = refused(|text, _| text["content_hash"] = json!("0".repeat(64)));
    assert!(changed(&error));
}

#[test]
fn a_file_with_any_byte_changed_or_cut_off_is_refused_or_tells_the_same_network() {
    let (folder, path) = doctored(|_, _| ());
    let whole = fs::read(&path).unwrap();
    let one = AutoencoderFile::open(&path).unwrap();
    let other = folder.path().join("other");
    for at in (0..whole.len()).step_by(37) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&other, &bytes).unwrap();
        // What is only told of the training has no hash, and no part in any code.
        if let Ok(opened) = AutoencoderFile::open(&other) {
            assert_eq!(opened.content_hash(), one.content_hash());
            assert_eq!(opened.tensors(), one.tensors());
            assert_eq!(opened.configuration(), one.configuration());
        }
        fs::write(&other, &whole[..at]).unwrap();
        AutoencoderFile::open(&other).unwrap_err();
    }
}

#[test]
fn weights_in_memory_are_checked_as_those_in_a_file() {
    let usual = configuration(33, 5, 2);
    let refused = |change: &dyn Fn(&mut Tensors)| {
        let mut tensors = tensors(&usual);
        change(&mut tensors);
        AutoencoderFile::new(usual, record(), tensors).unwrap_err()
    };
    let missing = refused(&|tensors| drop(tensors.remove("decoder.0.bias")));
    assert!(matches!(missing, ModelError::MissingTensor { .. }));
    let shape = refused(&|tensors| tensors.get_mut("decoder.0.bias").unwrap().shape.push(1));
    assert!(matches!(shape, ModelError::Shape { .. }));
    let short = refused(&|tensors| {
        tensors.get_mut("decoder.0.bias").unwrap().values.pop();
    });
    assert!(matches!(short, ModelError::Shape { .. }));
    let nan = refused(&|tensors| {
        tensors.get_mut("encoder.0.bias").unwrap().values[1] = f32::INFINITY;
    });
    assert!(matches!(nan, ModelError::NotFinite { position: 1, .. }));
    let foreign = refused(&|tensors| {
        for name in ["a", "b"] {
            let (shape, values) = (vec![1], vec![0.0]);
            tensors.insert(name.to_owned(), StoredTensor { shape, values });
        }
    });
    assert!(matches!(foreign, ModelError::LeftOver { tensor, others: 1 } if tensor == "a"));

    let mut wrong = usual;
    wrong.size = 7;
    let error = AutoencoderFile::new(wrong, record(), Tensors::new()).unwrap_err();
    assert!(matches!(error, ModelError::AutoencoderConfiguration(_)));
    for change in [
        |record: &mut crate::TrainingRecord| record.learning_rate = f64::INFINITY,
        |record: &mut crate::TrainingRecord| record.curve[0].train = f64::NAN,
        |record: &mut crate::TrainingRecord| record.curve[1].validation = Some(f64::NAN),
    ] {
        let mut record = record();
        change(&mut record);
        let error = AutoencoderFile::new(usual, record, tensors(&usual)).unwrap_err();
        assert!(matches!(
            error,
            ModelError::AutoencoderFile(AutoencoderFileError::Record)
        ));
    }
}
