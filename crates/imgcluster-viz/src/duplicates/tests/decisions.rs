//! The plan that a person's marks make.

use serde_json::{Value, json};

use super::{decided, key, noted};
use crate::duplicates::DuplicatePicture;
use crate::duplicates::samples::{MODIFIED_NS, Made, file, made, with};

#[test]
fn a_plan_of_no_group_or_of_one_makes_a_page_and_goes_through_unchanged() {
    for sizes in [&[][..], &[2]] {
        let made = made(sizes);
        let page = made.page();
        assert!(page.ends_with("</html>\n") && !page.contains("{{"));
        let script =
            "note(`${document.querySelectorAll('.group').length} ${byId('groups').textContent}`)";
        let Some(seen) = noted(&made, script) else {
            return;
        };
        let nothing = seen.contains("No duplicates were found.");
        assert_eq!(
            (seen.starts_with('0'), nothing),
            (sizes.is_empty(), sizes.is_empty()),
            "{seen}"
        );
        assert_eq!(decided(&made, "").unwrap(), made.plan);
    }
}

#[test]
fn without_a_change_the_decisions_are_the_plan() {
    let mut made = made(&[2, 3, 4]);
    let plan = &mut made.plan;
    plan["not_duplicates"] = json!([[file(7, 0), file(7, 1)]]);
    let raw = with(
        file(1, 9),
        json!({ "path": "/photos/x\u{fffd}.jpg", "path_base64": "L3Bob3Rvcy94/y5qcGc=" }),
    );
    plan["groups"][1]["remove"][0]["sidecars"] = json!([raw]);
    plan["groups"][1]["remove"][1]["path_base64"] = json!("L3Bob3Rvcy94/y5qcGc=");
    plan["groups"][2]
        .as_object_mut()
        .unwrap()
        .remove("worst_similarity");
    plan["groups"][2]["remove"][0]
        .as_object_mut()
        .unwrap()
        .remove("similarity");
    for field in ["size", "modified_ns"] {
        plan["groups"][2]["keep"]
            .as_object_mut()
            .unwrap()
            .remove(field);
    }
    if let Some(decided) = decided(&made, "") {
        assert_eq!(decided, made.plan);
    }
    // A change that is taken back is none.
    let there_and_back =
        "toggle(1); toggle(1); keepAll(group(1)); asPlanned(groups); toggle(6); undo()";
    if let Some(decided) = decided(&made, there_and_back) {
        assert_eq!(decided, made.plan);
    }
}

#[test]
fn times_and_sizes_keep_every_digit() {
    let mut made = made(&[2]);
    made.plan["groups"][0]["keep"]["modified_ns"] = json!(i64::MIN);
    made.plan["groups"][0]["remove"][0]["modified_ns"] = json!(i64::MAX);
    made.plan["groups"][0]["remove"][0]["size"] = json!(u64::MAX);
    let Some(text) = noted(&made, "keepAll(group(0)); note(decisions())") else {
        return;
    };
    assert!(
        text.contains("\"modified_ns\":-9223372036854775808"),
        "{text}"
    );
    assert!(
        text.contains("\"modified_ns\":9223372036854775807"),
        "{text}"
    );
    assert!(text.contains("\"size\":18446744073709551615"), "{text}");
    assert!(MODIFIED_NS as f64 as i64 != MODIFIED_NS);
}

#[test]
fn a_picture_that_is_kept_too_leaves_the_removals_and_makes_a_set() {
    let made = made(&[3, 2]);
    let Some(decided) = decided(&made, "toggle(1)") else {
        return;
    };
    let mut expected = made.plan.clone();
    expected["groups"][0]["remove"] = json!([made.plan["groups"][0]["remove"][1]]);
    expected["not_duplicates"] = json!([[file(0, 0), file(0, 1)]]);
    assert_eq!(decided, expected);
}

