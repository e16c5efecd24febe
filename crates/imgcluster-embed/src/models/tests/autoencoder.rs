//! Codes: the encoder against a direct evaluation of the network, from a file and from memory.

use std::fs;

use imgcluster_core::{Embedder, Filter, Job, PixelBatch, Resize};

use super::twins::{assert_same_direction, loaded, rows};
use crate::autoencoder::tests::{autoencoder, record, tensors};
use crate::autoencoder::{TensorWeights, Tensors};
use crate::models::checkpoint::formula::picture;
use crate::models::layers::Arithmetic;
use crate::models::{
    Architecture, Checkpoint, DeviceChoice, ModelError, ModelOptions, ModelSpec, NeuralEmbedder,
    Precision,
};
use crate::{AutoencoderConfiguration, AutoencoderFile, JpegDecoding, PreprocessChoice};

fn options(precision: Precision) -> ModelOptions {
    ModelOptions {
        device: DeviceChoice::Cpu,
        precision: Some(precision),
    }
}

fn embedder(file: &AutoencoderFile, precision: Precision) -> NeuralEmbedder {
    let options = options(precision);
    NeuralEmbedder::of_autoencoder(file, PreprocessChoice::Model, &options).unwrap()
}

fn spec(configuration: &AutoencoderConfiguration) -> ModelSpec {
    ModelSpec {
        name: ModelSpec::AUTOENCODER.to_owned(),
        architecture: Architecture::Autoencoder(*configuration),
        preprocess: configuration.preprocess(),
    }
}

fn in_arithmetic(file: &AutoencoderFile, arithmetic: Arithmetic) -> NeuralEmbedder {
    let mut weights = TensorWeights(file.tensors());
    loaded(&spec(file.configuration()), &mut weights, arithmetic)
}

/// Numbers of a picture, channels first.
struct Planes {
    side: usize,
    values: Vec<f64>,
}

/// The definition of a convolution with stride 2, one pixel of zeros around, and a rectifier.
fn convolved(x: &Planes, tensors: &Tensors, name: &str) -> Planes {
    let weight = &tensors[&format!("{name}.weight")];
    let bias = &tensors[&format!("{name}.bias")].values;
    let [_, inputs, ..] = weight.shape[..] else {
        panic!("{:?}", weight.shape)
    };
    let side = x.side.div_ceil(2);
    let mut values = Vec::new();
    for (output, bias) in bias.iter().enumerate() {
        for (row, column) in (0..side * side).map(|pixel| (pixel / side, pixel % side)) {
            let mut sum = f64::from(*bias);
            for (input, down, across) in (0..inputs * 9).map(|tap| (tap / 9, tap % 9 / 3, tap % 3))
            {
                let (y, x_at) = (2 * row + down, 2 * column + across);
                // The pixels of zeros are number 0 and number `side + 1`.
                if (1..=x.side).contains(&y) && (1..=x.side).contains(&x_at) {
                    let number = x.values[(input * x.side + y - 1) * x.side + x_at - 1];
                    let tap = weight.values[((output * inputs + input) * 3 + down) * 3 + across];
                    sum += number * f64::from(tap);
                }
            }
            values.push(sum.max(0.0));
        }
    }
    Planes { side, values }
}

/// The code of a picture by the definition of the network.
fn direct(file: &AutoencoderFile, rgb: &[u8]) -> Vec<f64> {
    let (configuration, tensors) = (file.configuration(), file.tensors());
    let side = configuration.size as usize;
    let channel = |channel: usize| {
        let (mean, std) = (configuration.mean[channel], configuration.std[channel]);
        let bytes = rgb.iter().skip(channel).step_by(3);
        bytes.map(move |byte| (f64::from(*byte) / 255.0 - f64::from(mean)) / f64::from(std))
    };
    let mut x = Planes {
        side,
        values: (0..3).flat_map(channel).collect(),
    };
    let mut number = 0;
    while x.side > 4 {
        x = convolved(&x, tensors, &format!("encoder.{number}"));
        number += 1;
    }
    let weight = &tensors["encoder.latent.weight"].values;
    let bias = &tensors["encoder.latent.bias"].values;
    let outputs = bias.iter().zip(weight.chunks_exact(x.values.len()));
    outputs
        .map(|(bias, row)| {
            let products = row.iter().zip(&x.values).map(|(a, b)| f64::from(*a) * b);
            f64::from(*bias) + products.sum::<f64>()
        })
        .collect()
}

#[test]
fn codes_are_those_of_the_network_by_its_definition() {
    for (size, latent, width) in [(33, 5, 2), (32, 1, 1), (40, 9, 3), (65, 4, 4), (47, 17, 5)] {
        let file = autoencoder(size, latent, width);
        for arithmetic in [Arithmetic::Kernels, Arithmetic::Stock] {
            let embedder = in_arithmetic(&file, arithmetic);
            let codes = rows(&embedder, &["a", "b", "c"], 1);
            assert_eq!((codes.rows(), codes.dim()), (3, latent as usize));
            for (row, name) in ["a", "b", "c"].into_iter().enumerate() {
                let wanted = direct(&file, picture(name, size, size).rgb());
                for (found, wanted) in codes.row(row).iter().zip(wanted) {
                    let far = (f64::from(*found) - wanted).abs();
                    assert!(far < 1e-5, "{size} {arithmetic:?}: {found} and {wanted}");
                }
            }
        }
    }
}

