//! A name for each file of a folder, so that no two are the same.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;

use crate::plan::name_from;
use crate::sidecars::split_name;

/// The longest name that file systems take, in bytes.
const LONGEST: usize = 255;
/// Names that begin with the same so many bytes are counted together: cut, they may be the same.
const COUNTED: usize = 200;

/// Files that go into one folder and keep one stem: pictures and what belongs to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unit<'a> {
    /// Which folder.
    pub(crate) folder: u32,
    /// Their names where they come from; the first is a picture, and its stem is that of all.
    pub(crate) names: Vec<UnitName<'a>>,
}

/// A name in a unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnitName<'a> {
    pub(crate) name: &'a [u8],
    /// Which name of the unit it belongs to; itself for a picture.
    pub(crate) owner: usize,
}

/// Gives each file of each unit a name in its folder, in the order of the units.
///
/// A name stays what it is unless an earlier unit has it, also with other large and small letters.
/// Then `~2` comes between its stem and the rest, or the next number that gives a name that nobody
/// has, not even by nature. All files of a unit get the same number; a unit of several files has its
/// stem for itself, so that nothing else seems to belong to it. A name that gets longer than
/// 255 bytes loses letters before the `~`.
///
/// Takes as many steps as there are names. Letters are compared by their Unicode small letters; that
/// an accent may be written in two ways is not looked at.
pub(crate) fn name_units(units: &[Unit<'_>]) -> Vec<Vec<OsString>> {
    let mut folders: HashMap<u32, Folder> = HashMap::new();
    for unit in units {
        folders.entry(unit.folder).or_default().reserve(unit);
    }
    let place = |unit: &Unit<'_>| match folders.get_mut(&unit.folder) {
        Some(folder) => folder.place(unit),
        None => Vec::new(),
    };
    units.iter().map(place).collect()
}

/// The names of a folder; all are folded.
#[derive(Default)]
struct Folder {
    /// Names that files have where they come from.
    natural: Taken,
    /// Names that were given.
    given: Taken,
    /// The next number to try.
    next: HashMap<Vec<u8>, u32>,
}

#[derive(Default)]
struct Taken {
    names: HashSet<Vec<u8>>,
    /// Stems, and whether one is of a unit of several files.
    stems: HashMap<Vec<u8>, bool>,
}

impl Taken {
    fn add(&mut self, names: &[Vec<u8>], stem: Vec<u8>, several: bool) {
        self.names.extend(names.iter().cloned());
        *self.stems.entry(stem).or_default() |= several;
    }

    fn is_free(&self, names: &[Vec<u8>], stem: &[u8], several: bool) -> bool {
        let stem_is_free = match self.stems.get(stem) {
            None => true,
            Some(of_several) => !several && !of_several,
        };
        stem_is_free && !names.iter().any(|name| self.names.contains(name))
    }
}

impl Folder {
    fn reserve(&mut self, unit: &Unit<'_>) {
        if let Some(first) = unit.names.first() {
            let names: Vec<Vec<u8>> = unit.names.iter().map(|name| fold(name.name)).collect();
            let several = names.len() > 1;
            self.natural
                .add(&names, fold(split_name(first.name).0), several);
        }
    }

    fn place(&mut self, unit: &Unit<'_>) -> Vec<OsString> {
        // Two names that differ by large and small letters only cannot both stay beside each other;
        // the second goes as if it were alone.
        let mut seen = HashSet::new();
        let (together, alone): (Vec<usize>, Vec<usize>) =
            (0..unit.names.len()).partition(|&at| seen.insert(fold(unit.names[at].name)));
        let mut names = vec![OsString::new(); unit.names.len()];
        let parts = std::iter::once(together).chain(alone.into_iter().map(|at| vec![at]));
        for part in parts.filter(|part| !part.is_empty()) {
            for (&at, name) in part.iter().zip(self.name(unit, &part)) {
                names[at] = name_from(name);
            }
        }
        names
    }

    /// Names the files `part` of a unit, with one number for all.
    fn name(&mut self, unit: &Unit<'_>, part: &[usize]) -> Vec<Vec<u8>> {
        let first = unit.names[part[0]].name;
        let (stem, extension) = split_name(first);
        let several = part.len() > 1;
        let natural: Vec<Vec<u8>> = part
            .iter()
            .map(|&at| unit.names[at].name.to_vec())
            .collect();
        let folded: Vec<Vec<u8>> = natural.iter().map(|name| fold(name)).collect();
        if self.given.is_free(&folded, &fold(stem), several) {
            self.given.add(&folded, fold(stem), several);
            return natural;
        }
        let counted = fold(&stem[..stem.len().min(COUNTED)]);
        let rest: &[u8] = if several { b"/" } else { extension };
        let key = [counted, b".".to_vec(), fold(rest)].concat();
        let mut number = self.next.get(&key).copied().unwrap_or(2);
        loop {
            let (names, stem) = numbered(unit, part, stem.len(), number);
            let folded: Vec<Vec<u8>> = names.iter().map(|name| fold(name)).collect();
            let stem = fold(&stem);
            number += 1;
            if self.natural.is_free(&folded, &stem, several)
                && self.given.is_free(&folded, &stem, several)
            {
                self.given.add(&folded, stem, several);
                self.next.insert(key, number);
                return names;
            }
        }
    }
}

