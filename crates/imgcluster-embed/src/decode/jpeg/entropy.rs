//! Counting the blocks that a JPEG's entropy-coded data holds, without computing a pixel.
//!
//! ITU-T T.81: annex F (sequential), annex G (the first, coarse pass of progressive pictures).

use super::bits::{Bits, Huffman, Stop};
use super::frame::{Component, Frame, Tables};
use super::{mark, segments};

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

/// Counts the blocks of each component's first pass (of a progressive picture: of coarse values).
/// Another pass over the same component would be read in vain, and there may be any number.
pub(super) fn extent(bytes: &[u8]) -> Extent {
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut counted = Vec::new();
    for segment in segments(bytes) {
        let read = match segment.mark {
            mark::DHT | mark::DRI => tables.read(segment),
            mark::SOF_BASELINE | mark::SOF_EXTENDED | mark::SOF_PROGRESSIVE => {
                frame = Frame::read(segment);
                frame.as_ref().map(|_| ())
            }
            mark::SOS => match frame.as_ref().and_then(|f| Pass::read(f, segment.content)) {
                Some(pass) if pass.coarse && !pass.ids().all(|id| counted.contains(&id)) => {
                    counted.extend(pass.ids());
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
    match wanted {
        _ if !counted.is_empty() => Extent::Whole,
        0 => Extent::Unknown,
        _ => Extent::Cut { blocks: 0, of: 1 },
    }
}

/// One pass over the picture.
struct Pass {
    /// How many groups of blocks it has.
    groups: u64,
    /// For each component: its name, blocks in a group, and its tables.
    components: Vec<(u8, u64, u8)>,
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
            let component: Component = *frame.components.iter().find(|c| c.id == *id)?;
            let blocks = if count == 1 {
                1
            } else {
                component.across * component.down
            };
            chosen.push(component);
            components.push((*id, blocks, *tables));
        }
        Some(Self {
            groups: frame.groups(&chosen),
            components,
            dc_only: frame.progressive,
            coarse: !frame.progressive || (first == 0 && precision >> 4 == 0),
        })
    }

    /// The names of its components.
    fn ids(&self) -> impl Iterator<Item = u8> {
        self.components.iter().map(|component| component.0)
    }

    /// For each component: blocks in a group, and its codes; `None` if a table was never defined.
    fn codes(&self, tables: &Tables) -> Option<Vec<(u64, Huffman, Option<Huffman>)>> {
        let components = self.components.iter().map(|&(_, blocks, chosen)| {
            let ac = if self.dc_only {
                None
            } else {
                Some(tables.ac(chosen & 15)?)
            };
            Some((blocks, tables.dc(chosen >> 4)?, ac))
        });
        components.collect()
    }

    fn count(&self, tables: &Tables, data: &[u8]) -> Extent {
        let Some(codes) = self.codes(tables) else {
            return Extent::Unknown;
        };
        let per_group: u64 = codes.iter().map(|component| component.0).sum();
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
            match skip_group(&codes, &mut bits) {
                Ok(()) => {}
                // The data goes on after the next restart mark.
                Err(_) if tables.interval > 0 && bits.at_restart() => lost = true,
                Err(Stop::End) => return Extent::Cut { blocks, of },
                Err(Stop::BadCode) => return Extent::Damaged { blocks, of },
            }
        }
        Extent::Whole
    }
}

/// Passes over one group of blocks.
fn skip_group(codes: &[(u64, Huffman, Option<Huffman>)], bits: &mut Bits<'_>) -> Result<(), Stop> {
    for (blocks, dc, ac) in codes {
        for _ in 0..*blocks {
            skip_block(bits, dc, ac.as_ref())?;
        }
    }
    Ok(())
}

/// Passes over one block.
fn skip_block(bits: &mut Bits<'_>, dc: &Huffman, ac: Option<&Huffman>) -> Result<(), Stop> {
    bits.difference(dc)?;
    let Some(ac) = ac else { return Ok(()) };
    let mut place = 1;
    while place < 64 {
        let Some(coefficient) = bits.coefficient(ac)? else {
            break;
        };
        place += coefficient.zeros + 1;
    }
    Ok(())
}
