//! A tree of files with everything that is awkward, and what it looks like.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use imgcluster_core::ContentHash;
use rustix::fs::{XattrFlags, getxattr, setxattr};

use crate::random::Random;

/// The name of an attribute that some files have.
const ATTRIBUTE: &str = "user.comment";

/// What is known of one entry; a folder has no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Folder {
        modified: i128,
    },
    File {
        bytes: ContentHash,
        modified: i128,
        mode: u32,
        attribute: Vec<u8>,
    },
    Link {
        to: PathBuf,
    },
}

/// Everything below a folder, by its path from there.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Entry> {
    let mut found = BTreeMap::new();
    if folder.exists() {
        look(folder, folder, &mut found);
    }
    found
}

fn look(root: &Path, path: &Path, found: &mut BTreeMap<PathBuf, Entry>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    let entry = if metadata.is_symlink() {
        Entry::Link {
            to: fs::read_link(path).unwrap(),
        }
    } else if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            look(root, &entry.unwrap().path(), found);
        }
        Entry::Folder { modified }
    } else {
        let mut attribute = vec![0; 64];
        let length = getxattr(path, ATTRIBUTE, &mut attribute).unwrap_or(0);
        attribute.truncate(length);
        Entry::File {
            bytes: hash(path),
            modified,
            mode: metadata.mode(),
            attribute,
        }
    };
    found.insert(path.strip_prefix(root).unwrap().to_owned(), entry);
}

/// The hash of a file's bytes.
pub(crate) fn hash(path: &Path) -> ContentHash {
    ContentHash(*blake3::hash(&fs::read(path).unwrap()).as_bytes())
}

/// The contents of all files in these folders.
pub(crate) fn contents(folders: &[&Path]) -> BTreeSet<ContentHash> {
    let entries = folders
        .iter()
        .flat_map(|folder| snapshot(folder).into_values());
    let bytes = entries.filter_map(|entry| match entry {
        Entry::File { bytes, .. } => Some(bytes),
        _ => None,
    });
    bytes.collect()
}

/// Pictures that look the same and what belongs to each, in a tree that was planted.
#[derive(Default)]
pub(crate) struct Planted {
    /// Pictures with their sidecars. Each third has the bytes of the two before it.
    pub(crate) pictures: Vec<(PathBuf, Vec<PathBuf>)>,
}

/// Plants about 200 files for 90 pictures, the same for a seed.
pub(crate) fn plant(root: &Path, pictures: usize, seed: u64) -> Planted {
    let mut random = Random(seed);
    let folders: [&OsStr; 6] = [
        OsStr::new("2019"),
        OsStr::new("2019/São Paulo – été"),
        OsStr::new("b"),
        OsStr::from_bytes(b"not utf-8 \xff"),
        OsStr::new("deep/er/and deeper"),
        OsStr::new("top"),
    ];
    for folder in folders {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::create_dir_all(root.join("empty")).unwrap();
    let mut planted = Planted {
        pictures: Vec::new(),
    };
    let mut same = Vec::new();
    for number in 0..pictures {
        if number % 3 == 0 {
            let size = random.below(20_000);
            same = random.bytes(size);
            same.extend((number as u64).to_le_bytes());
        }
        // Base names repeat, so that they meet in one folder.
        let folder = root.join(folders[number % folders.len()]);
        let name = format!(
            "img {}.jpg",
            number / folders.len() / 2 * 2 + number % 2 * 100
        );
        let mut picture = folder.join(&name);
        if picture.exists() {
            picture = folder.join(format!("other {number}.JPG"));
        }
        fs::write(&picture, &same).unwrap();
        let stem = picture.with_extension("");
        let mut sidecars = Vec::new();
        let mut add = |path: PathBuf, random: &mut Random| {
            fs::write(&path, random.bytes(random_size(number))).unwrap();
            sidecars.push(path);
        };
        let beside = |end: &str| {
            let mut name = stem.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        if number % 4 == 0 {
            add(beside(".xmp"), &mut random);
        }
        if number % 5 == 0 {
            add(beside(".cr2"), &mut random);
        }
        if number % 7 == 0 {
            let mut name = picture.clone().into_os_string();
            name.push(".json");
            add(PathBuf::from(name), &mut random);
        }
        if number % 3 == 1 {
            add(beside(".txt"), &mut random);
        }
        planted.pictures.push((picture, sidecars));
    }
    let first = &planted.pictures[0].0;
    fs::hard_link(first, root.join("second name")).unwrap();
    symlink(first, root.join("link to the first")).unwrap();
    symlink("nowhere", root.join("link to nothing")).unwrap();
    decorate(root, &mut random);
    planted
}

fn random_size(number: usize) -> usize {
    number * 37 % 900 + 8
}

/// Gives every file and folder times of its own, some a mode, some an attribute.
fn decorate(root: &Path, random: &mut Random) {
    let mut all: Vec<PathBuf> = snapshot(root).into_keys().collect();
    // The deepest first: what is in a folder does not change its time any more.
    all.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
    for path in all.iter().map(|below| root.join(below)) {
        if path.is_symlink() {
            continue;
        }
        if path.is_file() {
            if random.below(5) == 0 {
                // Not every file system has them.
                let _ = setxattr(&path, ATTRIBUTE, b"a word", XattrFlags::empty());
            }
            let mode = *random.pick(&[0o644, 0o600, 0o755, 0o444]);
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
        let since = Duration::new(
            random.next() % 1_700_000_000,
            random.below(1_000_000_000) as u32,
        );
        let time = SystemTime::UNIX_EPOCH + since;
        let times = FileTimes::new().set_modified(time).set_accessed(time);
        File::open(&path).unwrap().set_times(times).unwrap();
    }
}
