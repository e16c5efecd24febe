//! Which groups are settled.

use std::collections::HashMap;
use std::num::NonZeroU32;

use super::Decision;
use crate::ContentHash;

/// All decisions of a person, ready to be asked which groups they settle.
///
/// ```
/// use imgcluster_core::{ContentHash, Decision, Decisions, count_copies};
///
/// let [a, b, c] = [1, 2, 3].map(|number| ContentHash([number; 32]));
/// let decision = Decision::of_files([(a, None), (b, None)], "2026-01-02T03:04:05Z")?;
/// let decisions = Decisions::new([&decision]);
/// assert!(decisions.settles(&count_copies([a, b])));
/// // somebody new, and a new copy
/// assert!(!decisions.settles(&count_copies([a, b, c])));
/// assert!(!decisions.settles(&count_copies([a, b, b])));
/// # Ok::<(), imgcluster_core::DecisionError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    contents: HashMap<ContentHash, Decided>,
}

/// What was decided about one content.
#[derive(Debug, Clone)]
struct Decided {
    /// The most copies that any decision has of it.
    copies: NonZeroU32,
    /// The decisions that it is in, counted from 0.
    decisions: Vec<usize>,
}

impl Decisions {
    /// Takes decisions in; their order does not matter.
    pub fn new<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> Self {
        let mut contents: HashMap<ContentHash, Decided> = HashMap::new();
        for (number, decision) in decisions.into_iter().enumerate() {
            for member in decision.members() {
                let decided = contents.entry(member.content).or_insert_with(|| Decided {
                    copies: member.copies,
                    decisions: Vec::new(),
                });
                decided.copies = decided.copies.max(member.copies);
                decided.decisions.push(number);
            }
        }
        Self { contents }
    }

    /// Tells whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// Tells whether a group, given by its contents and how many files there are of each, needs no
    /// more attention: whether it was decided of every two of its files that they are no duplicates
    /// of each other.
    ///
    /// So it is if every two of its contents are together in a decision, every content is in one,
    /// and of none there are more copies than in the decision with the most copies of it. A settled
    /// group returns as soon as a content or a copy joins it, and never because one left. A content
    /// that is given more than once counts together; a group of nothing is settled.
    ///
    /// Takes a look-up for each content, as a rule; where no single decision holds the whole group,
    /// at most time in proportion to the pairs that the decisions hold of it.
    pub fn settles(&self, group: &[(ContentHash, NonZeroU32)]) -> bool {
        // most groups hold something that was never decided about
        let is_known = |(content, _): &(ContentHash, _)| self.contents.contains_key(content);
        if !group.iter().all(is_known) {
            return false;
        }
        let mut copies: HashMap<ContentHash, u32> = HashMap::with_capacity(group.len());
        for (content, count) in group {
            let all = copies.entry(*content).or_default();
            *all = all.saturating_add(count.get());
        }
        let decided = copies.iter().map(|(content, copies)| {
            let decided = self.contents.get(content);
            decided.filter(|decided| decided.copies.get() >= *copies)
        });
        let decided: Option<Vec<&Decided>> = decided.collect();
        decided.is_some_and(|decided| every_two_are_together(&decided))
    }
}

