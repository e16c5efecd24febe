//! What is told when a server cannot be used.

use imgcluster_test_postgres::{Database, Server};

use crate::command;
use crate::place::{Called, Place};

/// Runs the main job, which must fail with this text and a hint with that one.
#[track_caller]
fn fails(url: &str, text: &str, hint: &str) {
    let place = Place::new();
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-2.png"]);
    let called = Called::of(command(&place, url).args(["cluster", "in"])).exits(1);
    let talk = &called.stderr;
    assert!(talk.contains(text), "`{text}` is not in:\n{talk}");
    let told = talk.split_once("hint: ").unwrap_or_default().1;
    assert!(
        told.contains(hint),
        "`{hint}` is not in the hint of:\n{talk}"
    );
    assert!(!place.path("clustering_results/clusters.json").exists());
}

/// A user who may do this with a store that is made.
fn user_with(database: &Database<'_>, rights: &str) -> String {
    let place = Place::new();
    Called::of(command(&place, database.url()).args(["store", "status"])).exits(0);
    let user = database.user();
    database.execute(&format!(
        "GRANT USAGE ON SCHEMA image_clustering TO {name};
         GRANT {rights} ON ALL TABLES IN SCHEMA image_clustering TO {name}",
        name = user.name
    ));
    user.url
}

pub(crate) fn whatever_is_wrong_with_a_server_is_told_with_a_hint(server: &Server) {
    let database = server.database();
    let user = database.user();
    let wrong = server.url_of(&user.name, "wrong", database.name());
    fails(&wrong, "does not let this user in", "PGPASSWORD");
    let none = server.url_of_database("there_is_none");
    fails(&none, "the database does not exist", "createdb");
    let nobody = "postgres://u@127.0.0.1:1/d";
    fails(nobody, "the server cannot be reached", "docker compose up");
    fails(
        &user.url,
        "may not switch pgvector on",
        "CREATE EXTENSION vector",
    );
    database.execute("CREATE EXTENSION vector");
    fails(&user.url, "this user may not do that", "init.sql");
    let reader = user_with(&database, "SELECT");
    fails(&reader, "is read-only: the user may not", "--store");
    database.execute(
        "INSERT INTO image_clustering._sqlx_migrations
             (version, description, success, checksum, execution_time)
         VALUES (99, 'tomorrow', true, '\\x00', 0)",
    );
    fails(
        database.url(),
        "made by a newer version of imgcluster",
        "newer",
    );
    let taken = server.database();
    taken.execute("CREATE SCHEMA image_clustering; CREATE TABLE image_clustering.images (id int)");
    fails(taken.url(), "holds tables of another program", "createdb");
    let name = taken.name();
    let version: u32 = taken.text("SHOW server_version_num").parse().unwrap();
    if version >= 180_000 {
        taken.execute(&format!(
            "DROP SCHEMA image_clustering CASCADE;
             ALTER DATABASE {name} SET extension_control_path = '/nonexistent'"
        ));
        fails(
            taken.url(),
            "the server has no pgvector",
            "docker-compose.yml",
        );
    }
}

/// No disk is filled here: a trigger says what a server says whose disk is full.
pub(crate) fn a_full_disk_is_told_with_a_hint(server: &Server) {
    let database = server.database();
    let url = user_with(&database, "SELECT, INSERT, UPDATE, DELETE");
    database.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'
             USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON image_clustering.embeddings
             EXECUTE FUNCTION full_disk()",
    );
    fails(&url, "is full: ", "make room");
    let kept = database.text("SELECT count(*) FROM image_clustering.contents");
    assert_eq!(kept, "0", "a batch is stored whole or not at all");
}
