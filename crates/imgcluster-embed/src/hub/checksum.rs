//! SHA-256, as the hub names its files by.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The running sum of bytes.
#[derive(Default)]
pub(super) struct Checksum(Sha256);

impl Checksum {
    /// Adds bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds everything from where the file stands to its end, and counts it.
    pub(super) fn add_file(&mut self, file: &mut File) -> io::Result<u64> {
        let mut buffer = vec![0; 1 << 20];
        let mut count = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(count);
            }
            self.add(&buffer[..read]);
            count += read as u64;
        }
    }

    /// The sum in 64 lower-case hex digits.
    pub(super) fn hex(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            write!(text, "{byte:02x}").expect("a string takes everything");
        }
        text
    }
}

/// Whether a name is a SHA-256 in hex. Small files are named by a Git hash of 40 digits instead,
/// which is not a hash of their bytes alone.
pub(super) fn is_sha256(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_standard() {
        // FIPS 180-2, appendix B, and the sum of nothing.
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Checksum::default().hex(), nothing);
        let mut sum = Checksum::default();
        sum.add(b"a");
        sum.add(b"bc");
        assert_eq!(sum.hex(), abc);
        assert!(is_sha256(abc) && !is_sha256(&abc[..40]) && !is_sha256(&"g".repeat(64)));
    }
}
