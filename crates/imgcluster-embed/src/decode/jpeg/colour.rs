//! From planes of luma and chroma to RGB, as libjpeg does it: chroma is interpolated where it has
//! fewer values, and converted in integers (JFIF 1.02).

use super::planes::Plane;

/// Makes RGB of the first `width × height` values; `None` for a number of planes, or an upsampling,
/// that is not followed here.
pub(super) fn rgb(planes: &[Plane], width: usize, height: usize) -> Option<Vec<u8>> {
    let mut rgb = vec![0; width * height * 3];
    let rows = rgb.chunks_exact_mut(width * 3).enumerate();
    match planes {
        [gray] => {
            for (y, line) in rows {
                let values = &gray.values[y * gray.stride..][..width];
                for (pixel, value) in line.as_chunks_mut::<3>().0.iter_mut().zip(values) {
                    *pixel = [*value; 3];
                }
            }
        }
        [luma, blue, red] => {
            let mut lines = [
                Line::new(luma, width, height)?,
                Line::new(blue, width, height)?,
                Line::new(red, width, height)?,
            ];
            for (y, line) in rows {
                let [luma, blue, red] = lines.each_mut().map(|plane| plane.row(y));
                let values = luma.iter().zip(blue).zip(red);
                for (pixel, ((luma, blue), red)) in
                    line.as_chunks_mut::<3>().0.iter_mut().zip(values)
                {
                    *pixel = converted(*luma, *blue, *red);
                }
            }
        }
        _ => return None,
    }
    Some(rgb)
}

/// One pixel, with libjpeg's constants of 16 bits behind the point.
#[inline]
fn converted(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    let rgb = [
        luma + ((91_881 * red + HALF) >> 16),
        luma + ((-22_554 * blue - 46_802 * red + HALF) >> 16),
        luma + ((116_130 * blue + HALF) >> 16),
    ];
    rgb.map(|value| value.clamp(0, 255) as u8)
}

/// The rows of a plane, brought to the width and height of the picture.
struct Line<'a> {
    plane: &'a Plane,
    /// Whether two columns, and two rows, of the picture share a value.
    wide: bool,
    high: bool,
    sums: Vec<u16>,
    row: Vec<u8>,
}

impl<'a> Line<'a> {
    fn new(plane: &'a Plane, width: usize, height: usize) -> Option<Self> {
        let shared = |have: usize, wanted: usize| match wanted {
            _ if have >= wanted => Some(false),
            _ if have == wanted.div_ceil(2) => Some(true),
            _ => None,
        };
        Some(Self {
            plane,
            wide: shared(plane.width, width)?,
            high: shared(plane.height, height)?,
            sums: Vec::new(),
            row: Vec::new(),
        })
    }

    /// The values of one row of the picture; at least as many as it is wide.
    fn row(&mut self, y: usize) -> &[u8] {
        let plane = self.plane;
        let at = |row: usize| &plane.values[row * plane.stride..][..plane.width];
        if !self.high && !self.wide {
            return at(y);
        }
        if !self.high {
            self.row.clear();
            widen(at(y), &mut self.row);
            return &self.row;
        }
        // Three quarters of the nearer row and a quarter of the farther.
        let near = y / 2;
        let far = if y.is_multiple_of(2) {
            near.saturating_sub(1)
        } else {
            (near + 1).min(plane.height - 1)
        };
        let sums = at(near).iter().zip(at(far));
        let sums = sums.map(|(near, far)| 3 * u16::from(*near) + u16::from(*far));
        self.row.clear();
        if self.wide {
            self.sums.clear();
            self.sums.extend(sums);
            widen_sums(&self.sums, &mut self.row);
        } else {
            let half = if y.is_multiple_of(2) { 1 } else { 2 };
            self.row.extend(sums.map(|sum| ((sum + half) >> 2) as u8));
        }
        &self.row
    }
}

/// Makes two values of each: three quarters of it and a quarter of its neighbour.
fn widen(values: &[u8], row: &mut Vec<u8>) {
    let value = |at: usize| u16::from(values[at]);
    let last = values.len() - 1;
    for at in 0..=last {
        let own = 3 * value(at);
        row.push(match at {
            0 => values[0],
            _ => ((own + value(at - 1) + 1) >> 2) as u8,
        });
        row.push(match at {
            _ if at == last => values[last],
            _ => ((own + value(at + 1) + 2) >> 2) as u8,
        });
    }
}

/// The same with values that are four times as large.
fn widen_sums(sums: &[u16], row: &mut Vec<u8>) {
    let last = sums.len() - 1;
    row.resize(sums.len() * 2, 0);
    row[0] = ((4 * sums[0] + 8) >> 4) as u8;
    row[2 * last + 1] = ((4 * sums[last] + 7) >> 4) as u8;
    for (two, pair) in row[1..]
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(sums.windows(2))
    {
        // The right half of one value and the left half of the next.
        two[0] = ((3 * pair[0] + pair[1] + 7) >> 4) as u8;
        two[1] = ((3 * pair[1] + pair[0] + 8) >> 4) as u8;
    }
}
