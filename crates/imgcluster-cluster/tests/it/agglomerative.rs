//! Where joining stops, and what it may take; against a table that is searched anew for each join.

use imgcluster_cluster::{Agglomerative, Cut, Linkage, PointsError};
use imgcluster_core::{Clusterer, Matrix, Neighbors, Points, RowNeighbors};
use proptest::prelude::*;

use crate::support::{count, groups, job, radius};

/// The slow twin: measures the distance of each two groups from their rows.
fn plain(neighbors: &dyn Neighbors, linkage: Linkage, clusters: usize) -> Vec<Vec<usize>> {
    let between = |a: &Vec<usize>, b: &Vec<usize>| -> f64 {
        let distance = |x: usize, y: usize| f64::from(neighbors.distance(x as u32, y as u32));
        let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
        let all: Vec<f64> = pairs.map(|(x, y)| distance(x, y)).collect();
        match linkage {
            Linkage::Single => all.into_iter().fold(f64::INFINITY, f64::min),
            Linkage::Complete => all.into_iter().fold(0.0, f64::max),
            Linkage::Average => all.iter().sum::<f64>() / all.len() as f64,
            Linkage::Ward => {
                let squares = |a: &Vec<usize>, b: &Vec<usize>| -> f64 {
                    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
                    let sum: f64 = pairs.map(|(x, y)| distance(x, y).powi(2)).sum();
                    sum / (a.len() * b.len()) as f64
                };
                let means = squares(a, b) - squares(a, a) / 2.0 - squares(b, b) / 2.0;
                let (a, b) = (a.len() as f64, b.len() as f64);
                2.0 * a * b / (a + b) * means
            }
        }
    };
    let mut groups: Vec<Vec<usize>> = (0..neighbors.len()).map(|row| vec![row]).collect();
    while groups.len() > clusters {
        let pairs = (0..groups.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let measured = pairs.map(|(a, b)| (between(&groups[a], &groups[b]), a, b));
        let (_, a, b) = measured.min_by(|x, y| x.0.total_cmp(&y.0)).unwrap();
        let joined = groups.remove(b);
        groups[a].extend(joined);
    }
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort();
    groups
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn joins_are_those_of_the_definition(
        values in prop::collection::vec(-1.0_f32..1.0, 2..60), clusters in 1_usize..6,
    ) {
        let rows = Matrix::new(values[..values.len() / 2 * 2].to_vec(), 2).unwrap();
        let neighbors = RowNeighbors::euclidean(rows.view());
        let points = Points::with_rows(&neighbors, rows.view());
        for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Ward] {
            let options = Agglomerative {
                cut: Cut::Clusters(count(clusters)),
                linkage,
                ..Agglomerative::default()
            };
            let found = groups(options.cluster(&points, &job(2)).unwrap().labels());
            let found: Vec<Vec<usize>> = found.into_iter().collect();
            prop_assert_eq!(found, plain(&neighbors, linkage, clusters));
        }
    }
}

#[test]
fn a_table_of_distances_that_does_not_fit_is_refused_before_it_is_made() {
    let rows = Matrix::new(vec![0.0, 1.0, 2.0], 1).unwrap();
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    assert_eq!(Agglomerative::table_bytes(3), 12);
    for (most_bytes, linkage, fits) in [
        (11, Linkage::Average, false),
        (12, Linkage::Average, true),
        (0, Linkage::Single, true),
    ] {
        let options = Agglomerative {
            most_bytes,
            linkage,
            ..Agglomerative::default()
        };
        let found = options.cluster(&points, &job(1));
        let refused = found
            .err()
            .map(|error| *error.downcast::<PointsError>().unwrap());
        let too_many = PointsError::TooMany {
            count: 3,
            needed: 12,
            allowed: most_bytes,
        };
        assert_eq!(refused, (!fits).then_some(too_many));
    }
}

#[test]
fn a_join_at_exactly_the_distance_of_the_cut_happens() {
    let rows = Matrix::new(vec![0.0, 1.0, 3.0, 7.0], 1).unwrap();
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    for (linkage, joins) in [
        (Linkage::Single, [1.0, 2.0, 4.0]),
        (Linkage::Complete, [1.0, 3.0, 7.0]),
        (Linkage::Average, [1.0, 2.5, 17.0 / 3.0]),
        // √(2·2·1 / 3) · 2.5 and √(2·3·1 / 4) · 17/3, from the means.
        (Linkage::Ward, [1.0, 2.886_751_3, 6.940_220_9]),
    ] {
        for (joined, distance) in joins.into_iter().enumerate() {
            for (reach, clusters) in [(1.0 + 1e-6, 3 - joined), (1.0 - 1e-6, 4 - joined)] {
                let cut = Cut::Distance(radius(distance * reach));
                let options = Agglomerative {
                    cut,
                    linkage,
                    ..Agglomerative::default()
                };
                let found = options.cluster(&points, &job(1)).unwrap();
                assert_eq!(found.clusters(), clusters, "{linkage:?} {distance}");
            }
        }
    }
    let cut = Cut::Distance(radius(2.0));
    let options = Agglomerative {
        cut,
        linkage: Linkage::Single,
        ..Agglomerative::default()
    };
    assert_eq!(options.cluster(&points, &job(1)).unwrap().sizes(), [3, 1]);
}
