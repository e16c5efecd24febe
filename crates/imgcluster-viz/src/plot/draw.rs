//! Draws the map on any surface.

use imgcluster_core::Outcome;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::palette::{self, Mark, Rgb};
use crate::VizError;

/// Clusters with a line of their own in the legend.
const LISTED: usize = 40;
/// Width of the legend, in units of a hundredth of an inch.
const LEGEND: f64 = 170.0;
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(232, 232, 232);

type Area<B> = DrawingArea<B, Shift>;
type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws everything; one unit is `scale` pixels.
pub(super) fn draw<B: DrawingBackend>(
    area: &Area<B>,
    outcome: &Outcome<'_>,
    scale: f64,
) -> Result<(), VizError>
where
    B::ErrorType: 'static,
{
    draw_parts(area, outcome, scale).map_err(|error| VizError::Draw(Box::new(error)))
}

fn draw_parts<B: DrawingBackend>(
    area: &Area<B>,
    outcome: &Outcome<'_>,
    scale: f64,
) -> Result<(), DrawError<B>> {
    area.fill(&plotters::style::WHITE)?;
    let (width, _) = area.dim_in_pixel();
    let split = f64::from(width) - LEGEND * scale;
    let (left, right) = area.split_horizontally(split as i32);
    map(&left, outcome, scale)?;
    legend(&right, outcome, scale)?;
    area.present()
}

type DrawError<B> = plotters::drawing::DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;

fn map<B: DrawingBackend>(
    area: &Area<B>,
    outcome: &Outcome<'_>,
    scale: f64,
) -> Result<(), DrawError<B>> {
    let size = |units: f64| (units * scale) as i32;
    let places = &outcome.layout.places;
    let title = format!(
        "{}, {}",
        counted(outcome.images.len(), "image"),
        counted(outcome.clustering.clusters(), "cluster"),
    );
    let mut chart = ChartBuilder::on(area)
        .margin(size(14.0))
        .caption(title, ("sans-serif", size(24.0)).into_font().color(&INK))
        .x_label_area_size(size(40.0))
        .y_label_area_size(size(48.0))
        .build_cartesian_2d(range(places, 0), range(places, 1))?;
    let text = ("sans-serif", size(13.0)).into_font().color(&INK);
    chart
        .configure_mesh()
        .light_line_style(plotters::style::TRANSPARENT)
        .bold_line_style(ShapeStyle::from(GRID).stroke_width(size(0.8).max(1) as u32))
        .axis_style(ShapeStyle::from(RGBColor(170, 170, 170)).stroke_width(size(0.8).max(1) as u32))
        .label_style(text)
        .axis_desc_style(("sans-serif", size(15.0)).into_font().color(&INK))
        .x_label_formatter(&tick)
        .y_label_formatter(&tick)
        .x_desc("t-SNE 1")
        .y_desc("t-SNE 2")
        .draw()?;
    let radius = size(point_radius(places.len()));
    points(&mut chart, outcome, radius)
}

/// Noise first and the largest clusters next, so that small ones lie on top.
fn points<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    outcome: &Outcome<'_>,
    radius: i32,
) -> Result<(), DrawError<B>> {
    let labels = outcome.clustering.labels();
    let mut order: Vec<usize> = (0..outcome.layout.places.len().min(labels.len())).collect();
    order.sort_by_key(|row| labels[*row]);
    let plane = chart.plotting_area();
    let (area, (left, top)) = (plane.strip_coord_spec(), plane.get_base_pixel());
    for row in order {
        let [x, y] = outcome.layout.places[row].map(f64::from);
        let (color, mark) = match labels[row] {
            Some(id) => (palette::color(id.0), Some(palette::mark(id.0))),
            None => (palette::NOISE, None),
        };
        let (x, y) = plane.map_coordinate(&(x, y));
        draw_mark(&area, (x - left, y - top), radius, color, mark)?;
    }
    Ok(())
}

