//! Depthwise convolutions and pools of every instruction set that this processor has, beside the
//! definitions in `f64`.

use imgcluster_kernels::{Activation, Average, Depthwise, InstructionSet, MaxPool, Window};

fn random_values(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Computes an output from an input.
type Compute<'a> = &'a dyn Fn(&[f32], &mut [f32]);

/// A layer's shape: the window, the size of a picture, and its channels.
type Shape = (Window, (usize, usize), usize);

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for kernel in [(1, 1), (3, 3), (2, 3), (5, 5), (4, 1)] {
        for stride in [1, 2, 3] {
            for padding in [0, 1, 2, 4] {
                let window = Window {
                    kernel,
                    stride,
                    padding,
                };
                for size in [(1, 1), (3, 2), (5, 7), (6, 15)] {
                    for channels in [1, 5, 16, 43] {
                        shapes.push((window, size, channels));
                    }
                }
            }
        }
    }
    let fits = |(window, (height, width), _): &Shape| {
        let (rows, columns) = window.kernel;
        rows <= height + 2 * window.padding && columns <= width + 2 * window.padding
    };
    shapes.retain(fits);
    shapes
}

/// For each value of the output: its channel, and the value of the input at each pixel of the
/// kernel, or none outside the picture.
fn seen(input: &[f32], (window, size, channels): Shape) -> Vec<(usize, Vec<Option<f64>>)> {
    let (height, width) = size;
    let at = |y: usize, x: usize, channel: usize| {
        let inside = |at: usize, len| at.checked_sub(window.padding).filter(|at| *at < len);
        let (y, x) = (inside(y, height)?, inside(x, width)?);
        Some(f64::from(input[(y * width + x) * channels + channel]))
    };
    let mut seen = Vec::new();
    let places = |len: usize, kernel| (len + 2 * window.padding - kernel) / window.stride + 1;
    for y in 0..places(height, window.kernel.0) {
        for x in 0..places(width, window.kernel.1) {
            for channel in 0..channels {
                let pixels = (0..window.kernel.0).flat_map(|row| {
                    let y = y * window.stride + row;
                    let columns = 0..window.kernel.1;
                    columns.map(move |column| at(y, x * window.stride + column, channel))
                });
                seen.push((channel, pixels.collect()));
            }
        }
    }
    seen
}

#[test]
fn no_pictures_give_no_pictures() {
    let window = Window {
        kernel: (3, 3),
        stride: 1,
        padding: 1,
    };
    for set in InstructionSet::available() {
        let layer = Depthwise::with_instruction_set(&[1.0; 18], window, None, set);
        assert_eq!(layer.channels(), 2);
        layer.apply(&[], (4, 4), &mut [], Activation::Relu);
        let pool = MaxPool {
            channels: 2,
            window,
        };
        pool.apply(&[], (4, 4), &mut [], set);
        let average = Average {
            channels: 2,
            pixels: 16,
        };
        average.apply(&[], &mut [], set);
    }
}

#[test]
fn depthwise_convolutions_are_as_defined() {
    for (place, shape) in (0..).zip(shapes()) {
        let (window, size, channels) = shape;
        let input = random_values(size.0 * size.1 * channels, place);
        let pixels = window.kernel.0 * window.kernel.1;
        let filters = random_values(pixels * channels, place + 1);
        let bias = random_values(channels, place + 2);
        let expected = seen(&input, shape).into_iter().map(|(channel, values)| {
            let filter = &filters[channel * pixels..][..pixels];
            let products = values.iter().zip(filter);
            let products =
                products.map(|(value, weight)| value.unwrap_or(0.0) * f64::from(*weight));
            (products.sum::<f64>() + f64::from(bias[channel])).max(0.0)
        });
        let expected: Vec<f64> = expected.collect();
        for set in InstructionSet::available() {
            let layer = Depthwise::with_instruction_set(&filters, window, Some(&bias), set);
            let mut output = vec![f32::NAN; expected.len()];
            layer.apply(&input, size, &mut output, Activation::Relu);
            for (y, expected) in output.iter().zip(&expected) {
                let error = (f64::from(*y) - expected).abs();
                assert!(error < 1e-6, "{set:?} {shape:?}: {error:e}");
            }
        }
    }
}

#[test]
fn a_picture_gives_the_same_bits_alone_and_beside_one_that_is_not_finite() {
    let window = Window {
        kernel: (3, 3),
        stride: 1,
        padding: 1,
    };
    let (size, channels) = ((7, 9), 33);
    let picture = size.0 * size.1 * channels;
    let filters = random_values(9 * channels, 1);
    let pool = MaxPool { channels, window };
    let average = Average {
        channels,
        pixels: size.0 * size.1,
    };
    let mut input = random_values(3 * picture, 2);
    input[picture..2 * picture].fill(f32::NAN);
    for set in InstructionSet::available() {
        let layer = Depthwise::with_instruction_set(&filters, window, None, set);
        let convolve = |input: &[f32], output: &mut [f32]| {
            layer.apply(input, size, output, Activation::Relu6);
        };
        let largest = |input: &[f32], output: &mut [f32]| pool.apply(input, size, output, set);
        let means = |input: &[f32], output: &mut [f32]| average.apply(input, output, set);
        let all: [(Compute<'_>, usize); 3] = [
            (&convolve, picture),
            (&largest, picture),
            (&means, channels),
        ];
        for (compute, made) in all {
            let mut together = vec![0.0; 3 * made];
            compute(&input, &mut together);
            assert!(
                together[made..2 * made].iter().all(|y| y.is_nan()),
                "{set:?}"
            );
            for place in [0, 2] {
                let mut alone = vec![0.0; made];
                compute(&input[place * picture..][..picture], &mut alone);
                assert!(alone.iter().all(|y| y.is_finite()), "{set:?}");
                assert_eq!(
                    bits(&alone),
                    bits(&together[place * made..][..made]),
                    "{set:?}"
                );
            }
        }
    }
}

#[test]
fn pools_find_the_largest_that_is_on_the_picture() {
    for (place, shape) in (0..).zip(shapes()) {
        let (window, size, channels) = shape;
        let input = random_values(size.0 * size.1 * channels, place);
        let largest = |(_, values): (usize, Vec<Option<f64>>)| {
            let values = values.into_iter().flatten();
            values.fold(f64::NEG_INFINITY, f64::max) as f32
        };
        let expected: Vec<f32> = seen(&input, shape).into_iter().map(largest).collect();
        for set in InstructionSet::available() {
            let mut output = vec![f32::NAN; expected.len()];
            MaxPool { channels, window }.apply(&input, size, &mut output, set);
            assert_eq!(bits(&output), bits(&expected), "{set:?} {shape:?}");
        }
    }
}

#[test]
fn averages_are_means() {
    for (pixels, channels) in [(1, 1), (49, 1), (49, 43), (1, 2048), (12_544, 3)] {
        let input = random_values(pixels * channels, 3);
        for set in InstructionSet::available() {
            let mut output = vec![f32::NAN; channels];
            Average { channels, pixels }.apply(&input, &mut output, set);
            for (channel, mean) in output.iter().enumerate() {
                let values = input[channel..].iter().step_by(channels);
                let expected = values.map(|x| f64::from(*x)).sum::<f64>() / pixels as f64;
                let error = (f64::from(*mean) - expected).abs();
                assert!(error < 2e-6, "{set:?} {pixels} {channels}: {error:e}");
            }
        }
    }
}
