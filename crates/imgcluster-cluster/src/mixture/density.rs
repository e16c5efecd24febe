//! How dense a component is at a row.

use super::triangle::Triangle;

/// One normal distribution and its weight in the mixture.
#[derive(Debug)]
pub(super) struct Component {
    /// What does not depend on the row.
    log_scale: f64,
    mean: Vec<f64>,
    whitening: Whitening,
}

/// What turns the offset from the mean into one of unit variance in all directions.
#[derive(Debug)]
pub(super) enum Whitening {
    /// One over the standard deviation of each column.
    Scales(Vec<f64>),
    /// The inverse of the Cholesky factor of the covariance.
    Triangle(Triangle),
}

impl Component {
    pub(super) fn new(weight: f64, mean: Vec<f64>, whitening: Whitening) -> Self {
        let log_determinant: f64 = match &whitening {
            Whitening::Scales(scales) => scales.iter().map(|scale| scale.ln()).sum(),
            Whitening::Triangle(triangle) => triangle.diagonal().map(f64::ln).sum(),
        };
        let circle = mean.len() as f64 * std::f64::consts::TAU.ln() / 2.0;
        Self {
            log_scale: weight.ln() + log_determinant - circle,
            mean,
            whitening,
        }
    }

    /// The logarithm of the density at a row, times the weight.
    pub(super) fn log_density(&self, row: &[f32], offset: &mut Vec<f64>) -> f64 {
        offset.clear();
        let values = row.iter().zip(&self.mean);
        offset.extend(values.map(|(value, mean)| f64::from(*value) - mean));
        let squared: f64 = match &self.whitening {
            Whitening::Scales(scales) => {
                for (value, scale) in offset.iter_mut().zip(scales) {
                    *value *= scale;
                }
                crate::product::dot(offset, offset)
            }
            Whitening::Triangle(triangle) => triangle.squared_length_of_product(offset),
        };
        self.log_scale - squared / 2.0
    }
}
