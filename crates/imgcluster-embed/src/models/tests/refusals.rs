//! What must be refused, and with what words.

use std::num::{NonZeroU32, NonZeroUsize};

use imgcluster_core::{CancelToken, Embedder, Job, PixelBatch, Quiet};

use super::golden::{Tiny, batch};
use crate::models::{
    Architecture, DeviceChoice, ModelError, ModelOptions, NeuralEmbedder, Precision, TextEncoder,
};

fn on(device: DeviceChoice, precision: Option<Precision>) -> ModelOptions {
    ModelOptions { device, precision }
}

fn load(tiny: &mut Tiny, options: &ModelOptions) -> Result<NeuralEmbedder, ModelError> {
    NeuralEmbedder::load(&tiny.spec, &mut tiny.checkpoint, options)
}

#[test]
fn weights_of_another_architecture_are_refused() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let options = ModelOptions::default();
    for name in [
        "clip-vit-b-32",
        "siglip-base",
        "mobilenet-v2",
        "resnet18",
        "vgg19",
        "dinov2-small",
    ] {
        tiny.spec.architecture = Architecture::named(name).unwrap();
        let side = NonZeroU32::new(224).unwrap();
        (
            tiny.spec.preprocess.input.width,
            tiny.spec.preprocess.input.height,
        ) = (side, side);
        let error = load(&mut tiny, &options).unwrap_err();
        assert!(matches!(
            error,
            ModelError::MissingTensor { .. } | ModelError::Shape { .. }
        ));
    }
}

#[test]
fn a_configuration_that_lies_about_sizes_is_refused_before_anything_is_computed() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let Architecture::Clip(honest) = tiny.spec.architecture else {
        panic!("it is a CLIP model");
    };
    let options = ModelOptions::default();
    let mut lies = vec![honest; 6];
    lies[0].vision.heads = 7;
    lies[1].vision.heads = 0;
    lies[2].vision.patch_size = 0;
    lies[3].vision.layers = usize::MAX;
    lies[4].vision.mlp_width = 127;
    lies[5].projection = 31;
    for lie in lies {
        tiny.spec.architecture = Architecture::Clip(lie);
        let error = load(&mut tiny, &options).unwrap_err();
        assert!(matches!(
            error,
            ModelError::SettingValue { .. } | ModelError::Shape { .. }
        ));
    }
    let mut fewer = honest;
    fewer.vision.layers = 1;
    tiny.spec.architecture = Architecture::Clip(fewer);
    let error = load(&mut tiny, &options).unwrap_err();
    assert!(
        matches!(error, ModelError::LeftOver { others: 15, .. }),
        "{error}"
    );
}

#[test]
fn pictures_of_another_size_and_normalisation_by_zero_are_refused() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let options = ModelOptions::default();
    let embedder = load(&mut tiny, &options).unwrap();
    let side = NonZeroU32::new(31).unwrap();
    let error = embedder
        .embed(&PixelBatch::new(side, side), &Job::quiet())
        .unwrap_err();
    assert!(error.to_string().contains("31 × 31"), "{error}");
    tiny.spec.preprocess.std[1] = 0.0;
    let error = load(&mut tiny, &options).unwrap_err();
    assert!(matches!(error, ModelError::Normalisation));
    tiny.spec.preprocess.std[1] = 1.0;
    tiny.spec.preprocess.input.height = side;
    let error = load(&mut tiny, &options).unwrap_err();
    assert!(matches!(error, ModelError::PictureSize { .. }));
}

#[test]
fn a_device_that_is_not_built_in_is_an_error_that_names_the_feature() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let choices = [
        (DeviceChoice::Cuda(0), "cuda", cfg!(feature = "cuda")),
        (DeviceChoice::Metal, "metal", cfg!(feature = "metal")),
    ];
    for (choice, feature, built) in choices {
        if built {
            continue;
        }
        let error = load(&mut tiny, &on(choice, None)).unwrap_err().to_string();
        assert!(error.contains(&format!("--features {feature}")), "{error}");
    }
}

#[test]
fn sixteen_bits_are_refused_on_the_cpu() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    for precision in [Precision::F16, Precision::Bf16] {
        let options = on(DeviceChoice::Cpu, Some(precision));
        let error = load(&mut tiny, &options).unwrap_err().to_string();
        assert!(
            error.contains(precision.name()) && error.contains("GPU"),
            "{error}"
        );
    }
    let options = on(DeviceChoice::Cpu, Some(Precision::Int8));
    let embedder = load(&mut tiny, &options).unwrap();
    assert_eq!(
        (embedder.device(), embedder.precision()),
        ("cpu", Precision::Int8)
    );
}

#[test]
fn a_cancelled_job_stops_the_model() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let embedder = load(&mut tiny, &ModelOptions::default()).unwrap();
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
    let batch = batch(&tiny.expected, embedder.input().width);
    let error = embedder.embed(&batch, &job).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
}

#[test]
fn token_ids_that_make_no_text_are_refused() {
    let Some(mut tiny) = Tiny::open("tiny-clip") else {
        return;
    };
    let options = ModelOptions::default();
    let architecture = &tiny.spec.architecture;
    let encoder = TextEncoder::load(architecture, &mut tiny.checkpoint, &options).unwrap();
    assert_eq!((encoder.dim(), encoder.positions()), (32, 16));
    let encode = |texts: &[&[u32]]| encoder.encode(texts, &Job::quiet());
    assert_eq!(encode(&[]).unwrap().rows(), 0);
    let wrong: [&[&[u32]]; 5] = [
        &[&[]],
        &[&[127; 17]],
        &[&[126, 127], &[126, 5, 127]],
        &[&[126, 128, 127]],
        &[&[126, 5]],
    ];
    for texts in wrong {
        let error = encode(texts).unwrap_err();
        assert!(matches!(error, ModelError::Tokens { .. }), "{error}");
    }
    let none = TextEncoder::load(
        &Architecture::named("resnet18").unwrap(),
        &mut tiny.checkpoint,
        &options,
    );
    assert!(matches!(none.unwrap_err(), ModelError::NoTextTower));
}
