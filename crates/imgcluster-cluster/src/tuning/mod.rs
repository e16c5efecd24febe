//! What every threshold would give.
//!
//! One step a file: [`scale`] has the thresholds, [`pass`] sees every pair once, for which [`forest`],
//! [`nearest`] and [`reservoir`] keep little of each, [`curve`] sweeps over the forest, [`suggest`]
//! points out thresholds, [`shown`] chooses pairs to show and to ask about, and [`precision`] makes of
//! the answers how many pairs are right.

mod curve;
mod edge;
mod forest;
mod logarithm;
mod nearest;
mod pass;
mod precision;
mod reservoir;
mod sample;
mod scale;
mod shown;
mod suggest;

use std::num::{NonZeroU16, NonZeroUsize};

use imgcluster_core::{Cancelled, Job, Neighbors, Radius};

pub use curve::CurveRow;
pub use precision::{LabelledPair, PrecisionRow, precision};
use reservoir::Drawn;
pub use sample::sample;
use scale::Scale;
pub use shown::{pairs_to_label, pairs_to_show};
pub use suggest::{RadiusSuggestion, Suggestion, SuggestionKind};

/// Pairs that are kept at each threshold to be shown.
const DRAWN: usize = 32;

/// How thresholds are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TuneOptions {
    /// What makes a core row of DBSCAN: so many rows within the radius, itself included.
    /// Default: 2.
    pub min_samples: NonZeroUsize,
    /// How far thresholds are apart, in ten-thousandths of similarity. `None` takes the values that
    /// occur where all are multiples of 1/256, as those of hashes; else 0.005, and 0.001 from 0.9 on.
    /// Default: `None`.
    pub step: Option<NonZeroU16>,
    /// How many items these were drawn from by chance: what is recommended is meant for all of those,
    /// among which clusters are larger and more pairs alike by chance. `None` is no others.
    /// Default: `None`.
    pub population: Option<NonZeroUsize>,
    /// The similarity that was measured to suit what compares the items; it is recommended where these
    /// do not tell of a better one. `None`, like a number that is not from -1 to 1, is none.
    /// Default: `None`.
    pub usual: Option<f64>,
    /// Chooses the pairs that are shown. Default: 0.
    pub seed: u64,
}

impl Default for TuneOptions {
    fn default() -> Self {
        Self {
            min_samples: NonZeroUsize::new(2).expect("two is not zero"),
            step: None,
            population: None,
            usual: None,
            seed: 0,
        }
    }
}

/// Two items and how alike they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplePair {
    /// The item that comes first.
    pub a: u32,
    /// The other one.
    pub b: u32,
    /// How far they are apart.
    pub distance: f32,
}

impl SamplePair {
    /// How alike they are: 1 - distance.
    pub fn similarity(&self) -> f64 {
        1.0 - f64::from(self.distance)
    }
}

/// Pairs between two neighbouring thresholds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramBar {
    /// The smallest similarity, inclusive.
    pub low: f64,
    /// The similarity at which the next bar begins; that of the first bar is its own 1.
    pub high: f64,
    /// How many pairs lie between.
    pub pairs: u64,
}

/// What every threshold would give of some items.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// How many items there are.
    pub count: usize,
    /// One row a threshold, strictest first: from similarity 1 to the first that admits every pair,
    /// or to -1. Never empty.
    pub curve: Vec<CurveRow>,
    /// What makes a core row of DBSCAN.
    pub min_samples: NonZeroUsize,
    /// The distance of each item to the nearest other that makes it core, ascending: the radius from
    /// which on so many are. Empty where there are fewer items than `min_samples`.
    pub k_distances: Vec<f32>,
    /// Thresholds to look at, [`SuggestionKind::Recommended`] first where there is one; empty where
    /// nothing can be said.
    pub suggestions: Vec<Suggestion>,
    /// Radii for DBSCAN to look at, the recommended first where there is one; empty where nothing can
    /// be said.
    pub radius_suggestions: Vec<RadiusSuggestion>,
    /// Some pairs of each threshold, nearest first.
    drawn: Vec<Drawn>,
    /// The largest distance that each row of the curve admits.
    radii: Vec<f32>,
}

impl Tuning {
    /// Counts the pairs between neighbouring thresholds, strictest first.
    pub fn histogram(&self) -> Vec<HistogramBar> {
        let before = std::iter::once(None).chain(self.curve.iter().map(Some));
        let bar = |(row, before): (&CurveRow, Option<&CurveRow>)| HistogramBar {
            low: row.threshold,
            high: before.map_or(row.threshold, |before| before.threshold),
            pairs: row.pairs - before.map_or(0, |before| before.pairs),
        };
        self.curve.iter().zip(before).map(bar).collect()
    }

    /// Gives the suggestion of a kind, where there is one.
    pub fn suggestion(&self, kind: SuggestionKind) -> Option<&Suggestion> {
        let mut all = self.suggestions.iter();
        all.find(|suggestion| suggestion.kind == kind)
    }

    /// Gives the row of the strictest threshold that admits a pair so far apart; `None` where none does.
    pub fn strictest(&self, distance: f32) -> Option<&CurveRow> {
        self.place(distance).map(|place| &self.curve[place])
    }

    /// Finds the row of the curve that is the first to admit a distance; `None` where none does.
    fn place(&self, distance: f32) -> Option<usize> {
        let place = self.radii.partition_point(|radius| *radius < distance);
        (place < self.radii.len()).then_some(place)
    }
}

/// Finds what every threshold would give, and which are worth a look.
///
/// Measures every pair once and keeps no table of them: the rows of the curve are exactly what
/// [`Threshold`](crate::Threshold) finds at these thresholds. The answer does not depend on threads.
/// Memory: about 12 bytes for each of 4 edges an item or of 2²⁰, and [`TuneOptions::min_samples`]
/// distances of 4 bytes an item.
///
/// # Errors
/// [`Cancelled`] if the job was cancelled.
pub fn sweep(
    neighbors: &dyn Neighbors,
    options: &TuneOptions,
    job: &Job<'_>,
) -> Result<Tuning, Cancelled> {
    let count = neighbors.len();
    let usual = options
        .usual
        .and_then(|usual| Radius::from_similarity(usual).ok());
    let round = Scale::round(options.step).with(options.usual);
    let seen = pass::see(neighbors, &round, options, job)?;
    let steps = seen.steps.scale().filter(|_| options.step.is_none());
    let (scale, counts) = steps.unwrap_or((round, seen.counts));
    let total = count as u64 * (count as u64).saturating_sub(1) / 2;
    let curve = curve::curve(count, &scale, &counts, total, &seen.forest);
    let radii = scale.all().take(curve.len()).map(|(_, radius)| radius);
    let radii: Vec<f32> = radii.collect();
    let population = options.population.map_or(count, NonZeroUsize::get);
    // The row that admits just the pairs that the usual similarity does.
    let usual = usual.map(|usual| radii.partition_point(|radius| *radius <= usual.get()));
    let sample = suggest::Sample {
        count,
        population,
        usual: usual.and_then(|after| after.checked_sub(1)),
    };
    let suggestions = suggest::thresholds(sample, &curve, &radii, &seen.forest);
    let recommended = suggestions.first().and_then(|first| {
        let place = curve.partition_point(|row| row.threshold > first.row.threshold);
        (first.kind == SuggestionKind::Recommended).then(|| radii[place])
    });
    Ok(Tuning {
        count,
        suggestions,
        radius_suggestions: suggest::radii(recommended, &seen.nearest),
        radii,
        curve,
        min_samples: options.min_samples,
        k_distances: seen.nearest,
        drawn: seen.drawn,
    })
}
