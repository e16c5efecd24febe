use candle_core::{DType, Device, Tensor};

use super::*;
use crate::autoencoder::StoredTensor;
use crate::models::formula::uniform;

/// Small, but with an odd side at every level and a side that is cut in the decoder.
fn small() -> AutoencoderConfiguration {
    AutoencoderConfiguration {
        size: 37,
        latent: 5,
        width: 2,
        mean: [0.4, 0.5, 0.6],
        std: [0.3, 0.25, 0.2],
    }
}

fn tensors(configuration: &AutoencoderConfiguration) -> Tensors {
    let tensors = configuration.tensors().into_iter();
    tensors
        .map(|tensor| {
            let count = tensor.shape.iter().product();
            let inputs: usize = tensor.shape[1..].iter().product();
            let most = (3.0 / inputs as f32).sqrt();
            let values = uniform(&tensor.name, count).map(|u| u * most).collect();
            let shape = tensor.shape;
            (tensor.name, StoredTensor { shape, values })
        })
        .collect()
}

fn network(means: Means, dtype: DType) -> Network {
    let configuration = small();
    let tensors = tensors(&configuration);
    Network::of_type(&configuration, &tensors, &Device::Cpu, means, dtype).unwrap()
}

fn pictures(network: &Network, count: usize) -> Tensor {
    let length = 37 * 37 * 3;
    let values: Vec<f32> = uniform("pictures", count * length)
        .map(|u| 0.5 + 0.5 * u)
        .collect();
    network.pictures(&values).unwrap()
}

fn loss(network: &Network) -> Tensor {
    let pictures = pictures(network, 2);
    let returned = network.decode(&network.encode(&pictures).unwrap()).unwrap();
    assert_eq!(returned.dims(), pictures.dims());
    (returned - pictures)
        .unwrap()
        .sqr()
        .unwrap()
        .sum_all()
        .unwrap()
}

/// Every parameter's gradient, as it would stand in a file.
fn gradients(network: &Network) -> Tensors {
    let gradients = loss(network).backward().unwrap();
    let of = |variable: &Var| gradients.get(variable).unwrap().clone();
    let gradients: Vec<Tensor> = network.variables().iter().map(of).collect();
    network.in_file_order(&gradients).unwrap()
}

#[test]
fn tensors_come_back_as_they_were_in_both_layouts() {
    for means in [Means::Windows, Means::Stock] {
        let network = network(means, DType::F32);
        assert_eq!(network.tensors().unwrap(), tensors(&small()));
        let computed = network.in_computed_order(&tensors(&small())).unwrap();
        for (variable, computed) in network.variables().iter().zip(computed) {
            let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(variable.dims(), computed.dims());
            assert_eq!(values(variable), values(&computed));
        }
    }
}

#[test]
fn windows_and_candles_own_convolutions_give_the_same_pictures_and_gradients() {
    let [windows, stock] = [Means::Windows, Means::Stock].map(|means| network(means, DType::F64));
    let value = |network: &Network| loss(network).to_scalar::<f64>().unwrap();
    let (one, other) = (value(&windows), value(&stock));
    assert!((one - other).abs() < 1e-9 * one, "{one} {other}");
    let (one, other) = (gradients(&windows), gradients(&stock));
    for (name, one) in one {
        let other = &other[&name];
        let largest = other
            .values
            .iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(largest > 0.0, "{name} has no gradient");
        for (a, b) in one.values.iter().zip(&other.values) {
            assert!((a - b).abs() <= 1e-6 * largest, "{name}: {a} {b}");
        }
    }
}

#[test]
fn gradients_are_what_finite_differences_say() {
    let network = network(Means::Windows, DType::F64);
    let gradients = loss(&network).backward().unwrap();
    for (variable, name) in network.variables().iter().zip(&network.names) {
        let gradient = gradients.get(variable).unwrap().flatten_all().unwrap();
        let found: Vec<f64> = gradient.to_vec1().unwrap();
        let before = variable.as_tensor().copy().unwrap();
        let count = before.elem_count();
        // Some of the numbers of every parameter, one at a time.
        for at in [0, count / 3, count - 1] {
            let step = 1e-5;
            let moved = |by: f64| {
                let mut values: Vec<f64> = before.flatten_all().unwrap().to_vec1().unwrap();
                values[at] += by;
                let values = Tensor::from_vec(values, before.dims(), &Device::Cpu).unwrap();
                variable.set(&values).unwrap();
                loss(&network).to_scalar::<f64>().unwrap()
            };
            let expected = (moved(step) - moved(-step)) / (2.0 * step);
            variable.set(&before).unwrap();
            let error = (found[at] - expected).abs();
            assert!(
                error <= 1e-4 * expected.abs().max(1e-2),
                "{name} {at}: {} {expected}",
                found[at]
            );
        }
    }
}

#[test]
fn all_that_the_decoder_knows_is_the_code() {
    let network = network(Means::Windows, DType::F32);
    let codes = network.encode(&pictures(&network, 3)).unwrap();
    assert_eq!(codes.dims(), [3, 5]);
    let of_all = network.decode(&codes).unwrap().narrow(0, 1, 1).unwrap();
    let of_one = network.decode(&codes.narrow(0, 1, 1).unwrap()).unwrap();
    let difference = (of_all - of_one)
        .unwrap()
        .abs()
        .unwrap()
        .flatten_all()
        .unwrap();
    let most = difference.max(0).unwrap().to_scalar::<f32>().unwrap();
    // Products of other shapes may round otherwise.
    assert!(most < 1e-5, "{most}");
}
