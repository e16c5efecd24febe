//! Which vector instructions compute the tiles.

/// A way to compute tiles; all answer the same questions, at different speed.
///
/// ```
/// use imgcluster_kernels::InstructionSet;
///
/// assert!(InstructionSet::available().any(|set| set == InstructionSet::detect()));
/// assert!(InstructionSet::Portable.is_available());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstructionSet {
    /// AVX-512F on `x86_64`: tiles of 14 rows by 32 columns.
    Avx512,
    /// AVX2 and FMA on `x86_64`: tiles of 6 rows by 16 columns.
    Avx2,
    /// Whatever the compiler makes of plain code, on every processor: tiles of 4 rows by 8 columns.
    Portable,
}

impl InstructionSet {
    /// All sets, the fastest first.
    const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// Finds the fastest set that this processor has.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::Portable)
    }

    /// Lists the sets that this processor has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|set| set.is_available())
    }

    /// Tells whether this processor has the set.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Portable => true,
        }
    }
}
