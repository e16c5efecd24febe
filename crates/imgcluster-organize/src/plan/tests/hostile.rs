//! Plans that must not be carried out, each with the reason that it is refused for.

use super::*;

/// The words of an error and its causes.
fn words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn refused(text: &str) -> String {
    words(&read(text).expect_err(text))
}

fn valid() -> (String, String) {
    let plan = thin(vec![group("/p/a", vec![removal("/p/b", &["/p/b.xmp"])])]);
    let sorted = sort(vec![placement("/p/a", "c/a", &[("/p/a.xmp", "c/a.xmp")])]);
    (written(&Plan::Thin(plan)), written(&Plan::Sort(sorted)))
}

/// Refuses each text that comes of a valid plan by putting `new` in place of `old`.
fn changed(old: &str, new: &str) -> String {
    let (thin, sort) = valid();
    assert!(read(&thin).is_ok() && read(&sort).is_ok());
    let text = if thin.contains(old) { thin } else { sort };
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    refused(&text.replacen(old, new, 1))
}

fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    }
}

#[test]
fn what_is_no_plan_is_refused() {
    contains(
        &words(&Plan::read("/nowhere/plan.json".as_ref()).unwrap_err()),
        &["could not read the plan `/nowhere/plan.json`"],
    );
    for text in [
        "",
        "[]",
        "{}",
        "null",
        "1",
        "\u{0}",
        "{\"version\":",
        "\u{feff}{}",
    ] {
        contains(&refused(text), &["is not a plan"]);
    }
    contains(&refused("{\"version\":1}"), &["missing field `roots`"]);
    contains(
        &refused("{\"version\":1,\"roots\":[]}"),
        &["neither `groups` nor `files`"],
    );
    contains(
        &refused("[1,null,[\"/p\"],null,[]]"),
        &["expected an object", "line 1"],
    );
    contains(
        &changed("{\"path\":\"/p/b\"", "[[]],{\"path\":\"/p/b\""),
        &["expected an object"],
    );
    let (thin, _) = valid();
    contains(&refused(&thin[..thin.len() - 3]), &["EOF", "line"]);
    contains(&refused(&format!("{thin}{{}}")), &["trailing characters"]);
}

#[test]
fn another_version_is_refused_by_its_number_whatever_else_it_has() {
    let words = refused("{\"version\":2,\"new\":{\"fields\":[]}}");
    contains(&words, &["plan of version 2", "reads version 1"]);
    contains(&refused("{\"version\":0}"), &["plan of version 0"]);
    contains(&refused("{\"version\":\"1\"}"), &["invalid type", "line 1"]);
    contains(&refused("{\"version\":-1}"), &["invalid value"]);
    contains(
        &refused("{\"version\":1,\"version\":2}"),
        &["duplicate field `version`"],
    );
}

#[test]
fn unknown_fields_are_refused_by_name_at_every_level() {
    for before in [
        "\"roots\"",
        "\"keep\"",
        "\"path\":\"/p/a\"",
        "\"path\":\"/p/b\"",
        "\"path\":\"/p/b.xmp\"",
        "\"target\"",
        "\"path\":\"/p/a.xmp\"",
    ] {
        let words = changed(before, &format!("\"surprise\":1,{before}"));
        contains(&words, &["unknown field `surprise`", "line"]);
    }
    contains(
        &changed("\"/p\"", "{\"path\":\"/p\",\"surprise\":1}"),
        &["`surprise`"],
    );
    contains(
        &changed("\"references\"", "\"target\":\"/x\",\"references\""),
        &["unknown field `target`"],
    );
    contains(
        &changed("\"target\"", "\"groups\":[],\"target\""),
        &["unknown field `target`"],
    );
    contains(
        &changed("\"target\"", "\"references\":[],\"target\""),
        &["unknown field `references`"],
    );
    contains(
        &changed("\"action\": \"move\",\n", ""),
        &["missing field `action`"],
    );
    contains(
        &changed("\"move\"", "\"delete\""),
        &["unknown variant `delete`", "line"],
    );
}

#[test]
fn wrong_types_and_hashes_are_refused_with_their_line() {
    let hash = "07".repeat(32);
    contains(
        &changed(&hash, "07"),
        &["`07` is not a content hash of 64 hex digits", "line"],
    );
    contains(&changed(&hash, &"0g".repeat(32)), &["not a content hash"]);
    contains(&changed("\"/p/a\"", "7"), &["invalid type", "line"]);
    contains(
        &changed("\"/p/a\"", "\"/p/a\",\"size\":-1"),
        &["invalid value", "line"],
    );
    contains(
        &changed("\"/p/a\"", "\"/p/a\",\"modified_ns\":1.5"),
        &["invalid type", "line"],
    );
    contains(
        &changed("\"/p/a\"", "\"/p/a\",\"path\":\"/p/c\""),
        &["duplicate field `path`"],
    );
    contains(
        &changed("\"path\":\"/p/b\"", "\"similarity\":1e99,\"path\":\"/p/b\""),
        &["`groups[0].remove[0]`", "not finite"],
    );
}

