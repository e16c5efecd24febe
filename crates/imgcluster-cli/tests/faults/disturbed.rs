//! Somebody works on the same files.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use imgcluster_core::ContentHash;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::jobs::Task;
use crate::random::{Random, rounds};
use crate::strace;
use crate::tree::{Entry, contents, snapshot};
use crate::world::{World, told};

/// What somebody did meanwhile.
#[derive(Default)]
struct Disturbance {
    paths: BTreeSet<PathBuf>,
    written: BTreeSet<ContentHash>,
}

/// Changes and removes some files of the tree, each at some time.
fn disturb(world: &World, files: &[PathBuf], random: &mut Random) -> Disturbance {
    let mut done = Disturbance::default();
    for number in 0..8 {
        thread::sleep(Duration::from_millis(random.next() % 60));
        let path = random.pick(files);
        if done.paths.contains(path) || !path.is_file() {
            continue; // it is gone to its new place by now
        }
        let bytes = format!("written by somebody: {number} {}", random.next()).into_bytes();
        let hash = ContentHash(*blake3::hash(&bytes).as_bytes());
        let aside = world.work().join("somebody's");
        // Where a link has taken the place of a file, what is written to it reaches another file.
        let links = matches!(
            world.task,
            Task::Thin {
                action: "hardlink" | "symlink",
                ..
            }
        );
        match random.below(if links { 2 } else { 3 }) {
            // As an editor does: a new file takes the place, and only of one that is there.
            0 => {
                fs::write(&aside, &bytes).unwrap();
                // What comes out in exchange is the version that somebody overwrote.
                if renameat_with(CWD, &aside, CWD, path, RenameFlags::EXCHANGE).is_ok() {
                    done.written.insert(hash);
                    done.paths.insert(path.clone());
                }
                fs::remove_file(&aside).unwrap();
            }
            1 => {
                if fs::rename(path, &aside).is_ok() {
                    done.paths.insert(path.clone());
                    fs::remove_file(&aside).unwrap();
                }
            }
            _ => {
                let touched = fs::OpenOptions::new().append(true).open(path);
                if touched
                    .is_ok_and(|mut file| std::io::Write::write_all(&mut file, &bytes).is_ok())
                {
                    done.paths.insert(path.clone());
                }
            }
        }
    }
    done
}

#[test]
fn files_that_change_or_vanish_meanwhile_are_left_alone() {
    if strace::is_missing() {
        return;
    }
    let mut random = Random(7);
    let mut disturbed = 0;
    for round in 0..rounds(12) {
        let task = Task::ALL[round % Task::ALL.len()];
        let Some(world) = World::new(task, 60, random.next()) else {
            continue;
        };
        let files: Vec<PathBuf> = snapshot(&world.tree())
            .into_iter()
            .filter(|(_, entry)| matches!(entry, Entry::File { .. }))
            .map(|(path, _)| world.tree().join(path))
            .collect();
        let twice = |path: &PathBuf| path.ends_with("second name");
        let mut files = files;
        // Two names of one file: writing to one would change the other.
        files.retain(|path| !twice(path) && path.file_name() != Some("img 0.jpg".as_ref()));
        let kept = |disturbance: &Disturbance| -> BTreeSet<ContentHash> {
            let calm = files
                .iter()
                .filter(|path| !disturbance.paths.contains(*path));
            calm.filter(|path| path.exists())
                .map(|path| crate::tree::hash(path))
                .collect()
        };
        let before = kept(&Disturbance::default());
        let slow = "inject=?fsync,?fdatasync:delay_enter=2000";
        let (output, disturbance) = thread::scope(|scope| {
            let running = scope.spawn(|| strace::run(&world, &[slow], &world.apply()));
            let disturbance = disturb(&world, &files, &mut random);
            (running.join().unwrap(), disturbance)
        });
        disturbed += disturbance.paths.len();
        let about = format!("round {round}, {task:?}: {}", told(&output));
        assert_ne!(output.status.code(), Some(101), "panicked: {about}");
        assert!(world.journal().exists(), "{about}");
        let undone = world.run(&world.undo());
        assert_ne!(
            undone.status.code(),
            Some(101),
            "panicked: {}",
            told(&undone)
        );
        let about = format!(
            "{about}\nundo: {}\ndisturbed: {:#?}",
            told(&undone),
            disturbance.paths
        );
        // What nobody but the program touched is as it was, and what somebody wrote is there.
        let mut gone = world.lost_with(&disturbance.paths);
        gone.extend(disturbance.paths.iter().cloned());
        world.is_as_it_was_but_for(&gone, &about);
        let now = contents(&[world.near.path(), &world.target()]);
        assert!(disturbance.written.is_subset(&now), "{about}");
        assert!(kept(&disturbance).is_subset(&before), "{about}");
    }
    assert!(disturbed > 0, "nobody disturbed anything");
}