/// Tells whether every two of these contents are together in a decision.
fn every_two_are_together(contents: &[&Decided]) -> bool {
    // the contents of this group that each decision holds
    let mut held: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, decided) in contents.iter().enumerate() {
        for decision in &decided.decisions {
            held.entry(*decision).or_default().push(at);
        }
    }
    if contents.len() < 2 || held.values().any(|held| held.len() == contents.len()) {
        return true;
    }
    // for each content, the last one that it was found together with
    let mut found_with = vec![usize::MAX; contents.len()];
    contents.iter().enumerate().all(|(at, decided)| {
        let mut around: Vec<&[usize]> = decided
            .decisions
            .iter()
            .map(|decision| &held[decision][..])
            .collect();
        around.sort_by_key(|held| std::cmp::Reverse(held.len()));
        let mut missing = contents.len();
        for held in around {
            for &other in held {
                if found_with[other] != at {
                    found_with[other] = at;
                    missing -= 1;
                }
            }
            if missing == 0 {
                break;
            }
        }
        missing == 0
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::decisions::{DecidedContent, count_copies};

    fn hash(number: u8) -> ContentHash {
        ContentHash([number; 32])
    }

    /// A set of files, given by the numbers of their contents.
    fn decision(files: &[u8]) -> Decision {
        let files = files.iter().map(|&number| (hash(number), None));
        Decision::of_files(files, "2026-01-02T03:04:05Z").unwrap()
    }

    fn settles(decisions: &[Decision], files: &[u8]) -> bool {
        let group = count_copies(files.iter().map(|&number| hash(number)));
        Decisions::new(decisions).settles(&group)
    }

    /// Looks at every two files of the group.
    fn settles_naively(decisions: &[Decision], group: &[(ContentHash, NonZeroU32)]) -> bool {
        let files: Vec<ContentHash> = group
            .iter()
            .flat_map(|(content, copies)| vec![*content; copies.get() as usize])
            .collect();
        let copies_in = |decision: &Decision, content: ContentHash| {
            let mut members = decision.members().iter();
            let member = members.find(|member| member.content == content);
            member.map_or(0, |member| member.copies.get() as usize)
        };
        let is_settled = |a: ContentHash, b: ContentHash| {
            let needed = files.iter().filter(|file| **file == a).count();
            decisions.iter().any(|decision| {
                let (a_copies, b_copies) = (copies_in(decision, a), copies_in(decision, b));
                if a == b {
                    a_copies >= needed
                } else {
                    a_copies > 0 && b_copies > 0
                }
            })
        };
        files
            .iter()
            .all(|&a| files.iter().all(|&b| is_settled(a, b)))
    }

    #[test]
    fn nothing_is_settled_where_nothing_was_decided() {
        assert!(Decisions::default().is_empty() && Decisions::new([]).is_empty());
        assert!(!settles(&[], &[1]));
        assert!(!settles(&[], &[1, 2]));
        assert!(settles(&[], &[]), "a group of nothing");
    }

    #[test]
    fn a_set_that_was_decided_is_settled_and_so_is_each_part_of_it() {
        let decided = [decision(&[1, 2, 3])];
        for files in [&[1, 2, 3][..], &[3, 1], &[2]] {
            assert!(settles(&decided, files), "{files:?}");
        }
    }

    #[test]
    fn a_group_returns_with_a_new_content_and_with_a_new_copy() {
        let decided = [decision(&[1, 2])];
        assert!(!settles(&decided, &[1, 2, 3]));
        assert!(!settles(&decided, &[1, 2, 2]));
    }

    #[test]
    fn copies_that_are_to_stay_are_settled_up_to_their_number() {
        let decided = [decision(&[1, 1, 1])];
        assert!(settles(&decided, &[1, 1, 1]));
        assert!(settles(&decided, &[1, 1]));
        assert!(!settles(&decided, &[1, 1, 1, 1]));
        // the copies were decided in one set, and that they differ from 2 in another
        assert!(settles(&[decision(&[1, 1]), decision(&[1, 2])], &[1, 1, 2]));
    }

    #[test]
    fn every_pair_must_be_decided_though_not_by_one_person_at_one_time() {
        let pairs = [decision(&[1, 2]), decision(&[2, 3]), decision(&[1, 3])];
        assert!(settles(&pairs, &[1, 2, 3]));
        for left_out in 0..3 {
            let mut chain = pairs.to_vec();
            chain.remove(left_out);
            assert!(!settles(&chain, &[1, 2, 3]), "without {left_out}");
        }
    }

    #[test]
    fn a_content_given_in_parts_counts_together() {
        let decisions = Decisions::new(&[decision(&[1, 1])]);
        let one = (hash(1), NonZeroU32::MIN);
        assert!(decisions.settles(&[one, one]));
        assert!(!decisions.settles(&[one, one, one]));
        let most = (hash(1), NonZeroU32::MAX);
        assert!(!decisions.settles(&[most, one]));
    }

    fn copies() -> impl Strategy<Value = NonZeroU32> {
        (1_u32..4).prop_map(|copies| NonZeroU32::new(copies).unwrap())
    }

    /// A decision about some of a few contents, so that they meet often.
    fn decisions() -> impl Strategy<Value = Vec<Decision>> {
        let decision = btree_map(0..7_u8, copies(), 1..6).prop_filter_map("one file", |members| {
            let members = members.into_iter().map(|(number, copies)| DecidedContent {
                content: hash(number),
                copies,
                paths: Vec::new(),
            });
            Decision::new(members.collect(), "2026-01-02T03:04:05Z").ok()
        });
        vec(decision, 0..12)
    }

    fn group() -> impl Strategy<Value = Vec<(ContentHash, NonZeroU32)>> {
        let group = btree_map(0..8_u8, copies(), 0..6);
        group.prop_map(|group| {
            let members = group.into_iter();
            members
                .map(|(number, copies)| (hash(number), copies))
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_index_says_what_looking_at_every_pair_says(
            decisions in decisions(), group in group(),
        ) {
            let expected = settles_naively(&decisions, &group);
            prop_assert_eq!(Decisions::new(&decisions).settles(&group), expected);
        }

        #[test]
        fn a_group_of_the_members_of_a_decision_is_settled(
            decisions in decisions(), which in any::<prop::sample::Index>(),
        ) {
            prop_assume!(!decisions.is_empty());
            let members = which.get(&decisions).members().iter();
            let group: Vec<_> = members.map(|member| (member.content, member.copies)).collect();
            prop_assert!(Decisions::new(&decisions).settles(&group));
            // and returns with whatever nobody has decided about
            let joined = [&group[..], &[(hash(200), NonZeroU32::MIN)]].concat();
            prop_assert!(!Decisions::new(&decisions).settles(&joined));
        }
    }
}
