//! How many pairs of pictures are compared by structural similarity in a second, on one core.
//!
//! `cargo run --release -p imgcluster-kernels --example ssim_speed -- SIDE ROWS COLUMNS`
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::time::Instant;

use imgcluster_kernels::{Pairs, SsimPicture, SsimScratch, StructuralSimilarity};

/// Times that each is tried; the median counts.
const TRIES: usize = 41;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let [side, rows, columns] = numbers[..] else {
        println!("usage: ssim_speed SIDE ROWS COLUMNS");
        return;
    };
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 56) as u8
    };
    let mut picture = || {
        let values: Vec<u8> = (0..side * side).map(|_| next()).collect();
        SsimPicture::new(side, (side, side), (0, 0), &values)
    };
    let pictures: Vec<SsimPicture> = (0..rows + columns).map(|_| picture()).collect();
    let pictures: Vec<&SsimPicture> = pictures.iter().collect();
    let (left, right) = pictures.split_at(rows);
    let mut means = vec![0.0; rows * columns];
    let mut scratch = SsimScratch::default();
    for way in StructuralSimilarity::available() {
        let mut tries = [0.0; TRIES];
        for seconds in &mut tries {
            let start = Instant::now();
            way.means(left, right, Pairs::All, &mut scratch, &mut means);
            *seconds = start.elapsed().as_secs_f64();
        }
        tries.sort_by(f64::total_cmp);
        let pairs = (rows * columns) as f64;
        let sum: f32 = means.iter().sum();
        println!(
            "{way:?}: {rows} by {columns} pictures of {side}: {:.0} pairs/s, best {:.0}; sum {sum}",
            pairs / tries[TRIES / 2],
            pairs / tries[0],
        );
    }
}
