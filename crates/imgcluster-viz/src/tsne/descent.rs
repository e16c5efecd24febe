//! Gradient descent on the map: a resumable optimiser, one round a call.

use imgcluster_core::{Cancelled, Job};

use super::affinities::Affinities;
use super::repulsion::Sources;
use super::tasks::for_each_task;
use super::tree::Tree;

/// Up to this many points every pair is looked at; a tree saves nothing yet.
const EVERY_PAIR: usize = 1_000;
/// Points a thread takes at a time.
const BLOCK: usize = 64;
/// A step's gain never falls below this.
const LEAST_GAIN: f32 = 0.01;

/// What one round does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// How many times too strong points attract each other.
    pub(super) exaggeration: f32,
    /// How much of the last step is taken again.
    pub(super) momentum: f32,
    /// The step per unit of gradient.
    pub(super) learning_rate: f32,
    /// How coarse far crowds may be; 0 looks at every pair.
    pub(super) theta: f32,
}

/// The state between two rounds.
#[derive(Debug)]
pub(super) struct Descent<'a> {
    affinities: &'a Affinities,
    places: Vec<[f32; 2]>,
    motions: Vec<Motion>,
    tree: Tree,
    pushes: Vec<[f32; 2]>,
}

/// How a point moves.
#[derive(Debug, Clone, Copy)]
struct Motion {
    step: [f32; 2],
    gain: [f32; 2],
}

impl<'a> Descent<'a> {
    pub(super) fn new(affinities: &'a Affinities, start: Vec<[f32; 2]>) -> Self {
        let rest = Motion {
            step: [0.0; 2],
            gain: [1.0; 2],
        };
        Self {
            affinities,
            motions: vec![rest; start.len()],
            pushes: vec![[0.0; 2]; start.len()],
            places: start,
            tree: Tree::default(),
        }
    }

    /// Gives the map, centred.
    pub(super) fn into_places(mut self) -> Vec<[f32; 2]> {
        let count = self.places.len().max(1) as f64;
        for axis in 0..2 {
            let sum: f64 = self.places.iter().map(|place| f64::from(place[axis])).sum();
            let mean = (sum / count) as f32;
            self.places.iter_mut().for_each(|place| place[axis] -= mean);
        }
        self.places
    }

    /// Takes one step.
    pub(super) fn advance(&mut self, round: Round, job: &Job<'_>) -> Result<(), Cancelled> {
        let norm = if self.places.len() <= EVERY_PAIR || round.theta == 0.0 {
            self.push_every_pair(job)?
        } else {
            self.push_by_tree(round.theta, job)?
        };
        self.step(round, (1.0 / norm) as f32, job)
    }

    /// Fills `pushes` from all pairs and gives the sum of all norms.
    fn push_every_pair(&mut self, job: &Job<'_>) -> Result<f64, Cancelled> {
        let mut sources = Sources::default();
        self.places
            .iter()
            .for_each(|place| sources.add(*place, 1.0));
        sources.pad();
        let mut norms = vec![0.0; self.places.len().div_ceil(BLOCK)];
        let places = self.places.chunks(BLOCK);
        let tasks = places.zip(self.pushes.chunks_mut(BLOCK)).zip(&mut norms);
        for_each_task(
            job,
            tasks,
            || (),
            |(), ((places, pushes), norm)| *norm = push_all(&sources, places, pushes),
        )?;
        Ok(total(&norms))
    }

    /// Fills `pushes`, far crowds counting as one, and gives the sum of all norms.
    fn push_by_tree(&mut self, theta: f32, job: &Job<'_>) -> Result<f64, Cancelled> {
        self.tree.rebuild(&self.places);
        let tree = &self.tree;
        let mut sorted = vec![[0.0_f32; 2]; self.places.len()];
        let mut norms = vec![0.0; tree.leaves().count()];
        let mut rest = sorted.as_mut_slice();
        let tasks = tree.leaves().zip(&mut norms).map(|(leaf, norm)| {
            let (pushes, after) = std::mem::take(&mut rest).split_at_mut(leaf.len());
            rest = after;
            (leaf, pushes, norm)
        });
        for_each_task(
            job,
            tasks,
            Sources::default,
            |sources, (leaf, pushes, norm)| {
                tree.gather(leaf.clone(), theta, sources);
                *norm = push_all(sources, &tree.places[leaf], pushes);
            },
        )?;
        for (index, push) in tree.order.iter().zip(sorted) {
            self.pushes[*index as usize] = push;
        }
        Ok(total(&norms))
    }

    /// Moves every point along its force.
    ///
    /// The steps with one gain a coordinate are those of Jacobs, *Increased rates of convergence
    /// through learning rate adaptation*, 1988, as in the reference t-SNE.
    fn step(&mut self, round: Round, scale: f32, job: &Job<'_>) -> Result<(), Cancelled> {
        let (old, affinities, pushes) = (&self.places, self.affinities, &self.pushes);
        let mut new = old.clone();
        let blocks = new.chunks_mut(BLOCK).zip(self.motions.chunks_mut(BLOCK));
        let tasks = blocks.zip((0..).step_by(BLOCK));
        for_each_task(
            job,
            tasks,
            || (),
            |(), ((places, motions), first)| {
                for ((place, motion), row) in places.iter_mut().zip(motions).zip(first..) {
                    let pull = pull(affinities, old, row);
                    for axis in 0..2 {
                        let gradient = round.exaggeration * pull[axis] - scale * pushes[row][axis];
                        place[axis] += motion.along(axis, gradient, round);
                    }
                }
            },
        )?;
        self.places = new;
        Ok(())
    }
}

impl Motion {
    /// Updates the step along one axis and gives it.
    fn along(&mut self, axis: usize, gradient: f32, round: Round) -> f32 {
        let (step, gain) = (&mut self.step[axis], &mut self.gain[axis]);
        let turned = *step * gradient > 0.0;
        *gain = if turned { *gain * 0.8 } else { *gain + 0.2 }.max(LEAST_GAIN);
        *step = round.momentum * *step - round.learning_rate * *gain * gradient;
        *step
    }
}

/// Pushes each point and gives the sum of norms, each point's own left out.
fn push_all(sources: &Sources, places: &[[f32; 2]], pushes: &mut [[f32; 2]]) -> f64 {
    let mut norm = 0.0;
    for (place, out) in places.iter().zip(pushes) {
        let push = sources.push(*place);
        *out = push.force;
        norm += f64::from(push.norm) - 1.0;
    }
    norm
}

/// Sums in a fixed order; never zero, because the map divides by it.
fn total(norms: &[f64]) -> f64 {
    norms.iter().sum::<f64>().max(f64::MIN_POSITIVE)
}

/// What draws a point towards its neighbours, with the opposite sign.
fn pull(affinities: &Affinities, places: &[[f32; 2]], row: usize) -> [f32; 2] {
    let [x, y] = places[row];
    let mut sum = [0.0_f32; 2];
    for (other, affinity) in affinities.row(row) {
        let [other_x, other_y] = places[other as usize];
        let (dx, dy) = (x - other_x, y - other_y);
        let weight = affinity / (1.0 + dx * dx + dy * dy);
        sum[0] += weight * dx;
        sum[1] += weight * dy;
    }
    sum
}
