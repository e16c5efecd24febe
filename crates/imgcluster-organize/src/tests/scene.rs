//! Every action, on a small tree, with what must hold afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use imgcluster_core::Job;

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
pub(super) struct Scene {
    pub(super) yard: Yard,
    /// On another file system, where there is one.
    far: Option<tempfile::TempDir>,
    plan: Plan,
    options: ApplyOptions,
    before: Snapshot,
}

pub(super) type Make = Box<dyn Fn() -> Scene>;

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
pub(super) fn scenes() -> Vec<(String, Make)> {
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
    pub(super) fn disk(fault: Fault) -> Disk {
        Disk {
            faults: Some(Arc::new(Faults::new(fault))),
        }
    }

    pub(super) fn apply(&self, disk: &Disk) -> Result<Applied, OrganizeError> {
        let plan_path = self.yard.plan_path();
        let plan = (&self.plan, plan_path.as_path(), plan_hash(&self.plan));
        apply_on(disk, plan, &self.options, &Job::quiet())
    }

    pub(super) fn undo(&self, disk: &Disk) -> Result<Undone, OrganizeError> {
        let options = UndoOptions {
            sync: self.options.sync,
            machine: None,
        };
        undo_on(disk, &self.journal(), &options, &Job::quiet())
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.yard.path("plans/plan.journal-1.jsonl")
    }

    /// Everything, far away too, without times: those of what was made are not foretold.
    pub(super) fn everything(&self) -> Vec<(PathBuf, char, Vec<u8>)> {
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
    pub(super) fn assert_nothing_lost(&self, when: &str) {
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

    pub(super) fn assert_as_before(&self, when: &str) {
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
pub(super) fn contents(everything: &[(PathBuf, char, Vec<u8>)]) -> Vec<(char, &[u8])> {
    let mut contents: Vec<_> = everything
        .iter()
        .map(|(_, kind, bytes)| (*kind, bytes.as_slice()))
        .collect();
    contents.sort_unstable();
    contents
}

/// How many changes carrying out makes, and what everything is afterwards.
pub(super) fn whole(make: &Make) -> (usize, Vec<(PathBuf, char, Vec<u8>)>) {
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
