//! `clusters.csv`: the cluster of every picture, as a table.

use std::io::Write;

use imgcluster_core::Outcome;

use super::path_bytes;
use crate::VizError;

/// Writes `path,cluster,strength`, one line a picture in row order.
///
/// The cluster of noise is -1. The strength is empty where the algorithm has none. A path's bytes
/// are written as they are, in quotes where they hold a comma, a quote or a line break.
///
/// # Errors
/// If it cannot be written.
pub fn write_clusters_csv(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut table = csv::Writer::from_writer(writer);
    let mut fill = || -> csv::Result<()> {
        table.write_record(["path", "cluster", "strength"])?;
        let labels = outcome.clustering.labels();
        for (row, (image, label)) in outcome.images.iter().zip(labels).enumerate() {
            let cluster = label.map_or_else(|| "-1".to_owned(), |id| id.0.to_string());
            let strengths = outcome.clustering.strengths();
            let strength = strengths.map_or_else(String::new, |all| all[row].to_string());
            let path = path_bytes(&image.path);
            table.write_record([path, cluster.as_bytes(), strength.as_bytes()])?;
        }
        Ok(table.flush()?)
    };
    fill().map_err(|error| VizError::write("clusters.csv")(error.into()))
}
