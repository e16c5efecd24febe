//! File actions that never lose a file: a [`Plan`] says what is to be done, in a form that people
//! can read and change; [`apply`] carries it out and keeps a journal; [`undo`] puts everything
//! back.

mod apply;
mod disk;
mod error;
mod journal;
mod keep;
mod lock;
mod names;
mod plan;
mod sidecars;
mod steps;
mod trash;
mod undo;

pub use apply::{Applied, ApplyOptions, Refused, SyncPolicy, ThinAction, UndoOptions, apply};
pub use error::OrganizeError;
pub use journal::{Doing, JournalStatus, MadeFile, read_journal};
pub use keep::{Choice, CopyFacts, KeepOptions, KeepRule, UnknownKeepRule, choose};
pub use plan::{
    BadPath, Duplicates, Group, InvalidPlan, LeftOut, Made, MakeError, OtherMachine, Place,
    Placement, Plan, PlanError, PlannedFile, Problem, Removal, SortAction, SortPlan, SortRequest,
    Survivor, ThinPlan, ThinRequest, absolute, plan_sort, plan_thin, root_of,
};
pub use sidecars::{SidecarError, Sidecars};
pub use trash::TrashFolder;
pub use undo::{Undone, undo};