/// Puts a number into the names of a unit. Gives the names, and the stem with the number.
fn numbered(unit: &Unit<'_>, part: &[usize], stem: usize, number: u32) -> (Vec<Vec<u8>>, Vec<u8>) {
    let first = unit.names[part[0]].name;
    let suffix = format!("~{number}").into_bytes();
    let shares_stem = |name: &[u8]| {
        name.get(..stem)
            .is_some_and(|start| start.eq_ignore_ascii_case(&first[..stem]))
    };
    let longest = part.iter().map(|&at| unit.names[at].name.len()).max();
    let over = (longest.unwrap_or(0) + suffix.len()).saturating_sub(LONGEST);
    let kept = boundary(first, stem.saturating_sub(over));
    let with_number = |name: &[u8]| {
        let mut name = [&name[..kept], &suffix, &name[stem..]].concat();
        name.truncate(boundary(&name, LONGEST));
        name
    };
    let names = part.iter().map(|&at| {
        let UnitName { name, owner } = unit.names[at];
        if shares_stem(name) {
            return with_number(name);
        }
        // Known by another pattern; the whole name of its picture is one that is always known.
        let owner = unit.names[owner].name;
        let owner = if shares_stem(owner) { owner } else { first };
        let mut name = [&with_number(owner), b".".as_slice(), split_name(name).1].concat();
        name.truncate(boundary(&name, LONGEST));
        name
    });
    (names.collect(), [&first[..kept], &suffix].concat())
}

/// The nearest end of a character at or before `at`.
fn boundary(name: &[u8], at: usize) -> usize {
    if at >= name.len() {
        return name.len();
    }
    let continues = |at: &usize| name[*at] & 0xc0 == 0x80;
    // A character has four bytes at most; what is none is cut anywhere.
    let start = (at.saturating_sub(3)..=at).rev().find(|at| !continues(at));
    start.unwrap_or(at)
}

