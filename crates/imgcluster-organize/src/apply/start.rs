//! Everything before the first step: the folders, the locks, and the journal.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use imgcluster_core::ContentHash;

use super::check::Bounds;
use super::claims::{Claims, identify};
use super::names::Names;
use super::run::Run;
use super::tally::Tally;
use crate::OrganizeError;
use crate::disk::Disk;
use crate::journal::{Contents, Exact, Header, Journal, VERSION, read};
use crate::lock::{Locks, Wanted};
use crate::plan::{Plan, SortAction};
use crate::steps::Hands;
use crate::trash::Trash;
use crate::{Applied, ApplyOptions, Doing, ThinAction};

/// What is known before the first step.
#[derive(Debug)]
pub(super) struct Begun<'a> {
    pub(super) hidden: String,
    pub(super) contents: Option<Contents>,
    journal: Option<Journal<'a>>,
    bounds: Bounds,
    doing: Doing,
    target: Option<PathBuf>,
    notes: Vec<String>,
    locks: Locks,
}

pub(super) fn start<'a>(
    disk: &'a Disk,
    (plan, plan_path, plan_hash): (&Plan, &Path, ContentHash),
    options: &ApplyOptions,
) -> Result<Begun<'a>, OrganizeError> {
    let machine = match plan {
        Plan::Thin(plan) => plan.machine.as_ref(),
        Plan::Sort(plan) => plan.machine.as_ref(),
    };
    check_machine(machine, options.machine.as_ref())?;
    let (doing, target) = doing(plan, options)?;
    let bounds = bounds(plan, doing)?;
    let target = target.map(|target| real(&target)).transpose()?;
    if let Some(target) = &target {
        check_target(target, &bounds.references)?;
    }
    let mut wanted = wanted(doing, &bounds.roots, target.as_deref());
    for reference in &bounds.references {
        add(&mut wanted, reference, false);
    }
    let locks = Locks::take(disk, &wanted)?;
    let mut begun = Begun {
        hidden: String::new(),
        contents: None,
        journal: None,
        bounds,
        doing,
        target,
        notes: Vec::new(),
        locks,
    };
    for folder in &begun.locks.without {
        begun.notes.push(format!(
            "`{}` is on a file system without locks; nothing keeps another run out of it",
            folder.display()
        ));
    }
    let header = Header {
        version: VERSION,
        program: concat!("imgcluster ", env!("CARGO_PKG_VERSION")).to_owned(),
        machine: options.machine.clone(),
        plan: plan_path.to_owned(),
        plan_hash,
        doing,
        roots: begun.bounds.roots.iter().cloned().map(Exact).collect(),
        target: begun.target.clone().map(Exact),
        hidden: hidden(plan_hash),
    };
    begun.open(disk, plan_path, &header, options)?;
    Ok(begun)
}

impl<'a> Begun<'a> {
    /// Opens the journal that is to be gone on with, or makes a new one.
    fn open(
        &mut self,
        disk: &'a Disk,
        plan_path: &Path,
        header: &Header,
        options: &ApplyOptions,
    ) -> Result<(), OrganizeError> {
        let numbers = journal_numbers(plan_path)?;
        let mut unused = None;
        for number in numbers.iter().rev() {
            let path = journal_path(plan_path, *number);
            let Some(mut journal) = Journal::find(disk, &path, options.sync)? else {
                continue;
            };
            let contents = read(&path)?;
            let Some(before) = &contents.header else {
                unused.get_or_insert(journal);
                continue;
            };
            if contents.undo_begun && !contents.undo_ended {
                return Err(OrganizeError::HalfUndone { journal: path });
            }
            let same = before.plan_hash == header.plan_hash
                && before.doing == header.doing
                && before.target == header.target;
            if !contents.undo_ended && same {
                journal.continue_at(contents.length, contents.steps.len() as u32)?;
                self.hidden.clone_from(&before.hidden);
                self.contents = Some(contents);
                self.journal = Some(journal);
                return Ok(());
            }
            if !contents.undo_ended && !contents.ended {
                return Err(OrganizeError::Unfinished { journal: path });
            }
            break;
        }
        if let Some(journal) = unused {
            return self.begin(journal, header);
        }
        let latest = numbers.last().copied().unwrap_or(0);
        let Some(next) = latest.checked_add(1) else {
            return Err(OrganizeError::WriteJournal {
                path: journal_path(plan_path, latest),
                source: io::Error::other("no number is left for another journal"),
            });
        };
        let path = journal_path(plan_path, next);
        self.begin(Journal::create(disk, &path, options.sync)?, header)
    }

