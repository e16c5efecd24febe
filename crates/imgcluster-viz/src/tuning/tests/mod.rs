mod page;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::samples::{Made, made};
use super::*;

fn json_of(made: &Made) -> Value {
    let mut bytes = Vec::new();
    write_tune_json(&made.report(), &mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn png_of(made: &Made, name: &str) -> ::image::RgbImage {
    let mut bytes = Vec::new();
    write_tune_png(&made.report(), &mut bytes).unwrap();
    if let Some(folder) = std::env::var_os("IMGCLUSTER_LOOK") {
        let folder = std::path::Path::new(&folder);
        std::fs::write(folder.join(format!("tune-{name}.png")), &bytes).unwrap();
        std::fs::write(folder.join(format!("tune-{name}.html")), made.page()).unwrap();
    }
    ::image::load_from_memory(&bytes).unwrap().into_rgb8()
}

fn shows(picture: &::image::RgbImage, color: [u8; 3]) -> bool {
    picture.pixels().any(|pixel| pixel.0 == color)
}

#[test]
fn no_one_and_two_images_make_a_table_a_picture_and_a_page() {
    for count in 0..3 {
        let made = made(count);
        let table = json_of(&made);
        assert_eq!(table["images_sampled"], json!(count));
        assert_eq!(table["suggestions"], json!([]));
        let picture = png_of(&made, &count.to_string());
        assert_eq!(picture.dimensions(), (2400, 2200));
        let page = made.page();
        assert!(page.ends_with("</html>\n") && !page.contains("{{"));
    }
}

#[test]
fn the_table_has_the_curve_and_a_command_for_each_suggestion() {
    let made = made(40);
    let table = json_of(&made);
    assert_eq!(table["version"], json!(1));
    assert_eq!(table["run"]["model"], json!("phash"));
    assert_eq!(
        (&table["images_found"], &table["images_sampled"]),
        (&json!(80), &json!(40))
    );
    let row = made.curve[13];
    assert_eq!(
        table["curve"][13]["threshold"].as_f64(),
        Some(row.threshold)
    );
    assert_eq!(table["curve"][13]["pairs"], json!(row.pairs));
    let best = &table["suggestions"][0];
    assert_eq!(
        (&best["kind"], &best["threshold"]),
        (&json!("recommended"), &json!(0.87))
    );
    assert_eq!(best["clusters"], json!(row.clusters));
    let command = "imgcluster cluster '/my photos' --model phash --algorithm threshold --threshold 0.87 --output 'a b'";
    assert_eq!(best["command"], json!(command));
    let radius = table["radii"][0]["command"].as_str().unwrap();
    assert!(
        radius.ends_with("--algorithm dbscan --eps 0.13"),
        "{radius}"
    );
    assert_eq!(table["k_distances"]["min_samples"], json!(2));
    assert_eq!(
        table["k_distances"]["distances"].as_array().map(Vec::len),
        Some(40)
    );
    assert_eq!(
        table["histogram"].as_array().map(Vec::len),
        Some(made.histogram.len())
    );
    assert!(table.get("labels").is_none());
}

#[test]
fn labels_that_the_run_had_are_in_the_table() {
    let mut made = made(40);
    let row = TunePrecision {
        threshold: 0.87,
        pairs: 15,
        labelled: 5,
        alike: 5,
        precision: Some(1.0),
        low: 0.566,
        high: 1.0,
    };
    made.precision = Some(vec![row]);
    let labels = &json_of(&made)["labels"]["precision"][0];
    assert_eq!(
        (&labels["labelled"], &labels["low"]),
        (&json!(5), &json!(0.566))
    );
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_comes_with_its_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let mut made = made(40);
    let pair = made.pairs[0];
    made.images[pair.a].path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/photos/\xff.jpg"));
    let shown = &json_of(&made)["pairs"][0]["a"];
    assert_eq!(shown["path"], json!("/photos/\u{fffd}.jpg"));
    assert_eq!(shown["path_base64"], json!("L3Bob3Rvcy//LmpwZw=="));
    assert_eq!(
        shown["hash"],
        json!(made.images[pair.a].content.to_string())
    );
}

#[test]
fn every_curve_is_seen_in_the_picture() {
    let picture = png_of(&made(40), "40");
    for color in [[18, 89, 184], [179, 89, 0], [26, 127, 55], [166, 38, 164]] {
        assert!(shows(&picture, color), "{color:?}");
    }
    assert!(!shows(&png_of(&made(1), "one"), [200, 0, 0]));
}

#[test]
fn a_writer_that_is_full_is_an_error() {
    let made = made(40);
    let mut small = [0_u8; 100];
    assert!(write_tune_json(&made.report(), &mut small[..]).is_err());
    assert!(write_tune_png(&made.report(), &mut small[..]).is_err());
    let error = write_tune_report(&made.report(), &mut small[..]).unwrap_err();
    assert_eq!(error.to_string(), "could not write tune.html");
}
