//! Groups of copies, against a table of every pair, and at the edges.

#![expect(
    clippy::float_cmp,
    reason = "similarities are exactly those of the search"
)]

use imgcluster_cluster::{DuplicateGroup, Duplicates, same_content};
use imgcluster_core::{
    BitHash, CancelToken, ContentHash, HashNeighbors, Job, Matrix, Neighbors, Quiet, Radius,
    RowNeighbors,
};
use proptest::prelude::*;

use crate::support::{blobs, count, job, radius, unit};

fn first(rows: &[u32]) -> u32 {
    rows[0]
}

fn found(duplicates: &Duplicates<'_>, prefer: impl Fn(&[u32]) -> u32) -> Vec<DuplicateGroup> {
    let chains = duplicates.chains(&job(2)).unwrap();
    let mut prefer = |rows: &[u32]| prefer(rows);
    duplicates.groups(&chains, &mut prefer, &job(2)).unwrap()
}

/// What stays, with its copies.
fn shape(groups: &[DuplicateGroup]) -> Vec<(u32, Vec<u32>)> {
    let one = |group: &DuplicateGroup| {
        let copies = group.copies.iter().map(|copy| copy.row).collect();
        (group.survivor, copies)
    };
    groups.iter().map(one).collect()
}

fn on_a_line(values: &[f32]) -> Matrix {
    Matrix::new(values.to_vec(), 1).unwrap()
}

#[test]
fn nothing_one_item_and_items_far_apart_have_no_copies() {
    for values in [&[][..], &[1.0], &[1.0, 3.0]] {
        let rows = on_a_line(values);
        let neighbors = RowNeighbors::euclidean(rows.view());
        assert!(found(&Duplicates::new(&neighbors, radius(1.0)), first).is_empty());
    }
}

#[test]
fn a_pair_at_the_very_radius_is_a_copy_and_one_beyond_is_not() {
    let hashes = [0, 0xff, 0x1fff_0000_0000].map(BitHash::Bits);
    let neighbors = HashNeighbors::new(hashes);
    let radius = Radius::from_similarity(0.875).unwrap();
    let groups = found(&Duplicates::new(&neighbors, radius), first);
    assert_eq!(shape(&groups), [(0, vec![1])]);
    assert_eq!(groups[0].copies[0].similarity, 0.875);
    assert_eq!(
        (groups[0].worst_similarity, groups[0].worst_is_exact),
        (0.875, true)
    );
}

