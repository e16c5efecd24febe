//! Where in one picture another one lies.

use super::super::small::Small;
use super::detail::{Detail, Field};

/// The longer side of pictures at which details decide.
pub(super) const FINE: usize = 64;

/// The longer side of pictures at which places are looked for.
const COARSE: usize = 32;

/// The longer sides to which a picture is reduced to be looked for in the coarse version of another.
const LADDER: std::ops::RangeInclusive<usize> = COARSE / 2..=COARSE;

/// From one of these to the next.
const STEP: usize = 2;

/// The shorter side of the smallest part that is looked for.
const LEAST: usize = 8;

/// The coarse correlation from which on the place is looked at more closely.
const PROMISING: f64 = 0.6;

/// What becomes of a lower one; chance makes coarse correlations higher than fine ones.
const UNPROMISING: f64 = 2.0 / 3.0;

/// A picture, ready to be found in others and to have others found in it.
#[derive(Debug, Clone)]
pub(super) struct Scanned {
    fine: Small,
    coarse: Field,
    parts: Vec<(usize, Detail)>,
}

/// A place in the coarse version of a picture.
struct Place {
    correlation: f64,
    longer: usize,
    corner: (usize, usize),
}

impl Scanned {
    /// Prepares a picture whose longer side has [`FINE`] pixels.
    pub(super) fn new(fine: Small) -> Self {
        let reduced = |longer| Detail::new(&fine.resized(longer), COARSE);
        let parts = LADDER.step_by(STEP).map(|longer| (longer, reduced(longer)));
        let parts = parts.filter(|(_, part)| part.size().0.min(part.size().1) >= LEAST);
        Self {
            parts: parts.collect(),
            coarse: Field::new(reduced(COARSE)),
            fine,
        }
    }

    /// The picture itself.
    pub(super) fn picture(&self) -> &Small {
        &self.fine
    }

    /// Tells whether nothing can be said about the picture: it is too thin, or shows too little.
    pub(super) fn is_silent(&self) -> bool {
        self.parts.is_empty() || self.coarse.detail().is_flat()
    }

    /// Tells how well this picture or a part of it agrees with the whole of `part`: in [0, 1].
    pub(super) fn likeness(&self, part: &Self) -> f64 {
        match self.find(part) {
            Some(place) if place.correlation >= PROMISING => self.look_closely(part, &place),
            Some(place) => place.correlation * UNPROMISING,
            None => 0.0,
        }
    }

    /// Finds the best place of `part`, the first of equal ones, if any is at all alike.
    fn find(&self, part: &Self) -> Option<Place> {
        let mut best: Option<Place> = None;
        for (longer, part) in &part.parts {
            let Some((right, down)) = self.coarse.room(part) else {
                continue;
            };
            for corner in (0..=down).flat_map(|y| (0..=right).map(move |x| (x, y))) {
                let correlation = self.coarse.correlation(part, corner);
                if correlation > best.as_ref().map_or(0.0, |best| best.correlation) {
                    best = Some(Place {
                        correlation,
                        longer: *longer,
                        corner,
                    });
                }
            }
        }
        best
    }

    /// Finds the highest correlation near a place, among sizes and corners of the fine version.
    fn look_closely(&self, part: &Self, place: &Place) -> f64 {
        const SCALE: usize = FINE / COARSE;
        let field = Field::new(Detail::new(&self.fine, FINE));
        let middle = place.longer * SCALE;
        let mut best: f64 = 0.0;
        for longer in middle - SCALE..=(middle + SCALE).min(FINE) {
            let part = Detail::new(&part.fine.resized(longer), FINE);
            let Some(room) = field.room(&part) else {
                continue;
            };
            let near = |corner: usize, most: usize| {
                let corner = corner * SCALE;
                corner.saturating_sub(SCALE).min(most)..=(corner + SCALE).min(most)
            };
            for y in near(place.corner.1, room.1) {
                for x in near(place.corner.0, room.0) {
                    best = best.max(field.correlation(&part, (x, y)));
                }
            }
        }
        best
    }
}