#[test]
fn a_code_has_the_same_bits_from_memory_and_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = autoencoder(64, 24, 8);
    file.save(&path).unwrap();
    let names = ["a", "b", "c", "d", "e"];
    for precision in [Precision::F32, Precision::Int8] {
        let of_memory = embedder(&file, precision);
        let choice = PreprocessChoice::Model;
        let of_file = NeuralEmbedder::open_autoencoder(&path, choice, &options(precision)).unwrap();
        assert_eq!(of_memory.space(), of_file.space());
        assert_eq!(rows(&of_memory, &names, 2), rows(&of_file, &names, 2));
    }
    // Also by the way of all other models, to which the decoder is needless.
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    let spec = spec(file.configuration());
    let by_name = NeuralEmbedder::load(&spec, &mut checkpoint, &options(Precision::F32)).unwrap();
    let of_memory = embedder(&file, Precision::F32);
    assert_eq!(rows(&by_name, &names, 1), rows(&of_memory, &names, 1));
}

#[test]
fn a_code_has_the_same_bits_in_any_batch_and_at_any_number_of_threads() {
    let names = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
    ];
    for (size, latent, width) in [(33, 5, 2), (64, 24, 8)] {
        let file = autoencoder(size, latent, width);
        for precision in [Precision::F32, Precision::Int8] {
            let embedder = embedder(&file, precision);
            let whole = rows(&embedder, &names, 1);
            for threads in [2, 3, 20] {
                assert_eq!(rows(&embedder, &names, threads), whole);
            }
            for (row, name) in names.iter().enumerate() {
                assert_eq!(rows(&embedder, &[name], 1).row(0), whole.row(row));
            }
            assert_eq!(rows(&embedder, &[], 2).rows(), 0);
        }
    }
}

#[test]
fn codes_in_8_bits_keep_the_direction() {
    for (size, latent, width) in [(33, 24, 3), (64, 24, 8)] {
        let file = autoencoder(size, latent, width);
        let [whole, bytes] = [Precision::F32, Precision::Int8]
            .map(|precision| rows(&embedder(&file, precision), &["a", "b"], 2));
        assert_ne!(whole, bytes);
        assert_same_direction(&whole, &bytes, 0.99);
    }
}

#[test]
fn the_space_is_told_by_the_weights_and_the_settings_and_not_by_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["a", "b"].map(|name| folder.path().join(name));
    autoencoder(33, 5, 2).save(&first).unwrap();
    fs::copy(&first, &second).unwrap();
    let space = |path, choice, precision| {
        let embedder = NeuralEmbedder::open_autoencoder(path, choice, &options(precision));
        embedder.unwrap().space().clone()
    };
    let usual = space(&first, PreprocessChoice::Model, Precision::F32);
    assert_eq!(usual.model, "autoencoder");
    assert_eq!(usual.weights, autoencoder(33, 5, 2).content_hash());
    assert_eq!(
        space(&second, PreprocessChoice::Model, Precision::F32),
        usual
    );
    assert_eq!(
        space(&first, PreprocessChoice::Squash, Precision::F32),
        usual
    );
    let others = [
        space(&first, PreprocessChoice::Letterbox, Precision::F32),
        space(&first, PreprocessChoice::Model, Precision::Int8),
        embedder(&autoencoder(34, 5, 2), Precision::F32)
            .space()
            .clone(),
        embedder(&autoencoder(33, 6, 2), Precision::F32)
            .space()
            .clone(),
    ];
    for other in others {
        assert_ne!(other, usual);
    }
    // Another training that ended in the same weights gives the same codes.
    let configuration = *autoencoder(33, 5, 2).configuration();
    let mut other = record();
    other.seed = 3;
    let file = AutoencoderFile::new(configuration, other, tensors(&configuration)).unwrap();
    assert_eq!(embedder(&file, Precision::F32).space(), &usual);
}

#[test]
fn pictures_are_squashed_to_the_size_and_no_other_is_taken() {
    let embedder = embedder(&autoencoder(33, 5, 2), Precision::F32);
    let input = embedder.input();
    assert_eq!((input.width.get(), input.height.get()), (33, 33));
    assert_eq!(
        (input.resize, input.filter),
        (Resize::Squash, Filter::Bicubic)
    );
    assert!(matches!(embedder.jpeg(), JpegDecoding::Reduced { shorter } if shorter.get() == 33));
    let side = std::num::NonZeroU32::new(32).unwrap();
    let mut batch = PixelBatch::new(side, side);
    batch.push(&picture("a", 32, 32)).unwrap();
    let error = embedder.embed(&batch, &Job::quiet()).unwrap_err();
    assert!(error.to_string().contains("33"), "{error}");
}

#[test]
fn an_architecture_or_an_input_by_hand_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let file = autoencoder(33, 5, 2);
    file.save(&path).unwrap();
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    let mut load = |change: fn(&mut AutoencoderConfiguration), preprocess| {
        let mut other = *file.configuration();
        change(&mut other);
        let spec = ModelSpec {
            preprocess,
            ..spec(&other)
        };
        NeuralEmbedder::load(&spec, &mut checkpoint, &options(Precision::F32)).unwrap_err()
    };
    let usual = file.configuration().preprocess();
    let larger = autoencoder(34, 5, 2).configuration().preprocess();
    let error = load(|other| other.width = u32::MAX, usual);
    assert!(matches!(error, ModelError::AutoencoderConfiguration(_)));
    let error = load(|_| (), larger);
    assert!(matches!(error, ModelError::PictureSize { .. }));
    let error = load(|other| other.latent = 8192, usual);
    assert!(matches!(error, ModelError::Shape { .. }));
}
