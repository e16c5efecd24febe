//! Goes on with a journal: what was interrupted is settled, and pictures that are not whole are
//! taken back, to be done anew.

use super::Refused;
use super::run::Run;
use crate::OrganizeError;
use crate::journal::{Contents, Known, Record, State};
use crate::steps::Settled;

/// Settles what was begun. Returns, for each of `units` pictures, whether it needs nothing more.
pub(super) fn recover(
    run: &mut Run<'_>,
    contents: &mut Contents,
    units: usize,
) -> Result<Vec<bool>, OrganizeError> {
    let mut skip = vec![false; units];
    for number in (0..contents.steps.len() as u32).rev() {
        if contents.steps[number as usize].state == State::Begun {
            settle(run, contents, number, &mut skip)?;
        }
    }
    for known in &contents.steps {
        if let (State::Done, true, Some(unit)) = (known.state, known.last, known.unit) {
            mark(&mut skip, unit);
        }
    }
    for number in (0..contents.steps.len() as u32).rev() {
        let Known { state, unit, .. } = contents.steps[number as usize];
        let Some(unit) = unit else { continue };
        let interrupted = matches!(state, State::Undoing | State::Left);
        let incomplete = state == State::Done && !skip.get(unit as usize).is_some_and(|done| *done);
        if interrupted || incomplete {
            let (step, made) = (contents.step(number)?, contents.made(number)?);
            if !run.roll_back(vec![(step, made)])? {
                // What is there of it must not be done twice.
                mark(&mut skip, unit);
            }
        }
    }
    run.journal.sync()?;
    Ok(skip)
}

fn settle(
    run: &mut Run<'_>,
    contents: &mut Contents,
    number: u32,
    skip: &mut [bool],
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
                mark(skip, unit);
            }
            return Ok(());
        }
    };
    contents.steps[number as usize].state = state;
    run.journal.add(&record)
}

fn mark(skip: &mut [bool], unit: u32) {
    if let Some(skip) = skip.get_mut(unit as usize) {
        *skip = true;
    }
}
