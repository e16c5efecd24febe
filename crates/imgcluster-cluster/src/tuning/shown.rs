//! Which pairs are shown, and which are asked about.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::reservoir::{Drawn, lot};
use super::{DRAWN, SamplePair, SuggestionKind, Tuning};

/// Layers end where so many times the pairs of the recommended threshold, or of the one with the most
/// clusters, are reached …
const SHARES: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// … and at every suggestion that has at most so many times as many.
const FAR: u64 = 16;
/// Pairs shown at one threshold.
const SHOWN: usize = 8;

/// Pairs between two thresholds of the curve that are asked about together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    /// The rows of the curve that admit these pairs first.
    pub(super) rows: RangeInclusive<usize>,
    /// How many there are.
    pub(super) pairs: u64,
}

/// Parts the nearest pairs into layers, strictest first; none is empty.
pub(super) fn layers(tuning: &Tuning) -> Vec<Layer> {
    let curve = &tuning.curve;
    let places = tuning.suggestions.iter().map(|suggestion| {
        let place = curve.partition_point(|row| row.threshold > suggestion.row.threshold);
        (place, suggestion.row.pairs)
    });
    let places: Vec<(usize, u64)> = places.collect();
    let anchor = tuning
        .suggestion(SuggestionKind::Recommended)
        .or_else(|| tuning.suggestion(SuggestionKind::MostClusters));
    // Where neither is suggested, as many pairs as there are items.
    let anchor = anchor.map_or(tuning.count as u64, |suggestion| suggestion.row.pairs);
    let ends = SHARES.iter().map(|share| {
        let pairs = share * anchor as f64;
        let place = curve.partition_point(|row| (row.pairs as f64) < pairs);
        place.min(curve.len() - 1)
    });
    let near = places
        .iter()
        .filter(|(_, pairs)| *pairs <= anchor.saturating_mul(FAR));
    let mut ends: Vec<usize> = ends.chain(near.map(|(place, _)| *place)).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut layers: Vec<Layer> = Vec::new();
    let mut start = (0, 0);
    for end in ends {
        let pairs = curve[end].pairs - start.1;
        if pairs > 0 {
            layers.push(Layer {
                rows: start.0..=end,
                pairs,
            });
            start = (end + 1, curve[end].pairs);
        }
    }
    layers
}

fn sample(drawn: &Drawn) -> SamplePair {
    SamplePair {
        a: drawn.edge.a,
        b: drawn.edge.b,
        distance: drawn.edge.distance,
    }
}

/// Takes turns among the groups, from each the smallest lot that is left, at most `each` of one.
fn in_turn(mut groups: Vec<Vec<Drawn>>, count: usize, each: usize) -> Vec<Drawn> {
    for group in &mut groups {
        group.sort_unstable_by_key(|drawn| Reverse(*drawn));
    }
    let mut chosen = Vec::new();
    for _ in 0..each {
        for group in &mut groups {
            if chosen.len() == count {
                return chosen;
            }
            chosen.extend(group.pop());
        }
    }
    chosen
}

/// Chooses pairs to ask a person about, at most `count` (30 is a good number).
///
/// The pairs around the suggested thresholds are parted into layers, and each gives as many, drawn by
/// chance. They come in an order that does not tell how alike they are. `seed` decides that order; which
/// they are was decided by [`TuneOptions::seed`](super::TuneOptions::seed).
///
/// `key` tells contents apart: items of one key are copies, about which nobody is asked, and of several
/// pairs of the same two keys only one is asked about. Without copies the item itself will do.
pub fn pairs_to_label(
    tuning: &Tuning,
    count: usize,
    seed: u64,
    key: impl Fn(u32) -> u64,
) -> Vec<SamplePair> {
    let layers = layers(tuning);
    let mut drawn = tuning.drawn.clone();
    drawn.sort_unstable();
    let mut contents = BTreeSet::new();
    drawn.retain(|drawn| {
        let (a, b) = (key(drawn.edge.a), key(drawn.edge.b));
        a != b && contents.insert((a.min(b), a.max(b)))
    });
    let mut groups = vec![Vec::new(); layers.len()];
    for drawn in &drawn {
        if let Some(place) = tuning.place(drawn.edge.distance) {
            let layer = layers.iter().position(|layer| layer.rows.contains(&place));
            if let Some(layer) = layer {
                groups[layer].push(*drawn);
            }
        }
    }
    // More than were drawn at each threshold would no longer be a fair draw of the layer.
    let mut chosen = in_turn(groups, count, DRAWN);
    chosen.sort_by_key(|drawn| (lot(seed, drawn.edge.a, drawn.edge.b), drawn.edge.key()));
    chosen.iter().map(sample).collect()
}

/// Chooses pairs to show, at most `count`: up to eight of each threshold, drawn by chance, those of
/// thresholds near a suggestion first. Nearest pair first.
pub fn pairs_to_show(tuning: &Tuning, count: usize) -> Vec<SamplePair> {
    let mut groups = vec![Vec::new(); tuning.curve.len()];
    for drawn in &tuning.drawn {
        if let Some(place) = tuning.place(drawn.edge.distance) {
            groups[place].push(*drawn);
        }
    }
    let suggested = |place: usize| {
        let threshold = tuning.curve[place].threshold;
        let all = tuning.suggestions.iter();
        let off = all.map(|suggestion| (suggestion.row.threshold - threshold).abs());
        off.fold(f64::INFINITY, f64::min)
    };
    let mut order: Vec<(f64, usize)> = (0..groups.len())
        .map(|place| (suggested(place), place))
        .collect();
    order.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let order = order.into_iter();
    let groups = order.map(|(_, place)| std::mem::take(&mut groups[place]));
    let mut chosen = in_turn(groups.collect(), count, SHOWN);
    chosen.sort_unstable_by_key(|drawn| drawn.edge.key());
    chosen.iter().map(sample).collect()
}
