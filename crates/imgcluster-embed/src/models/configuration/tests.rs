use serde_json::{Value, json};

use super::{Activation, Architecture, EndOfText, ResNetDepth};
use crate::models::ModelError;

fn read(config: &Value) -> Result<Architecture, ModelError> {
    Architecture::from_json(&config.to_string())
}

fn refused(config: &Value) -> String {
    let error = read(config).unwrap_err();
    assert!(matches!(
        error,
        ModelError::Setting { .. }
            | ModelError::SettingValue { .. }
            | ModelError::SettingUnsupported { .. }
            | ModelError::Architecture { .. }
    ));
    error.to_string()
}

/// What the hub says of `openai/clip-vit-base-patch32`, in short.
fn clip() -> Value {
    json!({
        "model_type": "clip",
        "projection_dim": 512,
        "text_config": {"eos_token_id": 2, "hidden_size": 512},
        "vision_config": {"patch_size": 32, "hidden_act": "quick_gelu"},
    })
}

#[test]
fn every_name_of_the_zoo_has_an_architecture_that_can_be_built() {
    let names = [
        ("clip-vit-b-32", 512, 224),
        ("clip-vit-b-16", 512, 224),
        ("clip-vit-l-14", 768, 224),
        ("clip-vit-l-14-336", 768, 336),
        ("clip-vit-h-14", 1024, 224),
        ("resnet18", 512, 224),
        ("resnet34", 512, 224),
        ("resnet50", 2048, 224),
        ("resnet101", 2048, 224),
        ("resnet152", 2048, 224),
        ("vgg19", 512, 224),
        ("mobilenet-v2", 1280, 224),
        ("dinov2-small", 384, 518),
        ("dinov2-base", 768, 518),
        ("siglip-base", 768, 224),
    ];
    for (name, dim, size) in names {
        let architecture = Architecture::named(name).unwrap();
        assert_eq!((architecture.dim(), architecture.image_size()), (dim, size));
        architecture.check().unwrap();
    }
    for name in [
        "",
        "resnet",
        "resnet51",
        "resnet050",
        "vgg16",
        "clip",
        "classic",
    ] {
        assert_eq!(Architecture::named(name), None);
    }
}

#[test]
fn a_hub_configuration_and_a_name_mean_the_same() {
    assert_eq!(
        read(&clip()).unwrap(),
        Architecture::named("clip-vit-b-32").unwrap()
    );
    let timm = json!({"architecture": "resnet50.a1_in1k", "num_features": 2048});
    assert_eq!(read(&timm).unwrap(), Architecture::ResNet(ResNetDepth::D50));
    let vgg = json!({"architecture": "vgg19", "num_features": 4096});
    assert_eq!(read(&vgg).unwrap(), Architecture::Vgg19);
    let mobile = json!({"architecture": "mobilenetv2_100.ra_in1k", "num_features": 1280});
    assert_eq!(read(&mobile).unwrap(), Architecture::MobileNetV2);
    let dino = json!({
        "model_type": "dinov2", "hidden_size": 384, "num_attention_heads": 6, "image_size": 518,
        "mlp_ratio": 4, "patch_size": 14, "hidden_act": "gelu", "layer_norm_eps": 1e-6,
    });
    assert_eq!(
        read(&dino).unwrap(),
        Architecture::named("dinov2-small").unwrap()
    );
    let siglip = json!({
        "model_type": "siglip", "text_config": {"model_type": "siglip_text_model"},
        "vision_config": {"model_type": "siglip_vision_model"},
    });
    assert_eq!(
        read(&siglip).unwrap(),
        Architecture::named("siglip-base").unwrap()
    );
}

#[test]
fn an_open_clip_configuration_is_read() {
    let huge = json!({"model_cfg": {
        "embed_dim": 1024,
        "vision_cfg": {"image_size": 224, "layers": 32, "width": 1280, "head_width": 80, "patch_size": 14},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 1024, "heads": 16, "layers": 24},
    }});
    let named = Architecture::named("clip-vit-h-14").unwrap();
    assert_eq!(read(&huge).unwrap(), named);
    let mut quick = huge.clone();
    quick["model_cfg"]["quick_gelu"] = json!(true);
    assert_eq!(
        read(&quick).unwrap(),
        named.with_activation(Activation::QuickGelu)
    );
    for (tower, key) in [
        ("vision_cfg", "timm_model_name"),
        ("text_cfg", "hf_model_name"),
    ] {
        let mut other = huge.clone();
        other["model_cfg"][tower][key] = json!("something");
        assert!(refused(&other).contains("`something`"));
    }
    for (key, value) in [
        ("head_width", json!(0)),
        ("head_width", json!(77)),
        ("layers", json!([3, 4])),
    ] {
        let mut wrong = huge.clone();
        wrong["model_cfg"]["vision_cfg"][key] = value;
        assert!(refused(&wrong).contains(key));
    }
}

