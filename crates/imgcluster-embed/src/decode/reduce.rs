//! Making very large pictures smaller at once, so that they do not stay in memory at full size.

/// Averages squares of pixels until at most `most` pixels are left; in place.
pub(super) fn reduce(width: u32, height: u32, mut rgb: Vec<u8>, most: u64) -> (u32, u32, Vec<u8>) {
    let pixels = u64::from(width) * u64::from(height);
    let factor = (1..=65_536_u32)
        .find(|factor| pixels.div_ceil(u64::from(*factor).pow(2)) <= most.max(1))
        .unwrap_or(65_536);
    if factor == 1 {
        return (width, height, rgb);
    }
    let (new_width, new_height) = (width.div_ceil(factor), height.div_ceil(factor));
    let (wide, high, side) = (width as usize, height as usize, factor as usize);
    let mut at = 0;
    for top in (0..high).step_by(side) {
        for left in (0..wide).step_by(side) {
            // Squares at the right and lower edge may be cut.
            let (columns, rows) = (side.min(wide - left), side.min(high - top));
            let mut sums = [0_u32; 3];
            for row in top..top + rows {
                let line = &rgb[(row * wide + left) * 3..][..columns * 3];
                for pixel in line.as_chunks::<3>().0 {
                    (0..3).for_each(|channel| sums[channel] += u32::from(pixel[channel]));
                }
            }
            let count = (columns * rows) as u32;
            let mean = sums.map(|sum| ((sum + count / 2) / count) as u8);
            rgb[at..at + 3].copy_from_slice(&mean);
            at += 3;
        }
    }
    rgb.truncate(at);
    rgb.shrink_to_fit();
    (new_width, new_height, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_enough_stays_as_it_is() {
        let rgb: Vec<u8> = (0..12).collect();
        assert_eq!(reduce(2, 2, rgb.clone(), 4), (2, 2, rgb));
    }

    #[test]
    fn squares_are_averaged_and_cut_ones_too() {
        // 3 × 2 pixels of one value each, to 2 × 1
        let values = [10, 20, 200, 30, 40, 100];
        let rgb = values.iter().flat_map(|value| [*value; 3]).collect();
        let (width, height, rgb) = reduce(3, 2, rgb, 2);
        assert_eq!((width, height), (2, 1));
        assert_eq!(rgb, [25, 25, 25, 150, 150, 150]);
    }

    #[test]
    fn a_line_of_pixels_keeps_its_one_row() {
        let (width, height, rgb) = reduce(9, 1, vec![7; 27], 1);
        assert_eq!((width, height), (3, 1));
        assert!(rgb.iter().all(|value| *value == 7));
    }
}
