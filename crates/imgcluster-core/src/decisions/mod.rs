//! What people decide about pictures that look alike: [`Decision`], and which groups are settled
//! by all of them: [`Decisions`].

mod index;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::ContentHash;
pub use index::Decisions;

/// A set of files that a person has found to be no duplicates of each other.
///
/// A decision is about contents, wherever their files lie and whatever they are called, and about
/// how many files of each content there were: byte-equal copies that are all to stay are a
/// decision, too. Two decisions about the same contents and numbers of copies mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    members: Vec<DecidedContent>,
    decided: String,
}

/// A content that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedContent {
    /// The hash of its bytes.
    pub content: ContentHash,
    /// How many files of it were in the set.
    pub copies: NonZeroU32,
    /// Where these files were at that time, as far as it was told: for people, nothing hangs on it.
    pub paths: Vec<PathBuf>,
}

/// Why something is no decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// One file alone is no duplicate of anything.
    #[error("a decision is about two files or more")]
    TooFewFiles,
    /// A content is a member twice.
    #[error("the content {content} is in a decision twice")]
    Repeated {
        /// The content.
        content: ContentHash,
    },
    /// The time is not one.
    #[error("`{text}` is not a time like `2026-01-02T03:04:05Z`")]
    Time {
        /// What was given.
        text: String,
    },
}

impl Decision {
    /// Makes a decision about these contents, taken at `decided`: a time as in RFC 3339, such as
    /// `2026-01-02T03:04:05Z`. The order of the members does not matter.
    ///
    /// # Errors
    /// If there are fewer than two files in all, a content is there twice, or `decided` does not
    /// have the form of a time.
    pub fn new(
        mut members: Vec<DecidedContent>,
        decided: impl Into<String>,
    ) -> Result<Self, DecisionError> {
        let decided = decided.into();
        if !is_time(&decided) {
            return Err(DecisionError::Time { text: decided });
        }
        members.sort_by_key(|member| member.content);
        let twice = members
            .windows(2)
            .find(|pair| pair[0].content == pair[1].content);
        if let Some(pair) = twice {
            let content = pair[0].content;
            return Err(DecisionError::Repeated { content });
        }
        let decision = Self { members, decided };
        if decision.files() >= 2 {
            Ok(decision)
        } else {
            Err(DecisionError::TooFewFiles)
        }
    }

    /// Makes a decision about these files, each given by its content and, if that is known, its
    /// path. Every item is one file, unless its content and path were given before.
    ///
    /// # Errors
    /// If these are fewer than two files, or `decided` does not have the form of a time.
    pub fn of_files(
        files: impl IntoIterator<Item = (ContentHash, Option<PathBuf>)>,
        decided: impl Into<String>,
    ) -> Result<Self, DecisionError> {
        // paths by their bytes, which is the order of files everywhere
        let mut by_content: BTreeMap<ContentHash, (u32, BTreeMap<Vec<u8>, PathBuf>)> =
            BTreeMap::new();
        for (content, path) in files {
            let (copies, paths) = by_content.entry(content).or_default();
            let known = path.and_then(|path| {
                let bytes = path.as_os_str().as_encoded_bytes().to_vec();
                paths.insert(bytes, path)
            });
            if known.is_none() {
                *copies = copies.saturating_add(1);
            }
        }
        let member = |(content, (copies, paths)): (_, (_, BTreeMap<_, _>))| {
            Some(DecidedContent {
                content,
                copies: NonZeroU32::new(copies)?,
                paths: paths.into_values().collect(),
            })
        };
        Self::new(by_content.into_iter().filter_map(member).collect(), decided)
    }

    /// The contents, each once, in the bytewise order of their hashes.
    pub fn members(&self) -> &[DecidedContent] {
        &self.members
    }

    /// When it was decided, as in RFC 3339.
    pub fn decided(&self) -> &str {
        &self.decided
    }

    /// How many files it is about, copies and all.
    pub fn files(&self) -> u64 {
        let copies = self.members.iter().map(|member| member.copies.get());
        copies.map(u64::from).sum()
    }

    /// Tells whether two decisions are about the same contents and numbers of copies; when they
    /// were decided and where the files were does not matter.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        let set = |decision: &'_ Self| {
            let members = decision.members.iter();
            let members = members.map(|member| (member.content, member.copies));
            members.collect::<Vec<_>>()
        };
        set(self) == set(other)
    }
}

/// Counts the files of each content of a group, one item a file: what [`Decisions::settles`] asks
/// for, in the bytewise order of the hashes.
pub fn count_copies(
    files: impl IntoIterator<Item = ContentHash>,
) -> Vec<(ContentHash, NonZeroU32)> {
    let mut copies: BTreeMap<ContentHash, NonZeroU32> = BTreeMap::new();
    for content in files {
        let more = |copies: &mut NonZeroU32| *copies = copies.saturating_add(1);
        let count = copies.entry(content).and_modify(more);
        count.or_insert(NonZeroU32::MIN);
    }
    copies.into_iter().collect()
}

