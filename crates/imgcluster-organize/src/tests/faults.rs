//! Runs every action with a fault at each change in turn.

use std::sync::Arc;

use rustix::io::Errno;

use super::scene::{Scene, contents, scenes, whole};
use crate::disk::Disk;
use crate::disk::faults::{Fault, Faults};

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
