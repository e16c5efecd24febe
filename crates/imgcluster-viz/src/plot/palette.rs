//! A colour and a mark for every cluster.

/// Hues that a person tells apart with ease.
const HUES: u32 = 10;
/// Lightness and chroma of each ten clusters; all dark enough for a white page.
const LEVELS: [(f64, f64); 4] = [(0.60, 0.16), (0.43, 0.13), (0.76, 0.12), (0.52, 0.08)];

/// Red, green and blue.
pub(crate) type Rgb = [u8; 3];

/// The colour of pictures in no cluster.
pub(crate) const NOISE: Rgb = [150, 150, 150];

/// The shape of a point on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// Gives a cluster's colour: forty in all, then from the start again with other marks.
///
/// Ten hues at four levels in Oklch, a space in which equal steps look equal; clusters that follow
/// each other get hues far apart. Ottosson, *A perceptual color space for image processing*, 2020.
pub(crate) fn color(cluster: u32) -> Rgb {
    let level = (cluster / HUES) % LEVELS.len() as u32;
    let (lightness, chroma) = LEVELS[level as usize];
    // Each level is turned a little, so that it does not repeat the hues of the one before.
    let degrees = f64::from((cluster * 3) % HUES * (360 / HUES) + 9 * level + 250);
    oklch(lightness, chroma, degrees.to_radians())
}

/// Gives a cluster's mark.
pub(crate) fn mark(cluster: u32) -> Mark {
    let marks = [Mark::Circle, Mark::Square, Mark::Triangle, Mark::Diamond];
    let turn = cluster / HUES + cluster / (HUES * LEVELS.len() as u32);
    marks[turn as usize % marks.len()]
}

/// Writes a colour as a style sheet wants it.
pub(crate) fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The nearest sRGB colour, with less chroma where the screen has not enough.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> Rgb {
    let steps = (0..=20).map(|step| chroma * (1.0 - f64::from(step) / 20.0));
    let mut linear =
        steps.map(|chroma| linear_rgb(lightness, chroma * hue.cos(), chroma * hue.sin()));
    let inside = |rgb: &[f64; 3]| rgb.iter().all(|part| (0.0..=1.0).contains(part));
    let found = linear.find(inside).unwrap_or([lightness.powi(3); 3]);
    found.map(|part| {
        let encoded = if part <= 0.003_130_8 {
            12.92 * part
        } else {
            1.055 * part.powf(1.0 / 2.4) - 0.055
        };
        (encoded * 255.0).round() as u8
    })
}

/// Oklab to linear sRGB.
fn linear_rgb(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sRGB back to Oklab.
    fn oklab(rgb: Rgb) -> [f64; 3] {
        let [r, g, b] = rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        let long = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let medium = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let short = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        [
            0.210_454_255_3 * long + 0.793_617_785_0 * medium - 0.004_072_046_8 * short,
            1.977_998_495_1 * long - 2.428_592_205_0 * medium + 0.450_593_709_9 * short,
            0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766_0 * short,
        ]
    }

    fn difference(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (oklab(a), oklab(b));
        (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn forty_clusters_have_colors_that_differ_by_more_than_twice_what_can_be_seen() {
        for a in 0..40 {
            for b in 0..a {
                // About 0.02 can just be told apart in Oklab.
                let apart = difference(color(a), color(b));
                assert!(apart > 0.04, "{a} and {b}: {apart}");
            }
        }
    }

    #[test]
    fn every_color_stands_out_from_the_page_and_from_noise() {
        for cluster in 0..40 {
            assert!(difference(color(cluster), [255; 3]) > 0.2);
            assert!(difference(color(cluster), NOISE) > 0.05, "{cluster}");
        }
    }

    #[test]
    fn a_color_that_comes_back_has_another_mark() {
        for cluster in 0..40 {
            assert_eq!(color(cluster), color(cluster + 40));
            assert_ne!(mark(cluster), mark(cluster + 40));
        }
    }
}
