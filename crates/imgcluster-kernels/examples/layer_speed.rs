//! Prints how fast one core of this processor computes the layers of common networks, in GFLOP/s.
//!
//! `cargo run --release -p imgcluster-kernels --example layer_speed`
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use imgcluster_kernels::{
    Activation, Convolution, ConvolutionShape, Finish, InstructionSet, Linear, Scratch,
};

/// Calls that are timed; the median counts.
const ROUNDS: usize = 15;

/// Rows, inputs and outputs of the linear layers of CLIP ViT-B/32, with eight pictures and one.
const LINEAR: [(usize, usize, usize); 8] = [
    (400, 768, 2304),
    (400, 768, 768),
    (400, 768, 3072),
    (400, 3072, 768),
    (50, 768, 2304),
    (50, 768, 768),
    (50, 768, 3072),
    (50, 3072, 768),
];

/// Channels in and out, side of the filters, stride and side of the input of convolutions of
/// ResNet-50.
const CONVOLUTIONS: [(usize, usize, usize, usize, usize); 9] = [
    (3, 64, 7, 2, 224),
    (64, 64, 3, 1, 56),
    (64, 256, 1, 1, 56),
    (256, 128, 1, 1, 56),
    (128, 128, 3, 2, 56),
    (128, 512, 1, 1, 28),
    (1024, 256, 1, 1, 14),
    (256, 256, 3, 1, 14),
    (512, 512, 3, 1, 7),
];

fn main() {
    for set in InstructionSet::available() {
        println!("{set:?}, linear layers: plain, onto the output, with QuickGELU");
        for shape in LINEAR {
            linear(shape, set);
        }
        println!("{set:?}, convolutions of one picture: with ReLU, onto the output with ReLU");
        for shape in CONVOLUTIONS {
            convolution(shape, set);
        }
    }
}

fn linear((rows, in_dim, out_dim): (usize, usize, usize), set: InstructionSet) {
    let (weights, bias) = (numbers(in_dim * out_dim), numbers(out_dim));
    let layer = Linear::with_instruction_set(&weights, in_dim, Some(&bias), set);
    let (input, mut output) = (numbers(rows * in_dim), vec![0.0; rows * out_dim]);
    let mut scratch = Scratch::default();
    let products = rows * in_dim * out_dim;
    let plain = gflops(products, || {
        layer.apply(&input, &mut output, &Finish::default(), &mut scratch);
    });
    let onto = gflops(products, || {
        layer.apply_onto(&input, &mut output, Activation::Identity, &mut scratch);
    });
    let finish = Finish {
        activation: Activation::QuickGelu,
        ..Finish::default()
    };
    let gelu = gflops(products, || {
        layer.apply(&input, &mut output, &finish, &mut scratch);
    });
    println!("  {rows} rows, {in_dim} to {out_dim}: {plain:.0}, {onto:.0}, {gelu:.0}");
}

fn convolution(
    (in_channels, out_channels, kernel, stride, pixels): (usize, usize, usize, usize, usize),
    set: InstructionSet,
) {
    let shape = ConvolutionShape {
        in_channels,
        out_channels,
        kernel: (kernel, kernel),
        stride,
        padding: kernel / 2,
    };
    let weights = kernel * kernel * in_channels * out_channels;
    let (filters, bias) = (numbers(weights), numbers(out_channels));
    let layer = Convolution::with_instruction_set(&filters, &shape, Some(&bias), set);
    let size = (pixels, pixels);
    let (rows, columns) = layer.output_size(size);
    let input = numbers(pixels * pixels * in_channels);
    let mut output = vec![0.0; rows * columns * out_channels];
    let mut scratch = Scratch::default();
    let finish = Finish {
        activation: Activation::Relu,
        ..Finish::default()
    };
    let products = rows * columns * weights;
    let plain = gflops(products, || {
        layer.apply(&input, size, &mut output, &finish, &mut scratch);
    });
    let onto = gflops(products, || {
        layer.apply_onto(&input, size, &mut output, Activation::Relu, &mut scratch);
    });
    println!(
        "  {pixels} x {pixels}, {in_channels} to {out_channels}, {kernel} x {kernel} by {stride}: {plain:.0}, {onto:.0}"
    );
}

/// Times a layer of so many products.
fn gflops(products: usize, mut layer: impl FnMut()) -> f64 {
    layer();
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            layer();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    2.0 * products as f64 / seconds[ROUNDS / 2] / 1e9
}

/// Numbers between -0.5 and 0.5.
fn numbers(count: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}
