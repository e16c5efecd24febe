//! What one looks at to choose among copies.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// What one looks at to choose among copies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeepRule {
    /// The most pixels, as far as they show anything; of as many, those of a picture that was not
    /// enlarged and has no border.
    Resolution,
    /// The format that loses least.
    Format,
    /// The largest file.
    Size,
    /// The sharpest picture.
    Sharpness,
    /// The most that is said about the picture inside its file; of as much, pixels that are upright as
    /// they are.
    Metadata,
    /// A picture with a RAW file or a video beside it.
    Whole,
    /// The file that was changed last the longest ago.
    Oldest,
    /// The shortest path.
    ShortestPath,
    /// A file below this folder, absolute and with no link in it.
    In(PathBuf),
}

/// A rule that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no rule of what to keep; there are `resolution`, `format`, `size`, `sharpness`, \
     `metadata`, `whole`, `oldest`, `shortest-path` and `in:DIR`"
)]
pub struct UnknownKeepRule(pub String);

impl KeepRule {
    /// Reads rules with commas between them, the first deciding first. The folder of `in:DIR` ends at
    /// a comma; it is taken as written.
    ///
    /// # Errors
    /// [`UnknownKeepRule`] for the first that does not exist; an empty one does not.
    pub fn list(text: &str) -> Result<Vec<Self>, UnknownKeepRule> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for KeepRule {
    type Err = UnknownKeepRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownKeepRule(text.to_owned());
        Ok(match text.trim() {
            "resolution" => Self::Resolution,
            "format" => Self::Format,
            "size" => Self::Size,
            "sharpness" => Self::Sharpness,
            "metadata" => Self::Metadata,
            "whole" => Self::Whole,
            "oldest" => Self::Oldest,
            "shortest-path" => Self::ShortestPath,
            other => match other.strip_prefix("in:") {
                None | Some("") => return Err(unknown()),
                Some(folder) => Self::In(folder.into()),
            },
        })
    }
}

impl fmt::Display for KeepRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolution => "resolution",
            Self::Format => "format",
            Self::Size => "size",
            Self::Sharpness => "sharpness",
            Self::Metadata => "metadata",
            Self::Whole => "whole",
            Self::Oldest => "oldest",
            Self::ShortestPath => "shortest-path",
            Self::In(folder) => return write!(f, "in:{}", folder.display()),
        })
    }
}
