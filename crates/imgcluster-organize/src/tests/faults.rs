//! Runs every action with a fault at each change in turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgcluster_core::Job;
use rustix::io::Errno;

use super::support::{Snapshot, Yard, look, plan_hash};
use crate::apply::apply_on;
use crate::disk::Disk;
use crate::disk::faults::{Fault, Faults};
use crate::undo::undo_on;
use crate::{
    Applied, ApplyOptions, OrganizeError, Plan, SortAction, SyncPolicy, ThinAction, UndoOptions,
    Undone,
};

/// A yard, a plan for it and how to carry it out.
struct Scene {
    yard: Yard,
    /// On another file system, where there is one.
    far: Option<tempfile::TempDir>,
    plan: Plan,
    options: ApplyOptions,
    before: Snapshot,
}

type Make = Box<dyn Fn() -> Scene>;

fn yard() -> Yard {
    let yard = Yard::at(&near());
    yard.file("photos/a/x.jpg", "one");
    yard.file("photos/a/x.xmp", "one's notes");
    yard.file("photos/b/x.jpg", "one");
    yard.file("photos/b/x.xmp", "notes of the second");
    yard.file("other/sorted/c/x~2.xmp", "here before");
    yard.age_folders();
    yard
}

fn scene(
    action: Option<ThinAction>,
    sync: SyncPolicy,
    far: Option<tempfile::TempDir>,
    plan: impl Fn(&Yard) -> Plan,
) -> Scene {
    let yard = yard();
    Scene {
        plan: plan(&yard),
        options: ApplyOptions {
            sync,
            ..yard.options(action)
        },
        before: yard.snapshot(),
        yard,
        far,
    }
}

fn thinning(yard: &Yard) -> Plan {
    yard.thin(&[("photos/a/x.jpg", &[("photos/b/x.jpg", &["photos/b/x.xmp"])])])
}

fn sorting(yard: &Yard, action: SortAction) -> Plan {
    yard.sort(
        action,
        &[
            (
                "photos/a/x.jpg",
                "c/x.jpg",
                &[("photos/a/x.xmp", "c/x.xmp")],
            ),
            (
                "photos/b/x.jpg",
                "c/x.jpg",
                &[("photos/b/x.xmp", "c/x.xmp")],
            ),
        ],
    )
}

/// Where the yards are: in memory, if that can be, as they are many and are waited for.
fn near() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// A folder on another file system than the yards; `None` where there is none.
fn far() -> Option<tempfile::TempDir> {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().unwrap().dev();
    if device(&near()) == device(&std::env::temp_dir()) {
        eprintln!("no second file system here: what crosses them is not tested");
        return None;
    }
    tempfile::tempdir().ok()
}

/// Every action, on one file system and across two, under both policies.
fn scenes() -> Vec<(String, Make)> {
    let mut scenes: Vec<(String, Make)> = Vec::new();
    for sync in [SyncPolicy::Step, SyncPolicy::Batch] {
        for action in [
            SortAction::Copy,
            SortAction::Move,
            SortAction::Hardlink,
            SortAction::Symlink,
        ] {
            let make = move || scene(None, sync, None, |yard| sorting(yard, action));
            scenes.push((format!("sort {action:?} {sync:?}"), Box::new(make)));
        }
        for action in [
            ThinAction::Trash,
            ThinAction::Hardlink,
            ThinAction::Symlink,
            ThinAction::Delete,
            ThinAction::Reflink,
        ] {
            let name = format!("thin {action:?} {sync:?}");
            let make = move || scene(Some(action.clone()), sync, None, thinning);
            scenes.push((name, Box::new(make)));
        }
        if far().is_some() {
            let make = move || {
                let far = far().unwrap();
                let folder = far.path().join("away/deep");
                scene(Some(ThinAction::Move(folder)), sync, Some(far), thinning)
            };
            scenes.push((format!("thin move far {sync:?}"), Box::new(make)));
            let make = move || {
                let far = far().unwrap();
                let target = far.path().to_owned();
                scene(None, sync, Some(far), move |yard| {
                    match sorting(yard, SortAction::Move) {
                        Plan::Sort(mut plan) => {
                            plan.target = target.join("sorted");
                            Plan::Sort(plan)
                        }
                        other @ Plan::Thin(_) => other,
                    }
                })
            };
            scenes.push((format!("sort move far {sync:?}"), Box::new(make)));
        }
    }
    scenes
}

