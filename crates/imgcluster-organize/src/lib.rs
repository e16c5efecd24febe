//! File actions that never lose a file: a [`Plan`] says what is to be done, in a form that people
//! can read and change; nothing but carrying it out touches a file.
//!
//! * [`apply`] carries a plan out and keeps a journal; [`undo`] puts everything back.
//! * Each file is read again just before something is done with it; a group of which any file has
//!   changed is refused, and the others go on.
//! * Nothing is ever overwritten: a taken name gets `~2`.
//! * Every step is in the journal before it is done, so that whoever comes after a kill or a loss
//!   of power can go on or take back what was begun.
//! * [`plan_sort`] and [`plan_thin`] make plans, with the [`Sidecars`] of each picture.
//! * [`choose`] tells which of several copies to keep, and why.
//! * [`Plan::write`] and [`Plan::read`] are the way to people and back; what no plan may ask for is
//!   refused.
//!
//! ```
//! use imgcluster_core::Job;
//! use imgcluster_organize::{
//!     ApplyOptions, Plan, PlannedFile, SortAction, SortRequest, UndoOptions, apply, plan_sort,
//!     root_of, undo,
//! };
//! use std::path::Path;
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("x.jpg"), "a picture")?;
//! std::fs::write(folder.path().join("x.xmp"), "what is said about it")?;
//!
//! let root = root_of(folder.path())?;
//! let picture = PlannedFile::look(&root.join("x.jpg"))?;
//! let request = SortRequest {
//!     machine: None,
//!     target: root.join("sorted"),
//!     roots: vec![root.clone()],
//!     action: SortAction::Move,
//!     follow_symlinks: false,
//!     sidecars: true,
//!     others: Vec::new(),
//! };
//! let made = plan_sort(request, vec![(picture, Some(Path::new("cluster_0")))], &Job::quiet())?;
//! assert_eq!(made.plan.files[0].to, Path::new("cluster_0/x.jpg"));
//! assert_eq!(made.plan.files[0].sidecars[0].1, Path::new("cluster_0/x.xmp"));
//!
//! let file = folder.path().join("plan.json");
//! Plan::Sort(made.plan.clone()).write(std::fs::File::create(&file)?)?;
//! let (read, hash) = Plan::read(&file)?;
//! assert_eq!(read, Plan::Sort(made.plan));
//!
//! let applied = apply(&read, &file, hash, &ApplyOptions::default(), &Job::quiet())?;
//! assert!(root.join("sorted/cluster_0/x.xmp").exists() && applied.done == 2);
//! undo(&applied.journal, &UndoOptions::default(), &Job::quiet())?;
//! assert!(root.join("x.xmp").exists() && !root.join("sorted/cluster_0").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(unix)]
mod apply;
#[cfg(unix)]
mod disk;
#[cfg(not(unix))]
mod elsewhere;
mod error;
#[cfg(unix)]
mod journal;
mod keep;
#[cfg(unix)]
mod lock;
mod names;
mod options;
mod outcome;
mod plan;
mod sidecars;
#[cfg(unix)]
mod steps;
#[cfg(unix)]
mod trash;
#[cfg(unix)]
mod undo;

#[cfg(unix)]
pub use apply::apply;
#[cfg(not(unix))]
pub use elsewhere::{apply, read_journal, undo};
pub use error::OrganizeError;
#[cfg(unix)]
pub use journal::read_journal;
pub use keep::{Choice, CopyFacts, KeepOptions, KeepRule, UnknownKeepRule, choose};
pub use options::{ApplyOptions, SyncPolicy, ThinAction, TrashFolder, UndoOptions};
pub use outcome::{Applied, Doing, JournalStatus, MadeFile, Refused, Undone};
pub use plan::{
    BadPath, Duplicates, Group, InvalidPlan, LeftOut, Made, MakeError, OtherMachine, Place,
    Placement, Plan, PlanError, PlannedFile, Problem, Removal, SortAction, SortPlan, SortRequest,
    Survivor, ThinPlan, ThinRequest, absolute, plan_sort, plan_thin, root_of,
};
pub use sidecars::{SidecarError, Sidecars};
#[cfg(unix)]
pub use undo::undo;

#[cfg(test)]
extern crate self as imgcluster_organize;
#[cfg(unix)]
#[cfg(test)]
mod tests;
