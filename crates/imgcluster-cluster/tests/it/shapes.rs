//! Rows of unusual shape: thousands of copies, and all on one line.

use imgcluster_cluster::{Agglomerative, Cut, Dbscan, Hdbscan, KMeans, Linkage, Threshold};
use imgcluster_core::{Clusterer, Clustering, Matrix, Points, RowNeighbors};

use crate::support::{count, groups, job, radius};

fn cluster(clusterer: &dyn Clusterer, rows: &Matrix) -> Clustering {
    let neighbors = RowNeighbors::euclidean(rows.view());
    let points = Points::with_rows(&neighbors, rows.view());
    clusterer.cluster(&points, &job(2)).unwrap()
}

#[test]
fn ten_thousand_equal_rows_are_one_cluster() {
    // So many values that rows are searched as bytes where the processor can.
    let rows = Matrix::new([0.3_f32, -0.7].repeat(10_000 * 32), 64).unwrap();
    let all: [Box<dyn Clusterer>; 4] = [
        Box::new(Threshold::default()),
        Box::new(Dbscan {
            min_samples: count(5),
            ..Dbscan::default()
        }),
        Box::new(Hdbscan {
            allow_single_cluster: true,
            ..Hdbscan::default()
        }),
        Box::new(KMeans {
            clusters: count(3),
            ..KMeans::default()
        }),
    ];
    for clusterer in all {
        assert_eq!(cluster(&*clusterer, &rows).sizes(), [10_000]);
    }
}

#[test]
fn rows_on_a_line_group_alike_in_one_dimension_and_along_any_direction() {
    // Four runs of neighbours one apart, gaps of 40 between the runs, and one row far from all.
    let places = (0..61_i16).map(|row| match row {
        60 => 1000,
        _ => row + row / 15 * 40,
    });
    let places: Vec<f32> = places.map(f32::from).collect();
    let straight = Matrix::new(places.clone(), 1).unwrap();
    // The direction is three long, so all is exact and three times as far apart.
    let steps = [1.0, -2.0, 2.0];
    let along = places
        .iter()
        .flat_map(|place| steps.map(|step| step * place));
    let along = Matrix::new(along.collect(), 3).unwrap();
    let ways = |scale: f64| -> [(&str, Box<dyn Clusterer>); 6] {
        let joined = |linkage| {
            Box::new(Agglomerative {
                cut: Cut::Clusters(count(5)),
                linkage,
                ..Agglomerative::default()
            })
        };
        [
            (
                "threshold",
                Box::new(Threshold {
                    radius: radius(scale),
                }),
            ),
            (
                "dbscan",
                Box::new(Dbscan {
                    radius: radius(scale),
                    min_samples: count(3),
                }),
            ),
            ("hdbscan", Box::new(Hdbscan::default())),
            ("ward", joined(Linkage::Ward)),
            ("complete", joined(Linkage::Complete)),
            ("single", joined(Linkage::Single)),
        ]
    };
    for ((name, one), (_, three)) in ways(1.0).into_iter().zip(ways(3.0)) {
        let found = cluster(&*one, &straight);
        assert_eq!(found.labels(), cluster(&*three, &along).labels(), "{name}");
        let runs = groups(found.labels());
        for run in 0..4 {
            let run: Vec<usize> = (run * 15..run * 15 + 15).collect();
            assert!(runs.contains(&run), "{name}: {runs:?}");
        }
    }
}
