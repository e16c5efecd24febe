//! Reading single numbers from the first directory of a TIFF, of either size, which is also
//! what EXIF is.

/// Where the first directory of a TIFF lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ifd<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Whether places, counts and values take 8 bytes and not 4.
    big: bool,
    entries: usize,
    count: usize,
}

impl<'a> Ifd<'a> {
    /// Finds the first directory; `None` if this is not a TIFF, or the directory is not in it.
    pub(super) fn first(bytes: &'a [u8]) -> Option<Self> {
        let (big_endian, big) = match bytes.get(..4)? {
            b"II*\0" => (false, false),
            b"MM\0*" => (true, false),
            b"II+\0" => (false, true),
            b"MM\0+" => (true, true),
            _ => return None,
        };
        let mut ifd = Self {
            bytes,
            big_endian,
            big,
            entries: 0,
            count: 0,
        };
        let at = ifd.place(if big { 8 } else { 4 })?;
        ifd.count = if big {
            ifd.place(at)?
        } else {
            ifd.short(at)? as usize
        };
        ifd.entries = at + if big { 8 } else { 2 };
        Some(ifd)
    }

    /// Finds the directory that an entry of this one leads to.
    pub(super) fn directory(&self, tag: u16) -> Option<Self> {
        let mut ifd = *self;
        let at = self.integer(tag)? as usize;
        ifd.count = if self.big {
            ifd.place(at)?
        } else {
            ifd.short(at)? as usize
        };
        ifd.entries = at.checked_add(if self.big { 8 } else { 2 })?;
        Some(ifd)
    }

    /// Tells whether there is an entry of this tag.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The first value of an entry of bytes, shorts or longs.
    pub(super) fn integer(&self, tag: u16) -> Option<u32> {
        let (kind, count, value) = self.parts(tag)?;
        match (kind, count) {
            (1 | 6 | 7, 1..=4) => Some(u32::from(*self.bytes.get(value)?)),
            (3 | 8, 1..=2) => self.short(value),
            (4 | 9, 1) => self.long(value),
            _ => None,
        }
    }

    /// The values of an entry of exactly `count` shorts that lie outside of the directory.
    pub(super) fn shorts(&self, tag: u16, count: usize) -> Option<Vec<u16>> {
        let (kind, have, value) = self.parts(tag)?;
        if (kind, have) != (3, count) {
            return None;
        }
        let from = self.place(value)?;
        (0..count)
            .map(|index| Some(self.short(from.checked_add(index * 2)?)? as u16))
            .collect()
    }

    /// Where the lowest byte of an entry's single short lies.
    pub(super) fn value_of(&self, tag: u16) -> Option<usize> {
        let (_, _, value) = self.parts(tag)?;
        Some(value + usize::from(self.big_endian))
    }

    /// The kind of an entry's values, how many there are, and where they or their place lie.
    fn parts(&self, tag: u16) -> Option<(u32, usize, usize)> {
        let at = self.entry(tag)?;
        let value = at + if self.big { 12 } else { 8 };
        Some((self.short(at + 2)?, self.place(at + 4)?, value))
    }

    fn entry(&self, tag: u16) -> Option<usize> {
        let length = if self.big { 20 } else { 12 };
        self.bytes
            .get(self.entries..)?
            .chunks_exact(length)
            .take(self.count)
            .position(|entry| self.short_of(entry) == Some(u32::from(tag)))
            .map(|index| self.entries + index * length)
    }

    /// A place or a count: 4 bytes, of a big TIFF 8, of which no file needs the upper ones.
    fn place(&self, at: usize) -> Option<usize> {
        if !self.big {
            return self.long(at)?.try_into().ok();
        }
        let (first, second) = (self.long(at)?, self.long(at + 4)?);
        let (high, low) = if self.big_endian {
            (first, second)
        } else {
            (second, first)
        };
        (high == 0).then_some(low)?.try_into().ok()
    }

    fn short(&self, at: usize) -> Option<u32> {
        self.short_of(self.bytes.get(at..)?)
    }

    fn short_of(&self, bytes: &[u8]) -> Option<u32> {
        let bytes = *bytes.first_chunk()?;
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
    #[test]
    fn a_big_tiff_is_read_in_either_order_and_survives_any_cut() {
        let little = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\
            \x12\x01\x03\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x01\
            \x01\x12\0\x03\0\0\0\0\0\0\0\x01\0\x06\0\0\0\0\0\0";
        for bytes in [little, big] {
            assert_eq!(Ifd::first(bytes).unwrap().integer(0x112), Some(6));
            for length in 0..bytes.len() {
                let read = Ifd::first(&bytes[..length]).and_then(|ifd| ifd.integer(0x112));
                assert_eq!(read, None);
            }
        }
    }
}
