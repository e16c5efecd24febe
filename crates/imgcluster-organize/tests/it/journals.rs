//! Journals that are gone on with, cut off, or not ours.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use imgcluster_core::{CancelToken, Event, Job, Reporter};
use imgcluster_organize::{
    ApplyOptions, OrganizeError, Plan, SortAction, SyncPolicy, UndoOptions, read_journal,
};

use crate::support::{Yard, names, plan_hash, undo, undo_at};

fn moving(yard: &Yard) -> Plan {
    for number in 0..5 {
        yard.file(
            &format!("photos/{number}.jpg"),
            &format!("picture {number}"),
        );
    }
    yard.age_folders();
    yard.sort(
        SortAction::Move,
        &[
            ("photos/0.jpg", "a/x.jpg", &[]),
            ("photos/1.jpg", "a/x.jpg", &[("photos/2.jpg", "a/x.xmp")]),
            ("photos/3.jpg", "b/x.jpg", &[]),
            ("photos/4.jpg", "b/x.jpg", &[]),
        ],
    )
}

/// Cancels after so many events of progress.
struct Stops(AtomicUsize, CancelToken);

impl Reporter for Stops {
    fn report(&self, event: &Event<'_>) {
        if let Event::Advanced { .. } = event
            && self.0.fetch_sub(1, Ordering::SeqCst) == 1
        {
            self.1.cancel();
        }
    }
}

#[test]
fn the_same_command_again_goes_on_and_never_does_a_picture_twice() {
    let yard = Yard::new();
    let plan = moving(&yard);
    let before = yard.snapshot();
    let (token, threads) = (CancelToken::default(), NonZeroUsize::MIN);
    let stops = Stops(AtomicUsize::new(2), token.clone());
    let job = Job::new(&stops, token, threads);
    let options = ApplyOptions::default();
    let hash = plan_hash(&plan);
    let stopped = imgcluster_organize::apply(&plan, &yard.plan_path(), hash, &options, &job);
    assert!(matches!(stopped, Err(OrganizeError::Cancelled(_))));
    assert_eq!(names(&yard.path("other/sorted")).len(), 3);

    // Another plan of the same name must wait for this one.
    let other = yard.sort(SortAction::Move, &[]);
    assert!(matches!(
        yard.apply(&other, &options),
        Err(OrganizeError::Unfinished { .. })
    ));

    let applied = yard.apply(&plan, &options).unwrap();
    assert!(applied.resumed);
    assert_eq!((applied.done, applied.done_before), (2, 3));
    let again = yard.apply(&plan, &options).unwrap();
    assert_eq!((again.done, again.done_before), (0, 5));
    assert_eq!(again.journal, applied.journal);
    assert_eq!(again.refused, []);
    undo(&applied);
    assert_eq!(yard.snapshot(), before);

    // What was undone can be done again, with a journal of its own.
    let second = yard.apply(&plan, &options).unwrap();
    assert_eq!(second.journal, yard.path("plans/plan.journal-2.jsonl"));
    assert_eq!(second.done, 5);
    undo(&second);
    assert_eq!(yard.snapshot(), before);
}

#[test]
fn an_undo_that_was_stopped_must_be_finished_first() {
    let yard = Yard::new();
    let plan = moving(&yard);
    let before = yard.snapshot();
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    let token = CancelToken::default();
    let stops = Stops(AtomicUsize::new(2), token.clone());
    let job = Job::new(&stops, token, NonZeroUsize::MIN);
    let stopped = imgcluster_organize::undo(&applied.journal, &UndoOptions::default(), &job);
    assert!(matches!(stopped, Err(OrganizeError::Cancelled(_))));
    assert!(read_journal(&applied.journal).unwrap().unwrap().half_undone);
    let again = yard.apply(&plan, &ApplyOptions::default());
    assert!(matches!(again, Err(OrganizeError::HalfUndone { .. })));
    undo(&applied);
    assert_eq!(yard.snapshot(), before);
    assert!(read_journal(&applied.journal).unwrap().unwrap().undone);
}

