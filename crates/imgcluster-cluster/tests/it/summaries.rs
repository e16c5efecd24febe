//! What is said of clusters, against measuring every pair.

use imgcluster_cluster::{SummaryOptions, Threshold, noise_samples, summarize};
use imgcluster_core::{
    CancelToken, Cancelled, Clusterer, Clustering, Job, Neighbors, Points, Quiet, Radius,
    RowNeighbors,
};

use crate::support::{EveryPair, blobs, count, job, unit};

fn threshold(points: &Points<'_>, similarity: f64) -> Clustering {
    let radius = Radius::from_similarity(similarity).unwrap();
    Threshold { radius }.cluster(points, &job(1)).unwrap()
}

fn of_one_cluster(rows: usize) -> Clustering {
    Clustering::from_groups(&vec![Some(0); rows])
}

#[test]
fn every_pair_counts_in_the_worst_and_the_mean_similarity() {
    let unit = unit(blobs(300, 6, 5), 6);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let clustering = threshold(&points, 0.97);
    assert!(clustering.sizes()[0] > 20);
    let summaries = summarize(&points, &clustering, &SummaryOptions::default(), &job(2)).unwrap();
    assert_eq!(summaries.len(), clustering.clusters());
    for (summary, members) in summaries.iter().zip(clustering.members()) {
        let similarity = |a: u32, b: u32| 1.0 - f64::from(neighbors.distance(a, b));
        let sum_of = |&a: &u32| members.iter().map(|&b| similarity(a, b)).sum::<f64>() - 1.0;
        let sums: Vec<f64> = members.iter().map(sum_of).collect();
        let others = members.len() as f64 - 1.0;
        let mean = sums.iter().sum::<f64>() / others / members.len() as f64;
        assert!((f64::from(summary.mean_similarity) - mean).abs() < 1e-6);
        let worst = members
            .iter()
            .flat_map(|&a| members.iter().map(move |&b| (a, b)));
        let worst = worst.map(|(a, b)| similarity(a, b)).fold(1.0, f64::min);
        assert!((f64::from(summary.min_similarity) - worst).abs() < 1e-6 && summary.min_is_exact);
        let largest = sums.iter().copied().fold(f64::MIN, f64::max);
        let at = members.binary_search(&summary.representative).unwrap();
        assert!((largest - sums[at]) / others <= 1e-6 + 1e-9);
    }
}

#[test]
fn points_with_and_without_rows_are_summed_up_alike() {
    let unit = unit(blobs(300, 6, 6), 6);
    let neighbors = RowNeighbors::cosine(&unit);
    let with_rows = Points::with_rows(&neighbors, unit.view());
    let pairwise = EveryPair(&neighbors);
    let clustering = threshold(&with_rows, 0.97);
    let options = SummaryOptions::default();
    let one = summarize(&with_rows, &clustering, &options, &job(1)).unwrap();
    let other = summarize(&Points::pairwise(&pairwise), &clustering, &options, &job(3)).unwrap();
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(
            (one.representative, &one.samples),
            (other.representative, &other.samples)
        );
        assert!((one.mean_similarity - other.mean_similarity).abs() < 1e-6);
    }
}

#[test]
fn the_representative_of_two_is_the_first_and_samples_are_no_more_than_members() {
    let unit = unit(vec![0.0, 1.0, 0.6, 0.8, 0.8, 0.6], 2);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let clustering = Clustering::from_groups(&[None, Some(0), Some(0)]);
    let summaries = summarize(&points, &clustering, &SummaryOptions::default(), &job(1)).unwrap();
    assert_eq!(
        (summaries[0].representative, &summaries[0].samples[..]),
        (1, &[1, 2][..])
    );
    assert!((summaries[0].min_similarity - 0.96).abs() < 1e-6);
}

