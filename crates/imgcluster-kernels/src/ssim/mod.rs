//! The mean structural similarity of pictures.

mod band;
mod block;
mod columns;
mod lanes;
mod pair;
mod picture;

use crate::{InstructionSet, Pairs};
use block::Block;

pub use picture::SsimPicture;

/// Pixels a side of a window.
const WINDOW: usize = 7;
/// Windows computed side by side.
const LANES: usize = 16;

/// Sixteen numbers that start at a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Sixteen<T>([T; LANES]);

/// Compares gray pictures by the mean structural similarity (SSIM) of Wang, Bovik, Sheikh and
/// Simoncelli (2004), as scikit-image's `structural_similarity(win_size=7, data_range=255)`:
/// uniform windows of 7 × 7 pixels that lie wholly on the canvas, K1 = 0.01, K2 = 0.03, sample
/// covariance.
///
/// Windows that see nothing but the black around both pictures are not counted; pictures that fill
/// their canvas have none. What depends on one picture alone is computed once for a block of pairs.
///
/// The sums of a window are exact, its similarity is rounded in `f32`, and similarities are added
/// as whole numbers, so all instruction sets and blocks give the same bits, the error is below 1e-5,
/// and equal pictures give exactly 1.
///
/// ```
/// use imgcluster_kernels::{Pairs, SsimPicture, SsimScratch, StructuralSimilarity};
///
/// let rows: Vec<u8> = (0..64 * 48_u32).map(|place| (place * place / 97) as u8).collect();
/// let picture = SsimPicture::new(64, (64, 48), (0, 8), &rows);
/// let inverted: Vec<u8> = rows.iter().map(|value| 255 - value).collect();
/// let inverted = SsimPicture::new(64, (64, 48), (0, 8), &inverted);
///
/// let mut means = [0.0; 2];
/// let ssim = StructuralSimilarity::detect();
/// let columns = [&picture, &inverted];
/// ssim.means(&[&picture], &columns, Pairs::All, &mut SsimScratch::default(), &mut means);
/// assert_eq!(means[0], 1.0);
/// assert!(means[1] < 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StructuralSimilarity(Way);

/// Room for what is computed of single pictures; used again from block to block.
#[derive(Debug, Default)]
pub struct SsimScratch(block::Scratch);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// AVX-512F and AVX-512BW.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// What every processor of this kind has.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// Whatever the compiler makes of plain code.
    Portable,
}

impl StructuralSimilarity {
    /// Finds the fastest way that this processor has.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self(Way::Portable))
    }

    /// Lists the ways that this processor has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let ways = [
            (
                Way::Avx512,
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw"),
            ),
            (Way::Avx2, is_x86_feature_detected!("avx2")),
            (Way::Sse2, true),
            (Way::Portable, true),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let ways = [(Way::Portable, true)];
        let ways = ways.into_iter().filter(|(_, is_there)| *is_there);
        ways.map(|(way, _)| Self(way))
    }

    /// Names the instructions it is computed with; portable ones are tried in two ways.
    pub fn instruction_set(self) -> InstructionSet {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Way::Avx512 => InstructionSet::Avx512,
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => InstructionSet::Avx2,
            #[cfg(target_arch = "x86_64")]
            Way::Sse2 => InstructionSet::Portable,
            Way::Portable => InstructionSet::Portable,
        }
    }

    /// Computes the mean similarities of pairs, in [-1, 1], row by row: that of `rows[r]` and
    /// `columns[c]` goes to `means[r * columns.len() + c]`. With [`Pairs::Ascending`] only those with
    /// `c > r` are computed, as needed where `rows` are the first of `columns`; the others become 0.
    ///
    /// About 20 KB of scratch are needed for each row at a side of 256.
    ///
    /// # Panics
    /// Panics if the canvases differ in side, or `means` has not one place a pair.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "the processor's features are known only here")
    )]
    pub fn means(
        self,
        rows: &[&SsimPicture],
        columns: &[&SsimPicture],
        pairs: Pairs,
        scratch: &mut SsimScratch,
        means: &mut [f32],
    ) {
        assert_eq!(means.len(), rows.len() * columns.len(), "one place a pair");
        let Some(first) = rows.first() else { return };
        let same = |other: &&SsimPicture| other.shape() == first.shape();
        assert!(rows.iter().chain(columns).all(same), "canvases of one side");
        let block = Block {
            rows,
            columns,
            pairs,
            shape: first.shape(),
            scratch: &mut scratch.0,
        };
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX-512F and AVX-512BW.
            Way::Avx512 => unsafe { avx512(block, means) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` found AVX2.
            Way::Avx2 => unsafe { avx2(block, means) },
            #[cfg(target_arch = "x86_64")]
            Way::Sse2 => sse2(block, means),
            Way::Portable => portable(block, means),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw")]
#[expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]
fn avx512(block: Block<'_>, means: &mut [f32]) {
    // SAFETY: this function is compiled for, and called with, the set.
    unsafe { block.means::<std::arch::x86_64::__m512i>(means) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]
fn avx2(block: Block<'_>, means: &mut [f32]) {
    // SAFETY: this function is compiled for, and called with, the set.
    unsafe { block.means::<std::arch::x86_64::__m256i>(means) }
}

#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "registers are used only where the processor has them"
)]
fn sse2(block: Block<'_>, means: &mut [f32]) {
    // SAFETY: every processor of this kind has SSE2.
    unsafe { block.means::<std::arch::x86_64::__m128i>(means) }
}

#[expect(unsafe_code, reason = "plain code needs nothing of the processor")]
fn portable(block: Block<'_>, means: &mut [f32]) {
    // SAFETY: plain code runs everywhere.
    unsafe { block.means::<lanes::Four>(means) }
}
