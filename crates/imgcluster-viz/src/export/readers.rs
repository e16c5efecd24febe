//! A test helper: reads exported files back.

use std::fs::{self, File};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

/// Reads an array of rows as its header tells.
pub(super) fn read_npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + length) % 64, 0);
    let (header, values) = bytes[10..].split_at(length);
    let (values, rest) = values.as_chunks::<4>();
    assert!(rest.is_empty());
    let header = String::from_utf8(header.to_vec()).unwrap();
    (
        header,
        values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
    )
}

pub(super) fn read_csv(path: &Path) -> Vec<Vec<Vec<u8>>> {
    let mut table = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(path)
        .unwrap();
    let records = table.byte_records().map(Result::unwrap);
    records
        .map(|record| record.iter().map(<[u8]>::to_vec).collect())
        .collect()
}

pub(super) fn text(field: &[u8]) -> &str {
    std::str::from_utf8(field).unwrap()
}

pub(super) fn read_parquet(path: &Path) -> (SerializedFileReader<File>, Vec<Row>) {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    (reader, rows)
}

pub(super) fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    row.get_column_iter()
        .find(|(column, _)| *column == name)
        .unwrap()
        .1
}

pub(super) fn string<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    match field(row, name) {
        Field::Str(text) => Some(text),
        Field::Null => None,
        other => panic!("{other:?} is no text"),
    }
}

pub(super) fn floats(row: &Row) -> Vec<f32> {
    let Field::ListInternal(list) = field(row, "embedding") else {
        panic!("no list");
    };
    let value = |field: &Field| match field {
        Field::Float(value) => *value,
        other => panic!("{other:?} is no float"),
    };
    list.elements().iter().map(value).collect()
}
