//! The page in a browser.

use imgcluster_core::ContentHash;
use serde_json::{Value, json};

use crate::page::browser::{data, seen_by_a_browser, thumbnails};
use crate::tuning::samples::{Made, made};
use crate::tuning::{TuneBar, TunePrecision, json, read_labels};

/// A script that writes down what it passes to `note`.
fn noting(script: &str) -> String {
    format!(
        "const note = (text) => {{ const bytes = new TextEncoder().encode(text); \
         document.body.dataset.note = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(''); }};\
         const text = (id) => [...byId(id).children].map((cell) => cell.textContent).join(' ');\
         const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, cancelable: true }}));\
         {script}"
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

/// What the script writes down, where there is a browser.
fn noted(made: &Made, script: &str) -> Option<String> {
    Some(note_in(&seen_by_a_browser(&made.page(), &noting(script))?))
}

/// The numbers of a row of the curve, as the page's table has them.
fn numbers(made: &Made, place: usize) -> String {
    let row = made.curve[place];
    let counts = [
        row.pairs as usize,
        row.clusters,
        row.clustered,
        row.largest,
        row.noise,
    ];
    let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
    format!("{} {}", row.threshold, counts.join(" "))
}

#[test]
fn hovering_shows_the_numbers_of_a_threshold_and_a_click_the_command_to_run_it() {
    let made = made(40);
    let script = "const box = byId('curve'); const left = box.firstElementChild.getBoundingClientRect().left;\
        const at = (type, threshold) => { const clientX = left + panels[0].x(threshold) + 0.4;\
          const y = box.getBoundingClientRect().top + 150;\
          document.elementFromPoint(clientX, y).dispatchEvent(new PointerEvent(type, { clientX, clientY: y, bubbles: true })); };\
        scrollTo(0, box.getBoundingClientRect().top - 20);\
        const log = [text('picked'), text('hovered')]; at('pointermove', 0.8); log.push(text('hovered'), text('picked'));\
        at('click', 0.75); log.push(text('picked'), byId('command').textContent, byId('pairs-title').textContent);\
        box.dispatchEvent(new PointerEvent('pointerleave')); log.push(text('hovered')); note(log.join('|'))";
    let Some(seen) = noted(&made, script) else {
        return;
    };
    let expected = [
        format!("Picked {}", numbers(&made, 13)),
        "Pointer – – – – – –".to_owned(),
        format!("Pointer {}", numbers(&made, 20)),
        format!("Picked {}", numbers(&made, 13)),
        format!("Picked {}", numbers(&made, 25)),
        "imgcluster cluster '/my photos' --model phash --algorithm threshold --threshold 0.75 --output 'a b'".to_owned(),
        "Pairs near 0.75".to_owned(),
        "Pointer – – – – – –".to_owned(),
    ];
    assert_eq!(seen.split('|').collect::<Vec<_>>(), expected);
}

#[test]
fn arrow_keys_pick_lower_and_higher_thresholds() {
    let script = "const log = []; const at = () => log.push(`${curve[picked].threshold}:${byId('curve').ariaValueNow}`);\
        for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight']) { press(key); at(); }\
        byId('curve').focus(); press('End'); at(); press('ArrowRight'); at(); press('Home'); at(); note(log.join(' '))";
    if let Some(seen) = noted(&made(40), script) {
        let last = seen.rsplit(' ').next().unwrap();
        assert!(
            seen.starts_with("0.86:0.86 0.85:0.85 0.86:0.86 1:1 1:1 "),
            "{seen}"
        );
        assert!(
            last.split(':').next().unwrap().parse::<f64>().unwrap() <= 0.7,
            "{seen}"
        );
    }
}

#[test]
fn a_suggestion_says_why_and_is_picked_by_a_click() {
    let script = "const said = () => byId('reason').textContent; const log = [said()];\
        byId('suggestions').children[1].click(); log.push(said(), String(curve[picked].threshold));\
        pick(0); log.push(said()); byId('radii').children[0].click(); log.push(byId('radius-command').textContent);\
        note(log.join('|'))";
    if let Some(seen) = noted(&made(40), script) {
        let expected = "Recommended: it is the recommended one.|Knee: it is the knee one.|0.72|A threshold of your own.|\
            imgcluster cluster '/my photos' --model phash --algorithm dbscan --eps 0.13";
        assert_eq!(seen, expected);
    }
}

#[test]
fn labels_are_remembered_by_content_and_leave_as_a_file() {
    let mut made = made(40);
    made.images[0].path = "/photos/a \"b\" <i>.jpg".into();
    let script = noting(
        "byId('asked').click(); const cards = byId('pairs').children; cards[0].querySelector('.yes').click();\
         cards[1].focus(); press('n'); cards[2].querySelector('.no').click(); cards[2].querySelector('.no').click();\
         note([byId('tally').textContent, labelsText(), shelfName, localStorage.getItem(shelfName)].join('#'))",
    );
    let Some(seen) = seen_by_a_browser(&made.page(), &script) else {
        return;
    };
    let note = note_in(&seen);
    let [tally, file, name, shelf] = note.split('#').collect::<Vec<_>>()[..] else {
        panic!("four parts: {note}");
    };
    assert_eq!(tally, "2 labels: 1 alike, 1 not");
    let read = read_labels(file).unwrap();
    assert_eq!((read.model.as_str(), read.pairs.len()), ("phash", 2));
    let file: Value = serde_json::from_str(file).unwrap();
    let mut table = Vec::new();
    json::write_tune_json(&made.report(), &mut table).unwrap();
    let table: Value = serde_json::from_slice(&table).unwrap();
    let asked = table["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|pair| pair["asked"] == json!(true));
    let expected = asked.zip([true, false]).map(|(pair, alike)| {
        json!({ "a": pair["a"], "b": pair["b"], "similarity": pair["similarity"], "alike": alike })
    });
    let expected = json!({ "version": 1, "model": "phash", "pairs": expected.collect::<Vec<_>>() });
    assert_eq!(file, expected);
    // The page of another run, whose files have moved since and are others in part.
    for image in &mut made.images {
        image.path = image.path.with_extension("png");
    }
    made.images[4].content = ContentHash([99; 32]);
    let set = format!(
        "<script>localStorage.setItem({name:?}, {shelf:?});</script><script>\n'use strict'"
    );
    let page = made.page();
    let remembering = page.replacen("<script>\n'use strict'", &set, 1);
    assert_ne!(remembering, page);
    let script = "note(`${byId('tally').textContent}|${JSON.parse(labelsText()).pairs[0].a.path}`)";
    let seen = seen_by_a_browser(&remembering, &noting(script)).unwrap();
    assert_eq!(
        note_in(&seen),
        "1 label: 1 alike, 0 not|/photos/a \"b\" <i>.png"
    );
}

#[test]
fn the_command_that_reads_labels_comes_with_its_folder_once_they_are_saved() {
    let script = "URL.createObjectURL = () => '#'; const box = byId('labels-next'); const log = [box.hidden];\
        byId('asked').click(); byId('pairs').children[0].querySelector('.yes').click(); download();\
        log.push(box.hidden, byId('labels-folder').textContent, byId('labels-command').textContent); note(log.join('|'))";
    if let Some(seen) = noted(&made(40), script) {
        let expected = "true|false|Now run in '/my work', with the path to where you saved labels.json:|cd '/my work'\n\
            imgcluster tune '/my photos' --model phash --labels PATH/TO/labels.json";
        assert_eq!(seen, expected);
    }
}

#[test]
fn each_value_of_hashes_has_a_bar_of_its_own_pairs() {
    let mut made = made(40);
    let bar = |(low, high, pairs): (f64, f64, u64)| TuneBar {
        low: low / 256.0,
        high: high / 256.0,
        pairs,
    };
    let bars = [
        (256.0, 256.0, 5),
        (255.0, 256.0, 7),
        (254.0, 255.0, 40),
        (240.0, 254.0, 12),
    ];
    made.histogram = bars.map(bar).to_vec();
    let script = "const { bottom, y } = panels[0]; const height = (top) => 10 ** ((bottom - top) / (bottom - y(1)));\
        note([...document.querySelectorAll('#curve .bar')].map((bar) => Math.round(height(bar.getAttribute('y')))).join(' '))";
    if let Some(seen) = noted(&made, script) {
        assert_eq!(seen, "5 7 40 12");
    }
}

#[test]
fn pairs_of_exactly_one_have_their_own_bar_among_round_thresholds() {
    let mut made = made(40);
    let bar = |(low, high, pairs): (f64, f64, u64)| TuneBar { low, high, pairs };
    made.histogram = [
        (1.0, 1.0, 5),
        (0.9, 1.0, 7),
        (0.8999, 0.9, 2),
        (0.8, 0.8999, 3),
    ]
    .map(bar)
    .to_vec();
    let script = "const { bottom, y } = panels[0]; const height = (top) => 10 ** ((bottom - top) / (bottom - y(1)));\
        note([...document.querySelectorAll('#curve .bar')].map((bar) => Math.round(height(bar.getAttribute('y')))).join(' '))";
    if let Some(seen) = noted(&made, script) {
        // What is too narrow to be seen goes with the next.
        assert_eq!(seen, "5 7 5");
    }
}

#[test]
fn where_none_is_recommended_the_page_says_so() {
    let mut made = made(40);
    made.suggestions.remove(0);
    made.radii.clear();
    let script = "note(`${byId('reason').textContent}|${curve[picked].threshold}`)";
    if let Some(seen) = noted(&made, script) {
        let expected = "None is recommended here: no threshold stands clear of chance. Knee: it is the knee one.|0.72";
        assert_eq!(seen, expected);
    }
}

#[test]
fn the_pairs_shown_are_those_on_both_sides_of_the_picked_threshold() {
    let script = "pick(placeOf(0.8)); const all = [...byId('pairs').children].map((card) => card.pair.similarity);\
        note(JSON.stringify(all))";
    if let Some(seen) = noted(&made(40), script) {
        let all: Vec<f64> = serde_json::from_str(&seen).unwrap();
        let joined = all
            .iter()
            .filter(|similarity| **similarity >= 0.8 - 1e-6)
            .count();
        assert_eq!((all.len(), joined), (12, 6), "{seen}");
        assert!(
            all.iter().all(|similarity| (similarity - 0.8).abs() < 0.06),
            "{seen}"
        );
    }
}

#[test]
fn no_one_and_two_images_are_shown() {
    for count in 0..3 {
        let script = "press('ArrowLeft'); press('ArrowRight'); note(`${text('picked')}|${byId('command').textContent.includes('--threshold 1 ')}|\
            ${byId('density').hidden}|${document.querySelectorAll('#curve svg').length}`)";
        if let Some(seen) = noted(&made(count), script) {
            let hidden = count < 2;
            assert_eq!(
                seen,
                format!("Picked {}|true|{hidden}|1", numbers(&made(count), 0))
            );
        }
    }
}

#[test]
fn precision_is_shown_with_its_interval_if_there_were_labels() {
    let mut made = made(40);
    let script = "note(`${byId('precision').hidden} ${text('shares')}`)";
    let Some(seen) = noted(&made, script) else {
        return;
    };
    assert_eq!(seen, "true ");
    let row = TunePrecision {
        threshold: 0.87,
        pairs: 15,
        labelled: 5,
        alike: 5,
        precision: Some(1.0),
        low: 0.566,
        high: 1.0,
    };
    let unknown = TunePrecision {
        threshold: 0.7,
        pairs: 99,
        precision: None,
        low: 0.1,
        ..row
    };
    made.precision = Some(vec![row, unknown]);
    let script = "note([...byId('shares').children].map((row) => [...row.children].map((cell) => cell.textContent).join(' ')).join('|'))";
    let expected = "0.87 15 5 5 100.0 % 56.6 % – 100.0 %|0.7 99 5 5 – 10.0 % – 100.0 %";
    assert_eq!(noted(&made, script).unwrap(), expected);
}

#[test]
fn names_of_files_are_text_and_never_markup() {
    let mut made = made(8);
    let name = "</script><img src=x onerror=\"document.title='owned'\">.jpg";
    made.images[0].path = format!("/photos/{name}").into();
    let page = made.page();
    assert!(!page.contains("<img src=x"));
    assert_eq!(
        data(&page)["images"][0]["path"],
        json!(format!("/photos/{name}"))
    );
    if let Some(seen) = noted(&made, "note(document.title)") {
        assert_eq!(seen, "Thresholds for 8 images");
    }
}

#[test]
fn an_image_of_several_pairs_has_one_thumbnail() {
    let made = made(40);
    let page = made.page();
    assert_eq!(data(&page)["images"].as_array().map(Vec::len), Some(40));
    assert_eq!((made.pairs.len(), thumbnails(&page).len()), (80, 40));
}
