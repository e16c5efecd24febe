//! Numbers as bytes: little-endian, after a line that says what they are.

/// Adds numbers of 32 bits.
pub(super) fn write(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
}

/// Adds a number of 64 bits.
pub(super) fn write_number(bytes: &mut Vec<u8>, number: f64) {
    bytes.extend(number.to_le_bytes());
}

/// Adds a text: its length, and its bytes with zeros up to a whole number.
pub(super) fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write(bytes, [text.len() as u32]);
    bytes.extend(text.as_bytes());
    bytes.resize(bytes.len() + padding(text.len()), 0);
}

/// Counts the zeros after a text.
fn padding(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

/// Makes a number of words that are hardly ever the same: FNV-1a, by Fowler, Noll and Vo.
pub(super) fn fingerprint(words: &str) -> u64 {
    let start = 0xCBF2_9CE4_8422_2325;
    words.bytes().fold(start, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// A fingerprint as two numbers.
pub(super) fn halves(fingerprint: u64) -> [u32; 2] {
    [fingerprint as u32, (fingerprint >> 32) as u32]
}

/// Numbers that are still to be read.
pub(super) struct Reader<'a> {
    words: &'a [[u8; 4]],
}

impl<'a> Reader<'a> {
    /// Opens bytes that begin with this line.
    pub(super) fn open(bytes: &'a [u8], line: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.strip_prefix(line)?.as_chunks();
        rest.is_empty().then_some(Self { words })
    }

    /// Tells whether everything is read.
    pub(super) fn is_done(&self) -> bool {
        self.words.is_empty()
    }

    /// Reads some numbers.
    pub(super) fn take(&mut self, count: usize) -> Option<Vec<u32>> {
        let (taken, rest) = self.words.split_at_checked(count)?;
        self.words = rest;
        Some(taken.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    /// Reads as many numbers as an array has.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u32; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Reads what is finite and at least 0.
    pub(super) fn distances(&mut self, count: usize) -> Option<Vec<f32>> {
        self.values(count, |value| value.is_finite() && value.is_sign_positive())
    }

    /// Reads what is in [0, 1].
    pub(super) fn scores(&mut self, count: usize) -> Option<Vec<f32>> {
        self.values(count, |value| value <= 1.0 && value.is_sign_positive())
    }

    /// Reads a number of 64 bits that is finite.
    pub(super) fn number(&mut self) -> Option<f64> {
        let [low, high] = self.array()?;
        let number = f64::from_bits(u64::from(high) << 32 | u64::from(low));
        number.is_finite().then_some(number)
    }

    /// Reads a text.
    pub(super) fn text(&mut self) -> Option<String> {
        let [length] = self.array()?;
        let length = length as usize;
        let words = self.take(length.div_ceil(4))?;
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        let rest = bytes.split_off(length);
        let is_padded = rest.iter().all(|byte| *byte == 0);
        String::from_utf8(bytes).ok().filter(|_| is_padded)
    }

    fn values(&mut self, count: usize, holds: impl Fn(f32) -> bool) -> Option<Vec<f32>> {
        let values: Vec<f32> = self.take(count)?.into_iter().map(f32::from_bits).collect();
        values.iter().all(|value| holds(*value)).then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_the_published_ones() {
        // Of the reference vectors of the authors.
        assert_eq!(fingerprint(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fingerprint("foobar"), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn texts_of_every_length_and_numbers_are_read_back() {
        for text in ["", "a", "ab", "abc", "abcd", "ä€"] {
            let mut bytes = Vec::new();
            write_text(&mut bytes, text);
            write_number(&mut bytes, -0.1);
            let mut reader = Reader::open(&bytes, b"").unwrap();
            assert_eq!(reader.text().as_deref(), Some(text));
            assert_eq!(reader.number(), Some(-0.1));
            assert!(reader.is_done());
        }
    }
}
