//! How points push each other apart.

/// Sources taken side by side. Sums are kept per lane, so that the answer is the same whatever
/// vector instructions the processor has. With 16 the compiler finds those (0.5 ns a pair with
/// SSE2); with 4 or 8 it does not (1.8 ns).
const LANES: usize = 16;

/// Points, or centres of many points, that push; structure of arrays for vector instructions.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    x: Vec<f32>,
    y: Vec<f32>,
    weight: Vec<f32>,
}

/// What one point feels, before it is divided by the sum of all norms.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Push {
    /// The force along x and y.
    pub(super) force: [f32; 2],
    /// The sum of `1 / (1 + distance²)`.
    pub(super) norm: f32,
}

impl Sources {
    pub(super) fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.weight.clear();
    }

    /// Adds `weight` points at one place.
    pub(super) fn add(&mut self, [x, y]: [f32; 2], weight: f32) {
        self.x.push(x);
        self.y.push(y);
        self.weight.push(weight);
    }

    /// Fills the last lanes with sources of no weight; to be called after the last
    /// [`Sources::add`].
    pub(super) fn pad(&mut self) {
        while !self.x.len().is_multiple_of(LANES) {
            self.add([0.0; 2], 0.0);
        }
    }

    /// Sums what all sources do to one point: `w²·(point - source)` and `w` with
    /// `w = 1 / (1 + distance²)`. A source at the point itself adds its weight to the norm.
    pub(super) fn push(&self, [x, y]: [f32; 2]) -> Push {
        let mut along_x = [0.0_f32; LANES];
        let mut along_y = [0.0_f32; LANES];
        let mut norms = [0.0_f32; LANES];
        let (xs, _) = self.x.as_chunks::<LANES>();
        let (ys, _) = self.y.as_chunks::<LANES>();
        let (weights, _) = self.weight.as_chunks::<LANES>();
        for ((xs, ys), weights) in xs.iter().zip(ys).zip(weights) {
            for lane in 0..LANES {
                let (dx, dy) = (x - xs[lane], y - ys[lane]);
                let likeness = 1.0 / (1.0 + dx * dx + dy * dy);
                let norm = weights[lane] * likeness;
                let pull = norm * likeness;
                norms[lane] += norm;
                along_x[lane] += pull * dx;
                along_y[lane] += pull * dy;
            }
        }
        Push {
            force: [along_x.iter().sum(), along_y.iter().sum()],
            norm: norms.iter().sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_pushes_nobody() {
        let mut sources = Sources::default();
        sources.pad();
        assert_eq!(sources.push([1.0, 2.0]), Push::default());
    }

    #[test]
    fn padding_weighs_nothing() {
        let mut sources = Sources::default();
        sources.add([1.0, 0.0], 2.0);
        sources.pad();
        let push = sources.push([0.0, 0.0]);
        assert!((push.force[0] + 0.5).abs() < f32::EPSILON);
        assert!((push.norm - 1.0).abs() < f32::EPSILON);
    }
}
