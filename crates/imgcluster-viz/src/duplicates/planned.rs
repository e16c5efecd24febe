//! A plan as the page needs it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use super::{DuplicateGroup, DuplicatePicture, DuplicatesReport};
use crate::VizError;

/// A plan that thins groups out.
#[derive(Deserialize)]
pub(super) struct Planned {
    version: u32,
    pub(super) groups: Vec<PlannedGroup>,
    #[serde(default)]
    pub(super) not_duplicates: Vec<Vec<PlannedFile>>,
    /// What marks do not change: machine, folders.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One kept, the others not. A field that is not known here could not be carried on, so it is
/// refused, as it is where plans are carried out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedGroup {
    pub(super) keep: PlannedFile,
    pub(super) remove: Vec<PlannedFile>,
    pub(super) worst_similarity: Option<Number>,
}

/// A file of a plan, in the order of fields in which it is written again.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedFile {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_ns: Option<i64>,
    /// What a plan says of its part in a group; that changes with the marks.
    #[serde(skip_serializing)]
    pub(super) reason: Option<String>,
    #[serde(skip_serializing)]
    pub(super) similarity: Option<Number>,
    #[serde(default, skip_serializing)]
    pub(super) sidecars: Vec<PlannedFile>,
}

impl PlannedFile {
    pub(super) fn of(file: &Value) -> Result<Self, VizError> {
        Self::deserialize(file).map_err(VizError::Plan)
    }

    /// Tells whether the two are one file.
    fn is_at(&self, other: &Self) -> bool {
        (&self.path, &self.path_base64) == (&other.path, &other.path_base64)
    }

    /// A file that only the report names, with what it says of it.
    fn shown_only(picture: &DuplicatePicture<'_>) -> Result<Option<Self>, VizError> {
        let Some(file) = &picture.file else {
            return Ok(None);
        };
        let similarity = picture.similarity.filter(|value| value.is_finite());
        // By its shortest digits, not those of the double that is nearest to it.
        let similarity = similarity.and_then(|value| value.to_string().parse::<f64>().ok());
        let similarity = similarity.and_then(Number::from_f64);
        Ok(Some(Self {
            similarity,
            ..Self::of(file)?
        }))
    }
}

impl Planned {
    /// Reads the plan and compares it with what the report has.
    pub(super) fn of(report: &DuplicatesReport<'_>) -> Result<Self, VizError> {
        let planned = serde_json::from_str::<Self>(report.plan).map_err(VizError::Plan)?;
        if planned.version != 1 {
            return Err(VizError::PlanVersion(planned.version));
        }
        let (planned_groups, shown) = (planned.groups.len(), report.groups.len());
        if planned_groups != shown {
            let what = "groups";
            let planned = planned_groups;
            return Err(VizError::NotThePlan {
                what,
                planned,
                shown,
            });
        }
        Ok(planned)
    }

    /// The fields that marks do not change, as JSON without its braces.
    pub(super) fn head(&self) -> String {
        let field = |(name, value): (&String, &Value)| format!("{}:{value}", json!(name));
        let version = format!("\"version\":{}", self.version);
        let fields = std::iter::once(version).chain(self.rest.iter().map(field));
        fields.collect::<Vec<_>>().join(",")
    }
}

/// The pictures of a group, and what goes with some of them.
pub(super) struct Members<'r, 'a> {
    /// Those of the plan, then those that only the report names; each with its place there.
    pub(super) pictures: Vec<(PlannedFile, usize, &'r DuplicatePicture<'a>)>,
    /// Pictures that are themselves sidecars, such as a RAW beside its JPEG, each with the place of
    /// the removal that takes it along. They have no mark of their own.
    pub(super) riders: Vec<(usize, PlannedFile)>,
}

impl PlannedGroup {
    /// Puts together what the plan and the report have of it.
    pub(super) fn members<'r, 'a>(
        &self,
        shown: &'r DuplicateGroup<'a>,
    ) -> Result<Members<'r, 'a>, VizError> {
        let planned = std::iter::once(&self.keep).chain(&self.remove);
        let names = 1 + self.remove.len();
        let mismatch = |planned| VizError::NotThePlan {
            what: "files",
            planned,
            shown: shown.pictures.len(),
        };
        if shown.pictures.len() < names {
            return Err(mismatch(names));
        }
        let mut pictures = Vec::with_capacity(shown.pictures.len());
        for (place, (file, picture)) in planned.zip(&shown.pictures).enumerate() {
            if place > 0 && picture.is_reference {
                return Err(VizError::ReferenceRemoved(file.path.clone()));
            }
            pictures.push((file.clone(), place, picture));
        }
        let mut riders = Vec::new();
        for (place, picture) in shown.pictures.iter().enumerate().skip(names) {
            let file = PlannedFile::shown_only(picture)?.ok_or_else(|| mismatch(names))?;
            let takes = |removal: &PlannedFile| removal.sidecars.iter().any(|it| it.is_at(&file));
            match self.remove.iter().position(takes) {
                Some(removal) => riders.push((1 + removal, file)),
                None => pictures.push((file, place, picture)),
            }
        }
        Ok(Members { pictures, riders })
    }
}
