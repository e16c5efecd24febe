//! Prints how fast this processor computes layers of common networks in bytes and in `f32`, in
//! thousand million operations a second on one core.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use imgcluster_kernels::{
    Activation, Convolution, ConvolutionShape, Finish, InstructionSet, Int8Convolution, Int8Linear,
    Linear, Scratch,
};

/// Calls of each that are timed, in turns; the median counts.
const ROUNDS: usize = 25;

/// Inputs, outputs and activation of the linear layers of CLIP ViT-B/32.
const LINEAR: [(usize, usize, Activation); 4] = [
    (768, 2304, Activation::Identity),
    (768, 768, Activation::Identity),
    (768, 3072, Activation::QuickGelu),
    (3072, 768, Activation::Identity),
];

/// Side of the picture, channels in and out, side of the filters and stride of ResNet-50's kinds of
/// convolution.
const CONVOLUTIONS: [(usize, usize, usize, usize, usize); 7] = [
    (224, 3, 64, 7, 2),
    (56, 64, 64, 3, 1),
    (14, 256, 256, 3, 1),
    (7, 512, 512, 3, 1),
    (56, 64, 256, 1, 1),
    (14, 1024, 256, 1, 1),
    (56, 256, 512, 1, 2),
];

fn main() {
    for set in InstructionSet::available() {
        println!("{set:?}");
        for rows in [400, 50] {
            for (in_dim, out_dim, activation) in LINEAR {
                print!("  {rows} rows, {in_dim} -> {out_dim} {activation:?}: ");
                linear(rows, (in_dim, out_dim), activation, set);
            }
        }
        for (side, in_channels, out_channels, kernel, stride) in CONVOLUTIONS {
            print!("  8 pictures, {side} x {side} x {in_channels} -> {out_channels}, ");
            print!("{kernel} x {kernel} by {stride}: ");
            let shape = ConvolutionShape {
                in_channels,
                out_channels,
                kernel: (kernel, kernel),
                stride,
                padding: kernel / 2,
            };
            convolution(8, side, &shape, set);
        }
    }
}

fn linear(
    rows: usize,
    (inputs, outputs): (usize, usize),
    activation: Activation,
    set: InstructionSet,
) {
    let (weights, bias) = (numbers(inputs * outputs), numbers(outputs));
    let bytes = Int8Linear::with_instruction_set(&weights, inputs, Some(&bias), set);
    let floats = Linear::with_instruction_set(&weights, inputs, Some(&bias), set);
    let (input, mut output) = (numbers(rows * inputs), vec![0.0; rows * outputs]);
    let mut scratch = Scratch::default();
    let finish = Finish {
        activation,
        ..Finish::default()
    };
    compare(rows * inputs * outputs, |is_bytes| {
        if is_bytes {
            bytes.apply(&input, &mut output, &finish, &mut scratch);
        } else {
            floats.apply(&input, &mut output, &finish, &mut scratch);
        }
    });
}

fn convolution(pictures: usize, side: usize, shape: &ConvolutionShape, set: InstructionSet) {
    let filter = shape.in_channels * shape.kernel.0 * shape.kernel.1;
    let filters = numbers(filter * shape.out_channels);
    let bytes = Int8Convolution::with_instruction_set(&filters, shape, None, set);
    let floats = Convolution::with_instruction_set(&filters, shape, None, set);
    let (rows, columns) = bytes.output_size((side, side));
    let outputs = pictures * rows * columns * shape.out_channels;
    let input = numbers(pictures * side * side * shape.in_channels);
    let mut output = vec![0.0; outputs];
    let mut scratch = Scratch::default();
    let finish = Finish {
        activation: Activation::Relu,
        ..Finish::default()
    };
    compare(outputs * filter, |is_bytes| {
        if is_bytes {
            bytes.apply(&input, (side, side), &mut output, &finish, &mut scratch);
        } else {
            floats.apply(&input, (side, side), &mut output, &finish, &mut scratch);
        }
    });
}

/// Times a layer of so many products in bytes and not, in turns, and prints both.
fn compare(products: usize, mut layer: impl FnMut(bool)) {
    let mut seconds = [vec![], vec![]];
    for _ in 0..ROUNDS {
        for (seconds, is_bytes) in seconds.iter_mut().zip([true, false]) {
            let start = Instant::now();
            layer(is_bytes);
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    let [bytes, floats] = seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        2.0 * products as f64 / seconds[ROUNDS / 2] / 1e9
    });
    let ratio = bytes / floats;
    println!("{bytes:.0} in bytes, {floats:.0} in floats, {ratio:.2} times");
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
