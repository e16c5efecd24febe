//! Maps of very many points: some are laid out, the others placed among them.

use imgcluster_core::{Cancelled, Job, Matrix, MatrixRef, Neighbors, Points, RowNeighbors, Stage};

use super::TSne;
use super::tasks::for_each_task;
use crate::random::Random;

/// Nearest sampled points that decide a place.
const NEAREST: usize = 5;
/// Stands in the place of a sampled point where there are fewer than [`NEAREST`].
const NOBODY: u32 = u32::MAX;
/// Points a thread takes at a time, and sampled points it compares them with in one go: of 512
/// values each, both together fit the cache of a core.
const BLOCK: usize = 64;
const TILE: usize = 64;

/// Lays a sample out and places every other point at the mean of its nearest ones there, weighted
/// by the inverse of its distance to them.
pub(super) fn lay_out(
    options: &TSne,
    points: &Points<'_>,
    job: &Job<'_>,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    let chosen = choose(points.len(), options.sample.get(), options.seed);
    let rows = points.rows().and_then(|rows| gather(rows, &chosen));
    let map = match &rows {
        Some(rows) => {
            let search = RowNeighbors::euclidean(rows.view());
            options.lay_out(&Points::with_rows(&search, rows.view()), job)?
        }
        None => options.lay_out(
            &Points::pairwise(&Part {
                whole: points,
                chosen: &chosen,
            }),
            job,
        )?,
    };
    let sample = Sample {
        chosen: &chosen,
        rows: rows.as_ref().map(Matrix::view),
    };
    place_all(points, &sample, &map, job)
}

/// Chooses `count` of `0..len`, each set equally likely, in order (Floyd).
fn choose(len: usize, count: usize, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut chosen = std::collections::BTreeSet::new();
    for last in len - count..len {
        let candidate = random.below(last + 1) as u32;
        if !chosen.insert(candidate) {
            chosen.insert(last as u32);
        }
    }
    chosen.into_iter().collect()
}

/// Copies some rows.
fn gather(rows: MatrixRef<'_>, chosen: &[u32]) -> Option<Matrix> {
    let values = chosen.iter().flat_map(|row| rows.row(*row as usize));
    Matrix::new(values.copied().collect(), rows.dim()).ok()
}

/// Some of the points, numbered anew.
struct Part<'a> {
    whole: &'a Points<'a>,
    chosen: &'a [u32],
}

impl Neighbors for Part<'_> {
    fn len(&self) -> usize {
        self.chosen.len()
    }

    fn distance(&self, a: u32, b: u32) -> f32 {
        let (a, b) = (self.chosen[a as usize], self.chosen[b as usize]);
        self.whole.neighbors().distance(a, b)
    }
}

/// Places the sampled points where the map has them, and every other among its nearest ones.
fn place_all(
    points: &Points<'_>,
    sample: &Sample<'_>,
    map: &[[f32; 2]],
    job: &Job<'_>,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    let mut places = vec![[0.0; 2]; points.len()];
    for (row, place) in sample.chosen.iter().zip(map) {
        places[*row as usize] = *place;
    }
    let all = 0..points.len() as u32;
    let others: Vec<u32> = all
        .filter(|row| sample.chosen.binary_search(row).is_err())
        .collect();
    let mut found = vec![[0.0; 2]; others.len()];
    let stage = job.stage(Stage::Project, Some(others.len() as u64));
    for_each_task(
        job,
        found.chunks_mut(BLOCK).zip(others.chunks(BLOCK)),
        || [Nearest::default(); BLOCK],
        |nearest, (places, rows)| {
            let nearest = &mut nearest[..rows.len()];
            nearest.fill(Nearest::default());
            sample.compare(points, rows, nearest);
            for (place, nearest) in places.iter_mut().zip(nearest) {
                *place = nearest.among(map);
            }
            stage.advance(rows.len() as u64);
        },
    )?;
    for (row, place) in others.iter().zip(found) {
        places[*row as usize] = place;
    }
    Ok(places)
}

/// The points that are laid out, in order, and their rows if they have any.
struct Sample<'a> {
    chosen: &'a [u32],
    rows: Option<MatrixRef<'a>>,
}

