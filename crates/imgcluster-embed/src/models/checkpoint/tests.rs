use std::fs;
use std::path::PathBuf;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Checkpoint, CheckpointWeights, Weights};
use crate::models::ModelError;

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// A file of this header, then so many bytes of zeros.
fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

fn header(tensors: &Value) -> String {
    tensors.to_string()
}

fn tensor(dtype: &str, shape: &[usize], offsets: [u64; 2]) -> Value {
    json!({"dtype": dtype, "shape": shape, "data_offsets": offsets})
}

fn refused(bytes: &[u8]) -> ModelError {
    let (_folder, path) = written(bytes);
    Checkpoint::open(&path).unwrap_err()
}

/// Opens a file of one tensor `a` and takes it.
fn taken(dtype: Dtype, data: &[u8], shape: &[usize]) -> Result<Vec<f32>, ModelError> {
    let stored = data.len() * 8 / dtype.bitsize();
    let view = TensorView::new(dtype, vec![stored], data).unwrap();
    let bytes = safetensors::serialize([("a", view)], None).unwrap();
    let (_folder, path) = written(&bytes);
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    CheckpointWeights::new(&mut checkpoint).take("a", shape)
}

#[test]
fn files_that_are_something_else_are_refused_with_the_way_out() {
    let foreign: [(&[u8], &str); 9] = [
        (b"", "nothing"),
        (b"\x05\0\0", "a few bytes"),
        (b"PK\x03\x04\0\0\0\0\0\0archive/data.pkl", "safetensors"),
        (b"\x80\x02}q\0X\x05\0\0\0abcdefgh", "pickle"),
        (b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0", "GGUF"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4'", "NumPy"),
        (
            b"{\"weight_map\": {\"a\": \"model-1.safetensors\"}}",
            "index",
        ),
        (b"version https://git-lfs.github.com/spec/v1", "LFS"),
        (&[0xff; 64], "something else"),
    ];
    for (bytes, sign) in foreign {
        let error = refused(bytes);
        assert!(matches!(error, ModelError::NotSafetensors { .. }));
        let message = error.to_string();
        assert!(message.contains(sign), "{message}");
    }
}

#[test]
fn a_folder_a_missing_file_and_a_device_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let error = Checkpoint::open(&path).unwrap_err();
        assert!(matches!(error, ModelError::Read { .. }));
    }
}

#[test]
fn a_header_that_is_longer_than_the_file_or_than_any_is_refused_without_reading_it() {
    let mut longer = 1000_u64.to_le_bytes().to_vec();
    longer.extend(b"{\"a\":1}");
    assert!(matches!(
        refused(&longer),
        ModelError::Length {
            expected: 1008,
            found: 15,
            ..
        }
    ));
    for length in [u64::MAX, 1 << 40, (32 << 20) + 1] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(b"{\"a\":1}");
        assert!(matches!(refused(&bytes), ModelError::NotSafetensors { .. }));
    }
}

#[test]
fn a_header_that_lies_is_refused() {
    let lies = [
        // Not the bytes that shape and type make.
        json!({"a": tensor("F32", &[4], [0, 12])}),
        // A hole, an overlap, an end before the start.
        json!({"a": tensor("F32", &[1], [4, 8])}),
        json!({"a": tensor("F32", &[2], [0, 8]), "b": tensor("F32", &[2], [4, 12])}),
        json!({"a": tensor("F32", &[1], [8, 4])}),
        // Sizes that overflow.
        json!({"a": tensor("F32", &[usize::MAX, usize::MAX], [0, 8])}),
        json!({"a": tensor("F32", &[usize::MAX / 2], [0, 8])}),
        // Not tensors at all.
        json!({"a": 1}),
        json!({"a": tensor("COMPLEX512", &[1], [0, 8])}),
    ];
    for lie in lies {
        let error = refused(&file(&header(&lie), 16));
        assert!(matches!(error, ModelError::Header { .. }), "{lie}: {error}");
    }
    let broken = refused(&file("{\"a\": {\"dtype\"", 16));
    assert!(matches!(broken, ModelError::Header { .. }));
}

