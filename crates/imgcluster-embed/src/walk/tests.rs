use super::*;
use std::fs;
use tempfile::TempDir;

/// A folder with files of one byte each.
fn tree(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    folder
}

fn walked(roots: &[PathBuf], options: &WalkOptions) -> Walked {
    walk(roots, options, &Job::quiet()).unwrap()
}

/// What was found in a folder, below it.
fn found(folder: &TempDir, options: &WalkOptions) -> Vec<String> {
    let walked = walked(&[folder.path().to_owned()], options);
    let candidates = walked.candidates.iter();
    candidates
        .map(|candidate| below(folder, &candidate.path))
        .collect()
}

fn skipped(folder: &TempDir, options: &WalkOptions) -> Vec<(String, String)> {
    let walked = walked(&[folder.path().to_owned()], options);
    let skipped = walked.skipped.into_iter();
    skipped
        .map(|skipped| (below(folder, &skipped.path), skipped.reason))
        .collect()
}

fn below(folder: &TempDir, path: &Path) -> String {
    let below = path.strip_prefix(folder.path()).unwrap();
    below.to_string_lossy().replace('\\', "/")
}

fn pair(path: &str, reason: &str) -> (String, String) {
    (path.to_owned(), reason.to_owned())
}

#[test]
fn no_root_and_an_empty_folder_give_nothing() {
    assert_eq!(walked(&[], &WalkOptions::default()), Walked::default());
    assert!(found(&tree(&[]), &WalkOptions::default()).is_empty());
}

#[test]
fn files_are_found_at_any_depth_in_bytewise_order() {
    let folder = tree(&["b", "a/z", "a.x", "B", "a/a/a", "ä"]);
    let wanted = ["B", "a.x", "a/a/a", "a/z", "b", "ä"];
    assert_eq!(found(&folder, &WalkOptions::default()), wanted);
    let flat = WalkOptions {
        recursive: false,
        ..WalkOptions::default()
    };
    assert_eq!(found(&folder, &flat), ["B", "a.x", "b", "ä"]);
}

#[test]
fn a_root_that_does_not_exist_is_an_error_that_names_it() {
    let missing = PathBuf::from("no/such/folder");
    let error = walk(&[missing], &WalkOptions::default(), &Job::quiet()).unwrap_err();
    assert!(error.to_string().contains("no/such/folder"), "{error}");
}

#[test]
fn a_cancelled_walk_stops() {
    let folder = tree(&["a"]);
    let token = imgcluster_core::CancelToken::default();
    token.cancel();
    let job = Job::new(&imgcluster_core::Quiet, token, std::num::NonZeroUsize::MIN);
    let outcome = walk(&[folder.path().to_owned()], &WalkOptions::default(), &job);
    assert!(matches!(outcome, Err(EmbedError::Cancelled(_))));
}

#[test]
fn a_hidden_folder_is_one_skipped_item_unless_it_is_asked_for() {
    let folder = tree(&[".git/a", ".git/b/c", "d", ".e"]);
    let plain = WalkOptions::default();
    assert_eq!(found(&folder, &plain), ["d"]);
    let reason = "hidden (use --hidden to include it)";
    assert_eq!(
        skipped(&folder, &plain),
        [pair(".e", reason), pair(".git", reason)]
    );
    let hidden = WalkOptions {
        hidden: true,
        ..WalkOptions::default()
    };
    assert_eq!(found(&folder, &hidden), [".e", ".git/a", ".git/b/c", "d"]);
    let roots = [folder.path().join(".git"), folder.path().join(".e")];
    assert_eq!(
        walked(&roots, &plain).candidates.len(),
        3,
        "a root is never hidden"
    );
}

#[test]
fn what_is_excluded_or_left_out_is_not_mentioned() {
    let folder = tree(&[
        "a.jpg",
        "a.txt",
        "out/x",
        "thumbs/a.jpg",
        "deep/thumbs/b",
        ".h.txt",
    ]);
    let options = WalkOptions {
        exclude: vec!["*.txt".to_owned(), "thumbs/".to_owned()],
        leave_out: vec![folder.path().join("out")],
        ..WalkOptions::default()
    };
    assert_eq!(found(&folder, &options), ["a.jpg"]);
    assert!(skipped(&folder, &options).is_empty());
    let inside = walked(&[folder.path().join("out")], &options);
    assert_eq!(inside, Walked::default(), "not even when it is a root");
}

