//! `SPACE.parquet`.

use std::io::{self, Write};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use imgcluster_core::{EmbeddingSpace, FeatureShape, Features, MatrixRef, Store, Wait};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, FloatType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::rows::{Row, RowIndex};
use super::{Export, Progress};
use crate::VizError;
use crate::tables::path_text;

const COLUMNS: &str = "
    required binary path (STRING);
    optional binary path_base64 (STRING);
    required binary hash (STRING);
    required int32 width (INTEGER(32, false));
    required int32 height (INTEGER(32, false));";

const EMBEDDING: &str = "
    required group embedding (LIST) { repeated group list { required float element; } }";

const SIGNATURE: &str = "
    required binary signature;";

/// How many values of vectors are encoded at once.
const VALUES: usize = 1 << 16;

impl<S: Store, W: Wait> Export<'_, S, W> {
    /// Writes a space as one table, a page of rows a row group.
    pub(super) fn write_parquet(
        &self,
        index: &RowIndex<'_>,
        progress: &Progress<'_>,
        writer: impl Write + Send,
    ) -> Result<(), VizError> {
        let mut table = table(index.space, writer).map_err(failed)?;
        Self::each_page(index, progress, |rows| {
            let (sizes, features) = (self.sizes(rows)?, self.features(index, rows)?);
            write_rows(&mut table, rows, &sizes, features).map_err(failed)
        })?;
        table.close().map_err(failed)?;
        Ok(())
    }
}

/// Unwraps what the writer said, so that a full disk is told as one.
fn failed(error: ParquetError) -> VizError {
    let source = match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => *source,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::other(other),
    };
    VizError::write("a Parquet table")(source)
}

fn table<W: Write + Send>(
    space: &EmbeddingSpace,
    writer: W,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    let feature = match space.shape {
        FeatureShape::Vector(_) => EMBEDDING,
        FeatureShape::Signature => SIGNATURE,
    };
    let schema = parse_message_type(&format!("message pictures {{ {COLUMNS} {feature} }}"))?;
    let says = |key: &str, value: String| KeyValue::new(format!("imgcluster.{key}"), value);
    let metadata = vec![
        says("model", space.model.clone()),
        says("weights", space.weights.to_string()),
        says("preprocess", space.preprocess.to_string()),
    ];
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(Some(metadata));
    // floats do not get smaller, and nobody looks for a range of them
    let properties = ["embedding.list.element", "signature"].into_iter().fold(
        properties,
        |properties, column| {
            let column: ColumnPath = column
                .split('.')
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .into();
            properties
                .set_column_compression(column.clone(), Compression::UNCOMPRESSED)
                .set_column_statistics_enabled(column, EnabledStatistics::None)
        },
    );
    SerializedFileWriter::new(writer, Arc::new(schema), Arc::new(properties.build()))
}

/// Writes one row group.
fn write_rows<W: Write + Send>(
    table: &mut SerializedFileWriter<W>,
    rows: &[Row<'_>],
    sizes: &[(u32, u32)],
    features: Features,
) -> Result<(), ParquetError> {
    let mut group = table.next_row_group()?;
    let texts = rows.iter().map(|(path, _)| path_text(path));
    let (paths, bytes): (Vec<ByteArray>, Vec<Option<ByteArray>>) = texts
        .map(|(text, bytes)| {
            let bytes = bytes.map(|bytes| BASE64_STANDARD.encode(bytes).into_bytes().into());
            (text.into_owned().into_bytes().into(), bytes)
        })
        .unzip();
    let is_there: Vec<i16> = bytes
        .iter()
        .map(|bytes| i16::from(bytes.is_some()))
        .collect();
    let bytes: Vec<ByteArray> = bytes.into_iter().flatten().collect();
    let hashes = rows
        .iter()
        .map(|(_, content)| content.to_string().into_bytes().into());
    let hashes: Vec<ByteArray> = hashes.collect();
    // unsigned numbers are stored bit for bit
    let widths: Vec<i32> = sizes.iter().map(|(width, _)| width.cast_signed()).collect();
    let heights: Vec<i32> = sizes
        .iter()
        .map(|(_, height)| height.cast_signed())
        .collect();
    write_column::<ByteArrayType, _>(&mut group, &paths, None)?;
    write_column::<ByteArrayType, _>(&mut group, &bytes, Some(&is_there))?;
    write_column::<ByteArrayType, _>(&mut group, &hashes, None)?;
    write_column::<Int32Type, _>(&mut group, &widths, None)?;
    write_column::<Int32Type, _>(&mut group, &heights, None)?;
    match features {
        Features::Vectors(rows) => write_vectors(&mut group, rows.view())?,
        Features::Signatures(signatures) => {
            let signatures = signatures.into_iter().map(ByteArray::from);
            let signatures: Vec<ByteArray> = signatures.collect();
            write_column::<ByteArrayType, _>(&mut group, &signatures, None)?;
        }
    }
    group.close()?;
    Ok(())
}

/// Writes a column with a value in each row that is not said to have none.
fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    is_there: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    column.typed::<T>().write_batch(values, is_there, None)?;
    column.close()
}

/// Writes the column of lists.
fn write_vectors<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: MatrixRef<'_>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("a column too many".to_owned()));
    };
    let rows_at_once = (VALUES / rows.dim()).max(1);
    let values_at_once = rows_at_once * rows.dim();
    // every list has values, and the first one of each begins it
    let is_there = vec![1; values_at_once];
    let goes_on: Vec<i16> = (0..values_at_once)
        .map(|at| i16::from(at % rows.dim() != 0))
        .collect();
    for values in rows.values().chunks(values_at_once) {
        let (is_there, goes_on) = (&is_there[..values.len()], &goes_on[..values.len()]);
        let column = column.typed::<FloatType>();
        column.write_batch(values, Some(is_there), Some(goes_on))?;
    }
    column.close()
}
