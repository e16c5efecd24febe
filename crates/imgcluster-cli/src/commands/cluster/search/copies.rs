//! Rows of equal files, which the store knows as one content.

use std::collections::HashMap;

use imgcluster_core::ContentHash;

/// Which rows are of which content.
pub(super) struct Copies {
    /// In the order of their first rows.
    contents: Vec<ContentHash>,
    /// The rows of each content, in order; never none.
    rows: Vec<Vec<u32>>,
    /// Of each row, its content and its place among that content's rows.
    places: Vec<(usize, usize)>,
}

impl Copies {
    /// Sorts rows by their contents.
    pub(super) fn of(of_rows: &[ContentHash]) -> Self {
        let (mut contents, mut rows, mut places) = (Vec::new(), Vec::<Vec<u32>>::new(), Vec::new());
        let mut numbers = HashMap::new();
        for (row, content) in (0..).zip(of_rows) {
            let number = *numbers.entry(*content).or_insert_with(|| {
                contents.push(*content);
                rows.push(Vec::new());
                rows.len() - 1
            });
            places.push((number, rows[number].len()));
            rows[number].push(row);
        }
        Self {
            contents,
            rows,
            places,
        }
    }

    /// Lists each content once.
    pub(super) fn contents(&self) -> &[ContentHash] {
        &self.contents
    }

    /// Adds the neighbours of a row, where `near` has the nearest others of each content, nearest
    /// first: copies of its own, then the rows of near contents.
    ///
    /// The first `deep` are as many of each content as there are, so that they are the nearest rows.
    /// After that comes one row of each content, since copies of one picture would take the places
    /// of all others. The copies that a row gets are those after it, in a ring, so that all copies
    /// hang together.
    pub(super) fn others(&self, row: u32, near: &[Vec<u32>], deep: usize, others: &mut Vec<u32>) {
        let (content, place) = self.places[row as usize];
        let own = &self.rows[content];
        let ring = own[place + 1..].iter().chain(&own[..place]);
        others.extend(ring.take(deep));
        for &content in &near[content] {
            let rows = &self.rows[content as usize];
            let taken = deep.saturating_sub(others.len()).max(1);
            others.extend(rows.iter().take(taken));
        }
    }

    /// Counts the neighbours of the row that has most.
    pub(super) fn longest(&self, near: &[Vec<u32>], deep: usize) -> usize {
        let mut others = Vec::new();
        let count = |row: usize| {
            others.clear();
            self.others(row as u32, near, deep, &mut others);
            others.len()
        };
        (0..self.places.len()).map(count).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(of_rows: &[u8]) -> Copies {
        let contents = of_rows.iter().map(|&number| ContentHash([number; 32]));
        Copies::of(&contents.collect::<Vec<_>>())
    }

    fn others(copies: &Copies, row: u32, near: &[Vec<u32>], deep: usize) -> Vec<u32> {
        let mut others = Vec::new();
        copies.others(row, near, deep, &mut others);
        others
    }

    #[test]
    fn no_rows_have_no_contents() {
        let copies = copies(&[]);
        assert!(copies.contents().is_empty());
        assert_eq!(copies.longest(&[], 3), 0);
    }

    #[test]
    fn without_copies_rows_have_the_neighbours_of_their_contents() {
        let copies = copies(&[7, 5, 9]);
        let near = [vec![2, 1], vec![0], vec![]];
        for deep in [1, 10] {
            assert_eq!(others(&copies, 0, &near, deep), [2, 1]);
            assert_eq!(others(&copies, 1, &near, deep), [0]);
            assert_eq!(others(&copies, 2, &near, deep), [0_u32; 0]);
            assert_eq!(copies.longest(&near, deep), 2);
        }
    }

    #[test]
    fn copies_are_neighbours_and_leave_places_for_others() {
        // contents 0, 1, 2 with the rows 0 2 3 5, 1 4 and 6
        let copies = copies(&[8, 3, 8, 8, 3, 8, 1]);
        let near = [vec![1, 2], vec![2, 0], vec![0, 1]];
        assert_eq!(others(&copies, 0, &near, 2), [2, 3, 1, 6]);
        assert_eq!(others(&copies, 5, &near, 2), [0, 2, 1, 6]);
        assert_eq!(others(&copies, 6, &near, 2), [0, 2, 1]);
        assert_eq!(others(&copies, 6, &near, 5), [0, 2, 3, 5, 1]);
        assert_eq!(others(&copies, 4, &near, 4), [1, 6, 0, 2]);
        assert_eq!(copies.longest(&near, 2), 4);
    }

    #[test]
    fn many_copies_hang_together_however_few_are_listed() {
        let copies = copies(&[4; 50]);
        for row in 0..50 {
            let next = (row + 1) % 50;
            assert_eq!(others(&copies, row, &[vec![]], 1), [next]);
        }
    }
}
