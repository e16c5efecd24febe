//! What no plan may ask for, whoever wrote it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::error::{InvalidPlan, OtherMachine, Place, Problem};
use super::{Group, Placement, Plan, SortAction, SortPlan, ThinPlan, paths};

impl Plan {
    /// Checks all of a plan that can be checked without looking at its files.
    ///
    /// What must hold: paths are absolute, have no `.` and `..`, and lie in a root, judged by their
    /// letters alone (what is kept may also lie in a reference folder); places are relative and
    /// distinct, none lies below another, and none is where a file of the plan comes from; no file
    /// is touched twice, kept and touched, or touched in a reference folder; no group is empty.
    ///
    /// That the files are those of the plan is seen when it is carried out. So is where links lead.
    ///
    /// # Errors
    /// [`InvalidPlan`] with the first place where one of these does not hold.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        match self {
            Self::Thin(plan) => plan.check(),
            Self::Sort(plan) => plan.check(),
        }
    }

    /// Checks that the plan was made on this machine, `here` being its name if it has one. A plan
    /// that names no machine holds on any.
    ///
    /// # Errors
    /// [`OtherMachine`].
    pub fn check_machine(&self, here: Option<&str>) -> Result<(), OtherMachine> {
        let (Self::Thin(ThinPlan { machine, .. }) | Self::Sort(SortPlan { machine, .. })) = self;
        match machine {
            Some(made_on) if here != Some(made_on) => Err(OtherMachine {
                made_on: made_on.clone(),
                here: here.map(str::to_owned),
            }),
            _ => Ok(()),
        }
    }
}

impl ThinPlan {
    /// Checks the plan; see [`Plan::check`].
    ///
    /// # Errors
    /// [`InvalidPlan`] with the first place where something does not hold.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        thin(self)
    }
}

impl SortPlan {
    /// Checks the plan; see [`Plan::check`].
    ///
    /// # Errors
    /// [`InvalidPlan`] with the first place where something does not hold.
    pub fn check(&self) -> Result<(), InvalidPlan> {
        sort(self)
    }
}

type Checked = Result<(), InvalidPlan>;

fn refuse(place: Place, problem: Problem) -> Checked {
    Err(InvalidPlan { place, problem })
}

/// Folders that a path may lie in, found in as many steps as the path has parts.
struct Folders<'a>(HashSet<&'a Path>);

impl<'a> Folders<'a> {
    fn new(list: &'a [PathBuf], place: fn(usize) -> Place) -> Result<Self, InvalidPlan> {
        for (at, folder) in list.iter().enumerate() {
            check_folder(folder, place(at))?;
        }
        Ok(Self(list.iter().map(PathBuf::as_path).collect()))
    }

    fn above(&self, path: &Path) -> Option<&'a Path> {
        path.ancestors()
            .find_map(|folder| self.0.get(folder))
            .copied()
    }
}

fn check_folder(path: &Path, place: Place) -> Checked {
    paths::check_folder(path).or_else(|why| {
        let path = path.to_owned();
        refuse(place, Problem::Path { path, why })
    })
}

fn check_file(path: &Path, place: Place) -> Checked {
    paths::check_file(path).or_else(|why| {
        let path = path.to_owned();
        refuse(place, Problem::Path { path, why })
    })
}

fn check_similarity(similarity: Option<f32>, place: Place) -> Checked {
    match similarity {
        Some(value) if !value.is_finite() => refuse(place, Problem::NotFinite),
        _ => Ok(()),
    }
}

/// Notes that a file has a place; it may have no other.
fn once<'a>(seen: &mut HashMap<&'a Path, Place>, path: &'a Path, place: Place) -> Checked {
    match seen.insert(path, place) {
        None => Ok(()),
        Some(before) => {
            let path = path.to_owned();
            refuse(place, Problem::Twice { path, before })
        }
    }
}

struct ThinCheck<'a> {
    roots: Folders<'a>,
    references: Folders<'a>,
    /// Where each file is that is kept.
    kept: HashMap<&'a Path, Place>,
    /// Where each file is that is done away with.
    touched: HashMap<&'a Path, Place>,
}

fn thin(plan: &ThinPlan) -> Checked {
    let mut check = ThinCheck {
        roots: Folders::new(&plan.roots, Place::Root)?,
        references: Folders::new(&plan.references, Place::Reference)?,
        kept: HashMap::new(),
        touched: HashMap::new(),
    };
    for (number, group) in plan.groups.iter().enumerate() {
        check.keep(group, number)?;
    }
    for (number, group) in plan.groups.iter().enumerate() {
        check.remove(group, number)?;
    }
    for (number, set) in plan.not_duplicates.iter().enumerate() {
        if set.is_empty() {
            return refuse(Place::NotDuplicates(number), Problem::Empty);
        }
        let mut seen = HashMap::new();
        for (at, file) in set.iter().enumerate() {
            let place = Place::NotDuplicate(number, at);
            check.known(&file.path, place)?;
            once(&mut seen, &file.path, place)?;
        }
    }
    Ok(())
}

