//! The binary from outside: what is typed, what comes out, what it exits with.

mod degenerate;
mod input;
mod main_job;
mod output_folder;
mod place;
mod reference_data;
mod store;
mod usage;
