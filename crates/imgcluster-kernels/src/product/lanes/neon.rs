//! Registers of NEON, which every `aarch64` processor has.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vmaxq_f32, vst1q_f32,
};

use super::{Lanes, lanes};

/// Four values of the plainest processor.
pub(crate) type Four = float32x4_t;
lanes!(
    float32x4_t,
    4,
    vdupq_n_f32,
    vld1q_f32,
    vst1q_f32,
    vaddq_f32,
    vmaxq_f32,
    |sum, left, right| vfmaq_f32(sum, left, right)
);
