//! What the stores of decisions have in common.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use imgcluster_core::{DecidedContent, Decision, StoredDecision};

use crate::stored::hash;
use crate::{StoreError, paths};

/// Gives the hash of what a decision means: equal for those that mean the same.
pub(crate) fn identity(decision: &Decision) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for member in decision.members() {
        hasher.update(&member.content.0);
        hasher.update(&member.copies.get().to_le_bytes());
    }
    hasher.finalize().into()
}

/// Asks for the rows of [`Rows::decisions`].
pub(crate) const DECISIONS: &str = "SELECT id, decided FROM decisions ORDER BY id";

/// Asks for the rows of [`Rows::contents`].
pub(crate) const CONTENTS: &str =
    "SELECT decision_id, hash, copies FROM decided_contents ORDER BY decision_id, hash";

/// Asks for the rows of [`Rows::paths`].
pub(crate) const PATHS: &str =
    "SELECT decision_id, hash, path FROM decided_paths ORDER BY decision_id, hash, position";

/// Decisions as both databases have them.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) decisions: Vec<(i64, String)>,
    pub(crate) contents: Vec<(i64, Vec<u8>, i64)>,
    pub(crate) paths: Vec<(i64, Vec<u8>, Vec<u8>)>,
}

impl Rows {
    /// Puts together what belongs together.
    pub(crate) fn assemble(self) -> Result<Vec<StoredDecision>, StoreError> {
        let mut paths: HashMap<(i64, Vec<u8>), Vec<PathBuf>> = HashMap::new();
        for (id, content, path) in self.paths {
            let of_content = paths.entry((id, content)).or_default();
            of_content.push(paths::from_bytes(path)?);
        }
        let mut members: HashMap<i64, Vec<DecidedContent>> = HashMap::new();
        for (id, content, copies) in self.contents {
            let copies = u32::try_from(copies)
                .and_then(NonZeroU32::try_from)
                .map_err(|error| StoreError::unreadable("a number of copies", error))?;
            members.entry(id).or_default().push(DecidedContent {
                content: hash(&content)?,
                copies,
                paths: paths.remove(&(id, content)).unwrap_or_default(),
            });
        }
        let decision = |(id, decided): (i64, String)| {
            let members = members.remove(&id).unwrap_or_default();
            let decision = Decision::new(members, decided)
                .map_err(|error| StoreError::unreadable("a decision", error))?;
            Ok(StoredDecision {
                id: id.cast_unsigned(),
                decision,
            })
        };
        self.decisions.into_iter().map(decision).collect()
    }
}
