//! Prints how long one core of this processor takes for what lies between the large layers of
//! common networks, in microseconds.
//!
//! `cargo run --release -p imgcluster-kernels --example small_layer_speed`
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use imgcluster_kernels::{
    Activation, Attention, AttentionScratch, Depthwise, InstructionSet, LayerNorm, MaxPool, Window,
};

/// Calls that are timed; the median counts.
const ROUNDS: usize = 25;

/// Tokens, heads and values of a head of CLIP ViT-B/32, B/16, L/14, H/14 and L/14-336, and of the
/// first one's text tower.
const ATTENTION: [(usize, usize, usize, bool); 6] = [
    (50, 12, 64, false),
    (197, 12, 64, false),
    (257, 16, 64, false),
    (257, 16, 80, false),
    (577, 16, 64, false),
    (77, 8, 64, true),
];

/// Channels, side of the input, stride and how often, of `MobileNetV2`'s depthwise layers.
const DEPTHWISE: [(usize, usize, usize, usize); 10] = [
    (32, 112, 1, 1),
    (96, 112, 2, 1),
    (144, 56, 1, 1),
    (144, 56, 2, 1),
    (192, 28, 1, 2),
    (192, 28, 2, 1),
    (384, 14, 1, 4),
    (576, 14, 1, 2),
    (576, 14, 2, 1),
    (960, 7, 1, 3),
];

fn main() {
    for set in InstructionSet::available() {
        println!("{set:?}");
        for shape in ATTENTION {
            attention(shape, set);
        }
        let (gain, bias, rows) = (numbers(768), numbers(768), numbers(400 * 768));
        let layer = LayerNorm::with_instruction_set(&gain, &bias, 1e-5, set);
        let mut output = rows.clone();
        let time = microseconds(|| layer.apply(&rows, &mut output));
        println!("  layer norm of 400 rows of 768 values: {time:.0}");
        let functions = [
            Activation::QuickGelu,
            Activation::Gelu,
            Activation::GeluTanh,
        ];
        for activation in functions {
            let mut values = numbers(400 * 3072);
            let time = microseconds(|| activation.apply(&mut values, set));
            println!("  {activation:?} of 400 rows of 3072 values: {time:.0}");
        }
        let layers = DEPTHWISE.map(|shape| depthwise(shape, set));
        let together: f64 = layers.iter().sum();
        println!("  MobileNetV2's depthwise layers with ReLU6, one picture: {together:.0}");
        let pool = MaxPool {
            channels: 64,
            window: window(2),
        };
        let (input, mut output) = (numbers(64 * 112 * 112), numbers(64 * 56 * 56));
        let time = microseconds(|| pool.apply(&input, (112, 112), &mut output, set));
        println!("  ResNet's max pool, one picture: {time:.0}");
    }
}

fn attention((tokens, heads, head_dim, causal): (usize, usize, usize, bool), set: InstructionSet) {
    let attention = Attention {
        heads,
        head_dim,
        scale: 0.125,
        causal,
    };
    let dim = heads * head_dim;
    let (qkv, mut output) = (numbers(tokens * 3 * dim), numbers(tokens * dim));
    let mut scratch = AttentionScratch::default();
    let time = microseconds(|| attention.among(&qkv, &mut output, &mut scratch, set));
    println!("  attention of {tokens} tokens, {heads} heads of {head_dim}: {time:.0}");
}

/// Times a layer, as often as it is there.
fn depthwise(
    (channels, pixels, stride, times): (usize, usize, usize, usize),
    set: InstructionSet,
) -> f64 {
    let filters = numbers(9 * channels);
    let layer = Depthwise::with_instruction_set(&filters, window(stride), None, set);
    let size = (pixels, pixels);
    let (rows, columns) = layer.window().output_size(size);
    let input = numbers(pixels * pixels * channels);
    let mut output = vec![0.0; rows * columns * channels];
    let time = microseconds(|| layer.apply(&input, size, &mut output, Activation::Relu6));
    times as f64 * time
}

fn window(stride: usize) -> Window {
    Window {
        kernel: (3, 3),
        stride,
        padding: 1,
    }
}

/// Some numbers between -2 and 2.
fn numbers(count: usize) -> Vec<f32> {
    let number = |place: usize| (place * 7919 % 2003) as f32 / 500.0 - 2.0;
    (0..count).map(number).collect()
}

/// The median time of a call.
fn microseconds(mut call: impl FnMut()) -> f64 {
    let mut time = |_| {
        let start = Instant::now();
        call();
        start.elapsed().as_secs_f64() * 1e6
    };
    let mut times: Vec<f64> = (0..ROUNDS).map(&mut time).collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}