/// The last step's end and the end of the run are on the last lines: however far they got, the
/// files are the same, so cutting there is what a kill or a full disk leaves.
#[test]
fn a_journal_cut_off_at_any_byte_of_its_last_lines_is_gone_on_with_and_undone() {
    for sync in [SyncPolicy::Step, SyncPolicy::Batch] {
        let mut cut = 1;
        loop {
            let yard = Yard::new();
            let plan = moving(&yard);
            let before = yard.snapshot();
            let options = ApplyOptions {
                sync,
                ..ApplyOptions::default()
            };
            let applied = yard.apply(&plan, &options).unwrap();
            let text = fs::read(&applied.journal).unwrap();
            let ends = text.split_inclusive(|byte| *byte == b'\n').rev().take(2);
            if cut > ends.map(<[u8]>::len).sum() {
                break;
            }
            fs::write(&applied.journal, &text[..text.len() - cut]).unwrap();
            if cut % 2 == 0 {
                let again = yard.apply(&plan, &options).unwrap();
                assert_eq!((again.done, again.done_before), (0, 5), "cut {cut}");
            }
            assert_eq!(undo(&applied).left, [], "cut {cut}");
            assert_eq!(yard.snapshot(), before, "cut {cut}");
            cut += 7;
        }
    }
}

#[test]
fn a_line_that_is_not_ours_is_named_and_nothing_is_done() {
    let yard = Yard::new();
    let plan = moving(&yard);
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    let after = yard.snapshot();
    let text = fs::read_to_string(&applied.journal).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    let undo =
        || imgcluster_organize::undo(&applied.journal, &UndoOptions::default(), &Job::quiet());
    let whole = lines[3];
    lines[3] = "{\"begin\":";
    fs::write(&applied.journal, lines.join("\n") + "\n").unwrap();
    assert!(matches!(
        undo(),
        Err(OrganizeError::Garbage { line: 4, .. })
    ));
    let again = yard.apply(&plan, &ApplyOptions::default());
    assert!(matches!(again, Err(OrganizeError::Garbage { line: 4, .. })));
    lines[3] = whole;
    lines.remove(0);
    fs::write(&applied.journal, lines.join("\n") + "\n").unwrap();
    assert!(matches!(
        undo(),
        Err(OrganizeError::OutOfOrder { line: 1, .. })
    ));
    let newer = text.replacen("\"version\":1", "\"version\":2", 1);
    fs::write(&applied.journal, newer).unwrap();
    assert!(matches!(
        undo(),
        Err(OrganizeError::JournalVersion { version: 2, .. })
    ));
    assert_eq!(yard.snapshot(), after);
}

#[test]
fn a_journal_with_nothing_in_it_has_nothing_to_undo_and_is_begun_anew() {
    let yard = Yard::new();
    let plan = moving(&yard);
    let journal = yard.path("plans/plan.journal-1.jsonl");
    for begun in ["", "{\"journal\":{\"vers"] {
        fs::write(&journal, begun).unwrap();
        assert!(undo_at(&journal).already);
        assert_eq!(read_journal(&journal).unwrap(), None);
    }
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    assert_eq!((&applied.journal, applied.done), (&journal, 5));
}

