//! 14: work that was killed goes on where it was.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::place::{Place, gallery};

/// Starts to take the gallery in, one picture at a time, and kills the program (as `kill -9` does)
/// when it has told of `pictures`; tells of how many it had told by then.
fn killed_after(place: &Place, pictures: u64) -> u64 {
    let mut command = place.command();
    command
        .arg("index")
        .arg(gallery())
        .args(["--model", "classic", "--batch-size", "1"]);
    command.args(["--progress", "json", "--threads", "1"]);
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == "advanced" && event["stage"] == "ingest" {
            told += event["by"].as_u64().unwrap();
        }
        if told >= pictures {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told
}

#[test]
fn regression_14_a_killed_run_goes_on_without_computing_finished_batches_again() {
    let place = Place::new();
    let told = killed_after(&place, 20);
    assert!((20..60).contains(&told), "{told}");
    let rest = place.run([
        "index".as_ref(),
        gallery().as_os_str(),
        "--model".as_ref(),
        "classic".as_ref(),
        "--json".as_ref(),
    ]);
    let rest: Value = serde_json::from_str(&rest.exits(0).stdout).unwrap();
    let embedded = rest["embedded"].as_u64().unwrap();
    // Two batches, of a picture each, may have been under way.
    assert!(
        embedded > 0 && embedded <= 65 - told + 3,
        "{told} told, then {embedded}"
    );
}
