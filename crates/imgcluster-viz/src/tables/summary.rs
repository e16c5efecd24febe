//! `clustering_summary.txt`: the outcome for a person in a hurry.

use std::io::{BufWriter, Write};

use imgcluster_core::Outcome;

use crate::VizError;

/// Writes how many pictures and clusters there are, and a line a cluster with its share of all
/// pictures; noise comes last, and only if there is any.
///
/// # Errors
/// If it cannot be written.
pub fn write_summary(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    let clustering = outcome.clustering;
    let (total, noise) = (clustering.len(), clustering.noise());
    let mut fill = || {
        writeln!(writer, "Image Clustering Summary\n{}\n", "=".repeat(50))?;
        writeln!(writer, "Total images processed: {total}")?;
        writeln!(
            writer,
            "Number of clusters found: {}",
            clustering.clusters()
        )?;
        writeln!(writer, "Number of noise points: {noise}\n")?;
        writeln!(writer, "Cluster Details:\n{}", "-".repeat(20))?;
        for (id, size) in clustering.sizes().iter().enumerate() {
            writeln!(writer, "cluster_{id}: {}", share(*size, total))?;
        }
        if noise > 0 {
            writeln!(writer, "noise: {}", share(noise, total))?;
        }
        writer.flush()
    };
    fill().map_err(VizError::write("clustering_summary.txt"))
}

/// "12 images (20.0%)".
fn share(size: usize, total: usize) -> String {
    let percent = 100.0 * size as f64 / total as f64;
    format!("{size} images ({percent:.1}%)")
}
