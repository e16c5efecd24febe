//! Counting the blocks that a JPEG's entropy-coded data holds, without computing a pixel.
//!
//! ITU-T T.81: annex F (sequential), annex G (the first, coarse pass of progressive pictures).

use super::{Segment, mark, segments};

/// How much of a picture its data holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// The data ends after this many blocks of so many.
    Cut {
        /// Blocks that are there.
        blocks: u64,
        /// Blocks of the pass.
        of: u64,
    },
    /// The data makes no sense after this many blocks of so many.
    Damaged {
        /// Blocks that are there.
        blocks: u64,
        /// Blocks of the pass.
        of: u64,
    },
    /// The file is built in a way that is not followed here.
    Unknown,
}

/// Why a block cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    BadCode,
}

/// Counts the blocks of every pass (of a progressive picture: the passes of coarse values).
pub(super) fn extent(bytes: &[u8]) -> Extent {
    let mut tables = Tables::default();
    let mut frame = None;
    let mut passes = 0;
    for segment in segments(bytes) {
        let read = match segment.mark {
            mark::DHT => tables.define(segment.content),
            mark::DRI => tables.set_interval(segment.content),
            mark::SOF_BASELINE | mark::SOF_EXTENDED | mark::SOF_PROGRESSIVE => {
                frame = Frame::read(segment);
                frame.as_ref().map(|_| ())
            }
            mark::SOS => match frame.as_ref().and_then(|f| Pass::read(f, segment.content)) {
                Some(pass) if pass.coarse => {
                    passes += 1;
                    match pass.count(&tables, &bytes[segment.end..]) {
                        Extent::Whole => Some(()),
                        other => return other,
                    }
                }
                other => other.map(|_| ()),
            },
            _ => Some(()),
        };
        if read.is_none() {
            return Extent::Unknown;
        }
    }
    let wanted = frame.map_or(0, |frame| frame.components.len());
    match passes {
        0 if wanted > 0 => Extent::Cut { blocks: 0, of: 1 },
        0 => Extent::Unknown,
        _ => Extent::Whole,
    }
}

/// The Huffman tables and restart interval in force.
#[derive(Default)]
struct Tables {
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    interval: u64,
}

impl Tables {
    fn define(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = if kind >> 4 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            *tables.get_mut(usize::from(kind & 15))? = Some(Huffman::new(counts, symbols)?);
            content = rest;
        }
        Some(())
    }

    fn set_interval(&mut self, content: &[u8]) -> Option<()> {
        let interval: [u8; 2] = content.first_chunk().copied()?;
        self.interval = u64::from(u16::from_be_bytes(interval));
        Some(())
    }
}

/// Codes by their first 16 bits: length and symbol; length 0 is no code.
struct Huffman(Vec<(u8, u8)>);

impl Huffman {
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut codes = vec![(0, 0); 1 << 16];
        let (mut from, mut symbols) = (0_usize, symbols.iter());
        for (length, count) in (1_u8..).zip(counts) {
            let span = 1_usize << (16 - length);
            for symbol in symbols.by_ref().take(usize::from(*count)) {
                codes.get_mut(from..from + span)?.fill((length, *symbol));
                from += span;
            }
        }
        Some(Self(codes))
    }
}

/// The size of a picture and how its components share it.
struct Frame {
    width: u64,
    height: u64,
    progressive: bool,
    /// Identifier, horizontal and vertical sampling.
    components: Vec<(u8, u64, u64)>,
}

impl Frame {
    fn read(segment: Segment<'_>) -> Option<Self> {
        let (head, rest) = segment.content.split_first_chunk::<6>()?;
        let components: Vec<_> = rest
            .as_chunks::<3>()
            .0
            .iter()
            .take(usize::from(head[5]))
            .map(|[id, sampling, _]| (*id, u64::from(sampling >> 4), u64::from(sampling & 15)))
            .collect();
        let sampled = components.iter().all(|(_, h, v)| *h > 0 && *v > 0);
        (sampled && !components.is_empty()).then_some(Self {
            height: u64::from(u16::from_be_bytes([head[1], head[2]])),
            width: u64::from(u16::from_be_bytes([head[3], head[4]])),
            progressive: segment.mark == mark::SOF_PROGRESSIVE,
            components,
        })
    }

    /// How many groups of blocks a pass over these components has.
    fn groups(&self, chosen: &[(u8, u64, u64)]) -> u64 {
        let most =
            |of: fn(&(u8, u64, u64)) -> u64| self.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|c| c.1), most(|c| c.2));
        match chosen {
            [(_, h, v)] => {
                let columns = (self.width * h).div_ceil(across).div_ceil(8);
                columns * (self.height * v).div_ceil(down).div_ceil(8)
            }
            _ => self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down),
        }
    }
}

