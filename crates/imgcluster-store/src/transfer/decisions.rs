//! What people decided.

use std::collections::HashMap;

use imgcluster_core::{Decision, Store};

use super::{Thing, Transfer, TransferError};
use crate::decisions::identity;

impl<F: Store, T: Store> Transfer<'_, F, T> {
    /// Copies the decisions that the target does not hold, the oldest first.
    pub(super) async fn decisions(&mut self) -> Result<(), TransferError> {
        let decisions = self.from.decisions().await;
        let decisions = decisions.map_err(TransferError::read_from)?;
        let before = self.held_decisions().await?;
        for page in decisions.chunks(self.page.get()) {
            self.job.check()?;
            let fresh = page.iter().map(|stored| &stored.decision);
            let fresh: Vec<Decision> = fresh
                .filter(|decision| !before.contains_key(&identity(decision)))
                .cloned()
                .collect();
            if !fresh.is_empty() {
                let put = self.to.decide(&fresh).await;
                put.map_err(TransferError::write_to)?;
            }
            self.copied.decisions.copied += page.len() as u64;
            self.copied.decisions.new += fresh.len() as u64;
            self.stage.advance(page.len() as u64);
        }
        if self.copied.decisions.new > 0 {
            let there = self.held_decisions().await?;
            for stored in &decisions {
                let identity = identity(&stored.decision);
                // one that was there before keeps its time and paths
                let wanted = before.get(&identity).unwrap_or(&stored.decision);
                let thing = || Thing::Decision(stored.id);
                self.differences
                    .compare(there.get(&identity), |there| there == wanted, thing);
            }
        }
        Ok(())
    }

    /// Loads the decisions of the target by what they mean.
    async fn held_decisions(&self) -> Result<HashMap<[u8; 32], Decision>, TransferError> {
        let there = self.to.decisions().await.map_err(TransferError::read_to)?;
        let there = there.into_iter().map(|stored| stored.decision);
        Ok(there
            .map(|decision| (identity(&decision), decision))
            .collect())
    }
}