#[test]
fn another_survivor_is_said_to_be_chosen_and_claims_only_known_similarities() {
    let mut made = made(&[3]);
    made.groups[0].pictures[0].sidecars = vec![file(0, 50)];
    let Some(decided) = decided(&made, "toggle(2); toggle(0)") else {
        return;
    };
    let mut expected = made.plan.clone();
    // The plan's choice is as alike to the other as that was to it; the third was never compared.
    expected["groups"] = json!([{
        "keep": with(file(0, 2), json!({ "reason": "chosen in the report" })),
        "remove": [
            with(file(0, 0), json!({ "similarity": 1.0 - 2.0 / 64.0, "sidecars": [file(0, 50)] })),
            file(0, 1),
        ],
        "worst_similarity": 1.0 - 3.0 / 64.0,
    }]);
    assert_eq!(decided, expected);
}

#[test]
fn a_sidecar_goes_only_where_all_go_that_it_belongs_to_and_only_once() {
    let mut made = made(&[3, 2]);
    let [shared, lone, foreign] = [60, 61, 62].map(|at| file(0, at));
    let shown = &mut made.groups[0].pictures;
    // By the plan only one of the two that share a file takes it along, and both are removed.
    made.plan["groups"][0]["remove"][0]["sidecars"] = json!([shared]);
    shown[1].sidecars = vec![shared.clone()];
    shown[2].sidecars = vec![shared.clone()];
    // Two more belong to the survivor, one of them also to a picture of another group; and what is
    // shown as a picture of its own is no sidecar.
    shown[0].sidecars = vec![lone.clone(), foreign.clone(), file(1, 1)];
    made.groups[1].pictures[1].sidecars = vec![foreign];
    let Some(untouched) = decided(&made, "") else {
        return;
    };
    assert_eq!(untouched, made.plan);
    let sidecars = |script: &str| {
        let decided = decided(&made, script).unwrap();
        let removed = decided["groups"][0]["remove"].as_array().unwrap().clone();
        let with = removed.into_iter().map(|it| it.get("sidecars").cloned());
        with.collect::<Vec<_>>()
    };
    // One of those that share it stays, and so does the file.
    assert_eq!(sidecars("toggle(2)"), [None]);
    assert_eq!(
        sidecars("toggle(1); toggle(0)"),
        [Some(json!([lone])), None]
    );
    assert_eq!(
        sidecars("toggle(2); toggle(0)"),
        [Some(json!([lone])), None]
    );
    // A fourth stays, and the two that share it go.
    made.groups[0].pictures.push(DuplicatePicture {
        file: Some(file(0, 3)),
        ..DuplicatePicture::default()
    });
    let sidecars = |script: &str| decided(&made, script).unwrap()["groups"][0]["remove"].clone();
    let removed = sidecars("toggle(0)");
    assert_eq!(removed[0]["sidecars"], json!([lone]));
    assert_eq!(removed[1]["sidecars"], json!([shared]));
    assert_eq!(removed[2].get("sidecars"), None);
}

#[test]
fn a_picture_that_is_a_sidecar_goes_the_way_of_its_own_without_a_mark() {
    let mut made = made(&[3]);
    let raw = file(0, 70);
    made.plan["groups"][0]["remove"][1]["sidecars"] = json!([raw]);
    let beside = |file| DuplicatePicture {
        file: Some(file),
        ..DuplicatePicture::default()
    };
    let more = [beside(raw.clone()), beside(file(0, 71))];
    made.groups[0].pictures.extend(more);
    made.groups[0].worst_pair = Some((0, 4));
    let script =
        "note(`${files.map((it) => it.path.split(' ').pop()).join(' ')} ${groups[0].pair}`)";
    let Some(seen) = noted(&made, script) else {
        return;
    };
    assert_eq!(seen, "0.jpg 1.jpg 2.jpg 71.jpg 0,3");
    assert_eq!(decided(&made, "").unwrap(), made.plan);
    let away = decided(&made, "toggle(1)").unwrap();
    assert_eq!(away["groups"][0]["remove"][0]["sidecars"], json!([raw]));
    let set = json!([[file(0, 0), file(0, 1), file(0, 71)]]);
    assert_eq!(away["not_duplicates"], set);
    let stays = decided(&made, "toggle(2)").unwrap();
    let set = json!([[file(0, 0), file(0, 2), file(0, 71), raw]]);
    assert_eq!(stays["not_duplicates"], set);
}