/// Draws one mark; none is a cross.
fn draw_mark<B: DrawingBackend>(
    area: &Area<B>,
    (x, y): (i32, i32),
    radius: i32,
    [red, green, blue]: Rgb,
    mark: Option<Mark>,
) -> Result<(), DrawError<B>> {
    let color = RGBColor(red, green, blue);
    let style = color.mix(0.85).filled();
    let at = |dx: f64, dy: f64| {
        let reach = f64::from(radius);
        (
            x + (dx * reach).round() as i32,
            y + (dy * reach).round() as i32,
        )
    };
    match mark {
        None => {
            let stroke = ShapeStyle::from(color).stroke_width((radius as u32 / 3).max(1));
            area.draw(&PathElement::new([at(-0.9, -0.9), at(0.9, 0.9)], stroke))?;
            area.draw(&PathElement::new([at(-0.9, 0.9), at(0.9, -0.9)], stroke))
        }
        Some(Mark::Circle) => area.draw(&Circle::new((x, y), radius, style)),
        Some(Mark::Square) => area.draw(&Rectangle::new([at(-0.85, -0.85), at(0.85, 0.85)], style)),
        Some(Mark::Triangle) => area.draw(&Polygon::new(
            [at(0.0, -1.1), at(1.0, 0.8), at(-1.0, 0.8)],
            style,
        )),
        Some(Mark::Diamond) => {
            let corners = [at(0.0, -1.2), at(1.2, 0.0), at(0.0, 1.2), at(-1.2, 0.0)];
            area.draw(&Polygon::new(corners, style))
        }
    }
}

fn legend<B: DrawingBackend>(
    area: &Area<B>,
    outcome: &Outcome<'_>,
    scale: f64,
) -> Result<(), DrawError<B>> {
    let lines = lines(outcome);
    let step = (700.0 / lines.len().max(1) as f64).min(24.0) * scale;
    let font = (
        "sans-serif",
        (14.0_f64.min(step / scale * 0.86) * scale) as i32,
    );
    let style = TextStyle::from(font.into_font())
        .color(&INK)
        .pos(Pos::new(HPos::Left, VPos::Center));
    for (line, (sign, words)) in lines.into_iter().enumerate() {
        let y = (56.0 * scale + step * line as f64) as i32;
        let at = ((12.0 * scale) as i32, y);
        let radius = (step * 0.27) as i32;
        match sign {
            Sign::Cluster(id) => {
                draw_mark(
                    area,
                    at,
                    radius,
                    palette::color(id),
                    Some(palette::mark(id)),
                )?;
            }
            Sign::Noise => draw_mark(area, at, radius, palette::NOISE, None)?,
            Sign::Blank => {}
        }
        // The font's line is centred, but small letters lie in its lower half.
        let middle = y + (step * 0.08) as i32;
        area.draw(&Text::new(words, ((26.0 * scale) as i32, middle), &style))?;
    }
    Ok(())
}

enum Sign {
    Cluster(u32),
    Noise,
    Blank,
}

/// What the legend says, line by line.
fn lines(outcome: &Outcome<'_>) -> Vec<(Sign, String)> {
    let sizes = outcome.clustering.sizes();
    let listed = sizes.iter().zip(0_u32..).take(LISTED);
    let mut lines: Vec<(Sign, String)> = listed
        .map(|(size, id)| (Sign::Cluster(id), format!("cluster {id} ({size})")))
        .collect();
    if sizes.len() > LISTED {
        lines.push((Sign::Blank, format!("and {} more", sizes.len() - LISTED)));
    }
    let noise = outcome.clustering.noise();
    if noise > 0 {
        lines.push((Sign::Noise, format!("noise ({noise})")));
    }
    lines
}

/// The values along one axis with some air around; never empty.
fn range(places: &[[f32; 2]], axis: usize) -> std::ops::Range<f64> {
    let values = || places.iter().map(|place| f64::from(place[axis]));
    let (low, high) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    );
    if low > high {
        return -1.0..1.0;
    }
    let air = if high > low { (high - low) * 0.05 } else { 1.0 };
    low - air..high + air
}

/// Writes a number at an axis, "20" rather than "20.0".
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "plotters passes a reference"
)]
fn tick(value: &f64) -> String {
    // Adding zero turns -0 into 0.
    format!("{}", (value * 1e3).round() / 1e3 + 0.0)
}

/// Smaller points where there are more of them, in units.
fn point_radius(count: usize) -> f64 {
    (60.0 / (count.max(1) as f64).sqrt()).clamp(2.0, 5.0)
}

/// A count with its noun: "1 image", "2 images".
fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
