use super::*;

/// Bytes from a fixed sequence, with many at the ends of their range.
fn random_bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state >> 61 {
            0 => 255,
            1 => 0,
            _ => (state >> 40) as u8,
        }
    };
    (0..len).map(|_| next()).collect()
}

/// The sums of products of left rows with right ones, row by row, by a tile as high as the rows.
fn sums_of(tiles: Int8Tiles, left: &[Vec<u8>], right: &[Vec<i8>]) -> Vec<i32> {
    let (dim, height) = (left[0].len(), tiles.height(left.len()));
    let words = tiles.left_words(dim);
    let mut left_panel = vec![u32::MAX; height * words];
    for (row, bytes) in left.iter().enumerate() {
        let mut bytes = bytes.clone();
        bytes.resize(words * tiles.group(), 0);
        tiles.pack_left(&bytes, &mut left_panel, height, row);
    }
    let mut right_panel = vec![0; tiles.right_bytes(dim)];
    for (column, bytes) in right.iter().enumerate() {
        tiles.pack_right(bytes, &mut right_panel, column);
    }
    let mut sums = vec![i32::MIN; height * tiles.columns()];
    tiles
        .ready()
        .multiply(&left_panel, height, &right_panel, &mut sums);
    sums.truncate(left.len() * tiles.columns());
    sums
}

/// The same, one product after the other.
fn plain_sums_of(left: &[Vec<u8>], right: &[Vec<i8>]) -> Vec<i32> {
    let sum = |a: &[u8], b: &[i8]| {
        a.iter()
            .zip(b)
            .map(|(a, b)| i32::from(*a) * i32::from(*b))
            .sum()
    };
    let rows = left.iter();
    rows.flat_map(|a| right.iter().map(move |b| sum(a, b)))
        .collect()
}

fn all_tiles() -> impl Iterator<Item = Int8Tiles> {
    Int8Tiles::available(InstructionSet::Avx512)
}

#[test]
fn every_tile_sums_exactly_at_any_height_and_length() {
    for tiles in all_tiles() {
        for dim in [
            1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 511, 512, 513, 768, 1100,
        ] {
            for rows in 1..=tiles.rows() {
                let row = |row| random_bytes(dim, (dim * 100 + row) as u64);
                let left: Vec<_> = (0..rows).map(row).collect();
                let signed = |byte: u8| byte.cast_signed().max(-127);
                let column = |column| row(50 + column).into_iter().map(signed).collect();
                let right: Vec<Vec<i8>> = (0..tiles.columns()).map(column).collect();
                let (found, expected) =
                    (sums_of(tiles, &left, &right), plain_sums_of(&left, &right));
                assert!(found == expected, "{tiles:?} {dim} {rows}");
            }
        }
    }
}

#[test]
fn tiles_are_ready_on_several_threads_and_one_after_the_other() {
    for tiles in all_tiles() {
        let rows = [vec![3; 100], vec![200; 100]];
        let left: Vec<_> = rows.into_iter().cycle().take(tiles.rows()).collect();
        let right = vec![vec![-5; 100]; tiles.columns()];
        let expected = plain_sums_of(&left, &right);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert!(sums_of(tiles, &left, &right) == expected, "{tiles:?}");
                    }
                });
            }
        });
    }
}

#[test]
fn no_tile_saturates_or_overflows_on_the_longest_row_of_the_largest_bytes() {
    for tiles in all_tiles() {
        let left = vec![vec![255; LONGEST_ROW]; tiles.rows()];
        for byte in [127, -127] {
            let right = vec![vec![byte; LONGEST_ROW]; tiles.columns()];
            let expected = 255 * i32::from(byte) * i32::try_from(LONGEST_ROW).unwrap();
            let found = sums_of(tiles, &left, &right);
            assert!(found.iter().all(|sum| *sum == expected), "{tiles:?}");
        }
    }
}

#[test]
fn tiles_of_a_set_are_listed_from_its_own_to_the_portable_ones() {
    for set in InstructionSet::available() {
        let tiles: Vec<_> = Int8Tiles::available(set).collect();
        assert_eq!(Int8Tiles::new(set), tiles.first().copied());
        assert_eq!(tiles.last(), Some(&Int8Tiles(Kind::Portable)));
        assert_eq!(
            tiles.first().map(|it| it.group()) == Some(1),
            set == InstructionSet::Portable
        );
    }
}
