//! One step: the gradient of a batch, put together from a few pictures at a time.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use candle_core::Tensor;
use imgcluster_core::{Job, for_each_block};

use super::augment::Change;
use super::loss::Objective;
use super::pictures::TrainingPictures;
use super::random::{Purpose, Random};
use super::{TrainError, TrainOptions};
use crate::autoencoder::network::Network;

/// How many pictures of 128 pixels a side, or fewer, go through the network at a time on the CPU: of
/// larger ones so many that they take about the same memory. Sums are taken over these first, so another
/// number would give other last digits.
const TOGETHER: usize = 8;

/// The same where the objective runs on one thread a call, and several calls share the work.
const APART: usize = 4;

/// What every step needs.
pub(super) struct Learner<'a> {
    pub(super) network: &'a Network,
    pub(super) objective: &'a Objective,
    pub(super) pictures: &'a TrainingPictures,
    pub(super) options: &'a TrainOptions,
    pub(super) job: &'a Job<'a>,
    pub(super) is_on_cpu: bool,
}

/// What came of a batch.
pub(super) struct Learnt {
    /// The sum of the losses of its pictures.
    pub(super) loss: f64,
    /// The gradient of that sum, parameter by parameter.
    pub(super) gradients: Vec<Tensor>,
}

impl Learner<'_> {
    /// The loss of a batch as it is seen in an epoch, and its gradient.
    pub(super) fn learn(&self, batch: &[usize], epoch: u32) -> Result<Learnt, TrainError> {
        let parts = self.in_parts(batch, |part| {
            let (seen, wanted) = self.changed(part, epoch);
            let (seen, wanted) = (
                self.network.pictures(&seen)?,
                self.network.pictures(&wanted)?,
            );
            let output = self.network.decode(&self.network.encode(&seen)?)?;
            let loss = self.objective.sum(&output, &wanted)?;
            let mut gradients = loss.backward()?;
            let variables = self.network.variables().iter();
            let gradients: candle_core::Result<Vec<Tensor>> = variables
                .map(|variable| match gradients.remove(variable) {
                    // Else it would hold on to all it was computed from, and moments to all gradients.
                    Some(gradient) => Ok(gradient.detach()),
                    None => variable.zeros_like(),
                })
                .collect();
            Ok((scalar(&loss)?, gradients?))
        })?;
        let mut loss = 0.0;
        let mut sums: Option<Vec<Tensor>> = None;
        for (part, gradients) in parts {
            loss += part;
            sums = Some(match sums {
                None => gradients,
                Some(sums) => added(&sums, &gradients)?,
            });
        }
        Ok(Learnt {
            loss,
            gradients: sums.unwrap_or_default(),
        })
    }

    /// The sum of the losses of pictures as they are.
    pub(super) fn evaluate(&self, pictures: &[usize]) -> Result<f64, TrainError> {
        let parts = self.in_parts(pictures, |part| {
            let pictures = self.network.pictures(&self.unchanged(part))?;
            let output = self.network.decode(&self.network.encode(&pictures)?)?;
            scalar(&self.objective.sum(&output, &pictures)?)
        })?;
        Ok(parts.into_iter().sum())
    }

    /// What comes back of pictures as they are, one after the other.
    pub(super) fn returned(&self, pictures: &[usize]) -> Result<Vec<f32>, TrainError> {
        let parts = self.in_parts(pictures, |part| {
            let pictures = self.network.pictures(&self.unchanged(part))?;
            let returned = self.network.decode(&self.network.encode(&pictures)?)?;
            returned.flatten_all()?.to_vec1()
        })?;
        Ok(parts.concat())
    }

    /// Pictures as they are, one after the other, as numbers in [0, 1].
    fn unchanged(&self, pictures: &[usize]) -> Vec<f32> {
        let bytes = pictures.iter().flat_map(|at| self.pictures.rgb(*at));
        bytes.map(|byte| f32::from(*byte) / 255.0).collect()
    }

    /// Pictures as an epoch sees them, and as they should come back.
    fn changed(&self, pictures: &[usize], epoch: u32) -> (Vec<f32>, Vec<f32>) {
        if !self.options.augment {
            let seen = self.unchanged(pictures);
            return (seen.clone(), seen);
        }
        let side = self.pictures.side();
        let length = side * side * 3;
        let mut seen = vec![0.0; pictures.len() * length];
        let mut wanted = seen.clone();
        let places = seen
            .chunks_exact_mut(length)
            .zip(wanted.chunks_exact_mut(length));
        for (at, (seen, wanted)) in pictures.iter().zip(places) {
            let numbers = [u64::from(epoch), *at as u64];
            let mut random = Random::of(self.options.seed, Purpose::Augmentation, numbers);
            let change = Change::draw(&mut random, side);
            change.apply(self.pictures.rgb(*at), side, seen, wanted);
        }
        (seen, wanted)
    }

    /// Computes something for a few pictures at a time, in order.
    ///
    /// Candle's operations take all threads by themselves, of pools that all callers share: several at once would
    /// only wait for each other. Only a heavy objective, which does not, is called from several threads.
    fn in_parts<T: Send>(
        &self,
        pictures: &[usize],
        compute: impl Fn(&[usize]) -> candle_core::Result<T> + Sync,
    ) -> Result<Vec<T>, TrainError> {
        if !self.is_on_cpu {
            self.job.check()?;
            return Ok(vec![compute(pictures)?]);
        }
        let few = self.few();
        if !self.objective.is_heavy() {
            let parts = pictures.chunks(few.get()).map(|part| {
                self.job.check()?;
                Ok(compute(part)?)
            });
            return parts.collect();
        }
        let parts: Vec<Mutex<Option<candle_core::Result<T>>>> = pictures
            .chunks(few.get())
            .map(|_| Mutex::new(None))
            .collect();
        let of_block = |(): &mut (), range: Range<usize>| {
            let part = range.start / few;
            let computed = compute(&pictures[range]);
            *parts[part].lock().unwrap_or_else(PoisonError::into_inner) = Some(computed);
        };
        for_each_block(self.job, pictures.len(), few, || (), of_block)?;
        let computed = parts
            .into_iter()
            .filter_map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(computed.collect::<candle_core::Result<Vec<T>>>()?)
    }

    /// How many pictures are computed at a time.
    fn few(&self) -> NonZeroUsize {
        let most = if self.objective.is_heavy() {
            APART
        } else {
            TOGETHER
        };
        let side = self.pictures.side().max(128);
        NonZeroUsize::new(most * 128 * 128 / (side * side)).unwrap_or(NonZeroUsize::MIN)
    }
}

fn added(sums: &[Tensor], gradients: &[Tensor]) -> candle_core::Result<Vec<Tensor>> {
    let both = sums.iter().zip(gradients);
    both.map(|(sum, gradient)| sum + gradient).collect()
}

fn scalar(value: &Tensor) -> candle_core::Result<f64> {
    value.to_dtype(candle_core::DType::F64)?.to_scalar()
}
