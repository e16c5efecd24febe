//! How plans are carried out and undone.

use std::path::PathBuf;

/// What becomes of the files that a plan of the thin kind does away with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ThinAction {
    /// They are brought to the trash.
    #[default]
    Trash,
    /// They are moved into this folder, absolute, which is made if it is not there; their sidecars
    /// go along.
    Move(PathBuf),
    /// Those with the same bytes become second names of the file that is kept.
    Hardlink,
    /// Those with the same bytes become symbolic links to the file that is kept, by its absolute
    /// path.
    Symlink,
    /// Those with the same bytes share their place on the disk with the file that is kept, until
    /// either is changed. Where the file system cannot, they stay the copies that they are.
    Reflink,
    /// They are deleted for good. Those with the same bytes as the file that is kept can be
    /// restored by an undo, and no others.
    Delete,
}

/// How often is waited until the journal is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SyncPolicy {
    /// Before and after each step: even a loss of power leaves no step in doubt.
    #[default]
    Step,
    /// Once for up to 256 steps, before the first of them is done. As safe against a process that
    /// is killed; after a loss of power more steps are in doubt, and are settled by looking at the
    /// files.
    Batch,
}

/// How a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApplyOptions {
    /// What is done with files to do away with; a plan that sorts has its own action, and refuses
    /// any given here. Default: none, which is [`ThinAction::Trash`] for a plan that thins.
    pub action: Option<ThinAction>,
    /// How often is waited for the journal. Default: [`SyncPolicy::Step`].
    pub sync: SyncPolicy,
    /// Where the trash is; needed to bring files there. Default: none.
    pub trash: Option<TrashFolder>,
    /// The name of this machine; a plan that was made on another is refused. Default: none, with
    /// which any is taken.
    pub machine: Option<String>,
}

/// How things are put back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoOptions {
    /// How often is waited for the journal. Default: [`SyncPolicy::Step`].
    pub sync: SyncPolicy,
    /// The name of this machine; a journal that was made on another is refused. Default: none,
    /// with which any is taken.
    pub machine: Option<String>,
}

/// Where the trash of a user is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashFolder {
    /// The home trash, absolute: `$XDG_DATA_HOME/Trash`. Made if it is not there.
    pub home: PathBuf,
    /// The number of the user.
    pub uid: u32,
}

impl TrashFolder {
    /// The trash of whoever runs this program, whose home trash is this folder.
    pub fn own(home: PathBuf) -> Self {
        #[cfg(unix)]
        let uid = rustix::process::getuid().as_raw();
        #[cfg(not(unix))]
        let uid = 0;
        Self { home, uid }
    }
}
