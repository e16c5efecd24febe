//! The map as a picture.

mod draw;
pub(crate) mod look;
pub(crate) mod palette;

use std::io::Write;

use imgcluster_core::Outcome;
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::style::{FontStyle, register_font};

use crate::VizError;
use draw::draw;

/// The map's size in units of a hundredth of an inch: 12 × 8 inches.
const SIZE: (u32, u32) = (1200, 800);
/// Pixels a unit in the PNG: 200 dots an inch.
const SCALE: u32 = 2;
/// How many times finer it is drawn along each axis before neighbouring pixels are averaged, so
/// that edges are smooth.
const FINER: u32 = 2;

/// Draws the map as a PNG of 2400 × 1600 pixels.
///
/// One mark a picture in its cluster's colour, a grey × for noise, and a legend of the largest 40
/// clusters.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn write_map_png(outcome: &Outcome<'_>, writer: impl Write) -> Result<(), VizError> {
    write_png(SIZE, "the map", writer, |area, scale| {
        draw(area, outcome, scale)
    })
}

/// Draws something of `size` in hundredths of an inch as a PNG, 200 dots an inch. `draw` gets the
/// surface and how many of its pixels are a unit.
pub(crate) fn write_png(
    size: (u32, u32),
    what: &'static str,
    writer: impl Write,
    draw: impl FnOnce(&DrawingArea<BitMapBackend<'_>, Shift>, f64) -> Result<(), VizError>,
) -> Result<(), VizError> {
    let finer = SCALE * FINER;
    let (width, height) = (size.0 * finer, size.1 * finer);
    let mut pixels = vec![255; (width * height * 3) as usize];
    register()?;
    let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    draw(&area, f64::from(finer))?;
    drop(area);
    let pixels = shrink(&pixels, width as usize);
    let size = (size.0 * SCALE, size.1 * SCALE);
    encode_png(size, Some(100 * SCALE), what, writer, &pixels)
}

/// Writes red, green and blue of `size` pixels as a PNG that may say how many dots an inch it has.
pub(crate) fn encode_png(
    (width, height): (u32, u32),
    dots: Option<u32>,
    what: &'static str,
    writer: impl Write,
    pixels: &[u8],
) -> Result<(), VizError> {
    let failed = |error: png::EncodingError| VizError::Write {
        what,
        source: std::io::Error::other(error),
    };
    let mut encoder = png::Encoder::new(writer, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(dots.map(|dots| {
        let per_metre = (f64::from(dots) / 0.0254).round() as u32;
        png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }
    }));
    let mut stream = encoder.write_header().map_err(failed)?;
    stream.write_image_data(pixels).map_err(failed)?;
    stream.finish().map_err(failed)
}

/// Draws the map as an SVG of 1200 × 800 units.
///
/// # Errors
/// If it cannot be drawn or written.
pub fn write_map_svg(outcome: &Outcome<'_>, mut writer: impl Write) -> Result<(), VizError> {
    let mut text = String::new();
    register()?;
    let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    draw(&area, outcome, 1.0)?;
    drop(area);
    writer
        .write_all(text.as_bytes())
        .map_err(VizError::write("the map"))
}

/// Makes the embedded font known. Names of fonts are global in plotters: the same font is given
/// the same name each time.
pub(crate) fn register() -> Result<(), VizError> {
    let embedded = epaint_default_fonts::UBUNTU_LIGHT;
    register_font("sans-serif", FontStyle::Normal, embedded).map_err(|_| VizError::Font)
}

/// Averages squares of `FINER` by `FINER` pixels.
fn shrink(pixels: &[u8], width: usize) -> Vec<u8> {
    let (finer, stride) = (FINER as usize, width * 3);
    let mut small = Vec::with_capacity(pixels.len() / (finer * finer));
    for rows in pixels.chunks_exact(stride * finer) {
        for column in (0..width).step_by(finer) {
            for channel in 0..3 {
                let mut sum = 0;
                for row in rows.chunks_exact(stride) {
                    let pixel = |dx: usize| u32::from(row[(column + dx) * 3 + channel]);
                    sum += (0..finer).map(pixel).sum::<u32>();
                }
                small.push((sum / (FINER * FINER)) as u8);
            }
        }
    }
    small
}

#[cfg(test)]
mod tests;
