//! The density-based validity, against the `hdbscan` package, the definition, and where there is
//! nothing to tell.

use imgcluster_cluster::{DbcvSpace, dbcv};
use imgcluster_core::{
    CancelToken, Cancelled, Clustering, Job, Matrix, Neighbors, Quiet, RowNeighbors,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::size;
use crate::support::{EveryPair, blobs, count, job, unit};

/// The slow twin: the definition by tables of all pairs.
fn plain(neighbors: &dyn Neighbors, dim: usize, clustering: &Clustering) -> Option<f64> {
    let distance = |a: u32, b: u32| neighbors.distance(a, b);
    let power = dim as f64;
    let mut members = clustering.members();
    members.retain(|members| members.len() > 1);
    if members.len() < 2 {
        return None;
    }
    let mut inside = Vec::new();
    for members in &members {
        let core = |&row: &u32| {
            let others = members.iter().filter(|other| **other != row);
            let inverse = |other: &u32| f64::from(distance(row, *other)).powf(-power);
            let mean = others.map(inverse).sum::<f64>() / (members.len() - 1) as f64;
            mean.powf(-1.0 / power) as f32
        };
        let core: Vec<f32> = members.iter().map(core).collect();
        let mut pairs = Vec::new();
        for b in 0..members.len() {
            for a in 0..b {
                let near = distance(members[a], members[b]);
                pairs.push((near.max(core[a]).max(core[b]), near, a, b));
            }
        }
        pairs.sort_by(|x, y| x.partial_cmp(y).unwrap());
        let mut group: Vec<usize> = (0..members.len()).collect();
        let mut degrees = vec![0; members.len()];
        let mut edges = Vec::new();
        for (weight, _, a, b) in pairs {
            let (from, to) = (group[a], group[b]);
            if from != to {
                group
                    .iter_mut()
                    .filter(|group| **group == from)
                    .for_each(|group| *group = to);
                degrees[a] += 1;
                degrees[b] += 1;
                edges.push((weight, a, b));
            }
        }
        let all = edges.iter().map(|edge| edge.0).fold(0.0, f32::max);
        edges.retain(|(_, a, b)| degrees[*a] > 1 && degrees[*b] > 1);
        let inner = edges.iter().map(|edge| edge.0).reduce(f32::max);
        let is_internal = |place: &usize| degrees[*place] > 1 || members.len() == 2;
        let internal = (0..members.len()).filter(is_internal);
        let internal: Vec<_> = internal
            .map(|place| (members[place], core[place]))
            .collect();
        inside.push((internal, inner.unwrap_or(all)));
    }
    let mut total = 0.0;
    for (at, (internal, sparse)) in inside.iter().enumerate() {
        let others = inside.iter().enumerate().filter(|(other, _)| *other != at);
        let others = others.flat_map(|(_, (internal, _))| internal);
        let reach =
            |from: &(u32, f32), to: &(u32, f32)| distance(from.0, to.0).max(from.1).max(to.1);
        let apart = others
            .flat_map(|to| internal.iter().map(move |from| reach(from, to)))
            .fold(f32::INFINITY, f32::min);
        let larger = f64::from(apart.max(*sparse));
        if larger > 0.0 {
            let validity = (f64::from(apart) - f64::from(*sparse)) / larger;
            total += validity * members[at].len() as f64;
        }
    }
    Some(total / clustering.len() as f64)
}

/// Row i in group i % 8, of which the last two are noise.
fn kinds(rows: usize) -> Clustering {
    let groups: Vec<_> = (0..rows)
        .map(|row| (row % 8 < 6).then_some(row % 8))
        .collect();
    Clustering::from_groups(&groups)
}

#[test]
fn without_two_clusters_of_two_rows_there_is_no_validity() {
    let nothing: [&[Option<u8>]; 6] = [
        &[],
        &[Some(0)],
        &[None, None],
        &[Some(0), Some(0), None],
        &[Some(0), Some(1), Some(2)],
        &[Some(0), Some(0), Some(1)],
    ];
    for labels in nothing {
        let clustering = Clustering::from_groups(labels);
        let values: Vec<f32> = (0..labels.len()).map(|row| row as f32).collect();
        let rows = Matrix::new(values, 1).unwrap();
        let space = DbcvSpace::Euclidean(rows.view());
        assert_eq!(dbcv(space, &clustering, &job(1)), Ok(None), "{labels:?}");
    }
}

#[test]
fn copies_in_two_places_are_as_valid_as_can_be_and_in_one_place_not_at_all() {
    let clustering = Clustering::from_groups(&[Some(0), Some(0), Some(0), Some(1), Some(1)]);
    for (values, validity) in [([1.0, 1.0, 1.0, 4.0, 4.0], 1.0), ([1.0; 5], 0.0)] {
        let rows = Matrix::new(values.to_vec(), 1).unwrap();
        let space = DbcvSpace::Euclidean(rows.view());
        assert_eq!(dbcv(space, &clustering, &job(1)), Ok(Some(validity)));
    }
}

#[test]
fn noise_and_single_rows_lower_the_validity_by_their_share_alone() {
    let rows =
        |more: &[f32]| Matrix::new([&[0.0, 0.1, 0.3, 2.0, 2.2, 2.3], more].concat(), 1).unwrap();
    let labels = [Some(0), Some(0), Some(0), Some(1), Some(1), Some(1)];
    let validity = |more: &[f32], with: &[Option<u8>]| {
        let clustering = Clustering::from_groups(&[&labels, with].concat());
        let rows = rows(more);
        dbcv(DbcvSpace::Euclidean(rows.view()), &clustering, &job(1))
            .unwrap()
            .unwrap()
    };
    let alone = validity(&[], &[]);
    assert!(alone > 0.5);
    let with = validity(&[1.0, 0.2], &[None, Some(2)]);
    assert!((with - alone * 6.0 / 8.0).abs() < 1e-12, "{with} {alone}");
}

#[test]
fn validities_are_those_of_the_hdbscan_package() {
    let cases: Value = serde_json::from_str(include_str!("dbcv.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let (rows, dim) = (size(&case["count"]), size(&case["dim"]));
        let matrix = Matrix::new(blobs(rows, dim, dim as u32), dim).unwrap();
        let space = DbcvSpace::Euclidean(matrix.view());
        let ours = dbcv(space, &kinds(rows), &job(2)).unwrap().unwrap();
        let expected = case["dbcv"].as_f64().unwrap();
        assert!((ours - expected).abs() < 1e-5, "{case}: {ours}");
    }
}

#[test]
fn more_dimensions_than_powers_can_hold_are_no_matter() {
    // 0.01 to the power of -1291 is beyond every `f64`.
    let rows: Vec<f32> = blobs(64, 1291, 3)
        .iter()
        .map(|value| 0.01 * value)
        .collect();
    let unit = unit(rows, 1291);
    let found = dbcv(DbcvSpace::Cosine(&unit), &kinds(64), &job(2))
        .unwrap()
        .unwrap();
    assert!(found > 0.1 && found < 1.0, "{found}");
}

#[test]
fn a_cancelled_job_gives_no_validity() {
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, count(2));
    let rows = Matrix::new(blobs(40, 2, 1), 2).unwrap();
    let space = DbcvSpace::Euclidean(rows.view());
    assert_eq!(dbcv(space, &kinds(40), &job), Err(Cancelled));
}

proptest! {
    #[test]
    fn tiles_and_pairs_give_the_validity_of_the_definition(
        rows in 2_usize..120, dim in 1_usize..6, seed in 0_u32..1000, clusters in 1_usize..9,
        threads in 1_usize..4, copies in any::<bool>(),
    ) {
        let mut values = blobs(rows, dim, seed);
        if copies {
            let half = values.len() / 2 / dim * dim;
            let end = values.len() - half;
            values.copy_within(..half, end);
        }
        let groups: Vec<_> = (0..rows)
            .map(|row| (row * 7 % 11 != 3).then_some(row * row % 31 % clusters))
            .collect();
        let clustering = Clustering::from_groups(&groups);
        let matrix = Matrix::new(values.clone(), dim).unwrap();
        let euclidean = RowNeighbors::euclidean(matrix.view());
        let job = job(threads);
        let close = |ours: Option<f64>, plain: Option<f64>| match (ours, plain) {
            (Some(ours), Some(plain)) => (ours - plain).abs() < 1e-5,
            (ours, plain) => ours == plain,
        };
        let slow = plain(&euclidean, dim, &clustering);
        let fast = dbcv(DbcvSpace::Euclidean(matrix.view()), &clustering, &job).unwrap();
        prop_assert!(close(fast, slow), "{fast:?} {slow:?}");
        let pairs = EveryPair(&euclidean);
        let space = DbcvSpace::Pairwise { neighbors: &pairs, dim: count(dim) };
        let fast = dbcv(space, &clustering, &job).unwrap();
        prop_assert!(close(fast, slow), "pairwise: {fast:?} {slow:?}");
    }

    #[test]
    fn cosine_distances_give_the_validity_of_the_definition(
        rows in 2_usize..120, seed in 0_u32..1000, clusters in 1_usize..9,
    ) {
        let unit = unit(blobs(rows, 4, seed), 4);
        let groups: Vec<_> = (0..rows).map(|row| Some(row % clusters)).collect();
        let clustering = Clustering::from_groups(&groups);
        let slow = plain(&RowNeighbors::cosine(&unit), 4, &clustering);
        let fast = dbcv(DbcvSpace::Cosine(&unit), &clustering, &job(2)).unwrap();
        prop_assert_eq!(fast.is_some(), slow.is_some());
        let differ = (fast.unwrap_or(0.0) - slow.unwrap_or(0.0)).abs();
        prop_assert!(differ < 1e-4, "{:?} {:?}", fast, slow);
    }
}