impl<'a> ThinCheck<'a> {
    /// A file that is only looked at.
    fn known(&self, path: &Path, place: Place) -> Checked {
        check_file(path, place)?;
        if self.roots.above(path).is_none() && self.references.above(path).is_none() {
            return refuse(place, Problem::Outside(path.to_owned()));
        }
        Ok(())
    }

    /// A file that is done away with.
    fn touched(&mut self, path: &'a Path, place: Place) -> Checked {
        check_file(path, place)?;
        if let Some(folder) = self.references.above(path) {
            let (path, folder) = (path.to_owned(), folder.to_owned());
            return refuse(place, Problem::InReference { path, folder });
        }
        if self.roots.above(path).is_none() {
            return refuse(place, Problem::Outside(path.to_owned()));
        }
        if let Some(&before) = self.kept.get(path) {
            let path = path.to_owned();
            return refuse(place, Problem::Twice { path, before });
        }
        once(&mut self.touched, path, place)
    }

    fn keep(&mut self, group: &'a Group, number: usize) -> Checked {
        let path = group.keep.file.path.as_path();
        self.known(path, Place::Keep(number))?;
        self.kept.entry(path).or_insert(Place::Keep(number));
        Ok(())
    }

    fn remove(&mut self, group: &'a Group, number: usize) -> Checked {
        if group.remove.is_empty() {
            return refuse(Place::Group(number), Problem::Empty);
        }
        check_similarity(group.worst_similarity, Place::Group(number))?;
        for (at, removal) in group.remove.iter().enumerate() {
            let place = Place::Remove(number, at);
            check_similarity(removal.similarity, place)?;
            self.touched(&removal.file.path, place)?;
            for (sidecar, file) in removal.sidecars.iter().enumerate() {
                self.touched(&file.path, Place::RemoveSidecar(number, at, sidecar))?;
            }
        }
        Ok(())
    }
}

fn sort(plan: &SortPlan) -> Checked {
    let roots = Folders::new(&plan.roots, Place::Root)?;
    check_folder(&plan.target, Place::Target)?;
    let mut sources = HashMap::new();
    let mut places = HashMap::new();
    for Step { from, to, place } in steps(plan) {
        check_file(from, place)?;
        if roots.above(from).is_none() {
            return refuse(place, Problem::Outside(from.to_owned()));
        }
        if let Err(why) = paths::check_place(to) {
            let path = to.to_owned();
            return refuse(place, Problem::Path { path, why });
        }
        match sources.get(from) {
            Some(&before) if shared(plan, before, place) => {}
            _ => once(&mut sources, from, place)?,
        }
        if let Some(before) = places.insert(to, place) {
            let to = to.to_owned();
            return refuse(place, Problem::PlaceTwice { to, before });
        }
    }
    for Step { to, place, .. } in steps(plan) {
        let above = to.ancestors().skip(1).find_map(|above| places.get(above));
        if let Some(&above) = above {
            let to = to.to_owned();
            return refuse(place, Problem::PlaceBelowFile { to, above });
        }
        if let Some(&from) = sources.get(plan.target.join(to).as_path()) {
            let to = to.to_owned();
            return refuse(place, Problem::PlaceIsSource { to, from });
        }
    }
    Ok(())
}

/// A sidecar of several pictures may be copied or linked to beside each.
fn shared(plan: &SortPlan, before: Place, place: Place) -> bool {
    let sidecar = |place| matches!(place, Place::FileSidecar(..));
    plan.action != SortAction::Move && sidecar(before) && sidecar(place)
}

/// A file that goes somewhere.
struct Step<'a> {
    from: &'a Path,
    to: &'a Path,
    place: Place,
}

fn steps(plan: &SortPlan) -> impl Iterator<Item = Step<'_>> {
    let files = plan.files.iter().enumerate();
    files.flat_map(|(at, placement)| steps_of(at, placement))
}

fn steps_of(at: usize, placement: &Placement) -> impl Iterator<Item = Step<'_>> {
    let own = Step {
        from: &placement.file.path,
        to: &placement.to,
        place: Place::File(at),
    };
    let sidecars = placement.sidecars.iter().enumerate();
    std::iter::once(own).chain(sidecars.map(move |(sidecar, (file, to))| Step {
        from: &file.path,
        to,
        place: Place::FileSidecar(at, sidecar),
    }))
}
