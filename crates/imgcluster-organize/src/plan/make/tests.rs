use super::*;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use imgcluster_core::{CancelToken, Quiet};

use crate::plan::{SortAction, SortPlan, ThinPlan};

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn look(&self, names: &[&str]) -> Vec<PlannedFile> {
        let look = |name: &&str| PlannedFile::look(&self.path(name)).unwrap();
        names.iter().map(look).collect()
    }

    fn name(&self, path: &Path) -> String {
        let name = path.strip_prefix(self.0.path()).unwrap();
        name.to_str().unwrap().to_owned()
    }

    fn request(&self, action: SortAction) -> SortRequest {
        SortRequest {
            machine: None,
            roots: vec![self.0.path().to_owned()],
            target: self.path("out"),
            action,
            follow_symlinks: false,
            sidecars: true,
            others: Vec::new(),
        }
    }

    fn sort(&self, action: SortAction, pictures: &[(&str, Option<&str>)]) -> Made<SortPlan> {
        let pictures = pictures.iter().map(|&(name, folder)| {
            let file = self.look(&[name]).remove(0);
            (file, folder.map(Path::new))
        });
        let pictures = pictures.collect();
        plan_sort(self.request(action), pictures, &Job::quiet()).unwrap()
    }

    /// Where each file goes, pictures and sidecars alike.
    fn places(&self, plan: &SortPlan) -> Vec<(String, String)> {
        let of = |placement: &crate::plan::Placement| {
            let own = (placement.file.path.clone(), placement.to.clone());
            let sidecars = placement.sidecars.iter();
            let sidecars = sidecars.map(|(file, to)| (file.path.clone(), to.clone()));
            std::iter::once(own).chain(sidecars).collect::<Vec<_>>()
        };
        let all = plan.files.iter().flat_map(of);
        all.map(|(from, to)| (self.name(&from), to.to_str().unwrap().to_owned()))
            .collect()
    }

    fn thin(
        &self,
        pictures: &[&str],
        groups: &[(usize, &[usize])],
        references: &[&str],
    ) -> Made<ThinPlan> {
        let files = self.look(pictures);
        let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
        let sidecars = Sidecars::scan(&paths, &[]).unwrap();
        let request = ThinRequest {
            machine: Some("here".to_owned()),
            roots: vec![self.0.path().to_owned()],
            references: references.iter().map(|name| self.path(name)).collect(),
        };
        let duplicates = |&(keep, others): &(usize, &[usize])| Duplicates {
            keep,
            reason: "larger".to_owned(),
            others: others.iter().map(|&other| (other, Some(0.5))).collect(),
            worst_similarity: Some(0.5),
        };
        let groups: Vec<Duplicates> = groups.iter().map(duplicates).collect();
        plan_thin(request, &files, &sidecars, &groups, &Job::quiet()).unwrap()
    }

    /// What is kept, and what is removed with what, by group.
    fn removed(&self, plan: &ThinPlan) -> Vec<(String, BTreeMap<String, Vec<String>>)> {
        let names =
            |files: &[PlannedFile]| files.iter().map(|file| self.name(&file.path)).collect();
        let groups = plan.groups.iter().map(|group| {
            let removals = group.remove.iter();
            let removals = removals.map(|it| (self.name(&it.file.path), names(&it.sidecars)));
            (self.name(&group.keep.file.path), removals.collect())
        });
        groups.collect()
    }
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(from, to): &(&str, &str)| (from.to_owned(), to.to_owned());
    list.iter().map(owned).collect()
}

#[test]
fn no_pictures_make_plans_of_nothing() {
    let tree = Tree::new(&[]);
    assert!(tree.sort(SortAction::Copy, &[]).plan.files.is_empty());
    assert!(tree.thin(&[], &[], &[]).plan.groups.is_empty());
}

#[test]
fn equal_names_of_two_folders_both_get_a_place_with_what_belongs_to_them() {
    let tree = Tree::new(&["a/x.jpg", "b/x.jpg", "b/x.xmp", "b/x.jpg.json", "a/y.jpg"]);
    let pictures = [
        ("a/x.jpg", Some("cluster_0")),
        ("a/y.jpg", None),
        ("b/x.jpg", Some("cluster_0")),
    ];
    let made = tree.sort(SortAction::Move, &pictures);
    let expected = [
        ("a/x.jpg", "cluster_0/x.jpg"),
        ("b/x.jpg", "cluster_0/x~2.jpg"),
        ("b/x.jpg.json", "cluster_0/x~2.jpg.json"),
        ("b/x.xmp", "cluster_0/x~2.xmp"),
    ];
    assert_eq!(tree.places(&made.plan), pairs(&expected));
    assert!(made.left_out.is_empty());
    let sidecar = &made.plan.files[1].sidecars[1].0;
    assert_eq!(sidecar.content.0, *blake3::hash(b"b/x.xmp").as_bytes());
}