#[test]
fn paths_that_are_not_absolute_or_lead_up_are_refused_wherever_they_stand() {
    let places = [
        ("/p/a", "`groups[0].keep`"),
        ("/p/b", "`groups[0].remove[0]`"),
        ("/p/b.xmp", "`groups[0].remove[0].sidecars[0]`"),
        ("/p/a.xmp", "`files[0].sidecars[0]`"),
        ("/p/ref", "`references[0]`"),
        ("/out", "`target`"),
        ("/p", "`roots[0]`"),
    ];
    for (path, place) in places {
        let with = |new: &str| changed(&format!("\"{path}\""), &format!("\"{new}\""));
        contains(&with(&path[1..]), &[place, "is not absolute"]);
        contains(&with("/p/ref/../x"), &[place, "`.` or `..`"]);
        contains(&with("/p/./x"), &[place, "`.` or `..`"]);
        contains(&with("/p/x\\u0000"), &[place, "zero byte"]);
    }
}

#[test]
fn places_outside_the_target_are_refused() {
    for (to, place) in [("c/a", "`files[0]`"), ("c/a.xmp", "`files[0].sidecars[0]`")] {
        let with = |new: &str| changed(&format!("\"to\":\"{to}\""), &format!("\"to\":\"{new}\""));
        contains(&with("../a"), &[place, "`.` or `..`"]);
        contains(&with("c/../../a"), &[place, "`.` or `..`"]);
        contains(&with("/etc/a"), &[place, "is not relative"]);
        contains(&with(""), &[place, "has an empty part"]);
        contains(&with("c/"), &[place, "has an empty part"]);
        contains(&with("c/\\u0000"), &[place, "zero byte"]);
    }
}

#[test]
fn files_outside_the_roots_are_refused() {
    for path in ["/etc/passwd", "/pp/a", "/"] {
        let plan = thin(vec![group("/p/a", vec![removal(path, &[])])]);
        let words = refused(&written(&Plan::Thin(plan)));
        contains(&words, &["`groups[0].remove[0]`", &format!("`{path}`")]);
    }
    let checks = [
        thin(vec![group("/q/a", vec![removal("/p/b", &[])])]),
        thin(vec![group("/p/a", vec![removal("/p/b", &["/q/b.xmp"])])]),
        ThinPlan {
            roots: vec![],
            ..thin(vec![group("/p/a", vec![removal("/p/b", &[])])])
        },
        ThinPlan {
            not_duplicates: vec![vec![file("/q/a")]],
            ..thin(vec![])
        },
    ];
    for plan in checks {
        contains(
            &refused(&written(&Plan::Thin(plan))),
            &["lies outside the roots"],
        );
    }
    let sorted = [
        sort(vec![placement("/q/a", "a", &[])]),
        sort(vec![placement("/p/a", "a", &[("/q/a.xmp", "a.xmp")])]),
    ];
    for plan in sorted {
        contains(
            &refused(&written(&Plan::Sort(plan))),
            &["lies outside the roots"],
        );
    }
}

#[test]
fn what_is_kept_may_lie_in_a_reference_folder_outside_the_roots() {
    let mut plan = thin(vec![group("/originals/a", vec![removal("/p/b", &[])])]);
    plan.references.push("/originals".into());
    assert!(read(&written(&Plan::Thin(plan))).is_ok());
}

#[test]
fn nothing_in_a_reference_folder_is_touched() {
    for plan in [
        thin(vec![group("/p/a", vec![removal("/p/ref/b", &[])])]),
        thin(vec![group(
            "/p/a",
            vec![removal("/p/b", &["/p/ref/deep/b.xmp"])],
        )]),
        thin(vec![group("/p/a", vec![removal("/p/ref", &[])])]),
    ] {
        let words = refused(&written(&Plan::Thin(plan)));
        contains(&words, &["lies in the reference folder `/p/ref`"]);
    }
}

#[test]
fn no_file_is_touched_twice_or_both_kept_and_touched() {
    let b = || removal("/p/b", &[]);
    for (groups, place, before) in [
        (
            vec![group("/p/a", vec![b(), b()])],
            "remove[1]`",
            "`groups[0].remove[0]`",
        ),
        (
            vec![group("/p/a", vec![b()]), group("/p/c", vec![b()])],
            "`groups[1].remove[0]`",
            "`groups[0].remove[0]`",
        ),
        (
            vec![group("/p/b", vec![b()])],
            "`groups[0].remove[0]`",
            "`groups[0].keep`",
        ),
        (
            vec![
                group("/p/a", vec![b()]),
                group("/p/b", vec![removal("/p/c", &[])]),
            ],
            "`groups[0].remove[0]`",
            "`groups[1].keep`",
        ),
        (
            vec![group("/p/a", vec![removal("/p/b", &["/p/b"])])],
            "sidecars[0]`",
            "`groups[0].remove[0]`",
        ),
        (
            vec![group("/p/a", vec![removal("/p/b", &["/p/a"])])],
            "sidecars[0]`",
            "`groups[0].keep`",
        ),
        (
            vec![group(
                "/p/a",
                vec![removal("/p/b", &["/p/x"]), removal("/p/c", &["/p/x"])],
            )],
            "`groups[0].remove[1].sidecars[0]`",
            "`groups[0].remove[0].sidecars[0]`",
        ),
    ] {
        contains(
            &refused(&written(&Plan::Thin(thin(groups)))),
            &[place, before, "already"],
        );
    }
    let twice = vec![placement("/p/a", "a", &[]), placement("/p/a", "b", &[])];
    contains(
        &refused(&written(&Plan::Sort(sort(twice)))),
        &["`files[1]`", "`files[0]` already"],
    );
}

