//! `runs list` and `runs show`: what was run before.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use imgcluster_core::{RunMember, Store, StoredRun};
use serde_json::{Value, json};

use crate::failure::Refusal;
use crate::session::{OpenStore, Session};

pub(super) fn list(session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let runs = store.wait(store.store.runs())?;
    let mut text = String::new();
    if runs.is_empty() {
        text.push_str("no runs are remembered yet\n");
    }
    for run in &runs {
        writeln!(text, "{}", headline(run))?;
    }
    session.printer.answer(&text)?;
    let all: Vec<Value> = runs
        .iter()
        .map(|run| json!({"id": run.id, "run": run.record}))
        .collect();
    session.printer.json(&json!({ "runs": all }))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(id: u64, session: &Session) -> Result<ExitCode> {
    let store = OpenStore::open(session)?;
    let Some((run, members)) = store.wait(store.store.run(id))? else {
        let hint = "`imgcluster runs list` lists the remembered runs";
        return Err(Refusal::new(format!("there is no run {id} in `{}`", store.url), hint).into());
    };
    session.printer.answer(&description(&run, &members)?)?;
    let members: Vec<Value> = members
        .iter()
        .map(|member| {
            json!({
                "path": member.path.to_string_lossy(),
                "hash": member.content,
                "cluster": member.label.map(|id| id.0),
                "strength": member.strength,
            })
        })
        .collect();
    session
        .printer
        .json(&json!({"id": run.id, "run": run.record, "members": members}))?;
    Ok(ExitCode::SUCCESS)
}

fn headline(run: &StoredRun) -> String {
    let StoredRun { id, record } = run;
    let counts = record.counts;
    format!(
        "{id:>4}  {}  {} {}  {} pictures, {} clusters, {} noise",
        record.started,
        record.model,
        record.algorithm,
        counts.images,
        counts.clusters,
        counts.noise
    )
}

/// The run, its parameters, and its groups with their paths; noise last.
fn description(run: &StoredRun, members: &[RunMember]) -> Result<String> {
    let mut text = headline(run);
    writeln!(text, "\n\ncommand     {}", run.record.command.join(" "))?;
    for (name, value) in &run.record.parameters {
        writeln!(text, "{name}: {value}")?;
    }
    let mut groups: BTreeMap<u32, Vec<&RunMember>> = BTreeMap::new();
    for member in members {
        groups
            .entry(member.label.map_or(u32::MAX, |id| id.0))
            .or_default()
            .push(member);
    }
    for (id, members) in groups {
        let name = if id == u32::MAX {
            "noise".to_owned()
        } else {
            format!("cluster_{id}")
        };
        writeln!(text, "\n{name}: {} pictures", members.len())?;
        for member in members {
            writeln!(text, "    {}", member.path.display())?;
        }
    }
    Ok(text)
}
