//! Other processes: this test program, started again for one of the roles below.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use imgcluster_core::{Store, Wait};
use imgcluster_store::{Runtime, SqliteStore};

use crate::fixtures::{assert_holds, place, put, space};

const STORE: &str = "IMGCLUSTER_TEST_STORE";
const FIRST: &str = "IMGCLUSTER_TEST_FIRST";
const BATCH: u32 = 32;

/// A role: puts batch after batch until it is killed, and tells of each that is committed.
#[test]
#[ignore = "a role that other tests start as a process of its own"]
fn role_of_a_writer_without_end() {
    let Some((runtime, path, first)) = role() else {
        return;
    };
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    for start in (first..).step_by(BATCH as usize) {
        let numbers: Vec<u32> = (start..start + BATCH).collect();
        runtime.wait(put(&store, &numbers));
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "committed {start}").unwrap();
        stdout.flush().unwrap();
    }
}

/// A role: opens the store, puts ten batches and ends.
#[test]
#[ignore = "a role that other tests start as a process of its own"]
fn role_of_a_writer_of_ten_batches() {
    let Some((runtime, path, first)) = role() else {
        return;
    };
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    for start in (first..first + 10 * BATCH).step_by(BATCH as usize) {
        let numbers: Vec<u32> = (start..start + BATCH).collect();
        runtime.wait(put(&store, &numbers));
    }
}

fn role() -> Option<(Runtime, PathBuf, u32)> {
    let path = env::var_os(STORE)?;
    let first = env::var(FIRST).unwrap().parse().unwrap();
    Some((Runtime::new().unwrap(), path.into(), first))
}

fn start(role: &str, path: &Path, first: u32) -> Child {
    let role = format!("processes::{role}");
    let arguments = [&role, "--exact", "--ignored", "--nocapture"].map(OsStr::new);
    Command::new(env::current_exe().unwrap())
        .args(arguments)
        .env(STORE, path)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

#[test]
fn several_processes_make_and_fill_one_store_at_once() {
    let (runtime, _folder, path) = place();
    let mut children: Vec<Child> = (0..6)
        // each two of them put the same pictures
        .map(|child| {
            start(
                "role_of_a_writer_of_ten_batches",
                &path,
                child / 2 * 10 * BATCH,
            )
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let store = runtime.wait(SqliteStore::open(&path)).unwrap();
    let numbers: Vec<u32> = (0..3 * 10 * BATCH).collect();
    runtime.wait(assert_holds(&store, &numbers));
    let status = runtime.wait(store.status()).unwrap();
    assert_eq!(status.spaces, [(space(), numbers.len() as u64)]);
}

#[test]
fn a_killed_process_leaves_every_batch_that_it_committed() {
    let (runtime, _folder, path) = place();
    let mut committed = Vec::new();
    for (attempt, wait) in (0..10).zip([0, 1, 3, 7, 13, 29, 31, 37, 53, 71]) {
        let first = attempt * 1_000_000;
        let mut child = start("role_of_a_writer_without_end", &path, first);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        if attempt > 0 {
            // the first is killed while it makes the store
            let told = |line: &String| line.contains("committed");
            assert!(lines.by_ref().map(Result::unwrap).any(|line| told(&line)));
            committed.push(first);
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map(Result::unwrap) {
            let start: Option<u32> = line
                .rsplit("committed ")
                .next()
                .and_then(|n| n.parse().ok());
            committed.extend(start);
        }

        let store = runtime.wait(SqliteStore::open(&path)).unwrap();
        let numbers: Vec<u32> = committed.iter().flat_map(|&at| at..at + BATCH).collect();
        runtime.wait(assert_holds(&store, &numbers));
        let contents = runtime.wait(store.status()).unwrap().contents;
        assert_eq!(contents % u64::from(BATCH), 0, "a batch is there in part");
        runtime.wait(store.close());
    }
    assert!(
        committed.len() > 10,
        "too little was written before the kills"
    );
}
