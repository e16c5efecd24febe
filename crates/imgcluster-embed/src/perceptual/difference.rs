//! The mean absolute difference of features, with a gradient to the first.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};

use crate::models::layers::on_cpu::{map_two, numbers};

/// The mean absolute difference of `x` and `y` over all axes but the first; a gradient goes to `x`
/// alone, and none where the two are equal.
pub(super) fn mean_absolute(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(&y.contiguous()?, MeanAbsolute)
}

struct MeanAbsolute;

impl CustomOp2 for MeanAbsolute {
    fn name(&self) -> &'static str {
        "mean absolute difference"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, y) = (numbers(x, x_layout)?, numbers(y, y_layout)?);
        let batch = x_layout.dims()[0];
        let count = (x.len() / batch.max(1)).max(1);
        let means = x
            .chunks_exact(count)
            .zip(y.chunks_exact(count))
            .map(|(x, y)| {
                let differences = x.iter().zip(y).map(|(x, y)| f64::from((x - y).abs()));
                (differences.sum::<f64>() / count as f64) as f32
            });
        Ok((CpuStorage::F32(means.collect()), Shape::from(batch)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        _res: &Tensor,
        grad_res: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let gradients = grad_res.to_vec1::<f32>()?;
        let count = (x.elem_count() / gradients.len().max(1)).max(1);
        let gradient = map_two((x, y), x.shape(), |x, y, out, _| {
            let pictures = x.chunks_exact(count).zip(y.chunks_exact(count));
            let pictures = pictures.zip(out.chunks_exact_mut(count)).zip(&gradients);
            for (((x, y), out), gradient) in pictures {
                let step = gradient / count as f32;
                for ((x, y), out) in x.iter().zip(y).zip(out) {
                    *out = if x > y {
                        step
                    } else if x < y {
                        -step
                    } else {
                        0.0
                    };
                }
            }
        })?;
        Ok((Some(gradient), None))
    }
}
