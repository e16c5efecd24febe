mod decisions;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::samples::{Made, made};
use super::*;
use crate::page::browser::{data, seen_at_home, seen_by_a_browser, thumbnails};

/// What a script on the page writes down with `note(text)`, where there is a browser.
fn noted(made: &Made, script: &str) -> Option<String> {
    let seen = seen_by_a_browser(&made.page(), &noting(script))?;
    Some(note_in(&seen))
}

fn noting(script: &str) -> String {
    format!(
        "const note = (text) => {{ const bytes = new TextEncoder().encode(text); \
         document.body.dataset.note = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''); }};\
         const group = (number) => groups[number]; const said = () => byId('say').textContent; {script}"
    )
}

fn note_in(seen: &str) -> String {
    let (_, from) = seen
        .split_once("data-note=\"")
        .expect("the script ran to its end");
    let digits = from.split_once('"').unwrap().0.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    String::from_utf8(digits.chunks(2).map(byte).collect()).unwrap()
}

/// The decisions that come of a script.
fn decided(made: &Made, script: &str) -> Option<Value> {
    let text = noted(made, &format!("{script}; note(decisions());"))?;
    Some(serde_json::from_str(&text).unwrap())
}

fn key(key: &str) -> String {
    format!(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true, cancelable: true }}));"
    )
}

#[test]
fn keys_go_from_picture_to_picture_and_change_marks() {
    let made = made(&[2, 3]);
    let keys = [
        "j",
        "ArrowRight",
        " ",
        "j",
        "k",
        "ArrowDown",
        "ArrowRight",
        " ",
        "u",
        " ",
        "ArrowUp",
    ];
    let log = "log.push(`${focused()}:${kept.join('')}`);";
    let pressed: String = keys.iter().map(|name| key(name) + log).collect();
    let script = format!("const log = []; {pressed} note(log.join(' '))");
    if let Some(seen) = noted(&made, &script) {
        let expected = "0:10100 1:10100 1:11100 2:11100 1:11100 2:11100 3:11100 3:11110 2:11100 2:11100 0:11100";
        assert_eq!(seen, expected);
    }
}

#[test]
fn the_page_tells_those_who_listen_what_each_picture_is_and_how_it_is_marked() {
    let made = made(&[2]);
    let script = "views[0].fill(); const one = () => { const e = views[0].tiles[1].element; \
        return `${e.role} ${e.ariaChecked} ${e.ariaLabel}`; }; const before = one(); toggle(1); \
        note(`${before} | ${one().slice(0, 13)} | ${byId('tally').textContent} | ${byId('say').role}`)";
    if let Some(seen) = noted(&made, script) {
        let expected = "checkbox false Keep, /photos/trip 0/group 0/image 1.jpg, 2000\u{a0}×\u{a0}1500 · JPEG · 1.5\u{a0}MB, \
            Similarity 0.984 | checkbox true | 0 files to remove, 0 bytes; 1 group changed | alert";
        assert_eq!(seen, expected);
    }
}

#[test]
fn groups_are_sorted_and_filtered_and_only_those_with_a_clearly_worse_pair_are_warned_of() {
    let mut made = made(&[2, 9, 3, 4]);
    made.plan["groups"][2]["worst_similarity"] = json!(0.89);
    made.plan["groups"][3]["worst_similarity"] = json!(0.8);
    let script = "const order = () => shown.map(({ group }) => group.number).join(''); const log = [order()];\
        for (const name of ['bytes', 'worst', 'size']) { byId('sort').value = name; arrange(); log.push(order()); }\
        byId('sort').value = 'plan'; byId('search').value = 'TRIP group 2/'; arrange(); log.push(order(), byId('matches').textContent);\
        byId('search').value = ''; byId('changed').checked = true; toggle(1); arrange(); log.push(order());\
        views.forEach((view) => view.fill()); log.push(views.map((view) => view.element.querySelectorAll('.warn').length).join(''));\
        note(log.join(' | '))";
    if let Some(seen) = noted(&made, script) {
        // 0.89 is less than a quarter of the way from 0.9 away from equality; a warning is in the
        // head of its group and on both pictures.
        assert_eq!(
            seen,
            "0123 | 1320 | 3120 | 1320 | 2 | 1 of 4 groups | 0 | 0303"
        );
    }
}