/// What `open_clip` has for `ViT-H-14-worldwide`, that is `MetaCLIP` 2.
fn worldwide() -> Value {
    json!({"model_cfg": {
        "embed_dim": 1024,
        "vision_cfg": {"image_size": 224, "layers": 32, "width": 1280, "head_width": 80, "patch_size": 14},
        "text_cfg": {
            "hf_tokenizer_name": "facebook/xlm-v-base", "pool_type": "eos", "eos_id": 2,
            "context_length": 77, "vocab_size": 901_629, "width": 1024, "heads": 16, "layers": 24,
        },
    }})
}

#[test]
fn the_end_of_a_text_is_found_as_open_clip_finds_it() {
    let end = |config: &Value| match read(config).unwrap() {
        Architecture::Clip(clip) => clip.text.unwrap().end,
        other => panic!("{other:?}"),
    };
    let mut config = worldwide();
    assert_eq!(end(&config), EndOfText::Token(2));
    config["model_cfg"]["text_cfg"]["eos_id"] = json!(1);
    assert_eq!(end(&config), EndOfText::Token(1));
    for largest in [json!("argmax"), json!(null)] {
        config["model_cfg"]["text_cfg"]["pool_type"] = largest;
        assert_eq!(end(&config), EndOfText::LargestId);
    }
}

#[test]
fn settings_of_open_clip_that_would_change_results_are_refused_by_name() {
    let cases = [
        ("vision_cfg", "pool_type", json!("avg")),
        ("vision_cfg", "pool_type", json!(7)),
        ("vision_cfg", "norm_kwargs", json!({"eps": 1e-6})),
        ("vision_cfg", "act_kwargs", json!({"approximate": "tanh"})),
        ("vision_cfg", "attentional_pool", json!(true)),
        ("vision_cfg", "no_ln_pre", json!(true)),
        ("vision_cfg", "final_ln_after_pool", json!(true)),
        ("vision_cfg", "pos_embed_type", json!("sin_cos_2d")),
        ("vision_cfg", "ls_init_value", json!(1e-4)),
        ("vision_cfg", "block_type", json!("custom")),
        ("vision_cfg", "qk_norm", json!(true)),
        ("vision_cfg", "learnt_tomorrow", json!(1)),
        ("text_cfg", "pool_type", json!("last")),
        ("text_cfg", "eos_id", json!(-1)),
        ("text_cfg", "no_causal_mask", json!(true)),
        ("text_cfg", "embed_cls", json!(true)),
        ("text_cfg", "proj_bias", json!(true)),
        ("text_cfg", "proj_type", json!("none")),
        ("text_cfg", "norm_kwargs", json!({"eps": 1e-6})),
        ("text_cfg", "scale_fc", json!(true)),
    ];
    for (tower, key, value) in cases {
        let mut config = worldwide();
        config["model_cfg"][tower][key] = value;
        let message = refused(&config);
        let path = format!("model_cfg.{tower}.{key}");
        assert!(message.contains(&path), "{path}: {message}");
    }
    for (key, value) in [
        ("custom_text", json!(true)),
        ("multimodal_cfg", json!({"width": 512})),
    ] {
        let mut config = worldwide();
        config["model_cfg"][key] = value;
        assert!(refused(&config).contains(key));
    }
}

#[test]
fn settings_of_open_clip_with_their_usual_values_change_nothing() {
    let mut config = worldwide();
    let plain = read(&config).unwrap();
    for (tower, key, value) in [
        ("vision_cfg", "pool_type", json!("tok")),
        ("vision_cfg", "patch_dropout", json!(0.5)),
        ("vision_cfg", "norm_kwargs", json!({})),
        ("vision_cfg", "act_kwargs", json!(null)),
        ("vision_cfg", "qk_norm", json!(false)),
        ("text_cfg", "no_causal_mask", json!(false)),
        ("text_cfg", "proj_type", json!("linear")),
        ("text_cfg", "ls_init_value", json!(null)),
    ] {
        config["model_cfg"][tower][key] = value;
    }
    config["model_cfg"]["custom_text"] = json!(false);
    assert_eq!(read(&config).unwrap(), plain);
}

#[test]
fn the_end_of_a_text_is_found_as_transformers_finds_it() {
    let mut config = clip();
    config["text_config"]["eos_token_id"] = json!(49_407);
    let Architecture::Clip(clip) = read(&config).unwrap() else {
        panic!("it says clip");
    };
    assert_eq!(clip.text.unwrap().end, EndOfText::Token(49_407));
}

#[test]
fn other_architectures_are_refused_with_those_there_are() {
    for config in [
        json!({"model_type": "bert"}),
        json!({"model_type": "dinov2_with_registers"}),
        json!({"architecture": "vit_base_patch16_224"}),
        json!({"architecture": "clip-vit-b-32"}),
        json!({"architecture": "mobilenet-v2"}),
        json!({"architecture": "vgg19_bn.tv_in1k"}),
        json!({"architecture": "mobilenetv2_140"}),
        json!({"model_type": "regnet"}),
    ] {
        assert!(refused(&config).contains("clip"), "{config}");
    }
    for config in [json!({}), json!([]), json!(null), json!({"model_type": 7})] {
        assert!(refused(&config).contains("model_type"), "{config}");
    }
    let error = Architecture::from_json("{").unwrap_err();
    assert!(matches!(error, ModelError::Json(_)));
}

