//! `SPACE.npy` and `SPACE.csv`.

use std::fmt::Write as _;
use std::io::Write;
use std::num::NonZeroUsize;

use imgcluster_core::{FeatureShape, Features, Store, Wait};

use super::rows::{Row, RowIndex};
use super::{Export, Progress};
use crate::VizError;
use crate::tables::{path_bytes, write_header};

impl<S: Store, W: Wait> Export<'_, S, W> {
    /// Writes the vectors of a space as one array.
    pub(super) fn write_npy(
        &self,
        index: &RowIndex<'_>,
        dim: NonZeroUsize,
        progress: &Progress<'_>,
        mut writer: impl Write,
    ) -> Result<(), VizError> {
        let shape = format!("({}, {dim})", index.rows.len());
        write_header(&mut writer, "<f4", &shape).map_err(VizError::write("an array"))?;
        Self::each_page(index, progress, |rows| {
            if let Features::Vectors(rows) = self.features(index, rows)? {
                let values = rows.view().values().iter();
                let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
                writer
                    .write_all(&bytes)
                    .map_err(VizError::write("an array"))?;
            }
            Ok(())
        })
    }

    /// Writes what the rows of a space are, and its signatures.
    pub(super) fn write_csv(
        &self,
        index: &RowIndex<'_>,
        progress: &Progress<'_>,
        writer: impl Write,
    ) -> Result<(), VizError> {
        let failed = |error: csv::Error| VizError::write("a table")(error.into());
        let mut table = csv::Writer::from_writer(writer);
        let has_signatures = index.space.shape == FeatureShape::Signature;
        let columns = ["row", "path", "hash", "width", "height", "signature"];
        let columns = &columns[..columns.len() - usize::from(!has_signatures)];
        table.write_record(columns).map_err(failed)?;
        let mut row = 0_u64;
        Self::each_page(index, progress, |rows| {
            let sizes = self.sizes(rows)?;
            let signatures = if has_signatures {
                self.signatures(index, rows)?
            } else {
                Vec::new()
            };
            for (at, ((path, content), (width, height))) in rows.iter().zip(sizes).enumerate() {
                let numbers = [row, width.into(), height.into()].map(|number| number.to_string());
                let [number, width, height] = &numbers;
                let hash = content.to_string();
                let fields = [number.as_bytes(), path_bytes(path), hash.as_bytes()];
                let fields = fields
                    .into_iter()
                    .chain([width.as_bytes(), height.as_bytes()]);
                let signature = signatures.get(at).map(|signature| hex(signature));
                let fields = fields.chain(signature.as_ref().map(String::as_bytes));
                table.write_record(fields).map_err(failed)?;
                row += 1;
            }
            Ok(())
        })?;
        table.flush().map_err(VizError::write("a table"))
    }

    fn signatures(&self, index: &RowIndex<'_>, rows: &[Row<'_>]) -> Result<Vec<Vec<u8>>, VizError> {
        Ok(match self.features(index, rows)? {
            Features::Signatures(signatures) => signatures,
            Features::Vectors(_) => Vec::new(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes any text");
    }
    text
}
