//! What every clusterer promises, against references and slow twins.

mod conformance;
mod golden;
mod npy;
mod summaries;
mod support;
mod textbook;
