//! A complete CLIP of a few hundred numbers, written out as its users would find it on the hub.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

const WIDTH: usize = 8;

/// Every tensor of one layer of width 8 that sees 16 × 16 pixels in four patches.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let layer = |name: &str| format!("vision_model.encoder.layers.0.{name}");
    let mut tensors = vec![
        (
            "vision_model.embeddings.class_embedding".to_owned(),
            vec![WIDTH],
        ),
        (
            "vision_model.embeddings.patch_embedding.weight".to_owned(),
            vec![WIDTH, 3, 8, 8],
        ),
        (
            "vision_model.embeddings.position_embedding.weight".to_owned(),
            vec![5, WIDTH],
        ),
        ("visual_projection.weight".to_owned(), vec![4, WIDTH]),
    ];
    let norms = [
        "vision_model.pre_layrnorm".to_owned(),
        "vision_model.post_layernorm".to_owned(),
        layer("layer_norm1"),
        layer("layer_norm2"),
    ];
    let linear = ["q_proj", "k_proj", "v_proj", "out_proj"]
        .map(|name| (format!("self_attn.{name}"), WIDTH, WIDTH));
    let mlp = [
        ("mlp.fc1".to_owned(), 16, WIDTH),
        ("mlp.fc2".to_owned(), WIDTH, 16),
    ];
    for norm in norms {
        tensors.extend(["weight", "bias"].map(|end| (format!("{norm}.{end}"), vec![WIDTH])));
    }
    for (name, to, from) in linear.into_iter().chain(mlp) {
        tensors.push((layer(&format!("{name}.weight")), vec![to, from]));
        tensors.push((layer(&format!("{name}.bias")), vec![to]));
    }
    tensors
}

/// A folder with its configuration and preprocessing, and no weights yet.
pub(super) fn write_model(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let config = json!({
        "model_type": "clip",
        "projection_dim": 4,
        "vision_config": {
            "hidden_size": WIDTH, "intermediate_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "image_size": 16, "patch_size": 8,
            "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": 4,
        },
    });
    let preprocess = json!({
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}, "resample": 3,
        "do_resize": true, "do_center_crop": true, "do_rescale": true, "do_normalize": true,
        "rescale_factor": 1.0 / 255.0, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(
        folder.join("preprocessor_config.json"),
        preprocess.to_string(),
    )
    .unwrap();
}

/// Weights for it, all a multiple of `scale`, in the format of safetensors.
pub(super) fn weights(scale: f32) -> Vec<u8> {
    let (mut header, mut numbers) = (Map::new(), Vec::new());
    let mut state = 1_u32;
    for (name, shape) in tensors() {
        let start = numbers.len();
        for _ in 0..shape.iter().product() {
            // A generator of Numerical Recipes; its high bits are good enough for weights.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = (state >> 8) as f32 / 16_777_216.0 - 0.5;
            numbers.extend((number * scale).to_le_bytes());
        }
        let tensor =
            json!({"dtype": "F32", "shape": shape, "data_offsets": [start, numbers.len()]});
        header.insert(name, tensor);
    }
    let header = Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.into_bytes());
    file.extend(numbers);
    file
}
