//! Lets the changes of a disk fail, in tests.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;

/// What goes wrong, and at which change.
pub(crate) enum Fault {
    /// Nothing: only counts.
    None,
    /// This change and all after it do not happen, as if the process were killed before it.
    KilledAt(usize),
    /// This change fails, and those after it do not.
    FailsAt(usize, Errno),
    /// Every change of this name fails.
    Always(&'static str, Errno),
    /// Somebody else does something just before this change.
    Meddled(usize, Box<dyn Fn() + Send + Sync>),
    /// Somebody else does something just before the change of this name that is the so-manieth.
    MeddledBefore(&'static str, usize, Box<dyn Fn() + Send + Sync>),
}

pub(crate) struct Faults {
    fault: Fault,
    /// Whether the file system has no renaming that never overwrites.
    pub(crate) by_link: bool,
    count: AtomicUsize,
    named: AtomicUsize,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults").finish_non_exhaustive()
    }
}

impl Faults {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            by_link: false,
            count: AtomicUsize::new(0),
            named: AtomicUsize::new(0),
        }
    }

    /// How many changes were tried.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, what: &str) -> io::Result<()> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        match &self.fault {
            Fault::KilledAt(at) if number >= *at => Err(io::Error::other("killed")),
            Fault::FailsAt(at, errno) if number == *at => Err((*errno).into()),
            Fault::Always(name, errno) if *name == what => Err((*errno).into()),
            Fault::Meddled(at, meddle) if number == *at => {
                meddle();
                Ok(())
            }
            Fault::MeddledBefore(name, nth, meddle) if *name == what => {
                if self.named.fetch_add(1, Ordering::SeqCst) + 1 == *nth {
                    meddle();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
