//! Which files are read.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArguments {
    /// Files or folders; folders are read with all their sub-folders
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    pub(crate) paths: Vec<PathBuf>,
    /// Do not read sub-folders
    #[arg(long)]
    pub(crate) no_recursive: bool,
    /// Leave out paths that match this pattern, such as `*.gif` or `backup/**` (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Read paths from a file, one a line or separated by NUL; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,
    /// Follow symbolic links; a loop is noticed
    #[arg(long)]
    pub(crate) follow_symlinks: bool,
    /// Read hidden files and folders too
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Refuse pictures of more pixels, before they are decoded; `250M` is 250 million
    #[arg(long, value_name = "N", default_value = "250M", value_parser = parse_pixels)]
    pub(crate) max_pixels: u64,
    /// Refuse larger files; `1GiB`, `500MB` or bytes
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_bytes)]
    pub(crate) max_file_size: u64,
}

impl InputArguments {
    /// The same, with other paths.
    pub(crate) fn with_paths(&self, paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            ..self.clone()
        }
    }
}

/// A number, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WholeNumberOrAuto {
    Auto,
    Number(NonZeroUsize),
}

impl FromStr for WholeNumberOrAuto {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse()
            .map(Self::Number)
            .map_err(|_| "must be `auto` or a number from 1".to_owned())
    }
}

impl fmt::Display for WholeNumberOrAuto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

fn parse_pixels(text: &str) -> Result<u64, String> {
    parse_scaled(
        text,
        &[("MP", 1_000_000), ("M", 1_000_000), ("K", 1000), ("", 1)],
    )
    .ok_or_else(|| "must be a number of pixels such as `250M` or `40000000`".to_owned())
}

fn parse_bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("GIB", 1 << 30),
        ("MIB", 1 << 20),
        ("KIB", 1 << 10),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("KB", 1000),
        ("B", 1),
        ("", 1),
    ];
    parse_scaled(text, &UNITS)
        .ok_or_else(|| "must be a size such as `1GiB`, `500MB` or `1048576`".to_owned())
}

/// Reads a whole number above zero with the first unit that fits.
fn parse_scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let upper = text.to_ascii_uppercase();
    let (number, scale) = units
        .iter()
        .find_map(|(unit, scale)| Some((upper.strip_suffix(unit)?, scale)))?;
    let value = number.trim().parse::<u64>().ok()?.checked_mul(*scale)?;
    (value > 0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        assert_eq!(parse_bytes("1GiB"), Ok(1 << 30));
        assert_eq!(parse_bytes("500 mb"), Ok(500_000_000));
        assert_eq!(parse_bytes("7"), Ok(7));
        assert_eq!(parse_pixels("250M"), Ok(250_000_000));
        assert_eq!(parse_pixels("250MP"), Ok(250_000_000));
        for wrong in ["", "0", "-1", "many", "99999999999GiB"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_batch_size_is_auto_or_a_number_from_one() {
        assert_eq!("auto".parse(), Ok(WholeNumberOrAuto::Auto));
        assert!("8".parse::<WholeNumberOrAuto>().is_ok());
        assert!("0".parse::<WholeNumberOrAuto>().is_err());
    }
}
