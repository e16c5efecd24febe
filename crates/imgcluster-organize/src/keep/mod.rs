//! Which of several copies to keep, and why.

mod reason;
mod rule;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use reason::Compared;
pub use rule::{KeepRule, UnknownKeepRule};

/// What is known of a copy.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyFacts<'a> {
    /// Its absolute path.
    pub path: &'a Path,
    /// Its absolute path with no link in it: what folders are compared with.
    pub real_path: &'a Path,
    /// Width in pixels, as shown.
    pub width: u32,
    /// Height in pixels, as shown.
    pub height: u32,
    /// How many of its pixels show anything: fewer than width × height if it was enlarged.
    pub effective_pixels: f64,
    /// The width and height of these pixels; only to name them.
    pub effective_size: (u32, u32),
    /// What its format keeps; higher is better. Only the order matters.
    pub format_rank: u8,
    /// What its format is called.
    pub format: &'a str,
    /// With which quality of its format it was stored, if it tells; only to name it.
    pub quality: Option<u8>,
    /// Length in bytes.
    pub size: u64,
    /// How many things are said about the picture inside its file, such as EXIF fields.
    pub metadata: u32,
    /// Whether the file says that it is to be turned when it is shown: its pixels are not upright, or
    /// were turned by a program that left the note.
    pub is_turned: bool,
    /// How many RAW files and videos belong to it; see
    /// [`Sidecars::companions`](crate::Sidecars::companions).
    pub companions: u32,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl CopyFacts<'_> {
    /// Whether all its pixels show something: it was not enlarged, and has no border.
    fn is_as_large_as_it_says(&self) -> bool {
        let pixels = f64::from(self.width) * f64::from(self.height);
        self.effective_pixels >= 0.999 * pixels
    }
}

/// How to choose among copies.
#[derive(Debug, Clone, PartialEq)]
pub struct KeepOptions {
    /// What to look at, in order: each rule leaves the best, and those that are as good within its
    /// margin. Default: whole, resolution, format, metadata, size, sharpness, oldest, shortest path:
    /// metadata before size, as a picture that was stored again may well be longer than it was.
    pub rules: Vec<KeepRule>,
    /// Folders whose files go before all others, absolute and with no link in them. Default: none.
    pub references: Vec<PathBuf>,
    /// So much less of the most effective pixels is as good, in parts of one. Default: 0.05.
    pub resolution_margin: f64,
    /// So much less than the longest file is as good, in parts of one. Default: 0.05.
    pub size_margin: f64,
    /// So much less than the greatest sharpness is as good, in parts of one. Default: 0.05.
    pub sharpness_margin: f64,
    /// So many nanoseconds later than the oldest is as old. Default: 2 seconds, the step of times
    /// on FAT.
    pub oldest_margin_ns: u64,
}

impl KeepOptions {
    /// Looks at `rules` first, and then at those of the default that are not among them.
    #[must_use]
    pub fn led_by(rules: Vec<KeepRule>) -> Self {
        let mut options = Self::default();
        let others = std::mem::replace(&mut options.rules, rules);
        for rule in others {
            if !options.rules.contains(&rule) {
                options.rules.push(rule);
            }
        }
        options
    }
}

impl Default for KeepOptions {
    fn default() -> Self {
        Self {
            rules: vec![
                KeepRule::Whole,
                KeepRule::Resolution,
                KeepRule::Format,
                KeepRule::Metadata,
                KeepRule::Size,
                KeepRule::Sharpness,
                KeepRule::Oldest,
                KeepRule::ShortestPath,
            ],
            references: Vec::new(),
            resolution_margin: 0.05,
            size_margin: 0.05,
            sharpness_margin: 0.05,
            oldest_margin_ns: 2_000_000_000,
        }
    }
}

/// The copy to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which of the copies.
    pub index: usize,
    /// Why, in one line.
    pub reason: String,
}

