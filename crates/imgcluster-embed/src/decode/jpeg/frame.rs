//! What a JPEG says of its picture and its tables (ITU-T T.81, annex B.2).

use super::bits::{Huffman, Listed};
use super::{Segment, mark};

/// The tables and the restart interval in force.
#[derive(Default)]
pub(super) struct Tables {
    dc: [Option<Listed>; 4],
    ac: [Option<Listed>; 4],
    /// Steps of the 64 coefficients, in zigzag order.
    pub(super) steps: [Option<[u16; 64]>; 4],
    /// Groups of blocks between two restart marks; zero is none.
    pub(super) interval: u64,
}

impl Tables {
    /// Takes over what a segment defines; `None` if that is not well formed.
    pub(super) fn read(&mut self, segment: Segment<'_>) -> Option<()> {
        match segment.mark {
            mark::DHT => self.define(segment.content),
            mark::DRI => self.set_interval(segment.content),
            mark::DQT => self.set_steps(segment.content),
            _ => Some(()),
        }
    }

    /// The codes of the first values of blocks; `None` if there is no such table.
    pub(super) fn dc(&self, place: u8) -> Option<Huffman> {
        let listed = self.dc.get(usize::from(place))?.as_ref()?;
        Some(Huffman::new(listed))
    }

    /// The codes of all other values; `None` if there is no such table.
    pub(super) fn ac(&self, place: u8) -> Option<Huffman> {
        let listed = self.ac.get(usize::from(place))?.as_ref()?;
        Some(Huffman::new(listed))
    }

    fn define(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = match kind >> 4 {
                // No difference between first values takes more bits.
                0 if symbols.iter().all(|size| *size < 16) => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *tables.get_mut(usize::from(kind & 15))? = Some(Listed::new(counts, symbols)?);
            content = rest;
        }
        Some(())
    }

    fn set_interval(&mut self, content: &[u8]) -> Option<()> {
        let interval: [u8; 2] = content.try_into().ok()?;
        self.interval = u64::from(u16::from_be_bytes(interval));
        Some(())
    }

    fn set_steps(&mut self, mut content: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = content.split_first() {
            let mut steps = [0; 64];
            let rest = if kind >> 4 > 1 {
                return None;
            } else if kind >> 4 == 0 {
                let (values, rest) = rest.split_first_chunk::<64>()?;
                steps = values.map(u16::from);
                rest
            } else {
                let (values, rest) = rest.split_first_chunk::<128>()?;
                for (step, value) in steps.iter_mut().zip(values.as_chunks::<2>().0) {
                    *step = u16::from_be_bytes(*value);
                }
                rest
            };
            *self.steps.get_mut(usize::from(kind & 15))? = Some(steps);
            content = rest;
        }
        Some(())
    }
}

/// One of the planes that a picture is stored in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    /// How many blocks of a group lie beside each other.
    pub(super) across: u64,
    /// How many lie below each other.
    pub(super) down: u64,
    /// Which steps its coefficients have.
    pub(super) steps: u8,
}

/// The size of a picture and how its components share it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) width: u64,
    pub(super) height: u64,
    pub(super) progressive: bool,
    /// Bits of a value.
    pub(super) precision: u8,
    pub(super) components: Vec<Component>,
}

impl Frame {
    /// Reads the head of a frame; `None` if it is not well formed.
    pub(super) fn read(segment: Segment<'_>) -> Option<Self> {
        let (head, rest) = segment.content.split_first_chunk::<6>()?;
        let components: Vec<_> = rest
            .as_chunks::<3>()
            .0
            .iter()
            .take(usize::from(head[5]))
            .map(|[id, sampling, steps]| Component {
                id: *id,
                across: u64::from(sampling >> 4),
                down: u64::from(sampling & 15),
                steps: *steps,
            })
            .collect();
        let sampled = components.iter().all(|c| c.across > 0 && c.down > 0);
        let listed = rest.len() == 3 * usize::from(head[5]) && !components.is_empty();
        (sampled && listed).then_some(Self {
            height: u64::from(u16::from_be_bytes([head[1], head[2]])),
            width: u64::from(u16::from_be_bytes([head[3], head[4]])),
            progressive: segment.mark == mark::SOF_PROGRESSIVE,
            precision: head[0],
            components,
        })
    }

    /// Blocks of the largest component in a group: beside and below each other.
    pub(super) fn most(&self) -> (u64, u64) {
        let most = |of: fn(&Component) -> u64| self.components.iter().map(of).max().unwrap_or(1);
        (most(|c| c.across), most(|c| c.down))
    }

    /// How many groups of blocks a pass over these components has.
    pub(super) fn groups(&self, chosen: &[Component]) -> u64 {
        let (across, down) = self.most();
        match chosen {
            [c] => {
                let columns = (self.width * c.across).div_ceil(across).div_ceil(8);
                columns * (self.height * c.down).div_ceil(down).div_ceil(8)
            }
            _ => self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down),
        }
    }
}
