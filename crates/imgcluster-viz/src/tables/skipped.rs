//! `skipped.csv`: what was left out and why.

use std::io::Write;

use imgcluster_core::Outcome;

use super::path_bytes;
use crate::VizError;

/// Writes `path,reason`, one line a file that was left out.
///
/// # Errors
/// If it cannot be written.
pub fn write_skipped_csv(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut table = csv::Writer::from_writer(writer);
    let mut fill = || -> csv::Result<()> {
        table.write_record(["path", "reason"])?;
        for file in outcome.skipped {
            table.write_record([path_bytes(&file.path), file.reason.as_bytes()])?;
        }
        Ok(table.flush()?)
    };
    fill().map_err(|error| VizError::write("skipped.csv")(error.into()))
}
