//! The trash, in the home and at the top of another file system.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use imgcluster_organize::{ApplyOptions, TrashFolder};

use crate::support::{Yard, names, undo};

#[test]
fn the_home_trash_gets_the_file_and_a_note_of_where_it_was() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/b c/x.jpg", "one");
    yard.file("other/Trash/files/x.jpg", "here before");
    yard.file(
        "other/Trash/info/x~2.jpg.trashinfo",
        "a note without its file",
    );
    let plan = yard.thin(&[("photos/a/x.jpg", &[("photos/b c/x.jpg", &[])])]);
    let before = yard.snapshot();
    let applied = yard.apply(&plan, &yard.options(None)).unwrap();
    assert_eq!(applied.done, 1);
    assert_eq!(
        fs::read(yard.path("other/Trash/files/x~3.jpg")).unwrap(),
        b"one"
    );
    let note = fs::read_to_string(yard.path("other/Trash/info/x~3.jpg.trashinfo")).unwrap();
    let lines: Vec<_> = note.lines().collect();
    assert_eq!(lines[0], "[Trash Info]");
    assert!(lines[1].starts_with("Path=/") && lines[1].ends_with("/photos/b%20c/x.jpg"));
    assert!(lines[2].starts_with("DeletionDate=20") && lines[2].len() == 13 + 19);
    assert_eq!(undo(&applied).left, []);
    assert_eq!(yard.snapshot(), before);
}

#[test]
fn a_trash_that_a_link_leads_to_gives_back_what_it_got() {
    let yard = Yard::new();
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/b/x.jpg", "one");
    fs::create_dir(yard.path("other/share")).unwrap();
    std::os::unix::fs::symlink("share", yard.path("other/linked")).unwrap();
    let plan = yard.thin(&[("photos/a/x.jpg", &[("photos/b/x.jpg", &[])])]);
    let before = yard.snapshot();
    let mut options = yard.options(None);
    options.trash = Some(TrashFolder {
        home: yard.path("other/linked/Trash"),
        ..yard.trash()
    });
    let applied = yard.apply(&plan, &options).unwrap();
    assert!(yard.path("other/share/Trash/files/x.jpg").exists());
    assert_eq!(undo(&applied).left, []);
    assert_eq!(yard.snapshot(), before);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn a_file_on_another_file_system_goes_to_the_trash_at_its_top() {
    let (memory, disk) = (Path::new("/dev/shm"), tempfile::tempdir().unwrap());
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    let uid = rustix::process::getuid().as_raw();
    let own = memory.join(format!(".Trash-{uid}"));
    if device(memory).is_none() || device(memory) == device(disk.path()) || own.exists() {
        eprintln!("no second file system, or one with a trash: not tested");
        return;
    }
    let yard = Yard::at(memory);
    yard.file("photos/a.jpg", "one");
    yard.file("photos/b.jpg", "one");
    yard.age_folders();
    let before = yard.snapshot();
    let plan = yard.thin(&[("photos/a.jpg", &[("photos/b.jpg", &[])])]);
    let options = ApplyOptions {
        trash: Some(TrashFolder {
            home: disk.path().join("Trash"),
            uid,
        }),
        ..ApplyOptions::default()
    };
    let applied = yard.apply(&plan, &options).unwrap();
    assert_eq!(applied.done, 1);
    assert_eq!(names(&own), ["files/b.jpg", "info/b.jpg.trashinfo"]);
    let note = fs::read_to_string(own.join("info/b.jpg.trashinfo")).unwrap();
    let relative = yard.path("photos/b.jpg");
    let relative = relative.strip_prefix(memory).unwrap().display();
    assert!(note.contains(&format!("\nPath={relative}\n")), "{note}");
    assert_eq!(own.metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(undo(&applied).left, []);
    assert_eq!(yard.snapshot(), before);
    assert!(!own.exists());
}
