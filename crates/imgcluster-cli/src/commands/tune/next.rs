//! The commands that go on from here: what was typed, with another purpose.

use imgcluster_viz::NextCommands;

use crate::quoted::quoted;
use crate::secrets::without_password;

/// Flags of `tune` alone that take a value, and those that take none.
const WITH_VALUE: [&str; 7] = [
    "--progress",
    "--sample",
    "--seed",
    "--min-samples",
    "--labels",
    "--output",
    "-o",
];
const ALONE: [&str; 6] = [
    "--label",
    "--overwrite",
    "--json",
    "--strict",
    "--quiet",
    "-q",
];

/// Commands as a person can paste them.
pub(super) struct Next {
    threshold: (String, String),
    radius: (String, String),
    labels: String,
    folder: String,
}

impl Next {
    /// Makes them of the words that were typed, without the program's own name. The `model` is named where
    /// it was not, as it may come from the environment.
    pub(super) fn of(words: &[String], model: &str, min_samples: usize) -> Self {
        let words: Vec<String> = words.iter().map(|word| without_password(word)).collect();
        let command = words.iter().position(|word| word == "tune").unwrap_or(0);
        let (before, after) = words.split_at(command);
        let is_model = |word: &String| word == "--model" || word.starts_with("--model=");
        let named = if model == "auto" || words.iter().any(is_model) {
            String::new()
        } else {
            format!(" --model {}", quoted(model))
        };
        let rest = without_own(after.get(1..).unwrap_or_default(), &WITH_VALUE, &ALONE);
        let again = without_own(
            after.get(1..).unwrap_or_default(),
            &["--labels"],
            &["--label", "--overwrite"],
        );
        let cluster = |how: &str| {
            let start = joined(
                ["imgcluster"]
                    .into_iter()
                    .chain(texts(before))
                    .chain(["cluster"]),
            );
            let rest = rest
                .iter()
                .fold(String::new(), |text, word| text + " " + &quoted(word));
            (format!("{start}{named} {how} "), rest)
        };
        let labels = ["tune", "--labels", "PATH/TO/labels.json", "--overwrite"];
        let labels = texts(before).chain(labels).chain(texts(&again));
        Self {
            threshold: cluster("--algorithm threshold --threshold"),
            radius: cluster(&format!(
                "--algorithm dbscan --min-samples {min_samples} --eps"
            )),
            labels: joined(["imgcluster"].into_iter().chain(labels)),
            // Paths may be relative to it.
            folder: std::env::current_dir().map_or_else(
                |_| ".".to_owned(),
                |folder| quoted(&folder.to_string_lossy()),
            ),
        }
    }

    /// The command that clusters at a threshold.
    pub(super) fn at(&self, threshold: f64) -> String {
        format!("{}{threshold}{}", self.threshold.0, self.threshold.1)
    }

    pub(super) fn commands(&self) -> NextCommands<'_> {
        NextCommands {
            threshold: (&self.threshold.0, &self.threshold.1),
            radius: (&self.radius.0, &self.radius.1),
            labels: &self.labels,
            folder: &self.folder,
        }
    }
}

fn texts(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(String::as_str)
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// The words without these flags, and without their values; what follows `--` are no flags.
fn without_own(words: &[String], with_value: &[&str], alone: &[&str]) -> Vec<String> {
    let mut rest = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            rest.push(word.clone());
            rest.extend(words.by_ref().cloned());
        } else if with_value.contains(&word.as_str()) {
            words.next();
        } else if !is_own(word, with_value, alone) {
            rest.push(word.clone());
        }
    }
    rest
}

fn is_own(word: &str, with_value: &[&str], alone: &[&str]) -> bool {
    let joined = with_value.iter().any(|flag| {
        let value = word.strip_prefix(flag);
        value.is_some_and(|value| {
            value.starts_with('=') || (!flag.starts_with("--") && !value.is_empty())
        })
    });
    joined || alone.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(words: &str) -> Next {
        let words: Vec<String> = words.split('|').map(str::to_owned).collect();
        Next::of(&words, "auto", 2)
    }

    #[test]
    fn a_model_of_the_environment_is_named() {
        let words = ["tune", "a"].map(str::to_owned);
        let command = Next::of(&words, "my model", 2).at(0.5);
        assert_eq!(
            command,
            "imgcluster cluster --model 'my model' --algorithm threshold --threshold 0.5 a"
        );
    }

    #[test]
    fn what_was_typed_goes_on_without_what_only_tune_takes() {
        let next = next(
            "--store|x.db|tune|my pictures|--sample|50|--model|phash|-oout|--seed=3|--label|--exclude|*.gif",
        );
        assert_eq!(
            next.at(0.875),
            "imgcluster --store x.db cluster --algorithm threshold --threshold 0.875 'my pictures' \
             --model phash --exclude '*.gif'"
        );
        assert_eq!(
            next.labels,
            "imgcluster --store x.db tune --labels PATH/TO/labels.json --overwrite 'my pictures' --sample 50 \
             --model phash -oout --seed=3 --exclude '*.gif'"
        );
        assert!(
            next.radius
                .0
                .ends_with("cluster --algorithm dbscan --min-samples 2 --eps ")
        );
    }

    #[test]
    fn a_folder_that_is_called_like_a_flag_stays() {
        let next = next("tune|--overwrite|--output=out|--|--label");
        assert_eq!(
            next.at(0.5),
            "imgcluster cluster --algorithm threshold --threshold 0.5 -- --label"
        );
    }

    #[test]
    fn a_password_is_not_written_down() {
        let next = next("--store|postgres://ada:secret@host/pictures|tune|a");
        assert!(!next.at(0.5).contains("secret"), "{}", next.at(0.5));
    }
}
