//! How alike two pictures must be to count as copies, for each model.

/// The similarity from which on two pictures count as copies of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DuplicateThreshold {
    /// The similarity, inclusive.
    pub similarity: f64,
    /// Whether it was measured for this model; else it is a cautious guess.
    pub is_calibrated: bool,
}

/// What was measured: `docs/duplicates.md` has the figures. Each is the lowest similarity at which no
/// two pictures of different groups came together in sets with known copies, and few did in sets of
/// like things (revolvers, dalmatians).
const CALIBRATED: [(&str, f64); 6] = [
    // 8 bits of 64: a picture cropped by 3 % at each side is just as far from its original.
    ("phash", 0.875),
    // 7 bits; noise and crops of 3 % are farther, and at 8 bits other things come in.
    ("dhash", 0.890_625),
    // Equal hashes alone: 1 bit away there are other pictures.
    ("ahash", 1.0),
    // Equal hashes alone, and even these are not always copies.
    ("whash", 1.0),
    // Gray and strongly coloured copies are farther than other things of the same kind.
    ("classic", 0.95),
    // Copies of a third of the size and less are farther from it than other things: a third of all
    // copies is not found. Mirrored pictures are nearer.
    ("mobilenet-v2", 0.95),
];

/// For models that nothing was measured of.
const GUESS: f64 = 0.98;

/// Tells from which similarity on two pictures count as copies; models that were not measured get
/// a cautious guess.
///
/// ```
/// use imgcluster_embed::zoo::duplicate_threshold;
///
/// assert_eq!(duplicate_threshold("phash").similarity, 0.875);
/// assert!(!duplicate_threshold("clip-vit-b-32").is_calibrated);
/// ```
pub fn duplicate_threshold(model: &str) -> DuplicateThreshold {
    let found = CALIBRATED.iter().find(|(name, _)| *name == model);
    DuplicateThreshold {
        similarity: found.map_or(GUESS, |(_, similarity)| *similarity),
        is_calibrated: found.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo::{BUILT_IN, ZOO};

    #[test]
    fn every_model_that_was_measured_exists_and_every_built_in_one_was() {
        for (name, similarity) in CALIBRATED {
            assert!((0.5..=1.0).contains(&similarity), "{name}");
            let built_in = BUILT_IN.iter().any(|model| model.name == name);
            assert!(
                built_in || ZOO.iter().any(|model| model.name == name),
                "{name}"
            );
        }
        assert!(
            BUILT_IN
                .iter()
                .all(|model| duplicate_threshold(model.name).is_calibrated)
        );
    }

    #[test]
    fn a_model_that_was_not_measured_gets_a_guess_that_says_so() {
        let guess = duplicate_threshold("no such model");
        assert_eq!((guess.similarity, guess.is_calibrated), (GUESS, false));
    }
}
