//! `tune.png`: the curve of thresholds, and the distances from which on images are core.

use std::io::Write;

use plotters::chart::ChartBuilder;
use plotters::coord::combinators::IntoLogRange;
use plotters::element::{PathElement, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBColor, WHITE};

use super::{TuneReport, TuneRow};
use crate::VizError;
use crate::plot::look::{Area, Failed, Look};
use crate::plot::write_png;

/// A number of a row.
type Value = fn(&TuneRow) -> usize;
/// 12 × 11 inches, in hundredths.
const SIZE: (u32, u32) = (1200, 1100);
const MARK: RGBColor = RGBColor(190, 190, 190);
const PAIRS: RGBColor = RGBColor(18, 89, 184);
const CLUSTERS: RGBColor = RGBColor(179, 89, 0);
const CLUSTERED: RGBColor = RGBColor(26, 127, 55);
const LARGEST: RGBColor = RGBColor(166, 38, 164);

/// Draws thresholds as a PNG of 2400 × 2200 pixels: pairs on a logarithmic scale, clusters and the
/// images in them, each with the suggestions, and below the distance from which on each image is a core
/// row of DBSCAN.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn write_tune_png(report: &TuneReport<'_>, writer: impl Write) -> Result<(), VizError> {
    write_png(SIZE, "tune.png", writer, |area, scale| {
        draw(area, report, scale).map_err(|error| VizError::Write {
            what: "tune.png",
            source: std::io::Error::other(error.to_string()),
        })
    })
}

fn draw<B: DrawingBackend>(
    area: &Area<B>,
    report: &TuneReport<'_>,
    scale: f64,
) -> Result<(), Failed<B>> {
    area.fill(&WHITE)?;
    let height = |units: f64| (units * scale) as i32;
    let (pairs, rest) = area.split_vertically(height(400.0));
    let (clusters, distances) = rest.split_vertically(height(350.0));
    let shown = shown_rows(report);
    pairs_over_threshold(&pairs, report, shown, scale)?;
    images_over_threshold(&clusters, report, shown, scale)?;
    core_distances(&distances, report, scale)?;
    area.present()
}

/// The rows up to the middle of all pairs, or the loosest suggestion.
fn shown_rows<'a>(report: &TuneReport<'a>) -> &'a [TuneRow] {
    let total = report.curve.last().map_or(0, |row| row.pairs);
    let suggested = report
        .suggestions
        .iter()
        .map(|suggestion| suggestion.threshold);
    let loosest = suggested.fold(1.0, f64::min);
    let is_before = |row: &TuneRow| 2 * row.pairs < total || row.threshold > loosest;
    let end = report.curve.partition_point(is_before);
    &report.curve[..report.curve.len().min(end + 1)]
}

/// What a threshold gives holds down to the next one.
fn steps(rows: &[TuneRow], value: impl Fn(&TuneRow) -> f64) -> Vec<(f64, f64)> {
    let before = std::iter::once(None).chain(rows.iter().map(Some));
    let points = rows.iter().zip(before).flat_map(|(row, before)| {
        let corner = before.map(|before| (row.threshold, value(before)));
        corner.into_iter().chain([(row.threshold, value(row))])
    });
    points.collect()
}

fn thresholds(rows: &[TuneRow]) -> std::ops::Range<f64> {
    let loosest = rows.last().map_or(0.99, |row| row.threshold);
    loosest.min(0.99)..1.0
}

