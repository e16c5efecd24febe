//! Times one image encoder, ours or stock candle's, for `peers/encoders.py`.
//!
//! ```text
//! encoder imgcluster clip-vit-b-32 clip-vit-b-32.safetensors --threads 1 --batch 8
//! encoder imgcluster-int8 …   encoder candle …
//! ```
//!
//! Prints one line of JSON: the median milliseconds an image, the fastest, and the embedding of the
//! first picture.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod ours;
mod pictures;
mod stock;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use pictures::batch;

type AnyResult<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Debug, Parser)]
struct Arguments {
    /// Whose encoder
    contender: Contender,
    /// Which model
    model: ModelName,
    /// Its weights
    weights: PathBuf,
    /// Threads to use
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Pictures in a forward
    #[arg(long, default_value_t = 8)]
    batch: usize,
    /// How long to time
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Contender {
    Imgcluster,
    ImgclusterInt8,
    Candle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelName {
    #[value(name = "clip-vit-b-32")]
    ClipVitB32,
    #[value(name = "resnet50")]
    Resnet50,
}

impl ModelName {
    const fn name(self) -> &'static str {
        match self {
            Self::ClipVitB32 => "clip-vit-b-32",
            Self::Resnet50 => "resnet50",
        }
    }
}

/// Turns upright RGB pictures of 224 × 224, one after the other, into rows.
type Encode = Box<dyn Fn(&[Vec<u8>]) -> AnyResult<Vec<f32>>>;

fn main() -> AnyResult<()> {
    let arguments = Arguments::parse();
    let pictures = batch(arguments.batch);
    let encode: Encode = match arguments.contender {
        Contender::Imgcluster => ours::encoder(&arguments, None)?,
        Contender::ImgclusterInt8 => {
            ours::encoder(&arguments, Some(imgcluster_embed::Precision::Int8))?
        }
        Contender::Candle => stock::encoder(&arguments)?,
    };
    let mut rows = Vec::new();
    let start = Instant::now();
    for round in 0.. {
        if round >= 2 && start.elapsed() > Duration::from_secs(1) {
            break;
        }
        rows = encode(&pictures)?;
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 5 || start.elapsed().as_secs_f64() < arguments.seconds {
        let round = Instant::now();
        encode(&pictures)?;
        times.push(round.elapsed().as_secs_f64() * 1000.0 / arguments.batch as f64);
    }
    times.sort_by(f64::total_cmp);
    let line = serde_json::json!({
        "ms_per_image": times[times.len() / 2],
        "fastest_ms_per_image": times[0],
        "embedding": &rows[..rows.len() / arguments.batch],
    });
    println!("{line}");
    Ok(())
}
