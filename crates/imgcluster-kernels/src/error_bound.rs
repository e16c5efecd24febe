//! How far a tile product may be off.

/// Bounds the rounding error of one tile product, relative to `|a|·|b|`.
///
/// Summing `dim` products in `f32`, in whatever order, rounds each of them at most `dim` times: once
/// when multiplied, unless fused, and once for each sum it goes through. So the sum errs by at most
/// `γ = dim·u / (1 - dim·u)` times `Σ|aᵢbᵢ| ≤ |a|·|b|`, with `u = 2⁻²⁴`
/// (Higham, *Accuracy and Stability of Numerical Algorithms*, §3.1), for every instruction set.
/// Two steps are added for the rounding of the rows' lengths themselves. Products so small that
/// they underflow, below 1e-38, are not covered.
pub fn error_bound(dim: usize) -> f32 {
    let unit = f64::from(f32::EPSILON) / 2.0;
    let steps = (dim + 2) as f64 * unit;
    // Past 2²³ values the bound says nothing any more: everything is inside the band.
    if steps < 0.5 {
        (steps / (1.0 - steps)) as f32
    } else {
        f32::INFINITY
    }
}
