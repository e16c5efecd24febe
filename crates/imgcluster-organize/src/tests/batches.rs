//! What the journal says while steps that were begun together are done.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use imgcluster_core::{CancelToken, Job, Quiet};
use rustix::io::Errno;

use super::scene::Scene;
use super::support::{Yard, plan_hash};
use crate::apply::apply_on;
use crate::disk::faults::Fault;
use crate::journal::{Journal, Record};
use crate::{ApplyOptions, OrganizeError, Plan, SyncPolicy, ThinAction};

/// Four files with a copy each.
fn copies(yard: &Yard) -> (Plan, Vec<PathBuf>) {
    let names: Vec<_> = (0..4)
        .map(|n| (format!("photos/a/{n}.jpg"), format!("photos/b/{n}.jpg")))
        .collect();
    for (keep, remove) in &names {
        yard.file(keep, keep);
        yard.file(remove, keep);
    }
    let removals: Vec<_> = names
        .iter()
        .map(|(_, remove)| [(remove.as_str(), &[][..])])
        .collect();
    let groups: Vec<_> = names
        .iter()
        .zip(&removals)
        .map(|((keep, _), removal)| (keep.as_str(), removal.as_slice()))
        .collect();
    let removed = names.iter().map(|(_, remove)| yard.path(remove));
    (yard.thin(&groups), removed.collect())
}

/// How many files are gone, and how many steps the journal says are done.
fn gone_and_done(removed: &[PathBuf], journal: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    let done = text.lines().filter(|line| line.starts_with("{\"done\":"));
    let gone = removed.iter().filter(|path| !path.exists());
    (gone.count(), done.count())
}

#[test]
fn a_file_that_is_gone_is_in_the_journal_before_the_next_one_goes() {
    for at in 0.. {
        let yard = Yard::new();
        let (plan, removed) = copies(&yard);
        let options = ApplyOptions {
            sync: SyncPolicy::Batch,
            ..yard.options(Some(ThinAction::Delete))
        };
        let plan_path = yard.plan_path();
        let journal = yard.path("plans/plan.journal-1.jsonl");
        let token = CancelToken::default();
        let job = Job::new(&Quiet, token.clone(), NonZeroUsize::MIN);
        let (then, of) = (journal.clone(), removed.clone());
        let meddle = move || {
            let (gone, done) = gone_and_done(&of, &then);
            assert!(gone <= done + 1, "change {at}: {gone} gone, {done} done");
            token.cancel();
        };
        let disk = Scene::disk(Fault::Meddled(at, Box::new(meddle)));
        let plan = (&plan, plan_path.as_path(), plan_hash(&plan));
        let applied = apply_on(&disk, plan, &options, &job);
        let (gone, done) = gone_and_done(&removed, &journal);
        assert_eq!(gone, done, "stopped at change {at}");
        match applied {
            Err(OrganizeError::Cancelled(_)) => {}
            Err(error) => panic!("{error}"),
            // It was stopped when nothing was left to do.
            Ok(applied) => {
                assert_eq!(applied.done, 4);
                break;
            }
        }
    }
}

#[test]
fn what_waits_is_written_when_a_run_stops_but_not_after_a_write_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for (fault, lines) in [(Fault::None, 2), (Fault::FailsAt(0, Errno::NOSPC), 0)] {
        let disk = Scene::disk(fault);
        let mut journal = Journal::create(&disk, &path, SyncPolicy::Batch).unwrap();
        journal.add(&Record::UndoBegin).unwrap();
        assert_eq!(journal.sync().is_ok(), lines > 0);
        journal.add(&Record::UndoBegin).unwrap();
        drop(journal);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap().lines().count(),
            lines
        );
        std::fs::remove_file(&path).unwrap();
    }
}
