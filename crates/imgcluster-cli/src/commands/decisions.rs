//! `decide` and `decisions`: what people say about pictures that look alike.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use imgcluster_core::{ContentHash, DecidedContent, Decision, Decoder, Store, StoredDecision};
use imgcluster_embed::FileDecoder;
use imgcluster_organize::{Plan, PlannedFile, ThinPlan};
use serde_json::{Value, json};

use crate::arguments::{DecideArguments, DecideCommand, NotDuplicateArguments};
use crate::failure::Refusal;
use crate::session::{OpenStore, Session};

/// A file of a set: its content, and its absolute path if it was named by that.
type DecidedFile = (ContentHash, Option<PathBuf>);

pub(super) fn decide(arguments: &DecideArguments, session: &Session) -> Result<ExitCode> {
    match (&arguments.command, &arguments.from) {
        (Some(DecideCommand::NotDuplicate(arguments)), None) => not_duplicate(arguments, session),
        (None, Some(file)) => from_plan(file, session),
        _ => {
            let message = "pictures are named, or a file by `--from`, not both";
            let hint =
                "`imgcluster decide not-duplicate FILE FILE`, or `imgcluster decide --from FILE`";
            Err(Refusal::usage(message, hint).into())
        }
    }
}

/// Remembers the sets that a plan tells are no duplicates.
fn from_plan(file: &Path, session: &Session) -> Result<ExitCode> {
    let hint = "give a file that the report of `imgcluster dedup` exported, or its `plan.json`";
    let (plan, _) = Plan::read(file).map_err(|error| Refusal::because(error, hint))?;
    let Plan::Thin(plan) = plan else {
        let message = format!(
            "`{}` sorts pictures, and decides nothing of them",
            file.display()
        );
        return Err(Refusal::new(message, hint).into());
    };
    remember(&decisions_of(&plan, file)?, session)
}

/// What a plan tells of pictures that are no duplicates.
///
/// # Errors
/// If a set is of one file.
pub(super) fn decisions_of(plan: &ThinPlan, file: &Path) -> Result<Vec<Decision>> {
    let now = now();
    let sets = plan.not_duplicates.iter().enumerate();
    let decision = |(at, set): (usize, &Vec<PlannedFile>)| {
        let files = set
            .iter()
            .map(|file| (file.content, Some(file.path.clone())));
        Decision::of_files(files, &*now).map_err(|error| {
            let message = format!("`{}`: `not_duplicates[{at}]`: {error}", file.display());
            Refusal::new(message, "take this set out of the file, or complete it").into()
        })
    };
    sets.map(decision).collect()
}

/// Remembers, on the way, what a plan that is carried out says.
pub(super) fn remember_quietly(decisions: &[Decision], session: &Session) -> Result<()> {
    if decisions.is_empty() {
        return Ok(());
    }
    let Remembered { ids, new } = put(decisions, session)?;
    let count = ids.len();
    let noun = if count == 1 {
        "decision is"
    } else {
        "decisions are"
    };
    session
        .printer
        .note(&format!("{count} {noun} remembered ({new} new)"));
    Ok(())
}

fn not_duplicate(arguments: &NotDuplicateArguments, session: &Session) -> Result<ExitCode> {
    let decoder = FileDecoder::default();
    let (mut set, mut places) = (Vec::new(), HashSet::new());
    for text in &arguments.files {
        let (content, path) = file(text, &decoder)?;
        // one file by two names is one file
        let place = path.as_ref().and_then(|path| fs::canonicalize(path).ok());
        if place.is_none_or(|place| places.insert(place)) {
            set.push((content, path));
        }
    }
    let decision = Decision::of_files(set, now()).map_err(|error| {
        let hint = "name each file once; two copies of one content are two files";
        Refusal::wrong_usage(error, hint)
    })?;
    remember(&[decision], session)
}

