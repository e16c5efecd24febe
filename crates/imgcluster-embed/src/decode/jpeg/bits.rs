//! Entropy-coded bits and the codes in them (ITU-T T.81, annex F.2.2).

use super::mark;

/// Why a block cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The data ends, or a mark comes.
    End,
    /// No code begins like this.
    BadCode,
}

/// Bits that are looked up at once; longer codes are rare.
const LOOK: u32 = 10;

/// A list of Huffman codes that was found possible; [`Huffman`] is what reads them. Files may define
/// any number of lists that no pass ever uses.
pub(super) struct Listed {
    /// How many codes there are of each length.
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl Listed {
    /// Takes over a list; `None` if no codes are like that: more than fit, or one of only ones,
    /// which both libjpeg and the other decoder refuse too (ITU-T T.81, annex C: it is reserved).
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut code = 0_u32;
        for (length, count) in (1_u32..).zip(counts) {
            code += u32::from(*count);
            if code >= 1 << length {
                return None;
            }
            code <<= 1;
        }
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        (total == symbols.len() && total <= 256).then(|| Self {
            counts: *counts,
            symbols: symbols.to_vec(),
        })
    }
}

/// Huffman codes.
pub(super) struct Huffman {
    /// By the first bits: length (0: longer than these) and symbol.
    short: Vec<(u8, u8)>,
    /// By the first bits: a whole coefficient of a scan of all coefficients, if they hold one.
    direct: Vec<Coefficient>,
    /// For each length: the first 16 bits that no code up to it begins with.
    limits: [u32; 17],
    /// For each length: what to add to a code to get the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// A coefficient, the zeros before it, and the bits both take (0: not known).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Coefficient {
    pub(super) value: i16,
    pub(super) zeros: u8,
    bits: u8,
}

impl Huffman {
    /// Makes the codes of a list.
    pub(super) fn new(listed: &Listed) -> Self {
        let (mut limits, mut offsets) = ([0; 17], [0; 17]);
        let (mut code, mut place) = (0_u32, 0_u32);
        for (length, count) in (1_usize..).zip(&listed.counts) {
            offsets[length] = place.cast_signed() - code.cast_signed();
            code += u32::from(*count);
            place += u32::from(*count);
            limits[length] = code << (16 - length);
            code <<= 1;
        }
        let mut table = Self {
            short: Vec::new(),
            direct: Vec::new(),
            limits,
            offsets,
            symbols: listed.symbols.clone(),
        };
        table.short = (0..1_u32 << LOOK)
            .map(|first| match table.look_up(first << (16 - LOOK)) {
                Some((length, symbol)) if u32::from(length) <= LOOK => (length, symbol),
                _ => (0, 0),
            })
            .collect();
        table.direct = (0..1_u32 << LOOK)
            .map(|first| table.whole(first).unwrap_or_default())
            .collect();
        table
    }

    /// Length and symbol of the code that 16 bits begin with.
    fn look_up(&self, next: u32) -> Option<(u8, u8)> {
        let length = (1..=16).find(|length| next < self.limits[*length])?;
        let place = (next >> (16 - length)).cast_signed() + self.offsets[length];
        let symbol = self.symbols.get(usize::try_from(place).ok()?)?;
        Some((length as u8, *symbol))
    }

    /// The coefficient that these bits hold whole.
    fn whole(&self, first: u32) -> Option<Coefficient> {
        let (length, symbol) = self.short[first as usize];
        let (zeros, size) = (symbol >> 4, symbol & 15);
        let bits = u32::from(length) + u32::from(size);
        if length == 0 || size == 0 || bits > LOOK {
            return None;
        }
        let extra = first >> (LOOK - bits) & ((1 << size) - 1);
        Some(Coefficient {
            value: extended(extra, u32::from(size)) as i16,
            zeros,
            bits: bits as u8,
        })
    }
}

/// The value that so many bits stand for: those that begin with 0 are negative.
fn extended(bits: u32, size: u32) -> i32 {
    match size {
        0 => 0,
        _ if bits >> (size - 1) == 0 => bits.cast_signed() - (1 << size) + 1,
        _ => bits.cast_signed(),
    }
}

