//! Progressive JPEG to planes (ITU-T T.81, annex G): passes fill and refine the coefficients of all
//! blocks, which are turned into values at the end.

use super::bits::{Bits, Huffman, Stop};
use super::frame::{Frame, Tables};
use super::planes::{Lane, Plane};
use super::{mark, segments};

/// The coefficients of one component, in zigzag order.
struct Blocks {
    id: u8,
    coefficients: Vec<[i16; 64]>,
    /// Blocks in a row that are kept: whole groups.
    stride: usize,
    /// Blocks of a group beside and below each other.
    across: usize,
    down: usize,
    /// Blocks beside and below each other that belong to the picture.
    size: (usize, usize),
    /// Whether a pass gave the blocks their first values.
    begun: bool,
}

/// Which coefficients a pass holds, and of which of their bits.
#[derive(Clone, Copy)]
struct Band {
    first: usize,
    last: usize,
    /// Whether these coefficients have been coded before, but for this bit.
    refines: bool,
    low: u32,
}

/// Decodes a progressive picture; each eight columns and rows become `side`. `None` if it is built
/// in a way that is not followed, or its data are not whole.
pub(super) fn decode(bytes: &[u8], side: usize) -> Option<Vec<Plane>> {
    let mut tables = Tables::default();
    let mut picture: Option<(Frame, Vec<Blocks>)> = None;
    let mut begun = false;
    for segment in segments(bytes) {
        match segment.mark {
            mark::SOF_PROGRESSIVE if picture.is_none() => {
                let frame = Frame::read(segment)?;
                let blocks = Blocks::all(&frame);
                picture = Some((frame, blocks));
            }
            mark::SOS => {
                let (frame, blocks) = picture.as_mut()?;
                let data = &bytes[segment.end..];
                let ended = pass(frame, &tables, segment.content, data, blocks)?;
                // The other decoder refuses a first pass after which more data comes than it holds.
                if !begun && !ended {
                    return None;
                }
                begun = true;
            }
            0xc0..=0xcf if segment.mark != mark::DHT => return None,
            // A component keeps the steps of its first pass; here those in force at the end are used.
            mark::DQT if begun => return None,
            _ => tables.read(segment)?,
        }
    }
    let (frame, blocks) = picture?;
    // Without its first values a component would be gray.
    if !blocks.iter().all(|component| component.begun) {
        return None;
    }
    let mut lanes = Lane::all(&frame, &tables, side)?;
    for (lane, component) in lanes.iter_mut().zip(&blocks) {
        for (row, line) in component
            .coefficients
            .chunks_exact(component.stride)
            .enumerate()
        {
            for (column, block) in line.iter().enumerate() {
                lane.place((column, row), block);
            }
        }
    }
    Some(lanes.into_iter().map(Lane::into_plane).collect())
}

impl Blocks {
    fn all(frame: &Frame) -> Vec<Self> {
        let lone = frame.components.len() == 1;
        let most = if lone { (1, 1) } else { frame.most() };
        let components = frame.components.iter();
        components
            .map(|component| {
                let (across, down) = if lone {
                    (1, 1)
                } else {
                    (component.across, component.down)
                };
                let own = |length: u64, own: u64, most: u64| {
                    (length * own).div_ceil(most).div_ceil(8) as usize
                };
                let groups = |length: u64, most: u64| length.div_ceil(8 * most) as usize;
                let stride = groups(frame.width, most.0) * across as usize;
                let rows = groups(frame.height, most.1) * down as usize;
                Self {
                    id: component.id,
                    coefficients: vec![[0; 64]; stride * rows],
                    stride,
                    across: across as usize,
                    down: down as usize,
                    size: (
                        own(frame.width, across, most.0),
                        own(frame.height, down, most.1),
                    ),
                    begun: false,
                }
            })
            .collect()
    }
}

/// Decodes one pass over some of the components; tells whether the data ends with it.
fn pass(
    frame: &Frame,
    tables: &Tables,
    head: &[u8],
    data: &[u8],
    blocks: &mut [Blocks],
) -> Option<bool> {
    let (&count, rest) = head.split_first()?;
    let (selected, rest) = rest.split_at_checked(usize::from(count) * 2)?;
    let [first, last, bits] = *rest.first_chunk()?;
    let band = Band {
        first: usize::from(first),
        last: usize::from(last),
        refines: bits >> 4 > 0,
        low: u32::from(bits & 15),
    };
    let sound = if first == 0 {
        last == 0
    } else {
        count == 1 && first <= last
    };
    if !sound || count == 0 || last > 63 || band.low > 13 {
        return None;
    }
    let selected = selected.as_chunks::<2>().0;
    let mut chosen = Vec::with_capacity(selected.len());
    for [id, codes] in selected {
        let place = blocks.iter().position(|component| component.id == *id)?;
        blocks[place].begun |= first == 0 && !band.refines;
        let codes = if first == 0 {
            tables.dc(codes >> 4)
        } else {
            tables.ac(codes & 15)
        };
        if codes.is_none() && !(first == 0 && band.refines) {
            return None;
        }
        chosen.push((place, codes, 0_i32));
    }
    let mut reader = Reader {
        bits: Bits::new(data),
        band,
        ended: 0,
        interval: tables.interval,
        group: 0,
    };
    match chosen.as_mut_slice() {
        [(place, codes, before)] => {
            let component = &mut blocks[*place];
            for row in 0..component.size.1 {
                for column in 0..component.size.0 {
                    if reader.begin_group()? {
                        *before = 0;
                    }
                    let block = &mut component.coefficients[row * component.stride + column];
                    reader.block(codes.as_ref(), before, block).ok()?;
                }
            }
        }
        several => interleaved(frame, &mut reader, several, blocks)?,
    }
    Some(reader.bits.at_end())
}

