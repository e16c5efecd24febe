//! What the files of a space are called.

use std::collections::HashMap;

use imgcluster_core::{ContentHash, EmbeddingSpace, FeatureShape};

/// Tables of the same folder that are no spaces.
pub(super) const OTHERS: [&str; 3] = ["files", "failures", "runs"];

/// How many bytes of a model's name are kept.
const LENGTH: usize = 100;

/// Names each space after its model; where names would be equal to a file system that tells no
/// small letters from capitals, after everything that tells the spaces apart.
pub(super) fn of<'a>(spaces: impl Iterator<Item = &'a EmbeddingSpace>) -> Vec<String> {
    let spaces: Vec<_> = spaces.map(|space| (space, safe(&space.model))).collect();
    let mut taken: HashMap<String, usize> = HashMap::new();
    for name in OTHERS
        .into_iter()
        .chain(spaces.iter().map(|(_, name)| name.as_str()))
    {
        *taken.entry(name.to_ascii_lowercase()).or_default() += 1;
    }
    let mut names: Vec<String> = Vec::new();
    for (space, name) in spaces {
        if taken[&name.to_ascii_lowercase()] == 1 {
            names.push(name);
            continue;
        }
        let long = format!("{name}-{}", key(space));
        let mut name = long.clone();
        for number in 2.. {
            let is_new = taken.insert(name.to_ascii_lowercase(), 1).is_none();
            if is_new {
                break;
            }
            name = format!("{long}~{number}");
        }
        names.push(name);
    }
    names
}

/// The beginnings of a space's hashes, and its shape.
fn key(space: &EmbeddingSpace) -> String {
    let beginning = |hash: ContentHash| hash.to_string()[..8].to_owned();
    let (weights, preprocess) = (beginning(space.weights), beginning(space.preprocess));
    match space.shape {
        FeatureShape::Vector(dim) => format!("{weights}-{preprocess}-{dim}"),
        FeatureShape::Signature => format!("{weights}-{preprocess}-signature"),
    }
}

/// Replaces what some file system refuses, or hides.
fn safe(model: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name = model.chars().map(|c| if kept(c) { c } else { '_' });
    let name: String = name.take(LENGTH).collect();
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None if name.is_empty() => "_".to_owned(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn space(model: &str, weights: u8) -> EmbeddingSpace {
        EmbeddingSpace {
            model: model.to_owned(),
            weights: ContentHash([weights; 32]),
            preprocess: ContentHash([0xab; 32]),
            shape: FeatureShape::Vector(NonZeroUsize::new(5).unwrap()),
        }
    }

    #[test]
    fn a_model_gives_its_name_without_what_file_systems_refuse() {
        let models = [
            "classic",
            "ORG/Name v1.5",
            "autoencoder:/a/../b.ckpt",
            "",
            ".x",
            "é",
        ];
        let spaces = models.map(|model| space(model, 1));
        let names = of(spaces.iter());
        let expected = ["classic", "ORG_Name_v1.5", "autoencoder__a_.._b.ckpt"];
        assert_eq!(names[..3], expected);
        assert_eq!(names[4], "_x");
        // the empty name and `é` would be the same
        assert_eq!(names[3], "_-01010101-abababab-5");
        assert_eq!(names[5], "_-01010101-abababab-5~2");
        assert_eq!(of([space(&"m".repeat(500), 1)].iter())[0].len(), LENGTH);
    }

    #[test]
    fn spaces_of_one_model_and_names_of_other_tables_are_told_apart() {
        let signature = EmbeddingSpace {
            shape: FeatureShape::Signature,
            ..space("m", 1)
        };
        let spaces = [
            space("m", 1),
            space("m", 2),
            space("M", 2),
            signature,
            space("Files", 3),
        ];
        let expected = [
            "m-01010101-abababab-5",
            "m-02020202-abababab-5",
            "M-02020202-abababab-5~2",
            "m-01010101-abababab-signature",
            "Files-03030303-abababab-5",
        ];
        assert_eq!(of(spaces.iter()), expected);
        assert_eq!(of([].into_iter()), [""; 0]);
    }
}
