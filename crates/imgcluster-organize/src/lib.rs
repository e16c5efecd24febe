//! File actions that never lose a file: a [`Plan`] says what is to be done, in a form that people
//! can read and change; nothing but carrying it out touches a file.

mod plan;

pub use plan::{
    BadPath, Group, InvalidPlan, OtherMachine, Place, Placement, Plan, PlanError, PlannedFile,
    Problem, Removal, SortAction, SortPlan, Survivor, ThinPlan, absolute, root_of,
};