    fn begin(&mut self, mut journal: Journal<'a>, header: &Header) -> Result<(), OrganizeError> {
        journal.head(header)?;
        self.hidden.clone_from(&header.hidden);
        self.journal = Some(journal);
        Ok(())
    }
}

/// Makes what carries out the steps. The locks stay with `begun`.
pub(super) fn run<'a, 'j: 'a>(
    disk: &'a Disk,
    hidden: &'a str,
    options: &'a ApplyOptions,
    begun: &mut Begun<'j>,
) -> Result<Run<'a>, OrganizeError> {
    let Some(journal) = begun.journal.take() else {
        return Err(OrganizeError::Unsupported);
    };
    let mut touched = HashSet::new();
    if let Some(contents) = &mut begun.contents {
        touched.extend(std::mem::take(&mut contents.folders).into_keys());
    }
    let out = Applied {
        journal: journal.path().to_owned(),
        notes: std::mem::take(&mut begun.notes),
        resumed: begun.contents.is_some(),
        ..Applied::default()
    };
    Ok(Run {
        disk,
        hands: Hands { disk, hidden },
        journal,
        bounds: std::mem::take(&mut begun.bounds),
        claims: Claims::default(),
        doing: begun.doing,
        target: begun.target.take(),
        trash: options
            .trash
            .as_ref()
            .map(|folder| Trash::new(disk, folder)),
        names: Names::default(),
        folders: BTreeMap::new(),
        touched,
        out,
        tally: Tally::default(),
    })
}

/// Refuses what was made on another machine.
pub(crate) fn check_machine(
    made_on: Option<&String>,
    here: Option<&String>,
) -> Result<(), OrganizeError> {
    match (made_on, here) {
        (Some(made_on), Some(here)) if made_on != here => Err(OrganizeError::OtherMachine {
            made_on: made_on.clone(),
            here: here.clone(),
        }),
        _ => Ok(()),
    }
}

/// What is done, and where files are brought.
fn doing(plan: &Plan, options: &ApplyOptions) -> Result<(Doing, Option<PathBuf>), OrganizeError> {
    let action = match (plan, &options.action) {
        (Plan::Sort(_), Some(_)) => return Err(OrganizeError::ActionGiven),
        (Plan::Sort(plan), None) => {
            let doing = match plan.action {
                SortAction::Copy => Doing::SortCopy,
                SortAction::Move => Doing::SortMove,
                SortAction::Hardlink => Doing::SortHardlink,
                SortAction::Symlink => Doing::SortSymlink,
            };
            return Ok((doing, Some(plan.target.clone())));
        }
        (Plan::Thin(_), Some(action)) => action.clone(),
        (Plan::Thin(_), None) => ThinAction::default(),
    };
    Ok(match action {
        ThinAction::Trash if options.trash.is_none() => return Err(OrganizeError::NoTrash),
        ThinAction::Trash => (Doing::ThinTrash, None),
        ThinAction::Move(folder) => (Doing::ThinMove, Some(folder)),
        ThinAction::Hardlink => (Doing::ThinHardlink, None),
        ThinAction::Symlink => (Doing::ThinSymlink, None),
        ThinAction::Reflink => (Doing::ThinReflink, None),
        ThinAction::Delete => (Doing::ThinDelete, None),
    })
}

fn bounds(plan: &Plan, doing: Doing) -> Result<Bounds, OrganizeError> {
    let (roots, references, follow) = match plan {
        Plan::Thin(plan) => (&plan.roots, plan.references.as_slice(), false),
        Plan::Sort(plan) => (&plan.roots, [].as_slice(), plan.follow_symlinks),
    };
    let real = |folders: &[PathBuf]| -> Result<Vec<_>, OrganizeError> {
        folders
            .iter()
            .map(|folder| {
                absolute(folder)?;
                folder
                    .canonicalize()
                    .map_err(|source| OrganizeError::Folder {
                        path: folder.clone(),
                        source,
                    })
            })
            .collect()
    };
    Ok(Bounds {
        roots: real(roots)?,
        roots_as_planned: roots.clone(),
        references: real(references)?,
        // A link that is moved is a link no more to what it led to, or leads from elsewhere.
        follow_symlinks: follow && doing != Doing::SortMove,
    })
}