#[test]
fn marks_of_the_last_time_come_back_if_they_are_still_possible() {
    let made = made(&[2, 3]);
    let home = tempfile::tempdir().unwrap();
    let note = "note(`${kept.join('')} ${shelfName}`)";
    let page = made.page();
    let changed = noting(&format!("toggle(1); {note}"));
    let Some(seen) = seen_at_home(&page, &changed, home.path()) else {
        return;
    };
    let name = note_in(&seen).split_once(' ').unwrap().1.to_owned();
    // What was remembered is read by the page itself, here from a script before its own.
    let before = |marks: &str| {
        let remember = format!(
            "<script>localStorage.setItem('{name}', '{marks}');</script><script>\n'use strict'"
        );
        page.replacen("<script>\n'use strict'", &remember, 1)
    };
    let kept = |marks: &str| note_in(&seen_by_a_browser(&before(marks), &noting(note)).unwrap());
    assert!(kept(r#"{"0":"11","1":"001"}"#).starts_with("11001"));
    // No picture left, too many, no group, no marks at all.
    for wrong in [
        r#"{"0":"00"}"#,
        r#"{"0":"111"}"#,
        r#"{"9":"11"}"#,
        "nonsense",
        "7",
        "null",
    ] {
        assert!(kept(wrong).starts_with("10100"), "{wrong}");
    }
    let mut other = made;
    other.plan["machine"] = json!("another");
    assert!(!noted(&other, note).unwrap().contains(&name));
}

#[test]
fn a_browser_that_remembers_nothing_shows_the_page_all_the_same() {
    let made = made(&[2]);
    let refusing = "<script>Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });</script>\
        <script>\n'use strict'";
    let page = made.page().replacen("<script>\n'use strict'", refusing, 1);
    let script =
        noting("toggle(1); note(`${shelf} ${kept.join('')} ${byId('tally').textContent}`)");
    if let Some(seen) = seen_by_a_browser(&page, &script) {
        assert_eq!(
            note_in(&seen),
            "null 11 0 files to remove, 0 bytes; 1 group changed"
        );
    }
}

#[test]
fn a_file_name_that_is_html_stays_a_name_on_the_page_and_in_the_decisions() {
    let mut made = made(&[3]);
    let names = [
        "/photos/<script>alert(1)</script>.jpg",
        "/photos/</script><img src=x onerror=alert(2)>\"'`${alert(3)}\\",
        "/photos/<!--<script>&amp;\u{2028}\u{202e}gpj.\n{{data}}",
    ];
    made.plan["groups"][0]["keep"]["path"] = json!(names[0]);
    made.plan["groups"][0]["keep"]["reason"] = json!(names[1]);
    made.plan["groups"][0]["remove"][0]["path"] = json!(names[1]);
    made.plan["groups"][0]["remove"][1]["path"] = json!(names[2]);
    made.plan["machine"] = json!(names[1]);
    made.plan["roots"] = json!([names[2]]);
    made.groups[0].pictures[1].format = "<b>";
    made.skipped[0].path = PathBuf::from(names[1]);
    made.skipped[0].reason = names[0].to_owned();
    made.command.push(names[0].to_owned());
    made.details
        .push((names[1].to_owned(), names[2].to_owned()));
    let page = made.page();
    assert!(!page.contains("alert(1)</") && !page.contains("<img src") && !page.contains("<!--"));
    assert_eq!(data(&page)["skipped"][0][0], names[1]);
    // Two elements of its own, and one block of thumbnails.
    assert_eq!(
        (
            page.matches("<script").count(),
            page.matches("</script>").count()
        ),
        (3, 3)
    );
    let script = "views[0].fill(); const e = document.querySelectorAll('.picture');\
        const odd = document.querySelectorAll('main script, main img, main b').length; toggle(1); toggle(0);\
        note(JSON.stringify([odd, [...e].map((one) => one.title), decisions()]))";
    let Some(noted) = noted(&made, script) else {
        return;
    };
    let (odd, titles, text): (usize, Vec<String>, String) = serde_json::from_str(&noted).unwrap();
    let decided: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((odd, titles), (0, names.map(str::to_owned).to_vec()));
    assert_eq!(decided["machine"], names[1]);
    assert_eq!(decided["groups"][0]["keep"]["path"], names[1]);
    assert_eq!(decided["groups"][0]["remove"][1]["path"], names[2]);
}

#[test]
fn no_address_leads_out_of_the_page() {
    let page = made(&[2, 3]).page();
    assert!(page.contains("default-src 'none'"));
    for out in ["http:", "https:", "//cdn", "src=\"", "@import", "url("] {
        assert!(!page.contains(out), "{out}");
    }
}

#[test]
fn every_thumbnail_stands_in_the_place_of_its_picture() {
    let mut made = made(&[2; 50]);
    let pictures: Vec<Vec<u8>> = (0..100)
        .map(|number: u8| [&b"\xff\xd8\xff"[..], &[number]].concat())
        .collect();
    let report_groups = made
        .groups
        .iter()
        .zip(pictures.chunks(2))
        .map(|(group, bytes)| {
            let mut group = group.clone();
            for (picture, bytes) in group.pictures.iter_mut().zip(bytes) {
                picture.thumbnail = Some(bytes);
            }
            group.pictures[1].thumbnail =
                group.pictures[1].thumbnail.filter(|bytes| bytes[3] != 99);
            group
        });
    let groups: Vec<_> = report_groups.collect();
    let (mut bytes, plan) = (Vec::new(), made.plan.to_string());
    write_duplicates_report(
        &DuplicatesReport {
            groups: &groups,
            ..made.report(&plan)
        },
        &mut bytes,
    )
    .unwrap();
    let page = String::from_utf8(bytes).unwrap();
    let lines = thumbnails(&page);
    assert_eq!((lines.len(), lines[0], lines[99]), (100, "j/9j/AA==", ""));
    assert_eq!(lines[65], "j/9j/QQ==");
    made.groups.clear();
}

#[test]
fn what_is_no_plan_for_duplicates_or_another_one_is_refused() {
    let refused = |change: &dyn Fn(&mut Made)| {
        let mut made = made(&[2, 2]);
        change(&mut made);
        write_duplicates_report(&made.report(&made.plan.to_string()), Vec::new())
            .unwrap_err()
            .to_string()
    };
    let sort = json!({ "version": 1, "roots": [], "target": "/x", "action": "copy", "files": [] });
    assert_eq!(
        refused(&|made| made.plan = sort.clone()),
        "cannot read the plan of duplicates"
    );
    assert!(refused(&|made| made.plan["version"] = json!(2)).contains("version 2"));
    assert_eq!(
        refused(&|made| made.plan["groups"][0]["color"] = json!(1)),
        "cannot read the plan of duplicates"
    );
    assert!(refused(&|made| drop(made.groups.pop())).contains("2 groups, and 1 "));
    assert!(refused(&|made| drop(made.groups[1].pictures.pop())).contains("2 files, and 1 "));
    assert!(
        refused(&|made| made.groups[1].pictures.push(DuplicatePicture::default()))
            .contains("2 files, and 3 ")
    );
    assert!(
        refused(&|made| made.groups[0].pictures[1].is_reference = true).contains("image 1.jpg")
    );
}

/// Writes pages to look at: `IMGCLUSTER_LOOK=DIR cargo test … -- --ignored duplicates::pages`.
#[test]
#[ignore = "writes files for a person to look at"]
fn pages_to_look_at_are_written() {
    let folder = PathBuf::from(std::env::var_os("IMGCLUSTER_LOOK").unwrap());
    // 10,000 pictures in 4,000 groups.
    let sizes: Vec<usize> = [2, 3].repeat(2000);
    let made = made(&sizes);
    let kind = |at: usize| crate::sample_outcome::thumbnail(at as u32 % 8, at as u32);
    let pictures: Vec<Vec<u8>> = (0..10_000).map(kind).collect();
    let mut next = pictures.iter();
    let mut groups = made.groups.clone();
    for picture in groups.iter_mut().flat_map(|group| &mut group.pictures) {
        picture.thumbnail = next.next().map(Vec::as_slice);
    }
    let plan = made.plan.to_string();
    let file = std::fs::File::create(folder.join("duplicates-10000.html")).unwrap();
    write_duplicates_report(
        &DuplicatesReport {
            groups: &groups,
            ..made.report(&plan)
        },
        file,
    )
    .unwrap();
}
