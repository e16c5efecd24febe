//! What the binary is asked to do with a tree, as plans that are written here by hand.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::tree::{Planted, hash};

/// One job for the binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Sort pictures into folders, on this file system or another one.
    Sort { action: &'static str, far: bool },
    /// Keep one of each three.
    Thin { action: &'static str, far: bool },
}

impl Task {
    /// Every kind of job.
    pub(crate) const ALL: [Self; 12] = [
        Self::Sort {
            action: "copy",
            far: false,
        },
        Self::Sort {
            action: "copy",
            far: true,
        },
        Self::Sort {
            action: "move",
            far: false,
        },
        Self::Sort {
            action: "move",
            far: true,
        },
        Self::Sort {
            action: "hardlink",
            far: false,
        },
        Self::Sort {
            action: "symlink",
            far: false,
        },
        Self::Thin {
            action: "trash",
            far: false,
        },
        Self::Thin {
            action: "move",
            far: true,
        },
        Self::Thin {
            action: "hardlink",
            far: false,
        },
        Self::Thin {
            action: "symlink",
            far: false,
        },
        Self::Thin {
            action: "reflink",
            far: false,
        },
        Self::Thin {
            action: "delete",
            far: false,
        },
    ];

    /// Whether files go to another file system.
    pub(crate) fn is_far(self) -> bool {
        match self {
            Self::Sort { far, .. } | Self::Thin { far, .. } => far,
        }
    }

    /// What is typed after `apply PLAN`.
    pub(crate) fn flags(self, target: &Path) -> Vec<String> {
        match self {
            Self::Sort { .. } => Vec::new(),
            Self::Thin { action: "move", .. } => {
                vec!["--action".into(), format!("move:{}", target.display())]
            }
            Self::Thin {
                action: "delete", ..
            } => {
                vec!["--action".into(), "delete".into(), "--permanently".into()]
            }
            Self::Thin { action, .. } => vec!["--action".into(), action.into()],
        }
    }

    /// Writes the plan of the job.
    pub(crate) fn plan(self, root: &Path, target: &Path, planted: &Planted) -> Value {
        match self {
            Self::Sort { action, .. } => sort(action, root, target, planted),
            Self::Thin { .. } => thin(root, planted),
        }
    }
}

/// A file as a plan names it.
fn file(path: &Path) -> Value {
    let metadata = fs::metadata(path).unwrap();
    let mut file = json!({
        "path": path.to_string_lossy(),
        "hash": hash(path),
        "size": metadata.len(),
        "modified_ns": metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec(),
    });
    if path.to_str().is_none() {
        file["path_base64"] = STANDARD.encode(path.as_os_str().as_bytes()).into();
    }
    file
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    object[name] = value.into();
    object
}

fn sort(action: &str, root: &Path, target: &Path, planted: &Planted) -> Value {
    let mut taken = BTreeSet::new();
    let files = planted
        .pictures
        .iter()
        .enumerate()
        .map(|(number, (picture, sidecars))| {
            let folder = format!("cluster_{}", number % 4);
            let (stem, name) = (picture.file_stem().unwrap(), picture.file_name().unwrap());
            let mut again = 1;
            let place = |from: &Path, again: usize| {
                // Names that begin alike go on alike: `img 0~2.jpg`, `img 0~2.jpg.json`.
                let from = from.file_name().unwrap().to_str().unwrap();
                let rest = &from[stem.len()..];
                let number = if again == 1 {
                    String::new()
                } else {
                    format!("~{again}")
                };
                format!("{folder}/{}{number}{rest}", stem.to_str().unwrap())
            };
            while !taken.insert(place(Path::new(name), again).to_lowercase()) {
                again += 1;
            }
            let sidecars: Vec<Value> = sidecars
                .iter()
                .map(|path| with(file(path), "to", place(path, again)))
                .collect();
            let placed = with(file(picture), "to", place(Path::new(name), again));
            with(placed, "sidecars", sidecars)
        });
    json!({
        "version": 1,
        "roots": [root],
        "target": target,
        "action": action,
        "files": files.collect::<Vec<Value>>(),
    })
}

fn thin(root: &Path, planted: &Planted) -> Value {
    let groups = planted.pictures.chunks(3).map(|group| {
        let remove = group[1..].iter().map(|(picture, sidecars)| {
            let sidecars: Vec<Value> = sidecars.iter().map(|path| file(path)).collect();
            with(with(file(picture), "similarity", 1.0), "sidecars", sidecars)
        });
        let remove: Vec<Value> = remove.collect();
        json!({
            "keep": with(file(&group[0].0), "reason", "the first"),
            "remove": remove,
            "worst_similarity": 1.0,
        })
    });
    json!({ "version": 1, "roots": [root], "groups": groups.collect::<Vec<Value>>() })
}

/// Names that are taken in the target before anything comes there.
pub(crate) fn occupy(target: &Path) -> Vec<PathBuf> {
    let folder = target.join("cluster_0");
    fs::create_dir_all(&folder).unwrap();
    ["img 0.jpg", "img 0.xmp"]
        .iter()
        .map(|name| {
            let path = folder.join(OsStr::new(name));
            fs::write(&path, format!("somebody's {name}")).unwrap();
            path
        })
        .collect()
}
