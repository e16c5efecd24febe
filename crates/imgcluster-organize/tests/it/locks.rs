//! Two runs keep out of each other's folders.

use std::fs::File;
use std::path::Path;

use imgcluster_core::Job;
use imgcluster_organize::{ApplyOptions, OrganizeError, Plan, SortAction, UndoOptions};
use rustix::fs::FlockOperation;

use crate::support::{Yard, undo};

/// A lock that another process might have.
fn hold(path: &Path, operation: FlockOperation) -> File {
    let file = File::open(path).unwrap();
    rustix::fs::flock(&file, operation).unwrap();
    file
}

#[test]
fn a_folder_in_use_above_or_below_is_refused_by_name_until_it_is_free() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/b/x.jpg", "one");
    let plan = yard.thin(&[("photos/a/x.jpg", &[("photos/b/x.jpg", &[])])]);
    let before = yard.snapshot();
    // Another run in the folder itself, in one below (which shares those above), in one above.
    for (folder, operation) in [
        ("photos", FlockOperation::LockExclusive),
        ("photos", FlockOperation::LockShared),
        ("", FlockOperation::LockExclusive),
    ] {
        let held = hold(&yard.path(folder), operation);
        let error = yard.apply(&plan, &yard.options(None)).unwrap_err();
        let OrganizeError::Locked { path } = &error else {
            panic!("{error}")
        };
        assert_eq!(
            path.canonicalize().unwrap(),
            yard.path(folder).canonicalize().unwrap()
        );
        assert_eq!(yard.snapshot(), before);
        drop(held);
    }
    // One beside it shares what is above both.
    let held = hold(&yard.path(""), FlockOperation::LockShared);
    let applied = yard.apply(&plan, &yard.options(None)).unwrap();
    assert_eq!(applied.done, 1);
    drop(held);
    // An undo meets the same locks.
    let held = hold(&yard.path("photos"), FlockOperation::LockShared);
    let undone =
        imgcluster_organize::undo(&applied.journal, &UndoOptions::default(), &Job::quiet());
    assert!(matches!(undone, Err(OrganizeError::Locked { .. })));
    drop(held);
    assert_eq!(undo(&applied).restored, 1);
}

#[test]
fn those_who_only_read_share_the_source_but_not_the_target() {
    let yard = Yard::new();
    yard.file("photos/x.jpg", "one");
    std::fs::create_dir(yard.path("other/sorted")).unwrap();
    let plan = yard.sort(SortAction::Copy, &[("photos/x.jpg", "x.jpg", &[])]);
    let held = hold(&yard.path("other/sorted"), FlockOperation::LockShared);
    let error = yard.apply(&plan, &ApplyOptions::default()).unwrap_err();
    assert!(matches!(error, OrganizeError::Locked { path } if path == yard.path("other/sorted")));
    drop(held);
    let _reader = hold(&yard.path("photos"), FlockOperation::LockShared);
    assert_eq!(yard.apply(&plan, &ApplyOptions::default()).unwrap().done, 1);
}

#[test]
fn a_reference_is_shared_with_those_who_read_and_with_nobody_who_changes_it() {
    let yard = Yard::new();
    yard.file("other/ref/x.jpg", "one");
    yard.file("photos/x.jpg", "one");
    let mut plan = yard.thin(&[("other/ref/x.jpg", &[("photos/x.jpg", &[])])]);
    if let Plan::Thin(plan) = &mut plan {
        plan.references.push(yard.path("other/ref"));
    }
    let held = hold(&yard.path("other/ref"), FlockOperation::LockExclusive);
    let error = yard.apply(&plan, &yard.options(None)).unwrap_err();
    assert!(matches!(error, OrganizeError::Locked { path } if path == yard.path("other/ref")));
    assert!(yard.path("photos/x.jpg").exists());
    drop(held);
    let _reader = hold(&yard.path("other/ref"), FlockOperation::LockShared);
    // A reference may lie in a root, or be one that is locked already.
    if let Plan::Thin(plan) = &mut plan {
        plan.references.push(yard.path("other"));
        plan.roots.push(yard.path("other/ref/none"));
        std::fs::create_dir(yard.path("other/ref/none")).unwrap();
    }
    assert_eq!(yard.apply(&plan, &yard.options(None)).unwrap().done, 1);
}

#[test]
fn a_journal_in_use_is_refused() {
    let yard = Yard::new();
    yard.file("photos/x.jpg", "one");
    let plan = yard.sort(SortAction::Copy, &[("photos/x.jpg", "x.jpg", &[])]);
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    let _held = hold(&applied.journal, FlockOperation::LockExclusive);
    let undone =
        imgcluster_organize::undo(&applied.journal, &UndoOptions::default(), &Job::quiet());
    assert!(matches!(undone, Err(OrganizeError::Locked { path }) if path == applied.journal));
    let again = yard.apply(&plan, &ApplyOptions::default());
    assert!(matches!(again, Err(OrganizeError::Locked { path }) if path == applied.journal));
}

#[test]
fn of_many_runs_at_once_each_picture_is_done_by_one() {
    let yard = Yard::new();
    let names: Vec<_> = (0..40)
        .map(|n| (format!("photos/{n}.jpg"), format!("{n}.jpg")))
        .collect();
    for (number, (path, _)) in names.iter().enumerate() {
        yard.file(path, &format!("picture {number}"));
    }
    let files: Vec<_> = names
        .iter()
        .map(|(from, to)| (from.as_str(), to.as_str(), &[][..]))
        .collect();
    let plan = yard.sort(SortAction::Move, &files);
    let done: usize = std::thread::scope(|scope| {
        let run = || match yard.apply(&plan, &ApplyOptions::default()) {
            Ok(applied) => {
                assert_eq!((&applied.refused, &applied.failed), (&vec![], &vec![]));
                applied.done
            }
            Err(OrganizeError::Locked { .. }) => 0,
            Err(error) => panic!("{error}"),
        };
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(done, 40);
    assert_eq!(crate::support::names(&yard.path("other/sorted")).len(), 40);
}
