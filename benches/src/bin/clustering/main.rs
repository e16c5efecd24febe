//! Times one task of one contender, ours or another crate's, for `peers/clustering.py`.
//!
//! ```text
//! clustering imgcluster dbscan --eps 0.3 --rows rows.npy --labels labels.npy
//! clustering petal hdbscan --count 5000
//! clustering imgcluster threshold --count 1000000 --threads 2
//! ```
//!
//! Prints one line of JSON: seconds a call (median, fastest, processor time), how much memory the
//! process had taken before the first call and at most, and what was found in numbers.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

mod process;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use imgcluster_benches::{Answer, AnyResult, Contender, How, Run, Task, embedding_like, npy};
use imgcluster_core::{CancelToken, InstructionSet, Matrix, Tiling, UnitMatrix};

/// Times one task.
#[derive(Debug, Parser)]
struct Arguments {
    /// Whose code
    contender: Contender,
    #[command(subcommand)]
    task: Task,
    /// Rows to read, an .npy of f32; they are scaled to length one
    #[arg(long, global = true)]
    rows: Option<PathBuf>,
    /// How many rows to make otherwise
    #[arg(long, global = true, default_value_t = 5000)]
    count: usize,
    /// How many values these have
    #[arg(long, global = true, default_value = "512")]
    dim: NonZeroUsize,
    /// Chooses these rows
    #[arg(long, global = true, default_value_t = 7)]
    rows_seed: u64,
    /// Threads that we use; the others take what the process may
    #[arg(long, global = true, default_value = "1")]
    threads: NonZeroUsize,
    /// Instructions that ours may use, of those that the processor has
    #[arg(long, global = true)]
    instructions: Option<Instructions>,
    /// Whether ours rules pairs out by bytes or by values; without it, by what is faster
    #[arg(long, global = true)]
    bytes: Option<bool>,
    /// Stops the first call after so many milliseconds, and tells how long that takes
    #[arg(long, global = true)]
    cancel_after: Option<u64>,
    /// Calls follow each other until so many seconds have passed
    #[arg(long, global = true, default_value_t = 3.0)]
    seconds: f64,
    /// Where to write the labels, or the neighbours of `knn`, as an .npy
    #[arg(long, global = true)]
    labels: Option<PathBuf>,
}

/// The names of instruction sets.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Instructions {
    Portable,
    Avx2,
    Avx512,
}

impl From<Instructions> for InstructionSet {
    fn from(instructions: Instructions) -> Self {
        match instructions {
            Instructions::Portable => Self::Portable,
            Instructions::Avx2 => Self::Avx2,
            Instructions::Avx512 => Self::Avx512,
        }
    }
}

/// What the calls took.
struct Times {
    /// Of each call, sorted.
    seconds: Vec<f64>,
    /// The mean of all threads' processor time a call.
    processor_seconds: Option<f64>,
}

fn main() -> AnyResult<()> {
    let arguments = Arguments::parse();
    let rows = unit_rows(&arguments)?;
    let set = arguments.instructions.map(InstructionSet::from);
    let how = How {
        threads: arguments.threads,
        tiling: Tiling {
            instruction_set: set.unwrap_or_else(InstructionSet::detect),
            bytes: arguments.bytes,
        },
        cancel: CancelToken::default(),
    };
    let run = arguments
        .contender
        .prepare(&arguments.task, &rows, &how)?
        .ok_or("this contender does not know this task")?;
    if let Some(delay) = arguments.cancel_after {
        let late = cancelled(&run, how.cancel, Duration::from_millis(delay))?;
        println!("{}", serde_json::json!({ "late_seconds": late }));
        return Ok(());
    }
    let start_bytes = process::resident_bytes();

    let mut times = Times {
        seconds: Vec::new(),
        processor_seconds: None,
    };
    let before = process::processor_seconds();
    let start = Instant::now();
    let answer = loop {
        let call = Instant::now();
        let answer = run()?;
        times.seconds.push(call.elapsed().as_secs_f64());
        if start.elapsed().as_secs_f64() >= arguments.seconds {
            break answer;
        }
    };
    let spent = process::processor_seconds().zip(before);
    times.processor_seconds =
        spent.map(|(after, before)| (after - before) / times.seconds.len() as f64);
    times.seconds.sort_by(f64::total_cmp);

    // Before the labels are written, which is not part of the task.
    let peak_bytes = process::peak_bytes();
    if let Some(path) = &arguments.labels {
        if let Some(clustering) = &answer.clustering {
            npy::write_labels(path, clustering)?;
        }
        if let Some(graph) = &answer.neighbors {
            npy::write_neighbors(path, graph)?;
        }
    }
    println!("{}", line(&times, &answer, start_bytes, peak_bytes));
    Ok(())
}

/// Stops a call after a while; tells how many seconds later it returned, `None` if it was done before.
fn cancelled(run: &Run<'_>, cancel: CancelToken, delay: Duration) -> AnyResult<Option<f64>> {
    let stopping = std::thread::spawn(move || {
        std::thread::sleep(delay);
        cancel.cancel();
        Instant::now()
    });
    let outcome = run();
    let returned = Instant::now();
    let stopped = stopping.join().map_err(|_| "the watch panicked")?;
    let late = outcome.is_err().then(|| returned.duration_since(stopped));
    Ok(late.map(|late| late.as_secs_f64()))
}

fn unit_rows(arguments: &Arguments) -> AnyResult<UnitMatrix> {
    let rows = if let Some(path) = &arguments.rows {
        let rows = npy::read_rows(path);
        rows.map_err(|error| format!("cannot read `{}`: {error}", path.display()))?
    } else {
        let dim = arguments.dim.get();
        let values = embedding_like(arguments.count, dim, arguments.rows_seed);
        Matrix::new(values, dim)?
    };
    Ok(UnitMatrix::normalize(rows)?)
}

fn line(
    times: &Times,
    answer: &Answer,
    start_bytes: Option<u64>,
    peak_bytes: Option<u64>,
) -> serde_json::Value {
    let clustering = answer.clustering.as_ref();
    serde_json::json!({
        "seconds": times.seconds[times.seconds.len() / 2],
        "fastest_seconds": times.seconds[0],
        "cpu_seconds": times.processor_seconds,
        "calls": times.seconds.len(),
        "start_bytes": start_bytes,
        "peak_bytes": peak_bytes,
        "clusters": clustering.map(imgcluster_core::Clustering::clusters),
        "noise": clustering.map(imgcluster_core::Clustering::noise),
        "inertia": answer.inertia,
        "iterations": answer.iterations,
        "score": answer.score,
    })
}
