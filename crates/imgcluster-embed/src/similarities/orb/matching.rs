//! Which key points of two pictures look like each other and like no other.

use imgcluster_kernels::{Descriptor, DescriptorSearch, DescriptorSet, TwoNearest};

/// Most bits in which descriptors of the same point may differ.
const MOST_BITS: u16 = 64;

/// In how many of 100 bits of the second nearest the nearest must differ at most.
const RATIO: u32 = 85;

/// Key points that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    /// Place of the key point of the first picture.
    pub first: u16,
    /// Place of that of the second.
    pub second: u16,
}

impl Match {
    /// The same with the pictures exchanged.
    pub(super) fn turned(self) -> Self {
        Self {
            first: self.second,
            second: self.first,
        }
    }
}

/// Memory for a thread.
#[derive(Debug, Default)]
pub(super) struct MatchScratch {
    forth: Vec<TwoNearest>,
    back: Vec<TwoNearest>,
    queries: Vec<Descriptor>,
    set: DescriptorSet,
}

/// Lists the pairs of key points that are each other's nearest and stand out both ways, by the place
/// in `first`; none if there are fewer than `least`, or `may_do` says of more pairs than these that
/// nothing will come of them.
///
/// The pairs are the same whichever picture comes first: where two are as near, neither stands out.
pub(super) fn matches(
    search: DescriptorSearch,
    first: &DescriptorSet,
    second: &[Descriptor],
    least: usize,
    scratch: &mut MatchScratch,
    may_do: impl Fn(&[Match]) -> bool,
) -> Vec<Match> {
    let MatchScratch {
        forth,
        back,
        queries,
        set,
    } = scratch;
    search.two_nearest(second, first, forth);
    let likely = forth.iter().zip(0..);
    let likely = likely.filter(|(nearest, _)| stands_out(**nearest));
    let mut matches: Vec<Match> = likely
        .map(|(nearest, second)| Match {
            first: nearest.place,
            second,
        })
        .collect();
    if matches.len() < least || !may_do(&matches) {
        return Vec::new();
    }
    let asked = matches.iter().map(|pair| usize::from(pair.first));
    queries.clear();
    queries.extend(asked.map(|place| first.rows()[place]));
    set.fill(second);
    search.two_nearest(queries, set, back);
    let mut back = back.iter();
    matches.retain(|pair| {
        back.next()
            .is_some_and(|nearest| nearest.place == pair.second && stands_out(*nearest))
    });
    if matches.len() < least {
        matches.clear();
    }
    matches.sort_unstable();
    matches
}

/// Tells whether the nearest is near, and much nearer than the second (Lowe 2004, section 7.1).
fn stands_out(nearest: TwoNearest) -> bool {
    nearest.distance <= MOST_BITS
        && u32::from(nearest.distance) * 100 < u32::from(nearest.second) * RATIO
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(first: &[Descriptor], second: &[Descriptor], least: usize) -> Vec<Match> {
        let mut set = DescriptorSet::default();
        set.fill(first);
        let search = DescriptorSearch::detect();
        matches(
            search,
            &set,
            second,
            least,
            &mut MatchScratch::default(),
            |_| true,
        )
    }

    #[test]
    fn nothing_matches_where_nothing_is() {
        assert_eq!(found(&[], &[], 0), []);
        assert_eq!(found(&[], &[[1; 4]], 0), []);
        assert_eq!(found(&[[1; 4]], &[], 0), []);
    }

    #[test]
    fn of_repeated_key_points_none_stands_out() {
        let (once, twice) = ([[1; 4], [u64::MAX; 4]], [[1; 4], [1; 4], [u64::MAX; 4]]);
        let only = [Match {
            first: 1,
            second: 2,
        }];
        assert_eq!(found(&once, &twice, 1), only);
        let turned = [Match {
            first: 2,
            second: 1,
        }];
        assert_eq!(found(&twice, &once, 1), turned);
    }

    #[test]
    fn a_match_must_be_near_and_mutual() {
        assert_eq!(found(&[[0; 4]], &[[0xffff; 4]], 1).len(), 1);
        assert_eq!(
            found(&[[0; 4]], &[[0x1_ffff, 0xffff, 0xffff, 0xffff]], 1),
            []
        );
        // The first key point is not the nearest of any until its own comes along.
        assert_eq!(found(&[[0xff; 4], [0x30; 4]], &[[0; 4]], 1).len(), 1);
        assert_eq!(
            found(&[[0xff; 4], [0x30; 4]], &[[0; 4], [0xff; 4]], 1).len(),
            2
        );
    }

    #[test]
    fn fewer_than_asked_for_are_none() {
        let rows = [[0; 4], [u64::MAX; 4]];
        assert_eq!(found(&rows, &rows, 2).len(), 2);
        assert_eq!(found(&rows, &rows, 3), []);
    }
}
