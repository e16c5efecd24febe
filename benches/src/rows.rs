//! Rows that look like embeddings, the same on every machine.

/// Makes `count` unit rows of `dim` values: clusters of unequal size round random directions, and
/// a quarter of noise.
///
/// # Panics
/// Panics if `dim` is zero.
pub fn embedding_like(count: usize, dim: usize, seed: u64) -> Vec<f32> {
    assert!(dim > 0, "rows need values");
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let clusters = (count / 50).max(2);
    let centres: Vec<Vec<f32>> = (0..clusters).map(|_| random.direction(dim)).collect();
    let mut values = Vec::with_capacity(count * dim);
    for row in 0..count {
        let mut direction = random.direction(dim);
        if row % 4 != 0 {
            // Squaring favours the first clusters.
            let pick = (random.unit().powi(2) * clusters as f32) as usize;
            let spread = 0.3 + 0.4 * (pick as f32 / clusters as f32);
            for (value, centre) in direction.iter_mut().zip(&centres[pick.min(clusters - 1)]) {
                *value = centre + spread * *value;
            }
        }
        let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
        values.extend(direction.iter().map(|v| v / length));
    }
    values
}

/// A xorshift generator (Marsaglia, 2003).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// A random direction of length about one.
    fn direction(&mut self, dim: usize) -> Vec<f32> {
        // A sum of four uniform numbers is close enough to a normal one.
        let scale = (3.0 / dim as f32).sqrt();
        let mut normal = || (0..4).map(|_| self.unit()).sum::<f32>() - 2.0;
        (0..dim).map(|_| normal() * scale).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_length_one_and_repeat() {
        let rows = embedding_like(40, 16, 7);
        for row in rows.chunks_exact(16) {
            assert!((row.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert_eq!(rows, embedding_like(40, 16, 7));
        assert_ne!(rows, embedding_like(40, 16, 8));
    }
}
