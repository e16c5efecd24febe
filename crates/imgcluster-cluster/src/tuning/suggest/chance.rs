//! How many pairs are alike by chance, and from where on that matters.
//!
//! Most pairs of a collection are of unlike items. Their similarities lie around a middle and thin
//! out above it, faster and faster (the tail of a log-concave density); copies come on top, apart
//! from them. So the tail is fitted where unlike pairs still are the most: the number of pairs in two
//! neighbouring bands tells how fast it falls, and carried on at that pace it bounds how many pairs
//! above are alike by chance. Of all such bounds the lowest counts. Copies among the pairs of a band
//! only slow the fall and so raise the bound.
//!
//! Where half of all pairs are of one value, as where most unlike pictures have nothing in common,
//! there is no such tail: the rest says nothing of them.

use super::super::curve::CurveRow;
use super::super::logarithm::ln;
use super::Sample;

/// How wide a band is, as a share of the spread of unlike pairs above their middle.
const BAND: f64 = 0.5;
/// Pairs in the upper band at least, so that their number is more than chance itself.
const ENOUGH: u64 = 32;
/// The share of all pairs that lies above two spreads over the middle of a normal distribution.
const TWO_SPREADS: f64 = 0.022_75;
/// The share of all pairs that, being of one similarity, leaves nothing to fit a tail to.
const MASS: f64 = 0.5;
/// Pairs that may be together wrongly, as a share of those together, and in any case.
const WRONG_SHARE: f64 = 0.01;
const WRONG_PAIRS: f64 = 0.5;

/// An exponential tail: `pairs` at or above similarity `from`, and `fall` times fewer e-folds a unit.
struct Tail {
    from: f64,
    ln_pairs: f64,
    fall: f64,
}

/// Thresholds at which pairs alike by chance would join few items wrongly.
pub(super) struct BeyondChance {
    /// The row of the lowest with a cluster, from the strictest on.
    pub(super) lowest: usize,
    /// Whether each row of the curve is like that.
    pub(super) holds: Vec<bool>,
}

/// Finds thresholds beyond chance; `None` where there is none, or too few pairs to tell.
pub(super) fn beyond_chance(sample: Sample, curve: &[CurveRow]) -> Option<BeyondChance> {
    let tails = tails(curve)?;
    let count = sample.count as f64;
    // Of the pairs of all items, those by chance among them, the square of this are in the sample.
    let share = (count / sample.population as f64).min(1.0);
    let holds = |row: &CurveRow| {
        // The logarithm of how many pairs are alike by chance.
        let bounds = tails.iter().filter(|tail| tail.from <= row.threshold);
        let bounds = bounds.map(|tail| tail.ln_pairs - tail.fall * (row.threshold - tail.from));
        let by_chance = bounds.fold(f64::INFINITY, f64::min);
        // Each of them joins the clusters of two items, all of whose pairs are then together. Beside
        // an item in the sample, so many times as many are in its cluster among all items.
        let others = 2.0 * row.joined as f64 / count;
        let usual_size = 1.0 + others / share;
        let wrong = by_chance + 2.0 * ln(usual_size);
        let few = WRONG_PAIRS * share * share;
        wrong <= ln(few.max(WRONG_SHARE * row.joined as f64))
    };
    let holds: Vec<bool> = curve.iter().map(holds).collect();
    let first = holds.iter().position(|holds| *holds)?;
    let run = holds[first..].iter().take_while(|holds| **holds).count();
    let lowest = first + run - 1;
    (curve[lowest].clusters > 0).then_some(BeyondChance { lowest, holds })
}

/// Fits a tail to each two neighbouring bands above the middle.
fn tails(curve: &[CurveRow]) -> Option<Vec<Tail>> {
    let total = curve.last()?.pairs as f64;
    let at_share = |share: f64| {
        let place = curve.partition_point(|row| (row.pairs as f64) < share * total);
        curve.get(place).map(|row| (place, row.threshold))
    };
    let (place, middle) = at_share(0.5)?;
    let before = place.checked_sub(1).map_or(0, |before| curve[before].pairs);
    // Unlike pairs that are all of one value have no tail; what lies above it are others.
    if (curve[place].pairs - before) as f64 >= MASS * total {
        return None;
    }
    let spread = (at_share(TWO_SPREADS)?.1 - middle) / 2.0;
    let band = BAND * spread;
    let above = curve.iter().take_while(|row| row.threshold >= middle);
    let rows: Vec<&CurveRow> = above.collect();
    // The loosest row that is a band above another; thresholds are not all equally far apart.
    let over = |place: usize| -> Option<usize> {
        let from = rows[place].threshold + band - 1e-12;
        rows[..place].iter().rposition(|row| row.threshold >= from)
    };
    let tail = |low: usize| -> Option<Tail> {
        let middle = over(low)?;
        let high = over(middle)?;
        fit(rows[low], rows[middle], rows[high])
    };
    let tails: Vec<Tail> = (0..rows.len()).filter_map(tail).collect();
    (band > 0.0 && !tails.is_empty()).then_some(tails)
}

/// Fits a tail to the pairs between `low` and `middle` and those between `middle` and `high`.
fn fit(low: &CurveRow, middle: &CurveRow, high: &CurveRow) -> Option<Tail> {
    let (below, above) = (low.pairs - middle.pairs, middle.pairs - high.pairs);
    if above < ENOUGH {
        return None;
    }
    let density = |pairs: u64, width: f64| pairs as f64 / width;
    let dense = density(below, middle.threshold - low.threshold);
    let sparse = density(above, high.threshold - middle.threshold);
    if dense <= sparse {
        return None;
    }
    let between_middles = (high.threshold - low.threshold) / 2.0;
    Some(Tail {
        from: middle.threshold,
        // A geometric series: the band above, the same once more thinned out, and so on.
        ln_pairs: ln(above as f64 / (1.0 - sparse / dense)),
        fall: ln(dense / sparse) / between_middles,
    })
}
