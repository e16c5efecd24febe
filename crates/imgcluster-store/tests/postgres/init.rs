//! `init.sql`, and a store that was dumped and restored.

use std::path::Path;
use std::process::Command;

use imgcluster_core::{NewRun, Store, Wait};
use imgcluster_store::StoreError;
use imgcluster_test_postgres::{Database, Server};

use crate::fixtures::{Batch, decision, feature, hashes, record, space, vector};
use crate::with_store;

/// Everything about the schema that a program could notice.
const SCHEMA: [&str; 5] = [
    "SELECT relname, relkind, reloptions::text, attname, format_type(atttypid, atttypmod),
         attnotnull, attidentity, attstorage,
         (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
             WHERE adrelid = attrelid AND adnum = attnum)
     FROM pg_attribute
     JOIN pg_class ON pg_class.oid = attrelid
     JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'image_clustering' AND attnum > 0
     ORDER BY relname, attnum",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE connamespace = 'image_clustering'::regnamespace ORDER BY 1, 2",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'image_clustering' ORDER BY 1",
    "SELECT pg_get_functiondef(oid) FROM pg_proc
     WHERE pronamespace = 'image_clustering'::regnamespace ORDER BY 1",
    "SELECT version, description, success, checksum FROM image_clustering._sqlx_migrations",
];

fn init_sql() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../init.sql");
    std::fs::read_to_string(file).unwrap()
}

fn schema(database: &Database<'_>) -> Vec<Vec<Vec<Option<String>>>> {
    SCHEMA.iter().map(|query| database.rows(query)).collect()
}

pub(crate) fn init_sql_makes_what_the_program_makes(server: &Server) {
    let (by_program, by_file) = (server.database(), server.database());
    with_store(by_program.url(), |_, _| {});
    by_file.execute(&init_sql());
    let expected = schema(&by_program);
    assert!(expected.iter().all(|rows| !rows.is_empty()));
    assert_eq!(schema(&by_file), expected);
    // and the program leaves it as it is
    with_store(by_file.url(), |_, _| {});
    assert_eq!(schema(&by_file), expected);
}

pub(crate) fn a_database_made_by_init_sql_needs_no_right_to_create(server: &Server) {
    let database = server.database();
    database.execute(&init_sql());
    let user = database.user();
    database.execute(&format!(
        "GRANT USAGE ON SCHEMA image_clustering TO {name};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA image_clustering TO {name}",
        name = user.name
    ));
    with_store(&user.url, |store, runtime| {
        assert_eq!(runtime.wait(store.status()).unwrap().files, 0);
    });
}

/// What makes a store as a build made it that knew nothing of decisions.
fn first_schema() -> String {
    let script = init_sql();
    let (first, _) = script.split_once("\n-- What people decided").unwrap();
    assert_eq!(
        first.matches("INSERT INTO image_clustering._sqlx").count(),
        1
    );
    format!("{first}\nCOMMIT;")
}

pub(crate) fn a_store_of_the_first_schema_is_brought_up_to_date_for_all_its_users(server: &Server) {
    let database = server.database();
    database.execute(&first_schema());
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'image_clustering'";
    assert_eq!(database.text(tables), "10");
    let (user, reader) = (database.user(), database.user());
    database.execute(&format!(
        "GRANT USAGE ON SCHEMA image_clustering TO {user}, {reader};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA image_clustering TO {user};
         GRANT SELECT ON ALL TABLES IN SCHEMA image_clustering TO {reader};
         INSERT INTO image_clustering.contents VALUES (sha256('a'), 3, 4);
         INSERT INTO image_clustering.files VALUES ('here', '/a', 1, 2, 3, sha256('a'));",
        user = user.name,
        reader = reader.name
    ));
    // who may not make tables cannot use it before the owner has
    let refused = crate::refusal(&user.url);
    assert!(matches!(refused, StoreError::Server { .. }), "{refused:?}");
    assert_eq!(database.text(tables), "10");
    with_store(database.url(), |store, runtime| {
        let status = runtime.wait(store.status()).unwrap();
        assert_eq!((status.files, status.contents), (1, 1));
    });
    let decisions = [decision(&[(1, "/a"), (2, "/b")])];
    with_store(&user.url, |store, runtime| {
        assert_eq!(runtime.wait(store.decide(&decisions)).unwrap(), [1]);
        assert!(runtime.wait(store.forget_decision(1)).unwrap());
        assert_eq!(runtime.wait(store.decide(&decisions)).unwrap(), [2]);
    });
    let refused = crate::refusal(&reader.url);
    assert!(
        matches!(refused, StoreError::ReadOnly { .. }),
        "{refused:?}"
    );
    // and it is the same schema as one that is made now
    let fresh = server.database();
    with_store(fresh.url(), |_, _| {});
    assert_eq!(schema(&database), schema(&fresh));
}

pub(crate) fn a_dump_that_is_restored_holds_the_same(server: &Server) {
    let (Some(dump), Some(restore)) = (server.program("pg_dump"), server.program("pg_restore"))
    else {
        panic!("the server is there, but not its `pg_dump` and `pg_restore`");
    };
    let (from, to) = (server.database(), server.database());
    let space = space("model", vector(600));
    let record = record("dbscan");
    let decisions = [decision(&[(1, "/a"), (1, "/b"), (9, "/c")])];
    with_store(from.url(), |store, runtime| {
        let batch = Batch::new(&space).file("/a", 1).picture(1).picture(2);
        runtime.wait(batch.failure(3, "broken").put(store));
        let members = &[];
        let record = &record;
        runtime
            .wait(store.record_run(NewRun { record, members }))
            .unwrap();
        runtime.wait(store.decide(&decisions)).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.dump");
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    run(Command::new(dump)
        .args(["--format=custom", "--file"])
        .arg(&file)
        .envs(from.environment()));
    run(Command::new(restore)
        .arg(format!("--dbname={}", to.name()))
        .arg(&file)
        .envs(to.environment()));
    let mut statuses = Vec::new();
    for database in [&from, &to] {
        with_store(database.url(), |store, runtime| {
            let mut status = runtime.wait(store.status()).unwrap();
            status.bytes = None;
            statuses.push(status);
            let (run, _) = runtime.wait(store.run(1)).unwrap().unwrap();
            assert_eq!(run.record, record);
            let stored = runtime.wait(store.decisions()).unwrap();
            assert_eq!(stored[0].decision, decisions[0]);
            let rows = runtime.wait(store.load(&space, &hashes(&[2]))).unwrap();
            assert_eq!(rows, feature(space.shape, 2));
        });
    }
    assert_eq!(statuses[0], statuses[1]);
    assert_eq!((statuses[0].contents, statuses[0].failures), (2, 1));
}
