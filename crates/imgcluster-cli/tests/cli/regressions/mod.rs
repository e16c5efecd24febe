//! Faults of the tools that this program replaces, numbered: none of them may come back. What only a
//! library can show is tested there, under the same names: 2 to 4 with the likenesses of pairs, 15 with
//! the neural models.

mod checkpoint;
mod files;
mod groups;
mod resuming;
mod taking_in;
