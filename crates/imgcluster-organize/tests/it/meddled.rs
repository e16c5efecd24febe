//! What must survive when folders or files are replaced between or during runs.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use imgcluster_organize::{Applied, ApplyOptions, SortAction, ThinAction};

use crate::support::{Yard, look, names, undo};

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

/// Makes the journal one of a run that was killed before it could say that anything but folders was
/// done.
fn forget_what_was_done(applied: &Applied) {
    let journal = fs::read_to_string(&applied.journal).unwrap();
    let folders = journal.matches(r#""task":{"folder""#).count();
    let mut done = 0;
    let lines: Vec<_> = journal
        .lines()
        .filter(|line| {
            done += usize::from(line.starts_with(r#"{"done""#));
            !line.starts_with(r#"{"end""#) && (!line.starts_with(r#"{"done""#) || done <= folders)
        })
        .collect();
    assert!(done > folders);
    fs::write(&applied.journal, lines.join("\n") + "\n").unwrap();
}

/// Makes the journal name another inode, as if the system had used that of the file again.
fn use_inode_again(applied: &Applied, old: u64, path: &Path) {
    let journal = fs::read_to_string(&applied.journal).unwrap();
    let inode = |number: u64| format!(r#""inode":{number}}}"#);
    let new = path.symlink_metadata().unwrap().ino();
    let changed = journal.replace(&inode(old), &inode(new));
    assert!(changed != journal || old == new);
    fs::write(&applied.journal, changed).unwrap();
}

/// A folder on another file system than the yards; `None` where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn far() -> Option<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    if device(memory).is_none() || device(memory) == device(&std::env::temp_dir()) {
        eprintln!("no second file system here: what crosses them is not tested");
        return None;
    }
    tempfile::tempdir_in(memory).ok()
}

#[test]
fn a_file_brought_to_another_disk_stays_there_though_another_has_its_old_name_and_inode() {
    let Some(far) = far() else { return };
    for resumed in [true, false] {
        let yard = Yard::new();
        let original = yard.file("photos/x.jpg", "one");
        let mut plan = yard.sort(SortAction::Move, &[("photos/x.jpg", "x.jpg", &[])]);
        let target = far.path().join(format!("sorted-{resumed}"));
        if let imgcluster_organize::Plan::Sort(plan) = &mut plan {
            plan.target.clone_from(&target);
        }
        let inode = original.metadata().unwrap().ino();
        let applied = yard.apply(&plan, &OPTIONS()).unwrap();
        assert!(!original.exists());
        forget_what_was_done(&applied);
        fs::write(&original, "a new picture").unwrap();
        use_inode_again(&applied, inode, &original);
        if resumed {
            yard.apply(&plan, &OPTIONS()).unwrap();
        }
        let undone = undo(&applied);
        assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
        assert_eq!(fs::read(target.join("x.jpg")).unwrap(), b"one");
        assert_eq!(fs::read(&original).unwrap(), b"a new picture");
    }
}

#[test]
fn a_file_that_was_moved_is_not_taken_for_back_by_its_inode_alone() {
    let yard = Yard::new();
    let original = yard.file("photos/x.jpg", "one");
    let inode = original.metadata().unwrap().ino();
    let plan = yard.sort(SortAction::Move, &[("photos/x.jpg", "x.jpg", &[])]);
    let applied = yard.apply(&plan, &OPTIONS()).unwrap();
    fs::write(&original, "another").unwrap();
    use_inode_again(&applied, inode, &original);
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
    fs::remove_file(&original).unwrap();
    assert_eq!(undo(&applied).restored, 1);
    assert_eq!(fs::read(&original).unwrap(), b"one");
}

#[test]
fn a_file_that_was_deleted_is_not_taken_for_there_by_its_inode_alone() {
    let yard = Yard::new();
    yard.file("photos/keep.jpg", "one");
    let original = yard.file("photos/x.jpg", "one");
    let before = yard.snapshot().remove(&original);
    let inode = original.metadata().unwrap().ino();
    let plan = yard.thin(&[("photos/keep.jpg", &[("photos/x.jpg", &[])])]);
    let options = yard.options(Some(ThinAction::Delete));
    let applied = yard.apply(&plan, &options).unwrap();
    forget_what_was_done(&applied);
    fs::write(&original, "another").unwrap();
    use_inode_again(&applied, inode, &original);
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (0, 1), "{undone:?}");
    assert_eq!(fs::read(&original).unwrap(), b"another");
    fs::remove_file(&original).unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0), "{undone:?}");
    assert_eq!(yard.snapshot().remove(&original), before);
}

#[test]
fn what_others_put_at_the_new_name_of_a_step_that_was_never_made_stays_theirs() {
    for action in [SortAction::Copy, SortAction::Move] {
        let yard = Yard::new();
        let original = yard.file("photos/x.jpg", "one");
        let plan = yard.sort(action, &[("photos/x.jpg", "c/x.jpg", &[])]);
        let applied = yard.apply(&plan, &OPTIONS()).unwrap();
        forget_what_was_done(&applied);
        let place = yard.path("other/sorted/c/x.jpg");
        let bytes: &[u8] = if action == SortAction::Copy {
            fs::remove_file(&place).unwrap();
            b"one"
        } else {
            fs::rename(&place, yard.path("other/mine.jpg")).unwrap();
            b"somebody's"
        };
        fs::write(&place, bytes).unwrap();
        let undone = undo(&applied);
        assert_eq!(undone.restored, 0, "{action:?} {undone:?}");
        assert_eq!(fs::read(&place).unwrap(), bytes, "{action:?}");
        assert_eq!(original.exists(), action == SortAction::Copy);
    }
}

#[test]
fn a_file_that_somebody_has_copied_back_gets_what_belonged_to_it() {
    let Some(far) = far() else { return };
    let yard = Yard::new();
    yard.file("photos/keep.jpg", "one");
    let original = yard.file("photos/x.jpg", "two");
    let before = yard.snapshot().remove(&original);
    let plan = yard.thin(&[("photos/keep.jpg", &[("photos/x.jpg", &[])])]);
    let target = far.path().join("away");
    let options = yard.options(Some(ThinAction::Move(target.clone())));
    let applied = yard.apply(&plan, &options).unwrap();
    fs::write(&original, "two").unwrap();
    let undone = undo(&applied);
    assert_eq!((undone.restored, undone.left.len()), (1, 0), "{undone:?}");
    assert_eq!(yard.snapshot().remove(&original), before);
    let mut left = crate::support::Snapshot::new();
    look(far.path(), &mut left);
    assert_eq!(left.len(), 1, "{left:?}");
}