fn absolute(path: &Path) -> Result<(), OrganizeError> {
    if path.is_absolute() {
        Ok(())
    } else {
        Err(OrganizeError::Relative {
            path: path.to_owned(),
        })
    }
}

/// The real path of a folder that may have to be made.
pub(crate) fn real(folder: &Path) -> Result<PathBuf, OrganizeError> {
    absolute(folder)?;
    let failed = |source| OrganizeError::Folder {
        path: folder.to_owned(),
        source,
    };
    for outer in folder.ancestors() {
        match outer.canonicalize() {
            Ok(found) => {
                let rest = folder.strip_prefix(outer).unwrap_or(Path::new(""));
                let leads_up = rest
                    .components()
                    .any(|part| !matches!(part, std::path::Component::Normal(_)));
                return if leads_up {
                    Err(failed(io::ErrorKind::NotFound.into()))
                } else if rest.as_os_str().is_empty() {
                    Ok(found)
                } else {
                    Ok(found.join(rest))
                };
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::ErrorKind::NotFound.into()))
}

/// Refuses a target that is, holds or lies in a reference folder. All are real paths; one folder
/// may have two where file systems are mounted twice.
fn check_target(target: &Path, references: &[PathBuf]) -> Result<(), OrganizeError> {
    let is_at_or_in = |inner: &Path, outer: &Path| {
        let outer_id = identify(outer);
        inner.starts_with(outer)
            || outer_id.is_some() && inner.ancestors().any(|inner| identify(inner) == outer_id)
    };
    let at =
        |reference: &&PathBuf| is_at_or_in(target, reference) || is_at_or_in(reference, target);
    match references.iter().find(at) {
        Some(reference) => Err(OrganizeError::TargetAtReference {
            target: target.to_owned(),
            reference: reference.clone(),
        }),
        None => Ok(()),
    }
}

/// Locks the folders that are worked in: those that only read are shared with others that do.
pub(crate) fn lock(
    disk: &Disk,
    doing: Doing,
    roots: &[PathBuf],
    target: Option<&Path>,
) -> Result<Locks, OrganizeError> {
    Locks::take(disk, &wanted(doing, roots, target))
}

fn wanted(doing: Doing, roots: &[PathBuf], target: Option<&Path>) -> Wanted {
    let alone = !matches!(
        doing,
        Doing::SortCopy | Doing::SortHardlink | Doing::SortSymlink
    );
    let mut wanted = Wanted::default();
    for root in roots {
        // An undo may be what brings a root back.
        add(&mut wanted, root, alone);
    }
    if let Some(target) = target {
        // Where the folder is yet to be made, whoever makes it in there meets us here.
        add(&mut wanted, target, true);
    }
    wanted
}

/// Asks for a folder, or for the one that holds it where it is a file or is not there.
fn add(wanted: &mut Wanted, path: &Path, alone: bool) {
    if let Some(folder) = path.ancestors().find(|folder| folder.is_dir()) {
        wanted.add(folder, alone);
    }
}

/// Begins the names that are used for a moment only; no two runs have the same.
fn hidden(plan_hash: ContentHash) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos());
    let mut hasher = blake3::Hasher::new();
    hasher.update(&plan_hash.0);
    hasher.update(&now.to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    let tag = hasher.finalize().to_hex();
    format!(".imgcluster-{}-", &tag[..10])
}

/// The numbers that journals of a plan seem to have, in order. A name that this program would not
/// have given is not one of them.
fn journal_numbers(plan_path: &Path) -> Result<Vec<u32>, OrganizeError> {
    let folder = match plan_path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |source| OrganizeError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut begins = plan_path.file_stem().unwrap_or_default().to_owned();
    begins.push(".journal-");
    let mut numbers = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name
            .as_bytes()
            .strip_prefix(begins.as_bytes())
            .and_then(|rest| rest.strip_suffix(b".jsonl"))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| Some((digits, digits.parse::<u32>().ok()?)))
            .filter(|(digits, number)| *number > 0 && number.to_string() == *digits);
        numbers.extend(number.map(|(_, number)| number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn journal_path(plan_path: &Path, number: u32) -> PathBuf {
    let mut name = plan_path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".journal-{number}.jsonl"));
    plan_path.with_file_name(name)
}
