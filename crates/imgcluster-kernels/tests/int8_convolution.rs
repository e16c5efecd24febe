//! Convolutions on bytes, of every instruction set that this processor has, beside plain sums in
//! `f64`.

use imgcluster_kernels::{
    Activation, ConvolutionShape, Finish, InstructionSet, Int8Convolution, Int8Linear, Scratch,
};
use proptest::prelude::*;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.3
    };
    (0..count).map(|_| next()).collect()
}

/// Half the distance of two bytes' values: what rounding a value to the nearest may add.
fn half_step(values: &[f32]) -> f64 {
    let low = values.iter().fold(0.0_f32, |low, x| low.min(*x));
    let high = values.iter().fold(0.0_f32, |high, x| high.max(*x));
    (f64::from(high) - f64::from(low)) / 510.0
}

fn half_step_of_filter(weights: &[f32]) -> f64 {
    let largest = weights
        .iter()
        .fold(0.0_f32, |largest, x| largest.max(x.abs()));
    f64::from(largest) / 254.0
}

/// The numbers of a layer and of a call.
#[derive(Debug)]
struct Case {
    shape: ConvolutionShape,
    count: usize,
    size: (usize, usize),
    filters: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
}

impl Case {
    fn new(
        shape: ConvolutionShape,
        (count, height, width): (usize, usize, usize),
        seed: u64,
    ) -> Self {
        let filter = shape.in_channels * shape.kernel.0 * shape.kernel.1;
        Self {
            shape,
            count,
            size: (height, width),
            filters: random(shape.out_channels * filter, seed),
            bias: random(shape.out_channels, seed + 1),
            input: random(count * height * width * shape.in_channels, seed + 2),
        }
    }

    fn layer(&self, set: InstructionSet) -> Int8Convolution {
        Int8Convolution::with_instruction_set(&self.filters, &self.shape, Some(&self.bias), set)
    }

    fn apply(&self, set: InstructionSet, finish: &Finish<'_>, scratch: &mut Scratch) -> Vec<f32> {
        self.apply_to(&self.input, set, finish, scratch)
    }

    fn apply_to(
        &self,
        input: &[f32],
        set: InstructionSet,
        finish: &Finish<'_>,
        scratch: &mut Scratch,
    ) -> Vec<f32> {
        let layer = self.layer(set);
        let (rows, columns) = layer.output_size(self.size);
        let count = input.len() / (self.size.0 * self.size.1 * self.shape.in_channels);
        let mut output = vec![f32::NAN; count * rows * columns * self.shape.out_channels];
        layer.apply(input, self.size, &mut output, finish, scratch);
        output
    }

    fn pictures(&self) -> impl Iterator<Item = &[f32]> {
        let picture = self.size.0 * self.size.1 * self.shape.in_channels;
        self.input.chunks(picture)
    }

    /// The values under a filter at one place of a picture, channel by channel as in the filter.
    fn patch(&self, picture: &[f32], (row, column): (usize, usize)) -> Vec<f32> {
        let (shape, (height, width)) = (self.shape, self.size);
        let mut patch = Vec::new();
        for channel in 0..shape.in_channels {
            for y in 0..shape.kernel.0 {
                for x in 0..shape.kernel.1 {
                    let y = (row * shape.stride + y).checked_sub(shape.padding);
                    let x = (column * shape.stride + x).checked_sub(shape.padding);
                    let inside = y.zip(x).filter(|(y, x)| *y < height && *x < width);
                    patch.push(inside.map_or(0.0, |(y, x)| {
                        picture[(y * width + x) * shape.in_channels + channel]
                    }));
                }
            }
        }
        patch
    }

    /// Each output in order, exactly, and the largest error that bytes may bring.
    fn expected(&self) -> Vec<(f64, f64)> {
        let (rows, columns) = self.layer(InstructionSet::Portable).output_size(self.size);
        let filter_len = self.shape.in_channels * self.shape.kernel.0 * self.shape.kernel.1;
        let is_by_pixel = self.shape.kernel == (1, 1) && self.shape.padding == 0;
        let mut expected = Vec::new();
        for picture in self.pictures() {
            for place in 0..rows * columns {
                let patch = self.patch(picture, (place / columns, place % columns));
                let value_error = half_step(if is_by_pixel { &patch } else { picture });
                for (filter, bias) in self.filters.chunks(filter_len).zip(&self.bias) {
                    let weight_error = half_step_of_filter(filter);
                    let (mut exact, mut error) = (f64::from(*bias), 1e-5);
                    for (value, weight) in patch.iter().zip(filter) {
                        let (value, weight) = (f64::from(*value), f64::from(*weight));
                        exact += value * weight;
                        error += value.abs() * weight_error
                            + weight.abs() * value_error
                            + value_error * weight_error;
                    }
                    expected.push((exact, error * 1.0001));
                }
            }
        }
        expected
    }
}

