//! Paths that lead elsewhere than their letters say.

use std::fs;
use std::os::unix::fs::symlink;

use imgcluster_organize::{ApplyOptions, OrganizeError, Plan, SortAction, SyncPolicy, ThinAction};

use crate::support::{Yard, names, undo};

#[test]
fn what_one_group_keeps_no_other_group_removes_by_another_path() {
    for action in [
        ThinAction::Delete,
        ThinAction::Trash,
        ThinAction::Symlink,
        ThinAction::Hardlink,
    ] {
        for turn in [false, true] {
            let yard = Yard::new();
            yard.file("photos/a/x.jpg", "one");
            yard.file("photos/b/x.jpg", "one");
            yard.file("photos/c/x.jpg", "one");
            symlink(yard.path("photos/a"), yard.path("photos/link")).unwrap();
            yard.age_folders();
            let before = yard.snapshot();
            let mut groups = [
                ("photos/a/x.jpg", &[("photos/b/x.jpg", &[][..])][..]),
                ("photos/c/x.jpg", &[("photos/link/x.jpg", &[][..])][..]),
            ];
            if turn {
                groups.reverse();
            }
            let plan = yard.thin(&groups);
            let applied = yard
                .apply(&plan, &yard.options(Some(action.clone())))
                .unwrap();
            assert_eq!((applied.done, applied.refused.len()), (1, 1), "{action:?}");
            assert_eq!(applied.refused[0].path, yard.path("photos/link/x.jpg"));
            let reason = &applied.refused[0].reason;
            assert!(reason.contains("another group keeps"), "{reason}");
            let kept = yard.path("photos/a/x.jpg").symlink_metadata().unwrap();
            assert!(kept.is_file(), "{action:?} {turn}");
            assert_eq!(undo(&applied).left, []);
            assert_eq!(yard.snapshot(), before, "{action:?} {turn}");
        }
    }
}

#[test]
fn a_file_that_the_plan_names_by_two_paths_is_acted_on_once() {
    let yard = Yard::new();
    for name in ["a", "b", "c"] {
        yard.file(&format!("photos/{name}/x.jpg"), "one");
    }
    symlink(yard.path("photos/c"), yard.path("photos/link")).unwrap();
    yard.age_folders();
    let before = yard.snapshot();
    let plan = yard.thin(&[
        ("photos/a/x.jpg", &[("photos/c/x.jpg", &[])]),
        ("photos/b/x.jpg", &[("photos/link/x.jpg", &[])]),
    ]);
    // Both groups are looked at before the first is done.
    let options = ApplyOptions {
        sync: SyncPolicy::Batch,
        ..yard.options(None)
    };
    let applied = yard.apply(&plan, &options).unwrap();
    assert_eq!((applied.done, applied.refused.len()), (1, 1));
    assert!(applied.refused[0].reason.contains("twice"), "{applied:?}");
    assert_eq!(undo(&applied).left, []);
    assert_eq!(yard.snapshot(), before);
}

#[test]
fn files_in_a_folder_that_a_link_leads_to_are_sorted_only_if_links_are_followed() {
    for action in [
        SortAction::Copy,
        SortAction::Hardlink,
        SortAction::Symlink,
        SortAction::Move,
    ] {
        for follow in [false, true] {
            let yard = Yard::new();
            yard.file("other/far/a.jpg", "one");
            yard.file("photos/b.jpg", "two");
            symlink(yard.path("other/far"), yard.path("photos/link")).unwrap();
            yard.age_folders();
            let before = yard.snapshot();
            let mut plan = yard.sort(
                action,
                &[
                    ("photos/link/a.jpg", "a.jpg", &[]),
                    ("photos/b.jpg", "b.jpg", &[]),
                    // By its letters in no folder of the plan, whatever is followed.
                    ("photos/link/../far/a.jpg", "up.jpg", &[]),
                    ("other/far/a.jpg", "direct.jpg", &[]),
                ],
            );
            if let Plan::Sort(plan) = &mut plan {
                plan.follow_symlinks = follow;
            }
            let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
            let done = if follow && action != SortAction::Move {
                2
            } else {
                1
            };
            let expected = (done, 4 - done);
            assert_eq!(
                (applied.done, applied.refused.len()),
                expected,
                "{action:?} {follow}: {applied:?}"
            );
            if done == 2 {
                let sorted = yard.path("other/sorted");
                assert_eq!(fs::read(sorted.join("a.jpg")).unwrap(), b"one");
            }
            assert_eq!(undo(&applied).left, []);
            assert_eq!(yard.snapshot(), before);
        }
    }
}

#[test]
fn no_file_is_moved_into_a_reference_or_above_one() {
    for far in [
        "other/ref",
        "other/ref/in/it",
        "other",
        "other/link",
        "other/link/in",
    ] {
        let yard = Yard::new();
        yard.file("photos/a.jpg", "one");
        yard.file("photos/b.jpg", "one");
        yard.file("other/ref/x.jpg", "two");
        symlink(yard.path("other/ref"), yard.path("other/link")).unwrap();
        yard.age_folders();
        let before = yard.snapshot();
        let mut plan = yard.thin(&[("photos/a.jpg", &[("photos/b.jpg", &[])])]);
        if let Plan::Thin(plan) = &mut plan {
            plan.references.push(yard.path("other/ref"));
        }
        let to = |folder: &str| yard.options(Some(ThinAction::Move(yard.path(folder))));
        let error = yard.apply(&plan, &to(far)).unwrap_err();
        assert!(
            matches!(error, OrganizeError::TargetAtReference { .. }),
            "{far}: {error}"
        );
        assert_eq!(yard.snapshot(), before, "{far}");
        assert_eq!(names(&yard.path("plans")), [""; 0], "{far}");
        // Beside it is another place.
        let applied = yard.apply(&plan, &to("other/reference")).unwrap();
        assert_eq!(applied.done, 1);
    }
}
