//! What must not be done is not done, and said.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use imgcluster_organize::{ApplyOptions, OrganizeError, Plan, SortAction, SyncPolicy, ThinAction};

use crate::support::{Snapshot, Yard, look, names, planned, undo};

/// Two groups of two, the first with a sidecar.
fn two_groups(yard: &Yard) -> Plan {
    for name in ["a/x.jpg", "b/x.jpg"] {
        yard.file(&format!("photos/{name}"), "one");
    }
    yard.file("photos/b/x.xmp", "notes");
    for name in ["a/y.jpg", "b/y.jpg"] {
        yard.file(&format!("photos/{name}"), "two");
    }
    yard.thin(&[
        ("photos/a/x.jpg", &[("photos/b/x.jpg", &["photos/b/x.xmp"])]),
        ("photos/a/y.jpg", &[("photos/b/y.jpg", &[])]),
    ])
}

#[test]
fn a_plan_of_nothing_does_nothing() {
    let yard = Yard::new();
    yard.age_folders();
    let before = yard.snapshot();
    for (plan, action) in [
        (yard.thin(&[]), Some(ThinAction::Delete)),
        (yard.sort(SortAction::Move, &[]), None),
    ] {
        let applied = yard.apply(&plan, &yard.options(action)).unwrap();
        assert_eq!((applied.done, applied.refused.len()), (0, 0));
        assert_eq!(undo(&applied).restored, 0);
        assert_eq!(yard.snapshot(), before);
    }
}

#[test]
fn a_group_with_any_change_is_refused_and_the_others_go_on() {
    type Change = fn(&Yard);
    let changes: [(&str, Change); 9] = [
        ("b/x.jpg", |yard| {
            yard.file("photos/b/x.jpg", "longer");
        }),
        ("b/x.jpg", |yard| {
            // As long, and with the time that it had.
            yard.file("photos/b/x.jpg", "eno");
        }),
        ("b/x.jpg", |yard| {
            fs::write(yard.path("photos/b/x.jpg"), "one").unwrap();
        }),
        ("b/x.jpg", |yard| {
            fs::remove_file(yard.path("photos/b/x.jpg")).unwrap();
        }),
        ("b/x.xmp", |yard| {
            yard.file("photos/b/x.xmp", "other");
        }),
        ("b/x.xmp", |yard| {
            fs::remove_file(yard.path("photos/b/x.xmp")).unwrap();
        }),
        ("a/x.jpg", |yard| {
            yard.file("photos/a/x.jpg", "eno");
        }),
        ("a/x.jpg", |yard| {
            fs::remove_file(yard.path("photos/a/x.jpg")).unwrap();
        }),
        ("b/x.jpg", |yard| {
            fs::remove_file(yard.path("photos/b/x.jpg")).unwrap();
            symlink(yard.path("photos/a/x.jpg"), yard.path("photos/b/x.jpg")).unwrap();
        }),
    ];
    for (number, (other, change)) in changes.into_iter().enumerate() {
        let yard = Yard::new();
        let plan = two_groups(&yard);
        change(&yard);
        let mut before = Snapshot::new();
        for name in ["a/x.jpg", "b/x.jpg", "b/x.xmp"] {
            let path = yard.path("photos").join(name);
            if path.symlink_metadata().is_ok() {
                look(&path, &mut before);
            }
        }
        let applied = yard.apply(&plan, &yard.options(None)).unwrap();
        let [refused] = applied.refused.as_slice() else {
            panic!("change {number}: {applied:?}")
        };
        assert_eq!(refused.path, yard.path("photos/b/x.jpg"));
        let other = yard.path("photos").join(other);
        assert_eq!(
            refused.reason.contains(&other.display().to_string()),
            other != refused.path,
            "change {number}: {refused:?}"
        );
        assert_eq!(applied.done, 1);
        assert!(!yard.path("photos/b/y.jpg").exists());
        let mut after = Snapshot::new();
        for path in before.keys() {
            look(path, &mut after);
        }
        assert_eq!(after, before, "change {number}");
    }
}

