//! Which pictures are learnt from and which are held out, and in which order they come.

use super::TrainOptions;
use super::random::{Purpose, Random};

/// The numbers of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Halves {
    /// Those learnt from.
    pub(super) train: Vec<usize>,
    /// Those held out.
    pub(super) held_out: Vec<usize>,
}

impl Halves {
    /// Holds out a share of the pictures by chance.
    pub(super) fn draw(count: usize, options: &TrainOptions) -> Self {
        let mut all: Vec<usize> = (0..count).collect();
        Random::of(options.seed, Purpose::HeldOut, [0, 0]).shuffle(&mut all);
        let wanted = (count as f64 * options.validation).round() as usize;
        let held_out = wanted.min(count.saturating_sub(1));
        let mut train = all.split_off(held_out);
        all.sort_unstable();
        train.sort_unstable();
        Self {
            train,
            held_out: all,
        }
    }

    /// The order in which an epoch sees those learnt from.
    pub(super) fn order(&self, seed: u64, epoch: u32) -> Vec<usize> {
        let mut order = self.train.clone();
        Random::of(seed, Purpose::Order, [u64::from(epoch), 0]).shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(count: usize, validation: f64) -> Halves {
        let options = TrainOptions {
            validation,
            ..TrainOptions::default()
        };
        Halves::draw(count, &options)
    }

    #[test]
    fn the_share_is_held_out_and_something_is_always_left_to_learn_from() {
        let counts = |count, validation| {
            let halves = halves(count, validation);
            let mut all = [halves.train.clone(), halves.held_out.clone()].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..count));
            (halves.train.len(), halves.held_out.len())
        };
        assert_eq!(counts(0, 0.1), (0, 0));
        assert_eq!(counts(1, 0.1), (1, 0));
        assert_eq!(counts(4, 0.1), (4, 0));
        assert_eq!(counts(5, 0.1), (4, 1));
        assert_eq!(counts(3, 0.99), (1, 2));
        assert_eq!(counts(600, 0.1), (540, 60));
        assert_eq!(counts(600, 0.0), (600, 0));
    }

    #[test]
    fn every_epoch_sees_each_picture_once_in_an_order_of_its_own() {
        let halves = halves(50, 0.1);
        let mut orders = [1, 2, 3].map(|epoch| halves.order(0, epoch));
        assert_eq!(orders[0], halves.order(0, 1));
        assert!(orders[0] != orders[1] && orders[1] != orders[2]);
        for order in &mut orders {
            order.sort_unstable();
            assert_eq!(*order, halves.train);
        }
    }
}
