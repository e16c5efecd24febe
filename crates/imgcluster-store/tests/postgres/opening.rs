//! Who may open a store, and what is told to who may not.

use std::time::Instant;

use imgcluster_core::{Store, Wait};
use imgcluster_store::ServerError::{
    Encoding, Foreign, Login, NoDatabase, NoPgvector, NotAllowed, PgvectorNotAllowed, Tls,
    Unreachable,
};
use imgcluster_store::{ServerError, StoreError};
use imgcluster_test_postgres::{Database, Server, User};

use crate::fixtures::{Batch, space, vector};
use crate::{refusal, told, with_store};

/// Opens a store whose server says no.
#[track_caller]
fn problem(url: &str) -> ServerError {
    match refusal(url) {
        StoreError::Server { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

/// A store that is made, and a user who may do with it what is granted.
fn user_of_store(database: &Database<'_>, grants: &str) -> User {
    with_store(database.url(), |_, _| {});
    let user = database.user();
    database.execute(&grants.replace("NAME", &user.name));
    user
}

pub(crate) fn a_wrong_password_is_told_without_it(server: &Server) {
    let database = server.database();
    let user = database.user();
    let url = server.url_of(&user.name, "wrong-password", database.name());
    let error = refusal(&url);
    assert!(
        matches!(
            &error,
            StoreError::Server {
                problem: Login { .. },
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!told(&error).contains("wrong-password"));
    assert!(error.to_string().contains(database.name()));
}

pub(crate) fn an_unknown_user_is_refused(server: &Server) {
    let database = server.database();
    let url = server.url_of("nobody_at_all", "x", database.name());
    assert!(matches!(problem(&url), Login { .. }));
}

pub(crate) fn a_missing_database_is_told(server: &Server) {
    let url = server.url_of_database("there_is_none");
    assert!(matches!(problem(&url), NoDatabase { .. }));
}

pub(crate) fn a_port_where_nobody_listens_is_told_at_once(_: &Server) {
    let begun = Instant::now();
    // the port of a service that nobody runs
    let problem = problem("postgres://u:p@127.0.0.1:1/d?sslmode=disable");
    assert!(matches!(problem, Unreachable { .. }), "{problem:?}");
    assert!(begun.elapsed().as_secs() < 5);
}

pub(crate) fn a_server_without_the_tls_that_is_asked_for_is_told(server: &Server) {
    let database = server.database();
    if database.text("SHOW ssl") == "on" {
        return;
    }
    let separator = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!("{}{separator}sslmode=require", database.url());
    let problem = problem(&url);
    assert!(matches!(problem, Tls { .. }), "{problem:?}");
}

pub(crate) fn a_server_without_pgvector_is_told(server: &Server) {
    let database = server.database();
    let name = database.name();
    let version: u32 = database.text("SHOW server_version_num").parse().unwrap();
    if version < 180_000 {
        return; // there is no way to hide an extension
    }
    database.execute(&format!(
        "ALTER DATABASE {name} SET extension_control_path = '/nonexistent'"
    ));
    let problem = problem(database.url());
    assert!(matches!(problem, NoPgvector { .. }), "{problem:?}");
}

pub(crate) fn a_user_who_may_not_switch_pgvector_on_is_told(server: &Server) {
    let database = server.database();
    let problem = problem(&database.user().url);
    assert!(matches!(problem, PgvectorNotAllowed { .. }), "{problem:?}");
}

pub(crate) fn a_user_who_may_not_create_a_schema_is_told(server: &Server) {
    let database = server.database();
    database.execute("CREATE EXTENSION vector");
    let problem = problem(&database.user().url);
    assert!(matches!(problem, NotAllowed { .. }), "{problem:?}");
}

pub(crate) fn a_newer_schema_is_refused_and_left_alone(server: &Server) {
    let database = server.database();
    with_store(database.url(), |_, _| {});
    database.execute(
        "INSERT INTO image_clustering._sqlx_migrations
             (version, description, success, checksum, execution_time)
         VALUES (99, 'tomorrow', true, '\\x00', 0)",
    );
    let error = refusal(database.url());
    assert!(
        matches!(error, StoreError::Newer { version: 99, known, .. } if known < 99),
        "{error:?}"
    );
}

pub(crate) fn a_schema_of_another_build_is_refused(server: &Server) {
    let database = server.database();
    with_store(database.url(), |_, _| {});
    database.execute("UPDATE image_clustering._sqlx_migrations SET checksum = '\\x00'");
    let error = refusal(database.url());
    assert!(
        matches!(error, StoreError::OtherBuild { version: 1, .. }),
        "{error:?}"
    );
}

pub(crate) fn tables_of_another_program_are_refused(server: &Server) {
    let database = server.database();
    database
        .execute("CREATE SCHEMA image_clustering; CREATE TABLE image_clustering.images (id int)");
    assert!(matches!(problem(database.url()), Foreign));
    assert_eq!(
        database.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'image_clustering'"),
        "1"
    );
}

pub(crate) fn a_database_in_another_encoding_is_refused(server: &Server) {
    let database = server.database();
    let name = format!("{}_latin", database.name());
    let template = "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'";
    server.execute(&format!("CREATE DATABASE {name} {template}"));
    let problem = problem(&server.url_of_database(&name));
    server.execute(&format!("DROP DATABASE {name}"));
    assert!(matches!(problem, Encoding { encoding } if encoding == "LATIN1"));
}

pub(crate) fn a_user_who_may_only_read_is_refused(server: &Server) {
    let database = server.database();
    let user = user_of_store(
        &database,
        "GRANT USAGE ON SCHEMA image_clustering TO NAME;
         GRANT SELECT ON ALL TABLES IN SCHEMA image_clustering TO NAME",
    );
    let error = refusal(&user.url);
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

pub(crate) fn a_database_that_takes_no_changes_is_refused(server: &Server) {
    let database = server.database();
    let name = database.name();
    let setting = "SET default_transaction_read_only = on";
    database.execute(&format!("ALTER DATABASE {name} {setting}"));
    let error = refusal(database.url());
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

pub(crate) fn a_user_who_may_only_change_rows_can_work(server: &Server) {
    let database = server.database();
    let user = user_of_store(
        &database,
        "GRANT USAGE ON SCHEMA image_clustering TO NAME;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA image_clustering TO NAME",
    );
    with_store(&user.url, |store, runtime| {
        let space = space("model", vector(3));
        runtime.wait(Batch::new(&space).file("/a", 1).picture(1).put(store));
        assert_eq!(runtime.wait(store.status()).unwrap().contents, 1);
    });
}

pub(crate) fn pgvector_may_be_in_a_schema_of_any_name(server: &Server) {
    let database = server.database();
    database
        .execute("CREATE SCHEMA \"My \"\"types\"; CREATE EXTENSION vector SCHEMA \"My \"\"types\"");
    with_store(database.url(), |store, runtime| {
        let space = space("model", vector(3));
        runtime.wait(Batch::new(&space).picture(1).put(store));
        assert_eq!(runtime.wait(store.status()).unwrap().contents, 1);
    });
}

pub(crate) fn a_session_has_limits_that_the_address_can_change(server: &Server) {
    let database = server.database();
    let separator = if database.url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!(
        "{}{separator}options=-c%20statement_timeout%3D1ms",
        database.url()
    );
    with_store(database.url(), |_, _| {});
    // even the first look takes longer than a thousandth of a second, or some later one does
    let runtime = imgcluster_store::Runtime::new().unwrap();
    let outcome = runtime.wait(async {
        let store = imgcluster_store::PostgresStore::open(&url.parse().unwrap()).await?;
        let space = space("model", vector(2000));
        let mut batch = Batch::new(&space);
        for number in 0..2000 {
            batch = batch.picture(number);
        }
        store.put(batch.as_put()).await
    });
    let error = outcome.unwrap_err().downcast::<StoreError>().unwrap();
    assert!(
        matches!(
            &*error,
            StoreError::Server {
                problem: ServerError::TimedOut { .. },
                ..
            }
        ),
        "{error:?}"
    );
}
