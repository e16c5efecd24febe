//! From labels of some pairs: how many of all pairs at a threshold are right.

use std::collections::BTreeMap;

use super::shown::layers;
use super::{SamplePair, Tuning};

/// The standard normal quantile of a two-sided interval of 95 %.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// What a person said of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelledPair {
    /// The pair, with the distance it has among the items that were tuned.
    pub pair: SamplePair,
    /// Whether the two belong together.
    pub alike: bool,
}

/// How many of the pairs at or above a threshold belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrecisionRow {
    /// The similarity from which on a pair is alike, inclusive.
    pub threshold: f64,
    /// Pairs at or above it.
    pub pairs: u64,
    /// How many of them were labelled.
    pub labelled: usize,
    /// How many of these belong together.
    pub alike: usize,
    /// The share of all of them that belongs together, as estimated; `None` where some layer of
    /// them has no label.
    pub precision: Option<f64>,
    /// The lower end of the interval that covers the true share with 95 %, in \[0, 1\].
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Estimates the share of right pairs at some thresholds around the suggestions, strictest first.
///
/// Pairs are parted into layers between neighbouring thresholds, the ones that
/// [`pairs_to_label`](super::pairs_to_label) draws from; labels of pairs elsewhere are left out, and of
/// several labels of one pair the last counts. The share of each layer is that of its labels, with the
/// interval of Wilson (*Probable inference, the law of succession, and statistical inference*, JASA 1927); a
/// layer whose pairs all have labels is known. The shares are weighted by the pairs in each layer and their
/// intervals combined by MOVER (Zou and Donner, *Construction of confidence limits about effect measures*,
/// Statistics in Medicine 2008; Yan and Su, *Stratified Wilson and Newcombe confidence intervals for multiple
/// binomial proportions*, Statistics in Biopharmaceutical Research 2010). A layer without labels may have any
/// share from 0 to 1.
///
/// `copies` is the number of pairs that are copies of one file. These are at similarity 1, nobody is asked
/// about them, and they are right.
///
/// That holds where the labelled pairs of a layer are a draw by chance. Whoever labels only what looks
/// doubtful gets an answer for what looks doubtful.
pub fn precision(tuning: &Tuning, labels: &[LabelledPair], copies: u64) -> Vec<PrecisionRow> {
    let layers = layers(tuning);
    let mut labelled = vec![(0, 0); layers.len()];
    let by_pair = labels.iter().map(|label| {
        let SamplePair { a, b, .. } = label.pair;
        ((a.min(b), a.max(b)), label)
    });
    for label in by_pair.collect::<BTreeMap<_, _>>().values() {
        let layer = tuning.place(label.pair.distance).and_then(|place| {
            let mut layers = layers.iter();
            layers.position(|layer| layer.rows.contains(&place))
        });
        if let Some(layer) = layer {
            labelled[layer].0 += 1;
            labelled[layer].1 += usize::from(label.alike);
        }
    }
    // The first layer begins at similarity 1.
    let copies = layers.first().map_or(0, |first| copies.min(first.pairs));
    let mut shares = vec![Share::known(copies)];
    let others = layers.iter().zip(labelled).enumerate();
    shares.extend(others.map(|(place, (layer, (labelled, alike)))| {
        let pairs = layer.pairs - if place == 0 { copies } else { 0 };
        Share::of(pairs, labelled, alike)
    }));
    let rows = layers.iter().enumerate();
    let rows = rows.map(|(place, layer)| {
        let row = &tuning.curve[*layer.rows.end()];
        combined(row.threshold, row.pairs, &shares[..=place + 1])
    });
    rows.collect()
}

/// What is known of the pairs of one layer.
struct Share {
    pairs: u64,
    labelled: usize,
    alike: usize,
    /// The estimated share of right ones, if anything is known.
    estimate: Option<f64>,
    low: f64,
    high: f64,
}

impl Share {
    /// Pairs that are right without a label.
    fn known(pairs: u64) -> Self {
        Self {
            pairs,
            labelled: 0,
            alike: 0,
            estimate: Some(1.0),
            low: 1.0,
            high: 1.0,
        }
    }

    /// What the labels of some of `pairs` say.
    fn of(pairs: u64, labelled: usize, alike: usize) -> Self {
        if pairs == 0 {
            return Self::known(0);
        }
        let (low, high) = if labelled as u64 >= pairs {
            let share = alike as f64 / labelled as f64;
            (share, share)
        } else {
            wilson(labelled, alike)
        };
        Self {
            pairs,
            labelled,
            alike,
            estimate: (labelled > 0).then(|| alike as f64 / labelled as f64),
            low,
            high,
        }
    }
}

/// The interval of Wilson of `alike` out of `labelled`; all of [0, 1] where there are none.
fn wilson(labelled: usize, alike: usize) -> (f64, f64) {
    if labelled == 0 {
        return (0.0, 1.0);
    }
    let (count, square) = (labelled as f64, QUANTILE * QUANTILE);
    let share = alike as f64 / count;
    let middle = (share + square / (2.0 * count)) / (1.0 + square / count);
    let spread = share * (1.0 - share) / count + square / (4.0 * count * count);
    let half = QUANTILE * spread.sqrt() / (1.0 + square / count);
    // At the ends the sums cancel but for roundings.
    let low = if alike == 0 { 0.0 } else { middle - half };
    let high = if alike == labelled {
        1.0
    } else {
        middle + half
    };
    (low, high)
}

/// `powi` may be off by a rounding, and not by the same one everywhere.
fn square(value: f64) -> f64 {
    value * value
}

/// Weighs the layers at or above a threshold.
fn combined(threshold: f64, pairs: u64, shares: &[Share]) -> PrecisionRow {
    let mut estimate = Some(0.0);
    let (mut known, mut unknown, mut below, mut above) = (0.0, 0.0, 0.0, 0.0);
    for share in shares {
        let weight = share.pairs as f64 / pairs as f64;
        let middle = share.estimate;
        estimate = estimate
            .zip(middle)
            .map(|(sum, middle): (f64, f64)| sum + weight * middle);
        match middle {
            Some(middle) => {
                known += weight * middle;
                below += square(weight * (middle - share.low));
                above += square(weight * (share.high - middle));
            }
            None => unknown += weight,
        }
    }
    PrecisionRow {
        threshold,
        pairs,
        labelled: shares.iter().map(|share| share.labelled).sum(),
        alike: shares.iter().map(|share| share.alike).sum(),
        precision: estimate,
        low: (known - below.sqrt()).clamp(0.0, 1.0),
        high: (known + unknown + above.sqrt()).clamp(0.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_one_layer_is_that_of_wilson() {
        // 95 % score intervals as scipy.stats.binomtest(k, n).proportion_ci(method="wilson") of scipy gives them.
        let expected = [
            ((10, 0), (0.0, 0.277_532_8)),
            ((10, 10), (0.722_467_2, 1.0)),
            ((30, 24), (0.626_943_0, 0.904_948_9)),
        ];
        for ((labelled, alike), (low, high)) in expected {
            let found = wilson(labelled, alike);
            assert!((found.0 - low).abs() < 1e-6, "{found:?}");
            assert!((found.1 - high).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }
}
