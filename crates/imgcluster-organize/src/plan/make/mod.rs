//! Making plans.

mod sort;
#[cfg(test)]
mod tests;
mod thin;

use std::io;
use std::path::{Path, PathBuf};

use imgcluster_core::{Cancelled, Job};

use super::{InvalidPlan, PlannedFile};
use crate::sidecars::{Companion, SidecarError, Sidecars, Travel};

pub use sort::{SortRequest, plan_sort};
pub use thin::{Duplicates, ThinRequest, plan_thin};

/// A plan, and what is not in it.
#[derive(Debug)]
pub struct Made<P> {
    /// The plan; it was checked.
    pub plan: P,
    /// Pictures that stay where they are, for what belongs to them could not be read; in the order
    /// of the pictures.
    pub left_out: Vec<LeftOut>,
}

/// A picture that stays where it is.
#[derive(Debug, thiserror::Error)]
#[error("`{}` stays where it is, for `{}` belongs to it and could not be read", picture.display(), sidecar.display())]
pub struct LeftOut {
    /// The picture.
    pub picture: PathBuf,
    /// What belongs to it.
    pub sidecar: PathBuf,
    /// Why that could not be read.
    pub source: io::Error,
}

/// A plan that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// What belongs to the pictures is not known.
    #[error(transparent)]
    Sidecars(#[from] SidecarError),
    /// No plan may ask for this.
    #[error("the plan would be refused")]
    Invalid(#[from] InvalidPlan),
    /// It was stopped on request.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What there is to say of a sidecar.
enum Seen {
    /// It is there.
    File(PlannedFile),
    /// It is gone, and so is nobody's.
    Gone,
    /// It is there and cannot be read.
    Unreadable(io::Error),
}

/// Looks at each sidecar that travels with one of the pictures, once. Sidecars that are pictures
/// are known.
fn look(
    sidecars: &Sidecars,
    travel: &Travel<'_>,
    pictures: &[PlannedFile],
    job: &Job<'_>,
) -> Result<Vec<Option<Seen>>, Cancelled> {
    let mut seen: Vec<Option<Seen>> = Vec::new();
    seen.resize_with(sidecars.total(), || None);
    for picture in 0..pictures.len() {
        for Companion {
            number,
            path,
            picture,
        } in travel.with(picture)
        {
            if seen[number].is_some() {
                continue;
            }
            job.check()?;
            seen[number] = Some(match picture {
                Some(known) => Seen::File(pictures[known].clone()),
                None => match PlannedFile::look(path) {
                    Ok(file) => Seen::File(file),
                    Err(gone) if gone.kind() == io::ErrorKind::NotFound => Seen::Gone,
                    Err(error) => Seen::Unreadable(error),
                },
            });
        }
    }
    Ok(seen)
}

/// Notes, for each picture, which sidecar keeps it and its family where they are.
fn stuck(travel: &Travel<'_>, seen: &[Option<Seen>], count: usize) -> Vec<Option<usize>> {
    let mut stuck = vec![None; count];
    for picture in 0..count {
        let unreadable = |number: &usize| matches!(seen[*number], Some(Seen::Unreadable(_)));
        let numbers = travel.with(picture).map(|file| file.number);
        let family = &mut stuck[travel.family(picture)];
        *family = family.or(numbers.into_iter().find(unreadable));
    }
    (0..count)
        .map(|picture| stuck[travel.family(picture)])
        .collect()
}

/// Tells that a picture stays because of a sidecar.
fn left_out(picture: &PlannedFile, sidecar: &Path, seen: Option<&Seen>) -> LeftOut {
    let source = match seen {
        // An error cannot be cloned, and several pictures may share the sidecar.
        Some(Seen::Unreadable(error)) => match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        },
        _ => io::ErrorKind::Other.into(),
    };
    LeftOut {
        picture: picture.path.clone(),
        sidecar: sidecar.to_owned(),
        source,
    }
}
