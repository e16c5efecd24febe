use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

#[test]
fn plans_of_nothing_come_back() {
    for plan in [Plan::Thin(thin(vec![])), Plan::Sort(sort(vec![]))] {
        assert_eq!(read(&written(&plan)).unwrap(), plan);
    }
}

#[test]
fn a_plan_with_only_the_fields_of_the_contract_is_read() {
    let hash = "07".repeat(32);
    let text = format!(
        r#"{{"version":1,"roots":["/p/"],"groups":[{{"keep":{{"path":"/p/a","hash":"{hash}","reason":"larger"}},
        "remove":[{{"path":"/p/b","hash":"{hash}","similarity":0.5}}],"worst_similarity":0.5}}]}}"#
    );
    let mut expected = thin(vec![group("/p/a", vec![removal("/p/b", &[])])]);
    expected.references.clear();
    expected.groups[0].worst_similarity = Some(0.5);
    expected.groups[0].remove[0].similarity = Some(0.5);
    assert_eq!(read(&text).unwrap(), Plan::Thin(expected));
}

#[test]
fn the_hash_is_that_of_the_bytes_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    let text = written(&Plan::Thin(thin(vec![])));
    std::fs::write(&path, &text).unwrap();
    let (_, hash) = Plan::read(&path).unwrap();
    assert_eq!(hash.0, *blake3::hash(text.as_bytes()).as_bytes());
}

#[test]
fn each_file_has_a_line_of_its_own() {
    let groups = vec![
        group(
            "/p/a",
            vec![removal("/p/b", &["/p/b.xmp"]), removal("/p/c", &[])],
        ),
        group("/p/d", vec![removal("/p/e", &[])]),
    ];
    let text = written(&Plan::Thin(thin(groups)));
    for path in ["/p/a", "/p/b", "/p/c", "/p/d", "/p/e"] {
        let quoted = format!("\"{path}\"");
        let lines = text.lines().filter(|line| line.contains(&quoted));
        assert_eq!(lines.count(), 1, "{path} in\n{text}");
    }
    assert!(
        text.lines()
            .all(|line| line.matches("\"hash\"").count() <= 2)
    );
}

#[cfg(unix)]
#[test]
fn paths_that_are_no_text_come_back_byte_by_byte() {
    use std::os::unix::ffi::OsStringExt;
    let odd = |path: &[u8]| PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()));
    let mut plan = sort(vec![placement("/p/x", "x", &[("/p/y", "y")])]);
    plan.roots.push(odd(b"/caf\xe9"));
    plan.target = odd(b"/out\xff");
    plan.files[0].file.path = odd(b"/caf\xe9/x");
    plan.files[0].to = odd(b"c/\xe9");
    plan.files[0].sidecars[0].1 = odd(b"c/\xe9.xmp");
    let text = written(&Plan::Sort(plan.clone()));
    assert!(text.contains("/caf\u{fffd}/x"), "{text}");
    assert_eq!(read(&text).unwrap(), Plan::Sort(plan));
    let mut plan = thin(vec![group("/p/a", vec![removal("/p/b", &[])])]);
    plan.references.push(odd(b"/r\xe9"));
    plan.groups[0].keep.file.path = odd(b"/r\xe9/k");
    assert_eq!(
        read(&written(&Plan::Thin(plan.clone()))).unwrap(),
        Plan::Thin(plan)
    );
}

fn any_name() -> impl Strategy<Value = String> {
    // Quotes, control characters and what JSON escapes are names like any other.
    "[a-zA-Z0-9é\"\\\\\n\u{1}\u{2028} ~-]{1,12}"
}

fn any_file() -> impl Strategy<Value = PlannedFile> {
    let times = (
        any::<[u8; 32]>(),
        any::<Option<u64>>(),
        any::<Option<i64>>(),
    );
    (any_name(), times).prop_map(|(name, (hash, size, modified_ns))| PlannedFile {
        path: format!("/p/{name}").into(),
        content: ContentHash(hash),
        size,
        modified_ns,
    })
}

fn similarity() -> impl Strategy<Value = Option<f32>> {
    proptest::option::of(-1.0_f32..=1.0)
}

fn any_thin() -> impl Strategy<Value = ThinPlan> {
    let removal = (
        any_file(),
        similarity(),
        proptest::collection::vec(any_file(), 0..3),
    );
    let removal = removal.prop_map(|(file, similarity, sidecars)| Removal {
        file,
        similarity,
        sidecars,
    });
    let removals = proptest::collection::vec(removal, 1..4);
    let group = (any_file(), any_name(), removals, similarity());
    let group = group.prop_map(|(file, reason, remove, worst_similarity)| Group {
        keep: Survivor { file, reason },
        remove,
        worst_similarity,
    });
    let sets = proptest::collection::vec(proptest::collection::vec(any_file(), 1..3), 0..3);
    let groups = proptest::collection::vec(group, 0..4);
    (groups, sets, proptest::option::of(any_name())).prop_map(|(groups, sets, machine)| {
        let mut plan = thin(groups);
        plan.not_duplicates = sets;
        plan.machine = machine;
        plan
    })
}

fn any_sort() -> impl Strategy<Value = SortPlan> {
    let sidecars = proptest::collection::vec((any_file(), any_name()), 0..3);
    let placement = (any_file(), any_name(), sidecars).prop_map(|(file, to, sidecars)| Placement {
        file,
        to: to.into(),
        sidecars: sidecars
            .into_iter()
            .map(|(file, to)| (file, to.into()))
            .collect(),
    });
    (proptest::collection::vec(placement, 0..5), any::<bool>()).prop_map(|(files, follow)| {
        let mut plan = sort(files);
        plan.follow_symlinks = follow;
        plan.action = SortAction::Hardlink;
        plan
    })
}

proptest! {
    /// A plan that is valid comes back as it was; any other is refused for the reason that `check`
    /// gives, so nothing gets lost or invented between the two.
    #[test]
    fn what_is_written_is_what_is_read(plan in prop_oneof![
        any_thin().prop_map(Plan::Thin),
        any_sort().prop_map(Plan::Sort),
    ]) {
        match (plan.check(), read(&written(&plan))) {
            (Ok(()), Ok(back)) => prop_assert_eq!(back, plan),
            (Err(wrong), Err(PlanError::Invalid { source, .. })) => prop_assert_eq!(source, wrong),
            (checked, back) => prop_assert!(false, "{:?} and {:?}", checked, back),
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[\\[\\]{}\":,0-9a-z/. \n]{0,60}") {
        prop_assert!(read(&text).is_err());
    }
}
