//! What must survive when folders or files are replaced between or during runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use imgcluster_organize::{ApplyOptions, SortAction, ThinAction};

use crate::support::{Yard, names, undo};

const OPTIONS: fn() -> ApplyOptions = ApplyOptions::default;

#[test]
fn an_undo_of_a_move_never_takes_a_file_away_whose_old_folder_leads_to_where_it_was_moved() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    let plan = yard.sort(SortAction::Move, &[("photos/a/x.jpg", "c/x.jpg", &[])]);
    let applied = yard.apply(&plan, &OPTIONS()).unwrap();
    fs::remove_dir(yard.path("photos/a")).unwrap();
    symlink(yard.path("other/sorted/c"), yard.path("photos/a")).unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
    assert_eq!(names(&yard.path("other/sorted")), ["c/x.jpg"]);
    // With the folder itself there again, all is put back.
    fs::remove_file(yard.path("photos/a")).unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0), "{undone:?}");
    assert_eq!(fs::read(yard.path("photos/a/x.jpg")).unwrap(), b"one");
}

#[test]
fn an_undo_of_a_copy_never_takes_the_last_file_away_through_a_link_to_its_folder() {
    for action in [SortAction::Copy, SortAction::Hardlink] {
        let yard = Yard::new();
        yard.file("photos/a/x.jpg", "one");
        let plan = yard.sort(action, &[("photos/a/x.jpg", "c/x.jpg", &[])]);
        let applied = yard.apply(&plan, &OPTIONS()).unwrap();
        fs::remove_dir_all(yard.path("photos/a")).unwrap();
        symlink(yard.path("other/sorted/c"), yard.path("photos/a")).unwrap();
        let undone = undo(&applied);
        assert_eq!((undone.restored, undone.left.len()), (0, 1), "{action:?}");
        let made = yard.path("other/sorted/c/x.jpg");
        assert_eq!(fs::read(made).unwrap(), b"one", "{action:?}");
    }
}

#[test]
fn an_undo_of_a_copy_compares_bytes_and_not_only_the_length_and_time_of_the_original() {
    let yard = Yard::new();
    let original = yard.file("photos/x.jpg", "one");
    let plan = yard.sort(SortAction::Copy, &[("photos/x.jpg", "x.jpg", &[])]);
    let applied = yard.apply(&plan, &OPTIONS()).unwrap();
    let modified = original.metadata().unwrap().modified().unwrap();
    fs::write(&original, "two").unwrap();
    let file = fs::File::options().write(true).open(&original).unwrap();
    file.set_modified(modified).unwrap();
    let undone = undo(&applied);
    assert_eq!(undone.left.len(), 1, "{undone:?}");
    assert_eq!(fs::read(yard.path("other/sorted/x.jpg")).unwrap(), b"one");
}

#[test]
fn an_undo_of_a_hard_link_leaves_the_kept_file_alone_when_both_folders_are_one() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/b/x.jpg", "one");
    let plan = yard.thin(&[("photos/a/x.jpg", &[("photos/b/x.jpg", &[])])]);
    let options = yard.options(Some(ThinAction::Hardlink));
    let applied = yard.apply(&plan, &options).unwrap();
    fs::remove_dir_all(yard.path("photos/b")).unwrap();
    symlink("a", yard.path("photos/b")).unwrap();
    let kept = yard.path("photos/a/x.jpg");
    let before = yard.snapshot().remove(&kept);
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
    assert_eq!(yard.snapshot().remove(&kept), before);
}

#[test]
fn an_undo_never_gives_the_times_of_a_folder_to_a_file_or_through_a_link() {
    for by_link in [false, true] {
        let yard = Yard::new();
        yard.file("photos/a/x.jpg", "one");
        yard.file("other/elsewhere/y.jpg", "two");
        yard.age_folders();
        let plan = yard.sort(SortAction::Move, &[("photos/a/x.jpg", "c/x.jpg", &[])]);
        let applied = yard.apply(&plan, &OPTIONS()).unwrap();
        let folder = yard.path("photos/a");
        fs::remove_dir(&folder).unwrap();
        let other = if by_link {
            symlink(yard.path("other/elsewhere"), &folder).unwrap();
            yard.path("other/elsewhere")
        } else {
            yard.file("photos/a", "a file now")
        };
        let before = yard.snapshot().remove(&other);
        undo(&applied);
        assert_eq!(yard.snapshot().remove(&other), before, "{by_link}");
    }
}

#[test]
fn an_undo_makes_no_root_anew_that_is_gone() {
    for action in [ThinAction::Move(PathBuf::new()), ThinAction::Trash] {
        let yard = Yard::new();
        yard.file("photos/keep.jpg", "one");
        yard.file("photos/a/x.jpg", "two");
        let plan = yard.thin(&[("photos/keep.jpg", &[("photos/a/x.jpg", &[])])]);
        let action = match action {
            ThinAction::Move(_) => ThinAction::Move(yard.path("other/away")),
            other => other,
        };
        let trashed = action == ThinAction::Trash;
        let applied = yard.apply(&plan, &yard.options(Some(action))).unwrap();
        // As when a drive is taken out.
        fs::rename(yard.path("photos"), yard.path("drive")).unwrap();
        let before = names(&yard.path("other"));
        let undone = undo(&applied);
        assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
        assert!(!yard.path("photos").exists());
        // The note of a file that stays in the trash stays with it.
        assert_eq!(names(&yard.path("other")), before);
        assert_eq!(before.len(), if trashed { 2 } else { 1 });
        fs::rename(yard.path("drive"), yard.path("photos")).unwrap();
        assert_eq!(undo(&applied).restored, 1);
        assert_eq!(names(&yard.path("photos")), ["a/x.jpg", "keep.jpg"]);
        assert!(names(&yard.path("other")).is_empty());
    }
}

#[test]
fn what_keeps_a_file_from_its_old_name_is_said_with_that_name() {
    let yard = Yard::new();
    yard.file("photos/x.jpg", "one");
    let plan = yard.sort(SortAction::Move, &[("photos/x.jpg", "c/x.jpg", &[])]);
    let applied = yard.apply(&plan, &OPTIONS()).unwrap();
    let taken = yard.file("photos/x.jpg", "two");
    let undone = undo(&applied);
    let reason = &undone.left[0].reason;
    assert!(reason.contains(&*taken.to_string_lossy()), "{reason}");
}

#[test]
fn a_hard_link_is_undone_with_attributes_though_times_are_alike_and_the_kept_file_is_gone() {
    let yard = Yard::new();
    let keep = yard.file("photos/keep.jpg", "one");
    let copy = yard.file("photos/copy.jpg", "one");
    let modified = keep.metadata().unwrap().modified().unwrap();
    let file = fs::File::options().write(true).open(&copy).unwrap();
    file.set_modified(modified).unwrap();
    let rights = keep.metadata().unwrap().permissions();
    fs::set_permissions(&copy, rights).unwrap();
    let before = yard.snapshot().remove(&copy);
    let plan = yard.thin(&[("photos/keep.jpg", &[("photos/copy.jpg", &[])])]);
    let options = yard.options(Some(ThinAction::Hardlink));
    let applied = yard.apply(&plan, &options).unwrap();
    fs::remove_file(&keep).unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0), "{undone:?}");
    assert_eq!(yard.snapshot().remove(&copy), before);
}
