//! Sequential JPEG to planes of values, at full or reduced size.

use super::bits::{Bits, Coefficient, Huffman, Stop};
use super::frame::{Frame, Tables};
use super::transform;
use super::waves::{ZIGZAG, nearest, waves};
use super::{mark, segments};

/// One component of a picture, a byte a value.
pub(super) struct Plane {
    pub(super) values: Vec<u8>,
    /// Values from one row to the next.
    pub(super) stride: usize,
    /// Values in a row that belong to the picture.
    pub(super) width: usize,
    /// Rows that belong to the picture.
    pub(super) height: usize,
}

/// Where the values of a component come from and go to.
pub(super) struct Lane {
    plane: Plane,
    /// Blocks of a group beside and below each other.
    across: usize,
    down: usize,
    /// Values of a block in a row, and its rows.
    size: (usize, usize),
    /// Of blocks of less than full size: what their values are made of.
    waves: Vec<f32>,
    /// Steps of the coefficients, in zigzag order.
    steps: [i32; 64],
}

impl Lane {
    /// Makes the lanes of all components for a picture of which each eight columns and rows become
    /// `side`; `None` if a component is sampled in a way that is not followed here.
    pub(super) fn all(frame: &Frame, tables: &Tables, side: usize) -> Option<Vec<Self>> {
        let (most_across, most_down) = frame.most();
        let lone = frame.components.len() == 1;
        let lanes = frame.components.iter().map(|component| {
            let (across, down) = if lone {
                (1, 1)
            } else {
                (component.across as usize, component.down as usize)
            };
            let (most_across, most_down) = if lone {
                (1, 1)
            } else {
                (most_across as usize, most_down as usize)
            };
            let values_of_block = |own: usize, most: usize| {
                let wanted = side * most / own;
                let followed = most.is_multiple_of(own) && wanted.is_power_of_two() && wanted <= 16;
                followed.then_some(wanted.min(8))
            };
            let block = (
                values_of_block(across, most_across)?,
                values_of_block(down, most_down)?,
            );
            // The parts of the picture that this component's values stand for.
            let values = |length: u64, own: usize, size: usize, most: usize| {
                (length as usize * own * size).div_ceil(8 * most)
            };
            let groups = |length: u64, most: usize| (length as usize).div_ceil(8 * most);
            let stride = groups(frame.width, most_across) * across * block.0;
            let rows = groups(frame.height, most_down) * down * block.1;
            let steps = (*tables.steps.get(usize::from(component.steps))?)?;
            Some(Self {
                plane: Plane {
                    values: vec![0; stride * rows],
                    stride,
                    width: values(frame.width, across, block.0, most_across),
                    height: values(frame.height, down, block.1, most_down),
                },
                across,
                down,
                size: block,
                waves: if block == (8, 8) {
                    Vec::new()
                } else {
                    waves(block.0, block.1, &steps)
                },
                steps: steps.map(i32::from),
            })
        });
        lanes.collect()
    }

    /// Decodes one block to the place of this column and row of blocks.
    fn block(
        &mut self,
        at: (usize, usize),
        bits: &mut Bits<'_>,
        codes: &mut Codes,
    ) -> Result<(), Stop> {
        match self.size.0 * self.size.1 {
            1 => self.sized::<1>(at, bits, codes),
            2 => self.sized::<2>(at, bits, codes),
            4 => self.sized::<4>(at, bits, codes),
            8 => self.sized::<8>(at, bits, codes),
            16 => self.sized::<16>(at, bits, codes),
            32 => self.sized::<32>(at, bits, codes),
            _ => self.full(at, bits, codes),
        }
    }

    fn full(
        &mut self,
        at: (usize, usize),
        bits: &mut Bits<'_>,
        codes: &mut Codes,
    ) -> Result<(), Stop> {
        let mut rows = [0; 64];
        let flat = codes.coefficients(bits, &self.steps, &mut rows)?;
        self.put(at, &transform::values(&rows, flat));
        Ok(())
    }

