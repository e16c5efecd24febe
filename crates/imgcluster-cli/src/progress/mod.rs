//! What the libraries report, shown as bars, as JSON lines, or not at all.

mod bars;
mod json_lines;
mod timer;

use std::io::{IsTerminal, stderr};

use imgcluster_core::{Event, Reporter};

use crate::arguments::CommonArguments;
use crate::arguments::ProgressChoice;
use crate::printer::say;
use bars::Bars;
use json_lines::JsonLines;
pub(crate) use timer::StageTimer;

/// Makes the reporter that the flags ask for.
pub(crate) fn reporter(common: &CommonArguments) -> Box<dyn Reporter + Send> {
    match common.progress {
        ProgressChoice::Json => Box::new(JsonLines),
        ProgressChoice::None => Box::new(WarningsOnly),
        _ if common.quiet => Box::new(WarningsOnly),
        ProgressChoice::Bar => Box::new(Bars::new()),
        ProgressChoice::Auto if stderr().is_terminal() => Box::new(Bars::new()),
        ProgressChoice::Auto => Box::new(WarningsOnly),
    }
}

/// Shows warnings and nothing else.
struct WarningsOnly;

impl Reporter for WarningsOnly {
    fn report(&self, event: &Event<'_>) {
        if let Event::Warning { message } = event {
            say(&format!("warning: {message}"));
        }
    }
}