fn pairs_over_threshold<B: DrawingBackend>(
    area: &Area<B>,
    report: &TuneReport<'_>,
    rows: &[TuneRow],
    scale: f64,
) -> Result<(), Failed<B>> {
    let look = Look { scale };
    let most = rows.iter().map(|row| row.pairs).max().unwrap_or(0).max(10) as f64;
    let title = format!("{} images, {}", report.images.len(), report.model);
    let mut chart = ChartBuilder::on(area)
        .margin(look.size(14.0))
        .caption(title, look.text(24.0))
        .x_label_area_size(look.size(26.0))
        .y_label_area_size(look.size(64.0))
        .build_cartesian_2d(thresholds(rows), (0.8..most * 1.3).log_scale())?;
    look.axes(&mut chart, [("", &tick), ("pairs at or above", &short)])?;
    for (place, suggestion) in report.suggestions.iter().enumerate() {
        let at = suggestion.threshold;
        let mark = vec![(at, 0.8), (at, most * 1.3)];
        chart.draw_series([PathElement::new(mark, look.stroke(MARK, 1.0))])?;
        let anchor = if at > thresholds(rows).start + 0.5 * (1.0 - thresholds(rows).start) {
            HPos::Right
        } else {
            HPos::Left
        };
        let style = look.text(13.0).pos(Pos::new(anchor, VPos::Top));
        // One line below the other, so that neighbours stay apart.
        let fall = (most * 1.3 / 0.8).powf(0.06 * place as f64);
        let words = format!(" {} {} ", suggestion.kind.replace('-', " "), tick(at));
        chart.draw_series([Text::new(words, (at, most * 1.25 / fall), style)])?;
    }
    let with_pairs = rows.partition_point(|row| row.pairs == 0);
    let line = steps(&rows[with_pairs..], |row| row.pairs as f64);
    chart.draw_series([PathElement::new(line, look.stroke(PAIRS, 2.0))])?;
    Ok(())
}

fn images_over_threshold<B: DrawingBackend>(
    area: &Area<B>,
    report: &TuneReport<'_>,
    rows: &[TuneRow],
    scale: f64,
) -> Result<(), Failed<B>> {
    let look = Look { scale };
    let most = report.images.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(look.size(14.0))
        .x_label_area_size(look.size(40.0))
        .y_label_area_size(look.size(64.0))
        .build_cartesian_2d(thresholds(rows), 0.0..most * 1.05)?;
    let words = "threshold of similarity";
    look.axes(&mut chart, [(words, &tick), ("images, clusters", &short)])?;
    for suggestion in report.suggestions {
        let mark = vec![
            (suggestion.threshold, 0.0),
            (suggestion.threshold, most * 1.05),
        ];
        chart.draw_series([PathElement::new(mark, look.stroke(MARK, 1.0))])?;
    }
    let lines: [(&str, RGBColor, Value); 3] = [
        ("clustered images", CLUSTERED, |row| row.clustered),
        ("largest cluster", LARGEST, |row| row.largest),
        ("clusters", CLUSTERS, |row| row.clusters),
    ];
    for (name, color, value) in lines {
        let line = steps(rows, |row| value(row) as f64);
        let stroke = look.stroke(color, 2.0);
        let reach = look.size(18.0);
        chart
            .draw_series([PathElement::new(line, stroke)])?
            .label(name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + reach, y)], stroke));
    }
    look.legend(&mut chart)
}

fn core_distances<B: DrawingBackend>(
    area: &Area<B>,
    report: &TuneReport<'_>,
    scale: f64,
) -> Result<(), Failed<B>> {
    let look = Look { scale };
    let distances = report.k_distances;
    let most = f64::from(distances.last().copied().unwrap_or(0.0)).max(0.01) * 1.05;
    let count = distances.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(look.size(14.0))
        .x_label_area_size(look.size(40.0))
        .y_label_area_size(look.size(64.0))
        .build_cartesian_2d(0.0..count, 0.0..most)?;
    let words = format!("radius to be core, of {}", report.min_samples);
    look.axes(&mut chart, [("images", &short), (&words, &short)])?;
    let line = distances.iter().enumerate();
    let line: Vec<(f64, f64)> = line
        .map(|(place, distance)| (place as f64 + 1.0, f64::from(*distance)))
        .collect();
    chart.draw_series([PathElement::new(line, look.stroke(PAIRS, 2.0))])?;
    for radius in report.radii {
        let at = f64::from(radius.radius).min(most);
        let mark = vec![(0.0, at), (count, at)];
        chart.draw_series([PathElement::new(mark, look.stroke(MARK, 1.0))])?;
        let style = look.text(13.0).pos(Pos::new(HPos::Left, VPos::Bottom));
        let words = format!(" {} {}", radius.kind.replace('-', " "), tick(at));
        chart.draw_series([Text::new(words, (0.0, at), style)])?;
    }
    Ok(())
}

/// A threshold as it is typed, with at most six digits: as many as a sixty-fourth has.
fn tick(value: f64) -> String {
    // Adding zero turns -0 into 0.
    format!("{}", (value * 1e6).round() / 1e6 + 0.0)
}

/// A count or distance at an axis: "20k" for many.
fn short(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{}{unit}", (value / size * 10.0).round() / 10.0),
        None => tick(value),
    }
}
