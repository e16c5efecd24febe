//! The pictures that `peers/formula.py` makes: smooth areas, edges and noise.

const SIDE: usize = 224;

/// The formula has it in so many digits.
#[expect(clippy::approx_constant, reason = "the formula of the peers says so")]
const TAU: f64 = 6.283_185_3;

/// Makes `image-a`, `image-b` and so on.
pub(crate) fn batch(count: usize) -> Vec<Vec<u8>> {
    let letters = (b'a'..=b'z').cycle().take(count);
    letters
        .map(|letter| picture(&format!("image-{}", char::from(letter))))
        .collect()
}

fn picture(name: &str) -> Vec<u8> {
    let fields = uniform(&format!("{name}/fields"), 9);
    let noise = uniform(name, SIDE * SIDE * 3);
    let side = SIDE as f64;
    let mut rgb = Vec::with_capacity(noise.len());
    for (at, noise) in noise.iter().enumerate() {
        let (y, x, channel) = (at / 3 / SIDE, at / 3 % SIDE, at % 3);
        let (y, x) = (y as f64, x as f64);
        let [fx, fy, phase] = [0, 1, 2].map(|place| f64::from(fields[3 * channel + place]));
        let wave = TAU * (4.0 * fx * x / side + 4.0 * fy * y / side);
        let mut value = 127.5 + 90.0 * (wave + 3.0 * phase).sin();
        let disc = (x - 0.6 * side).powi(2) + (y - 0.4 * side).powi(2) < (0.2 * side).powi(2);
        if channel == 0 && disc {
            value += 40.0;
        }
        value += 12.0 * f64::from(*noise);
        rgb.push(value.round_ties_even().clamp(0.0, 255.0) as u8);
    }
    rgb
}

/// Numbers in [-1, 1): splitmix64 from the FNV-1a hash of the name.
fn uniform(name: &str, count: usize) -> Vec<f32> {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    let mut state = name.bytes().fold(0xCBF2_9CE4_8422_2325, hash);
    let mut next = || {
        state = u64::wrapping_add(state, 0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f32 / (1_u64 << 24) as f32 * 2.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}
