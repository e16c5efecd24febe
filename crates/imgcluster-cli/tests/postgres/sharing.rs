//! Many at once, some of them killed, and a server that restarts.

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use imgcluster_test_postgres::{Database, PrivateServer, Server};

use crate::place::{Place, gallery};
use crate::{answer, command};

/// Indexes pictures one by one, so that it takes a while and commits often.
fn index(place: &Place, url: &str, folder: &str) -> Child {
    let mut command = command(place, url);
    command.args(["index", folder, "--batch-size", "1", "--threads", "1"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until so many vectors are stored.
fn wait_for(database: &Database<'_>, rows: usize) {
    let table = "to_regclass('image_clustering.embeddings') IS NOT NULL";
    let begun = Instant::now();
    loop {
        let there = database.text(&format!("SELECT {table}")) == "t";
        let count = "SELECT count(*) FROM image_clustering.embeddings";
        if there && database.text(count).parse::<usize>().unwrap() >= rows {
            return;
        }
        assert!(begun.elapsed().as_secs() < 30, "nothing is stored");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Every picture has one vector, and nothing is locked or half done.
fn is_whole(database: &Database<'_>, pictures: usize) {
    let count = |from: &str| database.text(&format!("SELECT count(*) FROM {from}"));
    let pictures = pictures.to_string();
    assert_eq!(count("image_clustering.embeddings"), pictures);
    assert_eq!(
        count("image_clustering.contents WHERE width IS NOT NULL"),
        pictures
    );
    let others = "datname = current_database() AND pid <> pg_backend_pid()";
    let locks = "pg_locks JOIN pg_database ON pg_database.oid = database";
    for what in ["pg_stat_activity", locks] {
        let what = format!("{what} WHERE {others}");
        // the server notices within a moment that a program is gone
        let begun = Instant::now();
        while count(&what) != "0" {
            assert!(begun.elapsed().as_secs() < 10, "{what}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

pub(crate) fn four_at_once_of_which_two_are_killed_leave_one_vector_each(server: &Server) {
    for round in 0..3 {
        let (place, database) = (Place::new(), server.database());
        let names: Vec<String> = gallery()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "broken.jpg")
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        // halves that overlap: four pictures in each half are in the other too
        let half = names.len() / 2;
        place.copy_gallery("one", &names[..half + 4]);
        place.copy_gallery("two", &names[half..]);
        let mut running: Vec<Child> = ["one", "two", "one", "two"]
            .map(|folder| index(&place, database.url(), folder))
            .into();
        wait_for(&database, 1 + 4 * round);
        for killed in &mut running[..2] {
            assert!(killed.try_wait().unwrap().is_none(), "it was over before");
            killed.kill().unwrap();
            killed.wait().unwrap();
        }
        for child in running.drain(2..) {
            let output = child.wait_with_output().unwrap();
            let talk = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{talk}");
        }
        let again = answer(command(&place, database.url()).args(["index", "one", "two"]));
        assert_eq!(again["embedded"], 0, "{again}");
        is_whole(&database, again["images"].as_u64().unwrap() as usize - 4);
    }
}

pub(crate) fn a_restart_of_the_server_stops_no_run(server: &PrivateServer) {
    let (place, database) = (Place::new(), server.database());
    let folder = gallery();
    let folder = folder.to_str().unwrap();
    let mut running = index(&place, database.url(), folder);
    for rows in [2, 20] {
        wait_for(&database, rows);
        assert!(running.try_wait().unwrap().is_none(), "it was over before");
        server.restart();
    }
    let output = running.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let again = answer(command(&place, database.url()).args(["index", folder]));
    assert_eq!(again["embedded"], 0, "{again}");
}
