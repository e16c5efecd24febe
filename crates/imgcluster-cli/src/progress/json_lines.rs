//! One JSON object a line, for programs that watch.

use imgcluster_core::{Event, Reporter};
use serde_json::json;

use crate::printer::say;

pub(super) struct JsonLines;

impl Reporter for JsonLines {
    fn report(&self, event: &Event<'_>) {
        let line = match event {
            Event::Started { stage, total } => {
                json!({"event": "started", "stage": stage.name(), "total": total})
            }
            Event::Advanced { stage, by } => {
                json!({"event": "advanced", "stage": stage.name(), "by": by})
            }
            Event::Skipped { path, reason } => {
                json!({"event": "skipped", "path": path.to_string_lossy(), "reason": reason})
            }
            Event::Warning { message } => json!({"event": "warning", "message": message}),
            Event::Epoch { epochs, loss } => json!({
                "event": "epoch",
                "epoch": loss.epoch,
                "epochs": epochs,
                "train": loss.train,
                "validation": loss.validation,
            }),
            Event::Finished { stage } => json!({"event": "finished", "stage": stage.name()}),
            _ => return,
        };
        say(&line.to_string());
    }
}
