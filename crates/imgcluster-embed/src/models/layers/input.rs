//! From bytes to the numbers a tower begins with.

use candle_core::{DType, Result, Tensor};

use super::Placement;
use crate::Preprocess;

/// Pictures of one size as bytes: red, green, blue, row after row.
#[derive(Clone, Copy)]
pub(crate) struct Pictures<'a> {
    pub(crate) rgb: &'a [&'a [u8]],
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Normalises pictures and lays them out as a tower wants them.
pub(crate) struct Input {
    /// What every byte becomes, channel by channel.
    table: Box<[[f32; 256]; 3]>,
    mean: Tensor,
    std: Tensor,
    placement: Placement,
}

impl Input {
    pub(crate) fn new(preprocess: &Preprocess, placement: &Placement) -> Result<Self> {
        let (mean, std) = (preprocess.mean, preprocess.std);
        let constant = |values: [f32; 3]| Tensor::new(&values, &placement.device);
        Ok(Self {
            table: Box::new(std::array::from_fn(|channel| {
                std::array::from_fn(|byte| (byte as f32 / 255.0 - mean[channel]) / std[channel])
            })),
            mean: constant(mean)?,
            std: constant(std)?,
            placement: placement.clone(),
        })
    }

    /// Pictures for convolutions, with their channels where the placement wants them.
    pub(crate) fn images(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let Pictures { rgb, width, height } = pictures;
        if !self.placement.device.is_cpu() {
            return self.uploaded(pictures)?.permute((0, 3, 1, 2))?.contiguous();
        }
        let mut values = Vec::with_capacity(rgb.len() * 3 * width * height);
        if self.placement.channels_last() {
            let [red, green, blue] = &*self.table;
            for pixel in rgb.iter().flat_map(|rgb| rgb.as_chunks::<3>().0) {
                let [r, g, b] = pixel.map(usize::from);
                values.extend([red[r], green[g], blue[b]]);
            }
            return self
                .placement
                .tensor(values, &[rgb.len(), height, width, 3]);
        }
        for rgb in rgb {
            for (channel, table) in self.table.iter().enumerate() {
                let plane = rgb.iter().skip(channel).step_by(3);
                values.extend(plane.map(|byte| table[usize::from(*byte)]));
            }
        }
        self.placement
            .tensor(values, &[rgb.len(), 3, height, width])
    }

    /// Patches for a linear layer: batch, patches row by row, numbers of a patch (channels, rows,
    /// columns). What does not fill a patch at the right and at the bottom is left out.
    pub(crate) fn patches(&self, pictures: Pictures<'_>, side: usize) -> Result<Tensor> {
        let (down, across) = (pictures.height / side, pictures.width / side);
        let batch = pictures.rgb.len();
        let shape = [batch, down * across, 3 * side * side];
        if !self.placement.device.is_cpu() {
            return self
                .uploaded(pictures)?
                .narrow(1, 0, down * side)?
                .narrow(2, 0, across * side)?
                .reshape(&[batch, down, side, across, side, 3])?
                .permute([0, 1, 3, 5, 2, 4])?
                .reshape(&shape);
        }
        let mut values = Vec::with_capacity(shape.iter().product());
        for rgb in pictures.rgb {
            for patch in 0..down * across {
                let (top, left) = (patch / across * side, patch % across * side);
                for (channel, table) in self.table.iter().enumerate() {
                    for row in top..top + side {
                        let start = (row * pictures.width + left) * 3;
                        let line = &rgb[start..start + side * 3];
                        let bytes = line.iter().skip(channel).step_by(3);
                        values.extend(bytes.map(|byte| table[usize::from(*byte)]));
                    }
                }
            }
        }
        self.placement.tensor(values, &shape)
    }

    /// Uploads bytes, a quarter of the numbers' size, and normalises them on the device.
    fn uploaded(&self, pictures: Pictures<'_>) -> Result<Tensor> {
        let shape = (pictures.rgb.len(), pictures.height, pictures.width, 3);
        let bytes = pictures.rgb.concat();
        let scaled = Tensor::from_vec(bytes, shape, &self.placement.device)?
            .to_dtype(DType::F32)?
            .affine(1.0 / 255.0, 0.0)?;
        scaled
            .broadcast_sub(&self.mean)?
            .broadcast_div(&self.std)?
            .to_dtype(self.placement.dtype)
    }
}