/// Tells whether a text has the form of a time as RFC 3339 writes it in capitals.
fn is_time(text: &str) -> bool {
    let Some((time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
        None => rest,
    };
    let is_offset = offset == "Z" || has_form(offset, "+00:00") || has_form(offset, "-00:00");
    has_form(time, "0000-00-00T00:00:00") && is_offset
}

/// Tells whether a text is a form with any digits in the place of its zeros.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == form,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn hash(number: u8) -> ContentHash {
        ContentHash([number; 32])
    }

    fn file(number: u8, path: &str) -> (ContentHash, Option<PathBuf>) {
        (hash(number), Some(path.into()))
    }

    #[test]
    fn no_file_and_one_file_are_no_decision() {
        for files in [&[][..], &[file(1, "/a")], &[file(1, "/a"), file(1, "/a")]] {
            let decision = Decision::of_files(files.to_vec(), NOW);
            assert_eq!(decision, Err(DecisionError::TooFewFiles), "{files:?}");
        }
        assert_eq!(
            Decision::new(Vec::new(), NOW),
            Err(DecisionError::TooFewFiles)
        );
    }

    #[test]
    fn two_contents_are_a_decision_and_so_are_two_copies_of_one() {
        let two = Decision::of_files([(hash(2), None), (hash(1), None)], NOW).unwrap();
        let contents: Vec<_> = two.members().iter().map(|member| member.content).collect();
        assert_eq!((contents, two.files()), (vec![hash(1), hash(2)], 2));
        let copies = Decision::of_files([file(1, "/b"), file(1, "/a")], NOW).unwrap();
        let [member] = copies.members() else {
            panic!("{copies:?}");
        };
        assert_eq!((member.copies.get(), copies.files()), (2, 2));
        assert_eq!(member.paths, [PathBuf::from("/a"), PathBuf::from("/b")]);
    }

    #[test]
    fn a_file_counts_once_however_often_it_is_named() {
        let files = [file(1, "/a"), file(2, "/b"), file(1, "/a"), (hash(2), None)];
        let decision = Decision::of_files(files, NOW).unwrap();
        let copies: Vec<u32> = decision.members().iter().map(|m| m.copies.get()).collect();
        assert_eq!(copies, [1, 2]);
        assert_eq!(decision.members()[1].paths, [PathBuf::from("/b")]);
    }

    #[test]
    fn a_content_that_is_a_member_twice_is_refused() {
        let member = DecidedContent {
            content: hash(7),
            copies: NonZeroU32::MIN,
            paths: Vec::new(),
        };
        let refused = Decision::new(vec![member.clone(), member], NOW).unwrap_err();
        assert_eq!(refused, DecisionError::Repeated { content: hash(7) });
    }

    #[test]
    fn what_has_not_the_form_of_a_time_is_refused() {
        let decide =
            |time: &str| Decision::of_files([(hash(1), None), (hash(2), None)], time.to_owned());
        for time in [
            NOW,
            "2026-01-02T03:04:05.25Z",
            "2026-01-02T03:04:05+01:30",
            "1999-12-31T23:59:60.1-00:00",
        ] {
            assert_eq!(decide(time).unwrap().decided(), time);
        }
        for text in [
            "",
            "yesterday",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05Z ",
            "2026-01-02T03:04:05+0100",
            "2026-01-02T03:04:0\u{663}Z",
            "2026-01-02T03:04:05\0",
        ] {
            let text = text.to_owned();
            assert_eq!(decide(&text), Err(DecisionError::Time { text }));
        }
    }

    #[test]
    fn decisions_about_the_same_copies_mean_the_same_whenever_and_wherever() {
        let one = Decision::of_files([file(1, "/a"), file(2, "/b")], NOW).unwrap();
        let later = "2027-01-02T03:04:05Z";
        let same = Decision::of_files([file(2, "/c"), file(1, "/d")], later).unwrap();
        assert!(one != same && one.means_the_same_as(&same));
        let files = [file(1, "/a"), file(2, "/b"), file(2, "/c")];
        let more = Decision::of_files(files, NOW).unwrap();
        assert!(!one.means_the_same_as(&more) && !more.means_the_same_as(&one));
    }

    #[test]
    fn copies_are_counted_by_content() {
        assert_eq!(count_copies([]), []);
        let counted = count_copies([hash(2), hash(1), hash(2), hash(2)]);
        let counted: Vec<_> = counted
            .into_iter()
            .map(|(content, copies)| (content, copies.get()))
            .collect();
        assert_eq!(counted, [(hash(1), 1), (hash(2), 3)]);
    }
}
