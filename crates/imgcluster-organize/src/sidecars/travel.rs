//! What goes where its picture goes, and what stays.

use std::path::Path;

use imgcluster_core::UnionFind;

use super::Sidecars;

/// What becomes of files when their pictures leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// They are gone from where they were, so a sidecar of several goes with all of them or stays.
    Gone,
    /// They are still there, so a sidecar of several goes with each.
    Doubled,
}

/// What goes with each picture.
pub(crate) struct Travel<'a> {
    sidecars: &'a Sidecars,
    with: Vec<Vec<u32>>,
    /// For each picture the first of those that go to the same place and share a sidecar.
    family: Vec<usize>,
    carried: Vec<bool>,
}

/// A file that goes with a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Companion<'a> {
    /// Which of all sidecars it is.
    pub(crate) number: usize,
    pub(crate) path: &'a Path,
    /// Which of the pictures it is, if it is one.
    pub(crate) picture: Option<usize>,
}

impl Sidecars {
    /// How many sidecars there are in all.
    pub(crate) fn total(&self) -> usize {
        self.files.len()
    }

    /// The path of one of all sidecars.
    pub(crate) fn path(&self, number: usize) -> &Path {
        &self.files[number].path
    }

    /// Tells what goes with each picture when picture `i` goes to `parts[i]`, or stays.
    ///
    /// A sidecar of several pictures goes with the first of those that go to the same part.
    pub(crate) fn travel(&self, parts: &[Option<u32>], leaving: Leaving) -> Travel<'_> {
        let part = |owner: u32| parts.get(owner as usize).copied().flatten();
        let mut with = vec![Vec::new(); self.len()];
        let mut carried = vec![false; self.len()];
        let mut union = UnionFind::new(self.len());
        for (number, file) in self.files.iter().enumerate() {
            let owners = &file.owners;
            let together = owners.iter().all(|&owner| part(owner) == part(owners[0]));
            if leaving == Leaving::Gone && !together {
                continue;
            }
            // Few pictures have one stem in one folder, so looking back over them is cheap.
            for (at, &owner) in owners.iter().enumerate() {
                let Some(goes) = part(owner) else { continue };
                match owners[..at]
                    .iter()
                    .find(|&&other| part(other) == Some(goes))
                {
                    Some(&first) => {
                        union.union(first, owner);
                    }
                    None => with[owner as usize].push(number as u32),
                }
                if let Some(picture) = file.picture {
                    carried[picture as usize] = true;
                }
            }
        }
        let mut first = vec![usize::MAX; self.len()];
        let family = (0..self.len())
            .map(|at| {
                let root = union.find(at as u32) as usize;
                first[root] = first[root].min(at);
                first[root]
            })
            .collect();
        Travel {
            sidecars: self,
            with,
            family,
            carried,
        }
    }
}

impl<'a> Travel<'a> {
    /// What goes with a picture, in the order of paths.
    pub(crate) fn with(&self, picture: usize) -> impl Iterator<Item = Companion<'a>> {
        let sidecars = self.sidecars;
        self.with[picture].iter().map(move |&number| {
            let file = &sidecars.files[number as usize];
            Companion {
                number: number as usize,
                path: &file.path,
                picture: file.picture.map(|picture| picture as usize),
            }
        })
    }

    /// The first picture of those that go where this one goes and share a sidecar with it.
    pub(crate) fn family(&self, picture: usize) -> usize {
        self.family[picture]
    }

    /// Tells whether a picture goes as the sidecar of another.
    pub(crate) fn carried(&self, picture: usize) -> bool {
        self.carried[picture]
    }
}
