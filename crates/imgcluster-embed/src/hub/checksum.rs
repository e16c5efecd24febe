//! The sums that the hub names its files by: SHA-256 for large ones, and for small ones the hash
//! that Git gives a blob, which is the SHA-1 of the size and the bytes.

use std::fmt::Write;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The running sum of bytes.
pub(super) enum Checksum {
    Sha256(Sha256),
    Git(Sha1),
}

impl Checksum {
    /// A sum of the kind that is expected of a file of `size` bytes.
    pub(super) fn like(expected: &str, size: u64) -> Self {
        if is_sha256(expected) {
            Self::Sha256(Sha256::new())
        } else {
            Self::Git(Sha1::new_with_prefix(format!("blob {size}\0")))
        }
    }

    /// Adds bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(bytes),
            Self::Git(sum) => sum.update(bytes),
        }
    }

    /// The sum in lower-case hex digits.
    pub(super) fn hex(self) -> String {
        match self {
            Self::Sha256(sum) => in_hex(&sum.finalize()),
            Self::Git(sum) => in_hex(&sum.finalize()),
        }
    }
}

fn in_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

/// Whether a name is a sum that can be verified.
pub(super) fn is_sum(name: &str) -> bool {
    is_sha256(name) || is_hex(name, 40)
}

/// Whether a name is a SHA-256.
pub(super) fn is_sha256(name: &str) -> bool {
    is_hex(name, 64)
}

fn is_hex(name: &str, digits: usize) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == digits && name.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(parts: &[&[u8]], expected: &str) -> String {
        let size: usize = parts.iter().map(|part| part.len()).sum();
        let mut sum = Checksum::like(expected, size as u64);
        for part in parts {
            sum.add(part);
        }
        sum.hex()
    }

    #[test]
    fn the_sums_are_those_of_the_standard() {
        // FIPS 180-2, appendix B, and the sum of nothing.
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sum_of(&[], nothing), nothing);
        assert_eq!(sum_of(&[b"a", b"bc"], abc), abc);
        assert!(is_sha256(abc) && !is_sha256(&abc[..40]) && !is_sha256(&"g".repeat(64)));
    }

    #[test]
    fn the_hashes_of_small_files_are_those_of_git() {
        // `git hash-object` of an empty file, and of the line that the book "Pro Git" stores.
        let nothing = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let line = "d670460b4b4aece5915caf5c68d12f560a9fe3e4";
        assert_eq!(sum_of(&[], nothing), nothing);
        assert_eq!(sum_of(&[b"test ", b"content\n"], line), line);
        assert!(is_sum(line) && !is_sum(&line[1..]) && !is_sum(&line.to_uppercase()));
    }
}
