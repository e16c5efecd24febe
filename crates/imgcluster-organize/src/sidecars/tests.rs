use super::*;

use std::fs;

fn tree(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    folder
}

struct Found {
    sidecars: Sidecars,
    folder: tempfile::TempDir,
}

impl Found {
    fn new(pictures: &[&str], others: &[&str], rest: &[&str]) -> Self {
        let folder = tree(&[pictures, others, rest].concat());
        let path = |name: &&str| folder.path().join(name);
        let all: Vec<PathBuf> = pictures.iter().map(path).collect();
        let others: Vec<PathBuf> = others.iter().map(path).collect();
        let sidecars = Sidecars::scan(&all, &others).unwrap();
        Self { sidecars, folder }
    }

    fn name(&self, path: &Path) -> String {
        let name = path.strip_prefix(self.folder.path()).unwrap();
        name.to_str().unwrap().to_owned()
    }

    fn of(&self, picture: usize) -> Vec<String> {
        self.sidecars
            .of(picture)
            .map(|path| self.name(path))
            .collect()
    }

    fn with(&self, parts: &[Option<u32>], leaving: Leaving) -> Vec<Vec<String>> {
        let travel = self.sidecars.travel(parts, leaving);
        let all = 0..parts.len();
        all.map(|at| travel.with(at).map(|file| self.name(file.path)).collect())
            .collect()
    }
}

/// What belongs to the only picture, `x.jpg`.
fn beside_x(rest: &[&str]) -> Vec<String> {
    Found::new(&["x.jpg"], &[], rest).of(0)
}

#[test]
fn no_pictures_have_no_sidecars() {
    let none = Sidecars::scan(&[] as &[PathBuf], &[]).unwrap();
    assert!(none.is_empty());
    assert_eq!(Sidecars::none(3).len(), 3);
    assert!(beside_x(&[]).is_empty());
}

#[test]
fn what_has_the_stem_belongs_to_the_picture() {
    let mut whole = vec![
        "X.AAE",
        "x.CR2",
        "x.MOV",
        "x.json",
        "x.jpg.json",
        "x.jpg.pp3",
        "x.jpg.supplemental-metadata.json",
        "x.txt",
        "x.xmp",
        "x.CR2.xmp",
    ];
    whole.sort_unstable();
    assert_eq!(beside_x(&whole), whole);
    let others = [
        "x.npz",
        "x",
        "x.",
        "xy.xmp",
        "y.mov",
        "y.CR2",
        "x.png.xmp",
        ".x.xmp",
        "deep/x.xmp",
        "x.jpg.npz",
    ];
    assert!(beside_x(&others).is_empty());
}

