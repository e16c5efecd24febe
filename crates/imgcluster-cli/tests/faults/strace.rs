//! System calls of the binary: which it makes, and what if one of them went wrong.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Output};

use crate::world::World;

/// Whether `strace` is here and may trace; else the test is to end. Fails where it is required.
pub(crate) fn is_missing() -> bool {
    let tried = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output();
    let works = tried.is_ok_and(|output| output.status.success());
    let required = std::env::var_os("IMGCLUSTER_REQUIRE_STRACE").is_some();
    assert!(works || !required, "strace is required and does not run");
    if !works {
        let word = "skipped: strace is not here or may not trace";
        let _ = writeln!(std::io::stderr(), "{word}");
    }
    !works
}

/// Runs the binary under strace with these rules.
pub(crate) fn run(world: &World, rules: &[&str], words: &[String]) -> Output {
    let mut command = world.command("strace");
    command.args(["-f", "-qqq", "-o", "/dev/null"]);
    for rule in rules {
        command.args(["-e", rule]);
    }
    command
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_imgcluster"))
        .args(words);
    command.output().unwrap()
}

/// The system calls of the main thread by name, in an undisturbed run.
pub(crate) fn calls(world: &World, words: &[String]) -> Vec<String> {
    let log = world.work().join("strace.log");
    let mut command = world.command("strace");
    command.args(["-f", "-qqq", "-o"]).arg(&log).arg("--");
    let output = command
        .arg(env!("CARGO_BIN_EXE_imgcluster"))
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", crate::world::told(&output));
    let text = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    fs::remove_file(log).unwrap();
    let mut lines = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .peekable();
    let main = lines.peek().map(|(pid, _)| (*pid).to_owned()).unwrap();
    let of_main = lines.filter(|(pid, _)| *pid == main);
    let names = of_main.filter_map(|(_, call)| call.trim_start().split_once('('));
    names
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.contains(' '))
        .collect()
}

/// How often each call is made.
pub(crate) fn count(calls: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.as_str()).or_insert(0) += 1;
    }
    counts
}