    fn sized<const COUNT: usize>(
        &mut self,
        at: (usize, usize),
        bits: &mut Bits<'_>,
        codes: &mut Codes,
    ) -> Result<(), Stop> {
        let mut values = [0.0; COUNT];
        codes.block(bits, self.waves.as_chunks().0, &mut values)?;
        self.put(at, &values.map(nearest));
        Ok(())
    }

    /// Computes the block of this column and row of blocks from its coefficients.
    pub(super) fn place(&mut self, at: (usize, usize), coefficients: &[i16; 64]) {
        match self.size.0 * self.size.1 {
            1 => self.place_sized::<1>(at, coefficients),
            2 => self.place_sized::<2>(at, coefficients),
            4 => self.place_sized::<4>(at, coefficients),
            8 => self.place_sized::<8>(at, coefficients),
            16 => self.place_sized::<16>(at, coefficients),
            32 => self.place_sized::<32>(at, coefficients),
            _ => self.place_full(at, coefficients),
        }
    }

    fn place_full(&mut self, at: (usize, usize), coefficients: &[i16; 64]) {
        let mut rows = [0; 64];
        for ((place, step), coefficient) in ZIGZAG.iter().zip(&self.steps).zip(coefficients) {
            rows[usize::from(*place)] = i32::from(*coefficient) * step;
        }
        let flat = coefficients[1..]
            .iter()
            .all(|coefficient| *coefficient == 0);
        self.put(at, &transform::values(&rows, flat));
    }

    fn place_sized<const COUNT: usize>(&mut self, at: (usize, usize), coefficients: &[i16; 64]) {
        let mut values = [128.0; COUNT];
        let waves = self.waves.as_chunks::<COUNT>().0;
        for (coefficient, wave) in coefficients.iter().zip(waves) {
            if *coefficient != 0 {
                add(&mut values, *coefficient, wave);
            }
        }
        self.put(at, &values.map(nearest));
    }

    /// The plane, once all its blocks are there.
    pub(super) fn into_plane(self) -> Plane {
        self.plane
    }

    fn put<const COUNT: usize>(&mut self, at: (usize, usize), bytes: &[u8; COUNT]) {
        let stride = self.plane.stride;
        let start = at.1 * self.size.1 * stride + at.0 * self.size.0;
        let plane = &mut self.plane.values[start..];
        match self.size.0 {
            1 => put_rows::<1>(plane, stride, bytes),
            2 => put_rows::<2>(plane, stride, bytes),
            4 => put_rows::<4>(plane, stride, bytes),
            _ => put_rows::<8>(plane, stride, bytes),
        }
    }
}

fn put_rows<const WIDTH: usize>(plane: &mut [u8], stride: usize, values: &[u8]) {
    for (line, row) in plane.chunks_mut(stride).zip(values.as_chunks::<WIDTH>().0) {
        line[..WIDTH].copy_from_slice(row);
    }
}

/// Adds the wave of one coefficient.
#[inline]
fn add<const COUNT: usize>(values: &mut [f32; COUNT], coefficient: i16, wave: &[f32; COUNT]) {
    for (value, wave) in values.iter_mut().zip(wave) {
        *value += f32::from(coefficient) * wave;
    }
}

/// What the values of a component are coded with, and the first value of the block before.
struct Codes {
    dc: Huffman,
    ac: Huffman,
    before: i32,
}

impl Codes {
    /// The values of the next block, from 0 to 255 but for rounding.
    #[inline]
    fn block<const COUNT: usize>(
        &mut self,
        bits: &mut Bits<'_>,
        waves: &[[f32; COUNT]],
        values: &mut [f32; COUNT],
    ) -> Result<(), Stop> {
        let difference = bits.difference(&self.dc)?;
        self.before = self.before.wrapping_add(difference);
        for (value, wave) in values.iter_mut().zip(&waves[0]) {
            *value = wave * self.before as f32 + 128.0;
        }
        let mut place = 1;
        while place < 64 {
            let Some(Coefficient { value, zeros, .. }) = bits.coefficient(&self.ac)? else {
                break;
            };
            place += usize::from(zeros);
            let wave = waves.get(place).ok_or(Stop::BadCode)?;
            add(values, value, wave);
            place += 1;
        }
        Ok(())
    }

