use std::path::{Path, PathBuf};

use imgcluster_core::{Features, FileStamp, Known, KnownFile, Store, StoreStatus};

use crate::fixtures::{Batch, DECODER, hash, hashes, known_file, paths, space, vector};

async fn status(store: &impl Store) -> StoreStatus {
    let status = store.status().await.unwrap();
    StoreStatus {
        bytes: None,
        ..status
    }
}

pub(crate) async fn an_empty_store_knows_nothing(store: &impl Store) {
    let space = space("m", vector(3));
    let known = store.known(&space, DECODER, &hashes(&[1, 2])).await;
    assert_eq!(status(store).await, StoreStatus::default());
    assert_eq!(store.files(&paths(&["/a"])).await.unwrap(), [None]);
    assert_eq!(known.unwrap(), [Known::Missing, Known::Missing]);
    assert_eq!(store.contents(&[hash(1)], true).await.unwrap(), [None]);
    assert_eq!(store.known_files(None).await.unwrap(), paths(&[]));
    assert_eq!(store.runs().await.unwrap(), []);
}

pub(crate) async fn nothing_asked_gives_nothing(store: &impl Store) {
    let space = space("m", vector(3));
    assert_eq!(store.files(&[]).await.unwrap(), []);
    assert_eq!(store.known(&space, DECODER, &[]).await.unwrap(), []);
    assert_eq!(store.contents(&[], true).await.unwrap(), []);
    let loaded = store.load(&space, &[]).await.unwrap();
    assert_eq!(loaded, Features::empty(space.shape));
}

pub(crate) async fn an_empty_batch_changes_nothing(store: &impl Store) {
    Batch::new(&space("m", vector(3))).put(store).await;
    assert_eq!(status(store).await, StoreStatus::default());
}

pub(crate) async fn files_are_answered_in_the_order_asked(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3)));
    batch.file("/a/1", 1).file("/a/2", 2).put(store).await;
    let asked = paths(&["/a/2", "/a/0", "/a/1", "/a/2"]);
    let (one, two) = (Some(known_file(1)), Some(known_file(2)));
    let answer = store.files(&asked).await.unwrap();
    assert_eq!(answer, [two, None, one, two]);
}

pub(crate) async fn a_changed_file_is_known_as_it_was_last_seen(store: &impl Store) {
    let space = space("m", vector(3));
    Batch::new(&space).file("/a", 1).put(store).await;
    Batch::new(&space).file("/a", 2).put(store).await;
    let seen_last = Some(known_file(2));
    assert_eq!(store.files(&paths(&["/a"])).await.unwrap(), [seen_last]);
    assert_eq!(store.known_files(None).await.unwrap(), paths(&["/a"]));

    let twice = Batch::new(&space).file("/b", 1).file("/b", 3);
    twice.put(store).await;
    let seen_last = Some(known_file(3));
    assert_eq!(store.files(&paths(&["/b"])).await.unwrap(), [seen_last]);
}

pub(crate) async fn extreme_stamps_are_kept(store: &impl Store) {
    let mut batch = Batch::new(&space("m", vector(3)));
    for (at, (number, modified_ns)) in [(u64::MAX, i64::MIN), (1 << 63, i64::MAX), (0, -1)]
        .into_iter()
        .enumerate()
    {
        let stamp = FileStamp {
            size: number,
            modified_ns,
            inode: number,
        };
        let content = hash(at);
        let path = PathBuf::from(format!("/{at}"));
        batch.files.push((path, KnownFile { stamp, content }));
    }
    batch.put(store).await;
    let (paths, files): (Vec<_>, Vec<_>) = batch.files.into_iter().unzip();
    let files: Vec<_> = files.into_iter().map(Some).collect();
    assert_eq!(store.files(&paths).await.unwrap(), files);
}

#[cfg(unix)]
pub(crate) async fn paths_that_are_not_utf8_are_kept_apart(store: &impl Store) {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    // each of these shows as the same text
    let names: [&[u8]; 4] = [b"/a/\xff", b"/a/\xfe", b"/a/\xc3", "/a/\u{fffd}".as_bytes()];
    let paths = names.map(|name| PathBuf::from(OsStr::from_bytes(name)));
    let mut batch = Batch::new(&space("m", vector(3)));
    for (number, path) in paths.iter().enumerate() {
        batch = batch.file(path, number);
    }
    batch.put(store).await;
    let known: Vec<_> = (0..paths.len()).map(|at| Some(known_file(at))).collect();
    assert_eq!(store.files(&paths).await.unwrap(), known);
    let mut listed = store.known_files(Some(Path::new("/a"))).await.unwrap();
    listed.sort();
    let mut paths = paths.to_vec();
    paths.sort();
    assert_eq!(listed, paths);
}

#[cfg(not(unix))]
pub(crate) async fn paths_that_are_not_utf8_are_kept_apart(_: &impl Store) {}

pub(crate) async fn known_files_below_a_folder_leave_its_siblings_out(store: &impl Store) {
    let names = [
        "/a", "/a.b/1", "/a/b", "/a/b-2", "/a/b/c", "/a/b/c/d", "/ab/1",
    ];
    let mut batch = Batch::new(&space("m", vector(3)));
    for name in names.iter().rev() {
        batch = batch.file(name, 1);
    }
    batch.put(store).await;
    for (folder, below) in [
        ("/a", &["/a/b", "/a/b-2", "/a/b/c", "/a/b/c/d"][..]),
        ("/a/b/", &["/a/b/c", "/a/b/c/d"]),
        ("/a/b/c/d", &[]),
        ("/nowhere", &[]),
        ("/", &names),
    ] {
        let listed = store.known_files(Some(Path::new(folder))).await.unwrap();
        assert_eq!(listed, paths(below), "below {folder}");
    }
    assert_eq!(store.known_files(None).await.unwrap(), paths(&names));
}

pub(crate) async fn a_relative_path_is_refused(store: &impl Store) {
    let batch = Batch::new(&space("m", vector(3))).file("/a", 1);
    let batch = batch.file("b/c", 2);
    let error = store.put(batch.as_put()).await.unwrap_err();
    assert!(error.to_string().contains("`b/c`"), "{error}");
    assert_eq!(store.known_files(None).await.unwrap(), paths(&[]));
}
