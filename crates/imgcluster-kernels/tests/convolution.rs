//! Convolutions of every instruction set that this processor has, beside plain sums in `f64`.

use imgcluster_kernels::{
    Activation, Convolution, ConvolutionShape, Finish, InstructionSet, Linear, Scratch,
};
use proptest::prelude::*;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

/// The numbers of a layer and of a call.
#[derive(Debug)]
struct Case {
    shape: ConvolutionShape,
    size: (usize, usize),
    out_size: (usize, usize),
    filters: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
    residual: Option<Vec<f32>>,
}

impl Case {
    fn new(
        shape: ConvolutionShape,
        (count, height, width): (usize, usize, usize),
        has_residual: bool,
        seed: u64,
    ) -> Self {
        let places = |len: usize, kernel| (len + 2 * shape.padding - kernel) / shape.stride + 1;
        let (kernel_rows, kernel_columns) = shape.kernel;
        let out_size = (places(height, kernel_rows), places(width, kernel_columns));
        let filter = shape.in_channels * kernel_rows * kernel_columns;
        let outputs = count * out_size.0 * out_size.1 * shape.out_channels;
        Self {
            shape,
            size: (height, width),
            out_size,
            filters: random(shape.out_channels * filter, seed),
            bias: random(shape.out_channels, seed + 1),
            input: random(count * height * width * shape.in_channels, seed + 2),
            residual: has_residual.then(|| random(outputs, seed + 3)),
        }
    }

    fn outputs(&self) -> usize {
        let pictures = self.input.len() / (self.size.0 * self.size.1 * self.shape.in_channels);
        pictures * self.out_size.0 * self.out_size.1 * self.shape.out_channels
    }

    fn layer(&self, set: InstructionSet) -> Convolution {
        Convolution::with_instruction_set(&self.filters, &self.shape, Some(&self.bias), set)
    }

    fn apply(&self, set: InstructionSet, scratch: &mut Scratch) -> Vec<f32> {
        let finish = Finish {
            residual: self.residual.as_deref(),
            ..Finish::default()
        };
        // What is not written shows.
        let mut output = vec![f32::NAN; self.outputs()];
        let layer = self.layer(set);
        assert_eq!(layer.output_size(self.size), self.out_size);
        layer.apply(&self.input, self.size, &mut output, &finish, scratch);
        output
    }

    /// The value and the channels of an input pixel, or zero outside the picture.
    fn input_value(&self, picture: usize, (y, x): (usize, usize), channel: usize) -> f64 {
        let ((height, width), padding) = (self.size, self.shape.padding);
        let inside =
            (padding..padding + height).contains(&y) && (padding..padding + width).contains(&x);
        if !inside {
            return 0.0;
        }
        let pixel = (picture * height + y - padding) * width + x - padding;
        f64::from(self.input[pixel * self.shape.in_channels + channel])
    }

    /// Checks one output against its definition.
    fn is_within_bound(&self, place: usize, value: f32) -> bool {
        let (channels, stride) = (self.shape.in_channels, self.shape.stride);
        let (kernel_rows, kernel_columns) = self.shape.kernel;
        let (pixel, filter) = (
            place / self.shape.out_channels,
            place % self.shape.out_channels,
        );
        let (line, column) = (pixel / self.out_size.1, pixel % self.out_size.1);
        let (picture, row) = (line / self.out_size.0, line % self.out_size.0);
        let residual = self.residual.as_ref().map_or(0.0, |values| values[place]);
        let mut terms = vec![f64::from(self.bias[filter]), f64::from(residual)];
        for channel in 0..channels {
            for y in 0..kernel_rows {
                for x in 0..kernel_columns {
                    let weight = (filter * channels + channel) * kernel_rows + y;
                    let weight = self.filters[weight * kernel_columns + x];
                    let at = (row * stride + y, column * stride + x);
                    terms.push(f64::from(weight) * self.input_value(picture, at, channel));
                }
            }
        }
        let size: f64 = terms.iter().map(|term| term.abs()).sum();
        let bound = (terms.len() + 2) as f64 * f64::from(f32::EPSILON) * size;
        (f64::from(value) - terms.iter().sum::<f64>()).abs() <= bound
    }
}

