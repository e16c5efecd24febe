//! What every store demands of what it is given.

use imgcluster_core::{PutBatch, RunRecord};

use crate::StoreError;

/// Checks what every store demands of a batch.
pub(crate) fn check(batch: &PutBatch<'_>) -> Result<(), StoreError> {
    let (features, contents) = (batch.features.len(), batch.contents.len());
    if features != contents || !batch.features.fit(batch.space.shape) {
        return Err(StoreError::FeaturesDoNotFit {
            model: batch.space.model.clone(),
            features,
            contents,
        });
    }
    match batch.files.iter().find(|(path, _)| !path.is_absolute()) {
        Some((path, _)) => Err(StoreError::RelativePath { path: path.clone() }),
        None => Ok(()),
    }
}

/// Writes a record, and makes sure that it can be read back.
pub(crate) fn record_to_json(record: &RunRecord) -> Result<String, StoreError> {
    let refused = |source| StoreError::UnstorableRun { source };
    let json = serde_json::to_string(record).map_err(refused)?;
    serde_json::from_str::<RunRecord>(&json).map_err(refused)?;
    Ok(json)
}
