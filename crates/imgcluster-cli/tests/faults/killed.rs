//! `kill -9` between any two system calls, and at any time.

use std::thread;
use std::time::{Duration, Instant};

use crate::jobs::Task;
use crate::random::{Random, rounds};
use crate::strace;
use crate::world::World;

/// How many pictures make a tree of about 200 files.
const MANY: usize = 99;
/// Enough for one unit of each kind.
const FEW: usize = 6;

/// After a kill: nothing is lost, and both ways out lead where they should.
fn ends_well(world: &World, goes_on: bool, about: &str) {
    world.nothing_is_lost(about);
    if goes_on {
        world.succeed(&world.apply(), about);
        world.nothing_is_lost(about);
    }
    world.undo_restores(about);
}

#[test]
fn a_job_that_is_killed_at_any_system_call_goes_on_or_is_taken_back() {
    if strace::is_missing() {
        return;
    }
    let mut random = Random(1);
    let mut broken_off = 0;
    let mut lengths = std::collections::BTreeMap::new();
    for round in 0..rounds(24) {
        let number = round % Task::ALL.len();
        let task = Task::ALL[number];
        let Some(world) = World::new(task, MANY, random.next()) else {
            continue;
        };
        let length = *lengths.entry(number).or_insert_with(|| {
            let other = World::new(task, MANY, 5).unwrap();
            strace::calls(&other, &other.apply()).len()
        });
        let at = 1 + random.below(length);
        let rule = format!("inject=all:signal=KILL:when={at}");
        let killed = strace::run(&world, &[&rule], &world.apply());
        broken_off += usize::from(!killed.status.success() && world.journal().exists());
        ends_well(
            &world,
            random.below(2) == 0,
            &format!("round {round}, {task:?}, call {at} of {length}"),
        );
    }
    assert!(broken_off > 0, "no job was killed while it had a journal");
}

#[test]
fn an_undo_that_is_killed_at_any_system_call_is_done_again() {
    if strace::is_missing() {
        return;
    }
    let mut random = Random(2);
    let mut broken_off = 0;
    for round in 0..rounds(12) {
        let task = Task::ALL[round % Task::ALL.len()];
        let Some(world) = World::new(task, 24, random.next()) else {
            continue;
        };
        world.succeed(&world.apply(), "apply");
        let length = {
            let other = World::new(task, 24, 5).unwrap();
            other.succeed(&other.apply(), "apply");
            strace::calls(&other, &other.undo()).len()
        };
        let at = 1 + random.below(length);
        let rule = format!("inject=all:signal=KILL:when={at}");
        let killed = strace::run(&world, &[&rule], &world.undo());
        broken_off += usize::from(!killed.status.success());
        let about = format!("round {round}, undo of {task:?}, call {at} of {length}");
        world.nothing_is_lost(&about);
        world.undo_restores(&about);
    }
    assert!(broken_off > 0, "no undo was killed");
}

#[test]
fn a_small_job_of_each_kind_may_be_killed_at_every_system_call() {
    if strace::is_missing() {
        return;
    }
    // All of them take an hour; usually each task begins elsewhere and strides.
    let stride = if std::env::var_os("IMGCLUSTER_FAULTS").is_some() {
        1
    } else {
        29
    };
    for (number, task) in Task::ALL.into_iter().enumerate() {
        let Some(other) = World::new(task, FEW, 5) else {
            continue;
        };
        let calls = strace::calls(&other, &other.apply());
        // Before the journal there is nothing to be killed in.
        let length = calls.len();
        let first = calls.iter().position(|call| call == "flock").unwrap();
        for at in (first + number..=length).step_by(stride) {
            for goes_on in [false, true] {
                let world = World::new(task, FEW, 5).unwrap();
                let rule = format!("inject=all:signal=KILL:when={at}");
                strace::run(&world, &[&rule], &world.apply());
                ends_well(
                    &world,
                    goes_on,
                    &format!("{task:?}, call {at} of {length}, {goes_on}"),
                );
            }
        }
    }
}

#[test]
fn a_job_that_is_killed_at_any_time_goes_on_or_is_taken_back() {
    let mut random = Random(3);
    let mut broken_off = 0;
    for round in 0..rounds(24) {
        let task = Task::ALL[round % Task::ALL.len()];
        let Some(world) = World::new(task, MANY, random.next()) else {
            continue;
        };
        let mut running = world.command(env!("CARGO_BIN_EXE_imgcluster"));
        running
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut child = running.args(world.apply()).spawn().unwrap();
        // From the moment that the journal is there, some milliseconds.
        let begun = Instant::now();
        while !world.journal().exists() && begun.elapsed() < Duration::from_secs(5) {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(random.next() % 60_000));
        child.kill().unwrap();
        broken_off += usize::from(child.wait().unwrap().code().is_none());
        ends_well(
            &world,
            random.below(2) == 0,
            &format!("round {round}, {task:?}"),
        );
    }
    assert!(broken_off > 0, "every job was done before it was killed");
}
