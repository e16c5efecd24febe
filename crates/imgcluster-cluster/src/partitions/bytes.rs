//! A partition as bytes, to be kept between runs.

use imgcluster_core::Clustering;

use super::Partition;
use super::partition::Nearest;
use super::pool::pairs;
use super::tried::Tried;
use super::words::{self, Reader, write};

/// What such bytes begin with.
const MAGIC: &[u8] = b"imgcluster partition 2\n";
/// Set where there are strengths.
const STRENGTHS: u32 = 1;
/// Set where there are outlier scores.
const OUTLIER_SCORES: u32 = 2;
/// Set where it is kept how far noise is apart.
const APART: u32 = 4;
/// Set where it is kept what was chosen from.
const TRIED: u32 = 8;
/// The label of noise.
const NOISE: u32 = u32::MAX;

impl Partition {
    /// Writes the partition down: everything in it, and of the options it was found with a fingerprint
    /// of the method.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let clustering = &self.clustering;
        let flag = |is_there: bool, flag: u32| if is_there { flag } else { 0 };
        let flags = flag(clustering.strengths().is_some(), STRENGTHS)
            | flag(clustering.outlier_scores().is_some(), OUTLIER_SCORES)
            | flag(!self.apart.is_empty(), APART)
            | flag(self.tried.is_some(), TRIED);
        let sizes = [self.members.len(), self.medoids.len(), self.nearest.k];
        let sizes = sizes.map(|size| size as u32);
        let method = words::halves(self.method);
        write(&mut bytes, sizes.into_iter().chain([flags]).chain(method));
        write(&mut bytes, self.members.iter().copied());
        let labels = clustering.labels().iter();
        write(
            &mut bytes,
            labels.map(|label| label.map_or(NOISE, |id| id.0)),
        );
        write(&mut bytes, self.medoids.iter().copied());
        let others = &self.nearest.others;
        write(&mut bytes, others.iter().map(|(other, _)| *other));
        let distances = others.iter().map(|(_, distance)| *distance);
        let scores = [clustering.strengths(), clustering.outlier_scores()];
        let scores = scores.into_iter().flatten().flatten().copied();
        let reaches = self.reaches.iter().copied();
        let values = reaches.chain(distances).chain(scores);
        let values = values.chain(self.apart.iter().copied());
        write(&mut bytes, values.map(f32::to_bits));
        if let Some(tried) = &self.tried {
            tried.write(&mut bytes);
        }
        bytes
    }

    /// Reads a partition back. `None` if that is not what the bytes are: too few or too many, labels
    /// that are not numbered as clusterings are, medoids outside their clusters, numbers that are no
    /// distances or no scores.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::open(bytes, MAGIC)?;
        let [count, clusters, k, flags, low, high] = reader.array()?;
        let (count, clusters, k) = (count as usize, clusters as usize, k as usize);
        let links = count.checked_mul(k)?;
        let members = reader.take(count)?;
        let labels = reader.take(count)?;
        let medoids = reader.take(clusters)?;
        let others = reader.take(links)?;
        let reaches = reader.distances(clusters)?;
        let distances = reader.distances(links)?;
        let mut scores = |flag: u32| match flags & flag {
            0 => Some(Vec::new()),
            _ => reader.scores(count),
        };
        let (strengths, outlier_scores) = (scores(STRENGTHS)?, scores(OUTLIER_SCORES)?);
        let clustering = clustering(&labels)?;
        let apart = match flags & APART {
            0 => Vec::new(),
            _ => reader.distances(pairs(clustering.noise()))?,
        };
        let tried = match flags & TRIED {
            0 => None,
            _ => Some(Tried::read(&mut reader)?),
        };
        let is_whole = flags & APART == 0 || !apart.is_empty();
        let is_known = flags <= STRENGTHS | OUTLIER_SCORES | APART | TRIED;
        if !is_whole || !is_known || !reader.is_done() || !members.is_sorted_by(|a, b| a < b) {
            return None;
        }
        let found = Self {
            clustering: scored(clustering, flags, strengths, outlier_scores),
            nearest: Nearest {
                k,
                others: others.into_iter().zip(distances).collect(),
            },
            apart,
            members,
            medoids,
            reaches,
            method: u64::from(high) << 32 | u64::from(low),
            tried,
        };
        found.holds().then_some(found)
    }

    /// Tells whether all parts are of each other.
    fn holds(&self) -> bool {
        let labels = self.clustering.labels();
        let is_member = |(cluster, medoid): (usize, &u32)| {
            let place = self.members.binary_search(medoid);
            let label = place.ok().and_then(|place| labels[place]);
            label.is_some_and(|label| label.0 as usize == cluster)
        };
        self.medoids.len() == self.clustering.clusters()
            && self.medoids.iter().enumerate().all(is_member)
            && self.nearest.k < self.members.len().max(1)
            && self.members.iter().all(|member| self.has_nearest(*member))
    }

    /// Tells whether the nearest others of a member are others, and in order.
    fn has_nearest(&self, member: u32) -> bool {
        let nearest = self.nearest(member);
        let is_other =
            |(other, _): &(u32, f32)| *other != member && self.members.binary_search(other).is_ok();
        let is_before = |(a, near): &(u32, f32), (b, far): &(u32, f32)| (near, a) < (far, b);
        nearest.iter().all(is_other) && nearest.is_sorted_by(is_before)
    }
}

/// Numbers clusters, if that is how they are numbered already.
fn clustering(labels: &[u32]) -> Option<Clustering> {
    let groups = labels
        .iter()
        .map(|label| (*label != NOISE).then_some(*label));
    let groups: Vec<Option<u32>> = groups.collect();
    let clustering = Clustering::from_groups(&groups);
    let found = clustering.labels().iter().map(|label| label.map(|id| id.0));
    found.eq(groups.iter().copied()).then_some(clustering)
}

/// Adds what there is of scores.
fn scored(
    mut clustering: Clustering,
    flags: u32,
    strengths: Vec<f32>,
    outlier_scores: Vec<f32>,
) -> Clustering {
    if flags & STRENGTHS != 0 {
        clustering = clustering.with_strengths(strengths);
    }
    if flags & OUTLIER_SCORES != 0 {
        clustering = clustering.with_outlier_scores(outlier_scores);
    }
    clustering
}
