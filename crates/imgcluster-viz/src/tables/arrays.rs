//! `embeddings.npy` and `cluster_labels.npy`: arrays as numpy reads them.

use std::io::{self, BufWriter, Write};

use imgcluster_core::{Features, Outcome};

use crate::VizError;

/// What the header, with the ten bytes before it, must be a multiple of.
const ALIGNMENT: usize = 64;

/// Writes the features as an array of `f32`, one row a picture; tells `false` and writes nothing
/// where the features are signatures.
///
/// # Errors
/// If it cannot be written.
pub fn write_embeddings_npy(outcome: &Outcome<'_>, writer: impl Write) -> Result<bool, VizError> {
    let Features::Vectors(rows) = outcome.features else {
        return Ok(false);
    };
    let shape = format!("({}, {})", rows.rows(), rows.dim());
    let values = rows.view().values().iter().map(|value| value.to_le_bytes());
    write_array(writer, "<f4", &shape, values).map_err(VizError::write("embeddings.npy"))?;
    Ok(true)
}

/// Writes the cluster of each picture as an array of 64-bit integers; -1 is noise.
///
/// # Errors
/// If it cannot be written.
pub fn write_labels_npy(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let labels = outcome.clustering.labels();
    let shape = format!("({},)", labels.len());
    let label = |id: imgcluster_core::ClusterId| i64::from(id.0);
    let values = labels.iter().map(|id| id.map_or(-1, label).to_le_bytes());
    write_array(writer, "<i8", &shape, values).map_err(VizError::write("cluster_labels.npy"))
}

/// Writes format 1.0 of numpy's `lib.format`.
fn write_array<const N: usize>(
    writer: impl Write,
    kind: &str,
    shape: &str,
    values: impl Iterator<Item = [u8; N]>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(writer);
    write_header(&mut writer, kind, shape)?;
    for value in values {
        writer.write_all(&value)?;
    }
    writer.flush()
}

/// Writes what comes before the values, which then follow row by row.
pub(crate) fn write_header(mut writer: impl Write, kind: &str, shape: &str) -> io::Result<()> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    // Ten bytes before it, one newline after it.
    let padding = (header.len() + 11).next_multiple_of(ALIGNMENT) - header.len() - 11;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    writer.write_all(b"\x93NUMPY\x01\x00")?;
    writer.write_all(&(header.len() as u16).to_le_bytes())?;
    writer.write_all(header.as_bytes())
}
