//! Which files belong to a picture, told by their names.

/// What a file beside pictures is, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The photo itself: a camera's RAW file, or the video of a Live Photo. Shares the stem.
    Companion,
    /// What is said about a photo. Shares the stem, or begins with the whole name.
    Note,
}

const RAW: [&str; 31] = [
    "3fr", "ari", "arw", "bay", "cap", "cr2", "cr3", "crw", "dcr", "dng", "erf", "fff", "gpr",
    "iiq", "k25", "kdc", "mef", "mos", "mrw", "nef", "nrw", "orf", "pef", "raf", "raw", "rw2",
    "rwl", "sr2", "srf", "srw", "x3f",
];
const VIDEO: [&str; 2] = ["mov", "mp4"];
/// Pictures of all kinds, those among them that no program here can decode.
const PICTURES: [&str; 16] = [
    "avif", "bmp", "gif", "heic", "heif", "jfif", "jpe", "jpeg", "jpg", "jxl", "png", "psd", "svg",
    "tif", "tiff", "webp",
];
const NOTES: [&str; 7] = ["aae", "dop", "json", "pp3", "thm", "txt", "xmp"];

/// Splits a name at its last dot; a name that begins with its only dot has no extension.
pub(crate) fn split(name: &[u8]) -> (&[u8], &[u8]) {
    match name.iter().rposition(|byte| *byte == b'.') {
        None | Some(0) => (name, &[]),
        Some(dot) => (&name[..dot], &name[dot + 1..]),
    }
}

fn is_any(extension: &[u8], list: &[&str]) -> bool {
    list.iter()
        .any(|one| extension.eq_ignore_ascii_case(one.as_bytes()))
}

/// Whether the name is that of a RAW file.
pub(super) fn is_raw(name: &[u8]) -> bool {
    let (_, extension) = split(name);
    is_any(extension, &RAW)
}

/// Whether a file of this name, which nobody could look into, may be a picture.
pub(super) fn may_be_picture(name: &[u8]) -> bool {
    let (_, extension) = split(name);
    is_any(extension, &PICTURES) || is_raw(name)
}

/// What a file of this name is to a picture beside it, if it may be anything.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    let (_, extension) = split(name);
    if is_raw(name) || is_any(extension, &VIDEO) {
        Some(Kind::Companion)
    } else if is_any(extension, &NOTES) {
        Some(Kind::Note)
    } else {
        None
    }
}

/// The names that a note may belong to: whole names of pictures, and stems.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct About {
    /// Whole names; the first that a picture has is the one.
    pub(super) names: Vec<Vec<u8>>,
    /// The stem, if no picture has such a name.
    pub(super) stem: Vec<u8>,
}

/// Tells what a note is about by its name.
///
/// `x.xmp` is about the stem `x`, and `x.jpg.xmp` about `x.jpg`; `x.cr2.xmp` and `x.mov.json`, about
/// what belongs to a picture itself, go by the stem `x`. An export of Google Photos has
/// `x.jpg.supplemental-metadata.json`, in which the last word is cut, down to its first letter, where
/// names get too long, and puts the number of `x(1).jpg` at the end: `x.jpg(1).json`,
/// `x.jpg.supplemental-metadata(1).json`.
pub(super) fn about(name: &[u8]) -> About {
    let (rest, extension) = split(name);
    let mut names = vec![rest.to_vec()];
    if extension.eq_ignore_ascii_case(b"json") {
        let (base, number) = numbered(rest);
        let uncut = without_google_word(base);
        for candidate in [uncut, base] {
            names.push(with_number(candidate, number));
        }
    }
    let (before, _) = split(rest);
    let belongs = kind(rest) == Some(Kind::Companion);
    About {
        names,
        stem: if belongs { before } else { rest }.to_vec(),
    }
}

/// Parts `(1)` from the end of a name.
fn numbered(name: &[u8]) -> (&[u8], &[u8]) {
    let Some(inner) = name.strip_suffix(b")") else {
        return (name, &[]);
    };
    let digits = inner
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    match inner[..inner.len() - digits].strip_suffix(b"(") {
        Some(base) if digits > 0 => name.split_at(base.len()),
        _ => (name, &[]),
    }
}