#[test]
fn a_cluster_of_one_and_of_copies_has_only_similarity_one() {
    let unit = unit([0.6_f32, 0.8].repeat(50), 2);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let mut groups = vec![Some(0); 50];
    groups[7] = Some(1);
    let clustering = Clustering::from_groups(&groups);
    for summary in summarize(&points, &clustering, &SummaryOptions::default(), &job(2)).unwrap() {
        assert!(summary.min_similarity >= 1.0 && summary.mean_similarity >= 1.0);
    }
}

#[test]
fn samples_are_unlike_each_other() {
    // Most members lie in one place; the samples must find the few others.
    let mut values = [1.0_f32, 0.0].repeat(40);
    values.extend([0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.5, 0.5]);
    let unit = unit(values, 2);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let summaries = summarize(
        &points,
        &of_one_cluster(44),
        &SummaryOptions::default(),
        &job(1),
    )
    .unwrap();
    assert_eq!(summaries[0].samples[..3], [0, 43, 42]);
    assert!(summaries[0].samples[3..].iter().all(|&row| row >= 40));
}

#[test]
fn in_a_very_large_cluster_the_worst_pair_is_sought_and_said_not_to_be_exact() {
    let unit = unit(blobs(3_000, 4, 7), 4);
    let neighbors = RowNeighbors::cosine(&unit);
    let options = SummaryOptions {
        exact_up_to: 2_000,
        ..SummaryOptions::default()
    };
    let exact = SummaryOptions::default();
    for points in [
        Points::with_rows(&neighbors, unit.view()),
        Points::pairwise(&neighbors),
    ] {
        let clustering = of_one_cluster(3_000);
        let sought = &summarize(&points, &clustering, &options, &job(1)).unwrap()[0];
        let again = &summarize(&points, &clustering, &options, &job(3)).unwrap()[0];
        let measured = &summarize(&points, &clustering, &exact, &job(2)).unwrap()[0];
        assert_eq!(sought, again);
        assert!(!sought.min_is_exact && measured.min_is_exact);
        assert!(sought.min_similarity >= measured.min_similarity);
        assert!((sought.mean_similarity - measured.mean_similarity).abs() < 0.02);
    }
}

#[test]
fn noise_samples_are_distinct_noise_rows_and_the_same_for_the_same_seed() {
    let unit = unit(blobs(5_000, 3, 8), 3);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let groups: Vec<_> = (0..5_000).map(|row| (row % 5 == 0).then_some(0)).collect();
    let clustering = Clustering::from_groups(&groups);
    let chosen = noise_samples(&clustering, 20, &points, 3);
    assert_eq!(chosen, noise_samples(&clustering, 20, &points, 3));
    assert!(chosen.iter().all(|&row| row % 5 != 0));
    let distinct: std::collections::BTreeSet<_> = chosen.iter().collect();
    assert_eq!(distinct.len(), 20);
    assert!(noise_samples(&of_one_cluster(5_000), 20, &points, 3).is_empty());
}

#[test]
fn no_clusters_and_no_samples_wanted_are_no_trouble() {
    let unit = unit(vec![1.0, 0.0], 2);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let noise = Clustering::from_groups::<u8>(&[None]);
    let options = SummaryOptions {
        samples: 0,
        ..SummaryOptions::default()
    };
    assert!(
        summarize(&points, &noise, &options, &job(1))
            .unwrap()
            .is_empty()
    );
    let one = summarize(&points, &of_one_cluster(1), &options, &job(1)).unwrap();
    assert!(one[0].samples.is_empty());
    assert_eq!(noise_samples(&noise, 5, &points, 0), [0]);
}

#[test]
fn a_cancelled_job_sums_nothing_up() {
    let unit = unit(blobs(100, 3, 9), 3);
    let neighbors = RowNeighbors::cosine(&unit);
    let points = Points::with_rows(&neighbors, unit.view());
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, count(2));
    let outcome = summarize(
        &points,
        &of_one_cluster(100),
        &SummaryOptions::default(),
        &job,
    );
    assert_eq!(outcome, Err(Cancelled));
}
