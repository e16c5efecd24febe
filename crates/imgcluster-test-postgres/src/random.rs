//! Names and passwords that nobody guesses.

use std::hash::{BuildHasher, RandomState};

/// 64 bits, from the keys that the standard library draws for its hash tables.
pub(crate) fn bits() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A password of 32 hexadecimal digits.
pub(crate) fn password() -> String {
    format!("{:016x}{:016x}", bits(), bits())
}

/// A name for a database or user that no other process and no earlier call has given.
pub(crate) fn name() -> String {
    format!("imgcluster_test_{}_{:016x}", std::process::id(), bits())
}
