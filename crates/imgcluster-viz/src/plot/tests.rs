use super::*;
use crate::sample_outcome::made;

fn png_of(count: usize, clusters: usize) -> image::RgbImage {
    let mut bytes = Vec::new();
    write_map_png(&made(count, clusters).outcome(), &mut bytes).unwrap();
    if let Some(folder) = std::env::var_os("IMGCLUSTER_LOOK") {
        let name = format!("map-{count}-{clusters}.png");
        std::fs::write(std::path::Path::new(&folder).join(name), &bytes).unwrap();
    }
    image::load_from_memory(&bytes).unwrap().into_rgb8()
}

fn svg_of(count: usize, clusters: usize) -> String {
    let mut bytes = Vec::new();
    write_map_svg(&made(count, clusters).outcome(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Tells whether any pixel has just this colour.
fn shows(picture: &image::RgbImage, color: palette::Rgb) -> bool {
    let near = |pixel: &image::Rgb<u8>| {
        let parts = pixel.0.iter().zip(color);
        parts.into_iter().all(|(a, b)| {
            // Points are drawn at 85 % over white.
            let seen = 0.85 * f64::from(b) + 0.15 * 255.0;
            (f64::from(*a) - seen).abs() < 3.0
        })
    };
    picture.pixels().any(near)
}

#[test]
fn a_map_of_nothing_or_one_or_two_images_is_drawn() {
    for count in 0..3 {
        let picture = png_of(count, 1);
        assert_eq!(picture.dimensions(), (2400, 1600));
        assert_eq!(shows(&picture, palette::color(0)), count > 0);
        assert!(svg_of(count, 1).ends_with("</svg>\n"));
    }
}

#[test]
fn every_cluster_and_the_noise_are_seen_on_the_map() {
    let picture = png_of(600, 12);
    for cluster in 0..12 {
        assert!(shows(&picture, palette::color(cluster)), "{cluster}");
    }
    assert!(!shows(&picture, palette::color(13)));
}

#[test]
fn the_legend_names_forty_clusters_and_counts_the_rest() {
    let svg = svg_of(3000, 55);
    let clustering = made(3000, 55).clustering;
    let rest = format!("and {} more", clustering.clusters() - 40);
    let noise = format!("noise ({})", clustering.noise());
    assert!(svg.contains("cluster 39 (") && !svg.contains("cluster 40 ("));
    assert!(svg.contains(&rest) && svg.contains(&noise));
    png_of(3000, 55);
}

#[test]
fn places_that_are_all_the_same_are_drawn() {
    let mut made = made(5, 1);
    made.layout.places = vec![[3.0, 3.0]; 5];
    let mut bytes = Vec::new();
    write_map_png(&made.outcome(), &mut bytes).unwrap();
    assert!(!bytes.is_empty());
}

#[test]
fn a_writer_that_is_full_is_an_error() {
    let made = made(5, 1);
    let mut small = [0_u8; 100];
    let error = write_map_png(&made.outcome(), &mut small[..]).unwrap_err();
    assert!(matches!(error, VizError::Write { .. }), "{error}");
    assert!(write_map_svg(&made.outcome(), &mut small[..]).is_err());
}