/// Decodes a pass whose groups hold blocks of several components.
fn interleaved(
    frame: &Frame,
    reader: &mut Reader<'_>,
    chosen: &mut [(usize, Option<Huffman>, i32)],
    blocks: &mut [Blocks],
) -> Option<()> {
    let (most_across, most_down) = frame.most();
    for row in 0..frame.height.div_ceil(8 * most_down) as usize {
        for column in 0..frame.width.div_ceil(8 * most_across) as usize {
            if reader.begin_group()? {
                for (_, _, before) in chosen.iter_mut() {
                    *before = 0;
                }
            }
            for (place, codes, before) in chosen.iter_mut() {
                let component = &mut blocks[*place];
                for y in 0..component.down {
                    for x in 0..component.across {
                        let row = row * component.down + y;
                        let at = row * component.stride + column * component.across + x;
                        reader
                            .block(codes.as_ref(), before, &mut component.coefficients[at])
                            .ok()?;
                    }
                }
            }
        }
    }
    Some(())
}

/// Reads the blocks of a pass.
struct Reader<'a> {
    bits: Bits<'a>,
    band: Band,
    /// How many more blocks hold nothing new.
    ended: u32,
    interval: u64,
    group: u64,
}

impl Reader<'_> {
    /// Passes the restart mark where one is due, and tells whether one was; `None` if it is not
    /// there.
    fn begin_group(&mut self) -> Option<bool> {
        let due = self.interval > 0 && self.group > 0 && self.group.is_multiple_of(self.interval);
        self.group += 1;
        if due {
            self.ended = 0;
            return self.bits.restart_here().then_some(true);
        }
        Some(false)
    }

    fn block(
        &mut self,
        codes: Option<&Huffman>,
        before: &mut i32,
        block: &mut [i16; 64],
    ) -> Result<(), Stop> {
        let Band {
            first,
            refines,
            low,
            ..
        } = self.band;
        match (first, refines, codes) {
            (0, true, _) => block[0] |= (self.bits.number(1)? << low) as i16,
            (0, false, Some(codes)) => {
                *before = before.wrapping_add(self.bits.difference(codes)?);
                block[0] = (*before << low) as i16;
            }
            (_, false, Some(codes)) => self.fill(codes, block)?,
            (_, true, Some(codes)) => self.refine(codes, block)?,
            (_, _, None) => return Err(Stop::BadCode),
        }
        Ok(())
    }

    /// The number of blocks that a symbol says end here, this one included.
    fn end(&mut self, zeros: u32) -> Result<u32, Stop> {
        Ok((1 << zeros) + self.bits.number(zeros)?)
    }

    /// Reads coefficients for the first time.
    fn fill(&mut self, codes: &Huffman, block: &mut [i16; 64]) -> Result<(), Stop> {
        if self.ended > 0 {
            self.ended -= 1;
            return Ok(());
        }
        let mut place = self.band.first;
        while place <= self.band.last {
            let symbol = self.bits.code(codes)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match size {
                0 if zeros < 15 => {
                    self.ended = self.end(zeros)? - 1;
                    break;
                }
                0 => place += 16,
                _ => {
                    place += zeros as usize;
                    let value = self.bits.value(size)? << self.band.low;
                    *block.get_mut(place).ok_or(Stop::BadCode)? = value as i16;
                    place += 1;
                }
            }
        }
        Ok(())
    }

    /// Reads one more bit of the coefficients that are not zero, and those that first show now.
    fn refine(&mut self, codes: &Huffman, block: &mut [i16; 64]) -> Result<(), Stop> {
        let (last, one) = (self.band.last, 1_i16 << self.band.low);
        let mut place = self.band.first;
        // Few bits can say this of all blocks of a picture, many times over.
        if self.ended > 0 && block[place..=last].iter().fold(0, |any, value| any | value) == 0 {
            self.ended -= 1;
            return Ok(());
        }
        while self.ended == 0 && place <= last {
            let symbol = self.bits.code(codes)?;
            let (zeros, size) = (u32::from(symbol >> 4), symbol & 15);
            let fresh = match size {
                0 if zeros < 15 => {
                    self.ended = self.end(zeros)?;
                    break;
                }
                0 => None,
                1 if self.bits.number(1)? == 1 => Some(one),
                1 => Some(-one),
                _ => return Err(Stop::BadCode),
            };
            place = self.correct(block, place, Some(zeros))?;
            if let Some(fresh) = fresh {
                if place > last {
                    return Err(Stop::BadCode);
                }
                block[place] = fresh;
            }
            place += 1;
        }
        if self.ended > 0 {
            self.correct(block, place, None)?;
            self.ended -= 1;
        }
        Ok(())
    }

    /// Corrects coefficients until so many zeros were passed and one more comes, or the band ends;
    /// gives the place.
    fn correct(
        &mut self,
        block: &mut [i16; 64],
        from: usize,
        zeros: Option<u32>,
    ) -> Result<usize, Stop> {
        let one = 1_i16 << self.band.low;
        let mut left = zeros;
        let band = block.iter_mut().enumerate().take(self.band.last + 1);
        for (place, value) in band.skip(from) {
            if *value != 0 {
                if self.bits.number(1)? == 1 && *value & one == 0 {
                    *value = value.wrapping_add(if *value > 0 { one } else { -one });
                }
            } else if let Some(left) = left.as_mut() {
                if *left == 0 {
                    return Ok(place);
                }
                *left -= 1;
            }
        }
        Ok(self.band.last + 1)
    }
}
