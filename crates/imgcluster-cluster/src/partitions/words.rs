//! Numbers as bytes: little-endian, after a line that says what they are.

/// Adds numbers of 32 bits.
pub(super) fn write(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
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

    fn values(&mut self, count: usize, holds: impl Fn(f32) -> bool) -> Option<Vec<f32>> {
        let values: Vec<f32> = self.take(count)?.into_iter().map(f32::from_bits).collect();
        values.iter().all(|value| holds(*value)).then_some(values)
    }
}
