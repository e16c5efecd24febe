//! Zeroed numbers that start at a cache line.

/// Bytes of a cache line, and of the widest vector register.
const LINE: usize = 64;

/// Values whose first lies at the start of a cache line, so that no vector load crosses one.
///
/// Only speed depends on where they lie.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T = f32> {
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// Makes `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let values = vec![T::default(); len + LINE / size_of::<T>()];
        // A caller is promised no offset at all; then the values stay where they are.
        let start = values.as_ptr().align_offset(LINE);
        let start = if start + len <= values.len() {
            start
        } else {
            0
        };
        Self { values, start, len }
    }

    /// Makes room for at least `len` values, whatever they are, and gives them.
    pub(crate) fn at_least(&mut self, len: usize) -> &mut [T] {
        if self.len < len {
            *self = Self::zeros(len);
        }
        &mut self.as_mut_slice()[..len]
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.values[self.start..][..self.len]
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.values[self.start..][..self.len]
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.len);
        copy.as_mut_slice().copy_from_slice(self.as_slice());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_start_at_a_cache_line_also_after_a_clone_and_growth() {
        for len in [0, 1, 15, 16, 1000] {
            let mut values = Aligned::zeros(len);
            values.as_mut_slice().fill(1.0);
            let mut copy = values.clone();
            assert_eq!(copy.as_slice(), vec![1.0; len]);
            let grown = copy.at_least(2 * len + 1);
            assert_eq!(grown.len(), 2 * len + 1);
            for first in [values.as_slice().as_ptr(), copy.as_slice().as_ptr()] {
                assert_eq!(first.align_offset(LINE), 0);
            }
        }
    }
}
