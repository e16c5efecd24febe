//! Words as they are typed in a shell.

/// Quotes a word where a shell would not take it as it is.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-~+=:,@%".contains(c);
    // At the beginning `~` is the home folder, and `=` something to some shells.
    let is_plain = !word.is_empty() && word.chars().all(plain) && !word.starts_with(['~', '=']);
    if is_plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (word, wanted) in [
            ("a/b-1.jpg", "a/b-1.jpg"),
            ("größe", "größe"),
            ("--threshold=-1", "--threshold=-1"),
            ("", "''"),
            ("a b", "'a b'"),
            ("~", "'~'"),
            ("it's", r"'it'\''s'"),
            ("$HOME;*.jpg", "'$HOME;*.jpg'"),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
