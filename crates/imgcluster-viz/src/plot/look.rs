//! What charts have in common: sizes, strokes, letters, axes and the legend.

use plotters::chart::{ChartContext, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::prelude::DrawingBackend;
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TRANSPARENT, TextStyle, WHITE};

const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(232, 232, 232);
const AXIS: RGBColor = RGBColor(170, 170, 170);

/// What is drawn on.
pub(crate) type Area<B> = DrawingArea<B, Shift>;
/// How drawing fails.
pub(crate) type Failed<B> = DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>;
/// A chart with its scales.
pub(crate) type Chart<'a, B, X, Y> = ChartContext<'a, B, Cartesian2d<X, Y>>;
/// How a value is written at an axis.
pub(crate) type Tick<'a> = &'a dyn Fn(f64) -> String;

/// Lengths in units of a hundredth of an inch, as pixels of the surface.
pub(crate) struct Look {
    /// Pixels a unit.
    pub(crate) scale: f64,
}

impl Look {
    pub(crate) fn size(&self, units: f64) -> i32 {
        (units * self.scale) as i32
    }

    pub(crate) fn stroke(&self, color: RGBColor, units: f64) -> ShapeStyle {
        ShapeStyle::from(color).stroke_width(self.size(units).max(1) as u32)
    }

    pub(crate) fn text(&self, units: f64) -> TextStyle<'static> {
        let font = ("sans-serif", self.size(units)).into_font();
        TextStyle::from(font).color(&INK)
    }

    /// Draws the axes with their names and ticks, and the grid.
    pub(crate) fn axes<'a, B, X, Y>(
        &self,
        chart: &mut Chart<'a, B, X, Y>,
        [(x, x_tick), (y, y_tick)]: [(&str, Tick<'_>); 2],
    ) -> Result<(), Failed<B>>
    where
        B: DrawingBackend + 'a,
        X: Ranged<ValueType = f64> + ValueFormatter<f64>,
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(self.stroke(GRID, 0.8))
            .axis_style(self.stroke(AXIS, 0.8))
            .label_style(self.text(13.0))
            .axis_desc_style(self.text(15.0))
            .x_label_formatter(&|value| x_tick(*value))
            .y_label_formatter(&|value| y_tick(*value))
            .x_desc(x)
            .y_desc(y)
            .draw()
    }

    /// Draws the legend of what has a label, in the upper right corner.
    pub(crate) fn legend<'a, B, X, Y>(
        &self,
        chart: &mut Chart<'a, B, X, Y>,
    ) -> Result<(), Failed<B>>
    where
        B: DrawingBackend + 'a,
        X: Ranged<ValueType = f64>,
        Y: Ranged<ValueType = f64>,
    {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .label_font(self.text(14.0))
            .legend_area_size(self.size(26.0))
            .margin(self.size(10.0))
            .background_style(WHITE.mix(0.85))
            .draw()
    }
}
