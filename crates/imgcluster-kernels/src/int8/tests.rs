//! Layers with every kind of tile, beside the portable one.

use super::tiles::Int8Tiles;
use super::{Int8Convolution, Int8Linear};
use crate::{ConvolutionShape, Finish, InstructionSet, Scratch};

fn random_values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.4
    };
    (0..len).map(|_| next()).collect()
}

/// Bits, so that NaN equals itself.
fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Asserts that all tiles give the same.
fn assert_same(output: impl Fn(Int8Tiles, &mut Scratch) -> Vec<f32>) {
    let portable = Int8Tiles::new(InstructionSet::Portable).unwrap();
    let mut scratch = Scratch::default();
    let expected = output(portable, &mut scratch);
    assert!(expected.iter().any(|value| *value != 0.0));
    for tiles in Int8Tiles::available(InstructionSet::Avx512) {
        let found = output(tiles, &mut scratch);
        assert!(bits(&found) == bits(&expected), "{tiles:?}");
    }
}

#[test]
fn every_tile_gives_linear_layers_the_same_bits() {
    for (rows, in_dim, out_dim) in [
        (1, 1, 1),
        (3, 5, 33),
        (15, 64, 31),
        (29, 130, 70),
        (100, 768, 40),
    ] {
        let (weights, bias) = (
            random_values(out_dim * in_dim, 1),
            random_values(out_dim, 2),
        );
        let (input, residual) = (
            random_values(rows * in_dim, 3),
            random_values(rows * out_dim, 4),
        );
        assert_same(|tiles, scratch| {
            let layer = Int8Linear::with_tiles(&weights, in_dim, Some(&bias), tiles);
            let finish = Finish {
                residual: Some(&residual),
                ..Finish::default()
            };
            let mut output = vec![f32::NAN; rows * out_dim];
            layer.apply(&input, &mut output, &finish, scratch);
            output
        });
    }
}

#[test]
fn every_tile_gives_convolutions_the_same_bits() {
    let shape = |in_channels, kernel, stride, padding| ConvolutionShape {
        in_channels,
        out_channels: 37,
        kernel,
        stride,
        padding,
    };
    for shape in [
        shape(3, (7, 7), 2, 3),
        shape(8, (3, 3), 1, 1),
        shape(5, (1, 1), 2, 0),
        shape(5, (1, 2), 1, 1),
    ] {
        let size = (11, 9);
        let filters = random_values(shape.out_channels * shape.filter_len(), 5);
        let input = random_values(2 * size.0 * size.1 * shape.in_channels, 6);
        assert_same(|tiles, scratch| {
            let layer = Int8Convolution::with_tiles(&filters, &shape, None, tiles);
            let (rows, columns) = layer.output_size(size);
            let mut output = vec![f32::NAN; 2 * rows * columns * shape.out_channels];
            layer.apply(&input, size, &mut output, &Finish::default(), scratch);
            output
        });
    }
}
