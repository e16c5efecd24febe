use super::*;

#[test]
fn formats_are_told_by_their_first_bytes() {
    assert_eq!(
        format_letter(&crate::sample_outcome::thumbnail(0, 0)),
        Some(b'j')
    );
    assert_eq!(format_letter(b"\x89PNG\r\n\x1a\n"), Some(b'p'));
    assert_eq!(format_letter(b"RIFF"), None);
    assert_eq!(format_letter(b""), None);
}
