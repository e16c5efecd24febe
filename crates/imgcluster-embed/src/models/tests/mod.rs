//! Models against reference results, and against what must be refused.

mod golden;
