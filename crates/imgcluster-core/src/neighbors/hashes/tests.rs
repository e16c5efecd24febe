use super::search::Visit;
use super::*;
use crate::{CancelToken, ConcurrentUnionFind, Quiet};
use proptest::prelude::*;
use std::sync::Mutex;

/// The slow twin: only the default searches over the same distances.
struct EveryPair<'a>(&'a HashNeighbors);

impl Neighbors for EveryPair<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn distance(&self, a: u32, b: u32) -> f32 {
        self.0.distance(a, b)
    }
}

type Edges = Vec<(u32, u32, u32)>;

/// What a search finds, in order.
fn edges(search: impl FnOnce(&(dyn Fn(u32, u32, f32) + Sync))) -> Edges {
    let found = Mutex::new(Vec::new());
    search(&|a, b, distance: f32| found.lock().unwrap().push((a, b, distance.to_bits())));
    let mut found = found.into_inner().unwrap();
    found.sort_unstable();
    found
}

/// The smallest item that each hangs together with.
fn connected(
    neighbors: &dyn Neighbors,
    radius: Radius,
    job: &Job<'_>,
) -> Result<Vec<u32>, Cancelled> {
    let sets = ConcurrentUnionFind::new(neighbors.len());
    let join = |a, others: &[u32]| others.iter().for_each(|b| sets.union(a, *b));
    neighbors.links(radius, &sets, job, &join)?;
    Ok(sets.roots())
}

fn job(threads: usize) -> Job<'static> {
    let threads = NonZeroUsize::new(threads).unwrap();
    Job::new(&Quiet, CancelToken::default(), threads)
}

/// Items round few centres, so that equal ones and ties are common, and some without a hash.
fn items(most: usize) -> impl Strategy<Value = Vec<BitHash>> {
    let centers = prop::collection::vec(any::<u64>(), 1..4);
    let flips = prop::collection::vec(0_u32..64, 0..12);
    let items = prop::collection::vec((0_usize..40, flips), 0..most);
    (centers, items).prop_map(|(centers, items)| {
        let item = |(which, flips): (usize, Vec<u32>)| match which {
            0..3 => BitHash::Only(ContentHash([which as u8; 32])),
            3 => BitHash::Bits(!centers[0]),
            _ => {
                let center = centers[which % centers.len()];
                BitHash::Bits(flips.iter().fold(center, |hash, bit| hash ^ (1 << bit)))
            }
        };
        items.into_iter().map(item).collect()
    })
}

proptest! {
    #[test]
    fn distances_are_shares_of_bits_and_items_without_are_near_their_equals_alone(items in items(40)) {
        let fast = HashNeighbors::new(items.iter().copied());
        for (a, one) in (0_u32..).zip(&items) {
            for (b, two) in (0_u32..).zip(&items) {
                let wanted = match (one, two) {
                    (BitHash::Bits(one), BitHash::Bits(two)) => (one ^ two).count_ones() as f32 / 64.0,
                    (one, two) => f32::from(u8::from(one != two)),
                };
                prop_assert_eq!(fast.distance(a, b).to_bits(), wanted.to_bits());
            }
        }
    }

    #[test]
    fn every_search_finds_what_comparing_every_pair_finds(
        items in items(120), bits in -1.0_f32..70.0, k in 1_usize..130, threads in 1_usize..4,
    ) {
        let fast = HashNeighbors::new(items);
        let (slow, job) = (EveryPair(&fast), job(threads));
        // Whole numbers of bits half of the time: thresholds that are exactly hit.
        for bits in [bits, bits.round()] {
            let Ok(radius) = Radius::new((bits / 64.0).into()) else { continue };
            let one = edges(|edge| fast.within(radius, &job, edge).unwrap());
            prop_assert_eq!(&one, &edges(|edge| slow.within(radius, &job, edge).unwrap()));
            let sets = connected(&slow, radius, &job).unwrap();
            prop_assert_eq!(connected(&fast, radius, &job).unwrap(), sets);
            // Whoever joins nothing is handed every pair.
            let none = ConcurrentUnionFind::new(fast.len());
            let all = edges(|edge| {
                let found = |a, others: &[u32]| others.iter().for_each(|b| edge(a, *b, 0.0));
                fast.links(radius, &none, &job, &found).unwrap();
            });
            let pairs = |edges: &[(u32, u32, u32)]| -> Vec<_> {
                edges.iter().map(|(a, b, _)| (*a, *b)).collect()
            };
            prop_assert_eq!(pairs(&all), pairs(&one));
        }
        let k = NonZeroUsize::new(k).unwrap();
        prop_assert_eq!(fast.knn(k, &job).unwrap(), slow.knn(k, &job).unwrap());
    }

    #[test]
    fn tables_and_scans_find_the_same_pairs_at_every_radius(items in items(120), threads in 1_usize..4) {
        let (fast, job) = (HashNeighbors::new(items), job(threads));
        for most in 0..BITS {
            let pairs = |search: &dyn Fn(Visit<'_>)| {
                let found = Mutex::new(Vec::new());
                search(&|near| found.lock().unwrap().extend(near.iter().map(|&(a, b, bits)| (a.min(b), a.max(b), bits))));
                let mut found = found.into_inner().unwrap();
                found.sort_unstable();
                found
            };
            let by_scan = pairs(&|visit| fast.near_by_scan(most, &job, visit).unwrap());
            // Larger radii look up tens of thousands of values of each part for each hash.
            if most < 16 {
                let by_tables = pairs(&|visit| {
                    (0..CHUNKS).for_each(|which| fast.near_by_table(which, most, &job, visit).unwrap());
                });
                prop_assert_eq!(by_tables, by_scan);
            }
        }
    }

    #[test]
    fn ceilings_of_items_lose_no_pair_within_its_limit(
        items in items(90), ceilings in prop::collection::vec(-0.2_f32..1.2, 90),
        cut in 0.0_f64..1.0, share in 0.5_f32..1.0, threads in 1_usize..4,
    ) {
        let fast = HashNeighbors::new(items);
        let (first, ceilings) = ((cut * fast.len() as f64) as usize, &ceilings[..fast.len()]);
        let limit = |a: u32, b: u32| {
            let ceiling = ceilings[a as usize].max(ceilings[b as usize]);
            ceiling - share * ceiling.abs() * f32::from((a + b).is_multiple_of(3))
        };
        let (slow, job, rows) = (EveryPair(&fast), job(threads), first..fast.len());
        let found = edges(|edge| fast.within_ceilings(rows.clone(), ceilings, &limit, &job, edge).unwrap());
        let wanted = edges(|edge| slow.within_ceilings(rows.clone(), ceilings, &limit, &job, edge).unwrap());
        prop_assert_eq!(found, wanted);
    }
}

