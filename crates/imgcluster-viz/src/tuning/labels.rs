//! `labels.json`: which pairs a person found alike, from the page or a terminal.

use std::io::Write;

use imgcluster_core::ContentHash;
use serde::{Deserialize, Serialize};

use crate::VizError;

/// The version of this format.
const VERSION: u32 = 1;

/// What a person said of some pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuneLabels {
    version: u32,
    /// The model by which the pairs were chosen.
    pub model: String,
    /// The pairs.
    pub pairs: Vec<TuneLabel>,
}

/// What a person said of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuneLabel {
    /// One file.
    pub a: LabelledFile,
    /// The other one.
    pub b: LabelledFile,
    /// How alike the model found them, if known.
    #[serde(default)]
    pub similarity: Option<f32>,
    /// Whether the two belong together.
    pub alike: bool,
}

/// A file of a pair: told by its content, wherever it lies now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledFile {
    /// Where it was, as text.
    pub path: String,
    /// The bytes of its path in Base64, where the text does not say them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_base64: Option<String>,
    /// The hash of its bytes.
    pub hash: ContentHash,
}

impl TuneLabels {
    /// Makes labels of pairs that this model chose.
    pub fn new(model: impl Into<String>, pairs: Vec<TuneLabel>) -> Self {
        Self {
            version: VERSION,
            model: model.into(),
            pairs,
        }
    }
}

/// Reads `labels.json`, format version 1.
///
/// # Errors
/// If it is none, or of another version.
pub fn read_labels(text: &str) -> Result<TuneLabels, VizError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let Version { version } = serde_json::from_str(text).map_err(VizError::Labels)?;
    if version != VERSION {
        return Err(VizError::LabelsVersion(version));
    }
    serde_json::from_str(text).map_err(VizError::Labels)
}

/// Writes `labels.json`, format version 1, as the page does.
///
/// # Errors
/// If it cannot be written.
pub fn write_labels(labels: &TuneLabels, mut writer: impl Write) -> Result<(), VizError> {
    serde_json::to_writer_pretty(&mut writer, labels)
        .map_err(std::io::Error::from)
        .and_then(|()| writer.write_all(b"\n"))
        .map_err(VizError::write("labels.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_back_as_they_were_written() {
        let file = |byte: u8, path_base64: Option<&str>| LabelledFile {
            path: format!("/photos/{byte}.jpg"),
            path_base64: path_base64.map(str::to_owned),
            hash: ContentHash([byte; 32]),
        };
        let pair = TuneLabel {
            a: file(1, None),
            b: file(2, Some("/w==")),
            similarity: Some(0.875),
            alike: true,
        };
        for pairs in [vec![], vec![pair]] {
            let labels = TuneLabels::new("phash", pairs);
            let mut text = Vec::new();
            write_labels(&labels, &mut text).unwrap();
            assert_eq!(read_labels(str::from_utf8(&text).unwrap()).unwrap(), labels);
        }
    }

    #[test]
    fn what_is_no_list_of_labels_is_refused() {
        let empty = r#"{"version":1,"model":"phash","pairs":[]}"#;
        assert!(read_labels(empty).is_ok());
        let newer = empty.replace('1', "2");
        assert!(matches!(
            read_labels(&newer),
            Err(VizError::LabelsVersion(2))
        ));
        let bad_hash = empty.replace(
            "[]",
            r#"[{"a":{"path":"x","hash":"1"},"b":{"path":"y","hash":"2"},"alike":true}]"#,
        );
        for text in ["", "[]", "{}", r#"{"version":1}"#, &bad_hash] {
            assert!(
                matches!(read_labels(text), Err(VizError::Labels(_))),
                "{text}"
            );
        }
    }
}
