//! The journal: every step, before it is done and after, so that whoever comes next can finish or
//! take back what was begun.

mod exact;
mod read;
mod record;
mod status;
mod write;

pub(crate) use exact::Exact;
pub(crate) use read::{Contents, Known, State, read};
pub(crate) use record::{By, Header, Made, Record, Step, Task, VERSION, What};
pub use status::read_journal;
pub(crate) use write::Journal;
