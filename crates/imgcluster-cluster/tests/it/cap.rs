//! Clusters thinned to rows unlike each other, against choosing one by one.

#![expect(
    clippy::float_cmp,
    reason = "similarities are exactly those of the search"
)]

use imgcluster_cluster::{SummaryOptions, cap, summarize};
use imgcluster_core::{
    BitHash, CancelToken, Clustering, HashNeighbors, Job, Matrix, Neighbors, Points, Quiet,
    RowNeighbors,
};
use proptest::prelude::*;

use crate::support::{blobs, count, job, unit};

#[test]
fn nothing_noise_and_clusters_with_room_are_left_alone() {
    let rows = Matrix::new(Vec::new(), 1).unwrap();
    let neighbors = RowNeighbors::euclidean(rows.view());
    let none = Clustering::from_groups::<u32>(&[]);
    assert!(
        cap(&Points::pairwise(&neighbors), &none, count(1), &job(1))
            .unwrap()
            .is_empty()
    );

    let rows = Matrix::new(vec![0.0, 0.1, 5.0, 5.1, 5.2, 9.0, 9.0, 9.0], 1).unwrap();
    let neighbors = RowNeighbors::euclidean(rows.view());
    let labels = [
        Some(0),
        Some(0),
        Some(1),
        Some(1),
        Some(1),
        None,
        None,
        None,
    ];
    let clustering = Clustering::from_groups(&labels);
    let points = Points::pairwise(&neighbors);
    assert!(
        cap(&points, &clustering, count(3), &job(1))
            .unwrap()
            .is_empty()
    );
    let capped = cap(&points, &clustering, count(2), &job(1)).unwrap();
    // The larger cluster alone, which is cluster 0: its middle, the farther end, and the other.
    assert_eq!(capped.len(), 1);
    assert_eq!((capped[0].cluster, &capped[0].kept[..]), (0, &[3, 2][..]));
    assert_eq!(
        (capped[0].left_out[0].row, capped[0].left_out[0].like),
        (4, 3)
    );
}

#[test]
fn a_cap_of_one_keeps_the_medoid_and_equal_rows_are_all_like_it() {
    let neighbors = HashNeighbors::new(vec![BitHash::Bits(7); 10_000]);
    let clustering = Clustering::from_groups(&vec![Some(0); 10_000]);
    for most in [1, 3] {
        let points = Points::pairwise(&neighbors);
        let capped = cap(&points, &clustering, count(most), &job(2)).unwrap();
        assert_eq!(capped[0].kept, (0..most as u32).collect::<Vec<_>>());
        assert_eq!(capped[0].left_out.len(), 10_000 - most);
        let like_the_first =
            |left: &imgcluster_cluster::LeftOut| left.like == 0 && left.similarity == 1.0;
        assert!(capped[0].left_out.iter().all(like_the_first));
    }
}

#[test]
fn a_cancelled_job_ends_it() {
    let token = CancelToken::default();
    token.cancel();
    let neighbors = HashNeighbors::new([BitHash::Bits(7); 3]);
    let clustering = Clustering::from_groups(&[Some(0); 3]);
    let job = Job::new(&Quiet, token, count(1));
    assert!(cap(&Points::pairwise(&neighbors), &clustering, count(1), &job).is_err());
}

proptest! {
    #[test]
    fn what_is_kept_is_what_the_summary_shows_and_each_other_row_is_with_the_one_it_is_most_like(
        rows in 3_usize..90, most in 1_usize..12, seed in 0_u32..50, threads in 1_usize..4,
    ) {
        let unit = unit(blobs(rows, 4, seed), 4);
        let neighbors = RowNeighbors::cosine(&unit);
        let points = Points::with_rows(&neighbors, unit.view());
        let labels: Vec<Option<usize>> = (0..rows).map(|row| (row % 5 != 4).then_some(row % 2)).collect();
        let clustering = Clustering::from_groups(&labels);
        let options = SummaryOptions { samples: most, ..SummaryOptions::default() };
        let summaries = summarize(&points, &clustering, &options, &job(1)).unwrap();
        let capped = cap(&points, &clustering, count(most), &job(threads)).unwrap();
        let over = clustering.sizes().iter().filter(|size| **size > most).count();
        prop_assert_eq!(capped.len(), over);
        for capped in capped {
            let members = &clustering.members()[capped.cluster];
            prop_assert_eq!(&capped.kept, &summaries[capped.cluster].samples);
            let mut all: Vec<u32> = capped.left_out.iter().map(|left| left.row).collect();
            prop_assert!(all.is_sorted());
            all.extend(&capped.kept);
            all.sort_unstable();
            prop_assert_eq!(&all, members);
            for left in &capped.left_out {
                let nearest = capped.kept.iter().map(|kept| neighbors.distance(left.row, *kept));
                let nearest = nearest.fold(f32::INFINITY, f32::min);
                prop_assert_eq!(left.similarity, 1.0 - nearest);
                prop_assert_eq!(neighbors.distance(left.row, left.like), nearest);
            }
        }
    }
}
