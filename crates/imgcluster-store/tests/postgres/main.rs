//! What is special about the store in PostgreSQL: who may open it, many at once, and a server that
//! comes and goes.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a failed test"
)]

#[path = "../conformance/fixtures.rs"]
#[expect(dead_code, reason = "the conformance tests need more")]
mod fixtures;
mod init;
mod nearest;
mod opening;
mod restart;
mod roots;
mod sharing;

use std::process::ExitCode;

use imgcluster_core::Wait;
use imgcluster_store::{PostgresStore, Runtime, StoreError};
use imgcluster_test_postgres::{run, tests};

fn main() -> ExitCode {
    run(tests![
        init::init_sql_makes_what_the_program_makes,
        init::a_database_made_by_init_sql_needs_no_right_to_create,
        init::a_store_of_the_first_schema_is_brought_up_to_date_for_all_its_users,
        init::a_dump_that_is_restored_holds_the_same,
        nearest::none_one_and_two_contents_have_none_none_and_one_neighbor,
        nearest::few_contents_are_searched_exactly,
        nearest::an_index_finds_nearly_all_by_either_metric,
        nearest::pictures_of_others_are_never_found_and_take_no_place,
        nearest::equal_vectors_are_no_trap,
        nearest::long_vectors_are_indexed_in_sixteen_bits_and_longer_ones_refused,
        nearest::two_at_once_make_one_index_and_one_that_was_left_half_made_is_replaced,
        nearest::a_user_who_may_not_make_an_index_is_told_and_can_use_one,
        nearest::a_search_that_is_cancelled_ends_at_once_here_and_on_the_server,
        opening::a_wrong_password_is_told_without_it,
        opening::an_unknown_user_is_refused,
        opening::a_missing_database_is_told,
        opening::a_port_where_nobody_listens_is_told_at_once,
        opening::a_server_without_the_tls_that_is_asked_for_is_told,
        opening::a_server_without_pgvector_is_told,
        opening::a_user_who_may_not_switch_pgvector_on_is_told,
        opening::a_user_who_may_not_create_a_schema_is_told,
        opening::a_newer_schema_is_refused_and_left_alone,
        opening::a_schema_of_another_build_is_refused,
        opening::tables_of_another_program_are_refused,
        opening::a_database_in_another_encoding_is_refused,
        opening::a_user_who_may_only_read_is_refused,
        opening::a_database_that_takes_no_changes_is_refused,
        opening::a_user_who_may_only_change_rows_can_work,
        opening::pgvector_may_be_in_a_schema_of_any_name,
        opening::a_session_has_limits_that_the_address_can_change,
        roots::one_path_on_two_machines_is_two_files,
        roots::pruning_one_machine_keeps_what_another_has,
        sharing::many_can_make_the_store_at_once,
        sharing::batches_that_overlap_crosswise_all_arrive,
        sharing::many_who_decide_the_same_remember_it_once,
        sharing::pruning_beside_putting_harms_neither,
        sharing::no_lock_stays_after_a_batch_that_was_given_up;
        private:
        nearest::a_search_goes_on_after_the_server_restarts,
        restart::a_store_goes_on_after_the_server_restarts,
        restart::a_session_that_the_server_ended_is_begun_anew,
        restart::a_silent_server_is_given_up_when_nobody_waits_for_it,
        restart::a_batch_waits_for_a_server_that_is_away,
        restart::what_was_put_or_recorded_outlives_a_crash
    ])
}

/// Opens a store, and gives it to a test with the runtime.
fn with_store(url: &str, test: impl FnOnce(&PostgresStore, &Runtime)) {
    let runtime = Runtime::new().unwrap();
    let store = runtime
        .wait(PostgresStore::open(&url.parse().unwrap()))
        .unwrap();
    test(&store, &runtime);
    runtime.wait(store.close());
}

/// Opens a store that cannot be opened.
#[track_caller]
fn refusal(url: &str) -> StoreError {
    let runtime = Runtime::new().unwrap();
    runtime
        .wait(PostgresStore::open(&url.parse().unwrap()))
        .unwrap_err()
}

/// The error with its causes, as a program tells and as a programmer sees it.
fn told(error: &StoreError) -> String {
    let mut texts = vec![format!("{error} {error:?}")];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        texts.push(format!("{error} {error:?}"));
        cause = error.source();
    }
    texts.concat()
}
