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

/// A smooth picture with detail, so that nothing is cut off at black or white.
fn gentle(width: u32, height: u32) -> Vec<u8> {
    let rgb: Vec<u8> = (0..width * height)
        .flat_map(|i| {
            let (x, y) = (i % width, i / width);
            let wave = |step: u32| (90 + (x * step + y * 3) % 64) as u8;
            [wave(2), wave(5), wave(1)]
        })
        .collect();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode(&rgb, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

fn planned(bytes: &[u8], block: u32) -> Plan {
    let plan = Plan::of(bytes, &Outline::of(bytes), None).unwrap();
    Plan {
        block: std::num::NonZeroU32::new(block).unwrap(),
        ..plan
    }
}

#[test]
fn our_own_decoding_is_that_of_the_other_decoder_up_to_rounding() {
    for (width, height) in [(1, 1), (7, 9), (16, 8), (61, 43), (160, 90)] {
        for bytes in [gentle(width, height), encoded(width, height)] {
            let other = image::load_from_memory(&bytes).unwrap().to_rgb8();
            let own = own::decode(&planned(&bytes, 1), &bytes).unwrap();
            assert_eq!(own.len(), other.len());
            assert!(
                own.iter()
                    .zip(other.iter())
                    .all(|(a, b)| a.abs_diff(*b) <= 4)
            );
        }
    }
}

#[test]
fn what_decodes_for_models_is_our_own_decoding_up_to_the_rounding_of_reduced_blocks() {
    // At full size the transform is libjpeg's own, rounding included.
    for (block, most) in [(1, 0), (2, 2), (4, 2), (8, 2)] {
        let bytes = gentle(203, 131);
        let plan = planned(&bytes, block);
        let (own, used) = (own::decode(&plan, &bytes), plan.decode(&bytes));
        let (own, used) = (own.unwrap(), used.unwrap());
        let far = own.iter().zip(&used).find(|(a, b)| a.abs_diff(**b) > most);
        assert_eq!(far, None, "{block}");
    }
}

#[test]
fn a_reduced_picture_holds_the_means_of_the_full_one() {
    let bytes = gentle(203, 131);
    let full = own::decode(&planned(&bytes, 1), &bytes).unwrap();
    for block in [2, 4, 8] {
        let plan = planned(&bytes, block);
        let reduced = own::decode(&plan, &bytes).unwrap();
        let (width, height) = plan.size();
        assert_eq!(reduced.len(), (width * height * 3) as usize);
        // Whole blocks only: those at the edge hold what lies beyond it too.
        for (x, y) in (0..131 / block).flat_map(|y| (0..203 / block).map(move |x| (x, y))) {
            for channel in 0..3 {
                let places = (0..block).flat_map(|row| (0..block).map(move |column| (row, column)));
                let values = places.map(|(row, column)| {
                    let at = (y * block + row) * 203 + x * block + column;
                    u32::from(full[at as usize * 3 + channel])
                });
                let mean = f64::from(values.sum::<u32>()) / f64::from(block * block);
                let got = f64::from(reduced[(y * width + x) as usize * 3 + channel]);
                // Luma and chroma are rounded once in the one, and many times in the other.
                assert!((got - mean).abs() <= 3.0, "{block}: {got} for {mean}");
            }
        }
    }
}

#[test]
fn a_picture_is_reduced_only_while_three_pixels_are_left_for_one() {
    let bytes = gentle(203, 131);
    let block = |shorter| {
        let shorter = std::num::NonZeroU32::new(shorter);
        Plan::of(&bytes, &Outline::of(&bytes), shorter)
            .unwrap()
            .block
            .get()
    };
    assert_eq!(
        [5, 6, 10, 11, 21, 22, 999].map(block),
        [8, 4, 4, 2, 2, 1, 1]
    );
}

#[test]
fn what_is_not_whole_is_left_to_the_other_decoder() {
    let bytes = gentle(64, 48);
    let plan = planned(&bytes, 2);
    assert!(plan.decode(&bytes).is_some());
    let start = segments(&bytes).find(|s| s.mark == mark::SOS).unwrap().end;
    for length in (start..bytes.len() - 8).step_by(11) {
        assert_eq!(plan.decode(&bytes[..length]), None, "cut to {length}");
    }
    assert_eq!(own::decode(&plan, &[]), None);
}

#[test]
fn no_changed_byte_makes_our_own_decoding_panic_or_read_what_is_refused_elsewhere() {
    let bytes = gentle(24, 24);
    for at in 0..bytes.len() {
        for value in [0, 0xff, bytes[at] ^ 0x10] {
            let mut changed = bytes.clone();
            changed[at] = value;
            if let Some(plan) = Plan::of(&changed, &Outline::of(&changed), None) {
                // A size that is read as a huge one is refused before this by its pixels.
                if plan.size().0 < 2000 && plan.size().1 < 2000 {
                    let own = own::decode(&plan, &changed);
                    assert!(
                        own.is_none() || refused(&changed).is_none(),
                        "{value} at {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn colours_that_are_not_luma_and_chroma_are_left_to_the_other_decoder() {
    let bytes = gentle(16, 16);
    let adobe = |kind: u8| {
        let mark = [
            &[0xff, mark::APP14, 0, 14][..],
            b"Adobe",
            &[0, 100, 0, 0, 0, 0, kind],
        ]
        .concat();
        [&bytes[..2], &mark, &bytes[2..]].concat()
    };
    let plan = |bytes: &[u8]| Plan::of(bytes, &Outline::of(bytes), None);
    assert!(plan(&adobe(1)).is_some());
    assert!(plan(&adobe(0)).is_none() && plan(&adobe(2)).is_none());
}

/// A part of a file: its mark, its length and its content.
fn segment(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xff, kind][..], &length, content].concat()
}

/// A gray progressive picture of 8 × 8 pixels of which one pass gives the first value: the one
/// code, `0`, says that it does not differ from 0. What is in `extra` comes before the end mark.
fn one_gray_block(components: u8, extra: &[u8]) -> Vec<u8> {
    let mut table = vec![0; 65];
    table[1..].fill(16);
    let mut frame = vec![8, 0, 8, 0, 8, components];
    for id in 1..=components {
        frame.extend([id, 0x11, 0]);
    }
    let mut codes = vec![0; 18];
    codes[1] = 1;
    [
        &[0xff, 0xd8][..],
        &segment(mark::DQT, &table),
        &segment(mark::SOF_PROGRESSIVE, &frame),
        &segment(mark::DHT, &codes),
        &segment(mark::SOS, &[1, 1, 0, 0, 0, 0]),
        &[0x7f],
        extra,
        &[0xff, mark::EOI],
    ]
    .concat()
}

/// Why the decoder of all formats refuses a file, if it does.
fn refused(bytes: &[u8]) -> Option<String> {
    let read = image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg);
    read.err().map(|error| error.to_string())
}

fn followed(bytes: &[u8]) -> Option<Vec<u8>> {
    let plan = Plan::of(bytes, &Outline::of(bytes), None)?;
    own::decode(&plan, bytes)
}

#[test]
fn a_progressive_picture_of_one_pass_is_followed_only_if_every_component_has_one() {
    assert_eq!(followed(&one_gray_block(1, &[])), Some(vec![128; 192]));
    assert_eq!(
        followed(&one_gray_block(3, &[])),
        None,
        "gray for want of a pass"
    );
    let others: Vec<u8> = (2..=3)
        .flat_map(|id| [segment(mark::SOS, &[1, id, 0, 0, 0, 0]), vec![0x7f]].concat())
        .collect();
    assert_eq!(followed(&one_gray_block(3, &others)), Some(vec![128; 192]));
}

#[test]
fn steps_that_change_between_passes_and_passes_over_nothing_are_not_followed() {
    let again = segment(mark::DQT, &[[0].as_slice(), &[9; 64]].concat());
    assert_eq!(followed(&one_gray_block(1, &again)), None);
    let nothing = segment(mark::SOS, &[0, 0, 0, 0]);
    assert_eq!(followed(&one_gray_block(1, &nothing)), None);
}

#[test]
fn thousands_of_passes_are_not_followed() {
    let pass = [segment(mark::SOS, &[1, 1, 0, 0, 0, 0]), vec![0x7f]].concat();
    assert!(followed(&one_gray_block(1, &pass.repeat(60))).is_some());
    assert!(followed(&one_gray_block(1, &pass.repeat(5000))).is_none());
}

#[test]
fn a_frame_that_lists_fewer_components_than_it_counts_is_not_followed() {
    let mut bytes = one_gray_block(1, &[]);
    assert!(followed(&bytes).is_some());
    let frame = segments(&bytes).find(|s| s.mark == mark::SOF_PROGRESSIVE);
    let at = frame.map(|s| s.end - 4).unwrap();
    bytes[at] = 3;
    assert_eq!(followed(&bytes), None);
}

#[test]
fn a_restart_mark_is_passed_only_where_it_stands() {
    let passed = |data: &[u8]| bits::Bits::new(data).restart_here();
    assert!(passed(&[0xff, 0xd0]) && passed(&[0xff, 0xff, 0xff, 0xd3]));
    let elsewhere: [&[u8]; 5] = [
        &[],
        &[0xff],
        &[0xff, 0],
        &[0xff, 0xff, 0, 0xff, 0xd0],
        &[1, 0xff, 0xd0],
    ];
    assert!(!elsewhere.into_iter().any(passed));
}

#[test]
fn bytes_between_the_parts_are_not_followed_unless_they_fill() {
    let bytes = gentle(16, 16);
    let with = |between: &[u8]| [&bytes[..2], between, &bytes[2..]].concat();
    assert!(followed(&with(&[])).is_some());
    assert!(followed(&with(&[0xff; 3])).is_some());
    assert!(followed(&with(&[0])).is_none() && followed(&with(&[0xff, 0xd0])).is_none());
}

/// A list of codes: its kind and place, how many there are of each length, and their symbols.
fn list(kind: u8, counts: &[u8], symbols: &[u8]) -> Vec<u8> {
    let mut content = vec![kind];
    content.extend(counts);
    content.resize(17, 0);
    content.extend(symbols);
    segment(mark::DHT, &content)
}

#[test]
fn codes_that_cannot_be_are_refused_by_both_decoders_even_where_none_uses_them() {
    let pass = [segment(mark::SOS, &[1, 1, 0, 0, 0, 0x10]), vec![0x7f]].concat();
    let with = |list: Vec<u8>| one_gray_block(1, &[list, pass.clone()].concat());
    let sound = [
        list(3, &[1], &[0]),
        list(0x13, &[0, 3], &[0, 255, 17]),
        list(2, &[], &[]),
    ];
    for list in sound {
        assert!(followed(&with(list.clone())).is_some(), "{list:?}");
        assert_eq!(refused(&with(list)), None);
    }
    let broken = [
        list(3, &[3], &[0, 1, 2]),
        list(3, &[2], &[0, 1]), // `1` is all ones
        list(3, &[0, 4], &[0, 1, 2, 3]),
        list(3, &[1], &[16]), // a difference of 16 bits
        list(4, &[1], &[0]),
        list(0x23, &[1], &[0]),
        list(3, &[1], &[]),
        list(3, &[1], &[0, 0]),
        vec![0xff, mark::DHT, 0, 1],
    ];
    for list in broken {
        assert_eq!(followed(&with(list.clone())), None, "{list:?}");
        assert!(refused(&with(list)).is_some());
    }
}

#[test]
fn parts_between_passes_that_the_other_decoder_refuses_are_not_followed() {
    let pass = [segment(mark::SOS, &[1, 1, 0, 0, 0, 0x10]), vec![0x7f]].concat();
    let with = |part: &[u8]| one_gray_block(1, &[part, &pass].concat());
    let sound = [segment(mark::COM, b"by hand"), segment(mark::DRI, &[0, 0])];
    for part in sound {
        assert!(followed(&with(&part)).is_some(), "{part:?}");
        assert_eq!(refused(&with(&part)), None);
    }
    let sos = |content: &[u8]| [segment(mark::SOS, content), vec![0x7f]].concat();
    let broken = [
        segment(mark::DRI, &[0, 0, 0]),
        segment(0xdc, &[0, 8]),
        segment(mark::SOF_PROGRESSIVE, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        vec![0xff, mark::COM, 0, 0],
        sos(&[1, 1, 0, 0, 0, 0xe0]),
        sos(&[2, 1, 0, 1, 0, 0, 0, 0x10]),
        sos(&[1, 2, 0, 0, 0, 0x10]),
        sos(&[1, 1, 0, 0, 0, 0x10, 0]),
        sos(&[1, 1, 0, 64, 64, 0]),
    ];
    for part in broken {
        assert_eq!(followed(&with(&part)), None, "{part:?}");
        assert!(refused(&with(&part)).is_some(), "{part:?}");
    }
}

#[test]
fn what_comes_after_the_one_pass_is_not_followed_unless_it_ends_the_picture() {
    let bytes = gentle(16, 16);
    let endless = &bytes[..bytes.len() - 2];
    assert!(followed(&bytes).is_some() && followed(endless).is_some());
    let after = |part: &[u8]| followed(&[endless, part].concat());
    assert_eq!(after(&[0xff, mark::DQT, 0]), None, "cut short");
    assert_eq!(after(&segment(mark::COM, b"later")), None);
    assert_eq!(after(&[0xff, mark::SOF_BASELINE]), None);
}

#[test]
fn a_first_pass_with_more_data_than_it_holds_is_refused_by_both_decoders() {
    let (short, long) = (one_gray_block(1, &[]), one_gray_block(1, &[0x7f; 9]));
    assert!(followed(&short).is_some() && refused(&short).is_none());
    assert!(followed(&long).is_none() && refused(&long).is_some());
}

#[test]
fn a_component_is_counted_once_however_many_passes_go_over_it() {
    let bytes = encoded(96, 96);
    let pass = segments(&bytes).find(|s| s.mark == mark::SOS).unwrap();
    let again = segment(mark::SOS, pass.content);
    let twice = [&bytes[..bytes.len() - 2], &again, &[0xff, mark::EOI]].concat();
    assert_eq!(entropy::extent(&twice), Extent::Whole);
    let only_then = [&bytes[..pass.end], &again, &bytes[pass.end..]].concat();
    assert!(matches!(
        entropy::extent(&only_then),
        Extent::Cut { blocks: 0, .. }
    ));
}

#[test]
fn files_made_to_take_very_long_are_refused_and_usual_ones_are_not() {
    let reason = |bytes: &[u8], pixels| Outline::of(bytes).laborious(pixels);
    let pass = [segment(mark::SOS, &[1, 1, 0, 0, 0, 0x10]), vec![0x7f]].concat();
    let passes = |count: usize| one_gray_block(1, &pass.repeat(count - 1));
    assert_eq!(reason(&passes(10), 400_000_000), None);
    assert_eq!(reason(&passes(64), 60_000_000), None);
    assert!(reason(&passes(64), 250_000_000).is_some());
    assert!(reason(&passes(65), 1).is_some());
    let bytes = gentle(16, 16);
    let parts = |count: usize| {
        let parts = segment(mark::APP1, b"x").repeat(count);
        [&bytes[..2], &parts, &bytes[2..]].concat()
    };
    assert_eq!(reason(&parts(1000), 250_000_000), None);
    assert!(reason(&parts(5000), 1).is_some());
}
