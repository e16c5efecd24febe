//! The loss of a training over its epochs.

use std::io::Write;
use std::ops::Range;

use imgcluster_core::EpochLoss;
use plotters::chart::ChartBuilder;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, PathElement};
use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor, WHITE};

use crate::VizError;
use crate::plot::look::{Area, Chart, Failed, Look, Tick};
use crate::plot::write_png;

/// 12 × 8 inches, in hundredths.
const SIZE: (u32, u32) = (1200, 800);
const WHAT: &str = "the curve of the loss";
/// A line of so many points or fewer shows each.
const DOTTED: usize = 60;
const MARK: RGBColor = RGBColor(150, 150, 150);
const TRAIN: RGBColor = RGBColor(18, 89, 184);
const VALIDATION: RGBColor = RGBColor(179, 89, 0);
const BEST: RGBColor = RGBColor(26, 127, 55);

type Point = (f64, f64);

/// The loss of a training.
#[derive(Debug, Clone, Copy)]
pub struct LossCurve<'a> {
    /// The name of the loss, such as `l1`.
    pub loss: &'a str,
    /// Epochs in ascending order; 0 is the network before it was trained.
    pub epochs: &'a [EpochLoss],
    /// The epoch that is the best, if one is.
    pub best: Option<u32>,
}

/// Draws the loss over the epochs as a PNG of 2400 × 1600 pixels: a line for the pictures that are
/// learnt from, one for those held out where there are any, and a mark at the best epoch.
///
/// The losses are on a logarithmic scale where all are positive and the largest is more than ten times
/// the smallest. A loss that is no finite number of `f32` is left out, and the line broken there.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn write_loss_curve_png(curve: &LossCurve<'_>, writer: impl Write) -> Result<(), VizError> {
    write_png(SIZE, WHAT, writer, |area, scale| {
        draw(area, curve, &Look { scale }).map_err(|error| VizError::Write {
            what: WHAT,
            source: std::io::Error::other(error.to_string()),
        })
    })
}

fn draw<B: DrawingBackend>(
    area: &Area<B>,
    curve: &LossCurve<'_>,
    look: &Look,
) -> Result<(), Failed<B>> {
    area.fill(&WHITE)?;
    match Scale::of(&shown(curve)) {
        Scale::Linear(range) => {
            let digits = decimals(&range);
            chart(area, curve, look, range, &|value| plain(value, digits))?;
        }
        Scale::Logarithmic(range) => {
            let ticks = ticks(&range);
            let losses = range.log_scale().with_key_points(ticks);
            chart(area, curve, look, losses, &number)?;
        }
    }
    area.present()
}

/// Losses that can be shown, in no particular order.
fn shown(curve: &LossCurve<'_>) -> Vec<f64> {
    let all = |epoch: &EpochLoss| [Some(epoch.train), epoch.validation];
    let values = curve.epochs.iter().flat_map(all).flatten();
    values.filter(|value| is_shown(*value)).collect()
}

/// Whether a loss is a finite number of `f32`: further ones would leave the axis no finite length.
fn is_shown(value: f64) -> bool {
    value.abs() <= f64::from(f32::MAX)
}

/// The axis of losses. Neither range is empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scale {
    Linear(Range<f64>),
    Logarithmic(Range<f64>),
}

impl Scale {
    pub(super) fn of(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Self::Linear(0.0..1.0);
        }
        if low > f64::from(f32::MIN_POSITIVE) && high > 10.0 * low {
            return Self::Logarithmic(low / 1.2..high * 1.2);
        }
        // An axis that is too short for its numbers has no ticks.
        let least = 1e-6 * low.abs().max(high.abs()).max(1e-6);
        let air = (0.05 * (high - low)).max(least);
        Self::Linear(low - air..high + air)
    }
}

/// The ticks of a logarithmic axis: 1, 2 and 5 of each power of ten, or of many powers only some. The
/// ticks of plotters leave out all below the last power of ten.
pub(super) fn ticks(range: &Range<f64>) -> Vec<f64> {
    let (low, high) = (range.start.log10().floor(), range.end.log10().ceil());
    let powers = (low as i32..=high as i32).step_by(((high - low) / 8.0).ceil().max(1.0) as usize);
    let digits: &[f64] = if high - low <= 4.0 {
        &[1.0, 2.0, 5.0]
    } else {
        &[1.0]
    };
    let all = powers.flat_map(|power| digits.iter().map(move |digit| digit * 10_f64.powi(power)));
    all.filter(|tick| range.contains(tick)).collect()
}

/// The first to the last epoch with some air; never empty.
fn epochs(curve: &LossCurve<'_>) -> Range<f64> {
    let numbers = || curve.epochs.iter().map(|epoch| epoch.epoch);
    let low = f64::from(numbers().min().unwrap_or(0));
    let high = f64::from(numbers().max().unwrap_or(1));
    let air = (0.02 * (high - low)).max(0.5);
    low - air..high + air
}

