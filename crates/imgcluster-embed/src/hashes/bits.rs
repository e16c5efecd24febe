//! Sixty-four answers in one number.

/// Puts the first answer into the highest bit, as `ImageHash` writes it in hexadecimal.
pub(super) fn pack(answers: [bool; 64]) -> u64 {
    answers
        .iter()
        .fold(0, |bits, answer| bits << 1 | u64::from(*answer))
}

/// The mean of the two middle values.
pub(super) fn median(mut values: [f64; 64]) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[31], values[32])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_is_the_highest_bit() {
        assert_eq!(pack([false; 64]), 0);
        assert_eq!(pack(std::array::from_fn(|place| place == 0)), 1 << 63);
        assert_eq!(pack(std::array::from_fn(|place| place == 63)), 1);
    }

    #[test]
    fn half_of_the_values_lie_on_each_side_of_the_median() {
        let values = std::array::from_fn(|place| ((place * 37) % 64) as f64);
        assert!((median(values) - 31.5).abs() < f64::EPSILON);
    }
}
