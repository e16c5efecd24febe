//! Thresholds of similarity, and which pairs each admits.

use std::num::NonZeroU16;

use imgcluster_core::Radius;

/// Parts of a unit of similarity that thresholds are counted in.
const PARTS: i64 = 10_000;
/// How far thresholds are apart, in those parts: below [`FINE_FROM`], and from there on.
const STEP: i64 = 50;
const FINE_STEP: i64 = 10;
const FINE_FROM: i64 = 9_000;

/// Distances that are all multiples of one part of this many are steps, as those of hashes are.
const STEPS: f32 = 256.0;
/// Multiples from distance 0 to 2.
const MULTIPLES: usize = 2 * 256 + 1;

/// Thresholds, strictest first: from similarity 1 down to at least -1.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    thresholds: Vec<f64>,
    /// The largest distance each admits, just as the algorithm `threshold` has it.
    radii: Vec<f32>,
}

impl Scale {
    /// Makes round thresholds, so many ten-thousandths apart; with `None` 0.005 apart, and 0.001
    /// from 0.9 on, where models put copies.
    pub(super) fn round(step: Option<NonZeroU16>) -> Self {
        let below = |at: i64| match step {
            Some(step) => at - i64::from(step.get()),
            None if at > FINE_FROM => at - FINE_STEP,
            None => at - STEP,
        };
        let ends = std::iter::successors(Some(PARTS), |at| Some(below(*at).max(-PARTS)));
        let inside = ends.take_while(|at| *at > -PARTS);
        let all = inside.chain([-PARTS]);
        Self::new(all.map(|at| at as f64 / PARTS as f64).collect())
    }

    /// Adds a threshold, unless one admits the very same distances; one that is not from -1 to 1 is
    /// left out.
    pub(super) fn with(mut self, threshold: Option<f64>) -> Self {
        let threshold = threshold.map(|threshold| (threshold, Radius::from_similarity(threshold)));
        if let Some((threshold, Ok(radius))) = threshold {
            let place = self.place(radius.get());
            if self.radii.get(place) != Some(&radius.get()) {
                self.thresholds.insert(place, threshold);
                self.radii.insert(place, radius.get());
            }
        }
        self
    }

    fn new(thresholds: Vec<f64>) -> Self {
        let radius = |threshold: &f64| {
            let radius = Radius::from_similarity(*threshold);
            radius.expect("a threshold lies between -1 and 1").get()
        };
        Self {
            radii: thresholds.iter().map(radius).collect(),
            thresholds,
        }
    }

    /// Counts the thresholds.
    pub(super) fn len(&self) -> usize {
        self.thresholds.len()
    }

    /// Finds the strictest threshold that admits a distance; `len()` where none does.
    pub(super) fn place(&self, distance: f32) -> usize {
        self.radii.partition_point(|radius| *radius < distance)
    }

    /// The thresholds and the largest distance each admits, strictest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (f64, f32)> {
        let radii = self.radii.iter().copied();
        self.thresholds.iter().copied().zip(radii)
    }
}

/// Counts distances by value, as long as all are steps.
#[derive(Debug, Clone)]
pub(super) struct Steps {
    /// Pairs at each multiple; `None` once a distance was no step.
    counts: Option<Vec<u64>>,
}

impl Steps {
    pub(super) fn new() -> Self {
        Self {
            counts: Some(vec![0; MULTIPLES]),
        }
    }

    pub(super) fn count(&mut self, distance: f32) {
        let Some(counts) = &mut self.counts else {
            return;
        };
        // Exact: a power of two.
        let multiple = distance * STEPS;
        let place = multiple as usize;
        if multiple.fract() == 0.0 && place < MULTIPLES {
            counts[place] += 1;
        } else {
            self.counts = None;
        }
    }

    /// Adds the counts of `other`, which starts anew.
    pub(super) fn take(&mut self, other: &mut Self) {
        match (&mut self.counts, &mut other.counts) {
            (Some(counts), Some(others)) => {
                for (count, other) in counts.iter_mut().zip(others) {
                    *count += std::mem::take(other);
                }
            }
            (counts, _) => *counts = None,
        }
    }

    /// The values that occur as thresholds, after 1, and the pairs at each; `None` where some
    /// distance was no step.
    pub(super) fn scale(&self) -> Option<(Scale, Vec<u64>)> {
        let counts = self.counts.as_ref()?.iter().enumerate();
        let used = counts.filter(|(place, count)| *place == 0 || **count > 0);
        let (thresholds, counts) = used
            .map(|(place, count)| (1.0 - place as f64 / f64::from(STEPS), *count))
            .unzip();
        Some((Scale::new(thresholds), counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_thresholds_read_as_they_are_typed() {
        let scale = Scale::round(None);
        let shown: Vec<String> = scale.thresholds.iter().map(f64::to_string).collect();
        assert_eq!(
            (&shown[..3], scale.len()),
            (&["1", "0.999", "0.998"].map(String::from)[..], 481)
        );
        assert_eq!(&shown[99..103], ["0.901", "0.9", "0.895", "0.89"]);
        assert_eq!(shown[480], "-1");
        assert!(shown.iter().all(|text| text.len() <= 6), "{shown:?}");
        assert!(scale.radii.is_sorted_by(|a, b| a < b));
        let coarse = Scale::round(NonZeroU16::new(3_000)).thresholds;
        assert_eq!(coarse, [1.0, 0.7, 0.4, 0.1, -0.2, -0.5, -0.8, -1.0]);
    }

    #[test]
    fn a_threshold_is_added_in_its_place_and_once() {
        let coarse = || Scale::round(NonZeroU16::new(5_000));
        for (added, expected) in [
            (Some(0.1), &[1.0, 0.5, 0.1, 0.0, -0.5, -1.0][..]),
            (Some(0.5), &[1.0, 0.5, 0.0, -0.5, -1.0]),
            (Some(-1.0), &[1.0, 0.5, 0.0, -0.5, -1.0]),
            (Some(f64::NAN), &[1.0, 0.5, 0.0, -0.5, -1.0]),
            (Some(1.5), &[1.0, 0.5, 0.0, -0.5, -1.0]),
            (None, &[1.0, 0.5, 0.0, -0.5, -1.0]),
        ] {
            let scale = coarse().with(added);
            assert_eq!(scale.thresholds, expected);
            assert!(scale.radii.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn a_distance_is_admitted_by_the_threshold_it_is_exactly_at() {
        let scale = Scale::round(None);
        for (place, (threshold, radius)) in scale.all().enumerate() {
            assert_eq!(scale.place(radius), place, "{threshold}");
            assert_eq!(scale.place(radius.next_up()), place + 1, "{threshold}");
        }
        assert_eq!(scale.place(5.0), scale.len());
    }

    #[test]
    fn steps_are_told_by_their_values() {
        let mut steps = Steps::new();
        for distance in [0.125, 0.25, 0.125, 1.0] {
            steps.count(distance);
        }
        let (scale, counts) = steps.scale().unwrap();
        assert_eq!(
            (scale.thresholds, counts),
            (vec![1.0, 0.875, 0.75, 0.0], vec![0, 2, 1, 1])
        );
        let mut other = Steps::new();
        other.count(0.3);
        assert!(other.scale().is_none());
        steps.take(&mut other);
        assert!(steps.scale().is_none());
    }
}
