//! `selection.csv`: what an automatic choice tried.

use std::io::Write;

use imgcluster_core::{Outcome, Trial};

use crate::VizError;

const COLUMNS: [&str; 10] = [
    "chosen",
    "algorithm",
    "flags",
    "clusters",
    "noise",
    "silhouette",
    "calinski_harabasz",
    "davies_bouldin",
    "score",
    "reason",
];

/// Writes one line a setting, the best first: `chosen` (1 or 0), the algorithm, the flags that ask
/// for it, how many clusters and how much noise it gave, the three scores, the one they make
/// together, and why it did not run or is not compared.
///
/// What is not known is empty.
///
/// # Errors
/// If it cannot be written.
pub fn write_selection_csv(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    let mut table = csv::Writer::from_writer(writer);
    let mut fill = || -> csv::Result<()> {
        table.write_record(COLUMNS)?;
        for trial in outcome.trials {
            table.write_record(record(trial))?;
        }
        Ok(table.flush()?)
    };
    fill().map_err(|error| VizError::write("selection.csv")(error.into()))
}

fn record(trial: &Trial) -> [String; COLUMNS.len()] {
    let count = |count: Option<usize>| count.map_or_else(String::new, |count| count.to_string());
    let score = |score: Option<f64>| score.map_or_else(String::new, |score| score.to_string());
    [
        u8::from(trial.is_chosen).to_string(),
        trial.algorithm.to_owned(),
        trial.flags(),
        count(trial.clusters),
        count(trial.noise),
        score(trial.silhouette),
        score(trial.calinski_harabasz),
        score(trial.davies_bouldin),
        score(trial.score),
        trial.reason.clone().unwrap_or_default(),
    ]
}
