use super::*;
use crate::sample_outcome::{Made, made, trials};
use imgcluster_core::{CancelToken, Reporter};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// A folder with pictures that the made-up outcome names.
fn with_pictures(count: usize) -> (tempfile::TempDir, Made) {
    let home = tempfile::tempdir().unwrap();
    let mut made = made(count, 3);
    for (row, image) in made.images.iter_mut().enumerate() {
        image.path = home.path().join(format!("in/{row}.jpg"));
        fs::create_dir_all(image.path.parent().unwrap()).unwrap();
        fs::write(&image.path, format!("picture {row}")).unwrap();
    }
    (home, made)
}

fn write(made: &Made, path: &Path, overwrite: bool) -> Result<PathBuf, VizError> {
    let folder = ResultsFolder::prepare(path, overwrite)?;
    let outcome = made.outcome();
    write_results(&outcome, folder, &ResultsOptions::default(), &Job::quiet())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

/// Keeps the warnings.
struct Heard(Mutex<Vec<String>>);

impl Reporter for Heard {
    fn report(&self, event: &imgcluster_core::Event<'_>) {
        if let imgcluster_core::Event::Warning { message } = event {
            self.0.lock().unwrap().push((*message).to_owned());
        }
    }
}

#[test]
fn a_run_of_no_image_or_one_or_two_writes_every_file() {
    for count in 0..3 {
        let (home, made) = with_pictures(count);
        let path = write(&made, &home.path().join("out"), false).unwrap();
        let names = names(&path);
        for name in [
            "clusters.json",
            "clusters.csv",
            "report.html",
            "run.json",
            "skipped.csv",
            "embeddings.npy",
            "cluster_labels.npy",
            "paths.txt",
            "cluster_info.json",
            "clustering_summary.txt",
            "cluster_visualization.png",
            "cluster_visualization.svg",
        ] {
            assert!(names.iter().any(|other| other == name), "{count}: {name}");
        }
    }
}

#[test]
fn run_json_lists_every_file_that_was_written() {
    let (home, made) = with_pictures(30);
    let path = write(&made, &home.path().join("deep/er/out"), false).unwrap();
    let run: imgcluster_core::RunRecord =
        serde_json::from_slice(&fs::read(path.join("run.json")).unwrap()).unwrap();
    assert!(run.files.iter().all(|name| path.join(name).is_file()));
    assert!(run.files.contains(&"run.json".to_owned()));
    let first = made.summaries[0].samples[0];
    let sample = format!("samples/cluster_0/sample_1_{first}.jpg");
    assert!(run.files.contains(&sample), "{:?}", run.files);
    let copied = fs::read_to_string(path.join(sample)).unwrap();
    assert_eq!(copied, format!("picture {first}"));
    // What is listed is all there is: a replacement is therefore allowed.
    write(&made, &path, true).unwrap();
    assert_eq!(names(path.parent().unwrap()), ["out"]);
}

#[test]
fn results_are_replaced_only_when_asked_and_never_with_a_foreign_file_among_them() {
    let (home, made) = with_pictures(10);
    let path = write(&made, &home.path().join("out"), false).unwrap();
    assert!(matches!(
        write(&made, &path, false),
        Err(VizError::Exists(_))
    ));
    let note = path.join("samples/my notes.txt");
    fs::write(&note, "mine").unwrap();
    let error = write(&made, &path, true).unwrap_err();
    assert!(
        matches!(&error, VizError::Kept { file, .. } if *file == note),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&note).unwrap(), "mine");
    assert_eq!(names(home.path()), ["in", "out"]);
}

#[test]
fn files_that_are_known_go_with_the_results_and_others_do_not() {
    let (home, made) = with_pictures(4);
    let path = write(&made, &home.path().join("out"), false).unwrap();
    fs::create_dir(path.join("cluster_0")).unwrap();
    fs::write(path.join("cluster_0/0.jpg"), "a copy").unwrap();
    let known = std::collections::BTreeSet::from([PathBuf::from("cluster_0/0.jpg")]);
    assert!(ResultsFolder::prepare(&path, true).is_err());
    fs::write(path.join("cluster_0/1.jpg"), "somebody's").unwrap();
    assert!(ResultsFolder::prepare_knowing(&path, true, known.clone()).is_err());
    fs::remove_file(path.join("cluster_0/1.jpg")).unwrap();
    let folder = ResultsFolder::prepare_knowing(&path, true, known).unwrap();
    let options = ResultsOptions::default();
    write_results(&made.outcome(), folder, &options, &Job::quiet()).unwrap();
    assert!(!path.join("cluster_0").exists());
}

