//! Light changes that leave what a picture shows as it is, so that codes do not depend on them.

use super::random::Random;

/// The share of the side that a picture is shifted by at most.
const SHIFT: f32 = 1.0 / 16.0;

/// How much brighter or darker, in powers of e.
const LIGHT: f32 = 0.2;

/// The same for one colour against the others.
const CAST: f32 = 0.1;

/// How far noise takes a number in [0, 1] from what it was at most; evenly, a standard deviation of 0.1.
const NOISE: f32 = 0.173;

/// Which changes are made to a picture.
#[derive(Debug, Clone)]
pub(super) struct Change {
    mirrored: bool,
    /// Pixels to the right and downwards, and `most` more; what comes in is the edge repeated.
    shift: (usize, usize),
    most: usize,
    /// What red, green and blue are multiplied by.
    light: [f32; 3],
    /// Where noise comes from.
    noise: Option<Random>,
}

impl Change {
    /// Draws one for pictures of this side.
    pub(super) fn draw(random: &mut Random, side: usize) -> Self {
        let most = (side as f32 * SHIFT) as usize;
        let mut shift = || random.below(2 * most + 1);
        let shift = (shift(), shift());
        let light = random.within(LIGHT);
        Self {
            mirrored: random.unit() < 0.5,
            shift,
            most,
            light: std::array::from_fn(|_| (light + random.within(CAST)).exp()),
            noise: Some(random.clone()),
        }
    }

    /// Writes the picture as the network sees it, and as it should give it back: moved the same way,
    /// but in its own light and without noise. Bytes of `side` by `side` pixels become numbers in [0, 1] and beyond.
    pub(super) fn apply(&self, rgb: &[u8], side: usize, seen: &mut [f32], wanted: &mut [f32]) {
        let last = side - 1;
        let mut noise = self.noise.clone();
        let pixels = seen.chunks_exact_mut(3).zip(wanted.chunks_exact_mut(3));
        for (at, (seen, wanted)) in pixels.enumerate() {
            let x = (at % side + self.most)
                .saturating_sub(self.shift.0)
                .min(last);
            let y = (at / side + self.most)
                .saturating_sub(self.shift.1)
                .min(last);
            let x = if self.mirrored { last - x } else { x };
            let from = (y * side + x) * 3;
            for channel in 0..3 {
                let value = f32::from(rgb[from + channel]) / 255.0;
                wanted[channel] = value;
                let noise = noise.as_mut().map_or(0.0, |random| random.within(NOISE));
                seen[channel] = value * self.light[channel] + noise;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoencoder::training::random::Purpose;

    fn picture(side: usize) -> Vec<u8> {
        (0..side * side * 3).map(|i| (i * 7 % 251) as u8).collect()
    }

    fn applied(change: &Change, rgb: &[u8], side: usize) -> (Vec<f32>, Vec<f32>) {
        let mut both = (vec![0.0; rgb.len()], vec![0.0; rgb.len()]);
        change.apply(rgb, side, &mut both.0, &mut both.1);
        both
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the same products in the same order")]
    fn a_picture_is_mirrored_shifted_and_lit_and_comes_back_in_its_own_light() {
        let change = Change {
            mirrored: true,
            shift: (3, 0),
            most: 2,
            light: [2.0, 1.0, 0.5],
            noise: None,
        };
        let rgb = picture(8);
        let (seen, wanted) = applied(&change, &rgb, 8);
        let at = |x: usize, y: usize, channel: usize| (y * 8 + x) * 3 + channel;
        // Column 3 shows column 2 of the mirrored picture; rows beyond the last are the last.
        for (channel, light) in [2.0, 1.0, 0.5].into_iter().enumerate() {
            let value = f32::from(rgb[at(5, 6, channel)]) / 255.0;
            assert_eq!(wanted[at(3, 4, channel)], value);
            assert_eq!(seen[at(3, 4, channel)], value * light);
            assert_eq!(wanted[at(3, 7, channel)], wanted[at(3, 6, channel)]);
            assert_eq!(wanted[at(0, 0, channel)], wanted[at(1, 0, channel)]);
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
    fn noise_is_seen_and_not_wanted_back() {
        let mut random = Random::of(3, Purpose::Augmentation, [0, 0]);
        let change = Change::draw(&mut random, 64);
        let rgb = vec![128; 64 * 64 * 3];
        let (seen, wanted) = applied(&change, &rgb, 64);
        assert!(wanted.iter().all(|value| *value == 128.0 / 255.0));
        for channel in 0..3 {
            let values = seen.iter().skip(channel).step_by(3);
            let differences = values.map(|value| value - 128.0 / 255.0 * change.light[channel]);
            let square = differences.map(|value| value * value).sum::<f32>() / 4096.0;
            assert!((square.sqrt() - 0.1).abs() < 0.01, "{square}");
        }
    }

    #[test]
    fn changes_are_light_and_of_all_kinds() {
        let mut random = Random::of(0, Purpose::Augmentation, [0, 0]);
        let changes: Vec<Change> = (0..1000).map(|_| Change::draw(&mut random, 64)).collect();
        let mirrored = changes.iter().filter(|change| change.mirrored).count();
        assert!((400..600).contains(&mirrored));
        for at in 0..=8 {
            assert!(changes.iter().any(|change| change.shift.0 == at));
            assert!(changes.iter().any(|change| change.shift.1 == at));
        }
        let lights = changes.iter().flat_map(|change| change.light);
        assert!(
            changes
                .iter()
                .all(|change| change.most == 4 && change.shift.0 <= 8)
        );
        assert!(lights.clone().all(|light| (0.74..1.35).contains(&light)));
        assert!(
            lights.clone().any(|light| light < 0.8) && lights.clone().any(|light| light > 1.25)
        );
    }
}