    /// The coefficients of the next block times their steps, in rows; tells whether all but the
    /// first are zero.
    #[inline]
    fn coefficients(
        &mut self,
        bits: &mut Bits<'_>,
        steps: &[i32; 64],
        rows: &mut [i32; 64],
    ) -> Result<bool, Stop> {
        let difference = bits.difference(&self.dc)?;
        self.before = self.before.wrapping_add(difference);
        rows[0] = self.before.wrapping_mul(steps[0]);
        let mut place = 1;
        while place < 64 {
            let Some(Coefficient { value, zeros, .. }) = bits.coefficient(&self.ac)? else {
                break;
            };
            place += usize::from(zeros);
            let (row, step) = (ZIGZAG.get(place), steps.get(place));
            let (row, step) = row.zip(step).ok_or(Stop::BadCode)?;
            rows[usize::from(*row & 63)] = i32::from(value) * step;
            place += 1;
        }
        Ok(place == 1)
    }
}

/// Decodes a sequential picture of one pass; each eight columns and rows become `side`. `None` if
/// it is built in another way or its data are not whole.
pub(super) fn decode(bytes: &[u8], side: usize) -> Option<Vec<Plane>> {
    let mut tables = Tables::default();
    let mut frame = None;
    for segment in segments(bytes) {
        match segment.mark {
            mark::SOF_BASELINE | mark::SOF_EXTENDED if frame.is_none() => {
                frame = Some(Frame::read(segment)?);
            }
            mark::SOS => {
                let frame = frame?;
                let mut lanes = Lane::all(&frame, &tables, side)?;
                let data = &bytes[segment.end..];
                pass(&frame, &tables, segment.content, data, &mut lanes)?;
                return Some(lanes.into_iter().map(Lane::into_plane).collect());
            }
            0xc0..=0xcf if segment.mark != mark::DHT => return None,
            _ => tables.read(segment)?,
        }
    }
    None
}

/// Decodes the one pass over all components.
fn pass(
    frame: &Frame,
    tables: &Tables,
    head: &[u8],
    data: &[u8],
    lanes: &mut [Lane],
) -> Option<()> {
    let (&count, rest) = head.split_first()?;
    let selected = rest.get(..usize::from(count) * 2)?.as_chunks::<2>().0;
    if selected.len() != lanes.len() {
        return None;
    }
    let mut codes = Vec::with_capacity(lanes.len());
    for ([id, chosen], component) in selected.iter().zip(&frame.components) {
        if *id != component.id {
            return None;
        }
        codes.push(Codes {
            dc: tables.dc(chosen >> 4)?,
            ac: tables.ac(chosen & 15)?,
            before: 0,
        });
    }
    let (across, down) = if lanes.len() == 1 {
        (1, 1)
    } else {
        frame.most()
    };
    let columns = frame.width.div_ceil(8 * across);
    let groups = columns * frame.height.div_ceil(8 * down);
    let mut bits = Bits::new(data);
    for group in 0..groups {
        if tables.interval > 0 && group > 0 && group % tables.interval == 0 {
            if !bits.restart_here() {
                return None;
            }
            for codes in &mut codes {
                codes.before = 0;
            }
        }
        let (column, row) = ((group % columns) as usize, (group / columns) as usize);
        for (lane, codes) in lanes.iter_mut().zip(&mut codes) {
            for y in 0..lane.down {
                for x in 0..lane.across {
                    let at = (column * lane.across + x, row * lane.down + y);
                    lane.block(at, &mut bits, codes).ok()?;
                }
            }
        }
    }
    Some(())
}
