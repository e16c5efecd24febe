use super::*;
use crate::VizError;
use crate::results::Samples;
use crate::sample_outcome::{Made, made, trials};
use imgcluster_core::{Features, Outcome};
use std::path::PathBuf;

fn text(
    made: &Made,
    write: impl FnOnce(&Outcome<'_>, &mut Vec<u8>) -> Result<(), VizError>,
) -> String {
    let mut bytes = Vec::new();
    write(&made.outcome(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn json(made: &Made) -> serde_json::Value {
    serde_json::from_str(&text(made, |o, w| write_clusters_json(o, w))).unwrap()
}

#[test]
fn clusters_json_has_the_fields_of_the_contract() {
    let made = made(20, 2);
    let json = json(&made);
    let keys = |value: &serde_json::Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&json), "clusters images run skipped version");
    assert_eq!(json["version"], 1);
    assert_eq!(
        keys(&json["images"][0]),
        "cluster hash height path strength width x y"
    );
    let cluster = &json["clusters"][0];
    assert_eq!(
        keys(cluster),
        "id mean_similarity min_similarity representative samples size"
    );
    assert_eq!(json["skipped"][0]["path"], "pictures/broken.jpg");
    assert_eq!(json["images"][6]["cluster"], serde_json::Value::Null);
    let medoid = made.summaries[0].representative as usize;
    assert_eq!(cluster["representative"], json["images"][medoid]["path"]);
}

#[test]
fn floats_are_written_as_short_as_they_can_be() {
    let mut made = made(2, 1);
    made.layout.places[0] = [0.1, -3.3];
    let text = text(&made, |o, w| write_clusters_json(o, w));
    assert!(
        text.contains(r#""strength":0.9,"x":0.1,"y":-3.3"#),
        "{text}"
    );
}

#[test]
fn how_a_run_was_carried_out_does_not_change_clusters_json() {
    let mut made = made(20, 2);
    let before = json(&made);
    for (name, value) in [
        ("batch-size", serde_json::json!(64)),
        ("device", "cuda:0".into()),
        ("json", true.into()),
        ("output", "elsewhere".into()),
        ("overwrite", true.into()),
        ("progress", "never".into()),
        ("quiet", true.into()),
        ("store", "sqlite:other.db".into()),
        ("threads", 7.into()),
        ("working-directory", "/elsewhere".into()),
    ] {
        made.run.parameters.insert(name.to_owned(), value);
    }
    made.run.command.push("--threads=7".to_owned());
    made.run.device = "cuda:0".to_owned();
    (made.run.counts.embedded, made.run.counts.cached) = (0, 20);
    assert_eq!(json(&made), before);
    for name in ["exclude", "max-pixels", "min-samples"] {
        let mut run = made.run.clone();
        run.parameters.insert(name.to_owned(), 4.into());
        std::mem::swap(&mut made.run, &mut run);
        assert_ne!(json(&made), before, "{name}");
        made.run = run;
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_text_keeps_its_bytes() {
    use std::os::unix::ffi::OsStringExt;
    let mut made = made(2, 1);
    made.images[1].path = std::ffi::OsString::from_vec(b"b\xffd.jpg".to_vec()).into();
    let json = json(&made);
    assert_eq!(json["images"][1]["path"], "b\u{fffd}d.jpg");
    assert_eq!(json["images"][1]["path_base64"], "Yv9kLmpwZw==");
    assert!(json["images"][0].get("path_base64").is_none());
    let mut bytes = Vec::new();
    write_paths_txt(&made.outcome(), &mut bytes).unwrap();
    assert!(bytes.ends_with(b"\nb\xffd.jpg\n"));
}

#[test]
fn clusters_csv_quotes_what_must_be_and_marks_noise() {
    let mut made = made(7, 1);
    made.images[0].path = PathBuf::from("a,\"b\"\n.jpg");
    let text = text(&made, |o, w| write_clusters_csv(o, w));
    assert!(
        text.starts_with("path,cluster,strength\n\"a,\"\"b\"\"\n.jpg\",0,0.9\n"),
        "{text}"
    );
    assert!(text.ends_with("image 00006.jpg,-1,0\n"), "{text}");
}

#[test]
fn a_line_break_in_a_path_moves_no_line() {
    let mut made = made(3, 1);
    made.images[0].path = PathBuf::from("a\\n\nb\r.jpg");
    made.images[1].path = PathBuf::from("c\\n.jpg");
    let text = text(&made, |o, w| write_paths_txt(o, w));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[..2], [r"a\\n\nb\r.jpg", r"c\\n.jpg"]);
}

/// Reads a line of `paths.txt` back, as its documentation says.
fn unescaped(line: &[u8]) -> Vec<u8> {
    let mut bytes = line.iter();
    let mut path = Vec::new();
    while let Some(byte) = bytes.next() {
        path.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                other => *other.unwrap(),
            },
            other => *other,
        });
    }
    path
}

#[test]
fn two_paths_never_give_one_line() {
    // Every path of up to five of the letters that matter.
    let letters = ["\n", "\r", "\\", "n", "r", "/"];
    let mut paths = vec![String::new()];
    let mut longest = paths.clone();
    for _ in 0..5 {
        let longer = |path: &String| letters.map(|letter| path.clone() + letter);
        longest = longest.iter().flat_map(longer).collect();
        paths.extend_from_slice(&longest);
    }
    let mut made = made(1, 1);
    let mut lines = std::collections::BTreeSet::new();
    for path in &paths {
        made.images[0].path = PathBuf::from(path);
        let line = text(&made, |o, w| write_paths_txt(o, w));
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.contains(['\n', '\r']));
        assert_eq!(unescaped(line.as_bytes()), path.as_bytes());
        if !path.contains(['\n', '\r', '\\']) {
            assert_eq!(line, path);
        }
        lines.insert(line.to_owned());
    }
    assert_eq!(lines.len(), paths.len());
}

