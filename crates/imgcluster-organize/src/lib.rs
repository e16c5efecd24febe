//! File actions that never lose a file: a [`Plan`] says what is to be done, in a form that people
//! can read and change; nothing but carrying it out touches a file.

mod keep;
mod names;
mod plan;
mod sidecars;

pub use keep::{Choice, CopyFacts, KeepOptions, KeepRule, UnknownKeepRule, choose};
pub use plan::{
    BadPath, Duplicates, Group, InvalidPlan, LeftOut, Made, MakeError, OtherMachine, Place,
    Placement, Plan, PlanError, PlannedFile, Problem, Removal, SortAction, SortPlan, SortRequest,
    Survivor, ThinPlan, ThinRequest, absolute, plan_sort, plan_thin, root_of,
};
pub use sidecars::{SidecarError, Sidecars};
