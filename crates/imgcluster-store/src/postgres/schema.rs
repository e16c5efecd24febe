//! The schema `image_clustering`: what it needs, how it is made and kept up to date.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, Row, SqlSafeStr};

use super::fault::{Fault, of_server, plain};
use crate::{PostgresAddress, ServerError, StoreError};

/// Every step from an empty database to the newest schema. A step that was ever released never
/// changes. `init.sql` at the top of the repository does the same in one go.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (
        1,
        "first",
        include_str!("../../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        "decisions",
        include_str!("../../migrations/postgres/0002_decisions.sql"),
    ),
];

/// Where it is told which steps were made.
const STEPS: &str = "image_clustering._sqlx_migrations";

/// One look at everything that opening depends on.
const LOOK: &str = "
    SELECT
        current_setting('server_encoding'),
        pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
        (SELECT nspname::text FROM pg_extension
            JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'),
        EXISTS (SELECT FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'image_clustering' AND relname = '_sqlx_migrations'),
        EXISTS (SELECT FROM pg_class
            JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'image_clustering' AND relkind = 'r')";

/// The newest schema that this build knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].0
}

/// What a look at a database finds.
struct Look {
    encoding: String,
    is_read_only: bool,
    /// The schema that pgvector's types are in.
    extension: Option<String>,
    is_store: bool,
    has_tables: bool,
}

/// Makes the store, or brings it up to date, and gives the schema that pgvector's types are in.
///
/// Whoever may only read and write the tables can use a store that is up to date.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    address: &PostgresAddress,
) -> Result<String, Fault> {
    let mut seen = look(connection).await?;
    refuse(&seen, address)?;
    if !seen.is_store || seen.extension.is_none() || !is_newest(connection, address).await? {
        sqlx::query("SELECT pg_advisory_lock(hashtext('imgcluster'))")
            .execute(&mut *connection)
            .await?;
        install(connection, &seen, address).await?;
        sqlx::query("SELECT pg_advisory_unlock(hashtext('imgcluster'))")
            .execute(&mut *connection)
            .await?;
        seen = look(connection).await?;
    }
    refuse_reader(connection, address).await?;
    Ok(seen.extension.unwrap_or_else(|| "public".to_owned()))
}

async fn look(connection: &mut PgConnection) -> Result<Look, Fault> {
    let row = sqlx::query(LOOK).fetch_one(connection).await?;
    Ok(Look {
        encoding: row.try_get(0)?,
        is_read_only: row.try_get(1)?,
        extension: row.try_get(2)?,
        is_store: row.try_get(3)?,
        has_tables: row.try_get(4)?,
    })
}

fn refuse(seen: &Look, address: &PostgresAddress) -> Result<(), StoreError> {
    let store = address.to_string();
    if seen.encoding != "UTF8" {
        let encoding = seen.encoding.clone();
        return Err(of_server(store, ServerError::Encoding { encoding }));
    }
    if seen.has_tables && !seen.is_store {
        return Err(of_server(store, ServerError::Foreign));
    }
    if seen.is_read_only {
        let source = "the server takes no changes".into();
        return Err(StoreError::ReadOnly { store, source });
    }
    Ok(())
}

/// Tells whether every step was made, without the right to make one.
async fn is_newest(
    connection: &mut PgConnection,
    address: &PostgresAddress,
) -> Result<bool, Fault> {
    let steps: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as(
        "SELECT version, checksum, success FROM image_clustering._sqlx_migrations ORDER BY version",
    )
    .fetch_all(connection)
    .await?;
    let known = migrator();
    for (version, sum, made) in &steps {
        let step = known.iter().find(|step| step.version == *version);
        let store = address.to_string();
        match step {
            Some(step) if *made && *step.checksum == **sum => {}
            None if *version > newest() => {
                let (version, known) = (*version, newest());
                return Err(StoreError::Newer {
                    store,
                    version,
                    known,
                }
                .into());
            }
            _ => {
                let version = *version;
                return Err(StoreError::OtherBuild { store, version }.into());
            }
        }
    }
    Ok(steps.len() == MIGRATIONS.len())
}

async fn install(
    connection: &mut PgConnection,
    seen: &Look,
    address: &PostgresAddress,
) -> Result<(), Fault> {
    if seen.extension.is_none() {
        let sql = "CREATE EXTENSION IF NOT EXISTS vector";
        if let Err(error) = sqlx::raw_sql(sql).execute(&mut *connection).await {
            return Err(without_extension(error.into(), address));
        }
    }
    // The types may be in a schema that is not looked into by default.
    let extension = look(connection).await?.extension;
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT set_config('search_path', quote_ident($1), true)")
        .bind(extension.as_deref().unwrap_or("public"))
        .execute(&mut *transaction)
        .await?;
    migrator().run(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Tells apart a server that lacks pgvector from one that lets others switch it on only.
fn without_extension(fault: Fault, address: &PostgresAddress) -> Fault {
    let code = fault.code();
    let Fault::Database(error) = fault else {
        return fault;
    };
    let source = plain(error);
    let problem = match code.as_deref() {
        // feature_not_supported, undefined_file
        Some("0A000" | "58P01") => ServerError::NoPgvector { source },
        Some("42501") => ServerError::PgvectorNotAllowed { source },
        _ => ServerError::PgvectorFailed { source },
    };
    of_server(address.to_string(), problem).into()
}

/// Refuses a user who may look but not write, before any work is done in vain.
async fn refuse_reader(
    connection: &mut PgConnection,
    address: &PostgresAddress,
) -> Result<(), Fault> {
    let may_write: bool = sqlx::query_scalar(
        "SELECT bool_and(
             has_table_privilege(pg_class.oid, 'SELECT') AND has_table_privilege(pg_class.oid, 'INSERT')
             AND has_table_privilege(pg_class.oid, 'UPDATE') AND has_table_privilege(pg_class.oid, 'DELETE'))
         FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE nspname = 'image_clustering' AND relkind = 'r' AND relname <> '_sqlx_migrations'",
    )
    .fetch_one(connection)
    .await?;
    if may_write {
        return Ok(());
    }
    let (store, source) = (
        address.to_string(),
        "the user may not select, insert, update and delete in all its tables".into(),
    );
    Err(StoreError::ReadOnly { store, source }.into())
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        let sql = sql.into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.into());
    migrator.create_schema("image_clustering");
    migrator.dangerous_set_table_name(STEPS);
    migrator
}

/// Writes what `init.sql` holds: all steps, and that they were made.
#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Writes what `init.sql` holds: all steps, and that they were made.
    fn script() -> String {
        let mut script = include_str!("../../migrations/postgres/head.sql").to_owned();
        for step in migrator().iter() {
            let digits = step
                .checksum
                .iter()
                .fold(String::new(), |mut digits, byte| {
                    write!(digits, "{byte:02x}").unwrap();
                    digits
                });
            script += step.sql.as_str();
            write!(
                script,
                "\nINSERT INTO {STEPS} (version, description, success, checksum, execution_time)\n\
                 VALUES ({}, '{}', true, '\\x{digits}', 0);\n",
                step.version, step.description
            )
            .unwrap();
        }
        script + "\nCOMMIT;\n"
    }

    /// To write the file anew: `IMGCLUSTER_WRITE_INIT_SQL=1 cargo test -p imgcluster-store init_sql`.
    #[test]
    fn init_sql_is_made_of_the_migrations() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../init.sql");
        if std::env::var_os("IMGCLUSTER_WRITE_INIT_SQL").is_some() {
            std::fs::write(file, script()).unwrap();
        }
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text == script(), "`init.sql` and the migrations differ");
    }
}
