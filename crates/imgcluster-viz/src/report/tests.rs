use super::*;
use crate::page::browser::{data, seen_by_a_browser, thumbnails};
use crate::sample_outcome::{Made, made, trials};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;

fn page(made: &Made) -> String {
    let mut bytes = Vec::new();
    write_report(&made.outcome(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn nothing_or_one_or_two_images_make_a_page() {
    for count in 0..3 {
        let page = page(&made(count, 1));
        assert!(page.ends_with("</html>\n") && !page.contains("{{"));
        assert_eq!(data(&page)["order"].as_array().unwrap().len(), count);
        assert_eq!(thumbnails(&page).len(), count);
    }
}

#[test]
fn a_file_name_that_is_html_stays_a_name() {
    let mut made = made(3, 1);
    let names = [
        "<script>alert(1)</script>.jpg",
        "</script><img src=x onerror=alert(2)>",
        "<!--<script>&amp;",
    ];
    for (image, name) in made.images.iter_mut().zip(names) {
        image.path = PathBuf::from(name);
    }
    made.skipped[0].path = PathBuf::from(names[1]);
    made.skipped[0].reason = names[0].to_owned();
    made.run.model = names[2].to_owned();
    made.run.command.push(names[0].to_owned());
    let page = page(&made);
    assert!(!page.contains("alert(1)</") && !page.contains("<img src") && !page.contains("<!--"));
    let data = data(&page);
    assert_eq!(data["images"]["path"], serde_json::json!(names));
    assert_eq!(data["skipped"][0][0], names[1]);
    // Two elements of its own, and one a block of thumbnails.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script>").count(), 3);
}

#[test]
fn no_address_leads_out_of_the_page() {
    let page = page(&made(20, 3));
    assert!(page.contains("default-src 'none'"));
    for out in ["http:", "https:", "//cdn", "src=\"", "@import", "url("] {
        assert!(!page.contains(out), "{out}");
    }
}

#[test]
fn every_thumbnail_stands_in_the_place_of_its_image() {
    let made = made(200, 5);
    let page = page(&made);
    let lines = thumbnails(&page);
    let order: Vec<usize> = serde_json::from_value(data(&page)["order"].clone()).unwrap();
    assert_eq!(lines.len(), 200);
    for (line, row) in lines.iter().zip(&order) {
        let bytes = STANDARD.decode(&line[1..]).unwrap();
        assert_eq!(Some(&bytes), made.thumbnails[*row].as_ref());
    }
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..200).collect::<Vec<_>>());
    assert_eq!(order[0], made.summaries[0].representative as usize);
}

#[test]
fn a_missing_or_unknown_thumbnail_leaves_its_line_empty() {
    let mut made = made(3, 1);
    made.thumbnails[0] = None;
    made.thumbnails[1] = Some(b"<svg onload=alert(1)>".to_vec());
    made.thumbnails[2] = Some(b"RIFF....WEBPxyz".to_vec());
    assert_eq!(thumbnails(&page(&made)), ["", "", "wUklGRi4uLi5XRUJQeHl6"]);
}

#[test]
fn a_group_that_is_opened_from_the_map_is_filled_like_any_other() {
    let made = made(200, 2);
    let script = "const group = groups[0]; group.reveal(group.shown[0]);\
        const few = group.grid.childElementCount; group.reveal(group.shown[40]);\
        document.body.dataset.filled = `${few} ${group.grid.childElementCount}`;";
    if let Some(seen) = seen_by_a_browser(&page(&made), script) {
        assert!(seen.contains("data-filled=\"24 41\""), "{seen}");
    }
}

#[test]
fn a_backslash_is_a_letter_of_a_name_where_slashes_part_names() {
    let mut made = made(3, 1);
    let paths = ["pictures/we\\ird.jpg", "C:\\pictures\\b.jpg", "c.jpg"];
    for (image, path) in made.images.iter_mut().zip(paths) {
        image.path = PathBuf::from(path);
    }
    let script = "document.body.dataset.names = images.path.map(baseName).join(' | ');";
    if let Some(seen) = seen_by_a_browser(&page(&made), script) {
        let names = "data-names=\"we\\ird.jpg | b.jpg | c.jpg\"";
        assert!(seen.contains(names), "{seen}");
    }
}

#[test]
fn settings_that_were_tried_are_a_table_and_elsewhere_there_is_none() {
    let mut made = made(10, 2);
    assert_eq!(data(&page(&made))["trials"], serde_json::json!([]));
    let script = "document.body.dataset.seen = [byId('selection').hidden, \
        ...document.querySelectorAll('#selection td')].map((e) => e.textContent ?? e).join(' | ');";
    if let Some(seen) = seen_by_a_browser(&page(&made), script) {
        assert!(seen.contains("data-seen=\"true\""), "{seen}");
    }
    made.trials = trials();
    assert_eq!(data(&page(&made))["trials"][0]["scores"][3], 0.9);
    if let Some(seen) = seen_by_a_browser(&page(&made), script) {
        let row = "false | --algorithm kmeans --clusters 8 | 8 | 0 | 0.500 | 120.250 | 0.750 | 0.900 | chosen | \
            --algorithm gmm |";
        assert!(seen.contains(row), "{seen}");
    }
}

/// Writes pages to look at: `IMGCLUSTER_LOOK=DIR cargo test … -- --ignored pages`.
#[test]
#[ignore = "writes files for a person to look at"]
fn pages_to_look_at_are_written() {
    let folder = PathBuf::from(std::env::var_os("IMGCLUSTER_LOOK").unwrap());
    for (count, clusters) in [(60, 5), (10_000, 300)] {
        let mut made = made(count, clusters);
        made.images[0].path = PathBuf::from("pictures/<script>alert(1)</script>.jpg");
        std::fs::write(folder.join(format!("report-{count}.html")), page(&made)).unwrap();
    }
}
