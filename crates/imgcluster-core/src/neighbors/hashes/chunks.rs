//! The four parts of a hash, and all hashes by each of them.

use imgcluster_kernels::BitCount;

/// Parts that a hash is cut into.
pub(super) const CHUNKS: u32 = 4;
/// Bits of a part.
const BITS: u32 = 64 / CHUNKS;
/// Values that a part has.
const VALUES: usize = 1 << BITS;

/// Puts the bits of a hash in another order, the same for all hashes: the number of bits in which
/// two differ stays what it is.
///
/// Bits of a picture's hash are like those beside them (each stands for a place in a grid of 8 × 8),
/// and a part of like bits has few values that occur, each very often. So each part gets every
/// second bit of every second row.
pub(super) fn spread(hash: u64) -> u64 {
    let columns = |bits: u64| {
        let pairs = bits & 0x5555_5555_5555_5555;
        let pairs = (pairs | pairs >> 1) & 0x3333_3333_3333_3333;
        (pairs | pairs >> 2) & 0x0f0f_0f0f_0f0f_0f0f
    };
    let rows = |half: u64| {
        let rows = half & 0x000f_000f_000f_000f;
        (rows | rows >> 12 | rows >> 24 | rows >> 36) & 0xffff
    };
    let (even, odd) = (columns(hash), columns(hash >> 1));
    let parts = [even, odd, even >> 8, odd >> 8].map(rows);
    parts.into_iter().fold(0, |hash, part| hash << BITS | part)
}

/// One part of a hash that was spread; the first is the highest.
pub(super) fn chunk(hash: u64, which: u32) -> u16 {
    (hash >> (64 - BITS * (which + 1))) as u16
}

/// Tells how many bits of each part may differ, so that hashes that differ in at most `most` bits
/// are nearer than that in one part at least; `None` where a part need not be looked at.
///
/// If the first `most % 4 + 1` parts differed in more than `most / 4` bits each, and the others in
/// `most / 4` or more, that would be more than `most` together (Norouzi, Punjani, Fleet, section
/// 3.1).
pub(super) fn reach(most: u32, which: u32) -> Option<u32> {
    let reach = most / CHUNKS;
    if which <= most % CHUNKS {
        Some(reach)
    } else {
        reach.checked_sub(1)
    }
}

/// All hashes, ordered by one part.
#[derive(Debug)]
pub(super) struct Table {
    which: u32,
    /// Where the hashes with each value of the part begin.
    starts: Vec<u32>,
    hashes: Vec<u64>,
    /// The group of each.
    groups: Vec<u32>,
}

impl Table {
    /// Orders hashes by a part; the group of a hash is its place.
    pub(super) fn new(hashes: &[u64], which: u32) -> Self {
        let mut starts = vec![0_u32; VALUES + 1];
        for hash in hashes {
            starts[usize::from(chunk(*hash, which)) + 1] += 1;
        }
        for value in 0..VALUES {
            starts[value + 1] += starts[value];
        }
        let mut next = starts.clone();
        let (mut ordered, mut groups) = (vec![0; hashes.len()], vec![0; hashes.len()]);
        for (group, hash) in (0_u32..).zip(hashes) {
            let next = &mut next[usize::from(chunk(*hash, which))];
            ordered[*next as usize] = *hash;
            groups[*next as usize] = group;
            *next += 1;
        }
        Self {
            which,
            starts,
            hashes: ordered,
            groups,
        }
    }

    /// The hashes, in the order of the part.
    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The group of the hash at a place.
    pub(super) fn group(&self, place: usize) -> u32 {
        self.groups[place]
    }

    /// The places of the hashes with one value of the part.
    fn bucket(&self, value: u16) -> std::ops::Range<usize> {
        let value = usize::from(value);
        self.starts[value] as usize..self.starts[value + 1] as usize
    }

    /// Counts the hashes that [`Table::near`] looks at.
    pub(super) fn candidates(&self, hash: u64, masks: &[u16]) -> usize {
        let value = chunk(hash, self.which);
        masks
            .iter()
            .map(|mask| self.bucket(value ^ mask).len())
            .sum()
    }

    /// Calls `found` with the place of each hash that differs from `hash` in at most `most` bits
    /// and in the part by one of `masks`. Counts the hashes looked at.
    pub(super) fn near(
        &self,
        hash: u64,
        masks: &[u16],
        most: u32,
        scan: &mut Scan,
        mut found: impl FnMut(usize),
    ) -> usize {
        let value = chunk(hash, self.which);
        let mut looked_at = 0;
        for mask in masks {
            let bucket = self.bucket(value ^ mask);
            let start = bucket.start;
            looked_at += bucket.len();
            scan.near(hash, &self.hashes[bucket], most);
            scan.places
                .iter()
                .for_each(|place| found(start + *place as usize));
        }
        looked_at
    }

