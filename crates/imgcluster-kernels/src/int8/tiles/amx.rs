//! The byte tiles in AMX: registers of sixteen rows of 64 bytes, multiplied whole.
//!
//! There are eight of them. Four hold the sums of a tile of 32 rows by 32 columns, two the left
//! rows and two the right ones of the 64 values that one step takes. Both panels lie as the
//! registers want them: a chunk of a left panel is one register after the other, and sixteen steps
//! of a right one are rows of two registers side by side.
#![expect(
    unsafe_code,
    reason = "the compiler has no stable functions for these registers"
)]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::marker::PhantomData;
use std::sync::OnceLock;

use super::CHUNK;

pub(super) const ROWS: usize = 2 * REGISTER_ROWS;
pub(super) const COLUMNS: usize = 2 * CHUNK;

/// Rows of a register; and words of 32 bits in each.
pub(super) const REGISTER_ROWS: usize = 16;
/// Bytes of a register's row.
const REGISTER_ROW: usize = 64;

/// Tells whether the processor has the instructions, and the system lets this process use the
/// registers, which Linux wants to be asked for.
pub(super) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| has_instructions() && is_allowed())
}

fn has_instructions() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    const TILE_AND_INT8: u32 = 1 << 24 | 1 << 25;
    /// What the system saves of the registers when it changes threads: their shape and their content.
    const SAVED: u64 = 1 << 17 | 1 << 18;
    if !is_x86_feature_detected!("avx512f") || !is_x86_feature_detected!("xsave") {
        return false;
    }
    let told = __cpuid(0).eax >= 7
        && __cpuid(1).ecx & OSXSAVE != 0
        && __cpuid_count(7, 0).edx & TILE_AND_INT8 == TILE_AND_INT8;
    // SAFETY: `xsave` is there, and the system has turned it on.
    told && unsafe { _xgetbv(0) } & SAVED == SAVED
}

/// Asks the system, as the kernel's `Documentation/arch/x86/xstate.rst` says.
#[cfg(target_os = "linux")]
fn is_allowed() -> bool {
    const ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: u64 = 0x1023;
    const XFEATURE_XTILEDATA: u64 = 18;
    let result: i64;
    // SAFETY: this call reads no memory and writes none; `syscall` destroys the two registers named.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => result,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XFEATURE_XTILEDATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result == 0
}

/// Other systems were never tried.
#[cfg(not(target_os = "linux"))]
fn is_allowed() -> bool {
    false
}

/// The shapes of the registers, as `ldtilecfg` reads them.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row.
    bytes: [u16; 16],
    rows: [u8; 16],
}

/// All eight registers whole.
static WHOLE: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    bytes: {
        let mut bytes = [0; 16];
        bytes
            .split_at_mut(8)
            .0
            .copy_from_slice(&[REGISTER_ROW as u16; 8]);
        bytes
    },
    rows: {
        let mut rows = [0; 16];
        rows.split_at_mut(8)
            .0
            .copy_from_slice(&[REGISTER_ROWS as u8; 8]);
        rows
    },
};

/// The registers of this thread, in shape until it is dropped.
///
/// To shape them takes as long as some tiles, so it is done once for many.
#[derive(Debug)]
pub(super) struct Registers(PhantomData<*const ()>);

impl Registers {
    /// Shapes the registers. A thread has them once: of two at a time the first could not go on after
    /// the second.
    ///
    /// # Safety
    /// [`is_available`] has said yes.
    pub(super) unsafe fn shape() -> Self {
        // SAFETY: the processor has the instruction, which reads the 64 bytes; nothing but this
        // file uses the registers.
        unsafe {
            asm!(
                "ldtilecfg [{shapes}]",
                shapes = in(reg) &raw const WHOLE,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, readonly, preserves_flags),
            );
        }
        Self(PhantomData)
    }

    /// See [`super::Ready::multiply`]; words of four values, right panels of whole chunks.
    #[expect(clippy::unused_self, reason = "who has it has registers in shape")]
    pub(super) fn multiply(&self, left: &[u32], height: usize, right: &[i8], sums: &mut [i32]) {
        let chunks = right.len() / (CHUNK * 4 * COLUMNS);
        assert!(left.len() >= chunks * height * CHUNK, "a whole left panel");
        let sums = &mut sums[..height * COLUMNS];
        match height {
            // SAFETY: the registers are in shape, the panels have so many chunks, and `sums` a tile.
            ROWS => unsafe { high(left, right, chunks, sums) },
            // SAFETY: as above.
            REGISTER_ROWS => unsafe { low(left, right, chunks, sums) },
            _ => unreachable!("one register of rows, or two"),
        }
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: the processor has the instruction; the system then has less to save.
        unsafe {
            asm!(
                "tilerelease",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, nomem, preserves_flags),
            );
        }
    }
}

/// A tile of two registers of rows.
///
/// # Safety
/// The registers are in shape; both panels have so many chunks, and `sums` a tile.
unsafe fn high(left: &[u32], right: &[i8], chunks: usize, sums: &mut [i32]) {
    // SAFETY: reads so many chunks of both panels and writes 32 rows of `sums`.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "test {chunks}, {chunks}",
            "jz 3f",
            "2:",
            "tileloadd tmm6, [{right} + {wide}]",
            "tileloadd tmm4, [{left} + {narrow}]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + {wide} + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{left} + {narrow} + 1024]",
            "tdpbusd tmm2, tmm5, tmm6",
            "tdpbusd tmm3, tmm5, tmm7",
            "add {left}, 2048",
            "add {right}, 2048",
            "dec {chunks}",
            "jnz 2b",
            "3:",
            "tilestored [{sums} + {wide}], tmm0",
            "tilestored [{sums} + {wide} + 64], tmm1",
            "tilestored [{sums} + {wide} + 2048], tmm2",
            "tilestored [{sums} + {wide} + 2112], tmm3",
            chunks = inout(reg) chunks => _,
            left = inout(reg) left.as_ptr() => _,
            right = inout(reg) right.as_ptr() => _,
            sums = in(reg) sums.as_mut_ptr(),
            wide = in(reg) 2 * REGISTER_ROW,
            narrow = in(reg) REGISTER_ROW,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// A tile of one register of rows.
///
/// # Safety
/// As for [`high`].
unsafe fn low(left: &[u32], right: &[i8], chunks: usize, sums: &mut [i32]) {
    // SAFETY: reads so many chunks of both panels and writes 16 rows of `sums`.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "test {chunks}, {chunks}",
            "jz 3f",
            "2:",
            "tileloadd tmm6, [{right} + {wide}]",
            "tileloadd tmm4, [{left} + {narrow}]",
            "tdpbusd tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + {wide} + 64]",
            "tdpbusd tmm1, tmm4, tmm7",
            "add {left}, 1024",
            "add {right}, 2048",
            "dec {chunks}",
            "jnz 2b",
            "3:",
            "tilestored [{sums} + {wide}], tmm0",
            "tilestored [{sums} + {wide} + 64], tmm1",
            chunks = inout(reg) chunks => _,
            left = inout(reg) left.as_ptr() => _,
            right = inout(reg) right.as_ptr() => _,
            sums = in(reg) sums.as_mut_ptr(),
            wide = in(reg) 2 * REGISTER_ROW,
            narrow = in(reg) REGISTER_ROW,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
