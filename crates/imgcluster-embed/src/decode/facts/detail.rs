//! How much of the size of a picture is detail.

use super::Luma;

/// How many times smaller a picture is made.
const FACTORS: [f64; 9] = [1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0];

/// Of a picture that was enlarged by a factor the loss is less than this share of that of the
/// smaller one: the 90th to 98th percentile of enlarged photographs (bilinear, bicubic and Lanczos;
/// stored as they are and as JPEG of quality 60 to 95), below the 2nd of those that were not.
const SHARES: [(f64, f64); 6] = [
    (1.08, 0.72),
    (1.2, 0.58),
    (1.45, 0.46),
    (2.0, 0.36),
    (3.0, 0.28),
    (4.0, 0.24),
];

/// A side that is longer by less is as long.
const LONGER: f64 = 1.05;

/// Sides whose factors differ by more are not of the same picture.
const STRETCHED: f64 = 1.25;

/// The largest side of the middle part that is looked at, in pixels.
const WINDOW: usize = 1024;

/// The smallest side of which anything can be told.
const SMALLEST: usize = 32;

/// Levels that are lost in any case, so that flat pictures do not divide by nothing.
const FLOOR: f64 = 0.05;

/// What a picture loses where it is made smaller and as large again: root mean square of the
/// differences, in levels of luma, for each of nine factors from 1.1 to 4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detail {
    /// Made narrower.
    pub across: [f32; 9],
    /// Made lower.
    pub down: [f32; 9],
}

impl Detail {
    /// Measures the middle of a picture, up to 1024 × 1024 pixels.
    pub(super) fn of(luma: &Luma) -> Option<Self> {
        let (width, height) = (luma.width.min(WINDOW), luma.height().min(WINDOW));
        if width.min(height) < SMALLEST {
            return None;
        }
        let (left, top) = ((luma.width - width) / 2, (luma.height() - height) / 2);
        let rows = luma.values.chunks_exact(luma.width).skip(top).take(height);
        let window: Vec<f32> = rows
            .flat_map(|row| &row[left..left + width])
            .copied()
            .collect();
        let mut turned = vec![0.0; window.len()];
        for (y, row) in window.chunks_exact(width).enumerate() {
            for (x, value) in row.iter().enumerate() {
                turned[x * height + y] = *value;
            }
        }
        Some(Self {
            across: FACTORS.map(|factor| loss(&turned, height, factor)),
            down: FACTORS.map(|factor| loss(&window, width, factor)),
        })
    }

    /// Tells whether a picture that is so many times as wide and high as another one has no more
    /// detail.
    pub(super) fn is_enlarged(&self, smaller: &Self, across: f64, down: f64) -> bool {
        let sides = [
            (across, &self.across, &smaller.across),
            (down, &self.down, &smaller.down),
        ];
        let alike = across.max(down) <= STRETCHED * across.min(down);
        let longer = across.max(down) >= LONGER && across.min(down) * LONGER >= 1.0;
        let no_more = |(factor, here, there): (f64, &[f32; 9], &[f32; 9])| {
            factor < LONGER || at(here, factor) < share(factor) * at(there, factor)
        };
        alike && longer && sides.into_iter().all(no_more)
    }
}

/// The loss at a factor between those that were measured.
fn at(losses: &[f32; 9], factor: f64) -> f64 {
    let points = FACTORS.iter().zip(losses);
    let points = points.map(|(factor, loss)| (factor.ln(), (f64::from(*loss) + FLOOR).ln()));
    between(points, factor.ln()).exp()
}

fn share(factor: f64) -> f64 {
    let points = SHARES.iter().map(|(factor, share)| (factor.ln(), *share));
    between(points, factor.ln())
}

/// The height at `x` of the line through points from left to right; before the first and after the
/// last it is level.
fn between(points: impl Iterator<Item = (f64, f64)>, x: f64) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    for (right, end) in points {
        if x <= right {
            return before.map_or(end, |(left, start)| {
                start + (end - start) * (x - left) / (right - left)
            });
        }
        before = Some((right, end));
    }
    before.map_or(0.0, |(_, end)| end)
}

/// Root mean square of what rows of `width` values lose where there are `factor` times fewer of
/// them and then as many again. The first and last rows are left out.
fn loss(values: &[f32], width: usize, factor: f64) -> f32 {
    const MARGIN: usize = 4;
    let rows = values.len() / width;
    let fewer = ((rows as f64 / factor).round() as usize).max(1);
    let again = resampled(&resampled(values, width, fewer), width, rows);
    let inside = MARGIN * width..values.len() - MARGIN * width;
    let pairs = values[inside.clone()].iter().zip(&again[inside.clone()]);
    let squares: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (squares / inside.len() as f64).sqrt() as f32
}

/// Makes more or fewer rows of `width` values: Lanczos over six rows, wider where they get fewer.
/// Plain code in a fixed order, so that it is the same on every machine.
fn resampled(values: &[f32], width: usize, to: usize) -> Vec<f32> {
    const LOBES: f64 = 3.0;
    let from = values.len() / width;
    let step = from as f64 / to as f64;
    let scale = step.max(1.0);
    let mut out = vec![0.0; to * width];
    for (row, target) in out.chunks_exact_mut(width).enumerate() {
        let center = (row as f64 + 0.5) * step;
        let first = (center - LOBES * scale).floor().max(0.0) as usize;
        let end = ((center + LOBES * scale).ceil() as usize).min(from);
        let weight = |source: usize| lanczos((source as f64 + 0.5 - center) / scale, LOBES);
        let total: f64 = (first..end).map(weight).sum();
        for source in first..end {
            let weight = (weight(source) / total) as f32;
            let source = &values[source * width..(source + 1) * width];
            for (value, source) in target.iter_mut().zip(source) {
                *value += weight * source;
            }
        }
    }
    out
}

fn lanczos(x: f64, lobes: f64) -> f64 {
    let sinc = |x: f64| {
        let x = std::f64::consts::PI * x;
        if x == 0.0 { 1.0 } else { x.sin() / x }
    };
    if x.abs() < lobes {
        sinc(x) * sinc(x / lobes)
    } else {
        0.0
    }
}
