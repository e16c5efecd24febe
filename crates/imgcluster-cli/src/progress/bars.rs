//! Bars on a terminal, with rate and time left.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use imgcluster_core::{Event, Reporter, Stage};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::printer::say;

pub(super) struct Bars {
    all: MultiProgress,
    running: Mutex<HashMap<Stage, ProgressBar>>,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self {
            all: MultiProgress::new(),
            running: Mutex::default(),
        }
    }

    fn start(&self, stage: Stage, total: Option<u64>) {
        let (bar, template) = match total {
            Some(total) if stage == Stage::Download => (
                ProgressBar::new(total),
                "{prefix:>9} [{bar:30}] {bytes}/{total_bytes} · {bytes_per_sec} · {eta} left",
            ),
            Some(total) if stage == Stage::Train => (
                ProgressBar::new(total),
                "{prefix:>9} [{bar:20}] {percent}% · {rate} · {eta} left{msg}",
            ),
            Some(total) => (
                ProgressBar::new(total),
                "{prefix:>9} [{bar:30}] {human_pos}/{human_len} · {rate} · {eta} left",
            ),
            None => (
                ProgressBar::new_spinner(),
                "{prefix:>9} {spinner} {elapsed}",
            ),
        };
        // A template that does not parse would only cost the looks.
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                // A rate that cannot be written would only cost the looks.
                let _ = write!(out, "{:.0}/s", state.per_sec());
            };
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ ").with_key("rate", rate));
        }
        bar.set_prefix(verb(stage));
        let bar = self.all.add(bar);
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(stage, bar);
    }
}

impl Reporter for Bars {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Started { stage, total } => self.start(*stage, *total),
            Event::Advanced { stage, by } => {
                let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = running.get(stage) {
                    bar.inc(*by);
                }
            }
            Event::Warning { message } => {
                let line = format!("warning: {message}");
                if self.all.is_hidden() {
                    say(&line);
                } else {
                    // Nobody can be told if standard error is gone.
                    drop(self.all.println(line));
                }
            }
            Event::Epoch { epochs, loss } => {
                let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = running.get(&Stage::Train) {
                    let (epoch, train) = (loss.epoch, loss.train);
                    let held_out = loss.validation.map(|loss| format!(", held out {loss:.5}"));
                    let held_out = held_out.unwrap_or_default();
                    bar.set_message(format!(
                        " · epoch {epoch}/{epochs}: loss {train:.5}{held_out}"
                    ));
                }
            }
            Event::Finished { stage } => {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(bar) = running.remove(stage) {
                    bar.finish_and_clear();
                }
            }
            // Skipped files are listed once, at the end.
            _ => {}
        }
    }
}

fn verb(stage: Stage) -> &'static str {
    match stage {
        Stage::Download => "fetching",
        Stage::Walk => "finding",
        Stage::Ingest => "embedding",
        Stage::Load => "loading",
        Stage::Read => "reading",
        Stage::Train => "training",
        Stage::Compare => "comparing",
        Stage::Cluster => "clustering",
        Stage::Project => "mapping",
        Stage::Write => "writing",
        Stage::Copy => "copying",
        Stage::Apply => "applying",
        Stage::Undo => "undoing",
        _ => "working",
    }
}
