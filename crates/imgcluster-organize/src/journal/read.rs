//! Reads a journal, without keeping more of it than is needed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Header, Record, Step, VERSION};
use crate::OrganizeError;
use crate::disk::Time;

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It was begun; the disk tells how far it came.
    Begun,
    Done,
    Failed,
    /// Taking it back was begun.
    Undoing,
    Undone,
    /// It could not be taken back.
    Left,
}

/// A step, as far as it has to be remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Where its line begins.
    pub(crate) offset: u64,
    /// Where the line of its end begins, if it was done.
    pub(crate) done: Option<std::num::NonZeroU64>,
    pub(crate) unit: Option<u32>,
    pub(crate) last: bool,
    pub(crate) state: State,
}

/// A journal that was read.
#[derive(Debug)]
pub(crate) struct Contents {
    /// `None` if not even the first line was finished: nothing was begun.
    pub(crate) header: Option<Header>,
    /// By number.
    pub(crate) steps: Vec<Known>,
    /// The folders, as they were before anything in them was touched.
    pub(crate) folders: HashMap<PathBuf, (Time, Time)>,
    /// Whether the plan was carried out to its end.
    pub(crate) ended: bool,
    /// Whether an undo was begun.
    pub(crate) undo_begun: bool,
    /// Whether an undo came to its end.
    pub(crate) undo_ended: bool,
    /// Up to here the file holds whole lines.
    pub(crate) length: u64,
    file: BufReader<File>,
    path: PathBuf,
}

/// Reads it. A last line that was not finished is as if it were not there: what it says was never
/// acted upon.
pub(crate) fn read(path: &Path) -> Result<Contents, OrganizeError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    let mut contents = Contents {
        header: None,
        steps: Vec::new(),
        folders: HashMap::new(),
        ended: false,
        undo_begun: false,
        undo_ended: false,
        length: 0,
        file: BufReader::with_capacity(1 << 13, file),
        path: path.to_owned(),
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        contents
            .file
            .read_until(b'\n', &mut line)
            .map_err(|source| unreadable(path, source))?;
        if line.last() != Some(&b'\n') {
            break;
        }
        let record = serde_json::from_slice(&line).map_err(|source| OrganizeError::Garbage {
            path: path.to_owned(),
            line: number,
            source,
        })?;
        contents.take(record, number)?;
        contents.length += line.len() as u64;
    }
    Ok(contents)
}

impl Contents {
    fn take(&mut self, record: Record, line: u64) -> Result<(), OrganizeError> {
        if self.header.is_some() == matches!(record, Record::Journal(_)) {
            return Err(self.out_of_order(line));
        }
        let state = match record {
            Record::Journal(header) if header.version != VERSION => {
                return Err(OrganizeError::JournalVersion {
                    path: self.path.clone(),
                    version: header.version,
                });
            }
            Record::Journal(header) => {
                self.header = Some(header);
                return Ok(());
            }
            Record::Begin(step) => return self.take_step(&step, line),
            Record::Times {
                folder,
                accessed,
                modified,
            } => {
                self.folders.entry(folder).or_insert((accessed, modified));
                return Ok(());
            }
            Record::Refused { .. } => return Ok(()),
            Record::End { .. } => {
                self.ended = true;
                return Ok(());
            }
            Record::UndoEnd { .. } => {
                self.undo_ended = true;
                self.undo_begun = true;
                return Ok(());
            }
            Record::UndoBegin => {
                self.undo_begun = true;
                self.undo_ended = false;
                return Ok(());
            }
            Record::Done { step, .. } => (step, State::Done),
            Record::Failed { step, .. } => (step, State::Failed),
            Record::Undoing { step } => (step, State::Undoing),
            Record::Undone { step } => (step, State::Undone),
            Record::Left { step, .. } => (step, State::Left),
        };
        self.change(state, line)
    }

    fn take_step(&mut self, step: &Step, line: u64) -> Result<(), OrganizeError> {
        if step.number as usize != self.steps.len() {
            return Err(self.out_of_order(line));
        }
        self.ended = false;
        self.steps.push(Known {
            offset: self.length,
            done: None,
            unit: step.unit,
            last: step.last,
            state: State::Begun,
        });
        Ok(())
    }

    fn change(&mut self, (step, to): (u32, State), line: u64) -> Result<(), OrganizeError> {
        let error = self.out_of_order(line);
        let offset = self.length;
        let known = self.steps.get_mut(step as usize).ok_or(error)?;
        known.state = to;
        if to == State::Done {
            known.done = std::num::NonZeroU64::new(offset);
        }
        Ok(())
    }

    fn out_of_order(&self, line: u64) -> OrganizeError {
        OrganizeError::OutOfOrder {
            path: self.path.clone(),
            line,
        }
    }

    /// Reads a step again.
    pub(crate) fn step(&mut self, number: u32) -> Result<Step, OrganizeError> {
        let offset = self.steps[number as usize].offset;
        match self.record_at(offset)? {
            Record::Begin(step) => Ok(step),
            _ => Err(self.out_of_order(0)),
        }
    }

    /// Reads again what a step has made.
    pub(crate) fn made(&mut self, number: u32) -> Result<Option<super::Made>, OrganizeError> {
        let Some(offset) = self.steps[number as usize].done else {
            return Ok(None);
        };
        match self.record_at(offset.get())? {
            Record::Done { made, .. } => Ok(made),
            _ => Err(self.out_of_order(0)),
        }
    }

    fn record_at(&mut self, offset: u64) -> Result<Record, OrganizeError> {
        let mut line = Vec::new();
        let length = self.length - offset;
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&mut self.file).take(length).read_until(b'\n', &mut line))
            .map_err(|source| unreadable(&self.path, source))?;
        serde_json::from_slice(&line).map_err(|source| OrganizeError::Garbage {
            path: self.path.clone(),
            line: 0,
            source,
        })
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> OrganizeError {
    OrganizeError::ReadJournal {
        path: path.to_owned(),
        source,
    }
}
