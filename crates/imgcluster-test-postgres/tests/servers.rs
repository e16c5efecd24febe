//! The servers that tests get, and what becomes of them.

#![expect(
    clippy::unwrap_used,
    reason = "tests, which clippy knows by the standard harness only"
)]

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use imgcluster_test_postgres::{PrivateServer, Server, run, tests};
use sqlx::{Connection, PgConnection};
use tokio::runtime;

fn main() -> ExitCode {
    run(tests![
        a_new_database_is_empty_and_in_utf_8,
        a_new_database_can_have_pgvector,
        databases_know_nothing_of_each_other,
        a_database_is_gone_with_its_value_whoever_is_connected,
        a_wrong_password_is_refused,
        a_user_may_connect_and_no_more_and_goes_with_the_database,
        databases_can_be_had_inside_of_a_runtime,
        programs_find_a_database_by_its_environment;
        private:
        what_was_committed_outlives_a_restart_and_a_crash,
        a_stopped_server_refuses_connections,
        a_private_server_is_gone_with_its_value,
        a_server_is_gone_with_its_process_even_if_the_whole_group_is_killed,
    ])
}

fn a_new_database_is_empty_and_in_utf_8(server: &'static Server) {
    let database = server.database();
    assert!(
        database
            .rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
            .is_empty()
    );
    assert_eq!(database.text("SHOW server_encoding"), "UTF8");
    assert_eq!(database.text("SELECT current_database()"), database.name());
    assert_eq!(
        database.rows("SELECT NULL, 1"),
        [[None, Some("1".to_owned())]]
    );
}

fn a_new_database_can_have_pgvector(server: &'static Server) {
    let database = server.database();
    assert!(
        database
            .rows("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            .is_empty()
    );
    database.execute("CREATE EXTENSION vector");
    assert_eq!(database.text("SELECT '[3,0]'::vector <-> '[0,4]'"), "5");
    assert_eq!(database.text("SELECT '[3,0]'::halfvec <-> '[0,4]'"), "5");
}

fn databases_know_nothing_of_each_other(server: &'static Server) {
    let (one, other) = (server.database(), server.database());
    assert_ne!(one.name(), other.name());
    one.execute("CREATE TABLE mine (); CREATE EXTENSION vector");
    assert!(
        other
            .rows("SELECT 1 FROM pg_tables WHERE tablename = 'mine'")
            .is_empty()
    );
    assert!(
        other
            .rows("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
            .is_empty()
    );
}

fn a_database_is_gone_with_its_value_whoever_is_connected(server: &'static Server) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let database = server.database();
    let connection = runtime
        .block_on(PgConnection::connect(database.url()))
        .unwrap();
    let name = database.name().to_owned();
    drop(database);
    let asked = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    assert!(server.database().rows(&asked).is_empty());
    drop(connection);
}

fn a_wrong_password_is_refused(server: &'static Server) {
    let database = server.database();
    let user = database.user();
    assert_eq!(code_of(&user.url), None);
    let wrong = server.url_of(&user.name, "wrong", database.name());
    assert_eq!(code_of(&wrong).as_deref(), Some("28P01"));
}

fn a_user_may_connect_and_no_more_and_goes_with_the_database(server: &'static Server) {
    let database = server.database();
    let user = database.user();
    database.execute("CREATE TABLE secret ()");
    let may = |what: &str| database.text(&format!("SELECT {what}"));
    assert_eq!(
        may(&format!(
            "has_table_privilege('{}', 'secret', 'SELECT')",
            user.name
        )),
        "f"
    );
    assert_eq!(
        may(&format!(
            "has_schema_privilege('{}', 'public', 'CREATE')",
            user.name
        )),
        "f"
    );
    drop(database);
    let asked = format!("SELECT 1 FROM pg_roles WHERE rolname = '{}'", user.name);
    assert!(server.database().rows(&asked).is_empty());
}

fn databases_can_be_had_inside_of_a_runtime(server: &'static Server) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = server.database();
        assert_eq!(database.text("SELECT 1"), "1");
    });
}

