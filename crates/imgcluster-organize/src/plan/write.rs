//! Writing a plan for people to read and change: a line for each file.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcluster_core::ContentHash;
use serde::Serialize;

use super::raw::Action;
use super::{Group, Placement, Plan, PlannedFile, Removal, SortAction, SortPlan, ThinPlan, paths};

/// So much is handed to the writer at once.
const CHUNK: usize = 1 << 16;

impl Plan {
    /// Writes the plan as JSON, a line for each file; reading it gives the same plan.
    ///
    /// What is written is not checked; see [`Plan::check`].
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, writer: impl Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(CHUNK, writer);
        match self {
            Self::Thin(plan) => thin(&mut out, plan)?,
            Self::Sort(plan) => sort(&mut out, plan)?,
        }
        out.flush()
    }
}

impl PlannedFile {
    /// Gives the file as plans have it: `path`, `hash`, `size`, `modified_ns`, and `path_base64` for a
    /// path that is not UTF-8.
    ///
    /// # Errors
    /// None that is known: every file can be written.
    pub fn to_json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(entry(self))
    }
}

fn thin(out: &mut impl Write, plan: &ThinPlan) -> io::Result<()> {
    head(out, plan.machine.as_deref(), &plan.roots)?;
    if !plan.references.is_empty() {
        field(out, "references", &texts(&plan.references))?;
    }
    out.write_all(b",\n\"groups\": ")?;
    list(out, &plan.groups, "", group)?;
    if !plan.not_duplicates.is_empty() {
        out.write_all(b",\n\"not_duplicates\": ")?;
        list(out, &plan.not_duplicates, "", |out, set| {
            list(out, set, "  ", |out, file| json(out, &entry(file)))
        })?;
    }
    out.write_all(b"\n}\n")
}

fn group(out: &mut impl Write, group: &Group) -> io::Result<()> {
    out.write_all(b"{\"keep\": ")?;
    json(
        out,
        &KeepEntry {
            file: entry(&group.keep.file),
            reason: &group.keep.reason,
        },
    )?;
    out.write_all(b",\n  \"remove\": ")?;
    list(out, &group.remove, "  ", |out, removal: &Removal| {
        let entry = RemoveEntry {
            file: entry(&removal.file),
            similarity: removal.similarity,
            sidecars: removal.sidecars.iter().map(entry).collect(),
        };
        json(out, &entry)
    })?;
    if let Some(worst) = group.worst_similarity {
        write!(out, ",\n  \"worst_similarity\": ")?;
        json(out, &worst)?;
    }
    out.write_all(b"}")
}

fn sort(out: &mut impl Write, plan: &SortPlan) -> io::Result<()> {
    head(out, plan.machine.as_deref(), &plan.roots)?;
    field(out, "target", &Text(&plan.target))?;
    field(out, "action", &action(plan.action))?;
    if plan.follow_symlinks {
        field(out, "follow_symlinks", &true)?;
    }
    out.write_all(b",\n\"files\": ")?;
    list(out, &plan.files, "", |out, placement: &Placement| {
        let sidecars = placement.sidecars.iter();
        let entry = PlacementEntry {
            file: entry(&placement.file),
            to: Text(&placement.to),
            sidecars: sidecars
                .map(|(file, to)| PlacementEntry {
                    file: entry(file),
                    to: Text(to),
                    sidecars: Vec::new(),
                })
                .collect(),
        };
        json(out, &entry)
    })?;
    out.write_all(b"\n}\n")
}

fn action(action: SortAction) -> Action {
    match action {
        SortAction::Copy => Action::Copy,
        SortAction::Move => Action::Move,
        SortAction::Hardlink => Action::Hardlink,
        SortAction::Symlink => Action::Symlink,
    }
}

fn head(
    out: &mut impl Write,
    machine: Option<&str>,
    roots: &[std::path::PathBuf],
) -> io::Result<()> {
    out.write_all(b"{\n\"version\": 1")?;
    if let Some(machine) = machine {
        field(out, "machine", &machine)?;
    }
    field(out, "roots", &texts(roots))
}

fn texts(folders: &[std::path::PathBuf]) -> Vec<Text<'_>> {
    folders.iter().map(|folder| Text(folder)).collect()
}

fn field(out: &mut impl Write, name: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, ",\n\"{name}\": ")?;
    json(out, value)
}

fn json(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

/// Writes a list with a line for each item.
fn list<W: Write, T>(
    out: &mut W,
    items: &[T],
    indent: &str,
    each: impl Fn(&mut W, &T) -> io::Result<()>,
) -> io::Result<()> {
    for (at, item) in items.iter().enumerate() {
        let before = if at == 0 { "[" } else { "," };
        write!(out, "{before}\n{indent}")?;
        each(out, item)?;
    }
    match items {
        [] => out.write_all(b"[]"),
        _ => write!(out, "\n{indent}]"),
    }
}

/// A path: its text, or an object of text and bytes where the text cannot say it all.
struct Text<'a>(&'a Path);

impl Serialize for Text<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Both<'a> {
            path: Cow<'a, str>,
            path_base64: String,
        }
        match paths::bytes_beyond_text(self.0) {
            None => serializer.serialize_str(&paths::shown(self.0)),
            Some(bytes) => Both {
                path: paths::shown(self.0),
                path_base64: STANDARD.encode(bytes),
            }
            .serialize(serializer),
        }
    }
}

#[derive(Serialize)]
struct FileEntry<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    hash: &'a ContentHash,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_ns: Option<i64>,
}

fn entry(file: &PlannedFile) -> FileEntry<'_> {
    FileEntry {
        path: paths::shown(&file.path),
        path_base64: paths::bytes_beyond_text(&file.path).map(|bytes| STANDARD.encode(bytes)),
        hash: &file.content,
        size: file.size,
        modified_ns: file.modified_ns,
    }
}

#[derive(Serialize)]
struct KeepEntry<'a> {
    #[serde(flatten)]
    file: FileEntry<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct RemoveEntry<'a> {
    #[serde(flatten)]
    file: FileEntry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sidecars: Vec<FileEntry<'a>>,
}

#[derive(Serialize)]
struct PlacementEntry<'a> {
    #[serde(flatten)]
    file: FileEntry<'a>,
    to: Text<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sidecars: Vec<PlacementEntry<'a>>,
}
