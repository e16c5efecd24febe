//! A plan as what has to hold together.

use std::path::Path;

use crate::Doing;
use crate::plan::{Plan, PlannedFile, Survivor};

/// A picture, with what belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Unit<'p> {
    /// Counted from zero over the plan.
    pub(super) number: u32,
    pub(super) files: Vec<&'p PlannedFile>,
    /// How many sidecars are not among them.
    pub(super) left_sidecars: usize,
    /// For plans that sort: where each file goes, relative to the target.
    pub(super) to: Vec<&'p Path>,
}

/// Pictures of which none is touched if any has changed.
#[derive(Debug, Clone)]
pub(super) struct Bundle<'p> {
    pub(super) keep: Option<&'p Survivor>,
    pub(super) units: Vec<Unit<'p>>,
}

/// Whether sidecars go where their pictures go.
pub(super) fn takes_sidecars(doing: Doing) -> bool {
    matches!(doing, Doing::ThinTrash | Doing::ThinMove)
}

/// How many pictures a plan acts on.
pub(super) fn count(plan: &Plan) -> usize {
    match plan {
        Plan::Thin(plan) => plan.groups.iter().map(|group| group.remove.len()).sum(),
        Plan::Sort(plan) => plan.files.len(),
    }
}

/// Walks through a plan. Sidecars are among the files of a unit only `with_sidecars`.
pub(super) fn bundles(
    plan: &Plan,
    with_sidecars: bool,
) -> Box<dyn Iterator<Item = Bundle<'_>> + '_> {
    match plan {
        Plan::Thin(plan) => {
            let mut number = 0..;
            Box::new(plan.groups.iter().map(move |group| {
                Bundle {
                    keep: Some(&group.keep),
                    units: group
                        .remove
                        .iter()
                        .zip(number.by_ref())
                        .map(|(removal, number)| Unit {
                            number,
                            files: std::iter::once(&removal.file)
                                .chain(removal.sidecars.iter().filter(|_| with_sidecars))
                                .collect(),
                            left_sidecars: if with_sidecars {
                                0
                            } else {
                                removal.sidecars.len()
                            },
                            to: Vec::new(),
                        })
                        .collect(),
                }
            }))
        }
        Plan::Sort(plan) => Box::new(plan.files.iter().zip(0..).map(|(placement, number)| {
            let sidecars = &placement.sidecars;
            Bundle {
                keep: None,
                units: vec![Unit {
                    number,
                    left_sidecars: 0,
                    files: std::iter::once(&placement.file)
                        .chain(sidecars.iter().map(|(file, _)| file))
                        .collect(),
                    to: std::iter::once(placement.to.as_path())
                        .chain(sidecars.iter().map(|(_, to)| to.as_path()))
                        .collect(),
                }],
            }
        })),
    }
}
