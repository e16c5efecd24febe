//! What is written down on the way, so that nothing finished is done twice.

use std::fmt::{Display, Formatter};

use imgcluster_core::{BoxError, Radius};

/// Pairs that are handed over at once, and those of one more item.
pub(super) const ENOUGH: usize = 4096;

/// What pairs were compared for, a piece of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Within a partition, from 0; the last is that of pooled noise, where noise is pooled.
    Partition(usize),
    /// Representatives with each other.
    Representatives,
    /// Noise with representatives, some items at a time; from 0.
    Noise(usize),
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Partition(partition) => write!(f, "partition {partition}"),
            Self::Representatives => write!(f, "the representatives"),
            Self::Noise(piece) => write!(f, "piece {piece} of the noise"),
        }
    }
}

/// Keeps what is found on the way, for a later run or for whoever wants to look at it.
///
/// Everything is called from one thread, in order, for each place: `load`, and if that gives nothing
/// that can be used, `near` as often as there are pairs to note, and `save`. Who keeps something must
/// tell that of other items, likenesses or options apart, by the name of a folder say: what is kept
/// knows no more than the numbers of its items and a fingerprint of the method.
pub trait PartitionLog {
    /// Gives back what was saved of a place, if anything was. That of a partition can be read by
    /// [`Partition::from_bytes`](super::Partition::from_bytes).
    fn load(&self, place: Place) -> Option<Vec<u8>> {
        let _ = place;
        None
    }

    /// Keeps what was found in a place, in place of what was kept; from here on none of its pairs
    /// need be measured again.
    ///
    /// # Errors
    /// If it cannot be kept; the run stops.
    fn save(&self, place: Place, found: &[u8]) -> Result<(), BoxError> {
        let _ = (place, found);
        Ok(())
    }

    /// How near pairs are to be handed to [`PartitionLog::near`]; `None` if none is wanted.
    fn near_radius(&self) -> Option<Radius> {
        None
    }

    /// Takes pairs that were compared and are within [`PartitionLog::near_radius`]: two items, the
    /// smaller first, and their distance. All such pairs of a place come, each once. If a run ends
    /// before `save`, they come again in the next.
    ///
    /// # Errors
    /// If they cannot be kept; the run stops.
    fn near(&self, place: Place, pairs: &[(u32, u32, f32)]) -> Result<(), BoxError> {
        let _ = (place, pairs);
        Ok(())
    }
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLog;

impl PartitionLog for NoLog {}
