//! Labelled pairs, as pictures of this run and as files: what the page saves, and what `--label` leaves
//! among the results.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use imgcluster_cluster::{LabelledPair, SamplePair};
use imgcluster_core::{ContentHash, Image, Neighbors};
use imgcluster_viz::{LabelledFile, TuneLabel, TuneLabels, read_labels};

use crate::failure::Refusal;

/// The file of labels among the results.
pub(super) const LABELS: &str = "labels.json";

/// Labels of the pictures that are looked at, and those of others, which are only kept.
#[derive(Default)]
pub(super) struct Said {
    pub(super) labels: Vec<LabelledPair>,
    pub(super) others: Vec<TuneLabel>,
}

/// Reads the labels of a file.
///
/// # Errors
/// If it cannot be read, or is no such file.
pub(super) fn read(path: &Path) -> Result<TuneLabels> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read `{}`", path.display()))?;
    read_labels(&text).map_err(|error| {
        let hint = "give the `labels.json` that the page `tune.html` saves";
        Refusal::because(error, hint).into()
    })
}

impl Said {
    /// Finds the pictures of labels by their content. Two copies of one file tell nothing.
    pub(super) fn of(labels: TuneLabels, images: &[Image], neighbors: &dyn Neighbors) -> Self {
        let mut rows: HashMap<ContentHash, u32> = HashMap::new();
        for (image, row) in images.iter().zip(0..) {
            rows.entry(image.content).or_insert(row);
        }
        let mut said = Self::default();
        for label in labels.pairs {
            match (rows.get(&label.a.hash), rows.get(&label.b.hash)) {
                (Some(&a), Some(&b)) if a != b => {
                    let (a, b) = (a.min(b), a.max(b));
                    let distance = neighbors.distance(a, b);
                    let pair = SamplePair { a, b, distance };
                    let alike = label.alike;
                    said.labels.push(LabelledPair { pair, alike });
                }
                _ => said.others.push(label),
            }
        }
        said
    }

    /// All labels as a file has them.
    pub(super) fn document(&self, images: &[Image], model: &str) -> TuneLabels {
        let mut document = document(&self.labels, images, model);
        document.pairs.splice(..0, self.others.iter().cloned());
        document
    }
}

/// Labels as a file has them.
pub(super) fn document(labels: &[LabelledPair], images: &[Image], model: &str) -> TuneLabels {
    let file = |row: u32| {
        let image = &images[row as usize];
        LabelledFile {
            path: image.path.to_string_lossy().into_owned(),
            path_base64: None,
            hash: image.content,
        }
    };
    let pair = |LabelledPair { pair, alike }: &LabelledPair| TuneLabel {
        a: file(pair.a),
        b: file(pair.b),
        similarity: Some(1.0 - pair.distance),
        alike: *alike,
    };
    TuneLabels::new(model, labels.iter().map(pair).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcluster_core::{Matrix, RowNeighbors};

    #[test]
    fn labels_are_found_again_by_content_whatever_files_are_called() {
        let image = |number: u8| Image {
            path: format!("{number}.jpg").into(),
            content: ContentHash([number; 32]),
            width: 1,
            height: 1,
        };
        let images = [1, 2, 3].map(image);
        let rows = Matrix::new(vec![0.0, 1.0, 5.0], 1).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        let pair = SamplePair {
            a: 0,
            b: 2,
            distance: 5.0,
        };
        let label = LabelledPair { pair, alike: false };
        let labels = document(&[label], &images, "m");
        let mut moved = images;
        moved.reverse();
        moved[0].path = "elsewhere.png".into();
        let said = Said::of(labels.clone(), &moved, &neighbors);
        assert_eq!((said.labels, said.others), (vec![label], vec![]));
        let said = Said::of(labels.clone(), &moved[..2], &neighbors);
        assert_eq!((&said.labels, &said.others), (&vec![], &labels.pairs));
        assert_eq!(said.document(&moved, "m"), labels);
        let copies = [moved[0].clone(), moved[0].clone()];
        assert_eq!(Said::of(labels, &copies, &neighbors).labels, []);
    }
}