#[test]
fn a_file_reached_through_two_roots_is_taken_the_first_time() {
    let folder = tree(&["a/b/c", "a/d"]);
    let roots = [
        folder.path().join("a/b"),
        folder.path().join("a"),
        folder.path().join("a/d"),
    ];
    let found = walked(&roots, &WalkOptions::default());
    let paths: Vec<&Path> = found
        .candidates
        .iter()
        .map(|found| found.path.as_path())
        .collect();
    assert_eq!(
        paths,
        [folder.path().join("a/b/c"), folder.path().join("a/d")]
    );
    let same = [folder.path().join("a/../a/d"), folder.path().join("a/d")];
    let found = walked(&same, &WalkOptions::default()).candidates;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, same[0], "shown as it was reached");
    assert_eq!(found[0].key, fs::canonicalize(&same[1]).unwrap());
}

#[test]
fn a_listed_root_that_is_gone_is_skipped_and_the_others_are_read() {
    let folder = tree(&["a", "b"]);
    let listed = ["a", "gone"].map(|name| folder.path().join(name)).to_vec();
    let options = WalkOptions {
        listed,
        ..WalkOptions::default()
    };
    let walked = walked(&[], &options);
    assert_eq!(walked.candidates.len(), 1);
    assert_eq!(walked.skipped[0].reason, "no such file");
}

#[test]
fn what_is_hidden_below_one_root_and_named_by_another_is_read_and_not_skipped() {
    let folder = tree(&["x", ".h/a", ".f"]);
    let roots = ["", ".h", ".f"].map(|name| folder.path().join(name));
    let walked = walked(&roots, &WalkOptions::default());
    assert_eq!((walked.candidates.len(), walked.skipped), (3, Vec::new()));
}

#[test]
fn earlier_results_are_one_skipped_item_unless_they_are_named() {
    let folder = tree(&["a", "out/samples/b", "mine/c"]);
    let record = "{\n  \"tool\": \"imgcluster\",\n  \"version\": \"0\"}";
    fs::write(folder.path().join("out/run.json"), record).unwrap();
    fs::write(
        folder.path().join("mine/run.json"),
        "{\"tool\": \"another\"}",
    )
    .unwrap();
    assert_eq!(
        found(&folder, &WalkOptions::default()),
        ["a", "mine/c", "mine/run.json"]
    );
    let told = [pair(
        "out",
        "results of an earlier run (name it to read it)",
    )];
    assert_eq!(skipped(&folder, &WalkOptions::default()), told);
    let named = walked(&[folder.path().join("out")], &WalkOptions::default());
    assert_eq!(named.candidates.len(), 2);
}

#[test]
fn empty_and_too_large_files_are_skipped_with_the_limit() {
    let folder = tree(&["ok"]);
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::write(folder.path().join("large"), vec![0; 2048]).unwrap();
    let options = WalkOptions {
        max_file_size: 1024,
        ..WalkOptions::default()
    };
    assert_eq!(found(&folder, &options), ["ok"]);
    let reason = "2 KiB are over the file size limit of 1 KiB";
    let wanted = [pair("empty", "empty file"), pair("large", reason)];
    assert_eq!(skipped(&folder, &options), wanted);
}

