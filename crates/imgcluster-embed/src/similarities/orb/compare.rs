//! The likeness of two signatures.

use imgcluster_kernels::{DescriptorSearch, DescriptorSet};

use super::geometry::{LEAST, agreeing, may_agree};
use super::matching::{Match, MatchScratch, matches};
use super::signature::OrbSignature;

/// A signature that is to be compared with others.
pub(super) struct Prepared<'a> {
    search: DescriptorSearch,
    signature: &'a OrbSignature,
    set: &'a DescriptorSet,
}

impl<'a> Prepared<'a> {
    /// Lays out the descriptors of a signature in `set`.
    pub(super) fn new(
        search: DescriptorSearch,
        signature: &'a OrbSignature,
        set: &'a mut DescriptorSet,
    ) -> Self {
        set.fill(&signature.descriptors);
        Self {
            search,
            signature,
            set,
        }
    }
}

/// Computes the share of the fewer key points that agree; 1 for equal signatures. The same bits with
/// the two exchanged.
pub(super) fn similarity(a: &Prepared<'_>, b: &OrbSignature, scratch: &mut MatchScratch) -> f32 {
    if a.signature == b {
        return 1.0;
    }
    let (points, others) = (&a.signature.points, &b.points);
    let may_do = |likely: &[Match]| may_agree(points, others, likely);
    let found = matches(a.search, a.set, &b.descriptors, LEAST, scratch, may_do);
    if found.len() < LEAST {
        return 0.0;
    }
    // From the smaller signature to the larger, whichever was given first.
    let agreed = if a.signature <= b {
        agreeing(points, others, &found)
    } else {
        let mut turned: Vec<Match> = found.into_iter().map(Match::turned).collect();
        turned.sort_unstable();
        agreeing(others, points, &turned)
    };
    agreed as f32 / points.len().min(others.len()) as f32
}
