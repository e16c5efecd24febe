//! Statements, one connection each.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, ValueRef, postgres::PgRow, raw_sql};

/// Rows of values as PostgreSQL writes them; `None` is NULL.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// Runs one or several statements and returns the rows of all of them.
///
/// Runs on a thread of its own, so that it can be called from anywhere: inside of a runtime
/// another must not be started.
pub(crate) fn rows(url: &str, sql: &str) -> Result<Rows, sqlx::Error> {
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(ask(url, sql))
        });
        asked.join().expect("the statement's thread does not panic")
    })
}

async fn ask(url: &str, sql: &str) -> Result<Rows, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    // The simple protocol takes several statements, and answers in text.
    let rows = raw_sql(AssertSqlSafe(sql.to_owned()))
        .fetch_all(&mut connection)
        .await?;
    let rows = rows.iter().map(values).collect();
    connection.close().await?;
    rows
}

fn values(row: &PgRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    let value = |column| {
        let value = row.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        let text = value.as_str().map_err(sqlx::Error::Decode)?;
        Ok(Some(text.to_owned()))
    };
    (0..row.len()).map(value).collect()
}

/// [`rows`], for a test that ends where they fail.
pub(crate) fn run(url: &str, sql: &str) -> Rows {
    rows(url, sql).unwrap_or_else(|error| panic!("`{sql}`: {error}"))
}
