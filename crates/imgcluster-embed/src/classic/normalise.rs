//! Bringing vectors to a common scale.

/// Squared lengths below this count as nothing: the vector carries only rounding noise.
const NOTHING: f64 = 1e-20;

/// Scales `values` to unit Euclidean length; a vector of (nearly) nothing becomes all zeros.
pub(super) fn to_unit_length(values: &mut [f32]) {
    let squared: f64 = values
        .iter()
        .map(|&value| f64::from(value) * f64::from(value))
        .sum();
    if squared < NOTHING {
        values.fill(0.0);
        return;
    }
    let length = squared.sqrt();
    for value in values {
        *value = narrow(f64::from(*value) / length);
    }
}

/// The nearest `f32`; all values here lie far inside its range.
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

/// Takes square roots of non-negative `values` and subtracts their mean, so that vectors of counts
/// no longer all point into the same corner and their cosines spread around 0.
pub(super) fn root_and_centre(values: &mut [f32]) {
    let mut sum = 0.0_f64;
    let mut count = 0.0_f64;
    for value in values.iter_mut() {
        *value = value.max(0.0).sqrt();
        sum += f64::from(*value);
        count += 1.0;
    }
    let mean = narrow(sum / f64::max(count, 1.0));
    for value in values {
        *value -= mean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(values: &[f32], expected: &[f32]) -> bool {
        values
            .iter()
            .zip(expected)
            .all(|(value, expected)| (value - expected).abs() < 1e-7)
    }

    #[test]
    fn a_scaled_vector_has_unit_length() {
        let mut values = [3.0, 4.0];
        to_unit_length(&mut values);
        assert!(near(&values, &[0.6, 0.8]));
    }

    #[test]
    fn a_vector_of_nothing_becomes_zeros_and_not_nan() {
        let mut values = [0.0, 1e-15];
        to_unit_length(&mut values);
        assert!(near(&values, &[0.0, 0.0]));
    }

    #[test]
    fn equal_counts_are_centred_to_nothing() {
        let mut values = [4.0, 4.0, 4.0];
        root_and_centre(&mut values);
        assert!(near(&values, &[0.0, 0.0, 0.0]));
    }

    #[test]
    fn centred_roots_sum_to_nothing() {
        let mut values = [0.0, 1.0, 4.0];
        root_and_centre(&mut values);
        assert!(near(&values, &[-1.0, 0.0, 1.0]));
    }
}
