//! The loss against `PyTorch`'s features, against finite differences and against candle's own
//! operations.

use candle_core::{DType, Device, Tensor, Var};

use super::PerceptualLoss;
use crate::models::checkpoint::formula::{FormulaWeights, picture, uniform};
use crate::models::layers::{Arithmetic, Placement};
use crate::models::tests::golden::{golden, json, numbers};
use crate::models::{Checkpoint, ModelError};

fn placement(arithmetic: Arithmetic) -> Placement {
    Placement {
        device: Device::Cpu,
        dtype: DType::F32,
        arithmetic,
    }
}

fn by_formula(arithmetic: Arithmetic) -> PerceptualLoss {
    let mut weights = FormulaWeights { prefixes: &[] };
    PerceptualLoss::new(&mut weights, &placement(arithmetic)).unwrap()
}

/// Pictures by formula in [0, 1], channels last.
fn pictures(names: &[&str], (height, width): (usize, usize)) -> Tensor {
    let mut values = Vec::new();
    for name in names {
        let pixels = picture(name, width as u32, height as u32);
        values.extend(pixels.rgb().iter().map(|byte| f32::from(*byte) / 255.0));
    }
    Tensor::from_vec(values, (names.len(), height, width, 3), &Device::Cpu).unwrap()
}

/// Channels first, as candle's own operations want them.
fn channels_first(x: &Tensor) -> Tensor {
    x.permute((0, 3, 1, 2)).unwrap().contiguous().unwrap()
}