/// One pass over the picture.
struct Pass {
    /// How many groups of blocks it has.
    groups: u64,
    /// For each component: blocks in a group, and its tables.
    components: Vec<(u64, usize, usize)>,
    /// Whether only the first value of each block is in it.
    dc_only: bool,
    /// Whether it gives blocks their first value.
    coarse: bool,
}

impl Pass {
    fn read(frame: &Frame, content: &[u8]) -> Option<Self> {
        let (&count, rest) = content.split_first()?;
        let (selected, rest) = rest.split_at_checked(usize::from(count) * 2)?;
        let [first, _, precision] = *rest.first_chunk()?;
        let (mut chosen, mut components) = (Vec::new(), Vec::new());
        for [id, tables] in selected.as_chunks::<2>().0 {
            let component = *frame
                .components
                .iter()
                .find(|component| component.0 == *id)?;
            let blocks = if count == 1 {
                1
            } else {
                component.1 * component.2
            };
            chosen.push(component);
            components.push((blocks, usize::from(tables >> 4), usize::from(tables & 15)));
        }
        Some(Self {
            groups: frame.groups(&chosen),
            components,
            dc_only: frame.progressive,
            coarse: !frame.progressive || (first == 0 && precision >> 4 == 0),
        })
    }

    fn count(&self, tables: &Tables, data: &[u8]) -> Extent {
        let per_group: u64 = self.components.iter().map(|component| component.0).sum();
        let mut bits = Bits::new(data);
        let mut lost = false;
        for group in 0..self.groups {
            if tables.interval > 0 && group > 0 && group % tables.interval == 0 {
                bits.restart();
                lost = false;
            }
            if lost {
                continue;
            }
            let (blocks, of) = (group * per_group, self.groups * per_group);
            match self.skip_group(tables, &mut bits) {
                None => return Extent::Unknown,
                Some(Ok(())) => {}
                // The data goes on after the next restart mark.
                Some(Err(_)) if tables.interval > 0 && bits.at_restart() => lost = true,
                Some(Err(Stop::End)) => return Extent::Cut { blocks, of },
                Some(Err(Stop::BadCode)) => return Extent::Damaged { blocks, of },
            }
        }
        Extent::Whole
    }

    /// Passes over one group; `None` if a table was never defined.
    fn skip_group(&self, tables: &Tables, bits: &mut Bits<'_>) -> Option<Result<(), Stop>> {
        for &(blocks, dc, ac) in &self.components {
            let dc = tables.dc.get(dc)?.as_ref()?;
            let ac = if self.dc_only {
                None
            } else {
                Some(tables.ac.get(ac)?.as_ref()?)
            };
            for _ in 0..blocks {
                if let Err(stop) = bits.skip_block(dc, ac) {
                    return Some(Err(stop));
                }
            }
        }
        Some(Ok(()))
    }
}

/// Entropy-coded bits up to the next mark.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            held: 0,
            count: 0,
        }
    }

    /// Takes in bytes until 32 bits are held, or a mark or the end is reached.
    fn fill(&mut self) {
        while self.count <= 32 {
            let (byte, length) = match self.data.get(self.at..).unwrap_or_default() {
                [0xff, 0, ..] => (0xff, 2),
                [] | [0xff, ..] => return,
                [byte, ..] => (*byte, 1),
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
            self.at += length;
        }
    }

    fn code(&mut self, table: &Huffman) -> Result<u8, Stop> {
        self.fill();
        let next = if self.count >= 16 {
            self.held >> (self.count - 16)
        } else {
            self.held << (16 - self.count)
        };
        let (length, symbol) = table.0[(next & 0xffff) as usize];
        if length == 0 {
            let short = self.count < 16;
            return Err(if short { Stop::End } else { Stop::BadCode });
        }
        self.skip(u32::from(length))?;
        Ok(symbol)
    }

    fn skip(&mut self, bits: u32) -> Result<(), Stop> {
        if self.count < bits {
            self.fill();
        }
        self.count = self.count.checked_sub(bits).ok_or(Stop::End)?;
        Ok(())
    }

    fn skip_block(&mut self, dc: &Huffman, ac: Option<&Huffman>) -> Result<(), Stop> {
        let size = self.code(dc)?;
        if size > 16 {
            return Err(Stop::BadCode);
        }
        self.skip(u32::from(size))?;
        let Some(ac) = ac else { return Ok(()) };
        let mut place = 1;
        while place < 64 {
            let symbol = self.code(ac)?;
            let (run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                break;
            }
            place += run + 1;
            self.skip(u32::from(size))?;
        }
        Ok(())
    }

    /// Whether a restart mark is the next mark.
    fn at_restart(&self) -> bool {
        self.next_restart().is_some()
    }

    /// Goes on after the next restart mark, or stays at the end.
    fn restart(&mut self) {
        (self.held, self.count) = (0, 0);
        self.at = self.next_restart().unwrap_or(self.data.len());
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