#[test]
fn a_chain_of_small_steps_is_parted_by_what_is_kept() {
    let rows = on_a_line(&[0.0, 1.0, 2.0, 3.0, 4.0, 9.0]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let duplicates = Duplicates::new(&neighbors, radius(1.0));
    assert_eq!(duplicates.chains(&job(1)).unwrap(), [[0, 1, 2, 3, 4]]);
    assert_eq!(
        shape(&found(&duplicates, first)),
        [(0, vec![1]), (2, vec![3])]
    );
    let last = |rows: &[u32]| *rows.last().unwrap();
    assert_eq!(
        shape(&found(&duplicates, last)),
        [(2, vec![1]), (4, vec![3])]
    );
    // The middle one takes both its neighbours; what is left on either side has none any more.
    let middle = |rows: &[u32]| rows[rows.len() / 2];
    let groups = found(&duplicates, middle);
    assert_eq!(shape(&groups), [(2, vec![1, 3])]);
    // Its two copies are farther from each other than from it.
    assert_eq!(groups[0].worst_similarity, -1.0);
}

#[test]
fn a_reference_always_stays_whatever_is_preferred() {
    let rows = on_a_line(&[0.0, 0.1, 0.2, 0.3, 5.0, 5.1]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let duplicates = Duplicates {
        is_reference: &|row| matches!(row, 2 | 3),
        ..Duplicates::new(&neighbors, radius(0.15))
    };
    let groups = shape(&found(&duplicates, first));
    // 2 comes first and takes 1; 3 is near it, and a reference too; 0 has nothing left.
    assert_eq!(groups, [(2, vec![1]), (4, vec![5])]);
    let all = Duplicates {
        is_reference: &|_| true,
        ..duplicates
    };
    assert!(all.chains(&job(1)).unwrap().is_empty());
}

#[test]
fn pairs_that_are_not_allowed_hold_nothing_together() {
    let rows = on_a_line(&[0.0, 0.1, 0.2, 0.3]);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let folder = [0, 0, 1, 1];
    let same = |a: u32, b: u32| folder[a as usize] == folder[b as usize];
    let within = Duplicates {
        allowed: &same,
        ..Duplicates::new(&neighbors, radius(9.0))
    };
    assert_eq!(shape(&found(&within, first)), [(0, vec![1]), (2, vec![3])]);
    let across = Duplicates {
        allowed: &|a, b| !same(a, b),
        ..within
    };
    assert_eq!(shape(&found(&across, first)), [(0, vec![2, 3])]);
}

#[test]
fn ten_thousand_equal_items_are_one_group() {
    let neighbors = HashNeighbors::new(vec![BitHash::Bits(5); 10_000]);
    let asked = std::cell::Cell::new(0);
    let groups = found(&Duplicates::new(&neighbors, radius(0.0)), |rows| {
        asked.set(asked.get() + 1);
        rows[17]
    });
    assert_eq!(
        (groups.len(), groups[0].survivor, groups[0].copies.len()),
        (1, 17, 9_999)
    );
    assert_eq!(
        (groups[0].worst_similarity, groups[0].worst_is_exact),
        (1.0, false)
    );
    assert_eq!(asked.get(), 1);
}

#[test]
fn a_group_too_large_to_measure_whole_still_knows_what_is_least_like_the_survivor() {
    let mut values = vec![0.0; 3_000];
    values[2_345] = 0.5;
    let rows = on_a_line(&values);
    let neighbors = RowNeighbors::euclidean(rows.view());
    let duplicates = Duplicates {
        exact_up_to: 2_999,
        ..Duplicates::new(&neighbors, radius(0.5))
    };
    let groups = found(&duplicates, first);
    assert_eq!(
        (groups[0].worst_similarity, groups[0].worst_is_exact),
        (0.5, false)
    );
}

#[test]
fn files_of_equal_bytes_are_found_by_their_contents_alone() {
    let contents = [1, 2, 1, 3, 2, 1].map(|byte| ContentHash([byte; 32]));
    let neighbors = same_content(contents);
    let groups = found(&Duplicates::new(&neighbors, radius(0.0)), first);
    assert_eq!(shape(&groups), [(0, vec![2, 5]), (1, vec![4])]);
    assert!(groups.iter().all(|group| group.worst_similarity == 1.0));
    assert!(same_content([]).is_empty());
}

#[test]
fn a_cancelled_job_ends_it() {
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, count(1));
    let neighbors = HashNeighbors::new([BitHash::Bits(5); 3]);
    let duplicates = Duplicates::new(&neighbors, radius(0.0));
    assert!(duplicates.chains(&job).is_err());
    assert!(
        duplicates
            .groups(&[vec![0, 1, 2]], &mut |rows| rows[0], &job)
            .is_err()
    );
}

/// The same from a table of every pair: chains by walking from item to item, then one star after
/// the other.
fn slow_twin(duplicates: &Duplicates<'_>, rank: &[u32]) -> Vec<(u32, Vec<u32>)> {
    let count = duplicates.neighbors.len() as u32;
    let near = |a: u32, b: u32| {
        let references = (duplicates.is_reference)(a) && (duplicates.is_reference)(b);
        a != b
            && !references
            && (duplicates.allowed)(a, b)
            && duplicates.neighbors.distance(a, b) <= duplicates.radius.get()
    };
    let mut groups = Vec::new();
    let mut seen = vec![false; count as usize];
    for start in 0..count {
        let (mut chain, mut at) = (vec![start], 0);
        if std::mem::replace(&mut seen[start as usize], true) {
            continue;
        }
        while at < chain.len() {
            for other in 0..count {
                if near(chain[at], other) && !std::mem::replace(&mut seen[other as usize], true) {
                    chain.push(other);
                }
            }
            at += 1;
        }
        chain.sort_by_key(|row| (!(duplicates.is_reference)(*row), rank[*row as usize]));
        while !chain.is_empty() {
            let survivor = chain.remove(0);
            let mut copies: Vec<u32> = chain
                .iter()
                .copied()
                .filter(|&row| near(survivor, row))
                .collect();
            chain.retain(|row| !copies.contains(row));
            copies.sort_unstable();
            if !copies.is_empty() {
                groups.push((survivor, copies));
            }
        }
    }
    groups.sort_unstable();
    groups
}

fn check(duplicates: &Duplicates<'_>, rank: &[u32]) -> Result<(), TestCaseError> {
    let prefer = |rows: &[u32]| *rows.iter().min_by_key(|row| rank[**row as usize]).unwrap();
    let groups = found(duplicates, prefer);
    prop_assert_eq!(shape(&groups), slow_twin(duplicates, rank));
    for group in groups {
        let mut members: Vec<u32> = group.copies.iter().map(|copy| copy.row).collect();
        for copy in &group.copies {
            let distance = duplicates.neighbors.distance(group.survivor, copy.row);
            prop_assert_eq!(copy.similarity, 1.0 - distance);
        }
        members.push(group.survivor);
        let pairs = members
            .iter()
            .flat_map(|a| members.iter().map(move |b| (*a, *b)));
        let pairs = pairs.filter(|(a, b)| a != b);
        let similarities = pairs.map(|(a, b)| 1.0 - duplicates.neighbors.distance(a, b));
        prop_assert_eq!(group.worst_similarity, similarities.fold(1.0, f32::min));
    }
    Ok(())
}

/// Numbers the rows anew.
fn shuffled(count: usize, seed: u32) -> Vec<u32> {
    let mut keyed: Vec<(u32, u32)> = (0..count as u32)
        .map(|row| ((row + seed).wrapping_mul(2_654_435_761), row))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, row)| row).collect()
}

