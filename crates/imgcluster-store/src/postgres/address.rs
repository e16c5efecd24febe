//! The address of a server: what may be shown of it, and what may not.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::StoreError;

/// How many connections a process holds at most, unless the address says otherwise.
const CONNECTIONS: NonZeroU32 = NonZeroU32::new(4).expect("not zero");

/// What the driver takes after the question mark; anything else is a mistake.
const TAKEN: [&str; 19] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
    "statement_cache_capacity",
    "user",
];

/// The address of a database on a `PostgreSQL` server: `postgres://USER@HOST:PORT/DATABASE?KEY=VALUE`.
///
/// What is left out comes from where libpq takes it: `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`,
/// `PGPASSWORD`, `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`, `PGOPTIONS`, and the file of
/// passwords that `PGPASSFILE` names (else `~/.pgpass`). Besides libpq's keys (`sslmode`,
/// `sslrootcert` …) there are two of its own: `connections`, how many a process holds at most
/// (default 4), and `root`, the name of the machine whose files these are (default: its host name);
/// machines on which the same folders are mounted at the same place share a root.
///
/// Shown and debugged, it tells no password.
///
/// ```
/// let text = "postgres://ada:secret@db.example/pictures?sslmode=require&root=nas";
/// let address: imgcluster_store::PostgresAddress = text.parse()?;
/// assert_eq!(address.to_string(), "postgres://ada@db.example:5432/pictures");
/// # Ok::<(), imgcluster_store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct PostgresAddress {
    pub(super) options: Box<PgConnectOptions>,
    pub(super) connections: NonZeroU32,
    pub(super) root: Option<String>,
}

impl FromStr for PostgresAddress {
    type Err = StoreError;

    /// Reads an address. The error repeats nothing of it that may be a password.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let wrong = |why: &str| StoreError::WrongServerAddress {
            why: why.to_owned(),
        };
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        if !matches!(&*scheme.to_ascii_lowercase(), "postgres" | "postgresql") {
            return Err(wrong("it does not begin with `postgres://`"));
        }
        let rest = match rest.strip_prefix("//") {
            Some(rest) => rest,
            None if rest.is_empty() => rest,
            None => return Err(wrong("there is no `//` after `postgres:`")),
        };
        if rest.contains('#')
            || rest
                .rsplit_once('@')
                .is_some_and(|(user, _)| user.contains('?'))
        {
            return Err(wrong(
                "a `#` or `?` in a password must be written as `%23` or `%3F`",
            ));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if place
            .split_once('/')
            .is_some_and(|(_, rest)| rest.contains('@'))
        {
            return Err(wrong("a `/` in a password must be written as `%2F`"));
        }
        check_environment()?;
        let (mut connections, mut root, mut for_driver) = (CONNECTIONS, None, Vec::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "connections" => {
                    let no_number = |_| wrong("`connections` is not a number above zero");
                    connections = value.parse().map_err(no_number)?;
                }
                "root" if value.is_empty() || value.contains(['%', '+']) => {
                    return Err(wrong("`root` is empty or has `%` or `+` in it"));
                }
                "root" => root = Some(value.to_owned()),
                key if TAKEN.contains(&key) || key.starts_with("options[") => {
                    for_driver.push(pair);
                }
                key => return Err(wrong(&format!("there is no setting `{key}`"))),
            }
        }
        let text = format!("postgres://{place}?{}", for_driver.join("&"));
        let read =
            |text: &str| PgConnectOptions::from_str(text).map_err(|error| wrong(&why(&error)));
        let mut options = read(&text)?;
        if options.get_database().is_none() {
            // the user's own, as everywhere; said, so that the file of passwords is asked for it
            let database: String = options.get_username().bytes().map(escaped).collect();
            options = read(&format!("{text}&dbname={database}"))?;
        }
        if options.get_application_name().is_none() {
            options = options.application_name("imgcluster");
        }
        Ok(Self {
            options: Box::new(options),
            connections,
            root,
        })
    }
}

/// Refuses what the driver would take for its default without a word.
fn check_environment() -> Result<(), StoreError> {
    let is_wrong = |name: &str, is_right: fn(&str) -> bool| {
        std::env::var(name).is_ok_and(|value| !is_right(&value))
    };
    let is_mode = |value: &str| value.parse::<PgSslMode>().is_ok();
    let is_port = |value: &str| value.parse::<u16>().is_ok();
    let wrong = |name: &str| StoreError::WrongServerAddress {
        why: format!("the variable `{name}` has a value that means nothing"),
    };
    if is_wrong("PGSSLMODE", is_mode) {
        return Err(wrong("PGSSLMODE"));
    }
    if is_wrong("PGPORT", is_port) {
        return Err(wrong("PGPORT"));
    }
    Ok(())
}

/// Writes a byte as it stands in an address.
fn escaped(byte: u8) -> String {
    format!("%{byte:02X}")
}

/// What the driver has to say of an address, which it does not repeat.
fn why(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => cause.to_string(),
        error => error.to_string(),
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        write!(f, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{}", options.get_host())?,
        }
        let database = options.get_database().unwrap_or_default();
        write!(f, ":{}/{database}", options.get_port())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresAddress")
            .field("shown", &self.to_string())
            .field("connections", &self.connections)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PostgresAddress, StoreError> {
        text.parse()
    }

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "postgres://u:secret@h/d",
            "postgresql://u:secret@h:5433/d?sslmode=disable",
            "postgres://h/d?user=u&password=secret",
        ] {
            let address = parse(text).unwrap();
            assert!(
                !format!("{address} {address:?}").contains("secret"),
                "{text}"
            );
            assert!(
                address.to_string().starts_with("postgres://u@h:"),
                "{address}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (text, part) in [
            ("postgres:u:secret@h/d", "no `//`"),
            ("mysql://u:secret@h/d", "does not begin"),
            ("postgres://u:secret@h:port/d", "port"),
            ("postgres://u:secret@h/d?connections=0", "`connections`"),
            ("postgres://u:secret@h/d?root=", "`root`"),
            ("postgres://u:secret@h/d?sslmod=require", "`sslmod`"),
            ("postgres://u:secret@h/d?sslmode=no", "no"),
            ("postgres://u:secret@[h/d", "address"),
            ("postgres://u:x?secret@h/d", "%3F"),
            ("postgres://u:77/secret@h/d", "%2F"),
            ("postgres://u:/secret@h/d", "%2F"),
            ("postgres://u:x#secret@h/d", "%23"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("secret"), "{text}: {message}");
        }
    }

    #[test]
    fn own_settings_are_kept_from_the_driver() {
        let address = parse("postgres://u@h/d?connections=9&sslmode=disable&root=nas").unwrap();
        assert_eq!(address.connections.get(), 9);
        assert_eq!(address.root.as_deref(), Some("nas"));
        assert_eq!(parse("postgres://u@h/d").unwrap().connections, CONNECTIONS);
    }

    #[test]
    fn the_database_of_a_user_has_the_users_name() {
        let address = parse("postgres://u@h?sslmode=disable").unwrap();
        // unless PGDATABASE names one
        if std::env::var_os("PGDATABASE").is_none() {
            assert!(address.to_string().ends_with("/u"), "{address}");
        }
        assert!(parse("postgres:").is_ok() && parse("postgres://").is_ok());
    }
}
