//! Numbers by chance that depend on nothing but what they are for: no state is carried from one step
//! to the next, so training goes on after an interruption as if there had been none.

use crate::random::Random as Sequence;

/// A sequence of its own for everything that is left to chance.
#[derive(Debug, Clone)]
pub(super) struct Random(Sequence);

impl Random {
    /// The sequence for this purpose: a few words that tell it from all others.
    pub(super) fn of(seed: u64, purpose: Purpose, numbers: [u64; 2]) -> Self {
        let mut state = seed;
        for word in [purpose as u64, numbers[0], numbers[1]] {
            let mixed = state ^ word.wrapping_mul(0xd6e8_feb8_6659_fd93);
            state = Sequence::new(mixed).next();
        }
        Self(Sequence::new(state))
    }

    /// A number in [0, 1).
    pub(super) fn unit(&mut self) -> f32 {
        (self.0.next() >> 40) as f32 / 16_777_216.0
    }

    /// A number in [-most, most).
    pub(super) fn within(&mut self, most: f32) -> f32 {
        (self.unit() * 2.0 - 1.0) * most
    }

    /// A whole number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    /// Brings items into an order by chance (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// What numbers are drawn for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// The parameters at the beginning.
    Parameters = 1,
    /// Which pictures are held out.
    HeldOut = 2,
    /// The order of an epoch.
    Order = 3,
    /// How a picture is changed in an epoch.
    Augmentation = 4,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_purposes_and_numbers_give_other_sequences_and_the_same_give_the_same() {
        let first = |seed, purpose, numbers| Random::of(seed, purpose, numbers).0.next();
        let all = [
            first(0, Purpose::Order, [0, 0]),
            first(1, Purpose::Order, [0, 0]),
            first(0, Purpose::HeldOut, [0, 0]),
            first(0, Purpose::Order, [1, 0]),
            first(0, Purpose::Order, [0, 1]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert_eq!(all[0], first(0, Purpose::Order, [0, 0]));
    }

    #[test]
    fn numbers_fill_their_range_evenly_and_a_shuffle_loses_nothing() {
        let mut random = Random::of(7, Purpose::Parameters, [0, 0]);
        let numbers: Vec<f32> = (0..10_000).map(|_| random.within(2.0)).collect();
        assert!(numbers.iter().all(|number| (-2.0..2.0).contains(number)));
        let mean = numbers.iter().sum::<f32>() / 10_000.0;
        let square = numbers.iter().map(|number| number * number).sum::<f32>() / 10_000.0;
        // The variance of 2 · uniform is 4/3, with a standard error of 0.012.
        assert!(
            mean.abs() < 0.06 && (square - 4.0 / 3.0).abs() < 0.06,
            "{mean} {square}"
        );
        let mut items: Vec<u32> = (0..100).collect();
        random.shuffle(&mut items);
        let moved = items
            .iter()
            .zip(0..)
            .filter(|(item, at)| **item != *at)
            .count();
        items.sort_unstable();
        assert!(moved > 90 && items.iter().copied().eq(0..100));
    }
}
