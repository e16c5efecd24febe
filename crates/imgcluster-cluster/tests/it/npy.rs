//! Reads the `.npy` files of the reference data: two-dimensional little-endian `f32`.

use std::path::Path;

use imgcluster_core::Matrix;

pub(crate) fn read(path: &Path) -> Matrix {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00", "version 1 of the format");
    let header_end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..header_end]).unwrap();
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"));
    let (_, shape) = header.split_once("'shape': (").unwrap();
    let (_, dim) = shape.split_once(')').unwrap().0.split_once(", ").unwrap();
    let values = bytes[header_end..].chunks_exact(4);
    let values = values.map(|four| f32::from_le_bytes(four.try_into().unwrap()));
    Matrix::new(values.collect(), dim.parse().unwrap()).unwrap()
}