/// Puts `(1)` where the picture has it, before its extension.
fn with_number(name: &[u8], number: &[u8]) -> Vec<u8> {
    let (stem, extension) = split(name);
    if extension.is_empty() {
        [name, number].concat()
    } else {
        [stem, number, b".", extension].concat()
    }
}

/// Parts `.supplemental-metadata`, or what is left of it, from the end of a name.
fn without_google_word(name: &[u8]) -> &[u8] {
    const WORD: &[u8] = b"supplemental-metadata";
    match split(name) {
        (before, word) if !word.is_empty() && WORD.starts_with(word) => before,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> Vec<String> {
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        about(name.as_bytes()).names.iter().map(text).collect()
    }

    fn stem(name: &str) -> String {
        String::from_utf8(about(name.as_bytes()).stem).unwrap()
    }

    #[test]
    fn only_known_ends_of_names_are_sidecars() {
        for name in [
            "", ".", "x", "x.", ".xmp", "x.jpg", "x.npz", "xmp", "x.xmp2", "x.npy",
        ] {
            assert_eq!(kind(name.as_bytes()), None, "{name}");
        }
        for name in [
            "x.xmp",
            "x.XMP",
            "x.jpg.xmp",
            "x.aae",
            "x.txt",
            "x.json",
            "x.thm",
        ] {
            assert_eq!(kind(name.as_bytes()), Some(Kind::Note), "{name}");
        }
        for name in [
            "x.CR2", "x.cr3", "x.nef", "x.dng", "x.x3f", "x.mov", "x.MP4",
        ] {
            assert_eq!(kind(name.as_bytes()), Some(Kind::Companion), "{name}");
        }
    }

    #[test]
    fn what_may_be_a_picture_is_told_by_the_end_of_its_name() {
        for name in ["x.jpg", "x.JPEG", "x.webp", "x.tiff", "x.heic", "x.NEF"] {
            assert!(may_be_picture(name.as_bytes()), "{name}");
        }
        for name in ["", "x", "jpg", "x.npz", "x.log", "x.pdf", "x.txt", "x.mov"] {
            assert!(!may_be_picture(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_note_is_about_a_whole_name_or_a_stem() {
        assert_eq!(
            (names("x.xmp"), stem("x.xmp")),
            (vec!["x".into()], "x".into())
        );
        assert_eq!(names("x.jpg.xmp"), ["x.jpg"]);
        assert_eq!(stem("x.CR2.xmp"), "x");
        assert_eq!(stem("x.MOV.json"), "x");
        assert_eq!(stem("x.y.txt"), "x.y");
    }

    #[test]
    fn notes_of_google_photos_are_about_the_picture_in_their_name() {
        for name in [
            "x.jpg.json",
            "x.jpg.supplemental-metadata.json",
            "x.jpg.supplemental-me.json",
            "x.jpg.s.json",
        ] {
            assert!(names(name).contains(&"x.jpg".to_owned()), "{name}");
        }
        for name in ["x.jpg(1).json", "x.jpg.supplemental-metadata(1).json"] {
            assert!(names(name).contains(&"x(1).jpg".to_owned()), "{name}");
            assert!(!names(name).contains(&"x.jpg".to_owned()), "{name}");
        }
        for name in [
            "x.jpg.supplement.xmp",
            "x.jpg.other.json",
            "x.jpg().json",
            "x.jpg(a).json",
        ] {
            let names = names(name);
            assert!(
                !names
                    .iter()
                    .any(|name| name == "x.jpg" || name.contains('1')),
                "{names:?}"
            );
        }
    }

    #[test]
    fn the_lists_are_in_order_and_in_small_letters() {
        for list in [&RAW[..], &VIDEO, &PICTURES, &NOTES] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|one| *one == one.to_lowercase()));
        }
    }
}