#[test]
fn the_worst_pair_is_not_claimed_of_a_group_that_one_of_it_has_left() {
    let made = made(&[3]);
    let Some(kept_one) = decided(&made, "toggle(2)") else {
        return;
    };
    assert_eq!(kept_one["groups"][0].get("worst_similarity"), None);
    let kept_other = decided(&made, "toggle(1)").unwrap();
    assert_eq!(
        kept_other["groups"][0]["worst_similarity"],
        made.plan["groups"][0]["worst_similarity"]
    );
}

#[test]
fn a_group_that_is_kept_whole_is_only_a_set_after_those_of_the_plan() {
    let mut made = made(&[3, 2]);
    made.plan["not_duplicates"] = json!([[file(7, 0), file(7, 1)]]);
    let script = format!("goTo(0); {}", key("n"));
    let Some(decided) = decided(&made, &script) else {
        return;
    };
    let mut expected = made.plan.clone();
    expected["groups"] = json!([made.plan["groups"][1]]);
    let set = json!([file(0, 0), file(0, 1), file(0, 2)]);
    expected["not_duplicates"].as_array_mut().unwrap().push(set);
    assert_eq!(decided, expected);
}

#[test]
fn the_last_picture_of_a_group_cannot_be_removed_and_the_page_says_so() {
    let made = made(&[2]);
    let script = "toggle(0); note(JSON.stringify([said(), kept[0], steps.length, decisions()]))";
    let Some(noted) = noted(&made, script) else {
        return;
    };
    let (said, kept, steps, text): (String, u8, usize, String) =
        serde_json::from_str(&noted).unwrap();
    assert!(said.contains("keeps at least one"), "{said}");
    assert_eq!((kept, steps), (1, 0));
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), made.plan);
}

/// A group whose survivor and another picture are references, and one more to remove.
fn referenced() -> Made {
    let mut made = made(&[2, 2]);
    let group = &mut made.groups[0];
    group.pictures[0].is_reference = true;
    group.pictures.push(DuplicatePicture {
        is_reference: true,
        file: Some(file(0, 2)),
        similarity: Some(0.95),
        ..DuplicatePicture::default()
    });
    made
}

#[test]
fn a_reference_is_marked_as_one_and_stays_whatever_is_asked() {
    let made = referenced();
    let click = "views[0].fill(); const tiles = views[0].tiles.map((tile) => tile.element);\
        tiles[0].click(); const first = said(); tiles[2].click(); const kinds = tiles.map((e) => e.ariaDisabled ?? '-');\
        note(JSON.stringify([first, kept.join(''), kinds.join(' '), tiles[2].textContent, decisions()]))";
    let Some(noted) = noted(&made, click) else {
        return;
    };
    let (said, kept, kinds, shown, text): (String, String, String, String, String) =
        serde_json::from_str(&noted).unwrap();
    assert!(said.contains("reference folder"), "{said}");
    assert_eq!((kept.as_str(), kinds.as_str()), ("10110", "true - true"));
    assert!(
        shown.contains("Reference: stays") && shown.contains("Similarity 0.950"),
        "{shown}"
    );
    // Two references that stay side by side are nobody's decision.
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), made.plan);
    let decided = decided(&made, "toggle(1)").unwrap();
    assert_eq!(
        decided["not_duplicates"],
        json!([[file(0, 0), file(0, 1), file(0, 2)]])
    );
    assert_eq!(decided["groups"], json!([made.plan["groups"][1]]));
}
