//! From the layout of tensors in a file to the one they are computed in, and back.

use super::super::shape::{
    AutoencoderConfiguration, DECODER_LATENT, ENCODER_LATENT, Level, TensorShape,
};
use super::Means;
use crate::autoencoder::StoredTensor;

/// How a tensor is laid out for [`Means::Windows`].
pub(super) struct Layout {
    /// Its shape in the file.
    file: Vec<usize>,
    /// Which axis of the file (after `split`) each of the computed ones is; empty where nothing is
    /// exchanged.
    axes: Vec<usize>,
    /// The shape in the file with flattened axes taken apart.
    split: Vec<usize>,
    /// The shape it is computed in.
    computed: Vec<usize>,
}

impl Layout {
    /// Finds the layout of a tensor of the network.
    pub(super) fn of(
        tensor: &TensorShape,
        configuration: &AutoencoderConfiguration,
        means: Means,
    ) -> Self {
        let file = tensor.shape.clone();
        let as_it_is = Self {
            axes: Vec::new(),
            split: file.clone(),
            computed: file.clone(),
            file: file.clone(),
        };
        if means == Means::Stock {
            return as_it_is;
        }
        let levels = configuration.levels();
        let Some(&Level { side, channels, .. }) = levels.last() else {
            return as_it_is;
        };
        let (axes, split) = match (tensor.name.as_str(), &file[..]) {
            // Pictures of numbers are flattened channels first in the file, and channels last here.
            (name, [latent, _]) if name.starts_with(ENCODER_LATENT) => {
                (vec![0, 2, 3, 1], vec![*latent, channels, side, side])
            }
            (name, [_, latent]) if name.starts_with(DECODER_LATENT) => {
                (vec![1, 2, 0, 3], vec![channels, side, side, *latent])
            }
            (name, [flat]) if name.starts_with(DECODER_LATENT) => {
                debug_assert_eq!(*flat, channels * side * side);
                (vec![1, 2, 0], vec![channels, side, side])
            }
            // Outputs by inputs become rows of windows by outputs; transposed, inputs by outputs
            // become inputs by rows of windows.
            (name, [_, _, _, _]) if name.starts_with("encoder.") => {
                (vec![2, 3, 1, 0], file.clone())
            }
            (_, [_, _, _, _]) => (vec![0, 2, 3, 1], file.clone()),
            _ => return as_it_is,
        };
        let computed = match (tensor.name.as_str(), &file[..]) {
            (name, [outputs, inputs, rows, columns]) if name.starts_with("encoder.") => {
                vec![rows * columns * inputs, *outputs]
            }
            (_, [inputs, outputs, rows, columns]) => vec![*inputs, rows * columns * outputs],
            _ => file.clone(),
        };
        Self {
            file,
            axes,
            split,
            computed,
        }
    }

    /// The shape it is computed in.
    pub(super) fn computed(&self) -> &[usize] {
        &self.computed
    }

    /// From the order of the file.
    pub(super) fn computed_order(&self, tensor: &StoredTensor) -> Vec<f32> {
        debug_assert_eq!(tensor.shape, self.file);
        if self.axes.is_empty() {
            return tensor.values.clone();
        }
        self.places().map(|place| tensor.values[place]).collect()
    }

    /// Back to the order of the file.
    pub(super) fn file_order(&self, values: Vec<f32>) -> StoredTensor {
        let shape = self.file.clone();
        if self.axes.is_empty() {
            return StoredTensor { shape, values };
        }
        let mut file = vec![0.0; values.len()];
        for (value, place) in values.into_iter().zip(self.places()) {
            file[place] = value;
        }
        StoredTensor {
            shape,
            values: file,
        }
    }

    /// Where in the file each number is, in the order they are computed in.
    fn places(&self) -> impl Iterator<Item = usize> {
        let mut strides = vec![1; self.split.len()];
        for axis in (1..self.split.len()).rev() {
            strides[axis - 1] = strides[axis] * self.split[axis];
        }
        let axes = self.axes.iter();
        let steps: Vec<(usize, usize)> = axes.map(|&a| (self.split[a], strides[a])).collect();
        let count: usize = self.file.iter().product();
        (0..count).map(move |number| {
            let mut rest = number;
            let mut place = 0;
            for (length, stride) in steps.iter().rev() {
                place += rest % length * stride;
                rest /= length;
            }
            place
        })
    }
}