#[test]
fn a_foreign_file_that_comes_while_results_are_written_is_kept() {
    let (home, made) = with_pictures(10);
    let path = write(&made, &home.path().join("out"), false).unwrap();
    let folder = ResultsFolder::prepare(&path, true).unwrap();
    fs::write(path.join("late.txt"), "mine").unwrap();
    let outcome = made.outcome();
    let job = Job::quiet();
    let error = write_results(&outcome, folder, &ResultsOptions::default(), &job).unwrap_err();
    assert!(matches!(error, VizError::Kept { .. }), "{error}");
    assert!(path.join("late.txt").exists() && path.join("clusters.json").exists());
    assert_eq!(names(home.path()), ["in", "out"]);
}

#[test]
fn a_folder_of_somebody_else_is_refused_and_an_empty_one_taken() {
    let (home, made) = with_pictures(3);
    let path = home.path().join("out");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("letter.txt"), "dear").unwrap();
    for record in ["", "{}", r#"{"tool":"other"}"#, "not json"] {
        fs::write(path.join("run.json"), record).unwrap();
        let error = write(&made, &path, true).unwrap_err();
        assert!(matches!(error, VizError::Foreign(_)), "{record}: {error}");
    }
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(
        write(&made, &empty, false)
            .unwrap()
            .join("run.json")
            .exists()
    );
}

#[test]
fn a_file_or_a_path_through_a_file_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below"), file.join("far/below")] {
        let error = ResultsFolder::prepare(&path, true).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("file` exists and is not a folder"),
            "{error}"
        );
    }
}

#[test]
fn a_list_that_leads_out_of_the_folder_removes_nothing_there() {
    let (home, made) = with_pictures(3);
    let outside = home.path().join("precious.txt");
    fs::write(&outside, "x").unwrap();
    let path = home.path().join("out");
    fs::create_dir(&path).unwrap();
    let record = r#"{"tool":"imgcluster","files":["../precious.txt","run.json"]}"#;
    fs::write(path.join("run.json"), record).unwrap();
    write(&made, &path, true).unwrap();
    assert!(outside.exists());
}

#[cfg(unix)]
#[test]
fn a_linked_output_folder_stays_a_link() {
    let (home, made) = with_pictures(3);
    let (real, link) = (home.path().join("real"), home.path().join("link"));
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    write(&made, &link, false).unwrap();
    write(&made, &link, true).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(real.join("run.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_old_results_and_no_litter() {
    let (home, made) = with_pictures(3);
    let path = write(&made, &home.path().join("out"), false).unwrap();
    let before = fs::read(path.join("run.json")).unwrap();
    let mut folder = ResultsFolder::prepare(&path, true).unwrap();
    let error = folder
        .write("clusters.json", |_| {
            let mut full = fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap();
            crate::write_clusters_json(&made.outcome(), &mut full)
        })
        .unwrap_err();
    assert!(error.to_string().contains("out/clusters.json`"), "{error}");
    drop(folder);
    assert_eq!(fs::read(path.join("run.json")).unwrap(), before);
    assert_eq!(names(home.path()), ["in", "out"]);
}

#[test]
fn a_cancelled_run_leaves_nothing() {
    let (home, made) = with_pictures(3);
    let token = CancelToken::default();
    let job = Job::new(
        &imgcluster_core::Quiet,
        token.clone(),
        std::num::NonZeroUsize::MIN,
    );
    let folder = ResultsFolder::prepare(&home.path().join("out"), false).unwrap();
    token.cancel();
    let outcome = made.outcome();
    let error = write_results(&outcome, folder, &ResultsOptions::default(), &job).unwrap_err();
    assert!(matches!(error, VizError::Cancelled(_)));
    assert_eq!(names(home.path()), ["in"]);
}

#[test]
fn samples_that_vanished_are_warned_of_and_keep_their_number() {
    let (home, made) = with_pictures(30);
    let [gone, next] = [0, 1].map(|at| made.summaries[0].samples[at]);
    fs::remove_file(&made.images[gone as usize].path).unwrap();
    let heard = Heard(Mutex::default());
    let job = Job::new(&heard, CancelToken::default(), std::num::NonZeroUsize::MIN);
    let folder = ResultsFolder::prepare(&home.path().join("out"), false).unwrap();
    let outcome = made.outcome();
    let path = write_results(&outcome, folder, &ResultsOptions::default(), &job).unwrap();
    let copied = names(&path.join("samples/cluster_0"));
    assert_eq!(copied[0], format!("sample_2_{next}.jpg"));
    let heard = heard.0.into_inner().unwrap();
    assert!(
        heard.len() == 1 && heard[0].contains(&format!("{gone}.jpg")),
        "{heard:?}"
    );
    let info = fs::read(path.join("cluster_info.json")).unwrap();
    let info: serde_json::Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(
        info["cluster_0"]["samples"].as_array().unwrap().len(),
        copied.len()
    );
}

#[test]
fn an_empty_folder_is_filled_from_within_and_never_replaced() {
    let (home, made) = with_pictures(10);
    let path = home.path().join("out");
    fs::create_dir(&path).unwrap();
    // An open handle follows a folder that is renamed away or removed; Unix tells them by inode.
    #[cfg(unix)]
    let before = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap());
    let mut folder = ResultsFolder::prepare(&path, false).unwrap();
    folder
        .write("clusters.csv", |file| {
            crate::write_clusters_csv(&made.outcome(), file)
        })
        .unwrap();
    assert_eq!(names(home.path()), ["in", "out"]);
    let staging = format!(".partial-{}", std::process::id());
    assert_eq!(names(&path), [staging]);
    folder.finish(&made.run, &Job::quiet()).unwrap();
    assert_eq!(names(&path), ["clusters.csv", "run.json"]);
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap()),
        before
    );
    // From now on they are old results like any other.
    write(&made, &path, true).unwrap();
    assert_eq!(names(home.path()), ["in", "out"]);
}