#[test]
fn without_sidecars_only_pictures_go() {
    let tree = Tree::new(&["x.jpg", "x.xmp"]);
    let request = SortRequest {
        sidecars: false,
        ..tree.request(SortAction::Copy)
    };
    let pictures = vec![(tree.look(&["x.jpg"]).remove(0), Some(Path::new("c")))];
    let made = plan_sort(request, pictures, &Job::quiet()).unwrap();
    assert_eq!(tree.places(&made.plan), pairs(&[("x.jpg", "c/x.jpg")]));
}

#[test]
fn pictures_that_share_a_sidecar_get_one_number() {
    let tree = Tree::new(&["a/x.jpg", "b/x.jpg", "b/x.png", "b/x.xmp"]);
    let pictures = [
        ("a/x.jpg", Some("c")),
        ("b/x.jpg", Some("c")),
        ("b/x.png", Some("c")),
    ];
    for action in [SortAction::Move, SortAction::Copy] {
        let expected = [
            ("a/x.jpg", "c/x.jpg"),
            ("b/x.jpg", "c/x~2.jpg"),
            ("b/x.xmp", "c/x~2.xmp"),
            ("b/x.png", "c/x~2.png"),
        ];
        assert_eq!(
            tree.places(&tree.sort(action, &pictures).plan),
            pairs(&expected)
        );
    }
}

#[test]
fn a_shared_sidecar_is_copied_with_each_and_moved_with_none_of_those_that_part() {
    let tree = Tree::new(&["x.jpg", "x.png", "x.xmp"]);
    let pictures = [("x.jpg", Some("c")), ("x.png", Some("d"))];
    let copied = [
        ("x.jpg", "c/x.jpg"),
        ("x.xmp", "c/x.xmp"),
        ("x.png", "d/x.png"),
        ("x.xmp", "d/x.xmp"),
    ];
    assert_eq!(
        tree.places(&tree.sort(SortAction::Hardlink, &pictures).plan),
        pairs(&copied)
    );
    let moved = [("x.jpg", "c/x.jpg"), ("x.png", "d/x.png")];
    assert_eq!(
        tree.places(&tree.sort(SortAction::Move, &pictures).plan),
        pairs(&moved)
    );
}

#[test]
fn a_raw_file_that_is_a_picture_goes_where_its_photo_goes() {
    let tree = Tree::new(&["x.NEF", "x.jpg", "y.NEF"]);
    let pictures = [
        ("x.NEF", Some("d")),
        ("x.jpg", Some("c")),
        ("y.NEF", Some("d")),
    ];
    for action in [SortAction::Move, SortAction::Symlink] {
        let expected = [
            ("x.jpg", "c/x.jpg"),
            ("x.NEF", "c/x.NEF"),
            ("y.NEF", "d/y.NEF"),
        ];
        assert_eq!(
            tree.places(&tree.sort(action, &pictures).plan),
            pairs(&expected)
        );
    }
}

#[test]
fn every_picture_gets_a_place_of_its_own_in_every_mode() {
    let names: Vec<String> = (0..60)
        .flat_map(|at| {
            let (folder, name) = (at % 7, at % 3);
            [
                format!("{folder}/{at}/x{name}.jpg"),
                format!("{folder}/{at}/x{name}.png"),
            ]
        })
        .collect();
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let tree = Tree::new(&list);
    for (at, name) in list.iter().enumerate().filter(|(at, _)| at % 3 == 0) {
        fs::write(tree.path(name).with_extension("xmp"), at.to_string()).unwrap();
    }
    let pictures: Vec<(&str, Option<&str>)> = list
        .iter()
        .enumerate()
        .map(|(at, name)| (*name, Some(["c", "d"][at % 5 % 2])))
        .collect();
    for action in [
        SortAction::Copy,
        SortAction::Move,
        SortAction::Hardlink,
        SortAction::Symlink,
    ] {
        let plan = tree.sort(action, &pictures).plan;
        assert_eq!(plan.files.len(), list.len());
        let places: BTreeSet<String> = tree.places(&plan).into_iter().map(|(_, to)| to).collect();
        assert_eq!(places.len(), tree.places(&plan).len());
    }
}

#[test]
fn a_picture_whose_sidecar_cannot_be_read_stays() {
    let tree = Tree::new(&["x.jpg", "x.png", "x.xmp", "y.jpg"]);
    let files = tree.look(&["x.jpg", "x.png", "y.jpg"]);
    let paths: Vec<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let sidecars = Sidecars::scan(&paths, &[]).unwrap();
    let travel = sidecars.travel(&[Some(0), Some(0), Some(0)], crate::sidecars::Leaving::Gone);
    // Permissions do not stop everybody; a folder in its place does.
    fs::remove_file(tree.path("x.xmp")).unwrap();
    fs::create_dir(tree.path("x.xmp")).unwrap();
    let seen = look(&sidecars, &travel, &files, &Job::quiet()).unwrap();
    assert_eq!(stuck(&travel, &seen, 3), [Some(0), Some(0), None]);
    let left = left_out(&files[1], sidecars.path(0), seen[0].as_ref());
    assert_eq!(tree.name(&left.picture), "x.png");
    assert!(left.to_string().contains("x.xmp"), "{left}");
    fs::remove_dir(tree.path("x.xmp")).unwrap();
    let seen = look(&sidecars, &travel, &files, &Job::quiet()).unwrap();
    assert_eq!(stuck(&travel, &seen, 3), [None, None, None]);
}