#[test]
fn the_stamp_changes_with_the_file() {
    let folder = tree(&["a"]);
    let stamp = || {
        let walked = walked(&[folder.path().to_owned()], &WalkOptions::default());
        walked.candidates[0].stamp
    };
    let before = stamp();
    assert_eq!((before.size, before), (1, stamp()));
    assert!(before.modified_ns > 1_500_000_000_000_000_000);
    fs::write(folder.path().join("a"), "xy").unwrap();
    assert_ne!(before, stamp());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    const LINK: &str = "symbolic link (use --follow-symlinks to follow it)";

    fn following() -> WalkOptions {
        WalkOptions {
            follow_symlinks: true,
            ..WalkOptions::default()
        }
    }

    #[test]
    fn links_are_skipped_unless_they_are_to_be_followed() {
        let (folder, other) = (tree(&["a"]), tree(&["b"]));
        symlink(folder.path().join("a"), folder.path().join("to-a")).unwrap();
        symlink(other.path(), folder.path().join("to-other")).unwrap();
        let plain = WalkOptions::default();
        assert_eq!(found(&folder, &plain), ["a"]);
        assert_eq!(
            skipped(&folder, &plain),
            [pair("to-a", LINK), pair("to-other", LINK)]
        );
        // The link to the same file is not a second file.
        assert_eq!(found(&folder, &following()), ["a", "to-other/b"]);
        assert!(skipped(&folder, &following()).is_empty());
        let roots = [folder.path().join("to-other")];
        assert_eq!(
            walked(&roots, &plain).candidates[0].path,
            roots[0].join("b")
        );
    }

    #[test]
    fn circles_and_broken_links_end_and_are_told_once_each() {
        let folder = tree(&["a/x"]);
        let at = |name: &str| folder.path().join(name);
        symlink(".", at("a/self")).unwrap();
        symlink("..", at("a/up")).unwrap();
        symlink("two", at("one")).unwrap();
        symlink("one", at("two")).unwrap();
        symlink("/no/such/file", at("broken")).unwrap();
        assert_eq!(found(&folder, &following()), ["a/x"]);
        let reasons = skipped(&folder, &following());
        let names: Vec<&str> = reasons.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(names, ["a/self", "a/up", "broken", "one", "two"]);
        assert!(reasons[0].1.starts_with("link back to"), "{}", reasons[0].1);
        assert!(reasons[2].1.contains("/no/such/file"), "{}", reasons[2].1);
        assert_eq!(skipped(&folder, &WalkOptions::default()).len(), 5);
    }

    #[test]
    fn folders_that_link_to_each_other_are_read_once() {
        // Each folder has two links to the next: followed blindly, 2^16 ways to the last file.
        let folder = tree(&[]);
        for level in 0..16 {
            let here = folder.path().join(format!("{level}"));
            fs::create_dir(&here).unwrap();
            fs::write(here.join("x"), "x").unwrap();
            for link in ["l", "r"] {
                symlink(format!("../{}", (level + 1) % 17), here.join(link)).unwrap();
            }
        }
        fs::create_dir(folder.path().join("16")).unwrap();
        assert_eq!(found(&folder, &following()).len(), 16);
    }

    #[test]
    fn sockets_and_devices_are_not_opened() {
        let folder = tree(&["a"]);
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("s")).unwrap();
        symlink("/dev/zero", folder.path().join("zero")).unwrap();
        let wanted = [
            pair("s", "not a file but a socket"),
            pair("zero", "not a file but a device"),
        ];
        assert_eq!(skipped(&folder, &following()), wanted);
        let device = walked(&["/dev/zero".into()], &WalkOptions::default());
        assert_eq!(device.skipped[0].reason, "not a file but a device");
    }

    #[test]
    fn a_name_need_not_be_utf_8_and_may_hold_a_newline() {
        let folder = tree(&["new\nline"]);
        fs::write(folder.path().join(OsStr::from_bytes(b"\xff.jpg")), "x").unwrap();
        let walked = walked(&[folder.path().to_owned()], &WalkOptions::default());
        let last = walked.candidates[1].path.file_name().unwrap();
        assert_eq!(
            (walked.candidates.len(), last.as_bytes()),
            (2, &b"\xff.jpg"[..])
        );
    }

    #[test]
    fn an_unreadable_folder_is_skipped_and_the_walk_goes_on() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tree(&["locked/a", "z"]);
        let locked = folder.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        let readable_anyway = fs::read_dir(&locked).is_ok(); // the superuser may
        let (names, reasons) = (
            found(&folder, &WalkOptions::default()),
            skipped(&folder, &WalkOptions::default()),
        );
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        if readable_anyway {
            assert_eq!(names, ["locked/a", "z"]);
        } else {
            assert_eq!(names, ["z"]);
            assert_eq!(
                reasons,
                [pair("locked", "cannot be read: permission denied")]
            );
        }
    }
}
