//! Why a copy is kept, in words.

use std::path::Path;

use super::{CopyFacts, KeepRule, Narrowing, Step};

/// The copy that is kept, next to all others.
pub(super) struct Compared<'a> {
    pub(super) copies: &'a [CopyFacts<'a>],
    pub(super) chosen: usize,
    /// Of each copy, as far as it was asked for.
    pub(super) sharpness: &'a [f64],
}

impl Compared<'_> {
    /// Tells in one line why it is kept: what each step found better about it.
    pub(super) fn reason(&self, steps: &[Step<'_>], left: usize) -> String {
        let mut reasons: Vec<String> = steps.iter().map(|step| self.words(step)).collect();
        match (left, reasons.is_empty()) {
            (1, true) => reasons.push("the only one".to_owned()),
            (1, false) => {}
            (2, true) => {
                reasons.push("as good as the other by every rule; first by path".to_owned());
            }
            (more, true) => reasons.push(format!(
                "as good as the {} others by every rule; first by path",
                more - 1
            )),
            (_, false) => reasons.push("first of these by path".to_owned()),
        }
        reasons.join("; ")
    }

    fn words(&self, step: &Step<'_>) -> String {
        let one = step.left == 1;
        let own = &self.copies[self.chosen];
        let said = match step.narrowing {
            Narrowing::References(ref folders) => {
                let holds = |folder: &&&Path| own.real_path.starts_with(folder);
                let folder = folders.iter().find(holds);
                place(
                    one,
                    "in the reference folder",
                    folder.copied().unwrap_or(own.path),
                )
            }
            Narrowing::Rule(KeepRule::In(folder)) => place(one, "in", folder),
            Narrowing::Rule(KeepRule::Sharpness) => self.sharper(&step.beaten),
            Narrowing::Rule(rule) => {
                let beaten = step.beaten.iter().map(|&at| &self.copies[at]);
                compared(rule, own, &beaten.collect::<Vec<_>>())
            }
        };
        if one {
            said
        } else {
            format!("one of {} that are {said}", step.left)
        }
    }

    fn sharper(&self, beaten: &[usize]) -> String {
        let best = beaten.iter().map(|&at| self.sharpness[at]);
        let best = best.fold(0.0, f64::max);
        let own = self.sharpness[self.chosen];
        format!("sharper: {own:.1} against {best:.1}{}", most(beaten.len()))
    }
}

fn place(one: bool, words: &str, folder: &Path) -> String {
    let only = if one { "the only one " } else { "" };
    format!("{only}{words} `{}`", folder.display())
}

/// What follows on the best value of so many.
fn most(count: usize) -> &'static str {
    if count > 1 { " at most" } else { "" }
}

/// Compares with the best of those that were beaten.
fn compared(rule: &KeepRule, own: &CopyFacts<'_>, beaten: &[&CopyFacts<'_>]) -> String {
    let most = most(beaten.len());
    match rule {
        KeepRule::Resolution => resolution(own, beaten, most),
        KeepRule::Format => format(own, beaten, most),
        KeepRule::Size => {
            let best = beaten.iter().map(|it| it.size).max().unwrap_or(0);
            format!(
                "of more bytes: {} against {}{most}",
                bytes(own.size),
                bytes(best)
            )
        }
        KeepRule::Sharpness => "sharper".to_owned(),
        KeepRule::Metadata => {
            let best = beaten.iter().map(|it| it.metadata).max().unwrap_or(0);
            if best == own.metadata {
                return "stored upright".to_owned();
            }
            format!(
                "with more metadata: {} against {best}{most}",
                fields(own.metadata)
            )
        }
        KeepRule::Whole => "with a RAW file or a video beside it".to_owned(),
        KeepRule::Oldest => {
            let oldest = beaten.iter().map(|it| it.modified_ns).min();
            let by = oldest.map_or(0, |oldest| oldest.abs_diff(own.modified_ns));
            format!("older by {}", duration(by))
        }
        KeepRule::ShortestPath => "of a shorter path".to_owned(),
        KeepRule::In(folder) => place(false, "in", folder),
    }
}

fn fields(count: u32) -> String {
    format!("{count} field{}", if count == 1 { "" } else { "s" })
}

fn format(own: &CopyFacts<'_>, beaten: &[&CopyFacts<'_>], most: &str) -> String {
    let best = beaten.iter().max_by_key(|it| (it.format_rank, it.format));
    let Some(best) = best else {
        return "in a better format".to_owned();
    };
    if best.format != own.format {
        let at_best = if beaten.len() > 1 { " at best" } else { "" };
        return format!(
            "in a better format: {} against {}{at_best}",
            own.format, best.format
        );
    }
    let stored = match own.quality {
        Some(quality) => format!("{} of quality {quality}", own.format),
        None => own.format.to_owned(),
    };
    match (own.quality, best.quality) {
        (Some(_), Some(best)) => format!("stored with less loss: {stored} against {best}{most}"),
        (None, Some(best)) => {
            format!("stored with less loss: {stored} against one of quality {best}{most}")
        }
        (_, None) => format!("stored with less loss: {stored}"),
    }
}

fn resolution(own: &CopyFacts<'_>, beaten: &[&CopyFacts<'_>], most: &str) -> String {
    let pixels = |it: &CopyFacts<'_>| u64::from(it.width) * u64::from(it.height);
    let best = beaten.iter().copied().max_by(|a, b| {
        let effective = a.effective_pixels.total_cmp(&b.effective_pixels);
        effective.then((a.width, a.height).cmp(&(b.width, b.height)))
    });
    let Some(best) = best else {
        return "larger".to_owned();
    };
    if beaten.iter().all(|it| pixels(it) < pixels(own)) {
        let [own, best] = [own, best].map(|it| size((it.width, it.height)));
        return format!("larger: {own} against {best}{most}");
    }
    if own.is_as_large_as_it_says()
        && !best.is_as_large_as_it_says()
        && best.effective_pixels >= 0.95 * own.effective_pixels
    {
        return format!(
            "not enlarged and without a border: {}, unlike {}",
            shown(own),
            shown(best)
        );
    }
    // The largest was enlarged, so its width and height would tell the opposite.
    let [own, best] = [own, best].map(shown);
    format!("of more detail: {own} against {best}{most}")
}

/// The size of a picture, with what is left of it where that is less.
fn shown(copy: &CopyFacts<'_>) -> String {
    let whole = size((copy.width, copy.height));
    if copy.is_as_large_as_it_says() {
        whole
    } else {
        let rest = size(copy.effective_size);
        format!("{whole} that shows no more than {rest}")
    }
}

fn size((width, height): (u32, u32)) -> String {
    format!("{width} × {height}")
}

fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        _ if count < 1e3 => format!("{count} bytes"),
        _ if count < 1e6 => format!("{:.1} kB", count / 1e3),
        _ if count < 1e9 => format!("{:.1} MB", count / 1e6),
        _ => format!("{:.1} GB", count / 1e9),
    }
}

fn duration(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        172_800..63_072_000 => (seconds / 86_400, "day"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}
