use super::*;
use serde_json::{Value, json};

fn side(side: u32) -> NonZeroU32 {
    NonZeroU32::new(side).unwrap()
}

/// As transformers crops.
fn crop(shorter: u32) -> Resize {
    Resize::Crop {
        shorter: side(shorter),
        rounding: CropRounding::Down,
    }
}

/// As torchvision crops.
fn torchvision(shorter: u32) -> Resize {
    Resize::Crop {
        shorter: side(shorter),
        rounding: CropRounding::HalfToEven,
    }
}

fn parse(config: &Value) -> Result<Preprocess, PreprocessError> {
    Preprocess::parse(config.to_string().as_bytes())
}

/// What CLIP says of itself in the hub's present form.
fn clip() -> Value {
    json!({
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": true,
        "do_convert_rgb": true,
        "do_normalize": true,
        "do_rescale": true,
        "do_resize": true,
        "image_mean": Preprocess::CLIP.0,
        "image_processor_type": "CLIPImageProcessor",
        "image_std": Preprocess::CLIP.1,
        "resample": 3,
        "rescale_factor": 0.003_921_568_627_450_98,
        "size": {"shortest_edge": 224}
    })
}

/// The same with some keys changed; null takes one away.
fn with(mut config: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

fn clip_as_read() -> Preprocess {
    Preprocess {
        input: Preprocess::square(side(224), crop(224), Filter::Bicubic),
        mean: Preprocess::CLIP.0,
        std: Preprocess::CLIP.1,
    }
}

#[test]
fn nothing_an_empty_object_and_a_list_are_refused() {
    for text in ["", "{", "{}", "[]", "null", "3"] {
        assert!(Preprocess::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn clip_is_read_in_its_new_and_its_old_form() {
    assert_eq!(parse(&clip()).unwrap(), clip_as_read());
    let old = json!({
        "image_processor_type": null, "feature_extractor_type": "CLIPFeatureExtractor",
        "crop_size": 224, "size": 224, "do_rescale": null, "rescale_factor": null
    });
    assert_eq!(parse(&with(clip(), &old)).unwrap(), clip_as_read());
    let fast = json!({"image_processor_type": "CLIPImageProcessorFast"});
    assert_eq!(parse(&with(clip(), &fast)).unwrap(), clip_as_read());
}

#[test]
fn each_image_processor_has_its_own_way_to_the_size() {
    let cases = [
        (
            "BitImageProcessor",
            json!({"shortest_edge": 256}),
            json!(224),
            crop(256),
        ),
        (
            "SiglipImageProcessor",
            json!({"height": 224, "width": 224}),
            Value::Null,
            Resize::Squash,
        ),
        ("ViTImageProcessor", json!(224), Value::Null, Resize::Squash),
        (
            "ViTFeatureExtractor",
            json!({"height": 224, "width": 224}),
            Value::Null,
            Resize::Squash,
        ),
        (
            "ConvNextImageProcessor",
            json!({"shortest_edge": 224}),
            Value::Null,
            crop(256),
        ),
    ];
    for (name, size, crop_size, resize) in cases {
        let crops = if crop_size.is_null() {
            Value::Null
        } else {
            json!(true)
        };
        let changes = json!({
            "image_processor_type": name, "size": size, "crop_size": crop_size, "do_center_crop": crops
        });
        let read = parse(&with(clip(), &changes)).unwrap();
        assert_eq!(
            read.input,
            Preprocess::square(side(224), resize, Filter::Bicubic),
            "{name}"
        );
    }
    let large =
        json!({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}});
    assert_eq!(
        parse(&with(clip(), &large)).unwrap().input.resize,
        Resize::Squash
    );
}

#[test]
fn the_filter_is_that_of_the_configuration_or_of_its_image_processor() {
    let filter = |changes: &Value| parse(&with(clip(), changes)).map(|read| read.input.filter);
    assert_eq!(filter(&json!({"resample": 1})).unwrap(), Filter::Lanczos);
    assert_eq!(filter(&json!({"resample": 2})).unwrap(), Filter::Bilinear);
    assert_eq!(filter(&json!({"resample": null})).unwrap(), Filter::Bicubic);
    for resample in [json!(0), json!(4), json!(7), json!("bicubic")] {
        assert!(filter(&json!({"resample": resample})).is_err());
    }
    let vit = json!({"image_processor_type": "ViTImageProcessor", "resample": null, "size": 224});
    let vit = with(
        vit,
        &json!({"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}),
    );
    assert_eq!(parse(&vit).unwrap().input.filter, Filter::Bilinear);
}

#[test]
fn a_step_that_is_left_out_or_scaled_otherwise_goes_into_mean_and_deviation() {
    let read = |changes: &Value| parse(&with(clip(), changes)).unwrap();
    let plain = read(&json!({"do_normalize": false}));
    assert_eq!((plain.mean, plain.std), ([0.0; 3], [1.0; 3]));
    // (x · factor - mean) / std, for a pixel of 51 of 255
    for changes in [
        json!({"do_rescale": false}),
        json!({"rescale_factor": 0.007_843_137}),
    ] {
        let factor = changes["rescale_factor"].as_f64().unwrap_or(1.0);
        let got = read(&changes);
        let number = (0.2 - f64::from(got.mean[0])) / f64::from(got.std[0]);
        let clip = clip_as_read();
        let wanted = (51.0 * factor - f64::from(clip.mean[0])) / f64::from(clip.std[0]);
        assert!(
            (number - wanted).abs() < 1e-4 * wanted.abs().max(1.0),
            "{number}, {wanted}"
        );
    }
}

#[test]
fn lies_and_steps_that_are_not_done_are_refused_by_name() {
    let cases = [
        (json!({"size": {"shortest_edge": 0}}), "`size` is 0"),
        (
            json!({"size": {"shortest_edge": 4_000_000_000_u64}}),
            "`size` is 4000000000",
        ),
        (json!({"size": {"shortest_edge": -3}}), "`size` is -3"),
        (json!({"size": {"longest_edge": 224}}), "`size`"),
        (json!({"size": null}), "lacks `size`"),
        (json!({"crop_size": null}), "lacks `crop_size`"),
        (json!({"crop_size": {"height": 224}}), "no width and height"),
        (json!({"crop_size": 99_999}), "`crop_size` is 99999"),
        (json!({"image_std": [0.2, 0.0, 0.2]}), "above zero"),
        (json!({"image_std": [0.2, -1.0, 0.2]}), "above zero"),
        (json!({"image_std": [0.2, 1e300, 0.2]}), "not finite"),
        (json!({"image_std": [0.2, "NaN", 0.2]}), "three numbers"),
        (json!({"image_mean": [0.2]}), "three numbers"),
        (json!({"image_mean": [-1e300, 0.0, 0.0]}), "not finite"),
        (json!({"image_mean": null}), "lacks `image_mean`"),
        (json!({"rescale_factor": 0}), "rescale_factor"),
        (json!({"rescale_factor": -1}), "rescale_factor"),
        (json!({"do_resize": false}), "not supported"),
        (json!({"do_resize": "yes"}), "neither true nor false"),
        (json!({"do_center_crop": false}), "different sizes"),
        (json!({"do_pad": true}), "`do_pad`"),
        (
            json!({"do_flip_channel_order": true}),
            "`do_flip_channel_order`",
        ),
        (json!({"size": {"height": 256, "width": 256}}), "squashed"),
        (
            json!({"image_processor_type": "OwlViTImageProcessor"}),
            "`OwlViTImageProcessor`",
        ),
        (
            json!({"image_processor_type": null}),
            "lacks `image_processor_type`",
        ),
    ];
    for (changes, words) in cases {
        let error = parse(&with(clip(), &changes)).unwrap_err().to_string();
        assert!(error.contains(words), "{changes}: {error}");
    }
}

/// As LAION's B/32 has it, but for the text tower.
fn open_clip() -> Value {
    json!({
        "model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "patch_size": 32}},
        "preprocess_cfg": {"mean": Preprocess::CLIP.0, "std": Preprocess::CLIP.1}
    })
}

#[test]
fn open_clip_is_read_with_its_defaults() {
    let mut as_trained = clip_as_read();
    as_trained.input.resize = torchvision(224);
    assert_eq!(parse(&open_clip()).unwrap(), as_trained);
    for steps in [json!(null), json!({})] {
        let changed = with(open_clip(), &json!({"preprocess_cfg": steps}));
        assert_eq!(parse(&changed).unwrap(), as_trained);
    }
    let mut sizeless = open_clip();
    sizeless["model_cfg"]["vision_cfg"] = json!({"patch_size": 32});
    assert_eq!(parse(&sizeless).unwrap(), as_trained);
}

#[test]
fn open_clip_is_read_with_all_it_can_say() {
    let mut config = open_clip();
    config["model_cfg"]["vision_cfg"]["image_size"] = json!(256);
    config["preprocess_cfg"] = json!({
        "size": [224, 224], "mode": "RGB", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.5, 0.75],
        "interpolation": "bilinear", "resize_mode": "squash", "fill_color": 0
    });
    let read = parse(&config).unwrap();
    let input = Preprocess::square(side(256), Resize::Squash, Filter::Bilinear);
    assert_eq!(read.input, input);
    assert_eq!((read.mean, read.std), ([0.5; 3], [0.25, 0.5, 0.75]));
    config["preprocess_cfg"] = json!({"interpolation": "random", "resize_mode": "shortest"});
    let input = Preprocess::square(side(256), torchvision(256), Filter::Bicubic);
    assert_eq!(parse(&config).unwrap().input, input);
}

#[test]
fn what_open_clip_says_may_lie_too() {
    for (steps, words) in [
        (json!("RGB"), "`preprocess_cfg`"),
        (json!({"resize_mode": "longest"}), "not supported"),
        (json!({"resize_mode": 3}), "`resize_mode` is 3"),
        (json!({"interpolation": "nearest"}), "`interpolation`"),
        (json!({"mean": [0.5]}), "three numbers"),
        (json!({"std": [0.5, 0.0, 0.5]}), "above zero"),
    ] {
        let changed = with(open_clip(), &json!({"preprocess_cfg": steps}));
        let error = parse(&changed).unwrap_err().to_string();
        assert!(error.contains(words), "{changed}: {error}");
    }
    for model in [json!(7), json!({}), json!({"vision_cfg": null})] {
        let error = parse(&with(open_clip(), &json!({"model_cfg": model}))).unwrap_err();
        assert!(error.to_string().contains("lacks `vision_cfg`"), "{error}");
    }
    for size in [json!(0), json!([224, 224]), json!("224")] {
        let mut config = open_clip();
        config["model_cfg"]["vision_cfg"]["image_size"] = size;
        let error = parse(&config).unwrap_err().to_string();
        assert!(error.contains("`image_size`"), "{error}");
    }
}

fn timm() -> Value {
    json!({
        "input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95,
        "crop_mode": "center", "mean": Preprocess::IMAGENET.0, "std": Preprocess::IMAGENET.1
    })
}

#[test]
fn timm_is_read_with_and_without_its_wrapping() {
    let read = parse(&timm()).unwrap();
    assert_eq!(
        read.input,
        Preprocess::square(side(224), torchvision(235), Filter::Bicubic)
    );
    assert_eq!((read.mean, read.std), Preprocess::IMAGENET);
    let wrapped = json!({"architecture": "resnet50", "pretrained_cfg": timm()});
    assert_eq!(parse(&wrapped).unwrap(), read);
    let squashed = with(timm(), &json!({"crop_mode": "squash", "crop_pct": 1.0}));
    assert_eq!(parse(&squashed).unwrap().input.resize, Resize::Squash);
}

#[test]
fn what_timm_says_may_lie_too() {
    for changes in [
        json!({"input_size": [1, 224, 224]}),
        json!({"input_size": [3, 0, 0]}),
        json!({"input_size": [3, 224, 256]}),
        json!({"input_size": 224}),
        json!({"interpolation": "random"}),
        json!({"interpolation": null}),
        json!({"crop_pct": 0}),
        json!({"crop_pct": 1e-9}),
        json!({"crop_pct": 7}),
        json!({"crop_pct": null}),
        json!({"crop_mode": "border"}),
        json!({"crop_mode": "squash"}),
        json!({"std": [0, 0, 0]}),
    ] {
        assert!(parse(&with(timm(), &changes)).is_err(), "{changes}");
    }
}

#[test]
fn the_choice_changes_the_way_to_the_size_and_nothing_else() {
    let model = Preprocess {
        input: Preprocess::square(side(224), crop(232), Filter::Bilinear),
        ..clip_as_read()
    };
    let squashed = model.chosen(PreprocessChoice::Squash);
    assert_eq!(model.chosen(PreprocessChoice::Model), model);
    assert_eq!(model.chosen(PreprocessChoice::Crop), model);
    assert_eq!(squashed.input.resize, Resize::Squash);
    assert_eq!(
        squashed.chosen(PreprocessChoice::Crop).input.resize,
        crop(224)
    );
    assert_eq!(
        Preprocess {
            input: model.input,
            ..squashed.chosen(PreprocessChoice::Letterbox)
        },
        model
    );
    let names = PreprocessChoice::ALL.map(PreprocessChoice::name);
    assert_eq!(names, ["model", "squash", "crop", "letterbox"]);
}

#[test]
fn jpegs_are_decoded_for_the_side_that_is_resized_to() {
    let for_side = |shorter| JpegDecoding::Reduced {
        shorter: side(shorter),
    };
    let model = Preprocess {
        input: Preprocess::square(side(224), crop(232), Filter::Bilinear),
        ..clip_as_read()
    };
    assert_eq!(model.jpeg(), for_side(232));
    assert_eq!(model.chosen(PreprocessChoice::Squash).jpeg(), for_side(224));
}

#[test]
fn everything_that_changes_a_number_changes_the_fingerprint() {
    let model = clip_as_read();
    let jpeg = model.jpeg();
    let mut others = vec![
        model.fingerprint(jpeg),
        model.fingerprint(JpegDecoding::Plain),
        model.fingerprint(JpegDecoding::Faithful),
        model.fingerprint(JpegDecoding::Reduced { shorter: side(99) }),
        model.chosen(PreprocessChoice::Squash).fingerprint(jpeg),
        model.chosen(PreprocessChoice::Letterbox).fingerprint(jpeg),
    ];
    let changes: [fn(&mut Preprocess); 7] = [
        |p| p.input.width = side(225),
        |p| p.input.height = side(225),
        |p| p.input.resize = crop(225),
        |p| p.input.resize = torchvision(224),
        |p| p.input.filter = Filter::Bilinear,
        |p| p.mean[2] = p.mean[2].next_up(),
        |p| p.std[0] = p.std[0].next_up(),
    ];
    for change in changes {
        let mut other = model;
        change(&mut other);
        others.push(other.fingerprint(jpeg));
    }
    let all = others.len();
    others.sort_unstable();
    others.dedup();
    assert_eq!(others.len(), all);
    assert_eq!(model.fingerprint(jpeg), clip_as_read().fingerprint(jpeg));
}

#[test]
fn what_transformers_5_says_of_images_is_read_as_before() {
    let image = json!({
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32},
        "crop_size": {"height": 32, "width": 32}, "do_center_crop": true, "resample": 3,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25],
    });
    let both = json!({"image_processor": image, "processor_class": "CLIPProcessor"});
    let read = |value: &Value| Preprocess::parse(value.to_string().as_bytes());
    assert_eq!(read(&both).unwrap(), read(&image).unwrap());
    assert!(Preprocess::is_told_by(both.to_string().as_bytes()));
    for other in [
        "",
        "{",
        "{}",
        "[]",
        r#"{"processor_class":"CLIPProcessor"}"#,
    ] {
        assert!(!Preprocess::is_told_by(other.as_bytes()), "{other}");
    }
}