proptest! {
    #[test]
    fn rows_are_grouped_as_a_table_of_every_pair_says(
        rows in 0_usize..70, seed in 0_u32..100, limit in 0.0_f64..0.6,
        folders in 1_u32..4, across: bool, references in 2_u32..9,
    ) {
        let unit = unit(blobs(rows, 3, seed), 3);
        let neighbors = RowNeighbors::cosine(&unit);
        let duplicates = Duplicates {
            allowed: &|a, b| (a % folders == b % folders) != across || folders == 1,
            is_reference: &|row| row % references == 1 && references < 7,
            ..Duplicates::new(&neighbors, radius(limit))
        };
        check(&duplicates, &shuffled(rows, seed))?;
    }

    #[test]
    fn hashes_are_grouped_as_a_table_of_every_pair_says(
        bits in prop::collection::vec(0_u64..300, 0..70), seed in 0_u32..100, most in 0_u32..5,
        folders in 1_u32..4, across: bool, references in 2_u32..9,
    ) {
        let neighbors = HashNeighbors::new(bits.iter().copied().map(BitHash::Bits));
        let duplicates = Duplicates {
            allowed: &|a, b| (a % folders == b % folders) != across || folders == 1,
            is_reference: &|row| row % references == 1 && references < 7,
            ..Duplicates::new(&neighbors, radius(f64::from(most) / 64.0))
        };
        check(&duplicates, &shuffled(bits.len(), seed))?;
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        bits in prop::collection::vec(0_u64..300, 0..60), seed in 0_u32..100, most in 0_u32..5,
    ) {
        let order = shuffled(bits.len(), seed);
        // Items are told apart by their place in the first order, which is also who is preferred.
        let grouped = |order: &[u32]| {
            let hashes = order.iter().map(|item| BitHash::Bits(bits[*item as usize]));
            let neighbors = HashNeighbors::new(hashes);
            let duplicates = Duplicates::new(&neighbors, radius(f64::from(most) / 64.0));
            let prefer = |rows: &[u32]| *rows.iter().min_by_key(|row| order[**row as usize]).unwrap();
            let item = |row: u32| order[row as usize];
            let named = |(survivor, copies): (u32, Vec<u32>)| {
                let mut copies: Vec<u32> = copies.into_iter().map(item).collect();
                copies.sort_unstable();
                (item(survivor), copies)
            };
            let mut groups: Vec<_> = shape(&found(&duplicates, prefer)).into_iter().map(named).collect();
            groups.sort_unstable();
            groups
        };
        let plain: Vec<u32> = (0..bits.len() as u32).collect();
        prop_assert_eq!(grouped(&plain), grouped(&order));
    }
}
