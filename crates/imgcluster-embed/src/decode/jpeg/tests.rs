use super::*;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

/// A picture with detail everywhere, encoded as baseline JPEG.
fn encoded(width: u32, height: u32) -> Vec<u8> {
    let value = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let rgb: Vec<u8> = (0..width * height * 3).map(value).collect();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 60)
        .encode(&rgb, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

#[test]
fn an_encoded_picture_is_whole_at_any_size_with_and_without_its_end_mark() {
    for (width, height) in [(1, 1), (8, 8), (9, 17), (64, 40), (200, 3)] {
        let bytes = encoded(width, height);
        assert_eq!(entropy::extent(&bytes), Extent::Whole, "{width} × {height}");
        let endless = &bytes[..bytes.len() - 2];
        assert_eq!(
            entropy::extent(endless),
            Extent::Whole,
            "{width} × {height}"
        );
        assert!(Outline::of(&bytes).ended && !Outline::of(endless).ended);
    }
}

#[test]
fn the_further_a_file_is_cut_the_less_of_it_is_there() {
    let bytes = encoded(96, 96);
    let start = segments(&bytes).find(|s| s.mark == mark::SOS).unwrap().end;
    let mut before = 0;
    for length in (start..bytes.len() - 8).step_by(7) {
        let Extent::Cut { blocks, of } = entropy::extent(&bytes[..length]) else {
            panic!("{length} of {} bytes were taken for whole", bytes.len());
        };
        assert!(blocks >= before && blocks < of && of == 144 * 3);
        before = blocks;
    }
    assert!(before > 400);
}

#[test]
fn a_cut_file_with_an_end_mark_put_on_is_found_by_its_repeating_end() {
    let bytes = encoded(96, 96);
    let mut mended = bytes[..bytes.len() / 2].to_vec();
    mended.extend([0xff, mark::EOI]);
    let outline = Outline::of(&mended);
    assert!(outline.ended);
    let decoded = image::load_from_memory(&mended).unwrap().to_rgb8();
    let reason = outline.missing(&mended, 96, &decoded).unwrap();
    assert!(reason.starts_with("truncated: 4"), "{reason}");
}

#[test]
fn no_cut_and_no_changed_byte_makes_the_reader_of_parts_panic() {
    let bytes = encoded(24, 24);
    for at in 0..bytes.len() {
        let _ = (Outline::of(&bytes[..at]), entropy::extent(&bytes[..at]));
        for value in [0, 0xff, bytes[at] ^ 0x10] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let _ = (Outline::of(&changed), entropy::extent(&changed));
        }
    }
    assert_eq!(entropy::extent(&[]), Extent::Unknown);
}

#[test]
fn only_a_repeating_end_is_suspected() {
    let row = |value: fn(usize) -> u8| (0..64 * 3).map(value).collect::<Vec<u8>>();
    let flat = row(|_| 128).repeat(16);
    let varied = row(|i| (i / 7) as u8).repeat(16);
    assert!(ends_alike(64, &flat));
    assert!(!ends_alike(64, &varied));
    assert!(ends_alike(3, &varied[..9]), "too small to tell");
}

#[test]
fn what_follows_the_end_mark_is_told_apart() {
    let bytes = encoded(16, 16);
    let padded = [&bytes[..], &[0; 99]].concat();
    assert_eq!(Outline::of(&padded).end, Some(bytes.len()));
    assert_eq!(Outline::of(&bytes[..bytes.len() - 1]).end, None);
}

#[test]
fn a_progressive_picture_without_its_end_mark_may_lack_passes() {
    let mut bytes = encoded(96, 96);
    let frame = segments(&bytes).find(|s| s.mark == mark::SOF_BASELINE);
    let at = frame.map(|s| s.end - s.content.len() - 3).unwrap();
    bytes[at] = mark::SOF_PROGRESSIVE;
    let outline = Outline::of(&bytes[..bytes.len() - 2]);
    let reason = outline.missing(&bytes, 96, &[]).unwrap();
    assert!(
        reason.starts_with("truncated: without its end mark"),
        "{reason}"
    );
}
