//! Each action, and the tree after its undo.

use std::fs;
use std::path::PathBuf;

use imgcluster_organize::{Applied, Plan, SortAction, ThinAction, Undone};

use crate::support::{Yard, names, undo};

/// A yard with collisions, sidecars and pictures that are alike.
fn yard() -> Yard {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/a/x.jpg.xmp", "one's notes");
    yard.file("photos/b/x.jpg", "one");
    yard.file("photos/b/x.xmp", "notes of the second");
    yard.file("photos/b/x.jpg.json", "more of them");
    yard.file("photos/c/x.jpg", "one");
    yard.file("photos/c/y.png", "another");
    yard.age_folders();
    yard
}

fn thinning(yard: &Yard) -> Plan {
    yard.thin(&[(
        "photos/a/x.jpg",
        &[
            ("photos/b/x.jpg", &["photos/b/x.xmp", "photos/b/x.jpg.json"]),
            ("photos/c/x.jpg", &[]),
        ],
    )])
}

fn sorting(yard: &Yard, action: SortAction) -> Plan {
    yard.sort(
        action,
        &[
            (
                "photos/a/x.jpg",
                "cluster_0/x.jpg",
                &[("photos/a/x.jpg.xmp", "cluster_0/x.jpg.xmp")],
            ),
            (
                "photos/b/x.jpg",
                "cluster_0/x.jpg",
                &[
                    ("photos/b/x.xmp", "cluster_0/x.xmp"),
                    ("photos/b/x.jpg.json", "cluster_0/x.jpg.json"),
                ],
            ),
            ("photos/c/x.jpg", "cluster_0/x.jpg", &[]),
            ("photos/c/y.png", "noise/y.png", &[]),
        ],
    )
}

fn assert_clean(applied: &Applied, undone: &Undone) {
    assert_eq!(applied.refused, []);
    assert_eq!(applied.failed, []);
    assert_eq!(undone.left, []);
    assert!(!undone.already);
}

#[test]
fn every_way_of_sorting_brings_all_files_and_is_undone_exactly() {
    for action in [
        SortAction::Copy,
        SortAction::Move,
        SortAction::Hardlink,
        SortAction::Symlink,
    ] {
        let yard = yard();
        let plan = sorting(&yard, action);
        let before = yard.snapshot();
        let applied = yard.apply(&plan, &yard.options(None)).unwrap();
        assert_eq!(
            names(&yard.path("other/sorted")),
            [
                "cluster_0/x.jpg",
                "cluster_0/x.jpg.xmp",
                "cluster_0/x~2.jpg",
                "cluster_0/x~2.jpg.json",
                "cluster_0/x~2.xmp",
                "cluster_0/x~3.jpg",
                "noise/y.png"
            ],
            "{action:?}"
        );
        assert_eq!(applied.done, 7);
        let left = names(&yard.path("photos")).len();
        assert_eq!(left, if action == SortAction::Move { 0 } else { 7 });
        let undone = undo(&applied);
        assert_clean(&applied, &undone);
        assert_eq!(yard.snapshot(), before, "{action:?}");
        assert!(undo(&applied).already);
    }
}

#[test]
fn every_way_of_thinning_keeps_the_survivor_and_is_undone_exactly() {
    for action in [
        ThinAction::Trash,
        ThinAction::Move(PathBuf::new()),
        ThinAction::Hardlink,
        ThinAction::Symlink,
        ThinAction::Reflink,
        ThinAction::Delete,
    ] {
        let yard = yard();
        let action = match action {
            ThinAction::Move(_) => ThinAction::Move(yard.path("other/away/deep")),
            other => other,
        };
        let plan = thinning(&yard);
        let before = yard.snapshot();
        let applied = yard
            .apply(&plan, &yard.options(Some(action.clone())))
            .unwrap();
        assert_eq!(fs::read(yard.path("photos/a/x.jpg")).unwrap(), b"one");
        let after = yard.snapshot();
        if action != ThinAction::Reflink {
            assert_ne!(after, before, "{action:?}");
        }
        let undone = undo(&applied);
        assert_clean(&applied, &undone);
        assert_eq!(yard.snapshot(), before, "{action:?}");
    }
}