#[test]
fn only_files_belong_to_a_picture() {
    let folder = tree(&["x.jpg", "elsewhere/y.xmp"]);
    fs::create_dir(folder.path().join("x.json")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("elsewhere/y.xmp", folder.path().join("x.xmp")).unwrap();
    let found = Sidecars::scan(&[folder.path().join("x.jpg")], &[]).unwrap();
    assert_eq!(found.of(0).count(), 0);
}

#[test]
fn a_whole_name_tells_which_of_two_pictures_is_meant() {
    let found = Found::new(
        &["x.jpg", "x.png"],
        &[],
        &["x.jpg.xmp", "x.png.xmp", "x.xmp"],
    );
    assert_eq!(found.of(0), ["x.jpg.xmp", "x.xmp"]);
    assert_eq!(found.of(1), ["x.png.xmp", "x.xmp"]);
}

#[test]
fn exact_letters_go_before_small_and_large_ones() {
    let found = Found::new(
        &["X.jpg", "x.jpg"],
        &[],
        &["X.jpg.xmp", "X.xmp", "x.jpg.json", "x.txt"],
    );
    assert_eq!(found.of(0), ["X.jpg.xmp", "X.xmp"]);
    assert_eq!(found.of(1), ["x.jpg.json", "x.txt"]);
    assert_eq!(
        Found::new(&["X.JPG"], &[], &["x.jpg.xmp", "x.txt"]).of(0),
        ["x.jpg.xmp", "x.txt"]
    );
}

#[test]
fn a_raw_file_belongs_to_the_picture_of_its_stem_even_if_it_is_one_itself() {
    let found = Found::new(&["x.CR2", "x.jpg", "y.CR2"], &[], &["x.xmp", "y.xmp"]);
    assert_eq!(found.of(1), ["x.CR2", "x.xmp"]);
    assert_eq!(found.of(2), ["y.xmp"]);
    assert!(found.of(0).is_empty());
    let belongs: Vec<bool> = (0..3).map(|at| found.sidecars.belongs(at)).collect();
    assert_eq!(belongs, [true, false, false]);
    assert_eq!(found.sidecars.companions(1), 1);
    assert_eq!(found.sidecars.companions(2), 0);
}

#[test]
fn a_picture_with_the_name_of_a_note_is_no_sidecar() {
    let found = Found::new(&["x.jpg", "x.txt"], &[], &[]);
    assert!(found.of(0).is_empty() && found.of(1).is_empty());
}

#[test]
fn a_sidecar_that_was_skipped_as_a_picture_is_still_a_sidecar() {
    let found = Found::new(&["x.jpg"], &["x.CR2", "x.xmp"], &[]);
    assert_eq!(found.of(0), ["x.CR2", "x.xmp"]);
    assert!(!found.sidecars.belongs(0));
}

#[test]
fn a_shared_sidecar_goes_only_with_all_of_its_pictures() {
    let found = Found::new(&["x.jpg", "x.png"], &[], &["x.xmp", "x.png.xmp"]);
    let [none, both] = [Vec::<String>::new(), vec!["x.xmp".to_owned()]];
    let own = vec!["x.png.xmp".to_owned()];
    let gone = |parts: [Option<u32>; 2]| found.with(&parts, Leaving::Gone);
    assert_eq!(gone([None, None]), [none.clone(), none.clone()]);
    assert_eq!(gone([Some(0), None]), [none.clone(), none.clone()]);
    assert_eq!(gone([Some(0), Some(1)]), [none, own.clone()]);
    assert_eq!(gone([Some(1), Some(1)]), [both.clone(), own.clone()]);
    let doubled = |parts: [Option<u32>; 2]| found.with(&parts, Leaving::Doubled);
    assert_eq!(doubled([Some(0), None]), [both.clone(), vec![]]);
    let each = vec!["x.png.xmp".to_owned(), "x.xmp".to_owned()];
    assert_eq!(doubled([None, Some(0)]), [vec![], each.clone()]);
    assert_eq!(doubled([Some(0), Some(1)]), [both.clone(), each]);
    assert_eq!(doubled([Some(1), Some(1)]), [both, own]);
}

#[test]
fn what_an_unreadable_picture_shares_stays_with_it() {
    let found = Found::new(&["x.jpg"], &["x.png"], &["x.xmp", "x.jpg.xmp"]);
    let gone = found.with(&[Some(0)], Leaving::Gone);
    assert_eq!(gone, [["x.jpg.xmp"]]);
}

#[test]
fn a_file_of_the_stem_that_is_no_picture_takes_nothing_from_one() {
    let others = ["x.npz", "x.log", "x.pdf", "x", "x.docx"];
    let found = Found::new(&["x.jpg"], &others, &["x.txt", "x.xmp"]);
    let gone = found.with(&[Some(0)], Leaving::Gone);
    assert_eq!(gone, [["x.txt", "x.xmp"]]);
}

#[test]
fn pictures_that_share_a_sidecar_and_a_place_are_a_family() {
    let found = Found::new(&["y.jpg", "x.jpg", "x.png", "x.webp"], &[], &["x.xmp"]);
    let parts = [Some(0), Some(0), Some(0), Some(1)];
    let travel = found.sidecars.travel(&parts, Leaving::Doubled);
    let families: Vec<usize> = (0..4).map(|at| travel.family(at)).collect();
    assert_eq!(families, [0, 1, 1, 3]);
}

#[test]
fn a_folder_that_is_gone_has_nothing_and_one_that_is_a_file_is_an_error() {
    let folder = tree(&["file"]);
    let gone = folder.path().join("gone/x.jpg");
    assert_eq!(Sidecars::scan(&[gone], &[]).unwrap().of(0).count(), 0);
    let error = Sidecars::scan(&[folder.path().join("file/x.jpg")], &[]).unwrap_err();
    assert_eq!(error.folder, folder.path().join("file"));
}