fn programs_find_a_database_by_its_environment(server: &'static Server) {
    let database = server.database();
    database.execute("CREATE TABLE kept AS SELECT 7 AS seven");
    let dump = server
        .program("pg_dump")
        .expect("a server comes with `pg_dump`");
    let output = Command::new(dump)
        .envs(database.environment())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("COPY public.kept (seven) FROM stdin;\n7\n"),
        "{text}"
    );
    assert_eq!(server.program("no_such_program"), None);
}

fn what_was_committed_outlives_a_restart_and_a_crash(server: &PrivateServer) {
    let database = server.database();
    database.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)");
    server.restart();
    database.execute("INSERT INTO kept VALUES (2)");
    server.crash();
    server.start_again();
    assert_eq!(
        database.text("SELECT string_agg(n::text, ',' ORDER BY n) FROM kept"),
        "1,2"
    );
    assert!(
        server.log().contains("was not properly shut down"),
        "{}",
        server.log()
    );
}

fn a_stopped_server_refuses_connections(server: &PrivateServer) {
    assert!(connects(server.url()));
    server.stop();
    assert!(!connects(server.url()));
    server.start_again();
    assert!(connects(server.url()));
}

fn a_private_server_is_gone_with_its_value(_: &PrivateServer) {
    let server = PrivateServer::start().unwrap();
    let (url, folder) = (server.url().to_owned(), data_folder(&server));
    assert!(connects(&url) && folder.is_dir());
    drop(server);
    assert!(!connects(&url) && !folder.exists());
}

fn a_server_is_gone_with_its_process_even_if_the_whole_group_is_killed(other: &PrivateServer) {
    let mut holder = Command::new(env!("CARGO_BIN_EXE_test-postgres"));
    holder
        .env_remove("IMGCLUSTER_TEST_POSTGRES")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    in_a_group_of_its_own(&mut holder);
    let mut holder = holder.spawn().unwrap();
    let url = url_of(&mut holder);
    let psql = other.program("psql").expect("a server comes with `psql`");
    let asked = Command::new(psql)
        .args(["-At", "-c", "SHOW data_directory", &url])
        .output()
        .unwrap();
    let data = PathBuf::from(String::from_utf8(asked.stdout).unwrap().trim_end());
    let folder = data.parent().unwrap();
    assert!(connects(&url) && data.is_dir());

    let group = format!("kill -9 -{}", holder.id());
    assert!(
        Command::new("sh")
            .args(["-c", &group])
            .status()
            .unwrap()
            .success()
    );
    assert!(!holder.wait().unwrap().success());

    let start = Instant::now();
    while connects(&url) || folder.exists() {
        let waited = start.elapsed();
        assert!(
            waited < Duration::from_secs(20),
            "{url} {}",
            folder.display()
        );
        sleep(Duration::from_millis(20));
    }
    assert!(connects(other.url()), "a server of another process goes on");
}

#[cfg(unix)]
fn in_a_group_of_its_own(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_a_group_of_its_own(_: &mut Command) {}

/// What the program that holds a server prints.
fn url_of(holder: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line.trim_end()
        .strip_prefix("IMGCLUSTER_TEST_POSTGRES=")
        .unwrap()
        .to_owned()
}

/// Whether somebody listens at the address of a URL.
fn connects(url: &str) -> bool {
    let (_, address) = url.split_once('@').unwrap();
    let (address, _) = address.split_once('/').unwrap();
    TcpStream::connect(address).is_ok()
}

/// Why a server refuses a user, by the code of `PostgreSQL`; `None` where it does not.
fn code_of(url: &str) -> Option<String> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    match runtime.block_on(PgConnection::connect(url)) {
        Ok(_) => None,
        Err(error) => Some(
            error
                .as_database_error()
                .unwrap()
                .code()
                .unwrap()
                .into_owned(),
        ),
    }
}

fn data_folder(server: &Server) -> PathBuf {
    Path::new(&server.database().text("SHOW data_directory")).to_owned()
}
