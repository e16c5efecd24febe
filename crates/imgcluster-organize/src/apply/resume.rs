//! Goes on with a journal: what was interrupted is settled, and pictures that are not whole are
//! taken back, to be done anew.

use super::run::Run;
use crate::OrganizeError;
use crate::Refused;
use crate::journal::{Contents, Known, Record, State};
use crate::steps::Settled;

/// What has become of a picture before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Nothing of it is done.
    Open,
    Done,
    /// Something of it is done that can be neither finished nor taken back.
    Stuck,
}

/// Settles what was begun. Returns what has become of each of `units` pictures.
pub(super) fn recover(
    run: &mut Run<'_>,
    contents: &mut Contents,
    units: usize,
) -> Result<Vec<Past>, OrganizeError> {
    let mut past = vec![Past::Open; units];
    for number in (0..contents.steps.len() as u32).rev() {
        if contents.steps[number as usize].state == State::Begun {
            settle(run, contents, number, &mut past)?;
        }
    }
    for known in &contents.steps {
        if let (State::Done, true, Some(unit)) = (known.state, known.last, known.unit) {
            mark(&mut past, unit, Past::Done);
        }
    }
    for number in (0..contents.steps.len() as u32).rev() {
        let Known { state, unit, .. } = contents.steps[number as usize];
        let Some(unit) = unit else { continue };
        let interrupted = matches!(state, State::Undoing | State::Left);
        let incomplete = state == State::Done && past.get(unit as usize) == Some(&Past::Open);
        if interrupted || incomplete {
            let (step, made) = (contents.step(number)?, contents.made(number)?);
            if !run.roll_back(vec![(step, made)])? {
                // What is there of it must not be done twice.
                mark(&mut past, unit, Past::Stuck);
            }
        }
    }
    run.journal.sync()?;
    Ok(past)
}

fn settle(
    run: &mut Run<'_>,
    contents: &mut Contents,
    number: u32,
    past: &mut [Past],
) -> Result<(), OrganizeError> {
    let step = contents.step(number)?;
    let (state, record) = match run.hands.settle(&step) {
        Ok(Settled::Done(made)) => (State::Done, Record::Done { step: number, made }),
        Ok(Settled::NotDone) => {
            let reason = "it was interrupted".to_owned();
            (
                State::Failed,
                Record::Failed {
                    step: number,
                    reason,
                },
            )
        }
        Err(error) => {
            run.out.failed.push(Refused {
                path: step.task.source().unwrap_or(step.task.place()).to_owned(),
                reason: format!("it is left half done: {error}"),
            });
            if let Some(unit) = step.unit {
                mark(past, unit, Past::Stuck);
            }
            return Ok(());
        }
    };
    contents.steps[number as usize].state = state;
    run.journal.add(&record)
}

fn mark(past: &mut [Past], unit: u32, as_what: Past) {
    if let Some(past) = past.get_mut(unit as usize) {
        *past = as_what;
    }
}