impl Sample<'_> {
    /// Puts the nearest sampled points of each of `others`, tile by tile, so that a tile is read
    /// from memory once for all of them.
    fn compare(&self, points: &Points<'_>, others: &[u32], nearest: &mut [Nearest]) {
        for start in (0..self.chosen.len()).step_by(TILE) {
            let tile = start..self.chosen.len().min(start + TILE);
            for (other, nearest) in others.iter().zip(&mut *nearest) {
                for index in tile.clone() {
                    nearest.put(self.distance(points, *other, index), index as u32);
                }
            }
        }
    }

    fn distance(&self, points: &Points<'_>, other: u32, index: usize) -> f32 {
        match (points.rows(), self.rows) {
            (Some(rows), Some(sample)) => {
                quick_distance(rows.row(other as usize), sample.row(index))
            }
            _ => points.neighbors().distance(other, self.chosen[index]),
        }
    }
}

/// The distance of two rows in `f32`: a place on a map needs no more.
fn quick_distance(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..16 {
            sums[lane] += (a[lane] - b[lane]) * (a[lane] - b[lane]);
        }
    }
    let rest: f32 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    (sums.iter().sum::<f32>() + rest).sqrt()
}

/// The nearest sampled points so far, nearest first, ties by the smaller number.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Nearest([(f32, u32); NEAREST]);

impl Default for Nearest {
    fn default() -> Self {
        Self([(f32::INFINITY, NOBODY); NEAREST])
    }
}