/// Entropy-coded bits up to the next mark.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The bits taken in, the next one highest; zeros below.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            held: 0,
            count: 0,
        }
    }

    /// Takes in bytes until more than 32 bits are held, or a mark or the end is reached.
    #[inline]
    fn fill(&mut self) {
        if self.count > 32 {
            return;
        }
        let next = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<4>);
        if let Some(next) = next {
            let word = u32::from_be_bytes(*next);
            if !has_ff(word) {
                self.held |= u64::from(word) << (32 - self.count);
                self.count += 32;
                self.at += 4;
                return;
            }
        }
        self.fill_slowly();
    }

    /// The same, byte by byte.
    fn fill_slowly(&mut self) {
        while self.count <= 32 {
            let (byte, length) = match self.data.get(self.at..).unwrap_or_default() {
                [0xff, 0, ..] => (0xff, 2),
                [] | [0xff, ..] => return,
                [byte, ..] => (*byte, 1),
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
            self.at += length;
        }
    }

    /// Takes bits that are held.
    #[inline]
    fn take(&mut self, bits: u32) -> Result<(), Stop> {
        self.count = self.count.checked_sub(bits).ok_or(Stop::End)?;
        self.held <<= bits;
        Ok(())
    }

    /// The next symbol; as many bits as it may ask for are held after it, if there are as many.
    #[inline]
    pub(super) fn code(&mut self, table: &Huffman) -> Result<u8, Stop> {
        self.fill();
        let (length, symbol) = table.short[(self.held >> (64 - LOOK)) as usize];
        if length > 0 {
            self.take(u32::from(length))?;
            return Ok(symbol);
        }
        let Some((length, symbol)) = table.look_up((self.held >> 48) as u32) else {
            let short = self.count < 16;
            return Err(if short { Stop::End } else { Stop::BadCode });
        };
        self.take(u32::from(length))?;
        Ok(symbol)
    }

    /// The next bits as a number; at most 16.
    #[inline]
    pub(super) fn number(&mut self, bits: u32) -> Result<u32, Stop> {
        if bits == 0 {
            return Ok(0);
        }
        if self.count < bits {
            self.fill();
        }
        let number = (self.held >> (64 - bits)) as u32;
        self.take(bits)?;
        Ok(number)
    }

    /// The next bits as a value with a sign; at most 16.
    #[inline]
    pub(super) fn value(&mut self, size: u32) -> Result<i32, Stop> {
        Ok(extended(self.number(size)?, size))
    }

    /// The next first value of a block, as the difference to the one before.
    #[inline]
    pub(super) fn difference(&mut self, table: &Huffman) -> Result<i32, Stop> {
        let size = self.code(table)?;
        if size > 16 {
            return Err(Stop::BadCode);
        }
        self.value(u32::from(size))
    }

    /// The next coefficient with the zeros before it; `None` at the end of the block.
    #[inline]
    pub(super) fn coefficient(&mut self, table: &Huffman) -> Result<Option<Coefficient>, Stop> {
        self.fill();
        let direct = table.direct[(self.held >> (64 - LOOK)) as usize];
        if direct.bits > 0 {
            self.take(u32::from(direct.bits))?;
            return Ok(Some(direct));
        }
        let symbol = self.code(table)?;
        let (zeros, size) = (symbol >> 4, symbol & 15);
        if size == 0 && zeros < 15 {
            return Ok(None);
        }
        let value = self.value(u32::from(size))? as i16;
        Ok(Some(Coefficient {
            value,
            zeros,
            bits: 0,
        }))
    }

    /// Whether a restart mark is the next mark.
    pub(super) fn at_restart(&self) -> bool {
        self.next_restart().is_some()
    }

    /// Goes on after the next restart mark, or stays at the end.
    pub(super) fn restart(&mut self) {
        (self.held, self.count) = (0, 0);
        self.at = self.next_restart().unwrap_or(self.data.len());
    }

    /// Goes on after a restart mark if one comes right here; tells whether it did.
    pub(super) fn restart_here(&mut self) -> bool {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        let restart = rest.get(fill).is_some_and(|byte| mark::RST.contains(byte));
        let ready = self.count < 8 && fill > 0 && restart;
        if ready {
            (self.held, self.count) = (0, 0);
            self.at += fill + 1;
        }
        ready
    }

    /// Whether all of the data was taken, but for bits that fill the last byte, and a mark comes that
    /// is none of a restart.
    pub(super) fn at_end(&self) -> bool {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        let marked = rest
            .get(fill)
            .is_some_and(|byte| *byte != 0 && !mark::RST.contains(byte));
        self.count < 8 && fill > 0 && marked
    }

    fn next_restart(&self) -> Option<usize> {
        let mut at = self.at;
        loop {
            at += self.data.get(at..)?.iter().position(|byte| *byte == 0xff)? + 1;
            match *self.data.get(at)? {
                0xff => {}
                0x00 => at += 1,
                mark if mark::RST.contains(&mark) => return Some(at + 1),
                _ => return None,
            }
        }
    }
}

/// Whether a byte is 0xff: one of the complement is zero (Mycroft's test).
#[inline]
fn has_ff(word: u32) -> bool {
    let zeros = !word;
    zeros.wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0
}
