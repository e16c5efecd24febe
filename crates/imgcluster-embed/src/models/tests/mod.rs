//! Models against reference results, against slow twins, and against what must be refused.

mod extra;
mod golden;
mod names;
mod refusals;
mod twins;