/// What is the same for a file system that does not tell large and small letters apart.
fn fold(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn single(name: &str) -> Unit<'_> {
        with(&[name])
    }

    fn with<'a>(names: &[&'a str]) -> Unit<'a> {
        let name = |name: &&'a str| UnitName {
            name: name.as_bytes(),
            owner: 0,
        };
        Unit {
            folder: 0,
            names: names.iter().map(name).collect(),
        }
    }

    fn named(units: &[Unit<'_>]) -> Vec<Vec<String>> {
        let text = |name: OsString| name.into_string().unwrap();
        let names = name_units(units).into_iter();
        names
            .map(|names| names.into_iter().map(text).collect())
            .collect()
    }

    fn singles(names: &[&str]) -> Vec<String> {
        let units: Vec<Unit<'_>> = names.iter().map(|name| single(name)).collect();
        named(&units).concat()
    }

    #[test]
    fn no_names_and_one_name_stay() {
        assert!(named(&[]).is_empty());
        assert_eq!(named(&[Unit::default()]), [[""; 0]]);
        assert_eq!(singles(&["x.jpg"]), ["x.jpg"]);
    }

    #[test]
    fn equal_names_are_numbered_in_order() {
        assert_eq!(
            singles(&["x.jpg", "x.jpg", "y.jpg", "x.jpg", "x.png", "x.png"]),
            ["x.jpg", "x~2.jpg", "y.jpg", "x~3.jpg", "x.png", "x~2.png"]
        );
        assert_eq!(singles(&["x", "x"]), ["x", "x~2"]);
        assert_eq!(singles(&[".x", ".x"]), [".x", ".x~2"]);
        assert_eq!(singles(&["a.b.c", "a.b.c"]), ["a.b.c", "a.b~2.c"]);
    }

    #[test]
    fn no_number_takes_the_name_of_another() {
        assert_eq!(
            singles(&["x.jpg", "x.jpg", "x~2.jpg", "X~3.JPG", "x~2.jpg"]),
            ["x.jpg", "x~4.jpg", "x~2.jpg", "X~3.JPG", "x~2~2.jpg"]
        );
    }

    #[test]
    fn names_that_differ_by_large_letters_are_numbered() {
        assert_eq!(
            singles(&["X.jpg", "x.JPG", "É.png", "é.png"]),
            ["X.jpg", "x~2.JPG", "É.png", "é~2.png"]
        );
    }

    #[test]
    fn names_in_two_folders_do_not_meet() {
        let other = Unit {
            folder: 1,
            ..single("x.jpg")
        };
        assert_eq!(named(&[single("x.jpg"), other]).concat(), ["x.jpg"; 2]);
    }

    #[test]
    fn sidecars_keep_the_stem_of_their_picture() {
        let family = || with(&["x.jpg", "x.jpg.xmp", "x.xmp", "X.CR2"]);
        assert_eq!(
            named(&[family(), family()])[1],
            ["x~2.jpg", "x~2.jpg.xmp", "x~2.xmp", "X~2.CR2"]
        );
        // Of another pattern, so that the name of the picture comes first.
        let google = || with(&["x(1).jpg", "x.jpg.supplemental-metadata(1).json"]);
        assert_eq!(
            named(&[google(), google()]),
            [
                ["x(1).jpg", "x.jpg.supplemental-metadata(1).json"],
                ["x(1)~2.jpg", "x(1)~2.jpg.json"]
            ]
        );
    }

    #[test]
    fn nothing_gets_a_stem_at_which_sidecars_lie() {
        let family = with(&["x.jpg", "x.xmp"]);
        assert_eq!(
            named(&[family.clone(), single("x.png")]).concat(),
            ["x.jpg", "x.xmp", "x~2.png"]
        );
        assert_eq!(
            named(&[single("x.png"), family.clone()]).concat(),
            ["x.png", "x~2.jpg", "x~2.xmp"]
        );
        let units = [family.clone(), family, with(&["x~2.png", "x~2.xmp"])];
        assert_eq!(
            named(&units)[1..].concat(),
            ["x~3.jpg", "x~3.xmp", "x~2.png", "x~2.xmp"]
        );
    }

    #[test]
    fn names_of_one_photo_that_differ_by_large_letters_get_apart() {
        let names = named(&[with(&["x.jpg", "x.JPG", "x.xmp"])]).concat();
        assert_eq!(names, ["x.jpg", "x~2.JPG", "x.xmp"]);
    }

    #[test]
    fn long_names_are_cut_before_the_number_and_never_inside_a_letter() {
        let name = format!("{}.jpg", "é".repeat(125));
        assert_eq!(name.len(), 254);
        let names = singles(&[&name, &name]);
        assert_eq!(names[1], format!("{}~2.jpg", "é".repeat(124)));
        let odd = format!(".{}", "x".repeat(254));
        assert_eq!(singles(&[&odd, &odd])[1], format!(".{}~2", "x".repeat(252)));
        let extension = format!("a.{}", "x".repeat(253));
        let names = singles(&[&extension, &extension]);
        assert_eq!(names[1], format!("~2.{}", "x".repeat(252)));
        let long = format!("{}.jpg", "x".repeat(251));
        let sidecar = format!("{}.xmp", "x".repeat(251));
        let family = || with(&[&long, &sidecar]);
        let stem = format!("{}~2", "x".repeat(249));
        let expected = [format!("{stem}.jpg"), format!("{stem}.xmp")];
        assert_eq!(named(&[family(), family()])[1], expected);
    }

    #[test]
    fn a_hundred_thousand_equal_names_take_no_more_than_so_many_steps() {
        let units = vec![with(&["x.jpg", "x.xmp"]); 100_000];
        let started = std::time::Instant::now();
        let names = named(&units).concat();
        // Looking through all earlier numbers would take 5 000 000 000 steps.
        assert!(started.elapsed().as_secs() < 20);
        assert_eq!(names[199_998], "x~100000.jpg");
        // Different names that are the same once they are cut.
        let long: Vec<String> = (0..20_000)
            .map(|at| format!("{}{at:05}.jpg", "x".repeat(246)))
            .collect();
        let twice: Vec<Unit<'_>> = long.iter().chain(&long).map(|name| single(name)).collect();
        let names = named(&twice).concat();
        assert!(started.elapsed().as_secs() < 40);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 40_000);
    }

    proptest! {
        #[test]
        fn no_two_names_are_the_same_and_the_first_of_each_stays(
            names in proptest::collection::vec(
                ("[xXé]{1,2}(~[23])?", "(\\.jpg|\\.PNG)?", any::<bool>()), 0..30,
            ),
        ) {
            let all: Vec<Vec<String>> = names.iter().map(|(stem, extension, sidecar)| {
                let note = sidecar.then(|| format!("{stem}.xmp"));
                std::iter::once(format!("{stem}{extension}")).chain(note).collect()
            }).collect();
            let units: Vec<Unit<'_>> = all.iter().map(|names| {
                with(&names.iter().map(String::as_str).collect::<Vec<_>>())
            }).collect();
            let given = named(&units);
            let mut seen = HashSet::new();
            for name in given.iter().flatten() {
                prop_assert!(seen.insert(name.to_lowercase()), "{} twice in {:?}", name, given);
            }
            for (names, given) in all.iter().zip(&given) {
                prop_assert_eq!(names.len(), given.len());
                let stems: HashSet<&[u8]> =
                    given.iter().map(|name| split_name(name.as_bytes()).0).collect();
                prop_assert_eq!(stems.len(), 1, "one stem in {:?}", given);
            }
            if let Some(first) = all.first() {
                prop_assert_eq!(first, &given[0]);
            }
        }
    }
}
