//! Runs and what came of them.

use std::collections::HashMap;

use imgcluster_core::{NewRun, RunMember, Store, StoredRun};

use super::{Thing, Transfer, TransferError};

type WholeRun = (StoredRun, Vec<RunMember>);

impl<F: Store, T: Store> Transfer<'_, F, T> {
    /// Copies the runs that the target does not hold, the oldest first. `held` is how many there
    /// are, with those that cannot be read.
    pub(super) async fn runs(&mut self, held: u64) -> Result<(), TransferError> {
        let runs = self.from.runs().await.map_err(TransferError::read_from)?;
        self.copied.unreadable_runs = held.saturating_sub(runs.len() as u64);
        let mut there: HashMap<String, Vec<StoredRun>> = HashMap::new();
        for run in self.to.runs().await.map_err(TransferError::read_to)? {
            let at_that_time = there.entry(run.record.started.clone()).or_default();
            at_that_time.push(run);
        }
        for run in runs.iter().rev() {
            self.job.check()?;
            let whole = self.from.run(run.id).await;
            if let Some(whole) = whole.map_err(TransferError::read_from)? {
                let begun_then = there.entry(run.record.started.clone()).or_default();
                if !self.holds(&whole, begun_then).await? {
                    self.record(&whole).await?;
                    self.copied.runs.new += 1;
                }
                self.copied.runs.copied += 1;
            }
            self.stage.advance(1);
        }
        Ok(())
    }

    /// Tells whether the target holds this run among those that began then. Each of its runs
    /// answers for one run only, and is taken from the list.
    async fn holds(
        &self,
        whole: &WholeRun,
        begun_then: &mut Vec<StoredRun>,
    ) -> Result<bool, TransferError> {
        for at in 0..begun_then.len() {
            if begun_then[at].record != whole.0.record {
                continue;
            }
            let there = self.to.run(begun_then[at].id).await;
            let there = there.map_err(TransferError::read_to)?;
            if there.is_some_and(|there| is_same(&there, whole)) {
                begun_then.remove(at);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Puts a run and reads it back.
    async fn record(&mut self, whole: &WholeRun) -> Result<(), TransferError> {
        let (run, members) = whole;
        let new = NewRun {
            record: &run.record,
            members,
        };
        let id = self.to.record_run(new).await;
        let id = id.map_err(TransferError::write_to)?;
        let there = self.to.run(id).await.map_err(TransferError::read_to)?;
        let thing = || Thing::Run(run.id);
        self.differences
            .compare(there, |there| is_same(&there, whole), thing);
        Ok(())
    }
}

/// Compares all but the numbers of two runs, bit for bit.
fn is_same((a, a_members): &WholeRun, (b, b_members): &WholeRun) -> bool {
    let parts = |member: &RunMember| {
        let strength = member.strength.map(f32::to_bits);
        (member.path.clone(), member.content, member.label, strength)
    };
    a.record == b.record && a_members.iter().map(parts).eq(b_members.iter().map(parts))
}
