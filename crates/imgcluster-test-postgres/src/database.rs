//! A database of one test's own.

use std::sync::{Mutex, PoisonError};

use crate::{Server, random, sql};

/// An empty database in UTF-8, dropped with this value, whoever is connected.
#[derive(Debug)]
pub struct Database<'a> {
    server: &'a Server,
    name: String,
    url: String,
    users: Mutex<Vec<String>>,
}

/// A user of one database, who is dropped with it.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, as SQL takes it without quotes.
    pub name: String,
    /// The password: letters and digits.
    pub password: String,
    /// The URL of the database as this user.
    pub url: String,
}

impl<'a> Database<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let name = random::name();
        // The first template is empty whatever was done to the other.
        server.execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
        ));
        let url = server.url_of_database(&name);
        Self {
            server,
            name,
            url,
            users: Mutex::new(Vec::new()),
        }
    }

    /// The name, as SQL takes it without quotes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL, as the user who owns it. It holds a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server that it is on.
    pub fn server(&self) -> &'a Server {
        self.server
    }

    /// What [`Server::environment`] says for this database.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        self.server.environment(&self.name)
    }

    /// Runs one or several statements.
    ///
    /// # Panics
    /// Where one fails.
    pub fn execute(&self, statements: &str) {
        sql::run(&self.url, statements);
    }

    /// The rows of a query: values as PostgreSQL writes them, `None` for NULL.
    ///
    /// # Panics
    /// Where it fails.
    pub fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        sql::run(&self.url, query)
    }

    /// The one value of a query.
    ///
    /// # Panics
    /// Where it fails or gives anything else, NULL included.
    pub fn text(&self, query: &str) -> String {
        match &mut *self.rows(query) {
            [row] if row.len() == 1 => row[0].take().unwrap_or_else(|| panic!("{query}: NULL")),
            other => panic!("{query}: not one value but {other:?}"),
        }
    }

    /// A new user who may connect to this database, and has no other rights than anybody: tables
    /// of the session only. Grant the rest by [`execute`](Self::execute).
    ///
    /// # Panics
    /// Where the server's user may not create one.
    pub fn user(&self) -> User {
        let (name, password) = (random::name(), random::password());
        // Before PostgreSQL 15 everybody could create tables.
        self.execute(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD '{password}';
             REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        ));
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        users.push(name.clone());
        let url = self.server.url_of(&name, &password, &self.name);
        User {
            name,
            password,
            url,
        }
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let users = std::mem::take(self.users.get_mut().unwrap_or_else(PoisonError::into_inner));
        let drops = [format!("DATABASE IF EXISTS {} WITH (FORCE)", self.name)];
        let drops = drops
            .into_iter()
            .chain(users.iter().map(|user| format!("ROLE {user}")));
        for what in drops {
            // The server may be stopped, or gone, as its test wished.
            drop(sql::rows(self.server.url(), &format!("DROP {what}")));
        }
    }
}
