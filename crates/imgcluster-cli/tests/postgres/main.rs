//! The binary on a store in PostgreSQL: the same results as on a file, many at once, a server that
//! goes away, and a password that nobody sees.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

mod errors;
#[path = "../cli/place.rs"]
mod place;
mod queries;
mod results;
mod search;
mod secrets;
mod sharing;

use std::process::{Command, ExitCode};

use imgcluster_test_postgres::{run, tests};
use place::Place;
use serde_json::Value;

fn main() -> ExitCode {
    run(tests![
        errors::whatever_is_wrong_with_a_server_is_told_with_a_hint,
        errors::a_full_disk_is_told_with_a_hint,
        queries::the_queries_of_the_readme_answer,
        results::a_copy_tells_of_the_files_of_other_machines,
        results::a_store_goes_to_the_server_and_back,
        results::both_stores_give_the_same_results,
        results::runs_are_remembered_and_shown,
        results::what_is_gone_can_be_forgotten,
        search::a_search_in_the_database_finds_the_groups_of_the_gallery_and_tells_how_much_it_found,
        search::a_search_in_the_database_is_refused_where_there_is_none_and_says_why,
        search::who_may_not_make_an_index_is_told_with_a_hint,
        secrets::a_password_is_nowhere_to_be_seen,
        secrets::an_address_can_come_from_a_file_or_the_environment,
        sharing::four_at_once_of_which_two_are_killed_leave_one_vector_each;
        private:
        sharing::a_restart_of_the_server_stops_no_run
    ])
}

/// A command in this place with a store on a server.
fn command(place: &Place, url: &str) -> Command {
    let mut command = place.command();
    command.env("IMGCLUSTER_STORE", url);
    command
}

/// What `--json` prints.
fn answer(command: &mut Command) -> Value {
    let output = command.arg("--json").output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    serde_json::from_slice(&output.stdout).unwrap()
}