#[test]
fn the_status_tells_what_was_made_and_whether_it_holds_originals() {
    for action in [
        SortAction::Copy,
        SortAction::Move,
        SortAction::Hardlink,
        SortAction::Symlink,
    ] {
        let yard = Yard::new();
        let Plan::Sort(mut plan) = moving(&yard) else {
            unreachable!()
        };
        plan.action = action;
        let plan = Plan::Sort(plan);
        let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
        let status = read_journal(&applied.journal).unwrap().unwrap();
        assert!(status.finished && !status.undone);
        assert_eq!(status.plan_hash, plan_hash(&plan));
        assert_eq!(status.target, Some(yard.path("other/sorted")));
        assert_eq!(status.holds_originals(), action == SortAction::Move);
        let made: Vec<_> = status
            .made
            .iter()
            .map(|made| {
                made.path
                    .strip_prefix(yard.path("other/sorted"))
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let places = ["a/x.jpg", "a/x~2.jpg", "a/x~2.xmp", "b/x.jpg", "b/x~2.jpg"];
        assert_eq!(made, places.map(std::path::PathBuf::from));
        assert!(
            status
                .made
                .iter()
                .all(imgcluster_organize::MadeFile::is_unchanged)
        );
        if action == SortAction::Copy {
            fs::write(yard.path("other/sorted/a/x.jpg"), "edited").unwrap();
            fs::remove_file(yard.path("other/sorted/b/x.jpg")).unwrap();
            let unchanged = status
                .made
                .iter()
                .map(imgcluster_organize::MadeFile::is_unchanged);
            assert_eq!(
                unchanged.collect::<Vec<_>>(),
                [false, true, true, false, true]
            );
        }
        undo(&applied);
        let status = read_journal(&applied.journal).unwrap().unwrap();
        assert!(status.undone && !status.holds_originals());
        // The copy that was edited stays.
        assert_eq!(status.made.len(), usize::from(action == SortAction::Copy));
    }
}

#[test]
fn a_file_that_is_no_journal_is_never_written_to_whatever_its_name() {
    let notes = "my precious notes";
    for text in [
        notes,
        "my precious notes\n",
        "{\"journal\": \"of a journey\"",
        "{",
    ] {
        let yard = Yard::new();
        let plan = moving(&yard);
        let (first, second) = ("plans/plan.journal-1.jsonl", "plans/plan.journal-2.jsonl");
        fs::write(yard.path(first), text).unwrap();
        let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
        assert_eq!((&applied.journal, applied.done), (&yard.path(second), 5));
        // It does not keep the journal after it from being gone on with.
        fs::write(yard.path("plans/plan.journal-3.jsonl"), text).unwrap();
        let again = yard.apply(&plan, &ApplyOptions::default()).unwrap();
        assert_eq!((&again.journal, again.done_before), (&yard.path(second), 5));
        undo(&applied);
        assert_eq!(fs::read_to_string(yard.path(first)).unwrap(), text);
    }
    // Nor through a link: to a file that could be begun anew, or to nothing.
    let yard = Yard::new();
    let plan = moving(&yard);
    fs::write(yard.path("plans/empty"), "").unwrap();
    for (number, to) in [(1, "empty"), (2, "nothing")] {
        let link = yard.path(&format!("plans/plan.journal-{number}.jsonl"));
        std::os::unix::fs::symlink(yard.path("plans").join(to), link).unwrap();
    }
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    assert_eq!(applied.journal, yard.path("plans/plan.journal-3.jsonl"));
    assert_eq!(fs::read(yard.path("plans/empty")).unwrap(), b"");
    assert!(!yard.path("plans/nothing").exists());
}

#[test]
fn only_numbers_as_this_program_writes_them_count() {
    let yard = Yard::new();
    let plan = moving(&yard);
    let odd = ["007", "+3", "0", "4294967296", " 5", ""];
    for number in odd {
        let name = format!("plans/plan.journal-{number}.jsonl");
        fs::write(yard.path(&name), "").unwrap();
    }
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    assert_eq!(applied.journal, yard.path("plans/plan.journal-1.jsonl"));
    undo(&applied);
    fs::write(yard.path("plans/plan.journal-4294967295.jsonl"), "x").unwrap();
    let none_left = yard.apply(&plan, &ApplyOptions::default()).unwrap_err();
    assert!(matches!(none_left, OrganizeError::WriteJournal { .. }));
    assert_eq!(names(&yard.path("other/sorted")), [""; 0]);
}
