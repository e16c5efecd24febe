//! From bytes to the gradient at each pixel.

use super::SIDE;

/// One value for each pixel, row by row.
pub(super) type Plane = Vec<f32>;

/// The gradient of the strongest colour channel, one entry for each pixel, in units of root
/// intensity per two pixels.
pub(super) struct Gradient {
    /// Change from left to right.
    pub(super) rightward: Plane,
    /// Change from top to bottom.
    pub(super) downward: Plane,
    /// Squared length of the gradient.
    pub(super) energy: Plane,
}

/// Splits interleaved bytes into red, green and blue planes of square-root intensities in 0..=1,
/// lightly smoothed.
///
/// The root evens out contrast in shadows and highlights, as in Dalal and Triggs; smoothing keeps
/// the noise of the camera and of JPEG blocks from filling flat areas with gradients.
pub(super) fn root_planes(rgb: &[u8]) -> [Plane; 3] {
    let mut roots = [0.0_f32; 256];
    for (root, byte) in roots.iter_mut().zip(0_u8..=255) {
        *root = (f32::from(byte) / 255.0).sqrt();
    }
    [0, 1, 2].map(|channel| {
        let mut plane = vec![0.0; SIDE * SIDE];
        for (value, pixel) in plane.iter_mut().zip(rgb.chunks_exact(3)) {
            *value = roots[usize::from(pixel[channel])];
        }
        smooth(&plane)
    })
}

/// Smooths with the weights 1 2 1 along both directions; the edge is continued outwards.
fn smooth(plane: &[f32]) -> Plane {
    let mut smoothed = vec![0.0; SIDE * SIDE];
    for (y, target) in smoothed.chunks_exact_mut(SIDE).enumerate() {
        let above = row(plane, y.saturating_sub(1));
        let here = row(plane, y);
        let below = row(plane, (y + 1).min(SIDE - 1));
        let mut column = [0.0_f32; SIDE];
        for x in 0..SIDE {
            column[x] = (above[x] + 2.0 * here[x] + below[x]) * 0.25;
        }
        target[0] = (3.0 * column[0] + column[1]) * 0.25;
        for x in 1..SIDE - 1 {
            target[x] = (column[x - 1] + 2.0 * column[x] + column[x + 1]) * 0.25;
        }
        target[SIDE - 1] = (column[SIDE - 2] + 3.0 * column[SIDE - 1]) * 0.25;
    }
    smoothed
}

/// One row of a plane.
fn row(plane: &[f32], y: usize) -> &[f32] {
    &plane[y * SIDE..(y + 1) * SIDE]
}

/// Central differences of each channel; at each pixel the channel with the longest gradient is kept
/// (the earlier one of equals). The outermost pixels have no difference across the edge.
pub(super) fn strongest(planes: &[Plane; 3]) -> Gradient {
    let nothing = || vec![0.0_f32; SIDE * SIDE];
    let mut gradient = Gradient {
        rightward: nothing(),
        downward: nothing(),
        energy: nothing(),
    };
    for plane in planes {
        let rows = gradient.rightward.chunks_exact_mut(SIDE);
        let rows = rows
            .zip(gradient.downward.chunks_exact_mut(SIDE))
            .zip(gradient.energy.chunks_exact_mut(SIDE));
        for (y, ((rightward, downward), energy)) in rows.enumerate() {
            let (right, down) = differences(plane, y);
            for x in 0..SIDE {
                let length = right[x] * right[x] + down[x] * down[x];
                let stronger = length > energy[x];
                rightward[x] = if stronger { right[x] } else { rightward[x] };
                downward[x] = if stronger { down[x] } else { downward[x] };
                energy[x] = if stronger { length } else { energy[x] };
            }
        }
    }
    gradient
}

/// The rightward and downward differences of one row.
fn differences(plane: &[f32], y: usize) -> ([f32; SIDE], [f32; SIDE]) {
    let mut right = [0.0; SIDE];
    let mut down = [0.0; SIDE];
    let here = row(plane, y);
    for x in 1..SIDE - 1 {
        right[x] = here[x + 1] - here[x - 1];
    }
    if y > 0 && y + 1 < SIDE {
        let above = row(plane, y - 1);
        let below = row(plane, y + 1);
        for x in 0..SIDE {
            down[x] = below[x] - above[x];
        }
    }
    (right, down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_has_no_gradient() {
        let gradient = strongest(&root_planes(&vec![77; SIDE * SIDE * 3]));
        assert!(gradient.energy.iter().all(|&energy| energy == 0.0));
    }

    #[test]
    fn an_edge_in_one_channel_alone_is_found() {
        let mut rgb = vec![0_u8; SIDE * SIDE * 3];
        for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
            pixel[2] = if index % SIDE < SIDE / 2 { 0 } else { 255 };
        }
        let gradient = strongest(&root_planes(&rgb));
        let middle = SIDE * SIDE / 2 + SIDE / 2;
        assert!(gradient.rightward[middle] > 0.5);
        assert!(gradient.downward.iter().all(|&change| change == 0.0));
    }

    #[test]
    fn missing_bytes_count_as_black() {
        let planes = root_planes(&[255; 30]);
        assert_eq!(planes[0].len(), SIDE * SIDE);
        assert!(planes[1][SIDE * SIDE - 1].abs() < 1e-9);
    }
}