#[test]
fn a_sidecar_of_two_pictures_may_be_copied_twice_but_moved_once() {
    let shared = |to| [("/p/a.xmp", to)];
    let mut plan = sort(vec![
        placement("/p/a.jpg", "c/a.jpg", &shared("c/a.xmp")),
        placement("/p/a.png", "d/a.png", &shared("d/a.xmp")),
    ]);
    contains(
        &refused(&written(&Plan::Sort(plan.clone()))),
        &["`files[1].sidecars[0]`", "already"],
    );
    plan.action = SortAction::Copy;
    assert!(read(&written(&Plan::Sort(plan.clone()))).is_ok());
    plan.files[1].file.path = "/p/a.xmp".into();
    assert!(read(&written(&Plan::Sort(plan))).is_err());
}

#[test]
fn two_files_never_share_a_place() {
    let one = || placement("/p/a", "c/x", &[]);
    for (files, words) in [
        (
            vec![one(), placement("/p/b", "c/x", &[])],
            "is that of `files[0]` already",
        ),
        (
            vec![placement("/p/a", "c/x", &[("/p/b", "c/x")])],
            "is that of `files[0]` already",
        ),
        (
            vec![one(), placement("/p/b", "c/x/y", &[])],
            "below that of `files[0]`",
        ),
        (
            vec![placement("/p/b", "c/x/y", &[]), one()],
            "below that of `files[1]`",
        ),
    ] {
        contains(&refused(&written(&Plan::Sort(sort(files)))), &[words]);
    }
    let mut plan = sort(vec![
        placement("/p/a", "b", &[]),
        placement("/p/b", "a", &[]),
    ]);
    plan.target = "/p".into();
    contains(
        &refused(&written(&Plan::Sort(plan))),
        &["where `files[1]` lies"],
    );
}

#[test]
fn groups_and_sets_of_nothing_are_refused() {
    let plan = thin(vec![group("/p/a", vec![])]);
    contains(
        &refused(&written(&Plan::Thin(plan))),
        &["`groups[0]`: is empty"],
    );
    let mut plan = thin(vec![]);
    plan.not_duplicates = vec![vec![file("/p/a")], vec![]];
    contains(
        &refused(&written(&Plan::Thin(plan))),
        &["`not_duplicates[1]`: is empty"],
    );
    let mut plan = thin(vec![]);
    plan.not_duplicates = vec![vec![file("/p/a"), file("/p/a")]];
    contains(&refused(&written(&Plan::Thin(plan))), &["already"]);
}

#[test]
fn bytes_beside_a_path_must_be_those_of_the_path_that_is_seen() {
    let with = |bytes: &str| {
        let new = format!("\"/p/b\",\"path_base64\":\"{bytes}\"");
        changed("\"/p/b\"", &new)
    };
    // `printf /etc/passwd | base64`
    contains(
        &with("L2V0Yy9wYXNzd2Q="),
        &["`groups[0].remove[0]`", "`/p/b`", "`/etc/passwd`"],
    );
    contains(&with("%%%"), &["`%%%` is not base64"]);
    contains(&with(""), &["the bytes beside `/p/b`"]);
    let (thin, _) = valid();
    let same = thin.replace("\"/p/b\"", "\"/p/b\",\"path_base64\":\"L3AvYg==\"");
    assert_eq!(read(&same).unwrap(), read(&thin).unwrap());
}

#[test]
fn a_plan_of_another_machine_is_refused_with_the_way_out() {
    let mut plan = thin(vec![]);
    assert!(Plan::Thin(plan.clone()).check_machine(None).is_ok());
    assert!(Plan::Thin(plan.clone()).check_machine(Some("here")).is_ok());
    plan.machine = Some("there".to_owned());
    let plan = Plan::Thin(plan);
    assert!(plan.check_machine(Some("there")).is_ok());
    let words = plan.check_machine(Some("here")).unwrap_err().to_string();
    contains(
        &words,
        &[
            "`there`",
            "`here`",
            "make it again here",
            "take `machine` out",
        ],
    );
    assert!(plan.check_machine(None).is_err());
}
