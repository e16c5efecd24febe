//! What is written down on the way, and read again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use imgcluster_cluster::{NoLog, Partition, PartitionLog, Partitions, PartitionsError, Place};
use imgcluster_core::{
    BoxError, CancelToken, Event, Job, Neighbors, Quiet, Radius, Reporter, Stage,
};
use proptest::prelude::*;

use super::{Counting, Line, find, methods, partitions, threshold};
use crate::support::{count, job, radius};

type Pairs = Vec<(u32, u32, f32)>;

/// Keeps everything, and cancels once so many are saved.
#[derive(Default)]
pub(super) struct Memory {
    saved: Mutex<HashMap<Place, Vec<u8>>>,
    near: Mutex<Vec<(Place, Pairs)>>,
    radius: Option<Radius>,
    cancel_after: Option<(usize, CancelToken)>,
    fails: bool,
}

impl Memory {
    /// Cancels once so many are saved.
    pub(super) fn cancelling(after: usize, token: CancelToken) -> Self {
        Self {
            cancel_after: Some((after, token)),
            ..Self::default()
        }
    }

    /// Cancels no more.
    pub(super) fn goes_on(&mut self) {
        self.cancel_after = None;
    }

    pub(super) fn kept(&self) -> usize {
        self.saved.lock().unwrap().len()
    }

    fn pairs(&self, wanted: Place) -> Pairs {
        let near = self.near.lock().unwrap();
        let of_place = near.iter().filter(|(place, _)| *place == wanted);
        of_place
            .flat_map(|(_, pairs)| pairs.iter().copied())
            .collect()
    }
}

impl PartitionLog for Memory {
    fn load(&self, place: Place) -> Option<Vec<u8>> {
        self.saved.lock().unwrap().get(&place).cloned()
    }

    fn save(&self, place: Place, found: &[u8]) -> Result<(), BoxError> {
        if self.fails {
            return Err("the disk is full".into());
        }
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        saved.insert(place, found.to_vec());
        if let Some((after, token)) = &self.cancel_after
            && saved.len() == *after
        {
            token.cancel();
        }
        Ok(())
    }

    fn near_radius(&self) -> Option<Radius> {
        self.radius
    }

    fn near(&self, place: Place, pairs: &[(u32, u32, f32)]) -> Result<(), BoxError> {
        assert!(!pairs.is_empty());
        self.near.lock().unwrap().push((place, pairs.to_vec()));
        Ok(())
    }
}

fn line() -> Line {
    Line((0..50_u16).map(|item| f32::from(item * 37 % 50)).collect())
}

/// Interrupts a run after each piece of work that is saved, and lets it go on.
fn interrupt(name: &str, line: &Line, partitions: &Partitions) -> usize {
    let unbroken = partitions.find(line, &Memory::default(), &job(2)).unwrap();
    for finished in 1.. {
        let token = CancelToken::default();
        let mut memory = Memory {
            cancel_after: Some((finished, token.clone())),
            ..Memory::default()
        };
        let asked = Counting::new(line);
        let stopped = Job::new(&Quiet, token, count(2));
        let broken = partitions.find(&asked, &memory, &stopped);
        if memory.kept() < finished {
            assert_eq!(broken.unwrap(), unbroken, "{name}");
            return finished - 1;
        }
        assert_eq!(memory.kept(), finished, "{name}");
        if let Err(error) = broken {
            assert!(
                matches!(error, PartitionsError::Cancelled(_)),
                "{name}: {error}"
            );
        }
        memory.cancel_after = None;
        let resumed = partitions.find(&asked, &memory, &job(1)).unwrap();
        assert_eq!(resumed, unbroken, "{name}, {finished}");
        // Both together measure every pair once.
        assert_eq!(asked.asked(), unbroken.pairs.total(), "{name}, {finished}");
        // And all over again, with nothing left to do.
        let again = partitions.find(&asked, &memory, &job(1)).unwrap();
        assert_eq!(
            (asked.asked(), again),
            (unbroken.pairs.total(), unbroken.clone()),
            "{name}"
        );
    }
    unreachable!("a run has an end")
}

#[test]
fn an_interrupted_run_goes_on_where_it_was_and_finds_the_same() {
    for (name, method) in methods(1.5) {
        for pool_noise in [false, true] {
            let partitions = Partitions {
                pool_noise,
                ..partitions(10, &method)
            };
            let pieces = interrupt(name, &line(), &partitions);
            assert!(
                pieces > 5,
                "{name}: every partition, and the representatives"
            );
        }
    }
    // So much noise that it is compared in two pieces, and some that joins.
    let places = (0..400_u16).map(|item| match item % 4 {
        0 => f32::from(item % 16) + 0.1 * f32::from(item / 100),
        _ => 50.0 * f32::from(item),
    });
    let pieces = interrupt(
        "much noise",
        &Line(places.collect()),
        &partitions(100, &threshold(0.5)),
    );
    assert_eq!(pieces, 4 + 1 + 2);
}

