//! A chain parted into stars: what is kept in the middle, its copies around it.

use imgcluster_core::{Cancelled, Job};

use super::{Duplicate, DuplicateGroup, Duplicates};
use crate::SummaryOptions;
use crate::seeded::sample;
use crate::summary::{STAND_INS, worst_pair};

impl Duplicates<'_> {
    /// Parts one chain, and adds its groups.
    pub(super) fn part(
        &self,
        chain: &[u32],
        prefer: &mut dyn FnMut(&[u32]) -> u32,
        groups: &mut Vec<DuplicateGroup>,
        job: &Job<'_>,
    ) -> Result<(), Cancelled> {
        let mut rest = chain.to_vec();
        while rest.len() > 1 {
            job.check()?;
            let survivor = self.survivor(&rest, prefer);
            let mut copies = Vec::new();
            rest.retain(|&row| {
                let copy = self.copy_of(survivor, row);
                copies.extend(copy);
                row != survivor && copy.is_none()
            });
            if !copies.is_empty() {
                groups.push(self.group(survivor, copies, job)?);
            }
        }
        Ok(())
    }

    fn survivor(&self, rest: &[u32], prefer: &mut dyn FnMut(&[u32]) -> u32) -> u32 {
        let references = rest.iter().copied().filter(|row| (self.is_reference)(*row));
        let references: Vec<u32> = references.collect();
        let candidates = if references.is_empty() {
            rest
        } else {
            &references
        };
        if let [only] = candidates {
            return *only;
        }
        let survivor = prefer(candidates);
        assert!(
            candidates.contains(&survivor),
            "one of the items to choose from"
        );
        survivor
    }

    fn copy_of(&self, survivor: u32, row: u32) -> Option<Duplicate> {
        if row == survivor || !self.permits(survivor, row) {
            return None;
        }
        let distance = self.neighbors.distance(survivor, row);
        (distance <= self.radius.get()).then_some(Duplicate {
            row,
            similarity: 1.0 - distance,
        })
    }

    fn group(
        &self,
        survivor: u32,
        copies: Vec<Duplicate>,
        job: &Job<'_>,
    ) -> Result<DuplicateGroup, Cancelled> {
        let mut members: Vec<u32> = copies.iter().map(|copy| copy.row).collect();
        members.push(survivor);
        let exact = members.len() <= self.exact_up_to;
        if !exact {
            members = sample(&members, STAND_INS, SummaryOptions::default().seed);
        }
        let to_survivor = copies.iter().map(|copy| copy.similarity);
        Ok(DuplicateGroup {
            survivor,
            worst_similarity: to_survivor
                .fold(worst_pair(self.neighbors, &members, job)?, f32::min),
            worst_is_exact: exact,
            copies,
        })
    }
}
