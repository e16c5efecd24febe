//! Undoing where something has changed since.

use std::fs;
use std::path::Path;

use imgcluster_organize::{ApplyOptions, SortAction, ThinAction};

use crate::support::{Yard, names, undo};

#[test]
fn a_copy_or_link_is_removed_only_while_it_is_as_made_and_not_the_last_one() {
    type Change = fn(&Path, &Path);
    let edit: Change = |_, made| fs::write(made, "edited").unwrap();
    let lose: Change = |original, _| fs::remove_file(original).unwrap();
    let replace: Change = |original, _| {
        fs::remove_file(original).unwrap();
        fs::write(original, "new").unwrap();
    };
    for (action, change) in [
        (SortAction::Copy, edit),
        (SortAction::Copy, lose),
        (SortAction::Copy, replace),
        (SortAction::Hardlink, lose),
        (SortAction::Hardlink, replace),
    ] {
        let yard = Yard::new();
        yard.file("photos/x.jpg", "one");
        yard.file("photos/y.jpg", "two");
        let plan = yard.sort(
            action,
            &[
                ("photos/x.jpg", "x.jpg", &[]),
                ("photos/y.jpg", "y.jpg", &[]),
            ],
        );
        let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
        let made = yard.path("other/sorted/x.jpg");
        change(&yard.path("photos/x.jpg"), &made);
        let bytes = fs::read(&made).unwrap();
        let undone = undo(&applied);
        assert_eq!(undone.left.len(), 1, "{action:?}");
        assert_eq!(undone.left[0].path, made);
        assert_eq!(fs::read(&made).unwrap(), bytes);
        assert_eq!(names(&yard.path("other/sorted")), ["x.jpg"]);
    }
}

#[test]
fn a_file_that_was_moved_comes_back_changed_or_not() {
    let yard = Yard::new();
    yard.file("photos/x.jpg", "one");
    let plan = yard.sort(SortAction::Move, &[("photos/x.jpg", "x.jpg", &[])]);
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    fs::write(yard.path("other/sorted/x.jpg"), "edited").unwrap();
    let undone = undo(&applied);
    assert_eq!(
        (undone.restored, undone.left.len(), undone.notes.len()),
        (1, 0, 1)
    );
    assert_eq!(fs::read(yard.path("photos/x.jpg")).unwrap(), b"edited");
}

#[test]
fn where_the_old_name_is_taken_the_file_stays_and_comes_back_once_it_is_free() {
    let yard = Yard::new();
    yard.file("photos/a.jpg", "one");
    yard.file("photos/b.jpg", "one");
    yard.file("photos/c.jpg", "one");
    yard.age_folders();
    let before = yard.snapshot();
    let plan = yard.thin(&[(
        "photos/a.jpg",
        &[("photos/b.jpg", &[]), ("photos/c.jpg", &[])],
    )]);
    for action in [
        ThinAction::Trash,
        ThinAction::Move(yard.path("other/away")),
        ThinAction::Delete,
        ThinAction::Symlink,
    ] {
        let applied = yard
            .apply(&plan, &yard.options(Some(action.clone())))
            .unwrap();
        let taken = yard.path("photos/b.jpg");
        if action == ThinAction::Symlink {
            fs::remove_file(&taken).unwrap();
        }
        fs::write(&taken, "new").unwrap();
        let undone = undo(&applied);
        assert_eq!(
            (undone.restored, undone.left.len()),
            (1, 1),
            "{action:?} {undone:?}"
        );
        assert_eq!(fs::read(&taken).unwrap(), b"new");
        fs::remove_file(&taken).unwrap();
        let undone = undo(&applied);
        assert_eq!(
            (undone.restored, undone.left.len()),
            (1, 0),
            "{action:?} {undone:?}"
        );
        assert_eq!(yard.snapshot(), before, "{action:?}");
        assert!(undo(&applied).already);
    }
}

#[test]
fn a_link_to_a_file_that_has_changed_since_is_left() {
    for action in [ThinAction::Hardlink, ThinAction::Symlink] {
        let yard = Yard::new();
        yard.file("photos/a.jpg", "one");
        yard.file("photos/b.jpg", "one");
        let plan = yard.thin(&[("photos/a.jpg", &[("photos/b.jpg", &[])])]);
        let applied = yard.apply(&plan, &yard.options(Some(action))).unwrap();
        fs::write(yard.path("photos/a.jpg"), "edited").unwrap();
        let undone = undo(&applied);
        assert_eq!((undone.restored, undone.left.len()), (0, 1));
        assert_eq!(fs::read(yard.path("photos/b.jpg")).unwrap(), b"edited");
    }
}

#[test]
fn folders_that_are_gone_are_made_again_and_those_in_use_stay() {
    let yard = Yard::new();
    yard.file("photos/deep/down/x.jpg", "one");
    let plan = yard.sort(
        SortAction::Move,
        &[("photos/deep/down/x.jpg", "a/x.jpg", &[])],
    );
    let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
    fs::remove_dir_all(yard.path("photos/deep")).unwrap();
    yard.file("other/sorted/a/new.jpg", "somebody's");
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0), "{undone:?}");
    assert_eq!(
        fs::read(yard.path("photos/deep/down/x.jpg")).unwrap(),
        b"one"
    );
    assert_eq!(names(&yard.path("other/sorted")), ["a/new.jpg"]);
}

#[test]
fn output_inside_input_is_safe() {
    let yard = Yard::new();
    yard.file("photos/x.jpg", "one");
    yard.file("photos/sorted/x.jpg", "here before");
    yard.age_folders();
    let before = yard.snapshot();
    for action in [SortAction::Move, SortAction::Copy] {
        let mut plan = yard.sort(
            action,
            &[
                ("photos/x.jpg", "x.jpg", &[]),
                ("photos/sorted/x.jpg", "x.jpg", &[]),
            ],
        );
        if let imgcluster_organize::Plan::Sort(plan) = &mut plan {
            plan.target = yard.path("photos/sorted");
        }
        let applied = yard.apply(&plan, &ApplyOptions::default()).unwrap();
        // What is in its place already stays there.
        assert_eq!((applied.done, applied.notes.len()), (1, 1));
        assert_eq!(names(&yard.path("photos/sorted")), ["x.jpg", "x~2.jpg"]);
        assert_eq!(undo(&applied).left, []);
        assert_eq!(yard.snapshot(), before);
    }
}

#[test]
fn a_file_that_became_a_second_name_is_made_again_though_the_one_that_was_kept_is_another_now() {
    let yard = Yard::new();
    yard.file("photos/keep.jpg", "one");
    yard.file("photos/copy.jpg", "one");
    let plan = yard.thin(&[("photos/keep.jpg", &[("photos/copy.jpg", &[])])]);
    let copy = yard.path("photos/copy.jpg");
    let entry = |yard: &Yard| yard.snapshot().get(&copy).cloned();
    let before = entry(&yard);
    assert!(before.is_some());
    let options = yard.options(Some(ThinAction::Hardlink));
    let applied = yard.apply(&plan, &options).unwrap();
    assert_ne!(entry(&yard), before);
    // As an editor saves: another file takes the name.
    fs::write(yard.path("photos/new"), "edited").unwrap();
    fs::rename(yard.path("photos/new"), yard.path("photos/keep.jpg")).unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0));
    assert_eq!(entry(&yard), before);
    assert_eq!(fs::read(yard.path("photos/keep.jpg")).unwrap(), b"edited");
}
