//! What did not come back as it was copied.

use std::fmt;
use std::path::PathBuf;

use imgcluster_core::ContentHash;

use super::TransferError;

/// How many differences are named; the others are counted.
const NAMED: usize = 10;

/// One thing in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thing {
    /// What is known of a file.
    File(PathBuf),
    /// The width and height of a content.
    Size(ContentHash),
    /// The thumbnail of a content.
    Thumbnail(ContentHash),
    /// A feature.
    Feature {
        /// The model that made it.
        model: String,
        /// Whose feature it is.
        content: ContentHash,
    },
    /// A failure.
    Failure {
        /// The decoder that it happened in.
        decoder: String,
        /// What could not be decoded.
        content: ContentHash,
    },
    /// A run, by its number in the store that was copied.
    Run(u64),
    /// A decision, by its number in the store that was copied.
    Decision(u64),
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file `{}`", path.display()),
            Self::Size(content) => write!(f, "the size of the content {content}"),
            Self::Thumbnail(content) => write!(f, "the thumbnail of the content {content}"),
            Self::Feature { model, content } => {
                write!(
                    f,
                    "the feature of the model `{model}` for the content {content}"
                )
            }
            Self::Failure { decoder, content } => {
                write!(
                    f,
                    "the failure of the decoder `{decoder}` on the content {content}"
                )
            }
            Self::Run(id) => write!(f, "the run {id}"),
            Self::Decision(id) => write!(f, "the decision {id}"),
        }
    }
}

/// Something that the target holds otherwise than the store that was copied, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub thing: Thing,
    /// Whether it is not there at all.
    pub missing: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.missing { "missing" } else { "different" };
        write!(f, "{} is {how}", self.thing)
    }
}

/// All differences found so far.
#[derive(Debug, Default)]
pub(super) struct Differences {
    count: u64,
    first: Vec<Difference>,
}

impl Differences {
    /// Compares what the target holds, if anything, with what it should.
    pub(super) fn compare<A>(
        &mut self,
        there: Option<A>,
        is_same: impl FnOnce(A) -> bool,
        thing: impl FnOnce() -> Thing,
    ) {
        let missing = there.is_none();
        if there.is_some_and(is_same) {
            return;
        }
        self.count += 1;
        if self.first.len() < NAMED {
            let thing = thing();
            self.first.push(Difference { thing, missing });
        }
    }

    /// Tells that something is gone, if it was not told before; where some were only counted, it may have
    /// been one of them.
    pub(super) fn again(&mut self, there: Option<()>, thing: impl FnOnce() -> Thing) {
        if there.is_some() {
            return;
        }
        let thing = thing();
        let told = self.first.iter().any(|told| told.thing == thing);
        if !told && self.count as usize == self.first.len() {
            self.compare(None::<()>, |()| true, || thing);
        }
    }

    /// Turns differences into an error.
    pub(super) fn refuse(&mut self) -> Result<(), TransferError> {
        if self.first.is_empty() {
            return Ok(());
        }
        Err(TransferError::Differs {
            count: self.count,
            first: std::mem::take(&mut self.first),
        })
    }
}