#[test]
fn arrays_have_an_aligned_header_and_one_row_an_image() {
    for count in [0, 1, 13] {
        let made = made(count, 2);
        let (mut rows, mut labels) = (Vec::new(), Vec::new());
        assert!(write_embeddings_npy(&made.outcome(), &mut rows).unwrap());
        write_labels_npy(&made.outcome(), &mut labels).unwrap();
        for (bytes, size, shape) in [
            (
                &rows,
                count * 16,
                format!("'descr': '<f4', 'fortran_order': False, 'shape': ({count}, 4)"),
            ),
            (
                &labels,
                count * 8,
                format!("'descr': '<i8', 'fortran_order': False, 'shape': ({count},)"),
            ),
        ] {
            assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
            let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
            assert_eq!((start % 64, bytes[start - 1]), (0, b'\n'));
            assert_eq!(bytes.len() - start, size);
            let header = std::str::from_utf8(&bytes[10..start]).unwrap();
            assert!(header.contains(&shape), "{header}");
        }
        let last = labels.as_chunks::<8>().0.last().filter(|_| count > 2);
        let expected = made.clustering.labels().last().copied().flatten();
        let value = last.map(|bytes| i64::from_le_bytes(*bytes));
        assert_eq!(
            value,
            last.map(|_| expected.map_or(-1, |id| i64::from(id.0)))
        );
    }
}

#[test]
fn a_float_array_read_back_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let made = made(13, 2);
    let path = folder.path().join("rows.npy");
    write_embeddings_npy(&made.outcome(), std::fs::File::create(&path).unwrap()).unwrap();
    let Features::Vectors(rows) = &made.features else {
        unreachable!()
    };
    assert_eq!(&crate::quality::read_f32_npy(&path), rows);
}

/// Written by numpy 2.4.6:
/// `numpy.save(file, numpy.array([[0.5, -1.25, 3e38], [0.1, 0, 1e-40]], dtype="<f4"))`
const NUMPY_ROWS: &[u8] = b"\x93NUMPY\x01\x00v\x00\
    {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\x20                    \
    \x20                                    \n\
    \x00\x00\x00?\x00\x00\xa0\xbf\xe6\xb1a\x7f\xcd\xcc\xcc=\x00\x00\x00\x00\xc2\x16\x01\x00";
/// Written by numpy 2.4.6: `numpy.save(file, numpy.array([0, -1, 0], dtype="<i8"))`
const NUMPY_LABELS: &[u8] = b"\x93NUMPY\x01\x00v\x00\
    {'descr': '<i8', 'fortran_order': False, 'shape': (3,), }\x20                      \
    \x20                                    \n\
    \x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
    \x00\x00\x00\x00\x00\x00\x00\x00";

