//! A tree, a place to bring things to, a plan, and the binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use imgcluster_core::ContentHash;
use tempfile::TempDir;

use crate::jobs::{Task, occupy};
use crate::tree::{Entry, Planted, contents, plant, snapshot};

/// One tree and what it was.
pub(crate) struct World {
    pub(crate) near: TempDir,
    far: Option<TempDir>,
    pub(crate) task: Task,
    planted: Planted,
    before: BTreeMap<PathBuf, Entry>,
    target_before: BTreeMap<PathBuf, Entry>,
    originals: BTreeSet<ContentHash>,
}

impl World {
    /// A new tree for a job; `None` where the job needs a second file system and there is none.
    pub(crate) fn new(task: Task, pictures: usize, seed: u64) -> Option<Self> {
        let memory = Path::new("/dev/shm");
        let near = if memory.is_dir() {
            tempfile::tempdir_in(memory).unwrap()
        } else {
            tempfile::tempdir().unwrap()
        };
        let far = task.is_far().then(|| tempfile::tempdir().unwrap());
        if let Some(far) = &far {
            let device = |folder: &TempDir| fs::metadata(folder.path()).unwrap().dev();
            if device(far) == device(&near) {
                return None;
            }
        }
        let mut world = Self {
            near,
            far,
            task,
            planted: Planted::default(),
            before: BTreeMap::new(),
            target_before: BTreeMap::new(),
            originals: BTreeSet::new(),
        };
        fs::create_dir_all(world.tree()).unwrap();
        fs::create_dir_all(world.work()).unwrap();
        fs::create_dir_all(world.target()).unwrap();
        world.planted = plant(&world.tree(), pictures, seed);
        if matches!(task, Task::Sort { .. }) {
            occupy(&world.target());
        }
        let plan = task.plan(&world.tree(), &world.target(), &world.planted);
        fs::write(world.plan(), serde_json::to_vec_pretty(&plan).unwrap()).unwrap();
        world.before = snapshot(&world.tree());
        world.target_before = snapshot(&world.target());
        world.originals = contents(&[&world.tree(), &world.target()]);
        Some(world)
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.near.path().join("tree")
    }

    pub(crate) fn target(&self) -> PathBuf {
        let at = self.far.as_ref().unwrap_or(&self.near);
        at.path().join("target")
    }

    /// The folder of the plan and its journals.
    pub(crate) fn work(&self) -> PathBuf {
        self.near.path().join("work")
    }

    pub(crate) fn plan(&self) -> PathBuf {
        self.work().join("plan.json")
    }

    fn home(&self) -> PathBuf {
        self.near.path().join("home")
    }

    /// The journal of the only time that the plan was carried out.
    pub(crate) fn journal(&self) -> PathBuf {
        self.work().join("plan.journal-1.jsonl")
    }

    /// What is typed to carry the plan out.
    pub(crate) fn apply(&self) -> Vec<String> {
        let mut words = vec!["apply".to_owned(), self.plan().to_str().unwrap().to_owned()];
        words.extend(self.task.flags(&self.target()));
        words
    }

    /// What is typed to take it back.
    pub(crate) fn undo(&self) -> Vec<String> {
        vec![
            "undo".to_owned(),
            self.journal().to_str().unwrap().to_owned(),
        ]
    }

    /// A program in this world.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.near.path())
            .env(
                "IMGCLUSTER_STORE",
                format!("sqlite:{}", self.work().join("store").display()),
            )
            .env("HOME", self.home())
            .env("XDG_DATA_HOME", self.home().join("data"));
        command
    }

    /// Runs the binary undisturbed.
    pub(crate) fn run(&self, words: &[String]) -> Output {
        self.command(env!("CARGO_BIN_EXE_imgcluster"))
            .args(words)
            .output()
            .unwrap()
    }

    /// Runs the binary undisturbed to a good end.
    #[track_caller]
    pub(crate) fn succeed(&self, words: &[String], about: &str) {
        let output = self.run(words);
        assert!(
            output.status.success(),
            "{about}: {words:?}: {}",
            told(&output)
        );
    }

    /// Fails the test unless every content that was is still somewhere.
    #[track_caller]
    pub(crate) fn nothing_is_lost(&self, about: &str) {
        let now = contents(&[&self.tree(), &self.target(), &self.home()]);
        let lost: Vec<_> = self.originals.difference(&now).collect();
        assert!(lost.is_empty(), "{about}: {} contents are lost", lost.len());
    }

    /// Takes back what was done, if anything was begun, and fails the test unless the tree is as
    /// it was.
    #[track_caller]
    pub(crate) fn undo_restores(&self, about: &str) {
        if self.journal().exists() {
            self.succeed(&self.undo(), about);
        }
        self.is_as_it_was(about);
    }

    /// What cannot come back if somebody takes these away: where links have taken the place of copies,
    /// or copies were deleted, the file that was kept is the last one.
    pub(crate) fn lost_with(&self, taken: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let hangs = matches!(
            self.task,
            Task::Thin {
                action: "symlink" | "delete",
                ..
            }
        );
        let groups = self.planted.pictures.chunks(3).filter(|_| hangs);
        let lost = groups.filter(|group| taken.contains(&group[0].0));
        lost.flat_map(|group| group.iter().map(|(picture, _)| picture.clone()))
            .collect()
    }

    #[track_caller]
    pub(crate) fn is_as_it_was(&self, about: &str) {
        differ(&self.before, &snapshot(&self.tree()), about);
        differ(&self.target_before, &snapshot(&self.target()), about);
    }

    /// Fails the test unless everything is as it was but for these, and folders.
    #[track_caller]
    pub(crate) fn is_as_it_was_but_for(&self, disturbed: &BTreeSet<PathBuf>, about: &str) {
        let tree = self.tree();
        let calm = |entries: BTreeMap<PathBuf, Entry>| -> BTreeMap<PathBuf, Entry> {
            let calm = entries.into_iter().filter(|(path, entry)| {
                !matches!(entry, Entry::Folder { .. }) && !disturbed.contains(&tree.join(path))
            });
            calm.collect()
        };
        differ(&calm(self.before.clone()), &calm(snapshot(&tree)), about);
    }
}

#[track_caller]
fn differ(before: &BTreeMap<PathBuf, Entry>, after: &BTreeMap<PathBuf, Entry>, about: &str) {
    let paths: BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    let wrong = paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path));
    let wrong: Vec<String> = wrong
        .take(5)
        .map(|path| {
            format!(
                "{}: {:?} became {:?}",
                path.display(),
                before.get(path),
                after.get(path)
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{about}: {wrong:#?}");
}

/// Everything that a program said.
pub(crate) fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}
