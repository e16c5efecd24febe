//! Reads the `.npy` files of the reference data: little-endian, in C order.

use std::path::Path;

use imgcluster_core::Matrix;

/// Reads two-dimensional `f32`.
pub(crate) fn read(path: &Path) -> Matrix {
    let (shape, values) = parts(path, "'<f4'");
    let (_, dim) = shape.split_once(", ").unwrap();
    let values = values.chunks_exact(4);
    let values = values.map(|four| f32::from_le_bytes(four.try_into().unwrap()));
    Matrix::new(values.collect(), dim.parse().unwrap()).unwrap()
}

/// Reads one-dimensional `i32`.
pub(crate) fn read_integers(path: &Path) -> Vec<i32> {
    let (_, values) = parts(path, "'<i4'");
    let values = values.chunks_exact(4);
    values
        .map(|four| i32::from_le_bytes(four.try_into().unwrap()))
        .collect()
}

/// The shape and the bytes of the values, which are of this kind.
fn parts(path: &Path, kind: &str) -> (String, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "version 1 of the format");
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).unwrap();
    assert!(header.contains(kind) && header.contains("'fortran_order': False"));
    let (_, shape) = header.split_once("'shape': (").unwrap();
    let shape = shape.split_once(')').unwrap().0.to_owned();
    (shape, bytes[header_end..].to_vec())
}
