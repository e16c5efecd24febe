//! Lists as single parameters.
//!
//! A list goes into a statement as one JSON text that `json_each` takes apart, and its variable
//! or binary parts as one heap of bytes that `substr` cuts. So one prepared statement serves lists
//! of any length, in one round trip.

use std::fmt::Display;

use imgcluster_core::ContentHash;

/// How many items go into one statement at most: bounds what a call holds besides its answer.
pub(super) const CHUNK: usize = 8192;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A JSON list under construction; bytes become strings of hex digits for `unhex`.
#[derive(Debug, Default)]
pub(super) struct List(String);

impl List {
    /// Makes a list of strings of bytes.
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a [u8]>) -> String {
        let mut list = Self::default();
        for item in items {
            list.bytes(item);
        }
        list.finish()
    }

    /// Makes a list of hashes.
    pub(super) fn of_hashes<'a>(hashes: impl Iterator<Item = &'a ContentHash>) -> String {
        Self::of(hashes.map(|hash| hash.0.as_slice()))
    }

    /// Adds a string of bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.separate();
        self.hex(bytes);
    }

    /// Adds a list of strings of bytes and then numbers.
    pub(super) fn row(&mut self, bytes: &[&[u8]], numbers: &[&dyn Display]) {
        self.separate();
        self.0.push('[');
        for (at, bytes) in bytes.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.hex(bytes);
        }
        for number in numbers {
            self.0.push(',');
            self.0.push_str(&number.to_string());
        }
        self.0.push(']');
    }

    /// Closes the list.
    pub(super) fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('[');
        }
        self.0.push(']');
        self.0
    }

    fn separate(&mut self) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
    }

    fn hex(&mut self, bytes: &[u8]) {
        self.0.push('"');
        for byte in bytes {
            self.0.push(DIGITS[usize::from(byte >> 4)] as char);
            self.0.push(DIGITS[usize::from(byte & 15)] as char);
        }
        self.0.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_zero_one_and_two_items_are_json() {
        let list = |items: &[&[u8]]| List::of(items.iter().copied());
        assert_eq!(list(&[]), "[]");
        assert_eq!(list(&[b""]), r#"[""]"#);
        assert_eq!(list(&[b"\x00\xff", b"a"]), r#"["00ff","61"]"#);
    }

    #[test]
    fn rows_hold_bytes_and_numbers() {
        let mut list = List::default();
        list.row(&[b"a", b"b"], &[&1, &"null"]);
        list.row(&[b"c"], &[]);
        assert_eq!(list.finish(), r#"[["61","62",1,null],["63"]]"#);
    }
}