#[test]
fn every_picture_of_a_refused_group_is_reported_with_the_file_that_changed() {
    for (changed, sync) in [
        ("photos/a.jpg", SyncPolicy::Step),
        ("photos/c.jpg", SyncPolicy::Step),
        ("photos/a.jpg", SyncPolicy::Batch),
        ("photos/c.jpg", SyncPolicy::Batch),
    ] {
        let yard = Yard::new();
        for name in ["a", "b", "c", "d"] {
            yard.file(&format!("photos/{name}.jpg"), "one");
        }
        let plan = yard.thin(&[(
            "photos/a.jpg",
            &[
                ("photos/b.jpg", &[]),
                ("photos/c.jpg", &[]),
                ("photos/d.jpg", &[]),
            ],
        )]);
        // As long, and with the time that it had.
        yard.file(changed, "eno");
        let options = ApplyOptions {
            sync,
            ..yard.options(None)
        };
        let applied = yard.apply(&plan, &options).unwrap();
        assert_eq!(applied.done, 0);
        let refused: Vec<_> = applied.refused.iter().map(|one| &one.path).collect();
        let all = ["b", "c", "d"].map(|name| yard.path(&format!("photos/{name}.jpg")));
        assert_eq!(refused, all.each_ref(), "{changed}");
        let changed = yard.path(changed);
        for refused in &applied.refused {
            let names_it = refused.reason.contains(&format!("`{}`", changed.display()));
            assert_eq!(names_it, refused.path != changed, "{refused:?}");
            assert!(refused.reason.contains("its bytes are not"), "{refused:?}");
        }
    }
}

#[test]
fn only_equal_bytes_are_replaced_by_links() {
    for action in [
        ThinAction::Hardlink,
        ThinAction::Symlink,
        ThinAction::Reflink,
    ] {
        let yard = Yard::new();
        yard.file("photos/a.jpg", "one");
        yard.file("photos/b.jpg", "nearly one");
        yard.file("photos/c.jpg", "one");
        yard.age_folders();
        let before = yard.snapshot();
        let plan = yard.thin(&[(
            "photos/a.jpg",
            &[("photos/b.jpg", &[]), ("photos/c.jpg", &[])],
        )]);
        let applied = yard.apply(&plan, &yard.options(Some(action))).unwrap();
        assert_eq!(applied.refused.len(), 1);
        assert_eq!(applied.refused[0].path, yard.path("photos/b.jpg"));
        assert!(applied.refused[0].reason.contains("would be lost"));
        assert_eq!(fs::read(yard.path("photos/b.jpg")).unwrap(), b"nearly one");
        undo(&applied);
        assert_eq!(yard.snapshot(), before);
    }
}

#[test]
fn deleting_other_bytes_cannot_be_undone_and_says_so() {
    let yard = Yard::new();
    yard.file("photos/a.jpg", "one");
    yard.file("photos/b.jpg", "nearly one");
    yard.file("photos/b.xmp", "notes");
    let plan = yard.thin(&[("photos/a.jpg", &[("photos/b.jpg", &["photos/b.xmp"])])]);
    let applied = yard
        .apply(&plan, &yard.options(Some(ThinAction::Delete)))
        .unwrap();
    assert_eq!(names(&yard.path("photos")), ["a.jpg", "b.xmp"]);
    assert!(
        applied
            .notes
            .iter()
            .any(|note| note.contains("sidecars stay"))
    );
    let undone = undo(&applied);
    assert_eq!(undone.left.len(), 1);
    assert!(undone.left[0].reason.contains("deleted"), "{undone:?}");
}

#[test]
fn nothing_outside_the_folders_of_the_plan_or_in_a_reference_is_touched() {
    let yard = Yard::new();
    yard.file("photos/a.jpg", "one");
    yard.file("other/b.jpg", "one");
    yard.file("photos/kept/c.jpg", "one");
    yard.file("photos/swapped/d.jpg", "one");
    let mut plan = yard.thin(&[
        ("photos/a.jpg", &[("other/b.jpg", &[])]),
        ("photos/a.jpg", &[("photos/kept/c.jpg", &[])]),
        ("photos/a.jpg", &[("photos/swapped/d.jpg", &[])]),
    ]);
    if let Plan::Thin(plan) = &mut plan {
        plan.references.push(yard.path("photos/kept"));
    }
    // A folder that has become a link since.
    fs::rename(yard.path("photos/swapped"), yard.path("other/real")).unwrap();
    symlink(yard.path("other/real"), yard.path("photos/swapped")).unwrap();
    yard.age_folders();
    let before = yard.snapshot();
    for action in [ThinAction::Delete, ThinAction::Trash] {
        let applied = yard.apply(&plan, &yard.options(Some(action))).unwrap();
        assert_eq!((applied.done, applied.refused.len()), (0, 3));
        assert_eq!(yard.snapshot(), before);
    }
}