fn chart<B, Y>(
    area: &Area<B>,
    curve: &LossCurve<'_>,
    look: &Look,
    losses: Y,
    tick: Tick<'_>,
) -> Result<(), Failed<B>>
where
    B: DrawingBackend,
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(look.size(14.0))
        .margin_right(look.size(24.0))
        .caption("loss over the epochs of the training", look.text(24.0))
        .x_label_area_size(look.size(40.0))
        .y_label_area_size(look.size(72.0))
        .build_cartesian_2d(epochs(curve), losses)?;
    let name = format!("{} loss", curve.loss);
    look.axes(&mut chart, [("epoch", &epoch), (&name, tick)])?;
    let best = best(curve);
    if let Some((at, _)) = best {
        let ends = chart.as_coord_spec().get_y_range();
        let mark = vec![(at, ends.start), (at, ends.end)];
        chart.draw_series([PathElement::new(mark, look.stroke(MARK, 1.0))])?;
    }
    let train = |epoch: &EpochLoss| Some(epoch.train);
    line(&mut chart, curve, look, ("training", TRAIN), train)?;
    if curve.epochs.iter().any(|epoch| epoch.validation.is_some()) {
        let held_out = |epoch: &EpochLoss| epoch.validation;
        line(
            &mut chart,
            curve,
            look,
            ("validation", VALIDATION),
            held_out,
        )?;
    }
    if let Some(best) = best {
        mark(&mut chart, look, best)?;
    }
    look.legend(&mut chart)
}

/// The place of the best epoch, unless it cannot be shown.
fn best(curve: &LossCurve<'_>) -> Option<Point> {
    let best = curve.best?;
    let epoch = curve.epochs.iter().find(|epoch| epoch.epoch == best)?;
    let value = epoch.decisive();
    is_shown(value).then(|| (f64::from(best), value))
}

/// Draws one line with its entry in the legend.
fn line<'a, B, Y>(
    chart: &mut Chart<'a, B, RangedCoordf64, Y>,
    curve: &LossCurve<'_>,
    look: &Look,
    (name, color): (&str, RGBColor),
    value: impl Fn(&EpochLoss) -> Option<f64>,
) -> Result<(), Failed<B>>
where
    B: DrawingBackend + 'a,
    Y: Ranged<ValueType = f64>,
{
    let stroke = look.stroke(color, 2.0);
    let runs = runs(curve.epochs, value);
    let points: usize = runs.iter().map(Vec::len).sum();
    let radius = look.size(3.5);
    let dots: Vec<Point> = runs
        .iter()
        .filter(|run| points <= DOTTED || run.len() == 1)
        .flatten()
        .copied()
        .collect();
    let reach = look.size(20.0);
    // Step by step: one path of many sharp corners would be drawn with long spikes at them.
    let steps = runs.iter().flat_map(|run| run.windows(2));
    chart
        .draw_series(steps.map(|step| PathElement::new(step, stroke)))?
        .label(name)
        .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + reach, y)], stroke));
    let dots = dots.into_iter();
    chart.draw_series(dots.map(|dot| Circle::new(dot, radius, color.filled())))?;
    Ok(())
}

/// Points of one line, apart where a value is missing or cannot be shown.
pub(super) fn runs(
    epochs: &[EpochLoss],
    value: impl Fn(&EpochLoss) -> Option<f64>,
) -> Vec<Vec<Point>> {
    let points: Vec<Option<Point>> = epochs
        .iter()
        .map(|epoch| {
            let value = value(epoch).filter(|value| is_shown(*value))?;
            Some((f64::from(epoch.epoch), value))
        })
        .collect();
    let runs = points.split(Option::is_none).filter(|run| !run.is_empty());
    runs.map(|run| run.iter().flatten().copied().collect())
        .collect()
}

/// A ring around the best epoch, and its number and loss in the legend.
fn mark<'a, B, Y>(
    chart: &mut Chart<'a, B, RangedCoordf64, Y>,
    look: &Look,
    at: Point,
) -> Result<(), Failed<B>>
where
    B: DrawingBackend + 'a,
    Y: Ranged<ValueType = f64>,
{
    let stroke = look.stroke(BEST, 2.5);
    let (radius, middle) = (look.size(7.0), look.size(10.0));
    chart
        .draw_series([Circle::new(at, radius, stroke)])?
        .label(format!("best: epoch {}, {}", at.0, number(at.1)))
        .legend(move |(x, y)| Circle::new((x + middle, y), radius * 3 / 4, stroke));
    Ok(())
}

/// An epoch at its axis; nothing between two of them.
fn epoch(value: f64) -> String {
    let is_one = value >= 0.0 && value.fract().abs() < 1e-9;
    if is_one {
        format!("{value:.0}")
    } else {
        String::new()
    }
}

/// Decimals that tell apart the ticks of a range.
fn decimals(range: &Range<f64>) -> usize {
    let span = range.end - range.start;
    (2.0 - span.log10().floor()).clamp(0.0, 12.0) as usize
}

/// A number with so many decimals, less zeros at its end.
fn plain(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e7 {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// A number with four digits that count.
pub(super) fn number(value: f64) -> String {
    let size = value.abs().log10().floor();
    if value == 0.0 || (-5.0..7.0).contains(&size) {
        let decimals = if value == 0.0 {
            0.0
        } else {
            (3.0 - size).max(0.0)
        };
        plain(value, decimals as usize)
    } else {
        format!("{value:.3e}")
    }
}