#[test]
fn sizes_that_cannot_be_true_are_refused_by_name() {
    let huge = u64::MAX;
    let lies = [
        ("hidden_size", json!(0)),
        ("hidden_size", json!(huge)),
        ("hidden_size", json!(-1)),
        ("hidden_size", json!(1.5)),
        ("hidden_size", json!("768")),
        ("num_attention_heads", json!(0)),
        ("num_attention_heads", json!(7)),
        ("num_attention_heads", json!(huge)),
        ("num_hidden_layers", json!(0)),
        ("num_hidden_layers", json!(1_000_000)),
        ("intermediate_size", json!(huge)),
        ("image_size", json!(0)),
        ("image_size", json!(1_000_000)),
        ("image_size", json!([224, 224])),
        ("patch_size", json!(0)),
        ("patch_size", json!(225)),
        ("patch_size", json!(1)),
        ("layer_norm_eps", json!(0)),
        ("layer_norm_eps", json!(-1e-5)),
        ("layer_norm_eps", json!(1e300)),
        ("num_channels", json!(4)),
        ("hidden_act", json!("swish")),
    ];
    for (key, value) in lies {
        let mut config = clip();
        config["vision_config"][key] = value.clone();
        let message = refused(&config);
        assert!(message.contains(key), "{key} = {value}: {message}");
    }
    let texts = [
        ("vocab_size", json!(0)),
        ("vocab_size", json!(huge)),
        ("max_position_embeddings", json!(huge)),
        ("num_attention_heads", json!(9)),
        ("eos_token_id", json!(huge)),
    ];
    for (key, value) in texts {
        let mut config = clip();
        config["text_config"][key] = value;
        assert!(refused(&config).contains(key));
    }
    let mut config = clip();
    config["projection_dim"] = json!(0);
    assert!(refused(&config).contains("projection_dim"));
}

#[test]
fn the_resnets_of_transformers_are_told_apart_by_their_depths() {
    let bottlenecks = json!([256, 512, 1024, 2048]);
    let basic = json!([64, 128, 256, 512]);
    for (depth, kind, depths, widths) in [
        (ResNetDepth::D18, "basic", [2, 2, 2, 2], &basic),
        (ResNetDepth::D34, "basic", [3, 4, 6, 3], &basic),
        (ResNetDepth::D50, "bottleneck", [3, 4, 6, 3], &bottlenecks),
        (ResNetDepth::D101, "bottleneck", [3, 4, 23, 3], &bottlenecks),
        (ResNetDepth::D152, "bottleneck", [3, 8, 36, 3], &bottlenecks),
    ] {
        let config = json!({
            "model_type": "resnet", "layer_type": kind, "depths": depths, "hidden_sizes": widths,
            "embedding_size": 64, "hidden_act": "relu", "downsample_in_first_stage": false,
        });
        assert_eq!(read(&config).unwrap(), Architecture::ResNet(depth));
    }
    let usual = read(&json!({"model_type": "resnet"})).unwrap();
    assert_eq!(usual, Architecture::ResNet(ResNetDepth::D50));
    for (key, value) in [
        ("layer_type", json!("basic")),
        ("layer_type", json!(7)),
        ("depths", json!([2, 2, 2, 2])),
        ("depths", json!(50)),
        ("hidden_sizes", json!([256, 512, 1024, 4096])),
        ("embedding_size", json!(32)),
        ("hidden_act", json!("gelu")),
        ("downsample_in_bottleneck", json!(true)),
        ("downsample_in_first_stage", json!(true)),
        ("num_channels", json!(1)),
    ] {
        let config = json!({"model_type": "resnet", key: value});
        let message = refused(&config);
        let named = if value == "basic" {
            "hidden_sizes"
        } else {
            key
        };
        assert!(message.contains(named), "{config}: {message}");
    }
}

#[test]
fn variants_of_dinov2_and_siglip_that_are_not_built_in_are_refused() {
    let dino = |key: &str, value: Value| json!({"model_type": "dinov2", key: value});
    assert!(refused(&dino("use_swiglu_ffn", json!(true))).contains("swiglu"));
    assert!(refused(&dino("qkv_bias", json!(false))).contains("qkv_bias"));
    assert!(refused(&dino("mlp_ratio", json!(-1))).contains("mlp_ratio"));
    assert!(refused(&dino("mlp_ratio", json!(1e300))).contains("mlp_ratio"));
    let headless = json!({"model_type": "siglip_vision_model", "vision_use_head": false});
    assert!(refused(&headless).contains("vision_use_head"));
}
