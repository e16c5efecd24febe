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
