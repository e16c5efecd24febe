//! How long DBSCAN and threshold clustering take on rows like embeddings, and how much memory.
//!
//! ```sh
//! cargo run --release -p imgcluster-cluster --example pair_speed -- \
//!     threshold 20000 512 --bytes true --threads 1
//! ```
//! Rows are made by formula, the same everywhere, or read (`--file`) as plain `f32`, row by row.
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use imgcluster_cluster::{Dbscan, Threshold};
use imgcluster_core::{
    CancelToken, Clusterer, Clustering, InstructionSet, Job, Matrix, Points, Quiet, RowNeighbors,
    Searched, Tiling, UnitMatrix,
};

struct Arguments {
    algorithm: String,
    count: usize,
    dim: usize,
    bytes: Option<bool>,
    set: InstructionSet,
    threads: NonZeroUsize,
    euclidean: bool,
    repeats: usize,
    cancel_after: Option<u64>,
    labels: Option<String>,
    file: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = parse(std::env::args().skip(1))?;
    let values = match &arguments.file {
        Some(file) => read(file, arguments.count * arguments.dim)?,
        None => embedding_like(arguments.count, arguments.dim, 7),
    };
    let unit = UnitMatrix::normalize(Matrix::new(values, arguments.dim)?)?;
    let tiling = Tiling {
        instruction_set: arguments.set,
        bytes: arguments.bytes,
    };
    let token = CancelToken::default();
    let job = Job::new(&Quiet, token.clone(), arguments.threads);
    if let Some(delay) = arguments.cancel_after {
        return cancel(&arguments, &unit, &job, token, Duration::from_millis(delay));
    }
    let rows_bytes = unit.rows() * arguments.dim * size_of::<f32>();
    for _ in 0..arguments.repeats {
        let (start, processor) = (Instant::now(), processor_seconds());
        let neighbors = if arguments.euclidean {
            RowNeighbors::euclidean(unit.view())
        } else {
            RowNeighbors::cosine(&unit)
        };
        let neighbors = neighbors.with_tiling(tiling);
        let points = Points::with_rows(&neighbors, unit.view());
        let clustering =
            cluster(&arguments.algorithm, &points, &job).map_err(|error| error.to_string())?;
        let seconds = start.elapsed().as_secs_f64();
        let told = tiling.memory(
            Searched::Radius,
            unit.rows(),
            arguments.dim,
            arguments.threads,
        );
        if let Some(file) = &arguments.labels {
            let labels = clustering.labels().iter();
            let labels = labels.map(|label| label.map_or(-1, |id| i64::from(id.0)).to_string());
            std::fs::write(file, labels.collect::<Vec<_>>().join("\n"))?;
        }
        println!(
            "{} {} x {} {:?} bytes {:?}, {} threads: {seconds:.3} s ({:.2} s of processor), peak {} MiB, rows {} MiB and search {} MiB at most; {} clusters, {} noise, labels {:016x}",
            arguments.algorithm,
            unit.rows(),
            arguments.dim,
            arguments.set,
            arguments.bytes,
            arguments.threads,
            processor_seconds() - processor,
            peak_mebibytes(),
            rows_bytes >> 20,
            told >> 20,
            clustering.clusters(),
            clustering.noise(),
            fingerprint(&clustering),
        );
    }
    Ok(())
}

/// Cancels the search after a while, and tells how much longer it takes to return.
fn cancel(
    arguments: &Arguments,
    unit: &UnitMatrix,
    job: &Job<'_>,
    token: CancelToken,
    delay: Duration,
) -> Result<(), Box<dyn Error>> {
    let cancelled = std::thread::spawn(move || {
        std::thread::sleep(delay);
        token.cancel();
        Instant::now()
    });
    let neighbors = RowNeighbors::cosine(unit).with_tiling(Tiling {
        instruction_set: arguments.set,
        bytes: arguments.bytes,
    });
    let points = Points::with_rows(&neighbors, unit.view());
    let outcome = cluster(&arguments.algorithm, &points, job).map(|_| "the answer");
    let returned = Instant::now();
    let cancelled = cancelled.join().map_err(|_| "the watch panicked")?;
    let late = returned.saturating_duration_since(cancelled);
    println!("cancelled after {delay:?}, returned {late:?} later: {outcome:?}");
    Ok(())
}

fn cluster(
    algorithm: &str,
    points: &Points<'_>,
    job: &Job<'_>,
) -> Result<Clustering, Box<dyn Error + Send + Sync>> {
    match algorithm {
        "dbscan" => Dbscan::default().cluster(points, job),
        "threshold" => Threshold::default().cluster(points, job),
        other => Err(format!("`{other}` is neither `dbscan` nor `threshold`").into()),
    }
}

fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
    let words: Vec<String> = words.collect();
    let usage = "usage: pair_speed dbscan|threshold COUNT DIM [--bytes true|false] [--set avx512|avx2|portable] [--threads N] [--metric euclidean] [--repeats N] [--file F] [--labels F] [--cancel-after MILLISECONDS]";
    let [algorithm, count, dim, options @ ..] = &words[..] else {
        return Err(usage.into());
    };
    let option = |name: &str| {
        let named = options.chunks_exact(2).find(|pair| pair[0] == name);
        named.map(|pair| pair[1].as_str())
    };
    let set = match option("--set") {
        Some("portable") => InstructionSet::Portable,
        Some("avx2") => InstructionSet::Avx2,
        Some("avx512") => InstructionSet::Avx512,
        _ => InstructionSet::detect(),
    };
    Ok(Arguments {
        algorithm: algorithm.clone(),
        count: count.parse()?,
        dim: dim.parse()?,
        bytes: option("--bytes").map(str::parse).transpose()?,
        set,
        threads: option("--threads").unwrap_or("1").parse()?,
        euclidean: option("--metric") == Some("euclidean"),
        repeats: option("--repeats").unwrap_or("1").parse()?,
        cancel_after: option("--cancel-after").map(str::parse).transpose()?,
        labels: option("--labels").map(String::from),
        file: option("--file").map(String::from),
    })
}

fn read(file: &str, values: usize) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let read = bytes.as_chunks().0.iter().take(values);
    Ok(read.map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// Makes rows in clusters of unequal size round random directions, and a quarter of noise.
fn embedding_like(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let clusters = (count / 50).max(2);
    let centres: Vec<f32> = (0..clusters * dim).map(|_| random.normal()).collect();
    let mut values = Vec::with_capacity(count * dim);
    for row in 0..count {
        // Squaring favours the first clusters.
        let pick = (random.unit().powi(2) * clusters as f32) as usize;
        let (centre, spread) = match row % 4 {
            0 => (0.0, 1.0),
            _ => (1.0, 0.25 + 0.5 * (pick as f32 / clusters as f32)),
        };
        let centres = &centres[pick.min(clusters - 1) * dim..][..dim];
        values.extend(
            centres
                .iter()
                .map(|value| centre * value + spread * random.normal()),
        );
    }
    values
}

/// A xorshift generator (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// A sum of four uniform numbers, which is close enough to a normal one.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let parts = (0..4).map(|part| (bits >> (16 * part)) as u16);
        parts.map(|part| f32::from(part) / 65536.0 - 0.5).sum()
    }
}

fn fingerprint(clustering: &Clustering) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", clustering.labels()).hash(&mut hasher);
    hasher.finish()
}

/// The processor time used so far, in steps of a hundredth of a second; zero where not told.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2);
    let ticks: u32 = ticks.filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// The largest memory used so far; zero where not told.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) >> 10
}