impl Scene {
    fn disk(fault: Fault) -> Disk {
        Disk {
            faults: Some(Arc::new(Faults::new(fault))),
        }
    }

    fn apply(&self, disk: &Disk) -> Result<Applied, OrganizeError> {
        let plan_path = self.yard.plan_path();
        let plan = (&self.plan, plan_path.as_path(), plan_hash(&self.plan));
        apply_on(disk, plan, &self.options, &Job::quiet())
    }

    fn undo(&self, disk: &Disk) -> Result<Undone, OrganizeError> {
        let options = UndoOptions {
            sync: self.options.sync,
            machine: None,
        };
        undo_on(disk, &self.journal(), &options, &Job::quiet())
    }

    fn journal(&self) -> PathBuf {
        self.yard.path("plans/plan.journal-1.jsonl")
    }

    /// Everything, far away too, without times: those of what was made are not foretold.
    fn everything(&self) -> Vec<(PathBuf, char, Vec<u8>)> {
        let mut found = self.yard.snapshot();
        if let Some(far) = &self.far {
            look(far.path(), &mut found);
        }
        let here = self.yard.path("");
        found
            .into_iter()
            .filter(|(path, _)| {
                Some(path.as_path()) != self.far.as_ref().map(tempfile::TempDir::path)
            })
            .map(|(path, entry)| {
                let shown = match (path.strip_prefix(&here), &self.far) {
                    (Ok(inner), _) => inner.to_owned(),
                    (_, Some(far)) => path.strip_prefix(far.path()).unwrap().to_owned(),
                    _ => path,
                };
                // The notes of the trash have the date; the text of a link has the yard.
                let is_same = entry.0 == 'f' && shown.extension() != Some("trashinfo".as_ref());
                (shown, entry.0, if is_same { entry.3 } else { Vec::new() })
            })
            .collect()
    }

    /// Holds if every content of before is there under some name that is no link.
    fn assert_nothing_lost(&self, when: &str) {
        let now = self.everything();
        for entry in self.before.values().filter(|entry| entry.0 == 'f') {
            assert!(
                now.iter()
                    .any(|(_, kind, bytes)| *kind == 'f' && *bytes == entry.3),
                "{when}: {:?} is lost",
                String::from_utf8_lossy(&entry.3)
            );
        }
    }

    fn assert_as_before(&self, when: &str) {
        let now = self.yard.snapshot();
        if now != self.before {
            for (path, entry) in &now {
                if self.before.get(path) != Some(entry) {
                    eprintln!("now    {} {entry:?}", path.display());
                }
            }
            for (path, entry) in &self.before {
                if now.get(path) != Some(entry) {
                    eprintln!("before {} {entry:?}", path.display());
                }
            }
            let journal = fs::read_to_string(self.journal()).unwrap_or_default();
            panic!("{when}: the tree differs\n{journal}");
        }
        if let Some(far) = &self.far {
            let mut found = Snapshot::new();
            look(far.path(), &mut found);
            assert_eq!(found.len(), 1, "{when}: {found:?}");
        }
    }
}

/// What there is, under whatever name: those who come first get the first number.
fn contents(everything: &[(PathBuf, char, Vec<u8>)]) -> Vec<(char, &[u8])> {
    let mut contents: Vec<_> = everything
        .iter()
        .map(|(_, kind, bytes)| (*kind, bytes.as_slice()))
        .collect();
    contents.sort_unstable();
    contents
}

/// How many changes carrying out makes, and what everything is afterwards.
fn whole(make: &Make) -> (usize, Vec<(PathBuf, char, Vec<u8>)>) {
    let scene = make();
    let disk = Scene::disk(Fault::None);
    let applied = scene.apply(&disk).unwrap();
    assert_eq!((&applied.refused, &applied.failed), (&vec![], &vec![]));
    scene.assert_nothing_lost("whole");
    let after = scene.everything();
    scene.undo(&Disk::default()).unwrap();
    scene.assert_as_before("whole");
    (disk.faults.unwrap().count(), after)
}

