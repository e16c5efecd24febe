//! How far counts as near.

/// A distance, finite and at least zero; everything at it or nearer counts.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Radius(f32);

/// The number is not a radius.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RadiusError {
    /// Negative, NaN or infinite.
    #[error("{0} is not a radius; it must be a finite number of at least 0")]
    Distance(f64),
    /// Not in [-1, 1].
    #[error("{0} is not a similarity; it must lie between -1 and 1")]
    Similarity(f64),
}

impl Radius {
    /// Makes a radius from a distance.
    ///
    /// # Errors
    /// If it is negative, NaN or too large for `f32`.
    pub fn new(distance: f64) -> Result<Self, RadiusError> {
        let rounded = distance as f32;
        if rounded.is_finite() && rounded >= 0.0 {
            Ok(Self(rounded))
        } else {
            Err(RadiusError::Distance(distance))
        }
    }

    /// Makes the radius `1 - similarity`.
    ///
    /// # Errors
    /// If the similarity is not in [-1, 1].
    pub fn from_similarity(similarity: f64) -> Result<Self, RadiusError> {
        if (-1.0..=1.0).contains(&similarity) {
            Ok(Self((1.0 - similarity) as f32))
        } else {
            Err(RadiusError::Similarity(similarity))
        }
    }

    /// The distance.
    pub fn get(self) -> f32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_no_radius_are_refused() {
        for distance in [-0.1, f64::NAN, f64::INFINITY, 1e300] {
            assert!(Radius::new(distance).is_err());
        }
        for similarity in [-1.1, 1.1, f64::NAN] {
            assert!(Radius::from_similarity(similarity).is_err());
        }
        assert_eq!(Radius::from_similarity(0.875).map(Radius::get), Ok(0.125));
    }
}