#[test]
fn a_reference_may_be_what_is_kept() {
    let yard = Yard::new();
    yard.file("photos/a.jpg", "one");
    yard.file("other/kept/a.jpg", "one");
    yard.age_folders();
    let mut plan = yard.thin(&[("other/kept/a.jpg", &[("photos/a.jpg", &[])])]);
    if let Plan::Thin(plan) = &mut plan {
        plan.references.push(yard.path("other/kept"));
    }
    let mut before = Snapshot::new();
    look(&yard.path("other/kept"), &mut before);
    let applied = yard
        .apply(&plan, &yard.options(Some(ThinAction::Hardlink)))
        .unwrap();
    assert_eq!(applied.done, 1);
    undo(&applied);
    let mut after = Snapshot::new();
    look(&yard.path("other/kept"), &mut after);
    assert_eq!(after, before);
}

#[test]
fn the_file_that_is_kept_is_never_the_one_that_goes() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    symlink(yard.path("photos/a"), yard.path("photos/link")).unwrap();
    let plan = yard.thin(&[
        ("photos/a/x.jpg", &[("photos/a/x.jpg", &[])]),
        ("photos/a/x.jpg", &[("photos/link/x.jpg", &[])]),
    ]);
    for action in [ThinAction::Delete, ThinAction::Hardlink, ThinAction::Trash] {
        let yard_options = yard.options(Some(action));
        let applied = yard.apply(&plan, &yard_options).unwrap();
        assert_eq!(applied.done, 0);
        assert_eq!(applied.refused.len(), 2);
        assert_eq!(fs::read(yard.path("photos/a/x.jpg")).unwrap(), b"one");
    }
}

#[test]
fn a_second_name_of_the_kept_file_may_go_and_comes_back() {
    for action in [
        ThinAction::Delete,
        ThinAction::Trash,
        ThinAction::Symlink,
        ThinAction::Hardlink,
    ] {
        let yard = Yard::new();
        yard.file("photos/a.jpg", "one");
        fs::hard_link(yard.path("photos/a.jpg"), yard.path("photos/b.jpg")).unwrap();
        yard.age_folders();
        let before = yard.snapshot();
        let plan = yard.thin(&[("photos/a.jpg", &[("photos/b.jpg", &[])])]);
        let applied = yard
            .apply(&plan, &yard.options(Some(action.clone())))
            .unwrap();
        assert_eq!(applied.done, usize::from(action != ThinAction::Hardlink));
        assert_eq!(undo(&applied).left, []);
        assert_eq!(yard.snapshot(), before, "{action:?}");
    }
}

#[test]
fn groups_that_contradict_each_other_never_lose_the_last_one() {
    for sync in [SyncPolicy::Step, SyncPolicy::Batch] {
        let yard = Yard::new();
        yard.file("photos/a.jpg", "one");
        yard.file("photos/b.jpg", "one");
        let plan = yard.thin(&[
            ("photos/a.jpg", &[("photos/b.jpg", &[])]),
            ("photos/b.jpg", &[("photos/a.jpg", &[])]),
        ]);
        let options = ApplyOptions {
            sync,
            ..yard.options(Some(ThinAction::Delete))
        };
        let applied = yard.apply(&plan, &options).unwrap();
        // What any group keeps stays, so neither goes.
        assert_eq!((applied.done, applied.refused.len()), (0, 2));
        assert_eq!(names(&yard.path("photos")), ["a.jpg", "b.jpg"]);
    }
}

