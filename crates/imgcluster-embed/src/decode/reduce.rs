//! Making very large pictures smaller at once, so that they do not stay in memory at full size.

/// No side stays longer: what resizing to a small size takes grows with it.
pub(super) const LONGEST_SIDE: u32 = 16_384;

/// Proportions are kept while the shorter side has at least so many pixels.
const SHORTEST_SIDE: u32 = 256;

/// Averages blocks of pixels until at most `most` are left and no side is longer than
/// [`LONGEST_SIDE`]; in place.
///
/// Blocks are squares, unless a long strip would be left with too few rows or columns.
pub(super) fn reduce(width: u32, height: u32, mut rgb: Vec<u8>, most: u64) -> (u32, u32, Vec<u8>) {
    let (across, down) = block(width, height, most);
    if (across, down) == (1, 1) {
        return (width, height, rgb);
    }
    let (new_width, new_height) = (width.div_ceil(across), height.div_ceil(down));
    let (wide, high) = (width as usize, height as usize);
    let (across, down) = (across as usize, down as usize);
    let mut at = 0;
    for top in (0..high).step_by(down) {
        for left in (0..wide).step_by(across) {
            // Blocks at the right and lower edge may be cut.
            let (columns, rows) = (across.min(wide - left), down.min(high - top));
            let mut sums = [0_u64; 3];
            for row in top..top + rows {
                let line = &rgb[(row * wide + left) * 3..][..columns * 3];
                for pixel in line.as_chunks::<3>().0 {
                    (0..3).for_each(|channel| sums[channel] += u64::from(pixel[channel]));
                }
            }
            let count = (columns * rows) as u64;
            let mean = sums.map(|sum| ((sum + count / 2) / count) as u8);
            rgb[at..at + 3].copy_from_slice(&mean);
            at += 3;
        }
    }
    rgb.truncate(at);
    rgb.shrink_to_fit();
    (new_width, new_height, rgb)
}

/// How many columns and rows become one pixel.
pub(super) fn block(width: u32, height: u32, most: u64) -> (u32, u32) {
    let area = square_side(width, height, most);
    let longest = width.max(height).div_ceil(LONGEST_SIDE);
    let side = |length: u32| {
        let borne = longest.min(length / SHORTEST_SIDE);
        borne.max(length.div_ceil(LONGEST_SIDE)).max(area)
    };
    (side(width), side(height))
}

/// The side of the smallest squares that leave at most `most` pixels.
fn square_side(width: u32, height: u32, most: u64) -> u32 {
    let fits = |side: u32| {
        u64::from(width.div_ceil(side)) * u64::from(height.div_ceil(side)) <= most.max(1)
    };
    let (mut low, mut high) = (1, width.max(height));
    while low < high {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
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
    fn a_line_of_pixels_is_shortened_until_it_fits() {
        for (width, height) in [(9, 1), (1, 9)] {
            let (new_width, new_height, rgb) = reduce(width, height, vec![7; 27], 3);
            assert_eq!(u64::from(new_width) * u64::from(new_height), 3);
            assert_eq!((new_width.min(new_height), rgb), (1, vec![7; 9]));
        }
        assert_eq!(reduce(9, 1, vec![7; 27], 1), (1, 1, vec![7; 3]));
    }

    #[test]
    fn strips_end_with_no_side_over_the_longest_and_the_right_mean_colours() {
        let most = 32_000_000;
        for (width, height) in [(5_000_000, 1), (1, 5_000_000), (400_000, 3), (2, 600_000)] {
            // Along the longer side, the first half is dark red and the second light blue.
            let second = |x: u32, y: u32| 2 * u64::from(x.max(y)) >= u64::from(width.max(height));
            let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            let colour = |(x, y)| {
                if second(x, y) {
                    [0, 9, 201]
                } else {
                    [81, 0, 1]
                }
            };
            let rgb = places.flat_map(colour).collect();
            let (new_width, new_height, rgb) = reduce(width, height, rgb, most);
            assert!(new_width.max(new_height) <= LONGEST_SIDE);
            assert!(new_width.max(new_height) > LONGEST_SIDE / 2);
            assert_eq!(new_width.min(new_height), width.min(height));
            assert_eq!(rgb.len() as u32, new_width * new_height * 3);
            assert_eq!(
                (&rgb[..3], &rgb[rgb.len() - 3..]),
                (&[81, 0, 1][..], &[0, 9, 201][..])
            );
        }
    }

    #[test]
    fn one_block_of_more_pixels_than_32_bits_of_sum_hold_keeps_its_colour() {
        // 20 million times 255 is more than 2^32.
        let (width, height, rgb) = reduce(5000, 4000, vec![255; 60_000_000], 1);
        assert_eq!((width, height, rgb), (1, 1, vec![255; 3]));
    }

    #[test]
    fn proportions_are_kept_while_the_shorter_side_bears_it() {
        let most = u64::MAX;
        assert_eq!(block(LONGEST_SIDE, LONGEST_SIDE, most), (1, 1));
        assert_eq!(block(20_000, 1000, most), (2, 2));
        assert_eq!(block(1000, 20_000, most), (2, 2));
        assert_eq!(block(65_535, 500, most), (4, 1));
        assert_eq!(block(200_000_000, 1, most), (12_208, 1));
        assert_eq!(block(20_000, 16_000, 32_000_000), (4, 4));
        assert_eq!(block(u32::MAX, u32::MAX, 1), (u32::MAX, u32::MAX));
    }
}
