//! Prints how fast this processor computes the layers of common networks, in GFLOP/s a core.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::time::Instant;

use imgcluster_kernels::{Activation, Finish, InstructionSet, Linear, Scratch};

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

fn main() {
    for set in InstructionSet::available() {
        println!("{set:?}");
        for (rows, in_dim, out_dim) in LINEAR {
            let layer = Linear::with_instruction_set(
                &numbers(in_dim * out_dim),
                in_dim,
                Some(&numbers(out_dim)),
                set,
            );
            let input = numbers(rows * in_dim);
            let residual = numbers(rows * out_dim);
            let mut output = vec![0.0; rows * out_dim];
            let mut scratch = Scratch::default();
            let mut rate = |finish: &Finish<'_>| {
                let products = rows * in_dim * out_dim;
                gflops(products, || {
                    layer.apply(&input, &mut output, finish, &mut scratch);
                })
            };
            let plain = rate(&Finish::default());
            let added = rate(&Finish {
                residual: Some(&residual),
                ..Finish::default()
            });
            let gelu = rate(&Finish {
                activation: Activation::QuickGelu,
                ..Finish::default()
            });
            println!(
                "  {rows} rows, {in_dim} -> {out_dim}: {plain:.0}, with a residual {added:.0}, with QuickGELU {gelu:.0}"
            );
        }
    }
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
