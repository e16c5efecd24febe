//! Where a store is: what a user gives to `--store`.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::{PostgresAddress, StoreError};

/// The address of a store.
///
/// ```
/// use imgcluster_store::StoreUrl;
///
/// let url: StoreUrl = "sqlite:photos/pictures.db".parse()?;
/// assert!(matches!(url, StoreUrl::Sqlite(path) if path.ends_with("pictures.db")));
/// # Ok::<(), imgcluster_store::StoreError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum StoreUrl {
    /// One file: `sqlite:PATH`, `sqlite://PATH` or a plain path.
    Sqlite(PathBuf),
    /// A database on a server: `postgres://…`.
    Postgres(PostgresAddress),
}

impl StoreUrl {
    /// Reads an address. A plain path that looks like `word:rest` needs a `./` before it.
    ///
    /// # Errors
    /// [`StoreError::WrongServerAddress`] for a `PostgreSQL` server whose address cannot be read,
    /// [`StoreError::UnknownForm`] for anything else that is neither `sqlite:PATH` nor a path.
    pub fn parse(text: &OsStr) -> Result<Self, StoreError> {
        let Some(utf8) = text.to_str() else {
            return Ok(Self::Sqlite(PathBuf::from(text)));
        };
        let unknown = |form: &str| StoreError::UnknownForm {
            form: form.to_owned(),
        };
        // what is left of an address that was quoted or cut would become the name of a file
        let lower = utf8.to_ascii_lowercase();
        let is_path = lower.starts_with(['/', '.']) || lower.starts_with("sqlite:");
        let is_server = lower.starts_with("postgres:") || lower.starts_with("postgresql:");
        let holds_server = lower.contains("postgres") && lower.contains(['@', '"', '\'']);
        if !is_path && !is_server && (holds_server || lower.contains("password=")) {
            return Err(unknown("…"));
        }
        let (scheme, path) = match utf8.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
            _ => ("sqlite", utf8),
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() || path == ":memory:" {
                    return Err(unknown(utf8));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => Ok(Self::Postgres(utf8.parse()?)),
            // the rest of the address may hold a password and is not repeated
            _ => Err(unknown(&format!("{scheme}:"))),
        }
    }
}

/// Tells a scheme from the drive letter or the folders of a path.
fn is_scheme(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(OsStr::new(text))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(text: &str) -> PathBuf {
        match text.parse().unwrap() {
            StoreUrl::Sqlite(path) => path,
            StoreUrl::Postgres(address) => panic!("{address}"),
        }
    }

    #[test]
    fn every_form_of_a_sqlite_address_gives_its_path() {
        for (text, path) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("sqlite://a/b.db", "a/b.db"),
            ("sqlite:///a/b.db", "/a/b.db"),
            ("SQLITE:/a b.db", "/a b.db"),
            ("a/b.db", "a/b.db"),
            ("./postgres:x", "./postgres:x"),
            ("C:\\pictures.db", "C:\\pictures.db"),
            ("a/b:c", "a/b:c"),
            ("ü:x", "ü:x"),
        ] {
            assert_eq!(path_of(text), PathBuf::from(path), "{text}");
        }
    }

    #[test]
    fn a_server_is_shown_without_its_password() {
        for text in [
            "postgres://u:secret@host/db",
            "PostgreSQL://u:secret@host:5432/db",
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), "postgres://u@host:5432/db");
        }
    }

    #[test]
    fn other_forms_are_refused_without_repeating_a_password() {
        for text in [
            "",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "mysql://u:secret@h",
            "\"postgres://u:secret@h/d\"",
            "postgres//u:secret@h/d",
            " postgres://u:secret@h/d",
            "host=h user=u password=secret dbname=d",
        ] {
            let error = text.parse::<StoreUrl>().unwrap_err();
            assert!(matches!(error, StoreError::UnknownForm { .. }), "{text}");
            let message = error.to_string();
            assert!(message.contains("sqlite:PATH") && !message.contains("secret"));
        }
    }

    #[test]
    fn an_address_reads_back_what_it_shows() {
        let url = StoreUrl::Sqlite("/a/b.db".into());
        assert_eq!(path_of(&url.to_string()), PathBuf::from("/a/b.db"));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf8_is_a_path() {
        use std::os::unix::ffi::OsStrExt;
        let text = OsStr::from_bytes(b"/a/\xff.db");
        let url = StoreUrl::parse(text).unwrap();
        assert!(matches!(url, StoreUrl::Sqlite(path) if path.as_os_str() == text));
    }
}
