//! The address of a server: what may be shown of it, and what may not.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

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
    /// The database, which without a name has the user's.
    database: String,
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
        let options = PgConnectOptions::from_str(&text).map_err(|error| wrong(&why(&error)))?;
        let options = Box::new(options.application_name("imgcluster"));
        let database = options.get_database().unwrap_or(options.get_username());
        Ok(Self {
            database: database.to_owned(),
            options,
            connections,
            root,
        })
    }
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
        write!(f, ":{}/{}", options.get_port(), self.database)
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
