//! What the page's script gets to know.

use std::borrow::Cow;

use serde::Serialize;

use super::planned::{Members, Planned, PlannedFile, PlannedGroup};
use super::{DuplicateGroup, DuplicatesReport};
use crate::VizError;
use crate::page::BLOCK;

/// Everything but the thumbnails; pictures as columns, group after group.
///
/// What goes from the plan into the decisions is JSON in strings, which the page puts together
/// without reading it: numbers of JavaScript have fewer digits than times in nanoseconds.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    run: Run<'a>,
    plan: Plan,
    groups: Groups,
    pictures: Pictures<'a>,
    skipped: Vec<(Cow<'a, str>, &'a str)>,
    block: usize,
}

#[derive(Serialize)]
struct Run<'a> {
    version: &'a str,
    command: &'a [String],
    started: &'a str,
    model: &'a str,
    threshold: Option<f32>,
    details: &'a [(String, String)],
    images: usize,
}

#[derive(Serialize)]
struct Plan {
    /// What tells it from other plans.
    key: String,
    /// The fields that stay, without braces.
    head: String,
    /// Each set that it already has.
    #[serde(rename = "notDuplicates")]
    not_duplicates: Vec<String>,
}

#[derive(Default, Serialize)]
struct Groups {
    size: Vec<usize>,
    /// How many of the pictures the plan removes: the second and those after it.
    removed: Vec<usize>,
    reason: Vec<String>,
    worst: Vec<Option<String>>,
    pair: Vec<Option<(usize, usize)>>,
    /// Further pictures of it that go with one of its members, by the place of that one.
    riders: Vec<Vec<(usize, String)>>,
}

#[derive(Default, Serialize)]
struct Pictures<'a> {
    /// The fields of its file, without braces.
    file: Vec<String>,
    similarity: Vec<Option<String>>,
    /// What goes with it by the plan.
    sidecars: Vec<Vec<String>>,
    /// What belongs to it, and goes with it if nothing else of its group needs it.
    own: Vec<Vec<String>>,
    width: Vec<u32>,
    height: Vec<u32>,
    format: Vec<&'a str>,
    reference: Vec<u8>,
    #[serde(skip)]
    thumbnail: Vec<Option<&'a [u8]>>,
}

impl<'a> Content<'a> {
    /// One a picture, in the order of the page.
    pub(super) fn thumbnails(&self) -> &[Option<&'a [u8]>] {
        &self.pictures.thumbnail
    }

    pub(super) fn of(report: &DuplicatesReport<'a>) -> Result<Self, VizError> {
        let planned = Planned::of(report)?;
        let (mut groups, mut pictures) = (Groups::default(), Pictures::default());
        for (group, shown) in planned.groups.iter().zip(report.groups) {
            let members = group.members(shown)?;
            groups.push(group, shown, &members)?;
            pictures.push(&members)?;
        }
        let skipped = report.skipped.iter();
        let sets = planned.not_duplicates.iter().map(text);
        Ok(Self {
            run: Run {
                version: report.version,
                command: report.command,
                started: report.started,
                model: report.model,
                threshold: report.threshold,
                details: report.details,
                images: report.images,
            },
            plan: Plan {
                key: key(report.plan),
                head: planned.head(),
                not_duplicates: sets.collect::<Result<_, _>>()?,
            },
            groups,
            pictures,
            skipped: skipped
                .map(|file| (file.path.to_string_lossy(), file.reason.as_str()))
                .collect(),
            block: BLOCK,
        })
    }
}

impl Groups {
    fn push(
        &mut self,
        group: &PlannedGroup,
        shown: &DuplicateGroup<'_>,
        members: &Members<'_, '_>,
    ) -> Result<(), VizError> {
        let at = |place| members.pictures.iter().position(|it| it.1 == place);
        let pair = shown.worst_pair;
        let worst = group.worst_similarity.as_ref();
        let riders = members.riders.iter();
        let riders = riders.map(|(owner, file)| Ok((*owner, text(file)?)));
        self.size.push(members.pictures.len());
        self.removed.push(group.remove.len());
        self.reason
            .push(group.keep.reason.clone().unwrap_or_default());
        self.worst.push(worst.map(ToString::to_string));
        self.pair
            .push(pair.and_then(|(one, other)| at(one).zip(at(other))));
        self.riders.push(riders.collect::<Result<_, VizError>>()?);
        Ok(())
    }
}

impl<'a> Pictures<'a> {
    fn push(&mut self, members: &Members<'_, 'a>) -> Result<(), VizError> {
        for (file, _, picture) in &members.pictures {
            let braced = text(file)?;
            let bare = braced
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            self.file.push(bare.unwrap_or_default().to_owned());
            self.similarity
                .push(file.similarity.as_ref().map(ToString::to_string));
            let sidecars = file.sidecars.iter().map(text);
            self.sidecars.push(sidecars.collect::<Result<_, _>>()?);
            let own = picture
                .sidecars
                .iter()
                .map(|own| text(&PlannedFile::of(own)?));
            self.own.push(own.collect::<Result<_, _>>()?);
            self.width.push(picture.width);
            self.height.push(picture.height);
            self.format.push(picture.format);
            self.reference.push(u8::from(picture.is_reference));
            self.thumbnail.push(picture.thumbnail);
        }
        Ok(())
    }
}

fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, VizError> {
    serde_json::to_string(value).map_err(VizError::Plan)
}

/// Tells plans apart by FNV-1a of 64 bits; nothing but remembered marks hangs on it, which are
/// checked when they are read.
fn key(plan: &str) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", plan.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
}
