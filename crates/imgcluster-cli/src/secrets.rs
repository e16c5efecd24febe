//! What must not be written down.

use imgcluster_store::StoreUrl;

/// Gives a word of the command line as it may be kept: of the address of a server, only what may
/// be shown.
pub(crate) fn without_password(word: &str) -> String {
    let (before, address) = match word.split_once('=') {
        Some((flag, address)) if flag.starts_with('-') => (format!("{flag}="), address),
        _ => (String::new(), word),
    };
    let lower = address.to_ascii_lowercase();
    if !lower.starts_with("postgres:") && !lower.starts_with("postgresql:") {
        return word.to_owned();
    }
    match address.parse::<StoreUrl>() {
        Ok(url) => format!("{before}{url}"),
        Err(_) => format!("{before}postgres:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_kept_however_it_was_given() {
        for (word, kept) in [
            ("pictures", "pictures"),
            ("--store", "--store"),
            ("a/postgres:b=postgres:c", "a/postgres:b=postgres:c"),
            ("postgres://u:secret@h:1/d", "postgres://u@h:1/d"),
            (
                "--store=postgresql://u:secret@h:1/d",
                "--store=postgres://u@h:1/d",
            ),
            ("POSTGRES://u:secret@h:1/d", "postgres://u@h:1/d"),
            (
                "postgres://h:1/d?user=u&password=secret",
                "postgres://u@h:1/d",
            ),
            ("postgres://u:secret@h:no/d", "postgres:"),
            ("postgres:u:secret@h", "postgres:"),
        ] {
            assert_eq!(without_password(word), kept);
        }
    }
}
