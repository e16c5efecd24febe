//! How fast rows are packed and all their products computed, as values and as bytes.
//!
//! `cargo run --release -p imgcluster-kernels --example search_speed -- COUNT DIM`
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::time::Instant;

use imgcluster_kernels::{InstructionSet, Int8Packed, Packed, Pairs, Strip, StripScratch};

/// Rows that a thread of a search takes at a time.
const BLOCK: usize = 252;
/// Times that each is tried; the quickest counts.
const TRIES: usize = 5;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let [count, dim] = numbers[..] else {
        println!("usage: search_speed COUNT DIM");
        return;
    };
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..count * dim).map(|_| next()).collect();
    for _ in 0..2 {
        for set in InstructionSet::available() {
            compare(&values, dim, set);
        }
    }
}

fn compare(values: &[f32], dim: usize, set: InstructionSet) {
    let count = values.len() / dim;
    let start = Instant::now();
    let packed = Packed::with_instruction_set(values, dim, set);
    let packing = start.elapsed().as_secs_f64();
    let seconds = sweep(count, |first, scratch, visit| {
        let rows = first..count.min(first + BLOCK);
        packed.strips(rows, Pairs::Ascending, scratch, visit);
    });
    report("values", set, packing, seconds, (count, dim));

    let start = Instant::now();
    let packed = Int8Packed::new(values, dim, set);
    let packing = start.elapsed().as_secs_f64();
    let seconds = sweep(count, |first, scratch, visit| {
        let rows = first..count.min(first + BLOCK);
        packed.strips(rows, Pairs::Ascending, scratch, visit);
    });
    report("bytes", set, packing, seconds, (count, dim));
}

/// Times the products of all rows with all later ones.
fn sweep(
    count: usize,
    strips: impl Fn(usize, &mut StripScratch, &mut dyn FnMut(&Strip<'_>)),
) -> f64 {
    let mut scratch = StripScratch::default();
    let tries = (0..TRIES).map(|_| {
        let start = Instant::now();
        for first in (0..count).step_by(BLOCK) {
            strips(first, &mut scratch, &mut |strip| {
                std::hint::black_box(strip.products(strip.rows().start));
            });
        }
        start.elapsed().as_secs_f64()
    });
    tries.fold(f64::INFINITY, f64::min)
}

fn report(kind: &str, set: InstructionSet, packing: f64, seconds: f64, shape: (usize, usize)) {
    let (count, dim) = shape;
    let operations = (count * count * dim) as f64;
    println!(
        "{set:?} {kind}: {count} rows of {dim}, packed in {:.1} ms, all pairs in {seconds:.3} s, {:.0} G operations/s",
        packing * 1e3,
        operations / seconds / 1e9
    );
}
