//! A folder of pictures to try things on, and what a whole tree looks like.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use imgcluster_core::{ContentHash, Job};
use imgcluster_organize::{
    Applied, ApplyOptions, Group, OrganizeError, Placement, Plan, PlannedFile, Removal, SortAction,
    SortPlan, Survivor, ThinAction, ThinPlan, TrashFolder, UndoOptions, Undone,
};

/// What a name is: kind, mode, time of last change, bytes or text of a link, attributes.
pub(crate) type Entry = (char, u32, (i64, i64), Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>);

/// A file, its place, and the same of its sidecars.
pub(crate) type Line<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A file to keep, and those to do away with, each with its sidecars.
pub(crate) type Alike<'a> = (&'a str, &'a [(&'a str, &'a [&'a str])]);

/// Everything below some folders.
pub(crate) type Snapshot = BTreeMap<PathBuf, Entry>;

pub(crate) struct Yard {
    folder: tempfile::TempDir,
}

impl Yard {
    pub(crate) fn new() -> Self {
        Self::at(&std::env::temp_dir())
    }

    /// A yard on the file system of this folder.
    pub(crate) fn at(folder: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("yard")
            .tempdir_in(folder)
            .unwrap();
        let yard = Self { folder };
        for name in ["photos", "plans", "other"] {
            fs::create_dir(yard.path(name)).unwrap();
        }
        yard
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// Makes a file with a time, rights and an attribute that are its own.
    pub(crate) fn file(&self, name: &str, bytes: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let unlike = name.bytes().map(u64::from).sum::<u64>();
        let file = File::options().write(true).open(&path).unwrap();
        // Where the file system keeps none there is nothing to lose.
        let _ = rustix::fs::fsetxattr(
            &file,
            "user.rating",
            name.as_bytes(),
            rustix::fs::XattrFlags::empty(),
        );
        file.set_permissions(fs::Permissions::from_mode(0o600 | (unlike as u32 & 0o44)))
            .unwrap();
        file.set_modified(UNIX_EPOCH + Duration::new(1_000_000_000 + unlike, 123_456_789))
            .unwrap();
        path
    }

    /// Gives every folder a time of its own, so that touching one shows.
    pub(crate) fn age_folders(&self) {
        fn age(folder: &Path, seconds: &mut u64) {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    age(&entry.path(), seconds);
                }
            }
            *seconds += 1000;
            let time = UNIX_EPOCH + Duration::new(900_000_000 + *seconds, 987_654_321);
            File::open(folder).unwrap().set_modified(time).unwrap();
        }
        age(&self.path("photos"), &mut 0);
        age(&self.path("other"), &mut 7);
    }

    /// Everything but the plans.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        for name in ["photos", "other"] {
            look(&self.path(name), &mut found);
        }
        found
    }

    pub(crate) fn plan_path(&self) -> PathBuf {
        self.path("plans/plan.json")
    }

    pub(crate) fn trash(&self) -> TrashFolder {
        TrashFolder {
            home: self.path("other/Trash"),
            uid: rustix::process::getuid().as_raw(),
        }
    }

    pub(crate) fn options(&self, action: Option<ThinAction>) -> ApplyOptions {
        ApplyOptions {
            action,
            trash: Some(self.trash()),
            ..ApplyOptions::default()
        }
    }

    pub(crate) fn apply(
        &self,
        plan: &Plan,
        options: &ApplyOptions,
    ) -> Result<Applied, OrganizeError> {
        imgcluster_organize::apply(
            plan,
            &self.plan_path(),
            plan_hash(plan),
            options,
            &Job::quiet(),
        )
    }

    /// A plan that sorts these files to these places.
    pub(crate) fn sort(&self, action: SortAction, files: &[Line<'_>]) -> Plan {
        Plan::Sort(SortPlan {
            machine: None,
            roots: vec![self.path("photos")],
            target: self.path("other/sorted"),
            action,
            follow_symlinks: false,
            files: files
                .iter()
                .map(|(from, to, sidecars)| Placement {
                    file: planned(&self.path(from)),
                    to: (*to).into(),
                    sidecars: sidecars
                        .iter()
                        .map(|(from, to)| (planned(&self.path(from)), (*to).into()))
                        .collect(),
                })
                .collect(),
        })
    }

    /// A plan that keeps the first of each group.
    pub(crate) fn thin(&self, groups: &[Alike<'_>]) -> Plan {
        Plan::Thin(ThinPlan {
            machine: None,
            roots: vec![self.path("photos")],
            references: Vec::new(),
            groups: groups
                .iter()
                .map(|(keep, remove)| Group {
                    keep: Survivor {
                        file: planned(&self.path(keep)),
                        reason: "largest".to_owned(),
                    },
                    remove: remove
                        .iter()
                        .map(|(file, sidecars)| Removal {
                            file: planned(&self.path(file)),
                            similarity: None,
                            sidecars: sidecars
                                .iter()
                                .map(|file| planned(&self.path(file)))
                                .collect(),
                        })
                        .collect(),
                    worst_similarity: None,
                })
                .collect(),
            not_duplicates: Vec::new(),
        })
    }
}

pub(crate) fn undo(applied: &Applied) -> Undone {
    undo_at(&applied.journal)
}

pub(crate) fn undo_at(journal: &Path) -> Undone {
    imgcluster_organize::undo(journal, &UndoOptions::default(), &Job::quiet()).unwrap()
}

/// A stand-in for the hash of the plan's file.
pub(crate) fn plan_hash(plan: &Plan) -> ContentHash {
    hash(format!("{plan:?}").as_bytes())
}

pub(crate) fn hash(bytes: &[u8]) -> ContentHash {
    ContentHash(*blake3::hash(bytes).as_bytes())
}

/// The file as it is now.
pub(crate) fn planned(path: &Path) -> PlannedFile {
    let metadata = path.metadata().unwrap();
    PlannedFile {
        path: path.to_owned(),
        content: hash(&fs::read(path).unwrap()),
        size: Some(metadata.len()),
        modified_ns: Some(metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec()),
    }
}

pub(crate) fn look(path: &Path, found: &mut Snapshot) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let (kind, bytes) = if metadata.is_dir() {
        ('d', Vec::new())
    } else if metadata.is_symlink() {
        let text = fs::read_link(path).unwrap().into_os_string();
        ('l', text.into_encoded_bytes())
    } else {
        ('f', fs::read(path).unwrap())
    };
    let mut rating = vec![0; 1000];
    let attributes = match rustix::fs::lgetxattr(path, "user.rating", &mut rating) {
        Ok(size) => vec![(b"user.rating".to_vec(), rating[..size].to_vec())],
        Err(_) => Vec::new(),
    };
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    let entry = (kind, metadata.mode(), modified, bytes, attributes);
    found.insert(path.to_owned(), entry);
    if kind == 'd' {
        for entry in fs::read_dir(path).unwrap() {
            look(&entry.unwrap().path(), found);
        }
    }
}

/// The names below a folder, relative to it, without the folders.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut found = Snapshot::new();
    if folder.exists() {
        look(folder, &mut found);
    }
    found
        .iter()
        .filter(|(_, entry)| entry.0 != 'd')
        .map(|(path, _)| path.strip_prefix(folder).unwrap().display().to_string())
        .collect()
}