#[test]
fn a_run_killed_before_any_change_is_gone_on_with_to_the_same_end() {
    for (name, make) in scenes() {
        let (changes, after) = whole(&make);
        for at in 0..changes {
            let scene = make();
            let when = format!("{name}, killed at {at} of {changes}");
            scene.apply(&Scene::disk(Fault::KilledAt(at))).unwrap_err();
            scene.assert_nothing_lost(&when);
            let applied = scene.apply(&Disk::default()).unwrap();
            assert_eq!(
                (&applied.refused, &applied.failed),
                (&vec![], &vec![]),
                "{when}"
            );
            assert_eq!(scene.everything(), after, "{when}");
            let undone = scene.undo(&Disk::default()).unwrap();
            assert_eq!(undone.left, [], "{when}");
            scene.assert_as_before(&when);
        }
    }
}

#[test]
fn a_run_killed_before_any_change_is_undone_exactly() {
    for (name, make) in scenes() {
        let (changes, _) = whole(&make);
        for at in 0..changes {
            let scene = make();
            let when = format!("{name}, killed at {at} of {changes}, then undone");
            scene.apply(&Scene::disk(Fault::KilledAt(at))).unwrap_err();
            if scene.journal().exists() {
                let undone = scene.undo(&Disk::default()).unwrap();
                assert_eq!(undone.left, [], "{when}");
            }
            scene.assert_as_before(&when);
        }
    }
}

#[test]
fn an_undo_killed_before_any_change_is_gone_on_with() {
    for (name, make) in scenes() {
        let scene = make();
        scene.apply(&Disk::default()).unwrap();
        let disk = Scene::disk(Fault::None);
        scene.undo(&disk).unwrap();
        let changes = disk.faults.unwrap().count();
        for at in 0..changes {
            let scene = make();
            let when = format!("{name}, undo killed at {at} of {changes}");
            scene.apply(&Disk::default()).unwrap();
            scene.undo(&Scene::disk(Fault::KilledAt(at))).ok();
            scene.assert_nothing_lost(&when);
            let undone = scene.undo(&Disk::default()).unwrap();
            assert_eq!(undone.left, [], "{when}");
            scene.assert_as_before(&when);
        }
    }
}

#[test]
fn where_renaming_is_linking_and_unlinking_a_kill_in_between_is_settled_too() {
    let by_link = |fault| {
        let mut faults = Faults::new(fault);
        faults.by_link = true;
        Disk {
            faults: Some(Arc::new(faults)),
        }
    };
    for (name, make) in scenes() {
        let scene = make();
        let disk = by_link(Fault::None);
        scene.apply(&disk).unwrap();
        let changes = disk.faults.as_ref().unwrap().count();
        let after = scene.everything();
        scene.undo(&disk).unwrap();
        let both = disk.faults.unwrap().count();
        scene.assert_as_before(&name);
        for at in 0..both {
            let scene = make();
            let when = format!(
                "{name} by link, killed at {at} of {changes} + {}",
                both - changes
            );
            let killed = by_link(Fault::KilledAt(at));
            let applied = scene.apply(&killed);
            if applied.is_ok() {
                scene.undo(&killed).ok();
            }
            scene.assert_nothing_lost(&when);
            if applied.is_err() && at % 2 == 0 {
                let applied = scene.apply(&by_link(Fault::None)).unwrap();
                assert_eq!(
                    (&applied.refused, &applied.failed),
                    (&vec![], &vec![]),
                    "{when}"
                );
                assert_eq!(scene.everything(), after, "{when}");
            }
            if scene.journal().exists() {
                let undone = scene.undo(&by_link(Fault::None)).unwrap();
                assert_eq!(undone.left, [], "{when}");
            }
            scene.assert_as_before(&when);
        }
    }
}

#[test]
fn a_file_system_that_never_renames_across_folders_is_copied_over() {
    for (name, make) in scenes() {
        let scene = make();
        let disk = Scene::disk(Fault::Always("rename across", Errno::XDEV));
        let applied = scene.apply(&disk).unwrap();
        assert_eq!(
            (&applied.refused, &applied.failed),
            (&vec![], &vec![]),
            "{name}"
        );
        scene.assert_nothing_lost(&name);
        let undone = scene.undo(&disk).unwrap();
        assert_eq!(undone.left, [], "{name}");
        scene.assert_as_before(&name);
    }
}