fn values(x: &Tensor) -> Vec<f32> {
    x.flatten_all().unwrap().to_vec1().unwrap()
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

/// The losses of every picture and the gradient of their sum to the first pictures.
fn with_gradient(loss: &PerceptualLoss, output: &Tensor, target: &Tensor) -> (Vec<f32>, Tensor) {
    let output = Var::from_tensor(output).unwrap();
    let losses = loss.losses(output.as_tensor(), target).unwrap();
    let gradients = losses.sum_all().unwrap().backward().unwrap();
    (values(&losses), gradients.get(&output).unwrap().clone())
}

#[test]
fn the_five_features_are_those_of_torchvision() {
    let Some(folder) = golden() else { return };
    let expected = json(&folder.join("vgg19.json"));
    let loss = by_formula(Arithmetic::Kernels);
    let features = loss
        .features(&pictures(&["image-a", "image-b"], (224, 224)))
        .unwrap();
    let names = [3, 8, 17, 26, 35].map(|number| format!("features.{number}"));
    assert_eq!(features.len(), names.len());
    for (feature, name) in features.iter().zip(names) {
        let wanted = &expected["relu_taps"][&name];
        let found = values(&channels_first(feature));
        for (found, wanted) in found.iter().zip(numbers(&wanted["first"])) {
            assert!((found - wanted).abs() <= 2e-4, "{name}: {found}, {wanted}");
        }
        let sum = |power: i32| -> f64 {
            found
                .iter()
                .map(|value| f64::from(*value).powi(power))
                .sum()
        };
        for (found, wanted) in [
            (sum(1) / found.len() as f64, &wanted["mean"]),
            (sum(2).sqrt(), &wanted["l2"]),
        ] {
            let wanted = wanted.as_f64().unwrap();
            assert!(
                (found - wanted).abs() <= 2e-4 * wanted,
                "{name}: {found}, {wanted}"
            );
        }
    }
}

#[test]
fn equal_pictures_have_no_loss_and_no_gradient() {
    for arithmetic in [Arithmetic::Kernels, Arithmetic::Stock] {
        let mut same = pictures(&["a", "b"], (16, 18));
        if arithmetic == Arithmetic::Stock {
            same = channels_first(&same);
        }
        let (losses, gradient) = with_gradient(&by_formula(arithmetic), &same, &same);
        assert_eq!(losses, [0.0, 0.0]);
        assert!(values(&gradient).iter().all(|value| *value == 0.0));
    }
}

#[test]
fn a_batch_without_pictures_has_no_losses() {
    let none = Tensor::zeros((0, 16, 16, 3), DType::F32, &Device::Cpu).unwrap();
    let losses = by_formula(Arithmetic::Kernels).losses(&none, &none);
    assert_eq!(losses.unwrap().dims(), [0]);
}

#[test]
fn small_and_foreign_shapes_are_refused() {
    let loss = by_formula(Arithmetic::Kernels);
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    for shape in [&[1, 15, 16, 3][..], &[1, 3, 32, 32], &[32, 32, 3]] {
        assert!(loss.features(&zeros(shape)).is_err(), "{shape:?}");
    }
    let (two, one) = (zeros(&[2, 16, 16, 3]), zeros(&[1, 16, 16, 3]));
    let error = loss.losses(&two, &one).unwrap_err().to_string();
    assert!(error.contains("[2, 16, 16, 3]"), "{error}");
    assert!(loss.losses(&one, &one).is_ok());
}

#[test]
fn the_loss_is_the_same_in_both_directions_and_its_mean_is_that_of_the_pictures() {
    let loss = by_formula(Arithmetic::Kernels);
    let (a, b) = (
        pictures(&["a", "b"], (32, 33)),
        pictures(&["c", "d"], (32, 33)),
    );
    let there = values(&loss.losses(&a, &b).unwrap());
    assert_eq!(there, values(&loss.losses(&b, &a).unwrap()));
    assert!(there.iter().all(|loss| *loss > 0.01), "{there:?}");
    let mean = loss
        .losses(&a, &b)
        .unwrap()
        .mean_all()
        .unwrap()
        .to_scalar::<f32>()
        .unwrap();
    assert!((mean - f32::midpoint(there[0], there[1])).abs() <= 1e-6 * mean);
}

#[test]
#[expect(clippy::float_cmp, reason = "the same computation gives the same bits")]
fn a_picture_has_the_same_bits_in_any_batch_and_on_any_thread() {
    let loss = by_formula(Arithmetic::Kernels);
    let (a, b) = (
        pictures(&["a", "b", "c"], (32, 32)),
        pictures(&["d", "e", "f"], (32, 32)),
    );
    let (losses, gradient) = with_gradient(&loss, &a, &b);
    std::thread::scope(|scope| {
        for row in 0..3 {
            let (loss, losses, a, b, gradient) = (&loss, &losses, &a, &b, &gradient);
            scope.spawn(move || {
                let one = |x: &Tensor| x.narrow(0, row, 1).unwrap().contiguous().unwrap();
                let (alone, by_itself) = with_gradient(loss, &one(a), &one(b));
                assert_eq!(alone[0], losses[row]);
                assert_eq!(values(&by_itself), values(&one(gradient)));
            });
        }
    });
}

#[test]
fn kernels_agree_with_candle_in_losses_and_gradients_at_even_and_odd_sizes() {
    let (fast, slow) = (
        by_formula(Arithmetic::Kernels),
        by_formula(Arithmetic::Stock),
    );
    for size in [(32, 32), (19, 38)] {
        let (a, b) = (pictures(&["a", "b"], size), pictures(&["c", "d"], size));
        let (losses, gradient) = with_gradient(&fast, &a, &b);
        let (wanted, slow) = with_gradient(&slow, &channels_first(&a), &channels_first(&b));
        for (found, wanted) in losses.iter().zip(&wanted) {
            assert!((found - wanted).abs() <= 1e-5 * wanted, "{found}, {wanted}");
        }
        // A feature whose sign, or whose place in a max pool, is decided by rounding moves a gradient
        // by its share, so single numbers may differ more than rounding alone would let them.
        let (found, wanted) = (values(&channels_first(&gradient)), values(&slow));
        let differences: Vec<f32> = found.iter().zip(&wanted).map(|(a, b)| a - b).collect();
        let norm = |values: &[f32]| {
            values
                .iter()
                .map(|v| f64::from(*v).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        assert!(norm(&differences) <= 1e-3 * norm(&wanted), "{size:?}");
        assert!(largest(&differences) <= 1e-2 * largest(&wanted), "{size:?}");
    }
}

/// The loss is piecewise linear but for rounding, and of slope `gradient · direction` where no
/// rectifier, maximum or sign changes between the two ends. The step makes the change of the loss a
/// thousand times the rounding of `f32` and keeps the share of what changes sides small.
#[test]
fn the_gradient_is_the_slope_in_any_direction() {
    let loss = by_formula(Arithmetic::Kernels);
    for size in [(16, 16), (21, 17)] {
        let (a, b) = (pictures(&["a"], size), pictures(&["b"], size));
        let (_, gradient) = with_gradient(&loss, &a, &b);
        let gradient = values(&gradient);
        let at = |step: f64, direction: &[f32]| -> f64 {
            let moved: Vec<f32> = values(&a)
                .iter()
                .zip(direction)
                .map(|(value, way)| (f64::from(*value) + step * f64::from(*way)) as f32)
                .collect();
            let moved = Tensor::from_vec(moved, a.shape(), &Device::Cpu).unwrap();
            f64::from(
                loss.losses(&moved, &b)
                    .unwrap()
                    .mean_all()
                    .unwrap()
                    .to_scalar::<f32>()
                    .unwrap(),
            )
        };
        let random: Vec<f32> = uniform("direction", gradient.len()).collect();
        let signs: Vec<f32> = gradient.iter().map(|value| value.signum()).collect();
        let half: Vec<f32> = signs
            .iter()
            .zip(&random)
            .map(|(sign, random)| if *random > 0.0 { *sign } else { 0.0 })
            .collect();
        for direction in [signs, half] {
            let step = 1e-3;
            let slope = (at(step, &direction) - at(-step, &direction)) / (2.0 * step);
            let products = gradient.iter().zip(&direction);
            let wanted: f64 = products.map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
            assert!((slope - wanted).abs() <= 0.02 * wanted, "{slope}, {wanted}");
        }
    }
}

#[test]
fn a_target_gets_no_gradient() {
    let loss = by_formula(Arithmetic::Kernels);
    let both = ["a", "b"].map(|name| Var::from_tensor(&pictures(&[name], (16, 16))).unwrap());
    let [output, target] = &both;
    let found = loss
        .losses(output.as_tensor(), target.as_tensor())
        .unwrap()
        .mean_all()
        .unwrap();
    let gradients = found.backward().unwrap();
    assert!(gradients.get(output).is_some() && gradients.get(target).is_none());
}

/// A file with the tensors of this name and shape.
fn checkpoint(tensors: &[(&str, &[usize])]) -> (tempfile::TempDir, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let tensors = tensors.iter().map(|(name, shape)| {
        let tensor = Tensor::zeros(*shape, DType::F32, &Device::Cpu).unwrap();
        ((*name).to_owned(), tensor)
    });
    candle_core::safetensors::save(&tensors.collect(), &path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    (folder, checkpoint)
}

#[test]
fn weights_of_another_architecture_are_refused_with_the_tensor_named() {
    let open = |tensors: &[(&str, &[usize])]| {
        let (_folder, mut checkpoint) = checkpoint(tensors);
        let opened = PerceptualLoss::open(&mut checkpoint, &placement(Arithmetic::Kernels));
        opened.err().expect("it is not VGG-19")
    };
    let resnet = open(&[("conv1.weight", &[64, 3, 7, 7])]);
    assert!(
        matches!(&resnet, ModelError::MissingTensor { tensor } if tensor == "features.0.weight")
    );
    let mobile = open(&[("features.0.weight", &[32, 3, 3, 3])]);
    assert!(matches!(&mobile, ModelError::Shape { tensor, .. } if tensor == "features.0.weight"));
    let vgg11 = open(&[
        ("features.0.weight", &[64, 3, 3, 3]),
        ("features.0.bias", &[64]),
        ("features.3.weight", &[128, 64, 3, 3]),
    ]);
    assert!(
        matches!(&vgg11, ModelError::MissingTensor { tensor } if tensor == "features.2.weight")
    );
}
