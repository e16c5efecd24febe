//! For binary descriptors of 256 bits: which of many is the nearest to one, and how near the second
//! nearest is; the bits in which they differ are counted.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

/// The 256 bits that describe the surroundings of a key point.
pub type Descriptor = [u64; 4];

/// Descriptors in a block.
const LANES: usize = 16;
/// Sixteen descriptors next to each other: their first 32 bits, their second 32 bits and so on.
type Block = [[u32; LANES]; 8];
/// A descriptor in the words of a block.
type Words = [u32; 8];

/// Descriptors laid out to be searched.
#[derive(Debug, Clone, Default)]
pub struct DescriptorSet {
    rows: Vec<Descriptor>,
    blocks: Vec<Block>,
}

/// The two descriptors nearest to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoNearest {
    /// Place of the nearest; of several as near, the first.
    pub place: u16,
    /// Bits in which it differs; `u16::MAX` if there is none.
    pub distance: u16,
    /// Bits in which the second nearest differs; `u16::MAX` if there is none.
    pub second: u16,
}

/// The nearest two so far, each as distance × 65,536 + place.
#[derive(Debug, Clone, Copy)]
struct Keys {
    best: u32,
    second: u32,
}

impl Keys {
    const NONE: Self = Self {
        best: u32::MAX,
        second: u32::MAX,
    };

    #[expect(clippy::inline_always, reason = "else it loses the caller's features")]
    #[inline(always)]
    fn take(&mut self, key: u32) {
        self.second = self.second.min(self.best.max(key));
        self.best = self.best.min(key);
    }

    /// Brings together the two nearest of each lane.
    #[cfg(target_arch = "x86_64")]
    fn of_lanes<const N: usize>(best: [u32; N], second: [u32; N]) -> Self {
        let mut keys = Self::NONE;
        best.into_iter()
            .chain(second)
            .for_each(|key| keys.take(key));
        keys
    }
}

impl From<Keys> for TwoNearest {
    fn from(keys: Keys) -> Self {
        Self {
            place: keys.best as u16,
            distance: (keys.best >> 16) as u16,
            second: (keys.second >> 16) as u16,
        }
    }
}

impl DescriptorSet {
    /// The most descriptors that a set can hold.
    pub const MOST: usize = u16::MAX as usize;

    /// Lays out these descriptors in place of what was there.
    ///
    /// # Panics
    /// Panics if there are more than [`DescriptorSet::MOST`].
    pub fn fill(&mut self, rows: &[Descriptor]) {
        assert!(rows.len() <= Self::MOST, "places of 16 bits");
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.blocks.clear();
        self.blocks.extend(rows.chunks(LANES).map(|rows| {
            let mut block = [[0; LANES]; 8];
            for (lane, row) in rows.iter().enumerate() {
                for (words, word) in block.iter_mut().zip(words_of(row)) {
                    words[lane] = word;
                }
            }
            block
        }));
    }

    /// The descriptors, in the order in which they were given.
    pub fn rows(&self) -> &[Descriptor] {
        &self.rows
    }

    /// What to set in the keys of the last block, so that lanes without a descriptor are never near.
    #[cfg(target_arch = "x86_64")]
    fn vacant(&self) -> [u32; LANES] {
        let taken = match self.rows.len() % LANES {
            0 => LANES,
            some => some,
        };
        std::array::from_fn(|lane| if lane < taken { 0 } else { u32::MAX })
    }
}

/// How descriptors are searched; all ways give the same answers, at different speed.
///
/// ```
/// use imgcluster_kernels::{DescriptorSearch, DescriptorSet};
///
/// let mut set = DescriptorSet::default();
/// set.fill(&[[0; 4], [7, 0, 0, 0], [u64::MAX; 4]]);
/// let mut nearest = Vec::new();
/// DescriptorSearch::detect().two_nearest(&[[3, 0, 0, 0]], &set, &mut nearest);
/// assert_eq!((nearest[0].place, nearest[0].distance, nearest[0].second), (1, 1, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DescriptorSearch(Way);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// Sixteen descriptors at a time (AVX-512 VPOPCNTDQ).
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Eight descriptors at a time, bits of four looked up in a table (AVX2).
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 bits an instruction (POPCNT).
    #[cfg(target_arch = "x86_64")]
    Instruction,
    /// Whatever the compiler makes of plain code.
    Portable,
}

