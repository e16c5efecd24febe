//! The chunks of a PNG that the decoder does not tell of.

use std::borrow::Cow;

/// What a file is made whole with if it lacks nothing but its end mark.
const END: [u8; 12] = *b"\0\0\0\0IEND\xae\x42\x60\x82";

/// What the chunks of a PNG say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Chunks<'a> {
    /// Width and height.
    pub(super) size: Option<(u32, u32)>,
    /// The EXIF block, which may stand anywhere.
    pub(super) exif: Option<&'a [u8]>,
    /// Whether the file stops right after picture data where the end mark should be.
    endless: bool,
}

impl<'a> Chunks<'a> {
    /// Reads the chunks up to the end mark.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let mut chunks = Self::default();
        let (mut at, mut data) = (8, false);
        loop {
            let Some([a, b, c, d, kind @ ..]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>)
            else {
                chunks.endless = data && at == bytes.len();
                return chunks;
            };
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let content = bytes.get(at + 8..at + 8 + length).unwrap_or_default();
            match kind {
                b"IHDR" => chunks.size = chunks.size.or(size(content)),
                b"eXIf" => chunks.exif = chunks.exif.or(Some(content)),
                b"IDAT" => data = true,
                b"IEND" => return chunks,
                _ => {}
            }
            at += 12 + length;
        }
    }

    /// The file, with an end mark if that is what it lacks. If picture data is missing too, the
    /// decoder still finds out.
    pub(super) fn with_end<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if self.endless {
            Cow::Owned([bytes, &END].concat())
        } else {
            Cow::Borrowed(bytes)
        }
    }
}

fn size(header: &[u8]) -> Option<(u32, u32)> {
    let (width, rest) = header.split_first_chunk()?;
    let height = rest.first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &str, content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_be_bytes();
        [&length[..], kind.as_bytes(), content, &[0; 4]].concat()
    }

    #[test]
    fn a_cut_at_any_place_is_survived_and_only_a_clean_one_is_mended() {
        let header = chunk("IHDR", &[0, 0, 0, 5, 0, 0, 1, 0]);
        let parts = [
            header,
            chunk("IDAT", &[1, 2]),
            chunk("eXIf", b"II"),
            chunk("IEND", &[]),
        ];
        let bytes = [&[0; 8][..], &parts.concat()].concat();
        let whole = Chunks::of(&bytes);
        assert_eq!((whole.size, whole.exif), (Some((5, 256)), Some(&b"II"[..])));
        let ends = [bytes.len() - 12, bytes.len() - 26]; // after eXIf, after IDAT
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            let mended = Chunks::of(cut).with_end(cut).len() > length;
            assert_eq!(mended, ends.contains(&length), "cut to {length}");
        }
    }
}
