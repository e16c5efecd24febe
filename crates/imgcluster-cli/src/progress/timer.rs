//! How long each stage took, for `run.json`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use imgcluster_core::{Event, Reporter, RunTimes, Stage};

/// Passes every event on and notes when stages begin and end.
pub(crate) struct StageTimer {
    inner: Box<dyn Reporter + Send>,
    state: Mutex<(HashMap<Stage, Instant>, RunTimes)>,
}

impl StageTimer {
    pub(crate) fn new(inner: Box<dyn Reporter + Send>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// Seconds of every stage that has ended, to the millisecond.
    pub(crate) fn times(&self) -> RunTimes {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .clone()
    }
}

impl Reporter for StageTimer {
    fn report(&self, event: &Event<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Started { stage, .. } => drop(state.0.insert(*stage, Instant::now())),
            Event::Finished { stage } => {
                if let Some(began) = state.0.remove(stage) {
                    let seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
                    *state.1.entry(stage.name().to_owned()).or_default() += seconds;
                }
            }
            _ => {}
        }
        drop(state);
        self.inner.report(event);
    }
}
