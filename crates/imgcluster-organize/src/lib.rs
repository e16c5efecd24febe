//! File actions that never lose a file: a [`Plan`] says what is to be done, in a form that people
//! can read and change; nothing but carrying it out touches a file.

mod plan;

pub use plan::{
    Group, Placement, Plan, PlannedFile, Removal, SortAction, SortPlan, Survivor, ThinPlan,
};