#[test]
fn a_run_that_fails_leaves_an_empty_folder_empty() {
    let (home, made) = with_pictures(3);
    let path = home.path().join("out");
    fs::create_dir(&path).unwrap();
    let mut folder = ResultsFolder::prepare(&path, false).unwrap();
    assert!(names(&path).is_empty());
    folder.write("some/file.txt", |_| Ok(())).unwrap();
    drop(folder);
    assert!(names(&path).is_empty());
    let folder = ResultsFolder::prepare(&path, false).unwrap();
    fs::write(path.join("late.txt"), "mine").unwrap();
    let error = folder.finish(&made.run, &Job::quiet()).unwrap_err();
    assert!(matches!(error, VizError::Foreign(_)), "{error}");
    assert_eq!(names(&path), ["late.txt"]);
}

#[test]
fn what_a_killed_run_left_in_an_empty_folder_is_told_and_left() {
    let (home, made) = with_pictures(3);
    let path = home.path().join("out");
    let left = path.join(".partial-1");
    fs::create_dir_all(&left).unwrap();
    let heard = Heard(Mutex::default());
    let job = Job::new(&heard, CancelToken::default(), std::num::NonZeroUsize::MIN);
    let folder = ResultsFolder::prepare(&path, false).unwrap();
    folder.finish(&made.run, &job).unwrap();
    assert_eq!(names(&path), [".partial-1", "run.json"]);
    let heard = heard.0.into_inner().unwrap();
    assert!(
        heard.len() == 1 && heard[0].contains(".partial-1"),
        "{heard:?}"
    );
}

#[cfg(unix)]
#[test]
fn an_empty_folder_in_a_read_only_one_takes_results() {
    use std::os::unix::fs::PermissionsExt;
    let (home, made) = with_pictures(3);
    let parent = home.path().join("closed");
    fs::create_dir_all(parent.join("out")).unwrap();
    let allow = |mode| fs::set_permissions(&parent, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    if fs::create_dir(parent.join("probe")).is_ok() {
        crate::quality::say("skipped: this user may write to read-only folders");
        return;
    }
    let written = write(&made, &parent.join("out"), false);
    allow(0o755);
    assert!(written.unwrap().join("run.json").exists());
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_that_is_not_there_yet_makes_it() {
    let (home, made) = with_pictures(3);
    let link = home.path().join("link");
    std::os::unix::fs::symlink("deep/real", &link).unwrap();
    write(&made, &link, false).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(home.path().join("deep/real/run.json").exists());
}

#[test]
fn a_path_through_a_parent_folder_makes_nothing_on_its_way() {
    let (home, made) = with_pictures(3);
    fs::create_dir(home.path().join("plain")).unwrap();
    let path = home.path().join("plain").join("..").join("new");
    let written = write(&made, &path, false).unwrap();
    assert!(written.ends_with("new") && home.path().join("new/run.json").exists());
    let path = home.path().join("missing").join("..").join("other");
    // Where `..` is a matter of spelling alone, as on Windows, the path is a good one.
    let prepared = ResultsFolder::prepare(&path, false);
    assert_eq!(prepared.is_ok(), cfg!(windows));
    drop(prepared);
    assert_eq!(names(home.path()), ["in", "new", "plain"]);
}

#[test]
fn what_an_automatic_choice_tried_is_a_file_only_where_there_was_one() {
    let (home, mut made) = with_pictures(3);
    let path = write(&made, &home.path().join("plain"), false).unwrap();
    assert!(!path.join("selection.csv").exists());
    made.trials = trials();
    let path = write(&made, &home.path().join("auto"), false).unwrap();
    let table = fs::read_to_string(path.join("selection.csv")).unwrap();
    assert_eq!(table.lines().count(), 3);
    let record = fs::read_to_string(path.join("run.json")).unwrap();
    assert!(
        record.contains("\"selection.csv\""),
        "so that it can be replaced"
    );
}
