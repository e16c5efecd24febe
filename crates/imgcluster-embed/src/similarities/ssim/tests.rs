use super::*;
use crate::FileDecoder;
use crate::reference::shared;
use crate::similarities::drawn::gray;
use imgcluster_core::{Against, CancelToken, Decoder, Job, PairwiseNeighbors, Quiet, Radius};
use std::num::NonZeroUsize;
use std::sync::Mutex;

const CONTENT: ContentHash = ContentHash([1; 32]);

fn waves(seed: u32) -> impl Fn(u32, u32) -> u8 {
    move |x, y| {
        let (x, y, seed) = (f64::from(x), f64::from(y), f64::from(seed + 1));
        let wave = (x * seed / 97.0 + 1.0).sin() * (y / (5.0 + seed) + x / 60.0).cos();
        (127.0 + 120.0 * wave) as u8
    }
}

/// Pictures of all sizes; the last four are of one colour.
fn pictures() -> Vec<Pixels> {
    let sizes = [
        (1, 1),
        (6, 6),
        (7, 7),
        (256, 256),
        (300, 200),
        (90, 400),
        (2000, 1),
        (1, 3000),
    ];
    let mut pictures: Vec<Pixels> = sizes
        .iter()
        .zip(0..)
        .map(|(size, seed)| gray(size.0, size.1, waves(seed)))
        .collect();
    pictures.extend([0, 1, 128, 255].map(|value| gray(64, 48, |_, _| value)));
    pictures
}

fn ssim(side: u32, fit: CanvasFit) -> Ssim {
    Ssim::new(Canvas::new(side, fit).unwrap())
}

fn signatures(ssim: &Ssim, pictures: &[Pixels]) -> Vec<SsimSignature> {
    let signature = |picture| ssim.signature(picture, &CONTENT);
    pictures.iter().map(signature).collect()
}

#[test]
fn a_picture_of_any_size_and_kind_is_exactly_like_itself_and_symmetric_to_others() {
    for fit in [CanvasFit::Letterbox, CanvasFit::Squash] {
        let ssim = ssim(64, fit);
        let signatures = signatures(&ssim, &pictures());
        for a in &signatures {
            assert_eq!(ssim.similarity(a, a).to_bits(), 1.0_f32.to_bits());
            for b in &signatures {
                let (there, back) = (ssim.similarity(a, b), ssim.similarity(b, a));
                assert!((0.0..=1.0).contains(&there), "{there}");
                assert_eq!(there.to_bits(), back.to_bits());
                let signed = ssim.signed_similarity(a, b);
                assert_eq!(there.to_bits(), signed.max(0.0).to_bits());
            }
        }
    }
}

#[test]
fn an_inverted_picture_is_negative_and_not_alike() {
    let ssim = Ssim::new(Canvas::default());
    let [picture, inverted] = [
        gray(500, 500, waves(3)),
        gray(500, 500, |x, y| 255 - waves(3)(x, y)),
    ]
    .map(|picture| ssim.signature(&picture, &CONTENT));
    assert!(ssim.signed_similarity(&picture, &inverted) < -0.5);
    assert_eq!(ssim.similarity(&picture, &inverted).to_bits(), 0);
}

#[test]
fn black_is_like_black_and_not_like_white() {
    let ssim = Ssim::new(Canvas::default());
    let [black, again, white] = [(640, 480, 0), (320, 240, 0), (640, 480, 255)]
        .map(|(width, height, value)| gray(width, height, |_, _| value))
        .map(|picture| ssim.signature(&picture, &CONTENT));
    assert_eq!(ssim.similarity(&black, &again).to_bits(), 1.0_f32.to_bits());
    assert!(ssim.similarity(&black, &white) < 0.01);
}

#[test]
fn panoramas_of_different_things_are_not_alike_for_the_black_around_them() {
    let ssim = Ssim::new(Canvas::default());
    let [one, other] = [2, 9].map(|seed| ssim.signature(&gray(1200, 200, waves(seed)), &CONTENT));
    assert_eq!(one.0.size(), (256, 43));
    let likeness = ssim.similarity(&one, &other);
    assert!(likeness < 0.4, "{likeness}");
    // Where the black is counted most of the canvas is the same.
    let on_black = |signature: &SsimSignature| {
        let mut canvas = vec![0; 256 * 256];
        canvas[106 * 256..149 * 256].copy_from_slice(&signature.0.values());
        SsimSignature(SsimPicture::new(256, (256, 256), (0, 0), &canvas))
    };
    assert!(ssim.similarity(&on_black(&one), &on_black(&other)) > 0.8);
}

