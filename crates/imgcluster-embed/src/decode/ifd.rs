//! Reading single numbers from the first directory of a TIFF, which is also what EXIF is.

/// Where the first directory of a TIFF lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ifd<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    entries: usize,
    count: usize,
}

impl<'a> Ifd<'a> {
    /// Finds the first directory; `None` if this is not a TIFF, or the directory is not in it.
    pub(super) fn first(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        let mut ifd = Self {
            bytes,
            big_endian,
            entries: 0,
            count: 0,
        };
        let at = ifd.long(4)? as usize;
        ifd.count = ifd.short(at)? as usize;
        ifd.entries = at + 2;
        Some(ifd)
    }

    /// Tells whether there is an entry of this tag.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The first value of an entry of bytes, shorts or longs.
    pub(super) fn integer(&self, tag: u16) -> Option<u32> {
        let at = self.entry(tag)?;
        match (self.short(at + 2)?, self.long(at + 4)?) {
            (1 | 6 | 7, 1..=4) => Some(u32::from(*self.bytes.get(at + 8)?)),
            (3 | 8, 1..=2) => self.short(at + 8),
            (4 | 9, 1) => self.long(at + 8),
            _ => None,
        }
    }

    /// The values of an entry of exactly `count` shorts that lie outside of the directory.
    pub(super) fn shorts(&self, tag: u16, count: u32) -> Option<Vec<u16>> {
        let at = self.entry(tag)?;
        if (self.short(at + 2)?, self.long(at + 4)?) != (3, count) {
            return None;
        }
        let from = self.long(at + 8)? as usize;
        (0..count as usize)
            .map(|index| Some(self.short(from + index * 2)? as u16))
            .collect()
    }

    /// Where the lowest byte of an entry's single short lies.
    pub(super) fn value_of(&self, tag: u16) -> Option<usize> {
        let at = self.entry(tag)?;
        Some(at + 8 + usize::from(self.big_endian))
    }

    fn entry(&self, tag: u16) -> Option<usize> {
        (0..self.count)
            .map(|index| self.entries + index * 12)
            .take_while(|at| at + 12 <= self.bytes.len())
            .find(|at| self.short(*at) == Some(u32::from(tag)))
    }

    fn short(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 2] = self.bytes.get(at..)?.first_chunk().copied()?;
        Some(u32::from(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }))
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.bytes.get(at..)?.first_chunk().copied()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A big-endian TIFF of one directory.
    fn tiff(entries: &[(u16, u16, u32, [u8; 4])]) -> Vec<u8> {
        let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
        bytes.extend((entries.len() as u16).to_be_bytes());
        for (tag, kind, count, value) in entries {
            bytes.extend(tag.to_be_bytes());
            bytes.extend(kind.to_be_bytes());
            bytes.extend(count.to_be_bytes());
            bytes.extend(value);
        }
        bytes
    }

    #[test]
    fn every_integer_kind_is_read() {
        let bytes = tiff(&[
            (1, 1, 1, [9, 0, 0, 0]),
            (2, 3, 1, [1, 2, 0, 0]),
            (3, 4, 1, [0, 0, 1, 1]),
            (4, 5, 1, [0; 4]),
            (5, 3, 0, [1; 4]),
        ]);
        let ifd = Ifd::first(&bytes).unwrap();
        let read = [1, 2, 3, 4, 5, 6].map(|tag| ifd.integer(tag));
        assert_eq!(read, [Some(9), Some(258), Some(257), None, None, None]);
        assert!(ifd.has(4) && !ifd.has(6));
    }

    #[test]
    fn a_directory_that_is_cut_or_out_of_range_holds_nothing() {
        let bytes = tiff(&[(0x112, 3, 1, [0, 6, 0, 0])]);
        for length in 0..bytes.len() {
            let read = Ifd::first(&bytes[..length]).and_then(|ifd| ifd.integer(0x112));
            assert_eq!(read, None);
        }
        assert!(Ifd::first(b"II*\0\xff\xff\xff\xff").is_none());
    }
}
