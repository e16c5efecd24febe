//! Adam (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015), with moments that can be
//! written down and taken up again.

use candle_core::{CpuStorage, InplaceOp2, InplaceOp3, Layout, Result, Tensor, Var, bail};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// What Adam remembers of earlier gradients, in the order of the parameters.
pub(super) struct Adam {
    /// How many steps were taken.
    pub(super) steps: u64,
    /// Means of the gradients.
    pub(super) first: Vec<Tensor>,
    /// Means of their squares.
    pub(super) second: Vec<Tensor>,
}

/// One step of a parameter.
#[derive(Clone, Copy)]
struct Step {
    /// What gradients are multiplied by first.
    scale: f64,
    rate: f64,
    /// What the means lack, having begun at zero.
    bias_1: f64,
    bias_2: f64,
}

impl Adam {
    /// Begins with nothing remembered.
    pub(super) fn new(variables: &[Var]) -> Result<Self> {
        let zeros = || -> Result<Vec<Tensor>> {
            let variables = variables.iter();
            variables.map(|one| one.zeros_like()).collect()
        };
        Ok(Self {
            steps: 0,
            first: zeros()?,
            second: zeros()?,
        })
    }

    /// Moves each parameter against its gradient, which is `scale` times what is given.
    pub(super) fn step(
        &mut self,
        variables: &[Var],
        gradients: &[Tensor],
        scale: f64,
        rate: f64,
    ) -> Result<()> {
        self.steps += 1;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let step = Step {
            scale,
            rate,
            bias_1: 1.0 - BETA_1.powi(steps),
            bias_2: 1.0 - BETA_2.powi(steps),
        };
        for (at, (variable, gradient)) in variables.iter().zip(gradients).enumerate() {
            if variable.device().is_cpu() {
                // In place: memory for a dozen tensors in between would take most of the time.
                let gradient = gradient.contiguous()?;
                self.first[at].inplace_op2(&gradient, &First(step))?;
                self.second[at].inplace_op2(&gradient, &Second(step))?;
                let moments = (&self.first[at], &self.second[at]);
                variable.inplace_op3(moments.0, moments.1, &Parameter(step))?;
                continue;
            }
            let gradient = (gradient * scale)?;
            let first = ((&self.first[at] * BETA_1)? + (&gradient * (1.0 - BETA_1))?)?;
            let second = ((&self.second[at] * BETA_2)? + (gradient.sqr()? * (1.0 - BETA_2))?)?;
            let spread = ((&second / step.bias_2)?.sqrt()? + EPSILON)?;
            let moved = ((&first * (rate / step.bias_1))? / spread)?;
            variable.set(&(variable.as_tensor() - moved)?)?;
            self.first[at] = first;
            self.second[at] = second;
        }
        Ok(())
    }
}

struct First(Step);
struct Second(Step);
struct Parameter(Step);

impl InplaceOp2 for First {
    fn name(&self) -> &'static str {
        "first moment"
    }

    fn cpu_fwd(
        &self,
        first: &mut CpuStorage,
        _: &Layout,
        gradient: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let (kept, new) = (BETA_1 as f32, ((1.0 - BETA_1) * self.0.scale) as f32);
        for (first, gradient) in moved(first)?.iter_mut().zip(numbers(gradient, layout)?) {
            *first = *first * kept + gradient * new;
        }
        Ok(())
    }
}

impl InplaceOp2 for Second {
    fn name(&self) -> &'static str {
        "second moment"
    }

    fn cpu_fwd(
        &self,
        second: &mut CpuStorage,
        _: &Layout,
        gradient: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        let (kept, new) = (BETA_2 as f32, (1.0 - BETA_2) as f32);
        let scale = self.0.scale as f32;
        for (second, gradient) in moved(second)?.iter_mut().zip(numbers(gradient, layout)?) {
            let gradient = gradient * scale;
            *second = *second * kept + gradient * gradient * new;
        }
        Ok(())
    }
}

impl InplaceOp3 for Parameter {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        parameter: &mut CpuStorage,
        _: &Layout,
        first: &CpuStorage,
        first_layout: &Layout,
        second: &CpuStorage,
        second_layout: &Layout,
    ) -> Result<()> {
        let Step {
            rate,
            bias_1,
            bias_2,
            ..
        } = self.0;
        let (rate, part, epsilon) = (
            (rate / bias_1) as f32,
            (1.0 / bias_2) as f32,
            EPSILON as f32,
        );
        let first = numbers(first, first_layout)?;
        let second = numbers(second, second_layout)?;
        let moments = first.iter().zip(second);
        for (parameter, (first, second)) in moved(parameter)?.iter_mut().zip(moments) {
            *parameter -= first * rate / ((second * part).sqrt() + epsilon);
        }
        Ok(())
    }
}

/// The numbers of a tensor that has its memory for itself, as variables and moments do.
fn moved(storage: &mut CpuStorage) -> Result<&mut [f32]> {
    match storage {
        CpuStorage::F32(values) => Ok(values),
        _ => bail!("parameters are f32"),
    }
}

fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => bail!("gradients are f32 and contiguous"),
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn steps_are_those_of_the_paper() {
        let variables = [Var::new(&[1.0_f32, -2.0], &Device::Cpu).unwrap()];
        let mut adam = Adam::new(&variables).unwrap();
        let (mut x, mut m, mut v) = ([1.0_f64, -2.0], [0.0_f64; 2], [0.0_f64; 2]);
        for step in 1..=5 {
            let gradient = x.map(|x| 3.0 * x + 0.5);
            // Four times as much, to be scaled back.
            let given = gradient.map(|value| value as f32 * 4.0);
            let given = Tensor::new(&given, &Device::Cpu).unwrap();
            adam.step(&variables, &[given], 0.25, 0.01).unwrap();
            for at in 0..2 {
                m[at] = 0.9 * m[at] + 0.1 * gradient[at];
                v[at] = 0.999 * v[at] + 0.001 * gradient[at].powi(2);
                let m = m[at] / (1.0 - 0.9_f64.powi(step));
                let v = v[at] / (1.0 - 0.999_f64.powi(step));
                x[at] -= 0.01 * m / (v.sqrt() + 1e-8);
            }
            let found: Vec<f32> = variables[0].to_vec1().unwrap();
            for at in 0..2 {
                assert!(
                    (f64::from(found[at]) - x[at]).abs() < 1e-6,
                    "{found:?} {x:?}"
                );
            }
        }
    }
}
