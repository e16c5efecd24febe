//! The folder in which cargo builds.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder `target` of the running test: above the program, where cargo has marked it; else
/// where cargo was told to build; else that of this workspace.
pub(super) fn folder() -> PathBuf {
    let marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let above = env::current_exe()
        .ok()
        .and_then(|program| program.ancestors().find(marked).map(Path::to_owned));
    above
        .or_else(|| env::var_os("CARGO_TARGET_DIR").map(PathBuf::from))
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))
}
