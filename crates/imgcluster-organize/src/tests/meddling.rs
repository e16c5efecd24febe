//! Runs every action while somebody else saves a file, at each change in turn.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::scene::{Scene, scenes, whole};
use crate::disk::Disk;
use crate::disk::faults::Fault;

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
fn a_file_stays_when_the_one_that_is_kept_is_saved_anew_while_it_is_replaced_or_brought_away() {
    for (name, make) in scenes() {
        let (change, nth) = match name.as_str() {
            name if name.starts_with("thin Hardlink") => ("link", 1),
            name if name.starts_with("thin Symlink") => ("symlink", 1),
            // The first brings the copy to its name, the second takes the file aside.
            name if name.starts_with("thin move far") => ("rename", 2),
            _ => continue,
        };
        for how in [Save::InPlace, Save::Secretly, Save::ByRename] {
            if change == "rename" && how == Save::Secretly {
                // The file has been brought away whole: nothing is lost.
                continue;
            }
            let scene = make();
            let when = format!("{name}, kept file saved {how:?}");
            let keep = scene.yard.path("photos/a/x.jpg");
            let meddle = move || save(&keep, "two", how);
            let fault = Fault::MeddledBefore(change, nth, Box::new(meddle));
            let applied = scene.apply(&Scene::disk(fault)).unwrap();
            assert_eq!((applied.done, applied.refused.len()), (0, 1), "{when}");
            let bytes = |name: &str| fs::read(scene.yard.path(name)).unwrap();
            assert_eq!(bytes("photos/a/x.jpg"), b"two", "{when}");
            let file = scene.yard.path("photos/b/x.jpg");
            assert!(file.symlink_metadata().unwrap().is_file(), "{when}");
            assert_eq!(fs::read(&file).unwrap(), b"one", "{when}");
            let left: Vec<_> = scene
                .everything()
                .into_iter()
                .filter(|(path, ..)| path.to_string_lossy().contains(".imgcluster-"))
                .collect();
            assert!(left.is_empty(), "{when}: {left:?}");
            assert_eq!(scene.undo(&Disk::default()).unwrap().left, [], "{when}");
            assert_eq!(fs::read(&file).unwrap(), b"one", "{when}");
        }
    }
}