#[test]
fn a_copy_of_another_size_is_alike_and_another_picture_is_not() {
    let ssim = Ssim::new(Canvas::default());
    let picture = gray(640, 480, waves(2));
    let small = gray(320, 240, |x, y| waves(2)(2 * x, 2 * y));
    let other = gray(640, 480, waves(7));
    let [picture, small, other] =
        [picture, small, other].map(|picture| ssim.signature(&picture, &CONTENT));
    assert!(ssim.similarity(&picture, &small) > 0.95);
    assert!(ssim.similarity(&picture, &other) < 0.5);
}

#[test]
fn signatures_are_read_as_they_were_written() {
    for (side, fit) in [
        (32, CanvasFit::Letterbox),
        (100, CanvasFit::Letterbox),
        (100, CanvasFit::Squash),
    ] {
        let ssim = ssim(side, fit);
        for signature in signatures(&ssim, &pictures()) {
            let bytes = ssim.write_signature(&signature);
            let (width, height) = signature.0.size();
            assert_eq!(bytes.len(), 4 + width * height);
            assert_eq!(ssim.read_signature(&bytes), Some(signature));
        }
    }
}

#[test]
fn other_bytes_are_not_a_signature() {
    let (boxed, squash) = (ssim(32, CanvasFit::Letterbox), ssim(32, CanvasFit::Squash));
    let bytes = |width: u16, height: u16, values: usize| {
        [
            &width.to_le_bytes()[..],
            &height.to_le_bytes(),
            &vec![7; values],
        ]
        .concat()
    };
    for length in 0..40 {
        assert_eq!(boxed.read_signature(&vec![1; length]), None);
    }
    let refused = [
        (32, 8, 255),
        (32, 8, 257),
        (0, 32, 0),
        (32, 0, 0),
        (33, 32, 33 * 32),
        (16, 16, 256),
        (u16::MAX, u16::MAX, 9),
    ];
    for (width, height, values) in refused {
        assert_eq!(boxed.read_signature(&bytes(width, height, values)), None);
    }
    let letterboxed = bytes(32, 8, 256);
    assert!(boxed.read_signature(&letterboxed).is_some());
    assert_eq!(squash.read_signature(&letterboxed), None);
}

#[test]
fn every_canvas_has_its_own_cache_key() {
    let key = |side, fit| ssim(side, fit).space().clone();
    let here = key(64, CanvasFit::Letterbox);
    assert_eq!(here.model, "ssim");
    assert_ne!(here, key(65, CanvasFit::Letterbox));
    assert_ne!(here, key(64, CanvasFit::Squash));
}

/// Enough pictures for several blocks either way.
fn many(ssim: &Ssim) -> Vec<SsimSignature> {
    let mut pictures = pictures();
    pictures.extend((0..150).map(|seed| gray(40 + seed % 7 * 9, 40, waves(seed / 2))));
    signatures(ssim, &pictures)
}