impl Nearest {
    fn put(&mut self, distance: f32, index: u32) {
        let order = |a: (f32, u32), b: (f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        let comes_before = |other| order((distance, index), other).is_lt();
        let mut at = NEAREST - 1;
        if !comes_before(self.0[at]) {
            return;
        }
        while at > 0 && comes_before(self.0[at - 1]) {
            self.0[at] = self.0[at - 1];
            at -= 1;
        }
        self.0[at] = (distance, index);
    }

    /// The weighted mean of their places.
    fn among(&self, map: &[[f32; 2]]) -> [f32; 2] {
        let (mut sum, mut total) = ([0.0_f64; 2], 0.0_f64);
        for (distance, index) in self.0.iter().filter(|(_, index)| *index != NOBODY) {
            let weight = 1.0 / f64::from(distance.clamp(1e-6, 1e30));
            let place = map[*index as usize];
            sum = [0, 1].map(|axis| sum[axis] + weight * f64::from(place[axis]));
            total += weight;
        }
        sum.map(|value| (value / total) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::say;
    use imgcluster_core::{CancelToken, Event, Quiet, Reporter};
    use std::num::NonZeroUsize;
    use std::sync::Mutex;

    fn rows(count: usize, dim: usize) -> Matrix {
        let mut random = Random::new(3);
        let values = (0..count * dim).map(|_| random.symmetric() as f32);
        Matrix::new(values.collect(), dim).unwrap()
    }

    /// A map of so many places, no two of them alike.
    fn made_up_map(count: usize) -> Vec<[f32; 2]> {
        (0..count).map(|at| [at as f32, (at % 7) as f32]).collect()
    }

    /// The slow twin: sorts the sampled points by their distance.
    fn place_slowly(rows: &Matrix, row: u32, chosen: &[u32], map: &[[f32; 2]]) -> [f32; 2] {
        let row = rows.view().row(row as usize);
        let distance = |other: u32| quick_distance(row, rows.view().row(other as usize));
        let mut order: Vec<usize> = (0..chosen.len()).collect();
        order.sort_by(|a, b| distance(chosen[*a]).total_cmp(&distance(chosen[*b])));
        let (mut sum, mut total) = ([0.0; 2], 0.0);
        for at in order.into_iter().take(NEAREST) {
            let weight = 1.0 / f64::from(distance(chosen[at]).clamp(1e-6, 1e30));
            sum = [0, 1].map(|axis| sum[axis] + weight * f64::from(map[at][axis]));
            total += weight;
        }
        sum.map(|value| (value / total) as f32)
    }

    #[test]
    fn tiles_place_every_point_as_sorting_all_distances_does() {
        for (count, size, dim, scale) in [
            (2, 1, 3, 1.0),
            (9, 4, 3, 1.0),
            (500, 300, 20, 1.0),
            (500, 300, 3, 0.0),
            (300, 130, 2, 1e30),
        ] {
            let mut values = rows(count, dim).into_values();
            for value in &mut values {
                *value *= scale;
            }
            let rows = Matrix::new(values, dim).unwrap();
            let search = RowNeighbors::euclidean(rows.view());
            let chosen = choose(count, size, 5);
            let sampled = gather(rows.view(), &chosen).unwrap();
            let map = made_up_map(size);
            let sample = Sample {
                chosen: &chosen,
                rows: Some(sampled.view()),
            };
            let points = Points::with_rows(&search, rows.view());
            let places = place_all(&points, &sample, &map, &Job::quiet()).unwrap();
            for (row, place) in (0..).zip(&places) {
                let expected = match chosen.binary_search(&row) {
                    Ok(at) => map[at],
                    Err(_) => place_slowly(&rows, row, &chosen, &map),
                };
                let bits = |place: [f32; 2]| place.map(f32::to_bits);
                assert_eq!(bits(*place), bits(expected), "{row} of {count}");
            }
        }
    }

    /// Notes the stages and their steps, and stops the work in the second stage.
    struct Watcher {
        seen: Mutex<Vec<(u64, u64)>>,
        stop: Option<CancelToken>,
    }

    impl Reporter for Watcher {
        fn report(&self, event: &Event<'_>) {
            let mut seen = self.seen.lock().unwrap();
            match event {
                Event::Started { total, .. } => seen.push((total.unwrap(), 0)),
                Event::Advanced { by, .. } => seen.last_mut().unwrap().1 += by,
                _ => {}
            }
            if let (2, Some(stop)) = (seen.len(), &self.stop) {
                stop.cancel();
            }
        }
    }

    /// How many points were placed, and each stage's expected and reported steps.
    fn watched(stop: bool) -> (Result<usize, Cancelled>, Vec<(u64, u64)>) {
        let token = CancelToken::default();
        let watcher = Watcher {
            seen: Mutex::default(),
            stop: stop.then(|| token.clone()),
        };
        let rows = rows(500, 4);
        let search = RowNeighbors::euclidean(rows.view());
        let points = Points::with_rows(&search, rows.view());
        let options = TSne {
            rounds: 50,
            sample: NonZeroUsize::new(100).unwrap(),
            ..TSne::default()
        };
        let job = Job::new(&watcher, token, NonZeroUsize::new(2).unwrap());
        let placed = lay_out(&options, &points, &job);
        (
            placed.map(|places| places.len()),
            watcher.seen.into_inner().unwrap(),
        )
    }

    #[test]
    fn placing_is_reported_as_a_step_for_each_point_outside_the_sample() {
        let (placed, seen) = watched(false);
        assert_eq!(placed, Ok(500));
        assert_eq!(seen, [(50, 50), (400, 400)]);
    }

    #[test]
    fn placing_stops_when_it_is_cancelled() {
        let (placed, seen) = watched(true);
        assert_eq!(placed, Err(Cancelled));
        assert!(seen.len() == 2 && seen[1].1 < 400, "{seen:?}");
    }

    /// Measures, does not judge: `cargo test --release -p imgcluster-viz -- --ignored placing
    /// --nocapture`.
    #[test]
    #[ignore = "a measurement"]
    fn time_of_placing_sixty_thousand_points() {
        let (count, dim, size) = (60_000, 512, 20_000);
        let rows = rows(count, dim);
        let search = RowNeighbors::euclidean(rows.view());
        let points = Points::with_rows(&search, rows.view());
        let chosen = choose(count, size, 0);
        let two = NonZeroUsize::new(2).unwrap();
        let job = Job::new(&Quiet, CancelToken::default(), two);
        let begun = std::time::Instant::now();
        let sampled = gather(rows.view(), &chosen).unwrap();
        let sample = Sample {
            chosen: &chosen,
            rows: Some(sampled.view()),
        };
        let places = place_all(&points, &sample, &made_up_map(size), &job).unwrap();
        let sum: f64 = places.iter().map(|place| f64::from(place[0])).sum();
        let seconds = begun.elapsed().as_secs_f64();
        say(&format!("{count} × {dim}: {seconds:.1} s, sum {sum}"));
    }
}
