//! A test helper: made-up outcomes of any size.

use std::io::Cursor;
use std::path::PathBuf;

use imgcluster_core::{
    ClusterSummary, Clustering, ContentHash, Features, Image, Layout, Matrix, Outcome, RunCounts,
    RunRecord, Skipped, Trial,
};

use crate::random::Random;

/// Owns what an [`Outcome`] borrows.
pub(crate) struct Made {
    pub(crate) images: Vec<Image>,
    pub(crate) thumbnails: Vec<Option<Vec<u8>>>,
    pub(crate) features: Features,
    pub(crate) clustering: Clustering,
    pub(crate) summaries: Vec<ClusterSummary>,
    pub(crate) noise_samples: Vec<u32>,
    pub(crate) layout: Layout,
    pub(crate) trials: Vec<Trial>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) run: RunRecord,
}

impl Made {
    pub(crate) fn outcome(&self) -> Outcome<'_> {
        Outcome {
            images: &self.images,
            thumbnails: &self.thumbnails,
            features: &self.features,
            clustering: &self.clustering,
            summaries: &self.summaries,
            noise_samples: &self.noise_samples,
            layout: &self.layout,
            trials: &self.trials,
            skipped: &self.skipped,
            run: &self.run,
        }
    }
}

/// Makes up `count` images in `clusters` clusters, the k-th with a share of about 1 / (k + 2), and
/// every seventh image noise.
pub(crate) fn made(count: usize, clusters: usize) -> Made {
    let mut random = Random::new(9);
    let groups: Vec<Option<usize>> = (0..count)
        .map(|row| {
            let first = random.below(clusters.max(1));
            let chosen = random.below(first + 1);
            (row % 7 != 6 && clusters > 0).then_some(chosen)
        })
        .collect();
    let strengths = groups
        .iter()
        .map(|group| if group.is_some() { 0.9 } else { 0.0 });
    let clustering = Clustering::from_groups(&groups).with_strengths(strengths.collect());
    let place = |label: &Option<imgcluster_core::ClusterId>, random: &mut Random| {
        let around = label.map_or([0.0; 2], |id| {
            let angle = f64::from(id.0) * 2.4;
            let away = 12.0 * f64::from(id.0).sqrt() + 8.0;
            [angle.cos() * away, angle.sin() * away]
        });
        let spread = if label.is_some() { 4.0 } else { 60.0 };
        around.map(|value| (value + spread * random.symmetric()) as f32)
    };
    let layout = Layout {
        places: clustering
            .labels()
            .iter()
            .map(|label| place(label, &mut random))
            .collect(),
    };
    let values = (0..count * 4).map(|_| random.symmetric() as f32).collect();
    Made {
        images: (0..count).map(image).collect(),
        thumbnails: clustering
            .labels()
            .iter()
            .zip(0..)
            .map(|(label, row)| Some(thumbnail(label.map_or(200, |id| id.0), row)))
            .collect(),
        features: Features::Vectors(Matrix::new(values, 4).unwrap()),
        summaries: clustering
            .members()
            .iter()
            .map(|rows| summary(rows))
            .collect(),
        noise_samples: (6..count as u32).step_by(7).take(5).collect(),
        layout,
        trials: Vec::new(),
        skipped: vec![Skipped {
            path: PathBuf::from("pictures/broken.jpg"),
            reason: "the file ends too early".to_owned(),
        }],
        run: run(&clustering),
        clustering,
    }
}

/// Makes up what an automatic choice tried.
pub(crate) fn trials() -> Vec<Trial> {
    let best = Trial {
        algorithm: "kmeans",
        parameters: vec![("clusters", "8".to_owned())],
        clusters: Some(8),
        noise: Some(0),
        silhouette: Some(0.5),
        calinski_harabasz: Some(120.25),
        davies_bouldin: Some(0.75),
        score: Some(0.9),
        is_chosen: true,
        ..Trial::default()
    };
    let refused = Trial {
        algorithm: "gmm",
        reason: Some("too long, \"really\" <b>".to_owned()),
        ..Trial::default()
    };
    vec![best, refused]
}

fn image(row: usize) -> Image {
    Image {
        path: PathBuf::from(format!("pictures/trip {}/image {row:05}.jpg", row % 10)),
        content: ContentHash([(row % 251) as u8; 32]),
        width: 640,
        height: 480,
    }
}

fn summary(rows: &[u32]) -> ClusterSummary {
    let single = rows.len() == 1;
    ClusterSummary {
        representative: rows[0],
        min_similarity: if single { 1.0 } else { 0.7 },
        min_is_exact: rows.len() < 1000,
        mean_similarity: if single { 1.0 } else { 0.9 },
        samples: rows.iter().copied().take(5).collect(),
    }
}

fn run(clustering: &Clustering) -> RunRecord {
    let parameters = serde_json::json!({ "min-cluster-size": 5, "min-samples": 3 });
    RunRecord {
        tool: "imgcluster".to_owned(),
        version: "0.1.0".to_owned(),
        command: ["imgcluster", "cluster", "pictures"]
            .map(str::to_owned)
            .to_vec(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        model: "classic".to_owned(),
        weights: ContentHash([1; 32]),
        preprocess: ContentHash([2; 32]),
        algorithm: "hdbscan".to_owned(),
        parameters: parameters.as_object().unwrap().clone(),
        device: "cpu".to_owned(),
        times: [("walk".to_owned(), 0.1), ("ingest".to_owned(), 2.5)].into(),
        counts: RunCounts {
            images: clustering.len(),
            embedded: clustering.len(),
            cached: 0,
            skipped: 1,
            clusters: clustering.clusters(),
            noise: clustering.noise(),
        },
        files: Vec::new(),
    }
}

/// Draws a JPEG of about 3 kB: a pattern by formula, one a kind.
pub(crate) fn thumbnail(kind: u32, row: u32) -> Vec<u8> {
    let [red, green, blue] = crate::plot::palette::color(kind);
    let mut random = Random::new(u64::from(row));
    let (width, height) = if row.is_multiple_of(3) {
        (120, 160)
    } else {
        (160, 120)
    };
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let wave = f64::from(x * (kind % 5 + 1) + y * (kind % 3 + 1) + row) / 12.0;
        let light = 0.6 + 0.35 * wave.sin() + 0.06 * random.symmetric();
        image::Rgb([red, green, blue].map(|part| (f64::from(part) * light) as u8))
    });
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 50);
    encoder.encode_image(&picture).unwrap();
    bytes.into_inner()
}