#[test]
fn arrays_are_byte_for_byte_those_that_numpy_writes() {
    let mut made = made(3, 1);
    let values = vec![0.5, -1.25, 3e38, 0.1, 0.0, 1e-40];
    made.features = Features::Vectors(imgcluster_core::Matrix::new(values, 3).unwrap());
    made.clustering = imgcluster_core::Clustering::from_groups(&[Some(0), None, Some(0)]);
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    write_embeddings_npy(&made.outcome(), &mut rows).unwrap();
    write_labels_npy(&made.outcome(), &mut labels).unwrap();
    assert_eq!(rows, NUMPY_ROWS);
    assert_eq!(labels, NUMPY_LABELS);
}

#[test]
fn signatures_have_no_embeddings_file() {
    let mut made = made(2, 1);
    made.features = Features::Signatures(vec![vec![1], vec![2]]);
    let mut bytes = Vec::new();
    assert!(!write_embeddings_npy(&made.outcome(), &mut bytes).unwrap());
    assert!(bytes.is_empty());
}

#[test]
fn the_summary_is_the_one_of_the_contract() {
    let mut made = made(60, 1);
    let group = |row| match row {
        0..12 => Some(1),
        12..50 => Some(0),
        _ => None,
    };
    let groups: Vec<Option<u8>> = (0..60).map(group).collect();
    made.clustering = imgcluster_core::Clustering::from_groups(&groups);
    let expected = "Image Clustering Summary\n\
        ==================================================\n\n\
        Total images processed: 60\n\
        Number of clusters found: 2\n\
        Number of noise points: 10\n\n\
        Cluster Details:\n\
        --------------------\n\
        cluster_0: 38 images (63.3%)\n\
        cluster_1: 12 images (20.0%)\n\
        noise: 10 images (16.7%)\n";
    assert_eq!(text(&made, |o, w| write_summary(o, w)), expected);
}

#[test]
fn cluster_info_lists_clusters_in_order_and_noise_last() {
    let made = made(600, 14);
    let samples = Samples {
        clusters: vec![vec!["samples/cluster_0/sample_1_a.jpg".to_owned()]],
        noise: vec!["samples/noise/sample_1_b.jpg".to_owned()],
    };
    let text = text(&made, |o, w| write_cluster_info(o, &samples, w));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["cluster_0"]["size"], made.clustering.sizes()[0]);
    assert_eq!(
        json["cluster_0"]["samples"][0],
        "samples/cluster_0/sample_1_a.jpg"
    );
    assert_eq!(json["noise"]["samples"][0], "samples/noise/sample_1_b.jpg");
    let at = |key: &str| text.find(&format!("\"{key}\"")).unwrap();
    assert!(at("cluster_2") < at("cluster_10") && at("cluster_10") < at("noise"));
}

#[test]
fn settings_that_were_tried_are_listed_with_their_scores_or_reasons() {
    let mut made = made(1, 1);
    made.trials = trials();
    let text = text(&made, |o, w| write_selection_csv(o, w));
    let expected = [
        "chosen,algorithm,flags,clusters,noise,silhouette,calinski_harabasz,davies_bouldin,score,reason",
        "1,kmeans,--algorithm kmeans --clusters 8,8,0,0.5,120.25,0.75,0.9,",
        "0,gmm,--algorithm gmm,,,,,,,\"too long, \"\"really\"\" <b>\"",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn skipped_files_are_listed_with_their_reasons() {
    let text = text(&made(1, 1), |o, w| write_skipped_csv(o, w));
    assert_eq!(
        text,
        "path,reason\npictures/broken.jpg,the file ends too early\n"
    );
}

#[test]
fn a_full_disk_is_an_error_of_every_table() {
    let made = made(500, 3);
    let outcome = made.outcome();
    let full = || [0_u8; 20];
    assert!(write_clusters_json(&outcome, &mut full()[..]).is_err());
    assert!(write_clusters_csv(&outcome, &mut full()[..]).is_err());
    assert!(write_paths_txt(&outcome, &mut full()[..]).is_err());
    assert!(write_embeddings_npy(&outcome, &mut full()[..]).is_err());
    assert!(write_labels_npy(&outcome, &mut full()[..]).is_err());
    assert!(write_summary(&outcome, &mut full()[..]).is_err());
    assert!(write_skipped_csv(&outcome, &mut full()[..]).is_err());
    assert!(write_selection_csv(&outcome, &mut full()[..]).is_err());
    assert!(write_cluster_info(&outcome, &Samples::default(), &mut full()[..]).is_err());
}