/// Collects warnings and counts pairs.
#[derive(Default)]
pub(super) struct Watching {
    pub(super) warnings: Mutex<Vec<String>>,
    pub(super) pairs: Mutex<u64>,
}

impl Reporter for Watching {
    fn report(&self, event: &Event<'_>) {
        match event {
            Event::Warning { message } => self.warnings.lock().unwrap().push((*message).to_owned()),
            Event::Advanced {
                stage: Stage::Compare,
                by,
            } => *self.pairs.lock().unwrap() += by,
            _ => {}
        }
    }
}

#[test]
fn partitions_of_other_items_are_clustered_again_with_a_warning() {
    let line = line();
    let memory = Memory::default();
    let method = threshold(1.0);
    let before = partitions(25, &method)
        .find(&line, &memory, &job(1))
        .unwrap();
    assert!(memory.kept() > before.partitions.len());
    let watching = Watching::default();
    let watched = Job::new(&watching, CancelToken::default(), count(2));
    let found = partitions(10, &method)
        .find(&line, &memory, &watched)
        .unwrap();
    assert_eq!(found, find(&line, 10, &method));
    let warnings = watching.warnings.lock().unwrap().clone();
    for place in [
        Place::Partition(0),
        Place::Partition(1),
        Place::Representatives,
    ] {
        let warning = format!("what was kept of {place} is of another run; it is found again");
        assert!(warnings.contains(&warning), "{warnings:?}");
    }
    assert_eq!(*watching.pairs.lock().unwrap(), found.pairs.total());
    // Pairs of what is loaded count as done.
    let watching = Watching::default();
    let watched = Job::new(&watching, CancelToken::default(), count(2));
    partitions(10, &method)
        .find(&line, &memory, &watched)
        .unwrap();
    assert!(watching.warnings.lock().unwrap().is_empty());
    assert_eq!(*watching.pairs.lock().unwrap(), found.pairs.total());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_kept_and_is_broken_is_found_again(
        which in 0_usize..7, at in any::<prop::sample::Index>(), by in 0_u8..=255,
    ) {
        let (line, (_, method)) = (line(), methods(1.5).remove(which));
        let memory = Memory::default();
        let unbroken = partitions(10, &method).find(&line, &memory, &job(1)).unwrap();
        let whole = memory.saved.lock().unwrap().clone();
        for place in whole.keys() {
            let at = at.index(whole[place].len());
            memory.saved.lock().unwrap().get_mut(place).unwrap().truncate(at);
            let found = partitions(10, &method).find(&line, &memory, &job(1)).unwrap();
            prop_assert_eq!(&found, &unbroken);
            // What is still of these items is taken for what was found, but never panics.
            memory.saved.lock().unwrap().get_mut(place).unwrap()[at] ^= by;
            let found = partitions(10, &method).find(&line, &memory, &job(1)).unwrap();
            prop_assert_eq!(found.clustering.len(), 50);
            memory.saved.lock().unwrap().clone_from(&whole);
        }
    }
}

#[test]
fn what_cannot_be_saved_stops_the_run() {
    let memory = Memory {
        fails: true,
        ..Memory::default()
    };
    let error = partitions(10, &threshold(1.0))
        .find(&line(), &memory, &job(1))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "what was found in partition 0 could not be written down"
    );
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "the disk is full");
}

/// Measures pairs, and keeps those within 9.
fn near(line: &Line, pairs: impl IntoIterator<Item = (u32, u32)>) -> Pairs {
    let pairs = pairs.into_iter();
    let measured = pairs.map(|(a, b)| (a.min(b), a.max(b), line.distance(a, b)));
    measured.filter(|pair| pair.2 <= 9.0).collect()
}

