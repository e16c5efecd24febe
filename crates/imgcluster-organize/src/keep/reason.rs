//! Why a copy is kept, in words.

use std::path::Path;

use super::{CopyFacts, KeepRule, Narrowing, Step};

/// Tells in one line why `chosen` is kept: what each step found better about it.
pub(super) fn reason(
    copies: &[CopyFacts<'_>],
    chosen: usize,
    steps: &[Step<'_>],
    left: usize,
) -> String {
    let mut reasons: Vec<String> = steps
        .iter()
        .map(|step| words(copies, chosen, step))
        .collect();
    match (left, reasons.is_empty()) {
        (1, true) => reasons.push("the only one".to_owned()),
        (1, false) => {}
        (2, true) => reasons.push("as good as the other by every rule; first by path".to_owned()),
        (more, true) => reasons.push(format!(
            "as good as the {} others by every rule; first by path",
            more - 1
        )),
        (_, false) => reasons.push("first of these by path".to_owned()),
    }
    reasons.join("; ")
}

fn words(copies: &[CopyFacts<'_>], chosen: usize, step: &Step<'_>) -> String {
    let one = step.left == 1;
    let own = &copies[chosen];
    let beaten: Vec<&CopyFacts<'_>> = step.beaten.iter().map(|&at| &copies[at]).collect();
    let said = match step.narrowing {
        Narrowing::References(ref folders) => {
            let folder = folders
                .iter()
                .find(|folder| own.real_path.starts_with(folder));
            place(
                one,
                "in the reference folder",
                folder.copied().unwrap_or(own.path),
            )
        }
        Narrowing::Rule(KeepRule::In(folder)) => place(one, "in", folder),
        Narrowing::Rule(rule) => compared(rule, own, &beaten),
    };
    if one {
        said
    } else {
        format!("one of {} that are {said}", step.left)
    }
}

fn place(one: bool, words: &str, folder: &Path) -> String {
    let only = if one { "the only one " } else { "" };
    format!("{only}{words} `{}`", folder.display())
}

/// Compares with the best of those that were beaten.
fn compared(rule: &KeepRule, own: &CopyFacts<'_>, beaten: &[&CopyFacts<'_>]) -> String {
    let most = if beaten.len() > 1 { " at most" } else { "" };
    match rule {
        KeepRule::Resolution => resolution(own, beaten, most),
        KeepRule::Format => {
            let best = beaten.iter().max_by_key(|it| (it.format_rank, it.format));
            let best = best.map_or("", |it| it.format);
            let at_best = if beaten.len() > 1 { " at best" } else { "" };
            format!("in a better format: {} against {best}{at_best}", own.format)
        }
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
                "with more metadata: {} fields against {best}{most}",
                own.metadata
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
        let [own, best] = [own, best].map(|it| format!("{} × {}", it.width, it.height));
        return format!("larger: {own} against {best}{most}");
    }
    if !best.is_as_large_as_it_says() && best.effective_pixels >= 0.95 * own.effective_pixels {
        return "as large as it says, not enlarged or with a border".to_owned();
    }
    // The largest was enlarged, so its width and height would tell the opposite.
    let [own, best] = [own, best].map(|it| it.effective_pixels / 1e6);
    format!("of more detail: about {own:.2} megapixels against {best:.2}{most}")
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
