//! A password is nowhere to be seen.

use std::fs;
use std::path::Path;

use imgcluster_test_postgres::{Database, Server, User};

use crate::place::{Called, Place};
use crate::{answer, command};

/// A user who owns the database.
fn owner(database: &Database<'_>) -> User {
    let user = database.user();
    let name = database.name();
    database.execute(&format!(
        "CREATE EXTENSION vector; ALTER DATABASE {name} OWNER TO {}",
        user.name
    ));
    user
}

/// Fails if any file below the folder holds these bytes.
fn no_file_holds(folder: &Path, secret: &str) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert!(
                !path.to_string_lossy().contains(secret),
                "{}",
                path.display()
            );
            no_file_holds(&path, secret);
        } else {
            let bytes = fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

pub(crate) fn a_password_is_nowhere_to_be_seen(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    let user = owner(&database);
    place.copy_gallery("in", &["sunset-1.jpg", "sunset-2.png", "city-3.jpg"]);
    let wrong = user.url.replace(&user.password, "not-the-password");
    let in_address = format!("--store={}", user.url);
    for arguments in [
        &["cluster", "in", "--store", &user.url][..],
        &["cluster", "in", "--overwrite", &in_address],
        &[
            "cluster",
            "in",
            "--overwrite",
            "--json",
            "--progress",
            "json",
            "--store",
            &user.url,
        ],
        &["runs", "show", "1", "--store", &user.url],
        &["store", "status", "--store", &user.url],
        &["doctor", "--store", &user.url],
        &["index", "in", "--store", &wrong],
        &["index", "in", "--store", &format!("{}?no=1", user.url)],
        &["index", "in", "--stor", &user.url],
        &["index", "in", "--store", &format!("\"{}\"", user.url)],
        &["index", "in", "--store", &user.url.replacen(':', "", 1)],
        &[
            "index",
            "in",
            "--store",
            &format!("host=h password={}", user.password),
        ],
        &["index", "--help"],
    ] {
        let mut command = command(&place, &user.url);
        let called = Called::of(command.args(arguments).env("RUST_LOG", "trace"));
        for text in [&called.stdout, &called.stderr] {
            for secret in [&*user.password, "not-the-password"] {
                assert!(!text.contains(secret), "{arguments:?}:\n{text}");
            }
        }
    }
    no_file_holds(&place.path("."), &user.password);
    let kept = database.rows("SELECT runs::text, command::text FROM image_clustering.runs");
    assert_eq!(kept.len(), 3);
    assert!(!format!("{kept:?}").contains(&user.password), "{kept:?}");
    assert!(format!("{kept:?}").contains(database.name()), "{kept:?}");
}

pub(crate) fn an_address_can_come_from_a_file_or_the_environment(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    let user = owner(&database);
    place.copy_gallery("in", &["sunset-1.jpg"]);
    fs::write(place.path("address"), format!("{}\nmore\n", user.url)).unwrap();
    // by a file
    let by_file = answer(
        place
            .command()
            .args(["index", "in", "--store-file", "address"]),
    );
    assert_eq!(by_file["embedded"], 1);
    // by DATABASE_URL
    let mut command = place.command();
    command
        .args(["index", "in", "--store", "postgres:"])
        .env("DATABASE_URL", &user.url);
    assert_eq!(answer(&mut command)["embedded"], 0);
    // DATABASE_URL alone is another program's
    let mut command = place.command();
    command.args(["index", "in"]).env("DATABASE_URL", &user.url);
    assert_eq!(answer(&mut command)["embedded"], 1);
    // by libpq's variables and its file of passwords
    let environment = database.environment();
    let variables = environment.iter().filter(|(name, _)| *name != "PGPASSWORD");
    let line = format!("*:*:*:{}:{}\n", user.name, user.password);
    let passwords = place.path("passwords");
    fs::write(&passwords, line).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&passwords, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut command = place.command();
    command
        .args(["index", "in", "--store", "postgres:"])
        .env_remove("DATABASE_URL")
        .env_remove("PGPASSWORD")
        .envs(variables.map(|(name, value)| (*name, value)))
        .env("PGUSER", &user.name)
        .env("PGPASSFILE", &passwords);
    assert_eq!(answer(&mut command)["embedded"], 0);
    // a file that says nothing
    fs::write(place.path("address"), "\n").unwrap();
    let called = place.run(["index", "in", "--store-file", "address"]);
    called
        .exits(1)
        .says("its first line is empty")
        .says("hint:");
    place
        .run(["index", "in", "--store-file", "none"])
        .exits(1)
        .says("hint:");
}
