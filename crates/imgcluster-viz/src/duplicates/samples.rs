//! A test helper: made-up plans of any size.

use imgcluster_core::Skipped;
use serde_json::{Value, json};

use super::{DuplicateGroup, DuplicatePicture, DuplicatesReport, write_duplicates_report};

/// A time that a double cannot hold.
pub(super) const MODIFIED_NS: i64 = 1_720_000_000_123_456_789;

/// Owns what a [`DuplicatesReport`] borrows.
pub(super) struct Made {
    pub(super) command: Vec<String>,
    pub(super) details: Vec<(String, String)>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) plan: Value,
    pub(super) groups: Vec<DuplicateGroup<'static>>,
}

impl Made {
    /// The report, with the plan as text.
    pub(super) fn report<'a>(&'a self, plan: &'a str) -> DuplicatesReport<'a> {
        DuplicatesReport {
            version: "0.1.0",
            command: &self.command,
            started: "2026-01-02T03:04:05Z",
            model: "phash",
            threshold: Some(0.9),
            details: &self.details,
            images: 1234,
            skipped: &self.skipped,
            plan,
            groups: &self.groups,
        }
    }

    pub(super) fn page(&self) -> String {
        let (mut bytes, plan) = (Vec::new(), self.plan.to_string());
        write_duplicates_report(&self.report(&plan), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

pub(super) fn file(group: usize, at: usize) -> Value {
    json!({
        "path": format!("/photos/trip {}/group {group}/image {at}.jpg", group % 10),
        "hash": format!("{:064x}", group * 100 + at),
        "size": 3_000_000 / (at + 1) + group,
        "modified_ns": MODIFIED_NS + i64::try_from(at).unwrap(),
    })
}

/// Adds fields to those of a file.
pub(super) fn with(mut file: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        panic!("not fields");
    };
    file.as_object_mut().unwrap().extend(fields);
    file
}

/// Makes up a plan of groups of these sizes, of which the first of each is kept.
pub(super) fn made(sizes: &[usize]) -> Made {
    let group = |(number, size): (usize, &usize)| {
        let removal = |at| {
            with(
                file(number, at),
                json!({ "similarity": 1.0 - at as f64 / 64.0 }),
            )
        };
        json!({
            "keep": with(file(number, 0), json!({ "reason": "the most pixels" })),
            "remove": (1..*size).map(removal).collect::<Vec<_>>(),
            "worst_similarity": 1.0 - (*size as f64) / 64.0,
        })
    };
    Made {
        command: ["imgcluster", "dedup", "/photos"]
            .map(str::to_owned)
            .to_vec(),
        details: vec![("keep".to_owned(), "resolution,format,size".to_owned())],
        skipped: vec![Skipped {
            path: "/photos/broken.jpg".into(),
            reason: "the file ends too early".to_owned(),
        }],
        plan: json!({
            "version": 1,
            "machine": "a1b2c3",
            "roots": ["/photos"],
            "references": ["/photos/best"],
            "groups": sizes.iter().enumerate().map(group).collect::<Vec<_>>(),
        }),
        groups: sizes.iter().map(|size| shown(*size)).collect(),
    }
}

fn shown(size: usize) -> DuplicateGroup<'static> {
    let picture = |at| DuplicatePicture {
        width: 4000 / (at as u32 + 1),
        height: 3000 / (at as u32 + 1),
        format: "JPEG",
        ..DuplicatePicture::default()
    };
    DuplicateGroup {
        pictures: (0..size).map(picture).collect(),
        worst_pair: (size > 1).then_some((0, size - 1)),
    }
}