/// Tells which content is meant: that of a file, or one that is named by its hash. A file that is
/// there is meant whatever its name looks like.
fn file(text: &OsStr, decoder: &FileDecoder) -> Result<DecidedFile> {
    let path = Path::new(text);
    let hash = text.to_str().and_then(|text| text.parse().ok());
    if let Some(content) = hash
        && !path.exists()
    {
        return Ok((content, None));
    }
    let content = decoder.identify(path).map_err(|error| {
        let message = format!("`{}`: {}", path.display(), error.reason);
        let hint = "name pictures that are there, or a content by its hash of 64 hex digits, which \
                    `plan.json` and `clusters.json` tell";
        Refusal::new(message, hint)
    })?;
    let absolute = absolute(path)
        .with_context(|| format!("cannot tell the absolute path of `{}`", path.display()))?;
    Ok((content, Some(absolute)))
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// Decisions that are in the store now.
struct Remembered {
    ids: Vec<u64>,
    /// How many of them were not there before.
    new: usize,
}

/// Puts decisions into the store, all or none.
fn put(decisions: &[Decision], session: &Session) -> Result<Remembered> {
    let store = OpenStore::open(session)?;
    let known = store.wait(store.store.decisions())?;
    let known: HashSet<u64> = known.iter().map(|stored| stored.id).collect();
    let ids: BTreeSet<u64> = store
        .wait(store.store.decide(decisions))?
        .into_iter()
        .collect();
    let new = ids.iter().filter(|id| !known.contains(id)).count();
    let ids = Vec::from_iter(ids);
    Ok(Remembered { ids, new })
}

/// Remembers decisions, all or none, and tells which they are.
fn remember(decisions: &[Decision], session: &Session) -> Result<ExitCode> {
    let Remembered { ids, new } = put(decisions, session)?;
    session.printer.answer(&match (&ids[..], new) {
        ([id], 0) => format!("this is decision {id} already\n"),
        ([id], _) => format!("remembered as decision {id}\n"),
        (ids, _) => format!("{} decisions are remembered ({new} new)\n", ids.len()),
    })?;
    session
        .printer
        .json(&json!({"decisions": ids, "new": new}))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn list(session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let decisions = store.wait(store.store.decisions())?;
    let mut text = String::new();
    if decisions.is_empty() {
        text.push_str("nothing was decided yet\n");
    }
    for stored in &decisions {
        describe(stored, &mut text)?;
    }
    session.printer.answer(&text)?;
    let all: Vec<Value> = decisions.iter().map(as_json).collect();
    session.printer.json(&json!({ "decisions": all }))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells when it was decided, and where the files were; of others, what they hold.
fn describe(stored: &StoredDecision, text: &mut String) -> Result<()> {
    let StoredDecision { id, decision } = stored;
    let (decided, files) = (decision.decided(), decision.files());
    writeln!(text, "{id:>4}  {decided}  {files} files are no duplicates")?;
    for member in decision.members() {
        for path in &member.paths {
            writeln!(text, "    {}", path.display())?;
        }
        match (member.copies.get() as usize).saturating_sub(member.paths.len()) {
            0 => {}
            1 => writeln!(text, "    {}", member.content)?,
            copies => writeln!(text, "    {} ({copies} copies)", member.content)?,
        }
    }
    Ok(())
}

fn as_json(stored: &StoredDecision) -> Value {
    let member = |member: &DecidedContent| {
        let paths = member.paths.iter();
        let paths: Vec<_> = paths.map(|path| path.to_string_lossy()).collect();
        json!({"hash": member.content, "copies": member.copies, "paths": paths})
    };
    let members: Vec<Value> = stored.decision.members().iter().map(member).collect();
    json!({"id": stored.id, "decided": stored.decision.decided(), "members": members})
}

pub(super) fn forget(ids: &[u64], session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let known = store.wait(store.store.decisions())?;
    let is_unknown = |id: &&u64| known.iter().all(|stored| stored.id != **id);
    if let Some(id) = ids.iter().find(is_unknown) {
        let message = format!("there is no decision {id} in `{}`", store.url);
        let hint = "`imgcluster decisions list` lists the remembered decisions";
        return Err(Refusal::new(message, hint).into());
    }
    let mut forgotten = Vec::new();
    for &id in ids {
        // one that is named twice, or that another program forgot meanwhile, is gone as asked
        if store.wait(store.store.forget_decision(id))? {
            forgotten.push(id);
        }
    }
    session.printer.answer(&match &forgotten[..] {
        [id] => format!("forgot decision {id}\n"),
        ids => format!("forgot {} decisions\n", ids.len()),
    })?;
    session.printer.json(&json!({ "forgotten": forgotten }))?;
    Ok(ExitCode::SUCCESS)
}
