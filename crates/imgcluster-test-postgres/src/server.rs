//! The server that the tests of a process share, and what can be asked of any.

use std::{env, net::TcpListener, path::PathBuf, sync::OnceLock};

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    Database,
    error::{StartError, Unavailable},
    install::{self, Install},
    random, sql,
    supervisor::Supervisor,
};

/// The variable that names a server to be used.
const VARIABLE: &str = "IMGCLUSTER_TEST_POSTGRES";

/// Ports below those that systems hand out to connections, so that one in use for a server that
/// is stopped for a moment is not taken by them.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A PostgreSQL server that has pgvector, and a user of it who may create databases.
#[derive(Debug)]
pub struct Server {
    url: Url,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// One that was started here.
    Own(Install),
    /// That of a URL, of this major version.
    Given(u32),
}

/// The server that the tests of this process share, started at the first call.
///
/// # Errors
/// [`Unavailable::Nowhere`] where none can be had, the others where one does not work.
pub fn server() -> Result<&'static Server, &'static Unavailable> {
    static SERVER: OnceLock<Result<Server, &'static Unavailable>> = OnceLock::new();
    SERVER.get_or_init(shared).as_ref().map_err(|error| *error)
}

/// Says why there is no server, without starting one.
pub(crate) fn availability() -> Result<(), &'static Unavailable> {
    if given().is_some() {
        Ok(())
    } else {
        install::install().map(|_| ())
    }
}

fn given() -> Option<String> {
    env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

fn shared() -> Result<Server, &'static Unavailable> {
    if let Some(url) = given() {
        return Server::given(&url).map_err(leak);
    }
    let (server, supervisor) = Server::start(install::install()?).map_err(leak)?;
    // It ends with this process.
    Box::leak(Box::new(supervisor));
    Ok(server)
}

/// Gives an error the life of the process, of which it is one of few.
pub(crate) fn leak(error: Unavailable) -> &'static Unavailable {
    Box::leak(Box::new(error))
}

impl Server {
    fn given(url: &str) -> Result<Self, Unavailable> {
        let url = Url::parse(url).map_err(Unavailable::Url)?;
        let asked = "SELECT current_setting('server_version_num')::int / 10000
                     FROM pg_available_extensions WHERE name = 'vector'";
        let rows = sql::rows(url.as_str(), asked).map_err(Unavailable::Unreachable)?;
        let version = rows.first().ok_or(Unavailable::WithoutVector)?;
        let version = version[0].as_ref().and_then(|version| version.parse().ok());
        let version = version.expect("a server has a version");
        Ok(Self {
            url,
            kind: Kind::Given(version),
        })
    }

    /// Starts a new one, which lives as long as its supervisor.
    pub(crate) fn start(install: &Install) -> Result<(Self, Supervisor), Unavailable> {
        let password = random::password();
        let started = Supervisor::start(install, &password).and_then(|mut supervisor| {
            let port = start_at_a_free_port(&mut supervisor)?;
            Ok((port, supervisor))
        });
        let (port, supervisor) = started.map_err(|source| Unavailable::Start {
            programs: install.programs.clone(),
            source,
        })?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let url = Url::parse(&url).expect("it is made of digits");
        Ok((
            Self {
                url,
                kind: Kind::Own(install.clone()),
            },
            supervisor,
        ))
    }

    /// A new, empty database in UTF-8, which is dropped with the value.
    ///
    /// # Panics
    /// Where the server does not create one.
    pub fn database(&self) -> Database<'_> {
        Database::new(self)
    }

    /// The URL of the server, as the user who may create databases. It holds a password.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The URL of a database, as that user.
    pub fn url_of_database(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }

    /// The URL of a database for another user or password, which need not exist.
    ///
    /// # Panics
    /// Where the URL of the server names no host.
    pub fn url_of(&self, user: &str, password: &str, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.set_username(user).expect("the server's URL has a host");
        url.set_password(Some(password))
            .expect("the server's URL has a host");
        url.into()
    }

    /// `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` and `PGDATABASE`, as far as the server's URL
    /// tells them, for a program that goes by these.
    pub fn environment(&self, database: &str) -> Vec<(&'static str, String)> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = Some(self.url.username()).filter(|user| !user.is_empty());
        let values = [
            ("PGHOST", self.url.host_str().map(decoded)),
            ("PGPORT", self.url.port().map(|port| port.to_string())),
            ("PGUSER", user.map(decoded)),
            ("PGPASSWORD", self.url.password().map(decoded)),
            ("PGDATABASE", Some(database.to_owned())),
        ];
        values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// A program of PostgreSQL such as `psql`, `pg_dump` or `pg_restore`: the server's own, or for
    /// a server given by its URL one that is not older than it, if there is any.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        match &self.kind {
            Kind::Own(install) => install.program(name),
            Kind::Given(version) => install::program_since(name, *version),
        }
    }

    /// Runs statements in the server's own database.
    ///
    /// # Panics
    /// Where one fails.
    pub fn execute(&self, statements: &str) {
        sql::run(self.url(), statements);
    }
}

fn start_at_a_free_port(supervisor: &mut Supervisor) -> Result<u16, StartError> {
    for _ in 0..20 {
        let port = PORTS.start + (random::bits() % PORTS.len() as u64) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_err() {
            continue;
        }
        match supervisor.order("pg_ctl start", &format!("start {port}")) {
            // Somebody was faster.
            Err(StartError::Failed { output, .. }) if output.contains("could not bind") => {}
            other => return other.map(|()| port),
        }
    }
    Err(StartError::NoPort)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_server_that_is_none_is_an_error_that_tells_no_password() {
        assert!(matches!(
            Server::given("localhost"),
            Err(Unavailable::Url(_))
        ));
        // Nobody listens there.
        let error = Server::given("postgres://me:hushhush@127.0.0.1:1/postgres").unwrap_err();
        assert!(matches!(error, Unavailable::Unreachable(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("hushhush"));
    }

    #[test]
    fn names_and_passwords_with_odd_characters_are_the_same_in_url_and_environment() {
        let url = Url::parse("postgres://a%40b:p%2Fw@db.example:5433/postgres?sslmode=require");
        let server = Server {
            url: url.unwrap(),
            kind: Kind::Given(18),
        };
        let expected = [
            ("PGHOST", "db.example"),
            ("PGPORT", "5433"),
            ("PGUSER", "a@b"),
            ("PGPASSWORD", "p/w"),
            ("PGDATABASE", "pictures"),
        ];
        assert_eq!(
            server.environment("pictures"),
            expected.map(|(n, v)| (n, v.to_owned()))
        );
        assert_eq!(
            server.url_of("c@d", "q/x", "pictures"),
            "postgres://c%40d:q%2Fx@db.example:5433/pictures?sslmode=require"
        );
    }
}