/// Chooses the copy to keep.
///
/// Copies in a reference folder go before all others. Then each rule in turn compares those that are
/// left with the best of them, so that the order of `copies` does not matter; what all rules leave
/// is decided by the path, bytewise. `sharpness` is asked for a copy only if that rule is
/// reached with more than one left; greater is sharper, and a copy of which nothing is known comes
/// last. There is no choice among no copies.
pub fn choose(
    copies: &[CopyFacts<'_>],
    options: &KeepOptions,
    sharpness: &mut dyn FnMut(usize) -> Option<f64>,
) -> Option<Choice> {
    let mut left: Vec<usize> = (0..copies.len()).collect();
    let mut measured = vec![0.0; copies.len()];
    let mut sharpness = |at: usize| {
        let value = sharpness(at);
        measured[at] = value.unwrap_or(0.0);
        value
    };
    let mut steps = Vec::new();
    let references = options.references.iter().map(PathBuf::as_path);
    let first = Narrowing::References(references.collect());
    let rules = options.rules.iter().map(Narrowing::Rule);
    for narrowing in std::iter::once(first).chain(rules) {
        if left.len() < 2 {
            break;
        }
        let is_best = narrowing.is_best(copies, &left, options, &mut sharpness);
        let marked = left.iter().copied().zip(is_best);
        let (best, beaten): (Vec<_>, Vec<_>) = marked.partition(|(_, is_best)| *is_best);
        if best.is_empty() || beaten.is_empty() {
            continue;
        }
        left = best.into_iter().map(|(at, _)| at).collect();
        steps.push(Step {
            narrowing,
            beaten: beaten.into_iter().map(|(at, _)| at).collect(),
            left: left.len(),
        });
    }
    let bytes = |at: &usize| copies[*at].path.as_os_str().as_encoded_bytes();
    let index = left.iter().copied().min_by(|a, b| bytes(a).cmp(bytes(b)))?;
    Some(Choice {
        index,
        reason: Compared {
            copies,
            chosen: index,
            sharpness: &measured,
        }
        .reason(&steps, left.len()),
    })
}

/// Something that leaves the best.
enum Narrowing<'a> {
    References(Vec<&'a Path>),
    Rule(&'a KeepRule),
}

/// What something that leaves the best has done.
struct Step<'a> {
    narrowing: Narrowing<'a>,
    beaten: Vec<usize>,
    /// How many it left.
    left: usize,
}

impl Narrowing<'_> {
    /// Tells for each copy of `left` whether it is as good as the best of them.
    fn is_best(
        &self,
        copies: &[CopyFacts<'_>],
        left: &[usize],
        options: &KeepOptions,
        sharpness: &mut dyn FnMut(usize) -> Option<f64>,
    ) -> Vec<bool> {
        let all = left.iter().map(|&at| &copies[at]);
        let rule = match self {
            Self::References(folders) => {
                let inside =
                    |copy: &CopyFacts<'_>| folders.iter().any(|it| copy.real_path.starts_with(it));
                return all.map(inside).collect();
            }
            Self::Rule(rule) => rule,
        };
        match rule {
            KeepRule::Resolution => {
                let pixels = all.clone().map(|it| it.effective_pixels);
                let mut best = near_greatest(pixels, options.resolution_margin);
                let whole: Vec<bool> = all.map(CopyFacts::is_as_large_as_it_says).collect();
                if best.iter().zip(&whole).any(|(best, whole)| *best && *whole) {
                    best.iter_mut()
                        .zip(whole)
                        .for_each(|(best, whole)| *best &= whole);
                }
                best
            }
            KeepRule::Size => near_greatest(all.map(|it| it.size as f64), options.size_margin),
            KeepRule::Sharpness => {
                let values = left.iter().map(|&at| sharpness(at).unwrap_or(0.0));
                near_greatest(values, options.sharpness_margin)
            }
            KeepRule::Format => greatest(all.map(|it| it.format_rank)),
            KeepRule::Metadata => greatest(all.map(|it| (it.metadata, !it.is_turned))),
            KeepRule::Whole => all.map(|it| it.companions > 0).collect(),
            KeepRule::Oldest => {
                let oldest = all.clone().map(|it| it.modified_ns).min().unwrap_or(0);
                all.map(|it| it.modified_ns.abs_diff(oldest) <= options.oldest_margin_ns)
                    .collect()
            }
            KeepRule::ShortestPath => greatest(all.map(|it| Reverse(it.path.as_os_str().len()))),
            KeepRule::In(folder) => all.map(|it| it.real_path.starts_with(folder)).collect(),
        }
    }
}

/// Marks the values that are less than the greatest by no more than `margin`, in parts of one. What
/// is no number, or below zero, counts as zero.
fn near_greatest(values: impl Iterator<Item = f64>, margin: f64) -> Vec<bool> {
    let values: Vec<f64> = values.map(|value| value.max(0.0)).collect();
    let greatest = values.iter().copied().fold(0.0, f64::max);
    let enough = greatest * (1.0 - margin);
    values.into_iter().map(|value| value >= enough).collect()
}

fn greatest<T: Ord>(values: impl Iterator<Item = T>) -> Vec<bool> {
    let values: Vec<T> = values.collect();
    let greatest = values.iter().max();
    values.iter().map(|value| Some(value) == greatest).collect()
}