/// A shape, and the number, height and width of pictures.
fn case() -> impl Strategy<Value = (ConvolutionShape, (usize, usize, usize))> {
    let shape = (
        (1_usize..12, 0_usize..70),
        (1_usize..5, 1_usize..5),
        (1_usize..4, 0_usize..4),
    );
    let shape = shape.prop_map(|(channels, kernel, (stride, padding))| ConvolutionShape {
        in_channels: channels.0,
        out_channels: channels.1,
        kernel,
        stride,
        padding,
    });
    shape.prop_flat_map(|shape| {
        let at_least = |kernel: usize| kernel.saturating_sub(2 * shape.padding).max(1);
        let (rows, columns) = (at_least(shape.kernel.0), at_least(shape.kernel.1));
        (Just(shape), (0_usize..4, rows..9, columns..9))
    })
}

proptest! {
    #[test]
    fn outputs_lie_within_the_error_of_bytes((shape, pictures) in case(), seed in 0_u64..1000) {
        let case = Case::new(shape, pictures, seed);
        let expected = case.expected();
        // Not zeroed between sets: what is left in it must not show.
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let output = case.apply(set, &Finish::default(), &mut scratch);
            prop_assert_eq!(output.len(), expected.len());
            for (found, (exact, error)) in output.iter().zip(&expected) {
                let is_near = (f64::from(*found) - exact).abs() <= *error;
                prop_assert!(is_near, "{set:?} {found} {exact} {error}");
            }
        }
    }

    #[test]
    fn a_picture_has_the_same_bits_alone_as_among_others(
        (shape, pictures) in case(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, pictures, seed);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let activation = Activation::Relu6;
            let finish = Finish { activation, ..Finish::default() };
            let mut residual = case.apply(set, &finish, &mut scratch);
            residual.reverse();
            let residual = Some(residual.as_slice());
            let together = case.apply(set, &Finish { residual, activation }, &mut scratch);
            let part = together.len() / case.count.max(1);
            for (place, picture) in case.pictures().enumerate() {
                let residual = residual.map(|it| &it[place * part..][..part]);
                let finish = Finish { residual, activation };
                let alone = case.apply_to(picture, set, &finish, &mut scratch);
                prop_assert_eq!(&together[place * part..][..part], &alone[..], "{:?}", set);
            }
        }
    }
}

#[test]
fn filters_of_one_pixel_are_a_linear_layer_on_the_pixels_they_stand_on() {
    let shape = ConvolutionShape {
        in_channels: 21,
        out_channels: 40,
        kernel: (1, 1),
        stride: 2,
        padding: 0,
    };
    let case = Case::new(shape, (2, 5, 6), 3);
    let mut pixels = Vec::new();
    for picture in case.pictures() {
        for place in 0..9 {
            pixels.extend(case.patch(picture, (place / 3, place % 3)));
        }
    }
    let mut scratch = Scratch::default();
    for set in InstructionSet::available() {
        let bias = Some(case.bias.as_slice());
        let linear = Int8Linear::with_instruction_set(&case.filters, 21, bias, set);
        let mut expected = vec![f32::NAN; 18 * 40];
        linear.apply(&pixels, &mut expected, &Finish::default(), &mut scratch);
        assert_eq!(case.apply(set, &Finish::default(), &mut scratch), expected);
    }
}

#[test]
fn the_margin_is_exactly_zero_whatever_the_values() {
    let shape = ConvolutionShape {
        in_channels: 2,
        out_channels: 3,
        kernel: (1, 1),
        stride: 2,
        padding: 2,
    };
    let case = Case::new(shape, (1, 1, 1), 4);
    for set in InstructionSet::available() {
        let output = case.apply(set, &Finish::default(), &mut Scratch::default());
        assert_eq!(output.len(), 9 * 3);
        for (place, pixel) in output.chunks(3).enumerate() {
            assert_eq!(pixel == case.bias, place != 4, "{place}");
        }
    }
}

#[test]
fn a_value_that_is_not_finite_makes_its_picture_nan_or_for_one_pixel_filters_its_pixel() {
    let shape = |kernel, padding| ConvolutionShape {
        in_channels: 3,
        out_channels: 5,
        kernel,
        stride: 1,
        padding,
    };
    for (shape, spoilt) in [(shape((1, 1), 0), 1), (shape((3, 3), 1), 16)] {
        let mut case = Case::new(shape, (3, 4, 4), 7);
        case.input[(16 + 5) * 3 + 1] = f32::NAN;
        for set in InstructionSet::available() {
            let output = case.apply(set, &Finish::default(), &mut Scratch::default());
            let pixels = output.chunks(5).enumerate();
            let bad: Vec<_> = pixels
                .filter(|(_, it)| it.iter().any(|x| x.is_nan()))
                .collect();
            assert_eq!(bad.len(), spoilt);
            for (pixel, values) in bad {
                assert!((16..32).contains(&pixel) && values.iter().all(|x| x.is_nan()));
            }
        }
    }
}
