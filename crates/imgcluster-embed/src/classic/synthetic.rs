//! Pictures made by formula, for tests and for the tables of the reference: discs and rectangles of
//! random colours that hide one another, the "dead leaves" that share many statistics with
//! photographs (Lee, Mumford and Huang, "Occlusion Models for Natural Images", IJCV 2001).

use super::SIDE;

/// Width and height of the canvas before it is halved, which softens edges.
const CANVAS: i32 = 256;

/// A stream of pseudo-random numbers (PCG-like: a linear congruential generator, its upper bits
/// used).
struct Random(u64);

impl Random {
    /// The next number in `low..high`.
    fn between(&mut self, low: i32, high: i32) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let upper = i64::try_from(self.0 >> 40).unwrap_or(0);
        let span = i64::from(high - low);
        low + i32::try_from(upper % span).unwrap_or(0)
    }
}

/// The picture with the number `seed`, [`SIDE`] x [`SIDE`] interleaved pixels.
pub(super) fn picture(seed: u64) -> Vec<u8> {
    let mut random = Random(
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .wrapping_add(12_345),
    );
    let base = [0, 1, 2].map(|_| random.between(0, 256));
    let spread = random.between(20, 140);
    let mut canvas = vec![base; 256 * 256];
    for _ in 0..random.between(10, 150) {
        let grey = random.between(-spread, spread);
        let colour = base.map(|value| value + grey + random.between(-spread, spread) / 3);
        draw(&mut canvas, &mut random, colour);
    }
    let noise = random.between(1, 12);
    let mut rgb = Vec::with_capacity(SIDE * SIDE * 3);
    for index in 0..SIDE * SIDE {
        let corner = index / SIDE * 2 * 256 + index % SIDE * 2;
        let pixels =
            [0, 1, 256, 257].map(|step| canvas[corner + step].map(|value| value.clamp(0, 255)));
        let [first, second, third, fourth] = pixels;
        for (((first, second), third), fourth) in
            first.into_iter().zip(second).zip(third).zip(fourth)
        {
            let value = (first + second + third + fourth) / 4 + random.between(-noise, noise + 1);
            rgb.push(u8::try_from(value.clamp(0, 255)).unwrap_or(0));
        }
    }
    rgb
}

/// Draws one leaf: a turned ellipse or rectangle, small ones more often than large ones.
fn draw(canvas: &mut [[i32; 3]], random: &mut Random, colour: [i32; 3]) {
    let half_length = (800 / random.between(6, 100)).max(4);
    let half_width = (half_length * random.between(20, 101) / 100).max(2);
    let (middle_x, middle_y) = (random.between(0, CANVAS), random.between(0, CANVAS));
    // A direction with whole numbers: no sine is needed.
    let (along_x, along_y) = (random.between(-50, 51), random.between(1, 51));
    let squared = along_x * along_x + along_y * along_y;
    let round = random.between(0, 5) < 3;
    for (index, pixel) in (0_i32..).zip(canvas.iter_mut()) {
        let (x, y) = (index % CANVAS - middle_x, index / CANVAS - middle_y);
        let along = i64::from(x * along_x + y * along_y);
        let across = i64::from(y * along_x - x * along_y);
        let length = i64::from(half_length * half_length * squared);
        let width = i64::from(half_width * half_width * squared);
        let (along, across) = (along * along, across * across);
        let inside = if round {
            along * width + across * length < length * width
        } else {
            along < length && across < width
        };
        if inside {
            *pixel = colour;
        }
    }
}
