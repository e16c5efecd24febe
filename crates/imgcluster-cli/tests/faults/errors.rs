//! A system that says no: full disks, missing rights, other file systems, broken ones.

use crate::jobs::Task;
use crate::random::{Random, rounds};
use crate::strace;
use crate::world::{World, told};

const PICTURES: usize = 24;

/// What may go wrong with which call.
const FAULTS: [(&str, &[&str]); 17] = [
    ("openat", &["EACCES", "ENOSPC", "EMFILE", "EIO"]),
    ("write", &["ENOSPC", "EIO"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    (
        "renameat2",
        &["EXDEV", "EACCES", "ENOSPC", "EINVAL", "ENOENT"],
    ),
    ("linkat", &["EXDEV", "EACCES", "ENOSPC", "EMLINK", "EPERM"]),
    ("symlinkat", &["EACCES", "ENOSPC"]),
    ("unlinkat", &["EACCES", "EBUSY", "EIO"]),
    ("unlink", &["EACCES", "EBUSY", "EIO"]),
    ("mkdir", &["EACCES", "ENOSPC"]),
    ("mkdirat", &["EACCES", "ENOSPC"]),
    ("utimensat", &["EACCES", "EIO"]),
    ("fchmod", &["EPERM"]),
    ("fsetxattr", &["ENOSPC", "ENOTSUP"]),
    ("copy_file_range", &["ENOSPC", "EXDEV", "EIO"]),
    ("ioctl", &["EOPNOTSUPP", "EIO"]),
    ("read", &["EIO"]),
];

#[test]
fn an_error_of_any_system_call_loses_nothing_and_is_taken_back() {
    if strace::is_missing() {
        return;
    }
    let mut random = Random(4);
    let mut noticed = 0;
    for round in 0..rounds(48) {
        let task = *random.pick(&Task::ALL);
        let Some(world) = World::new(task, PICTURES, random.next()) else {
            continue;
        };
        let calls = {
            let other = World::new(task, PICTURES, 5).unwrap();
            strace::calls(&other, &other.apply())
        };
        let counts = strace::count(&calls);
        let possible: Vec<_> = FAULTS
            .iter()
            .filter(|(call, _)| counts.contains_key(call))
            .collect();
        let (call, errors) = random.pick(&possible);
        let error = random.pick(errors);
        let at = 1 + random.below(counts[call]);
        // Once, or from then on.
        let on = if random.below(2) == 0 { "+" } else { "" };
        let rule = format!("inject={call}:error={error}:when={at}{on}");
        let output = strace::run(&world, &[&rule], &world.apply());
        let about = format!("round {round}, {task:?}, {rule}: {}", told(&output));
        assert_ne!(output.status.code(), Some(101), "panicked: {about}");
        noticed += usize::from(!output.status.success());
        world.nothing_is_lost(&about);
        if random.below(2) == 0 {
            // With the fault gone the same command does the rest, if there is any.
            let again = world.run(&world.apply());
            assert!(
                again.status.code().is_some_and(|code| code != 101),
                "{}",
                told(&again)
            );
            world.nothing_is_lost(&about);
        }
        // It went from one journal to the next if all was done the first time.
        for number in [2, 1] {
            let journal = world.work().join(format!("plan.journal-{number}.jsonl"));
            if journal.exists() {
                let words = ["undo".to_owned(), journal.to_str().unwrap().to_owned()];
                world.succeed(&words, &about);
            }
        }
        world.is_as_it_was(&about);
    }
    assert!(noticed > 0, "no error reached the program");
}

#[test]
fn a_journal_that_cannot_be_written_stops_the_job_before_the_step() {
    if strace::is_missing() {
        return;
    }
    let mut random = Random(6);
    let mut stopped = 0;
    for round in 0..rounds(12) {
        let task = Task::ALL[round % Task::ALL.len()];
        let Some(world) = World::new(task, PICTURES, random.next()) else {
            continue;
        };
        let path = format!("path={}", world.journal().display());
        let (call, error) =
            *random.pick(&[("write", "ENOSPC"), ("fdatasync", "EIO"), ("fsync", "EIO")]);
        let at = 1 + random.below(2 * PICTURES);
        let rule = format!("inject={call}:error={error}:when={at}+");
        // Only what is done to the journal is traced, and so counted.
        let mut command = world.command("strace");
        command
            .args(["-f", "-qqq", "-o", "/dev/null", "-P"])
            .arg(world.journal());
        command
            .args(["-e", &rule, "--", env!("CARGO_BIN_EXE_imgcluster")])
            .args(world.apply());
        let output = command.output().unwrap();
        let about = format!("round {round}, {task:?}, {path}, {rule}: {}", told(&output));
        assert_ne!(output.status.code(), Some(101), "panicked: {about}");
        stopped += usize::from(told(&output).contains("cannot write the journal"));
        world.nothing_is_lost(&about);
        world.undo_restores(&about);
    }
    assert!(stopped > 0, "no journal was full");
}