/// Hashes round random centres, or quite random ones, from a seed.
fn many(count: usize, centers: usize) -> Vec<BitHash> {
    let mut state = 1_u64;
    let mut next = || {
        // xorshift64 (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let centers: Vec<u64> = (0..centers).map(|_| next()).collect();
    let mut item = |_| match centers.len() {
        0 => BitHash::Bits(next()),
        // A bit is flipped with a chance of one in sixteen.
        len => BitHash::Bits(centers[next() as usize % len] ^ (next() & next() & next() & next())),
    };
    (0..count).map(&mut item).collect()
}

#[test]
fn many_hashes_by_tables_are_many_hashes_by_comparing_all() {
    for centers in [0, 50, 20_000] {
        let fast = HashNeighbors::new(many(30_000, centers));
        let job = job(2);
        for most in [0, 3, 6] {
            let radius = Radius::new(f64::from(most) / 64.0).unwrap();
            let found = edges(|edge| fast.within(radius, &job, edge).unwrap());
            let all = edges(|edge| {
                fast.near_by_scan(most, &job, &|near| {
                    for &(a, b, bits) in near {
                        for &a in fast.groups.members(a) {
                            let members = fast.groups.members(b).iter();
                            members.for_each(|&b| edge(a.min(b), a.max(b), distance(bits)));
                        }
                    }
                })
                .unwrap();
                for equal in fast.groups.all() {
                    for (place, a) in equal.iter().enumerate() {
                        equal[place + 1..].iter().for_each(|b| edge(*a, *b, 0.0));
                    }
                }
            });
            assert!(found == all, "{most} bits, {centers} centres");
        }
        assert!(fast.tables_pay(6) || centers == 50);
        assert!(!fast.tables_pay(24));
    }
}

#[test]
fn the_nearest_of_many_hashes_by_tables_are_those_by_comparing_all() {
    for centers in [0, 500] {
        let items = many(20_000, centers);
        let fast = HashNeighbors::new(items.iter().copied());
        let k = NonZeroUsize::new(4).unwrap();
        let found = fast.knn(k, &job(2)).unwrap();
        for item in (0..items.len()).step_by(211) {
            let mut others: Vec<(f32, u32)> = (0..items.len() as u32)
                .filter(|other| *other as usize != item)
                .map(|other| (fast.distance(item as u32, other), other))
                .collect();
            others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let wanted: Vec<u32> = others[..4].iter().map(|(_, other)| *other).collect();
            assert_eq!(found.others(item), wanted);
        }
    }
}

#[test]
fn a_hundred_thousand_equal_hashes_are_connected_without_a_call_for_each_pair() {
    // 5 · 10⁹ pairs: minutes if each were visited.
    let fast = HashNeighbors::new(std::iter::repeat_n(BitHash::Bits(7), 100_000));
    let radius = Radius::new(0.125).unwrap();
    let roots = connected(&fast, radius, &job(1)).unwrap();
    assert!(roots.iter().all(|root| *root == 0));
    let nearest = fast.knn(NonZeroUsize::new(2).unwrap(), &job(1)).unwrap();
    assert_eq!(
        (nearest.others(0), nearest.others(9)),
        (&[1, 2][..], &[0, 1][..])
    );
}

#[test]
fn none_one_and_two_items_have_none_none_and_one_neighbor() {
    for item in [BitHash::Bits(3), BitHash::Only(ContentHash([3; 32]))] {
        for count in 0..3 {
            let fast = HashNeighbors::new(std::iter::repeat_n(item, count));
            let graph = fast.knn(NonZeroUsize::new(3).unwrap(), &job(1)).unwrap();
            assert_eq!((graph.len(), graph.k()), (count, count.saturating_sub(1)));
            let radius = Radius::new(0.0).unwrap();
            let found = edges(|edge| fast.within(radius, &job(1), edge).unwrap());
            assert_eq!(found.len(), count.saturating_sub(1));
        }
    }
}

#[test]
fn a_cancelled_search_says_so() {
    let fast = HashNeighbors::new(many(100, 0));
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
    let radius = Radius::new(0.1).unwrap();
    assert_eq!(fast.within(radius, &job, &|_, _, _| ()), Err(Cancelled));
    assert!(connected(&fast, radius, &job).is_err());
    assert!(fast.knn(NonZeroUsize::MIN, &job).is_err());
}