/// How somebody saves a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Save {
    InPlace,
    /// With the length and the time that it had.
    Secretly,
    ByRename,
}

fn save(path: &Path, bytes: &str, how: Save) {
    let Ok(metadata) = path.symlink_metadata() else {
        return;
    };
    if how == Save::ByRename {
        let new = path.with_extension("new");
        fs::write(&new, bytes).unwrap();
        fs::rename(&new, path).unwrap();
        return;
    }
    fs::write(path, bytes).unwrap();
    if how == Save::Secretly {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(metadata.modified().unwrap()).unwrap();
    }
}

#[test]
fn whatever_somebody_saves_meanwhile_is_there_afterwards_and_after_the_undo() {
    for (name, make) in scenes() {
        // What is saved through a link is saved in the file that is kept.
        let through = name.starts_with("thin Hardlink") || name.starts_with("thin Symlink");
        let (changes, _) = whole(&make);
        for how in [Save::InPlace, Save::Secretly, Save::ByRename] {
            if through && how != Save::ByRename {
                continue;
            }
            for at in 0..changes {
                let scene = make();
                let when = format!("{name}, saved {how:?} at {at} of {changes}");
                let path = scene.yard.path("photos/b/x.jpg");
                let saved = Arc::new(std::sync::atomic::AtomicBool::new(false));
                let seen = Arc::clone(&saved);
                let meddle = move || {
                    seen.store(path.exists(), std::sync::atomic::Ordering::SeqCst);
                    save(&path, "two", how);
                };
                scene
                    .apply(&Scene::disk(Fault::Meddled(at, Box::new(meddle))))
                    .unwrap();
                let is_saved = saved.load(std::sync::atomic::Ordering::SeqCst);
                let holds = || {
                    scene.assert_nothing_lost(&when);
                    let now = scene.everything();
                    let two = now
                        .iter()
                        .any(|(_, kind, bytes)| *kind == 'f' && bytes == b"two");
                    assert!(two || !is_saved, "{when}: what was saved is lost");
                    let left: Vec<_> = now
                        .iter()
                        .filter(|(path, ..)| path.to_string_lossy().contains(".imgcluster-"))
                        .collect();
                    assert!(left.is_empty(), "{when}: {left:?}");
                };
                holds();
                if is_saved && how != Save::Secretly {
                    let now = fs::read(scene.yard.path("photos/b/x.jpg")).ok();
                    assert_eq!(now.as_deref(), Some(&b"two"[..]), "{when}: it was moved");
                }
                scene.undo(&Disk::default()).unwrap();
                holds();
                if is_saved {
                    let now = fs::read(scene.yard.path("photos/b/x.jpg")).unwrap();
                    assert_eq!(now, b"two", "{when}");
                }
            }
        }
    }
}

#[test]
fn a_change_that_the_system_refuses_loses_nothing_and_is_undone_exactly() {
    for errno in [Errno::NOSPC, Errno::ACCESS, Errno::XDEV] {
        for (name, make) in scenes() {
            let (changes, after) = whole(&make);
            for at in 0..changes {
                let scene = make();
                let when = format!("{name}, {errno:?} at {at} of {changes}");
                scene.apply(&Scene::disk(Fault::FailsAt(at, errno))).ok();
                scene.assert_nothing_lost(&when);
                if at % 2 == 0 && scene.journal().exists() {
                    let undone = scene.undo(&Disk::default()).unwrap();
                    assert_eq!(undone.left, [], "{when}");
                    scene.assert_as_before(&when);
                } else if at % 2 == 1 {
                    // Once the system lets us, the rest is done.
                    let applied = scene.apply(&Disk::default()).unwrap();
                    assert_eq!(
                        (&applied.refused, &applied.failed),
                        (&vec![], &vec![]),
                        "{when}"
                    );
                    assert_eq!(contents(&scene.everything()), contents(&after), "{when}");
                    scene.undo(&Disk::default()).unwrap();
                    scene.assert_as_before(&when);
                }
            }
        }
    }
}
