//! `cluster_info.json`: the size of each cluster and the copies that show it.

use std::io::{BufWriter, Write};

use imgcluster_core::Outcome;
use serde::ser::{SerializeMap, Serializer};
use serde_json::json;

use crate::VizError;
use crate::results::Samples;

/// Writes `{"cluster_0": {"size", "samples": […]}, …, "noise": {…}}`, the largest cluster first;
/// the samples are paths relative to the results folder.
///
/// # Errors
/// If it cannot be written.
pub fn write_cluster_info(
    outcome: &Outcome<'_>,
    samples: &Samples,
    writer: impl Write,
) -> Result<(), VizError> {
    let mut writer = BufWriter::new(writer);
    let mut fill = || -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::pretty(&mut writer);
        let mut map = json.serialize_map(None)?;
        for (id, size) in outcome.clustering.sizes().iter().enumerate() {
            let copies = samples.clusters.get(id).map_or(&[][..], Vec::as_slice);
            let entry = json!({ "size": size, "samples": copies });
            map.serialize_entry(&format!("cluster_{id}"), &entry)?;
        }
        let entry = json!({ "size": outcome.clustering.noise(), "samples": samples.noise });
        map.serialize_entry("noise", &entry)?;
        map.end()
    };
    fill()
        .map_err(std::io::Error::from)
        .and_then(|()| writer.flush())
        .map_err(VizError::write("cluster_info.json"))
}