#[test]
fn a_file_cut_short_at_any_byte_or_with_more_at_its_end_is_refused() {
    let tensors = json!({"a": tensor("F32", &[3], [0, 12]), "b": tensor("F16", &[2, 1], [12, 16])});
    let whole = file(&header(&tensors), 16);
    let (_folder, path) = written(&whole);
    assert!(Checkpoint::open(&path).is_ok());
    for length in 0..whole.len() {
        refused(&whole[..length]);
    }
    let more = [&whole[..], &[0]].concat();
    assert!(matches!(refused(&more), ModelError::Length { .. }));
}

#[test]
fn numbers_of_16_and_32_bits_are_read_and_others_named() {
    let f32s: Vec<u8> = [1.5f32, -0.25]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    assert_eq!(taken(Dtype::F32, &f32s, &[2]).unwrap(), [1.5, -0.25]);
    // 1.5 and -0.25 written out by hand: sign, exponent, fraction.
    let halves: [u8; 4] = [0x00, 0x3e, 0x00, 0xb4];
    assert_eq!(taken(Dtype::F16, &halves, &[2]).unwrap(), [1.5, -0.25]);
    let brains: [u8; 4] = [0xc0, 0x3f, 0x80, 0xbe];
    assert_eq!(taken(Dtype::BF16, &brains, &[2]).unwrap(), [1.5, -0.25]);
    let error = taken(Dtype::I64, &[0; 8], &[1]).unwrap_err();
    assert!(matches!(error, ModelError::TensorType { .. }));
}

#[test]
fn tensors_longer_than_a_chunk_are_read_whole() {
    let numbers: Vec<f32> = (0..200_000).map(|i| i as f32).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(taken(Dtype::F32, &bytes, &[200_000]).unwrap(), numbers);
}

#[test]
fn a_tensor_of_nan_or_infinity_and_one_of_another_shape_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let bytes: Vec<u8> = [0.0, bad].iter().flat_map(|x| x.to_le_bytes()).collect();
        let error = taken(Dtype::F32, &bytes, &[2]).unwrap_err();
        assert!(matches!(&error, ModelError::NotFinite { position: 1, .. }));
        assert!(error.to_string().contains("`a`"));
    }
    let error = taken(Dtype::F32, &[0; 8], &[1, 2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tensor `a` has shape [2] and should have [1, 2]"
    );
}

#[test]
fn what_nobody_took_is_an_error_but_what_is_needless() {
    let tensors = json!({
        "a": tensor("F32", &[1], [0, 4]),
        "b": tensor("F32", &[1], [4, 8]),
        "c": tensor("I64", &[1], [8, 16]),
    });
    let (_folder, path) = written(&file(&header(&tensors), 16));
    let mut checkpoint = Checkpoint::open(&path).unwrap();
    let mut weights = CheckpointWeights::new(&mut checkpoint);
    weights.take("a", &[1]).unwrap();
    let missing = weights.take("d", &[1]).unwrap_err().to_string();
    assert!(missing.contains("`d`"), "{missing}");
    let left = weights.finish(|name| name == "c").unwrap_err();
    assert!(matches!(left, ModelError::LeftOver { tensor, others: 0 } if tensor == "b"));
    let all = CheckpointWeights::new(&mut checkpoint).finish(|_| false);
    assert!(matches!(
        all.unwrap_err(),
        ModelError::LeftOver { others: 2, .. }
    ));
}

#[test]
fn the_hash_is_that_of_all_bytes() {
    let bytes = file(&header(&json!({"a": tensor("F32", &[1], [0, 4])})), 4);
    let (_folder, path) = written(&bytes);
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.hash().0, *blake3::hash(&bytes).as_bytes());
    assert_eq!(checkpoint.path(), path);
}
