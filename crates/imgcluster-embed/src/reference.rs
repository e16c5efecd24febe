//! For tests: where reference results and real pictures lie, which are no part of the project.

use std::path::{Path, PathBuf};

/// The folder that an environment variable names, or the usual one beside the project; nothing if it
/// is not there.
pub(crate) fn shared(variable: &str, folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os(variable).map_or_else(|| beside.join(folder), PathBuf::from);
    path.is_dir().then_some(path)
}