#[test]
fn a_place_outside_the_target_is_refused() {
    let yard = Yard::new();
    for name in ["a", "b", "c", "d"] {
        yard.file(&format!("photos/{name}.jpg"), name);
    }
    fs::create_dir_all(yard.path("other/sorted")).unwrap();
    symlink(yard.path("photos"), yard.path("other/sorted/link")).unwrap();
    let absolute = yard.path("other/x.jpg").display().to_string();
    let plan = yard.sort(
        SortAction::Move,
        &[
            ("photos/a.jpg", "../x.jpg", &[]),
            ("photos/b.jpg", &absolute, &[]),
            ("photos/c.jpg", "link/x.jpg", &[]),
            ("photos/d.jpg", "", &[]),
        ],
    );
    let before = yard.snapshot();
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    assert_eq!((applied.done, applied.refused.len()), (0, 4), "{applied:?}");
    assert_eq!(yard.snapshot(), before);
}

#[test]
fn links_are_followed_only_if_asked_and_never_moved() {
    for action in [
        SortAction::Copy,
        SortAction::Hardlink,
        SortAction::Symlink,
        SortAction::Move,
    ] {
        for follow in [false, true] {
            let yard = Yard::new();
            let real = yard.file("other/real.jpg", "one");
            symlink(&real, yard.path("photos/a.jpg")).unwrap();
            yard.age_folders();
            let before = yard.snapshot();
            let mut plan = yard.sort(action, &[("photos/a.jpg", "x.jpg", &[])]);
            if let Plan::Sort(plan) = &mut plan {
                plan.follow_symlinks = follow;
            }
            let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
            let done = follow && action != SortAction::Move;
            assert_eq!(applied.done, usize::from(done), "{action:?} {follow}");
            assert_eq!(applied.refused.len(), usize::from(!done));
            if done {
                assert_eq!(fs::read(yard.path("other/sorted/x.jpg")).unwrap(), b"one");
            }
            assert_eq!(undo(&applied).left, []);
            assert_eq!(yard.snapshot(), before);
        }
    }
}

#[test]
fn what_the_options_get_wrong_stops_before_anything_is_touched() {
    let yard = Yard::new();
    let plan = two_groups(&yard);
    let before = yard.snapshot();
    let none = ApplyOptions::default();
    assert!(matches!(
        yard.apply(&plan, &none),
        Err(OrganizeError::NoTrash)
    ));
    let relative = yard.options(Some(ThinAction::Move("away".into())));
    assert!(matches!(
        yard.apply(&plan, &relative),
        Err(OrganizeError::Relative { .. })
    ));
    let sort = yard.sort(SortAction::Copy, &[]);
    let given = yard.options(Some(ThinAction::Trash));
    assert!(matches!(
        yard.apply(&sort, &given),
        Err(OrganizeError::ActionGiven)
    ));
    let Plan::Thin(mut elsewhere) = plan else {
        unreachable!()
    };
    elsewhere.machine = Some("there".to_owned());
    let here = ApplyOptions {
        machine: Some("here".to_owned()),
        ..yard.options(None)
    };
    assert!(matches!(
        yard.apply(&Plan::Thin(elsewhere.clone()), &here),
        Err(OrganizeError::OtherMachine { .. })
    ));
    elsewhere.machine = None;
    elsewhere.roots.push(yard.path("missing"));
    assert!(matches!(
        yard.apply(&Plan::Thin(elsewhere), &here),
        Err(OrganizeError::Folder { .. })
    ));
    assert_eq!(yard.snapshot(), before);
    assert_eq!(names(&yard.path("plans")), [""; 0]);
}

#[test]
fn names_that_are_not_text_are_moved_and_come_back_exactly() {
    let yard = Yard::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff\xfe \"\n.jpg");
    let path = yard.path("photos").join(name);
    if fs::write(&path, "one").is_err() {
        // This file system keeps only text.
        return;
    }
    yard.file("photos/a.jpg", "one");
    yard.age_folders();
    let before = yard.snapshot();
    let mut plan = yard.thin(&[("photos/a.jpg", &[("photos/a.jpg", &[])])]);
    if let Plan::Thin(plan) = &mut plan {
        plan.groups[0].remove[0].file = planned(&path);
    }
    let away = yard.path("other/away");
    let applied = yard
        .apply(&plan, &yard.options(Some(ThinAction::Move(away.clone()))))
        .unwrap();
    assert_eq!(applied.done, 1);
    assert!(away.join(name).exists());
    assert_eq!(undo(&applied).left, []);
    assert_eq!(yard.snapshot(), before);
    assert!(Path::new(&applied.journal).exists());
}
