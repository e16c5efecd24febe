//! Which of many 64-bit hashes are near one: the bits in which they differ are counted.

#[cfg(target_arch = "x86_64")]
mod avx512;

/// How bits are counted; all ways give the same answers, at different speed.
///
/// ```
/// use imgcluster_kernels::BitCount;
///
/// let mut near = Vec::new();
/// BitCount::detect().near(0b1111, &[0, 0b0111, 0b1111, 0b1001], 1, &mut near);
/// assert_eq!(near, [1, 2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BitCount(Way);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// Eight hashes at a time (AVX-512 VPOPCNTDQ).
    #[cfg(target_arch = "x86_64")]
    Vector,
    /// One hash an instruction (POPCNT).
    #[cfg(target_arch = "x86_64")]
    Instruction,
    /// Whatever the compiler makes of plain code.
    Portable,
}

impl BitCount {
    /// Finds the fastest way that this processor has.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self(Way::Portable))
    }

    /// Lists the ways that this processor has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let ways = [
            (
                Way::Vector,
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq"),
            ),
            (Way::Instruction, is_x86_feature_detected!("popcnt")),
            (Way::Portable, true),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let ways = [(Way::Portable, true)];
        let ways = ways.into_iter().filter(|(_, is_there)| *is_there);
        ways.map(|(way, _)| Self(way))
    }

    /// Puts the places of the hashes that differ from `hash` in at most `most` bits into `near`,
    /// which is cleared, in order.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub fn near(self, hash: u64, others: &[u64], most: u32, near: &mut Vec<u32>) {
        near.clear();
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX-512F and VPOPCNTDQ.
            Way::Vector => unsafe { avx512::near(hash, others, most, near) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found POPCNT.
            Way::Instruction => unsafe { near_popcnt(hash, others, most, near) },
            Way::Portable => scan(hash, others, |_| most, near),
        }
    }

    /// Does as [`BitCount::near`] does, with the larger of `most` and the hash's own of `mosts` as
    /// the limit of each.
    ///
    /// # Panics
    /// Panics if `others` and `mosts` are of different length.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub fn near_each(self, hash: u64, others: &[u64], most: u8, mosts: &[u8], near: &mut Vec<u32>) {
        assert_eq!(others.len(), mosts.len(), "one limit a hash");
        near.clear();
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX-512F and VPOPCNTDQ.
            Way::Vector => unsafe { avx512::near_each(hash, others, most, mosts, near) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found POPCNT.
            Way::Instruction => unsafe { near_each_popcnt(hash, others, most, mosts, near) },
            Way::Portable => scan(hash, others, |at| mosts[at].max(most).into(), near),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn near_popcnt(hash: u64, others: &[u64], most: u32, near: &mut Vec<u32>) {
    scan(hash, others, |_| most, near);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn near_each_popcnt(hash: u64, others: &[u64], most: u8, mosts: &[u8], near: &mut Vec<u32>) {
    scan(hash, others, |at| mosts[at].max(most).into(), near);
}

#[expect(clippy::inline_always, reason = "else it loses the caller's features")]
#[inline(always)]
fn scan(hash: u64, others: &[u64], most: impl Fn(usize) -> u32, near: &mut Vec<u32>) {
    for (place, other) in others.iter().enumerate() {
        if (hash ^ other).count_ones() <= most(place) {
            near.push(place as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_finds_what_counting_bit_by_bit_finds(
            hash: u64,
            flips in prop::collection::vec((prop::collection::vec(0_u32..64, 0..8), 0_u8..70), 0..150),
            most in 0_u8..70,
        ) {
            let flip = |bits: &Vec<u32>| bits.iter().fold(hash, |hash, bit| hash ^ (1 << bit));
            let others: Vec<u64> = flips.iter().map(|(bits, _)| flip(bits)).collect();
            let mosts: Vec<u8> = flips.iter().map(|(_, most)| *most).collect();
            let differing = |other: u64| (0..64).filter(|bit| (hash ^ other) >> bit & 1 == 1).count();
            let all = 0..others.len();
            let limit = |place: &usize| differing(others[*place]) <= usize::from(most);
            let wanted: Vec<u32> = all.clone().filter(limit).map(|place| place as u32).collect();
            let limit = |place: &usize| differing(others[*place]) <= usize::from(most.max(mosts[*place]));
            let wanted_each: Vec<u32> = all.filter(limit).map(|place| place as u32).collect();
            for way in BitCount::available() {
                let mut near = vec![9];
                way.near(hash, &others, most.into(), &mut near);
                prop_assert_eq!(&near, &wanted);
                way.near_each(hash, &others, most, &mosts, &mut near);
                prop_assert_eq!(&near, &wanted_each);
            }
        }
    }

    #[test]
    fn hashes_far_from_each_other_and_opposite_are_told_apart() {
        for way in BitCount::available() {
            let mut near = Vec::new();
            way.near(u64::MAX, &[0, 1, u64::MAX], 63, &mut near);
            assert_eq!(near, [1, 2]);
            way.near(u64::MAX, &[0, 1, u64::MAX], 64, &mut near);
            assert_eq!(near, [0, 1, 2]);
        }
    }
}