#[test]
fn the_search_measures_what_the_likeness_does() {
    let ssim = ssim(32, CanvasFit::Letterbox);
    let signatures = many(&ssim);
    let (fast, slow) = (
        ssim.neighbors(&signatures),
        PairwiseNeighbors::new(&ssim, &signatures),
    );
    let count = signatures.len();
    assert_eq!(fast.len(), count);
    let mut wanted = vec![0.0; count * count];
    for (a, row) in wanted.chunks_exact_mut(count).enumerate() {
        slow.distances(a as u32, 0, row);
        let mut distances = vec![f32::NAN; count - 3];
        fast.distances(a as u32, 3, &mut distances);
        let bits = |values: &[f32]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&distances), bits(&row[3..]));
        let other = (a * 31 % count) as u32;
        assert_eq!(
            fast.distance(a as u32, other).to_bits(),
            row[other as usize].to_bits()
        );
    }
    for threads in [1, 3] {
        let threads = NonZeroUsize::new(threads).unwrap();
        let job = Job::new(&Quiet, CancelToken::default(), threads);
        for (against, rows) in [
            (Against::All, 0..count),
            (Against::Later, 0..count),
            (Against::Later, 40..99),
            (Against::All, 7..7),
        ] {
            let seen = Mutex::new(vec![0; count * count]);
            let visit = |row: u32, first: u32, distances: &[f32]| {
                for (other, distance) in (first as usize..).zip(distances) {
                    let place = row as usize * count + other;
                    assert_eq!(distance.to_bits(), wanted[place].to_bits());
                    seen.lock().unwrap()[place] += 1;
                }
            };
            fast.measure(rows.clone(), against, &job, &visit).unwrap();
            for (place, times) in seen.into_inner().unwrap().into_iter().enumerate() {
                let (row, other) = (place / count, place % count);
                let is_wanted = rows.contains(&row) && (against == Against::All || other > row);
                assert_eq!(times, u32::from(is_wanted), "{row}, {other}");
            }
        }
    }
    let (job, radius) = (Job::quiet(), Radius::new(0.4).unwrap());
    let edges = |neighbors: &dyn Neighbors| {
        let edges = Mutex::new(Vec::new());
        let edge = |a, b, distance: f32| edges.lock().unwrap().push((a, b, distance.to_bits()));
        neighbors.within(radius, &job, &edge).unwrap();
        let mut edges = edges.into_inner().unwrap();
        edges.sort_unstable();
        edges
    };
    assert!(edges(&slow).len() > 100);
    assert_eq!(edges(&*fast), edges(&slow));
    let k = NonZeroUsize::new(7).unwrap();
    assert_eq!(fast.knn(k, &job), slow.knn(k, &job));
}

#[test]
fn a_search_over_nothing_or_one_picture_finds_nothing() {
    let ssim = ssim(32, CanvasFit::Letterbox);
    let one = signatures(&ssim, &pictures()[..1]);
    for signatures in [&one[..0], &one] {
        let neighbors = ssim.neighbors(signatures);
        let found = |a: u32, b: u32, _: f32| panic!("{a} and {b}");
        let radius = Radius::new(1.0).unwrap();
        neighbors.within(radius, &Job::quiet(), &found).unwrap();
        let graph = neighbors.knn(NonZeroUsize::MIN, &Job::quiet()).unwrap();
        assert_eq!((graph.len(), graph.k()), (signatures.len(), 0));
    }
}

#[test]
fn a_cancelled_search_stops() {
    let ssim = ssim(32, CanvasFit::Letterbox);
    let signatures = many(&ssim);
    let token = CancelToken::default();
    token.cancel();
    let job = Job::new(&Quiet, token, NonZeroUsize::MIN);
    let stopped =
        ssim.neighbors(&signatures)
            .within(Radius::new(1.0).unwrap(), &job, &|_, _, _| {});
    assert!(stopped.is_err());
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn similarities_are_those_of_scikit_image() {
    let folders = (
        shared("IMGCLUSTER_GOLDEN", "golden"),
        shared("IMGCLUSTER_DATA", "data"),
    );
    let (Some(golden), Some(data)) = folders else {
        return eprintln!("skipped: no golden similarities or no pictures here");
    };
    let text = std::fs::read_to_string(golden.join("images/pairs.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (decoder, ssim) = (FileDecoder::default(), ssim(256, CanvasFit::Squash));
    let pairs = golden["pairs"].as_array().unwrap();
    assert!(pairs.len() >= 20, "only {} pairs", pairs.len());
    for pair in pairs {
        let [a, b] = ["a", "b"].map(|key| {
            let path = data
                .join("near-duplicates")
                .join(pair[key].as_str().unwrap());
            let content = decoder.identify(&path).unwrap();
            let pixels = decoder.decode(&path, &content).unwrap().pixels;
            ssim.signature(&pixels, &content)
        });
        let likeness = f64::from(ssim.signed_similarity(&a, &b));
        let error = (likeness - pair["ssim"].as_f64().unwrap()).abs();
        assert!(error <= 0.003, "{pair}: {likeness}");
    }
}
