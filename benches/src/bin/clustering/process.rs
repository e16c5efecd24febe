//! What this process has taken so far, as Linux tells it; `None` elsewhere.

use std::fs::read_to_string;

/// Ticks a second in `/proc`, whatever the kernel was built with.
const TICKS: f64 = 100.0;

/// The most memory it has had.
pub(crate) fn peak_bytes() -> Option<u64> {
    status("VmHWM:")
}

/// The memory it has now.
pub(crate) fn resident_bytes() -> Option<u64> {
    status("VmRSS:")
}

fn status(key: &str) -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The processor time of all its threads, those that ended included.
pub(crate) fn processor_seconds() -> Option<f64> {
    let stat = read_to_string("/proc/self/stat").ok()?;
    // The name, in brackets, may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(ticks.iter().sum::<f64>() / TICKS)
}
