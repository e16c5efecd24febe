//! How alike two pictures must be to count as copies, or to belong into one group, for each model.

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
const CALIBRATED: [(&str, f64); 10] = [
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
    // Easy copies are missed from 0.86 on; at 0.8 there is a pair of different flowers on black.
    ("ssim", 0.85),
    ("minhash", 0.5),
    // At 0.1 come pairs of crops of one plate, and of one drawing coloured in two ways.
    ("orb", 0.15),
    ("template", 0.85),
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

/// Models that compare pairs, with the similarity at which these belong into one group; what it finds in
/// known copies, and what it takes for copies that is none, is in `docs/similarities.md`.
const GROUPING: [(&str, f64); 8] = [
    ("phash", 0.875),
    ("dhash", 0.890_625),
    ("ahash", 1.0),
    ("whash", 1.0),
    // At 0.9 a sixth of the easy copies is missed; the first pair of others is at 0.547.
    ("ssim", 0.8),
    // The first pair of others is at 0.266.
    ("minhash", 0.35),
    // No two others have anything in common; crops to half of the area have 0.128.
    ("orb", 0.1),
    // The first pair of others is at 0.721; at 0.9 a third of the crops is missed.
    ("template", 0.75),
];

/// Tells at which similarity two pictures belong into one group where nothing else is asked for, for a
/// model that compares pairs; `None` for models that make vectors, whose similarities mean another
/// thing for each kind of pictures.
///
/// ```
/// use imgcluster_embed::zoo::grouping_threshold;
///
/// assert_eq!(grouping_threshold("phash"), Some(0.875));
/// assert_eq!(grouping_threshold("classic"), None);
/// ```
pub fn grouping_threshold(model: &str) -> Option<f64> {
    let found = GROUPING.iter().find(|(name, _)| *name == model);
    found.map(|(_, similarity)| *similarity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo::{BUILT_IN, ModelKind, ZOO};

    #[test]
    fn every_model_that_was_measured_exists_and_every_built_in_one_was() {
        for (name, similarity) in CALIBRATED {
            assert!((0.1..=1.0).contains(&similarity), "{name}");
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
    fn every_built_in_model_that_compares_pairs_has_a_threshold_for_groups_no_higher_than_for_copies()
     {
        for model in BUILT_IN {
            let is_pairwise = !matches!(model.kind, ModelKind::Embedding { .. });
            let grouping = grouping_threshold(model.name);
            assert_eq!(grouping.is_some(), is_pairwise, "{}", model.name);
            let copies = duplicate_threshold(model.name).similarity;
            assert!(
                grouping.is_none_or(|grouping| grouping <= copies),
                "{}",
                model.name
            );
        }
    }

    #[test]
    fn a_model_that_was_not_measured_gets_a_guess_that_says_so() {
        let guess = duplicate_threshold("no such model");
        assert_eq!((guess.similarity, guess.is_calibrated), (GUESS, false));
    }
}
