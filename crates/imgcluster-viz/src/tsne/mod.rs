//! t-SNE: a map on which alike pictures lie together.
//!
//! The stages are replaceable parts: who is near whom (any [`Neighbors`]), `affinities`, `start`,
//! and `descent`, which takes one round a call.

mod affinities;
mod descent;
mod repulsion;
mod sample;
mod start;
mod subspace;
mod tasks;
mod tree;

use std::num::NonZeroUsize;

use imgcluster_core::{BoxError, Cancelled, Job, Layout, Points, Projector, Stage};

use affinities::{Affinities, squared_distances};
use descent::{Descent, Round};

/// Neighbours per unit of perplexity; beyond three the Gaussian has died away.
const REACH: f64 = 3.0;
/// Points too few for neighbourhoods.
const FEW: usize = 4;
/// Rounds between two notes to the reporter.
const NOTE: usize = 25;

/// Lays points out by t-SNE.
///
/// van der Maaten and Hinton, *Visualizing Data using t-SNE*, 2008, with exact neighbours, a start
/// from principal components, and repulsion over every pair up to 1,000 points and over a tree
/// (Barnes and Hut) above. The same points and seed give the same map, at any number of threads.
/// Up to three points are put on a circle. Above [`TSne::sample`] points a seeded sample is laid
/// out, and each other point is put at the weighted mean of its nearest ones there.
#[derive(Debug, Clone, PartialEq)]
pub struct TSne {
    /// About how many neighbours each point has; at least 1, and no more than a third of the
    /// other points. Default: 30.
    pub perplexity: f64,
    /// Sets the noise in the start and the choice of a sample. Default: 0.
    pub seed: u64,
    /// How many rounds the map is refined. Default: 1000.
    pub rounds: usize,
    /// In how many of these points attract each other more than they should, so that clusters
    /// gather. Default: 250.
    pub early_rounds: usize,
    /// How many times too strong they attract each other in those rounds. Default: 12.
    pub exaggeration: f64,
    /// How coarse far crowds may be: the largest side of a crowd's box over its distance. 0 looks
    /// at every pair. Default: 0.5.
    pub theta: f64,
    /// How many points are laid out at most; the rest is placed among them. Default: 20,000.
    pub sample: NonZeroUsize,
}

impl Default for TSne {
    fn default() -> Self {
        Self {
            perplexity: 30.0,
            seed: 0,
            rounds: 1000,
            early_rounds: 250,
            exaggeration: 12.0,
            theta: 0.5,
            sample: const { NonZeroUsize::new(20_000).expect("not zero") },
        }
    }
}

impl Projector for TSne {
    fn project(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Layout, BoxError> {
        let places = if points.len() <= self.sample.get() {
            self.lay_out(points, job)?
        } else {
            sample::lay_out(self, points, job)?
        };
        Ok(Layout { places })
    }
}

impl TSne {
    /// Lays all points out.
    fn lay_out(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Vec<[f32; 2]>, Cancelled> {
        let count = points.len();
        if count < FEW {
            return Ok(circle(count));
        }
        let stage = job.stage(Stage::Project, Some(self.rounds as u64));
        let affinities = self.affinities(points, job)?;
        let start = start::start(points, self.seed, job)?;
        let mut descent = Descent::new(&affinities, start);
        for round in 0..self.rounds {
            job.check()?;
            descent.advance(self.round(round, count), job)?;
            if (round + 1) % NOTE == 0 {
                stage.advance(NOTE as u64);
            }
        }
        Ok(descent.into_places())
    }

    fn affinities(&self, points: &Points<'_>, job: &Job<'_>) -> Result<Affinities, Cancelled> {
        let others = (points.len() - 1) as f64;
        // `max` and `min` also settle a perplexity that is not a number.
        let perplexity = self.perplexity.max(1.0).min(others / REACH);
        let k = NonZeroUsize::new((REACH * perplexity).round() as usize);
        let graph = points
            .neighbors()
            .knn(k.unwrap_or(NonZeroUsize::MIN), job)?;
        let squared = squared_distances(&graph, points.rows());
        Affinities::new(&graph, &squared, perplexity, job)
    }

    /// What one round does: Belkina and others, *Automated optimized parameters for t-SNE*, 2019,
    /// for the learning rate.
    fn round(&self, round: usize, count: usize) -> Round {
        let early = round < self.early_rounds;
        Round {
            exaggeration: if early { self.exaggeration as f32 } else { 1.0 },
            momentum: if early { 0.5 } else { 0.8 },
            learning_rate: (count as f64 / self.exaggeration.max(1.0)).max(LEAST_RATE) as f32,
            theta: self.theta as f32,
        }
    }
}

/// The least learning rate.
const LEAST_RATE: f64 = 200.0;

/// Places few points evenly on a circle; one alone in the middle.
fn circle(count: usize) -> Vec<[f32; 2]> {
    if count == 1 {
        return vec![[0.0; 2]];
    }
    let angle = |point: usize| std::f64::consts::TAU * point as f64 / count as f64;
    (0..count)
        .map(|point| [angle(point).cos() as f32, angle(point).sin() as f32])
        .collect()
}

#[cfg(test)]
mod tests;