impl DescriptorSearch {
    /// Finds the fastest way that this processor has.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self(Way::Portable))
    }

    /// Lists the ways that this processor has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let ways = [
            (
                Way::Avx512,
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq"),
            ),
            (Way::Avx2, is_x86_feature_detected!("avx2")),
            (Way::Instruction, is_x86_feature_detected!("popcnt")),
            (Way::Portable, true),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let ways = [(Way::Portable, true)];
        let ways = ways.into_iter().filter(|(_, is_there)| *is_there);
        ways.map(|(way, _)| Self(way))
    }

    /// Finds the two of a set nearest to each of `queries`, in their order; `nearest` is cleared
    /// before.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub fn two_nearest(
        self,
        queries: &[Descriptor],
        set: &DescriptorSet,
        nearest: &mut Vec<TwoNearest>,
    ) {
        nearest.clear();
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX-512F and VPOPCNTDQ.
            Way::Avx512 => unsafe { avx512::two_nearest(queries, set, nearest) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX2.
            Way::Avx2 => unsafe { avx2::two_nearest(queries, set, nearest) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found POPCNT.
            Way::Instruction => unsafe { scan_popcnt(queries, set, nearest) },
            Way::Portable => scan(queries, set, nearest),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn scan_popcnt(queries: &[Descriptor], set: &DescriptorSet, nearest: &mut Vec<TwoNearest>) {
    scan(queries, set, nearest);
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn scan(queries: &[Descriptor], set: &DescriptorSet, nearest: &mut Vec<TwoNearest>) {
    for query in queries {
        let mut keys = Keys::NONE;
        for (place, row) in set.rows.iter().enumerate() {
            let differing: u32 = (0..4)
                .map(|word| (query[word] ^ row[word]).count_ones())
                .sum();
            keys.take(differing << 16 | place as u32);
        }
        nearest.push(keys.into());
    }
}

/// A descriptor in the words of a block: each 64 bits as their lower and their upper half.
fn words_of(row: &Descriptor) -> Words {
    std::array::from_fn(|word| (row[word / 2] >> (word % 2 * 32)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Counts bit by bit and sorts.
    fn by_sorting(query: &Descriptor, rows: &[Descriptor]) -> TwoNearest {
        let bit = |row: &Descriptor, bit: usize| row[bit / 64] >> (bit % 64) & 1;
        let differing = |row| {
            (0..256)
                .filter(|at| bit(query, *at) != bit(row, *at))
                .count()
        };
        let mut all: Vec<(usize, usize)> = rows.iter().map(differing).zip(0..).collect();
        all.sort_unstable();
        let distance = |rank: usize| all.get(rank).map_or(u16::MAX, |(bits, _)| *bits as u16);
        TwoNearest {
            place: all.first().map_or(u16::MAX, |(_, place)| *place as u16),
            distance: distance(0),
            second: distance(1),
        }
    }

    fn found(
        way: DescriptorSearch,
        queries: &[Descriptor],
        rows: &[Descriptor],
    ) -> Vec<TwoNearest> {
        let (mut set, mut nearest) = (DescriptorSet::default(), Vec::new());
        set.fill(&[[9; 4]; 3]);
        set.fill(rows);
        way.two_nearest(queries, &set, &mut nearest);
        nearest
    }

    #[test]
    fn an_empty_set_has_no_nearest_and_a_set_of_one_no_second() {
        for way in DescriptorSearch::available() {
            assert_eq!(found(way, &[], &[[1; 4]]), []);
            let none = found(way, &[[1; 4]], &[])[0];
            assert_eq!((none.distance, none.second), (u16::MAX, u16::MAX));
            let one = found(way, &[[1; 4]], &[[0; 4]])[0];
            assert_eq!((one.place, one.distance, one.second), (0, 4, u16::MAX));
        }
    }

    #[test]
    fn opposites_differ_in_all_256_bits_and_of_equal_ones_the_first_is_nearest() {
        for way in DescriptorSearch::available() {
            let opposite = found(way, &[[u64::MAX; 4]], &[[0; 4]; 40])[0];
            assert_eq!(
                (opposite.place, opposite.distance, opposite.second),
                (0, 256, 256)
            );
            let mut rows = [[0; 4]; 40];
            (rows[17], rows[39]) = ([5; 4], [5; 4]);
            let same = found(way, &[[5; 4]], &rows)[0];
            assert_eq!((same.place, same.distance, same.second), (17, 0, 0));
        }
    }

    proptest! {
        #[test]
        fn every_way_finds_what_counting_bit_by_bit_finds(
            queries in prop::collection::vec(any::<Descriptor>(), 0..9),
            near in prop::collection::vec((0_usize..9, 0_usize..256, 0_usize..256), 0..60),
            far in prop::collection::vec(any::<Descriptor>(), 0..60),
        ) {
            let flipped = |(query, first, second): &(usize, usize, usize)| {
                let mut row = queries.get(*query).copied().unwrap_or_default();
                row[first / 64] ^= 1 << (first % 64);
                row[second / 64] ^= 1 << (second % 64);
                row
            };
            let rows: Vec<Descriptor> = far.iter().copied().chain(near.iter().map(flipped)).collect();
            let wanted: Vec<TwoNearest> = queries.iter().map(|query| by_sorting(query, &rows)).collect();
            for way in DescriptorSearch::available() {
                prop_assert_eq!(&found(way, &queries, &rows), &wanted, "{:?}", way);
            }
        }
    }
}
