//! Thresholds worth a look, each with its reason.

mod chance;
mod gap;
mod knee;

use super::curve::CurveRow;
use super::edge::Edge;

/// The largest share of all items in one cluster, as one in so many.
const LARGEST: usize = 5;

/// Why a threshold is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SuggestionKind {
    /// The one to start from.
    ///
    /// It is the lowest threshold at which pairs that are alike by chance would put at most one in a
    /// hundred of the pairs of items in one cluster there wrongly (or half a pair in all). How many are
    /// alike by chance is carried on exponentially from where the many unlike pairs thin out fastest,
    /// and each of them joins two clusters of usual size. A looser
    /// [`TuneOptions::usual`](crate::TuneOptions::usual) at which that holds as well takes its place.
    ///
    /// Where no threshold with a cluster is like that, or half of all pairs are of one similarity, so that
    /// unlike pairs do not show how they thin out, it is the usual one, if that has a cluster; without
    /// one, none is recommended.
    Recommended,
    /// Where the logarithm of the number of pairs stops falling steeply.
    ///
    /// Satopää, Albrecht, Irwin, Raghavan, *Finding a "Kneedle" in a haystack*, ICDCSW 2011: the
    /// point farthest below the chord, without smoothing. Looked at are thresholds from the middle of
    /// all pairs up to the strictest one with as many pairs as items.
    Knee,
    /// The middle of the widest range of thresholds in which no two clusters are joined, while no
    /// cluster has more than half of the items. There is none where several are equally wide.
    WidestGap,
    /// The lowest threshold at which no cluster has more than a fifth of the items.
    LargestCluster,
    /// The threshold with the most clusters, while none has more than a fifth of the items.
    MostClusters,
}

impl SuggestionKind {
    /// Names the kind in words joined by hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Knee => "knee",
            Self::WidestGap => "widest-gap",
            Self::LargestCluster => "largest-cluster",
            Self::MostClusters => "most-clusters",
        }
    }
}

/// A threshold to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// What it is.
    pub kind: SuggestionKind,
    /// What the threshold gives.
    pub row: CurveRow,
    /// Why, in one line for people.
    pub reason: String,
}

/// A radius for DBSCAN to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct RadiusSuggestion {
    /// What it is: [`SuggestionKind::Recommended`] is the distance of the recommended threshold, at
    /// which DBSCAN with `min_samples` 2 finds the very clusters of that threshold;
    /// [`SuggestionKind::Knee`] the knee of the k-distances.
    pub kind: SuggestionKind,
    /// The radius, inclusive.
    pub radius: f32,
    /// How many items are core rows at it.
    pub core: usize,
    /// Why, in one line for people.
    pub reason: String,
}

/// What the curve is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// How many items.
    pub(super) count: usize,
    /// How many they were drawn from.
    pub(super) population: usize,
    /// The row of the curve that has what the similarity measured for the model gives.
    pub(super) usual: Option<usize>,
}

/// Suggests thresholds: rows of the curve that have a cluster.
pub(super) fn thresholds(
    sample: Sample,
    curve: &[CurveRow],
    radii: &[f32],
    forest: &[Edge],
) -> Vec<Suggestion> {
    let count = sample.count;
    let make = |kind, place: usize, reason: String| Suggestion {
        kind,
        row: curve[place],
        reason,
    };
    let knee = || -> Option<Suggestion> {
        let reason = "the number of pairs stops falling steeply here (Kneedle, on its logarithm)";
        knee::of_pairs(count, curve)
            .map(|place| make(SuggestionKind::Knee, place, reason.to_owned()))
    };
    let gap = || -> Option<Suggestion> {
        let gap = gap::widest(count, curve, radii, forest)?;
        let (low, high) = (gap.low, gap.high);
        let reason = format!("no clusters are joined between similarity {low:.3} and {high:.3}");
        Some(make(SuggestionKind::WidestGap, gap.place, reason))
    };
    let largest = || -> Option<Suggestion> {
        let place = largest_cluster(count, curve)?;
        let reason = "the lowest threshold at which no cluster has more than 20 % of the images";
        Some(make(
            SuggestionKind::LargestCluster,
            place,
            reason.to_owned(),
        ))
    };
    let most = most_clusters(count, curve).map(|place| {
        let reason = "the most clusters while none has more than 20 % of the images";
        make(SuggestionKind::MostClusters, place, reason.to_owned())
    });
    let recommended = recommended(sample, curve)
        .map(|(place, reason)| make(SuggestionKind::Recommended, place, reason.to_owned()));
    let all = [recommended, knee(), gap(), largest(), most];
    all.into_iter().flatten().collect()
}

/// Finds the row to start from, and why.
fn recommended(sample: Sample, curve: &[CurveRow]) -> Option<(usize, &'static str)> {
    let usual = sample.usual.filter(|place| curve[*place].clusters > 0);
    let Some(beyond) = chance::beyond_chance(sample, curve) else {
        let reason =
            "no threshold stands clear of chance here; this is the one measured for the model";
        return usual.map(|place| (place, reason));
    };
    let looser = usual.filter(|place| *place > beyond.lowest && beyond.holds[*place]);
    Some(looser.map_or_else(
        || {
            let reason = "the lowest threshold at which, by how unlike pairs thin out towards it, \
                          chance puts at most 1 in 100 of the pairs inside clusters there";
            (beyond.lowest, reason)
        },
        |place| {
            (
                place,
                "the one measured for the model, which stands clear of chance here",
            )
        },
    ))
}

fn has_small_clusters(count: usize, row: &CurveRow) -> bool {
    row.clusters > 0 && row.largest * LARGEST <= count
}

fn largest_cluster(count: usize, curve: &[CurveRow]) -> Option<usize> {
    curve.iter().rposition(|row| has_small_clusters(count, row))
}

fn most_clusters(count: usize, curve: &[CurveRow]) -> Option<usize> {
    let rows = curve.iter().enumerate();
    let rows = rows.filter(|(_, row)| has_small_clusters(count, row));
    // Of equal ones the strictest, which comes first.
    let most = rows.rev().max_by_key(|(_, row)| row.clusters);
    most.map(|(place, _)| place)
}

/// Suggests radii: that of the recommended threshold, and the knee of the distances at which rows
/// become core, ascending.
pub(super) fn radii(recommended: Option<f32>, k_distances: &[f32]) -> Vec<RadiusSuggestion> {
    let make = |kind, radius: f32, reason: &str| RadiusSuggestion {
        kind,
        radius,
        core: k_distances.partition_point(|distance| *distance <= radius),
        reason: reason.to_owned(),
    };
    let recommended = recommended.map(|radius| {
        let reason = "the distance of the recommended threshold";
        make(SuggestionKind::Recommended, radius, reason)
    });
    // Where most images have an equal copy the knee is at 0, which is no radius to try.
    let knee = knee::of_distances(k_distances).filter(|place| k_distances[*place] > 0.0);
    let knee = knee.map(|place| {
        let reason = "from here on a larger radius must grow fast to make more images core \
                      (Kneedle, on the k-distances)";
        make(SuggestionKind::Knee, k_distances[place], reason)
    });
    recommended.into_iter().chain(knee).collect()
}
