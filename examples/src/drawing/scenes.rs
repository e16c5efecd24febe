//! The kinds of pictures in the gallery.

use super::canvas::{Colour, Scene, distance, mix, scramble, teeth};
use super::random::Random;

/// The name of a kind, and what makes a picture of it.
pub type Kind = (&'static str, fn(&mut Random) -> Scene);

/// Each gives another picture of its kind at every call.
pub const KINDS: [Kind; 7] = [
    ("sunset", sunset),
    ("forest", forest),
    ("balloons", balloons),
    ("city", city),
    ("tiles", tiles),
    ("target", target),
    ("flower", flower),
];

/// One picture each, unlike all others.
pub const ODD: [Kind; 2] = [("plaid", plaid), ("contours", contours)];

fn sunset(random: &mut Random) -> Scene {
    let (sun_x, sun_y) = (random.between(0.35, 1.0), random.between(0.42, 0.56));
    let horizon = random.between(0.60, 0.68);
    let (top, low): (Colour, Colour) = ([0.20, 0.12, random.between(0.35, 0.45)], [1.0, 0.55, 0.2]);
    Box::new(move |x, y| {
        let glow = 1.0 - distance(x, y, sun_x, sun_y) * 1.6;
        if y > horizon {
            let ripple = ((y - horizon) * 90.0 / (0.4 + y) + (x * 9.0).sin() * 0.6).sin();
            let path = 1.0 - (x - sun_x).abs() * 3.5;
            return mix(
                [0.16, 0.12, 0.28],
                [1.0, 0.62, 0.3],
                (path * 0.7).max(0.1) * (0.6 + 0.4 * ripple),
            );
        }
        if distance(x, y, sun_x, sun_y) < 0.1 {
            return [1.0, 0.93, 0.65];
        }
        mix(mix(top, low, y / horizon), [1.0, 0.75, 0.35], glow * 0.6)
    })
}

fn forest(random: &mut Random) -> Scene {
    let layers: Vec<(f32, f32, f32)> = (0..3)
        .map(|_| {
            (
                random.between(5.0, 9.0),
                random.unit(),
                random.between(0.22, 0.32),
            )
        })
        .collect();
    let haze = random.between(0.75, 0.9);
    Box::new(move |x, y| {
        let mut colour = mix([0.72, 0.84, haze], [0.9, 0.95, 0.93], y * 2.0);
        for (layer, (count, shift, height)) in (0..).zip(&layers) {
            let depth = layer as f32;
            let tree = (x * count + shift).floor();
            let tall = height * (0.7 + 0.6 * scramble(tree, depth, *shift));
            let base = 0.5 + depth * 0.2;
            // Firs: a triangle cut into three skirts.
            let across = 1.0 - teeth(x * count + shift);
            let up = (base - y) / tall;
            let skirt = 0.75 + 0.25 * (1.0 - (up * 3.0 - (up * 3.0).floor()));
            if y > base || (up < 1.0 && across > 1.0 - (1.0 - up) * 0.9 * skirt) {
                let dark = 0.5 - depth * 0.14;
                colour = [dark * 0.45, dark, dark * 0.5];
            }
        }
        colour
    })
}

fn balloons(random: &mut Random) -> Scene {
    let balloons: Vec<(f32, f32, f32, Colour)> = (0..4)
        .map(|i| {
            let size = random.between(0.13, 0.2);
            let x = 0.17 + 0.33 * i as f32 + random.between(-0.05, 0.05);
            let colour = [
                random.between(0.75, 1.0),
                random.between(0.1, 0.6),
                random.between(0.1, 0.5),
            ];
            (x, random.between(0.25, 0.6), size, colour)
        })
        .collect();
    Box::new(move |x, y| {
        let mut colour = mix([0.45, 0.72, 0.98], [0.85, 0.94, 1.0], y);
        for (at_x, at_y, size, paint) in &balloons {
            let (dx, dy) = ((x - at_x) / size, (y - at_y) / (size * 1.2));
            let out = dx * dx + dy * dy;
            if out < 1.0 {
                let stripe = (dx / (1.0 - dy * dy).max(0.05).sqrt() * 3.0).floor() as i32 % 2 == 0;
                colour = mix(
                    if stripe { *paint } else { [1.0, 0.95, 0.85] },
                    [0.2; 3],
                    out * 0.35,
                );
            } else if dx.abs() < 0.22 && dy > 1.15 && dy < 1.45 {
                colour = [0.45, 0.3, 0.15];
            }
        }
        colour
    })
}

fn city(random: &mut Random) -> Scene {
    let (seed, moon) = (random.between(1.0, 90.0), random.between(0.2, 1.1));
    let width = random.between(6.5, 8.5);
    Box::new(move |x, y| {
        let house = (x * width).floor();
        let top = 0.25 + 0.45 * scramble(house, 1.0, seed);
        if y > top {
            let (column, row) = ((x * width * 4.0).floor(), (y * 26.0).floor());
            let lit = scramble(column, row, seed) > 0.55;
            let pane = teeth(x * width * 4.0) < 0.6 && teeth(y * 26.0) < 0.6;
            return if lit && pane {
                [1.0, 0.86, 0.4]
            } else {
                [0.07, 0.08, 0.13]
            };
        }
        if distance(x, y, moon, 0.13) < 0.06 {
            return [0.95, 0.95, 0.88];
        }
        mix([0.02, 0.03, 0.12], [0.14, 0.14, 0.32], y)
    })
}

fn tiles(random: &mut Random) -> Scene {
    let angle = random.between(0.6, 0.95);
    let count = random.between(5.0, 6.5);
    let blue = random.between(0.5, 0.75);
    let (sine, cosine) = angle.sin_cos();
    Box::new(move |x, y| {
        let (u, v) = (
            (x * cosine - y * sine) * count,
            (x * sine + y * cosine) * count,
        );
        let checker = (u.floor() + v.floor()).rem_euclid(2.0) < 1.0;
        let dot = distance(u - u.floor(), v - v.floor(), 0.5, 0.5) < 0.22;
        match (checker, dot) {
            (true, false) => [0.1, 0.3, blue],
            (true, true) | (false, false) => [0.95, 0.93, 0.86],
            (false, true) => [0.8, 0.45, 0.2],
        }
    })
}

fn target(random: &mut Random) -> Scene {
    let (at_x, at_y) = (random.between(0.58, 0.76), random.between(0.44, 0.56));
    let ring = random.between(0.07, 0.085);
    let wood = random.between(0.5, 0.62);
    Box::new(move |x, y| {
        let out = distance(x, y, at_x, at_y) / ring;
        if out < 5.0 {
            return if out < 1.0 {
                [1.0, 0.85, 0.1]
            } else if out.floor() as i32 % 2 == 0 {
                [0.97; 3]
            } else {
                [0.82, 0.1, 0.12]
            };
        }
        let grain = 0.06 * ((y * 7.0 + (x * 5.0).sin() * 0.5) * 20.0).sin();
        [wood + grain, wood * 0.72 + grain, wood * 0.45 + grain]
    })
}

fn flower(random: &mut Random) -> Scene {
    let petals = (random.between(6.0, 10.0)).floor();
    let (at_x, at_y) = (random.between(0.55, 0.8), random.between(0.42, 0.56));
    let paint = [
        random.between(0.85, 1.0),
        random.between(0.3, 0.55),
        random.between(0.7, 0.95),
    ];
    let turn = random.between(0.0, 1.0);
    Box::new(move |x, y| {
        let out = distance(x, y, at_x, at_y);
        let angle = (y - at_y).atan2(x - at_x) + turn;
        let edge = 0.2 + 0.19 * (angle * petals / 2.0).cos().abs();
        if out < 0.11 {
            return mix([1.0, 0.8, 0.1], [0.75, 0.5, 0.05], out * 8.0);
        }
        if out < edge {
            return mix(paint, [1.0, 0.95, 1.0], (out / edge).powi(2) * 0.6);
        }
        let leaf = 0.5 + 0.5 * ((x * 21.0 + turn * 40.0).sin() * (y * 17.0).cos());
        mix([0.12, 0.36, 0.1], [0.3, 0.6, 0.2], leaf)
    })
}

fn plaid(_random: &mut Random) -> Scene {
    Box::new(|x, y| {
        let band = |t: f32| if teeth(t * 3.0) > 0.55 { 0.75 } else { 0.2 };
        let thread = if teeth((x + y) * 40.0) > 0.5 {
            0.06
        } else {
            0.0
        };
        [
            band(x) * 0.6 + band(y) * 0.3 + thread,
            0.18 + thread,
            band(y) * 0.55 + thread,
        ]
    })
}

fn contours(_random: &mut Random) -> Scene {
    Box::new(|x, y| {
        let hills = (x * 5.0).sin() + (y * 6.0 + x * 2.0).cos() + (x * 3.0 - y * 7.0).sin() * 0.6;
        let line = teeth(hills * 4.0) > 0.86;
        if line {
            [0.45, 0.3, 0.2]
        } else {
            mix([0.85, 0.9, 0.75], [0.98, 0.95, 0.85], hills * 0.4 + 0.5)
        }
    })
}
