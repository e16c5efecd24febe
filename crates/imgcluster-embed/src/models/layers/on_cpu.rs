//! Kernels as candle operations: contiguous numbers in, numbers out, on the CPU.

use std::cell::RefCell;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use imgcluster_kernels::{AttentionScratch, Finish, Scratch};

use super::activation::kernel_activation;
use crate::models::Activation;

/// Memory that the layers of a tower use one after the other.
#[derive(Default)]
pub(crate) struct Workspace {
    pub(crate) scratch: Scratch,
    pub(super) attention: AttentionScratch,
}

thread_local! {
    /// Candle gives an operation no place for its scratch memory; one a thread is as good.
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Makes a tensor of `shape` from the numbers of `x`.
pub(super) fn map(
    x: &Tensor,
    shape: impl Into<Shape>,
    compute: impl Fn(&[f32], &mut [f32], &mut Workspace),
) -> Result<Tensor> {
    let op = Op {
        shape: shape.into(),
        compute: |x: &[f32], _: &[f32], out: &mut [f32], workspace: &mut Workspace| {
            compute(x, out, workspace);
        },
    };
    x.contiguous()?.apply_op1_no_bwd(&op)
}

/// Makes a tensor of `shape` from the numbers of two.
pub(crate) fn map_two(
    (x, y): (&Tensor, &Tensor),
    shape: impl Into<Shape>,
    compute: impl Fn(&[f32], &[f32], &mut [f32], &mut Workspace),
) -> Result<Tensor> {
    let op = Op {
        shape: shape.into(),
        compute,
    };
    x.contiguous()?.apply_op2_no_bwd(&y.contiguous()?, &op)
}

/// The forward pass of an operation that has a gradient: numbers of `shape` from those of `x`.
pub(crate) fn computed(
    (x, layout): (&CpuStorage, &Layout),
    shape: impl Into<Shape>,
    compute: impl Fn(&[f32], &mut [f32], &mut Workspace),
) -> Result<(CpuStorage, Shape)> {
    let op = Op {
        shape: shape.into(),
        compute: |x: &[f32], _: &[f32], out: &mut [f32], workspace: &mut Workspace| {
            compute(x, out, workspace);
        },
    };
    Ok(op.run(numbers(x, layout)?, &[]))
}

/// What a layer with an epilogue is applied to.
pub(super) struct Call<'a> {
    pub(super) x: &'a Tensor,
    pub(super) residual: Option<&'a Tensor>,
    pub(super) activation: Option<Activation>,
    /// The shape of the result, and of the residual.
    pub(super) shape: Vec<usize>,
}

/// Applies a layer that adds the residual and activates by itself.
pub(super) fn layer(
    call: Call<'_>,
    apply: impl Fn(&[f32], &mut [f32], &Finish<'_>, &mut Scratch),
) -> Result<Tensor> {
    let activation = kernel_activation(call.activation);
    let Some(residual) = call.residual else {
        let finish = Finish {
            residual: None,
            activation,
        };
        return map(call.x, call.shape, |x, out, workspace| {
            apply(x, out, &finish, &mut workspace.scratch);
        });
    };
    let both = (call.x, residual);
    map_two(both, call.shape, |x, residual, out, workspace| {
        let finish = Finish {
            residual: Some(residual),
            activation,
        };
        apply(x, out, &finish, &mut workspace.scratch);
    })
}

struct Op<F> {
    shape: Shape,
    compute: F,
}

impl<F: Fn(&[f32], &[f32], &mut [f32], &mut Workspace)> Op<F> {
    fn run(&self, x: &[f32], y: &[f32]) -> (CpuStorage, Shape) {
        let mut out = vec![0.0; self.shape.elem_count()];
        WORKSPACE.with_borrow_mut(|workspace| (self.compute)(x, y, &mut out, workspace));
        (CpuStorage::F32(out), self.shape.clone())
    }
}

impl<F: Fn(&[f32], &[f32], &mut [f32], &mut Workspace)> CustomOp1 for Op<F> {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(numbers(x, layout)?, &[]))
    }
}

impl<F: Fn(&[f32], &[f32], &mut [f32], &mut Workspace)> CustomOp2 for Op<F> {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Ok(self.run(numbers(x, x_layout)?, numbers(y, y_layout)?))
    }
}

pub(crate) fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("a kernel needs contiguous numbers")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}