#[test]
fn the_others_of_a_group_go_with_what_belongs_to_them() {
    let tree = Tree::new(&[
        "a/x.jpg", "a/x.xmp", "b/x.jpg", "b/x.CR2", "b/x.xmp", "c.jpg",
    ]);
    let made = tree.thin(&["a/x.jpg", "b/x.jpg", "c.jpg"], &[(0, &[1, 2])], &[]);
    let expected = BTreeMap::from([
        (
            "b/x.jpg".to_owned(),
            vec!["b/x.CR2".to_owned(), "b/x.xmp".to_owned()],
        ),
        ("c.jpg".to_owned(), vec![]),
    ]);
    assert_eq!(tree.removed(&made.plan), [("a/x.jpg".to_owned(), expected)]);
    assert_eq!(made.plan.machine.as_deref(), Some("here"));
    assert_eq!(made.plan.groups[0].remove[0].similarity, Some(0.5));
}

#[test]
fn nothing_in_a_reference_folder_is_removed() {
    let tree = Tree::new(&["ref/a.jpg", "ref/b.jpg", "ref/b.xmp", "c.jpg", "d.jpg"]);
    let pictures = ["ref/a.jpg", "ref/b.jpg", "c.jpg", "d.jpg"];
    let made = tree.thin(&pictures, &[(0, &[1, 2])], &["ref"]);
    let expected = BTreeMap::from([("c.jpg".to_owned(), vec![])]);
    assert_eq!(
        tree.removed(&made.plan),
        [("ref/a.jpg".to_owned(), expected)]
    );
    assert!(
        tree.thin(&pictures, &[(0, &[1])], &["ref"])
            .plan
            .groups
            .is_empty()
    );
}

#[test]
fn a_sidecar_of_a_picture_that_stays_or_goes_in_another_group_stays() {
    let tree = Tree::new(&["a.jpg", "b.jpg", "x.jpg", "x.png", "x.xmp"]);
    let pictures = ["a.jpg", "b.jpg", "x.jpg", "x.png"];
    for groups in [&[(0, &[2_usize][..])][..], &[(0, &[2]), (1, &[3])]] {
        let made = tree.thin(&pictures, groups, &[]);
        let sidecars = made.plan.groups.iter().flat_map(|group| &group.remove);
        assert_eq!(
            sidecars
                .map(|removal| removal.sidecars.len())
                .sum::<usize>(),
            0
        );
    }
    let made = tree.thin(&pictures, &[(0, &[2, 3])], &[]);
    assert_eq!(tree.removed(&made.plan)[0].1["x.jpg"], ["x.xmp"]);
}

#[test]
fn a_raw_file_is_no_duplicate_of_its_own_photo() {
    let tree = Tree::new(&["a.jpg", "x.NEF", "x.jpg"]);
    let pictures = ["a.jpg", "x.NEF", "x.jpg"];
    assert!(
        tree.thin(&pictures, &[(2, &[1])], &[])
            .plan
            .groups
            .is_empty()
    );
    let made = tree.thin(&pictures, &[(0, &[1, 2])], &[]);
    let expected = BTreeMap::from([("x.jpg".to_owned(), vec!["x.NEF".to_owned()])]);
    assert_eq!(tree.removed(&made.plan)[0].1, expected);
    // Kept, it does not go with its photo.
    let made = tree.thin(&pictures, &[(1, &[2])], &[]);
    let expected = BTreeMap::from([("x.jpg".to_owned(), vec![])]);
    assert_eq!(tree.removed(&made.plan)[0].1, expected);
}

#[test]
fn a_plan_that_would_be_refused_is_not_made() {
    let tree = Tree::new(&["a/x.jpg", "b/y.jpg"]);
    let files = tree.look(&["a/x.jpg", "b/y.jpg"]);
    let request = ThinRequest {
        roots: vec![tree.path("a")],
        ..ThinRequest::default()
    };
    let group = Duplicates {
        keep: 0,
        reason: String::new(),
        others: vec![(1, None)],
        worst_similarity: None,
    };
    let made = plan_thin(request, &files, &Sidecars::none(2), &[group], &Job::quiet());
    assert!(matches!(made, Err(MakeError::Invalid(_))));
    let request = tree.request(SortAction::Copy);
    let pictures = files
        .into_iter()
        .map(|file| (file, Some(Path::new("../c"))));
    let made = plan_sort(request, pictures.collect(), &Job::quiet());
    assert!(matches!(made, Err(MakeError::Invalid(_))));
}

#[test]
fn making_a_plan_can_be_stopped() {
    let tree = Tree::new(&["x.jpg", "x.xmp"]);
    let cancel = CancelToken::default();
    cancel.cancel();
    let job = Job::new(&Quiet, cancel, std::num::NonZeroUsize::MIN);
    let pictures = vec![(tree.look(&["x.jpg"]).remove(0), Some(Path::new("c")))];
    let made = plan_sort(tree.request(SortAction::Copy), pictures, &job);
    assert!(matches!(made, Err(MakeError::Cancelled(_))));
}