#[test]
fn near_pairs_are_handed_over_once_and_in_order() {
    // More pairs than are handed over at once.
    let line = Line(
        (0..260_u16)
            .map(|item| f32::from(item * 37 % 260) / 10.0)
            .collect(),
    );
    let memory = Memory {
        radius: Some(radius(9.0)),
        ..Memory::default()
    };
    let partitions = partitions(130, &threshold(0.1));
    let found = partitions.find(&line, &memory, &job(3)).unwrap();
    for (place, range) in partitions.ranges(260).into_iter().enumerate() {
        let items = range.start as u32..range.end as u32;
        let pairs = items
            .clone()
            .flat_map(|a| (a + 1..items.end).map(move |b| (a, b)));
        let expected = near(&line, pairs);
        assert!(expected.len() > 4096);
        assert_eq!(memory.pairs(Place::Partition(place)), expected);
    }
    let medoids = &found.representatives;
    let mut between = Vec::new();
    for (place, one) in medoids.iter().enumerate() {
        between.extend(
            medoids[place + 1..]
                .iter()
                .map(|other| (one.item, other.item)),
        );
    }
    assert_eq!(memory.pairs(Place::Representatives), near(&line, between));
    let mut of_noise = Vec::new();
    for (number, partition) in found.partitions.iter().enumerate() {
        for item in partition.noise() {
            let others = medoids.iter().filter(|medoid| medoid.partition != number);
            of_noise.extend(others.map(|medoid| (item, medoid.item)));
        }
    }
    let of_noise = near(&line, of_noise);
    assert!(of_noise.len() > 10);
    assert_eq!(memory.pairs(Place::Noise(0)), of_noise);
    let largest = memory
        .near
        .lock()
        .unwrap()
        .iter()
        .map(|(_, pairs)| pairs.len())
        .max();
    assert!(largest.unwrap() < 4096 + 260);
}

proptest! {
    #[test]
    fn a_partition_is_read_back_as_it_was_written_and_not_from_other_bytes(
        places in prop::collection::vec(0_u8..60, 0..14), which in 0_usize..7,
        pool_noise: bool,
        cut in any::<prop::sample::Index>(), flipped in any::<prop::sample::Index>(), bit in 0_u32..8,
    ) {
        let line = Line(places.iter().map(|place| f32::from(*place) / 4.0).collect());
        let (_, method) = methods(0.5).remove(which);
        let partitions = Partitions { pool_noise, ..partitions(7, &method) };
        let found = partitions.find(&line, &NoLog, &job(1)).unwrap();
        for partition in &found.partitions {
            let bytes = partition.to_bytes();
            let read = Partition::from_bytes(&bytes);
            prop_assert_eq!(read.as_ref(), Some(partition));
            prop_assert_eq!(Partition::from_bytes(&bytes[..cut.index(bytes.len())]), None);
            let mut longer = bytes.clone();
            longer.extend([0; 4]);
            prop_assert_eq!(Partition::from_bytes(&longer), None);
            let mut other = bytes.clone();
            other[flipped.index(bytes.len())] ^= 1 << bit;
            // It may be another partition, but never the same, and never a panic.
            let other = Partition::from_bytes(&other);
            prop_assert_ne!(other.as_ref(), Some(partition));
        }
    }
}

#[test]
fn labels_with_gaps_and_medoids_of_other_clusters_are_refused() {
    let line = Line(vec![0.0, 0.0, 5.0, 5.0, 0.0]);
    let found = find(&line, 5, &threshold(1.0));
    let bytes = found.partitions[0].to_bytes();
    let header = "imgcluster partition 2\n".len() + 6 * 4;
    let labels = header + 5 * 4;
    let medoids = labels + 5 * 4;
    assert_eq!(bytes[labels..labels + 4], [0; 4]);
    let with = |place: usize, value: u32| {
        let mut bytes = bytes.clone();
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
        Partition::from_bytes(&bytes)
    };
    assert!(with(labels, 0).is_some());
    assert_eq!(
        with(labels, 2),
        None,
        "a third label of which there are two"
    );
    let smaller_first: Vec<u8> = [1_u32, 1, 0, 0, 1]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    let mut swapped = bytes.clone();
    swapped[labels..medoids].copy_from_slice(&smaller_first);
    let of_swapped: Vec<u8> = [2_u32, 0].into_iter().flat_map(u32::to_le_bytes).collect();
    swapped[medoids..medoids + 8].copy_from_slice(&of_swapped);
    assert_eq!(
        Partition::from_bytes(&swapped),
        None,
        "the smaller cluster first"
    );
    assert_eq!(with(medoids, 2), None, "the medoid of another cluster");
    assert_eq!(with(medoids, 9), None, "no member");
    assert_eq!(with(header, 3), None, "members in no order");
    assert_eq!(with(medoids + 8, 9), None, "a neighbour that is no member");
    assert_eq!(
        with(bytes.len() - 4, f32::NAN.to_bits()),
        None,
        "not a distance"
    );
}