    /// Does as [`Table::near`] does for the hash at a place, with later places only: asked of every
    /// place, it finds each pair once. A mask leads from one of two buckets to the other and back;
    /// the lower bucket follows it.
    pub(super) fn near_later(
        &self,
        place: usize,
        masks: &[u16],
        most: u32,
        scan: &mut Scan,
        mut found: impl FnMut(usize),
    ) {
        let hash = self.hashes[place];
        let value = chunk(hash, self.which);
        for other in masks.iter().map(|mask| value ^ mask) {
            let mut bucket = self.bucket(other);
            if other < value || bucket.is_empty() {
                continue;
            }
            bucket.start = bucket.start.max(place + 1);
            let start = bucket.start;
            scan.near(hash, &self.hashes[bucket], most);
            scan.places
                .iter()
                .for_each(|place| found(start + *place as usize));
        }
    }
}

/// Looks at hashes side by side; one for each thread.
#[derive(Debug)]
pub(super) struct Scan {
    count: BitCount,
    pub(super) places: Vec<u32>,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            count: BitCount::detect(),
            places: Vec::new(),
        }
    }
}

impl Scan {
    /// Puts the places of the hashes near one into `places`.
    pub(super) fn near(&mut self, hash: u64, others: &[u64], most: u32) {
        self.count.near(hash, others, most, &mut self.places);
    }

    /// Does so with a limit of each hash; the larger one counts.
    pub(super) fn near_each(&mut self, hash: u64, others: &[u64], most: u8, mosts: &[u8]) {
        self.count
            .near_each(hash, others, most, mosts, &mut self.places);
    }
}

/// All values of a part, those of fewer bits first.
#[derive(Debug)]
pub(super) struct Masks {
    masks: Vec<u16>,
    /// How many values have no bit, at most one bit …
    ends: [usize; BITS as usize + 1],
}

impl Masks {
    pub(super) fn new() -> Self {
        let mut masks: Vec<u16> = (0..=u16::MAX).collect();
        masks.sort_by_key(|mask| mask.count_ones());
        let end = |bits: usize| masks.partition_point(|mask| mask.count_ones() as usize <= bits);
        let ends = std::array::from_fn(end);
        Self { masks, ends }
    }

    /// The values of at most so many bits.
    pub(super) fn up_to(&self, bits: u32) -> &[u16] {
        &self.masks[..self.ends[bits as usize]]
    }

    /// The values of exactly so many bits.
    pub(super) fn of(&self, bits: u32) -> &[u16] {
        let fewer = bits
            .checked_sub(1)
            .map_or(0, |fewer| self.ends[fewer as usize]);
        &self.masks[fewer..self.ends[bits as usize]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spreading_moves_every_bit_and_loses_none(a: u64, b: u64) {
            prop_assert_eq!((spread(a) ^ spread(b)).count_ones(), (a ^ b).count_ones());
        }

        #[test]
        fn near_hashes_are_near_in_one_part_that_is_looked_at(a: u64, b: u64, most in 0_u32..64) {
            let near_part = |which: &u32| {
                let bits = (chunk(a, *which) ^ chunk(b, *which)).count_ones();
                reach(most, *which).is_some_and(|reach| bits <= reach)
            };
            prop_assert!((a ^ b).count_ones() > most || (0..CHUNKS).any(|which| near_part(&which)));
        }
    }

    #[test]
    fn each_part_has_every_second_bit_of_every_second_row() {
        for row in 0..8 {
            for column in 0..8 {
                let hash = spread(1 << (8 * row + column));
                assert_eq!(hash.count_ones(), 1);
                let which = 2 * (row % 2) + column % 2;
                assert_eq!(
                    chunk(hash, which).count_ones(),
                    1,
                    "row {row}, column {column}"
                );
            }
        }
    }

    #[test]
    fn masks_are_all_values_by_their_bits() {
        let masks = Masks::new();
        assert_eq!((masks.up_to(0), masks.of(0)), (&[0][..], &[0][..]));
        assert_eq!(
            (masks.up_to(2).len(), masks.of(2).len()),
            (1 + 16 + 120, 120)
        );
        assert_eq!(masks.up_to(16).len(), 1 << 16);
    }
}