/// A shape, and the number, height and width of pictures.
fn case() -> impl Strategy<Value = (ConvolutionShape, (usize, usize, usize))> {
    let shape = (
        (1_usize..12, 0_usize..80),
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

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #[test]
    fn outputs_are_within_the_error_of_their_definition(
        (shape, pictures) in case(), has_residual in any::<bool>(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, pictures, has_residual, seed);
        // Not renewed between sets: what is left in it must not show.
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            for (place, value) in case.apply(set, &mut scratch).into_iter().enumerate() {
                prop_assert!(case.is_within_bound(place, value), "{set:?} {place} {value}");
            }
        }
    }

    #[test]
    fn outputs_that_are_their_own_residual_are_within_the_error_of_their_definition(
        (shape, pictures) in case(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, pictures, true, seed);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let mut output = case.residual.clone().unwrap_or_default();
            let layer = case.layer(set);
            layer.apply_onto(&case.input, case.size, &mut output, Activation::Identity, &mut scratch);
            for (place, value) in output.into_iter().enumerate() {
                prop_assert!(case.is_within_bound(place, value), "{set:?} {place} {value}");
            }
        }
    }

    #[test]
    fn a_picture_has_the_same_bits_alone_and_among_others(
        (shape, pictures) in case(), seed in 0_u64..1000,
    ) {
        let case = Case::new(shape, pictures, false, seed);
        let picture = case.size.0 * case.size.1 * shape.in_channels;
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let together = case.apply(set, &mut scratch);
            let layer = case.layer(set);
            for (number, input) in case.input.chunks_exact(picture).enumerate() {
                let len = case.out_size.0 * case.out_size.1 * shape.out_channels;
                let mut alone = vec![f32::NAN; len];
                layer.apply(input, case.size, &mut alone, &Finish::default(), &mut scratch);
                prop_assert_eq!(bits(&alone), bits(&together[number * len..][..len]), "{:?}", set);
            }
        }
    }

    #[test]
    fn filters_of_one_pixel_are_a_linear_layer_of_pixels(
        channels in (1_usize..90, 1_usize..90), side in 1_usize..8, seed in 0_u64..1000,
    ) {
        let shape = ConvolutionShape {
            in_channels: channels.0,
            out_channels: channels.1,
            kernel: (1, 1),
            stride: 1,
            padding: 0,
        };
        let case = Case::new(shape, (2, side, side), true, seed);
        let mut scratch = Scratch::default();
        for set in InstructionSet::available() {
            let finish = Finish {
                residual: case.residual.as_deref(),
                activation: Activation::Relu6,
            };
            let mut expected = vec![f32::NAN; case.outputs()];
            Linear::with_instruction_set(&case.filters, channels.0, Some(&case.bias), set)
                .apply(&case.input, &mut expected, &finish, &mut scratch);
            let mut output = vec![f32::NAN; case.outputs()];
            let layer = case.layer(set);
            layer.apply(&case.input, case.size, &mut output, &finish, &mut scratch);
            prop_assert_eq!(bits(&output), bits(&expected), "{:?}", set);
        }
    }
}

#[test]
fn no_pictures_and_no_filters_give_no_outputs() {
    let shape = ConvolutionShape {
        in_channels: 2,
        out_channels: 3,
        kernel: (3, 3),
        stride: 1,
        padding: 1,
    };
    let without = ConvolutionShape {
        out_channels: 0,
        ..shape
    };
    for set in InstructionSet::available() {
        for (shape, count) in [(shape, 0), (without, 2)] {
            let case = Case::new(shape, (count, 4, 5), true, 1);
            assert!(case.apply(set, &mut Scratch::default()).is_empty());
            assert_eq!(case.layer(set).shape(), shape);
            assert_eq!(case.layer(set).instruction_set(), set);
        }
    }
}

#[test]
fn equal_pixels_give_equal_bits_everywhere() {
    let shape = ConvolutionShape {
        in_channels: 130,
        out_channels: 67,
        kernel: (3, 3),
        stride: 1,
        padding: 0,
    };
    for set in InstructionSet::available() {
        let mut case = Case::new(shape, (2, 8, 7), false, 5);
        let pixel = case.input[..130].to_vec();
        case.input
            .chunks_exact_mut(130)
            .for_each(|other| other.copy_from_slice(&pixel));
        let output = case.apply(set, &mut Scratch::default());
        for other in output.chunks_exact(67) {
            assert_eq!(bits(other), bits(&output[..67]), "{set:?}");
        }
    }
}

#[test]
fn pictures_padded_in_several_groups_with_long_filters_are_within_the_error_of_their_definition() {
    let shape = ConvolutionShape {
        in_channels: 400,
        out_channels: 70,
        kernel: (3, 3),
        stride: 2,
        padding: 1,
    };
    for set in InstructionSet::available() {
        let case = Case::new(shape, (5, 15, 14), true, 2);
        let output = case.apply(set, &mut Scratch::default());
        // Each is a sum of thousands: some of all pictures, rows and channels are enough.
        for (place, value) in output.into_iter().enumerate().step_by(37) {
            assert!(case.is_within_bound(place, value), "{set:?} {place}");
        }
    }
}

#[test]
#[should_panic(expected = "a picture no smaller than the window")]
fn a_picture_smaller_than_the_filters_is_refused() {
    let shape = ConvolutionShape {
        in_channels: 1,
        out_channels: 1,
        kernel: (3, 3),
        stride: 1,
        padding: 0,
    };
    Convolution::new(&[0.0; 9], &shape, None).output_size((3, 2));
}

#[test]
#[should_panic(expected = "sizes that fit in memory")]
fn filters_whose_size_wraps_round_to_one_are_refused() {
    // Three times this many rows is one more than the largest address.
    let rows = usize::MAX / 3 * 2 + 1;
    assert_eq!(rows.wrapping_mul(3), 1);
    let shape = ConvolutionShape {
        in_channels: 1,
        out_channels: 1,
        kernel: (rows, 3),
        stride: 1,
        padding: 0,
    };
    let layer = Convolution::new(&[1.0], &shape, None);
    let mut output = [0.0];
    let finish = Finish::default();
    layer.apply(
        &[1.0],
        (rows, 3),
        &mut output,
        &finish,
        &mut Scratch::default(),
    );
}
