//! Choices that a seed fixes for ever.

/// `SplitMix64`: Steele, Lea, Flood, *Fast splittable pseudorandom number generators*, 2014. Written
/// out because a seed must choose the same rows in every later version.
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; the bias of at most `end / 2⁶⁴` is of no consequence here.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// A number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Chooses `count` of the items, or all where there are fewer, in their order.
pub(crate) fn sample(items: &[u32], count: usize, seed: u64) -> Vec<u32> {
    let mut items = items.to_vec();
    if count >= items.len() {
        return items;
    }
    let mut random = SplitMix64::new(seed);
    for place in 0..count {
        let from = place + random.below(items.len() - place);
        items.swap(place, from);
    }
    items.truncate(count);
    items.sort_unstable();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_its_published_numbers() {
        // Of the reference implementation by Vigna, seed 1234567.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_sample_has_distinct_items_in_order_and_depends_on_the_seed_alone() {
        let items: Vec<u32> = (100..200).collect();
        let chosen = sample(&items, 20, 7);
        assert_eq!(chosen, sample(&items, 20, 7));
        assert_ne!(chosen, sample(&items, 20, 8));
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(sample(&items, 1000, 7), items);
        assert!(sample(&[], 3, 7).is_empty());
    }
}
