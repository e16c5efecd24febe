use super::*;

use proptest::prelude::*;

fn copy(path: &str) -> CopyFacts<'_> {
    CopyFacts {
        path: Path::new(path),
        real_path: Path::new(path),
        width: 400,
        height: 300,
        effective_pixels: 120_000.0,
        effective_size: (400, 300),
        format_rank: 1,
        format: "JPEG",
        quality: None,
        size: 1_000,
        metadata: 0,
        is_turned: false,
        companions: 0,
        modified_ns: 0,
    }
}

fn sized(path: &str, width: u32, height: u32) -> CopyFacts<'_> {
    CopyFacts {
        width,
        height,
        effective_pixels: f64::from(width) * f64::from(height),
        effective_size: (width, height),
        ..copy(path)
    }
}

fn only(rules: &str) -> KeepOptions {
    KeepOptions {
        rules: KeepRule::list(rules).unwrap(),
        ..KeepOptions::default()
    }
}

fn chosen(copies: &[CopyFacts<'_>], options: &KeepOptions) -> (usize, String) {
    let choice = choose(copies, options, &mut |_| None).unwrap();
    (choice.index, choice.reason)
}

/// Two copies of which the second wins by `rule`, and the words for it.
fn second_wins(rule: &str, change: impl Fn(&mut CopyFacts<'_>), words: &str) {
    let mut copies = [copy("/p/a"), copy("/p/b")];
    change(&mut copies[1]);
    assert_eq!(chosen(&copies, &only(rule)), (1, words.to_owned()));
    copies.swap(0, 1);
    assert_eq!(chosen(&copies, &only(rule)), (0, words.to_owned()));
}

#[test]
fn among_none_nothing_is_chosen_and_one_is_the_only_one() {
    let options = KeepOptions::default();
    assert_eq!(choose(&[], &options, &mut |_| None), None);
    assert_eq!(
        chosen(&[copy("/p/a")], &options),
        (0, "the only one".to_owned())
    );
}

#[test]
fn what_is_equal_in_all_is_decided_by_path() {
    let copies = [copy("/p/c"), copy("/p/a"), copy("/p/b")];
    let words = "as good as the 2 others by every rule; first by path";
    assert_eq!(
        chosen(&copies, &KeepOptions::default()),
        (1, words.to_owned())
    );
    let words = "as good as the other by every rule; first by path";
    assert_eq!(chosen(&copies[..2], &only("size")), (1, words.to_owned()));
}

#[test]
fn of_as_much_detail_the_one_that_was_not_enlarged_stays() {
    let mut enlarged = sized("/p/a", 800, 600);
    enlarged.effective_pixels = 120_000.0;
    enlarged.effective_size = (400, 300);
    let copies = [enlarged, sized("/p/b", 396, 297)];
    let words = "not enlarged and without a border: 396 × 297, unlike 800 × 600 that shows no more than 400 × 300";
    assert_eq!(chosen(&copies, &only("resolution")), (1, words.to_owned()));
    // Where all were enlarged none is better for it.
    let mut other = copies[0].clone();
    other.path = Path::new("/p/c");
    let both = [copies[0].clone(), other];
    assert!(chosen(&both, &only("resolution")).1.starts_with("as good"));
}

#[test]
fn of_as_much_metadata_the_one_that_is_upright_stays() {
    let mut turned = copy("/p/a");
    turned.is_turned = true;
    let copies = [turned, copy("/p/b")];
    let words = "stored upright";
    assert_eq!(chosen(&copies, &only("metadata")), (1, words.to_owned()));
}

#[test]
fn each_rule_says_what_is_better() {
    second_wins(
        "format",
        |it| (it.format_rank, it.format) = (2, "PNG"),
        "in a better format: PNG against JPEG",
    );
    second_wins(
        "format",
        |it| (it.format_rank, it.quality) = (95, Some(95)),
        "stored with less loss: JPEG of quality 95",
    );
    second_wins(
        "size",
        |it| it.size = 2_100_000,
        "of more bytes: 2.1 MB against 1.0 kB",
    );
    second_wins(
        "metadata",
        |it| it.metadata = 3,
        "with more metadata: 3 fields against 0",
    );
    second_wins(
        "whole",
        |it| it.companions = 1,
        "with a RAW file or a video beside it",
    );
    second_wins(
        "oldest",
        |it| it.modified_ns = -3 * 86_400_000_000_000,
        "older by 3 days",
    );
    second_wins("in:/p/b", |_| {}, "the only one in `/p/b`");
    second_wins(
        "shortest-path",
        |it| it.path = Path::new("/q"),
        "of a shorter path",
    );
    second_wins(
        "resolution",
        |it| *it = sized("/p/b", 4000, 3000),
        "larger: 4000 × 3000 against 400 × 300",
    );
}

#[test]
fn a_quality_is_named_only_where_it_tells() {
    let stored = |path: &'static str, format_rank: u8, quality: Option<u8>| CopyFacts {
        format_rank,
        quality,
        ..copy(path)
    };
    let said = |a, b| chosen(&[stored("/p/a", 85, Some(85)), a, b], &only("format")).1;
    let [high, low] = [stored("/p/b", 95, Some(95)), stored("/p/c", 60, Some(60))];
    let words = "stored with less loss: JPEG of quality 95 against 85 at most";
    assert_eq!(said(high, low.clone()), words);
    let words = "stored with less loss: JPEG against one of quality 85 at most";
    assert_eq!(said(stored("/p/b", 101, None), low), words);
}

#[test]
fn an_enlarged_copy_loses_against_one_with_more_detail() {
    let enlarged = CopyFacts {
        effective_pixels: 120_000.0,
        effective_size: (400, 300),
        ..sized("/p/a", 4000, 3000)
    };
    let words = "of more detail: 800 × 600 against 4000 × 3000 that shows no more than 400 × 300";
    let copies = [enlarged, sized("/p/b", 800, 600)];
    assert_eq!(chosen(&copies, &only("resolution")), (1, words.to_owned()));
}

#[test]
fn several_rules_are_told_in_their_order() {
    let copies = [
        sized("/p/a", 1200, 900),
        CopyFacts {
            size: 9_000,
            ..sized("/p/b", 4000, 3000)
        },
        sized("/p/c", 4000, 3000),
        sized("/p/d", 640, 480),
    ];
    let words = "one of 2 that are larger: 4000 × 3000 against 1200 × 900 at most; \
                 of more bytes: 9.0 kB against 1.0 kB";
    assert_eq!(
        chosen(&copies, &only("resolution,size")),
        (1, words.to_owned())
    );
    let words =
        "one of 2 that are larger: 4000 × 3000 against 1200 × 900 at most; first of these by path";
    assert_eq!(chosen(&copies, &only("resolution")), (1, words.to_owned()));
}

#[test]
fn what_differs_by_less_than_the_margin_is_left_to_the_next_rule() {
    let options = KeepOptions {
        rules: KeepRule::list("size,metadata").unwrap(),
        size_margin: 0.05,
        ..KeepOptions::default()
    };
    let at = |size: u64| {
        [
            CopyFacts {
                size: 1_000,
                ..copy("/p/a")
            },
            CopyFacts {
                size,
                metadata: 1,
                ..copy("/p/b")
            },
        ]
    };
    assert_eq!(chosen(&at(950), &options).0, 1);
    assert_eq!(chosen(&at(949), &options).0, 0);
    let pixels = |effective_pixels: f64| {
        [
            CopyFacts {
                effective_pixels: 1_000.0,
                ..copy("/p/a")
            },
            CopyFacts {
                effective_pixels,
                metadata: 1,
                ..copy("/p/b")
            },
        ]
    };
    assert_eq!(chosen(&pixels(950.0), &only("resolution,metadata")).0, 1);
    assert_eq!(chosen(&pixels(949.0), &only("resolution,metadata")).0, 0);
    let time = |modified_ns: i64| {
        [
            copy("/p/a"),
            CopyFacts {
                modified_ns,
                metadata: 1,
                ..copy("/p/b")
            },
        ]
    };
    assert_eq!(chosen(&time(2_000_000_000), &only("oldest,metadata")).0, 1);
    assert_eq!(chosen(&time(2_000_000_001), &only("oldest,metadata")).0, 0);
}

#[test]
fn rules_that_are_named_lead_and_the_others_follow() {
    let options = KeepOptions::led_by(KeepRule::list("oldest,in:/p,size").unwrap());
    let rules: Vec<String> = options.rules.iter().map(ToString::to_string).collect();
    assert_eq!(
        rules.join(","),
        "oldest,in:/p,size,whole,resolution,format,metadata,sharpness,shortest-path"
    );
    assert_eq!(KeepOptions::led_by(Vec::new()), KeepOptions::default());
}

#[test]
fn folders_are_compared_without_links() {
    let copies = [
        copy("/p/a"),
        CopyFacts {
            real_path: Path::new("/real/b"),
            ..copy("/p/b")
        },
    ];
    assert_eq!(chosen(&copies, &only("in:/real")).0, 1);
    assert_eq!(chosen(&copies, &only("in:/p")).0, 0);
    let options = KeepOptions {
        references: vec!["/real".into()],
        ..KeepOptions::default()
    };
    assert_eq!(chosen(&copies, &options).0, 1);
}

#[test]
fn a_reference_folder_goes_before_everything() {
    let copies = [
        sized("/p/a", 4000, 3000),
        copy("/originals/x"),
        copy("/originals/y"),
        copy("/original/z"),
    ];
    let options = KeepOptions {
        references: vec!["/originals".into()],
        ..KeepOptions::default()
    };
    assert_eq!(
        chosen(&copies[..2], &options),
        (
            1,
            "the only one in the reference folder `/originals`".to_owned()
        )
    );
    let words = "one of 2 that are in the reference folder `/originals`; first of these by path";
    assert_eq!(chosen(&copies, &options), (1, words.to_owned()));
}

#[test]
fn sharpness_is_asked_only_of_those_that_are_left() {
    let copies = [
        copy("/p/a"),
        sized("/p/b", 800, 600),
        sized("/p/c", 800, 600),
        sized("/p/d", 800, 600),
    ];
    let mut asked = Vec::new();
    let mut sharpness = |at: usize| {
        asked.push(at);
        [None, Some(3.0), Some(7.0), None][at]
    };
    let choice = choose(&copies, &only("resolution,sharpness"), &mut sharpness).unwrap();
    assert_eq!(choice.index, 2);
    let words = "; sharper: 7.0 against 3.0 at most";
    assert!(choice.reason.ends_with(words), "{}", choice.reason);
    assert_eq!(asked, [1, 2, 3]);
    let mut never = |_: usize| -> Option<f64> { panic!("nothing is left to be decided") };
    assert!(choose(&copies[..2], &only("resolution,sharpness"), &mut never).is_some());
}

#[test]
fn what_is_no_number_comes_last() {
    let copies = [
        CopyFacts {
            effective_pixels: f64::NAN,
            ..copy("/p/a")
        },
        CopyFacts {
            effective_pixels: f64::NEG_INFINITY,
            ..copy("/p/b")
        },
        copy("/p/c"),
    ];
    assert_eq!(chosen(&copies, &only("resolution")).0, 2);
    assert_eq!(chosen(&copies[..2], &only("resolution")).0, 0);
}

#[test]
fn times_at_both_ends_of_all_time_do_not_overflow() {
    let copies = [
        CopyFacts {
            modified_ns: i64::MAX,
            ..copy("/p/a")
        },
        CopyFacts {
            modified_ns: i64::MIN,
            ..copy("/p/b")
        },
    ];
    assert_eq!(
        chosen(&copies, &only("oldest")),
        (1, "older by 584 years".to_owned())
    );
}

#[test]
fn rules_are_read_as_they_are_written() {
    let text = "resolution,format,size,sharpness,metadata,whole,oldest,shortest-path,in:/a b";
    let rules = KeepRule::list(text).unwrap();
    assert_eq!(rules.last(), Some(&KeepRule::In("/a b".into())));
    let back: Vec<String> = rules.iter().map(ToString::to_string).collect();
    assert_eq!(back.join(","), text);
    for wrong in ["", "biggest", "in:", "in", "size,,oldest", "Size"] {
        let words = KeepRule::list(wrong).unwrap_err().to_string();
        for known in text.split(',').filter(|rule| !rule.starts_with("in:")) {
            assert!(words.contains(&format!("`{known}`")), "{words}");
        }
        assert!(words.contains("`in:DIR`"), "{words}");
    }
    assert_eq!(
        KeepRule::list("size,biggest"),
        Err(UnknownKeepRule("biggest".to_owned()))
    );
}

fn any_copy() -> impl Strategy<Value = (u32, f64, u8, u64, i64, u32)> {
    // Close to each other, so that margins matter.
    (
        95..105_u32,
        95.0..105.0_f64,
        0..3_u8,
        90..110_u64,
        0..5_i64,
        0..2_u32,
    )
}

proptest! {
    #[test]
    fn the_choice_and_its_reason_do_not_depend_on_the_order(
        copies in proptest::collection::vec(any_copy(), 1..7),
        turn in 0..7_usize,
    ) {
        let paths: Vec<String> = (0..copies.len()).map(|at| format!("/p/{at}")).collect();
        let mut copies: Vec<CopyFacts<'_>> = copies.iter().zip(&paths)
            .map(|(&(width, effective_pixels, format_rank, size, seconds, companions), path)| CopyFacts {
                width,
                effective_pixels,
                format_rank,
                size,
                modified_ns: seconds * 1_000_000_000,
                companions,
                ..copy(path)
            })
            .collect();
        let options = KeepOptions::default();
        let (index, reason) = chosen(&copies, &options);
        let path = copies[index].path;
        let turn = turn % copies.len();
        copies.rotate_left(turn);
        let (index, turned) = chosen(&copies, &options);
        prop_assert_eq!((copies[index].path, turned), (path, reason));
    }
}
