//! Connecting to a database as a store.

use std::time::Duration;

use imgcluster_core::CancelToken;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::fault::{Fault, of_server};
use super::patience::LONGEST;
use super::{PostgresAddress, PostgresStore, schema};
use crate::{ServerError, StoreError};

/// How long the first connection may take.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// Limits for a session whose server or address sets none: a statement that is stuck, as behind a
/// lock that is never given back; a client that stops in the middle of a transaction.
const LIMITS: [(&str, &str); 2] = [
    ("statement_timeout", "10min"),
    ("idle_in_transaction_session_timeout", "2min"),
];

/// Opens the store at this address, as [`PostgresStore::open`] promises.
pub(super) async fn open(address: &PostgresAddress) -> Result<PostgresStore, StoreError> {
    let options = address.options.as_ref().clone().disable_statement_logging();
    let name = |fault: Fault| fault.of(address);
    // alone and first, since a pool keeps to itself why it does not connect
    let first = tokio::time::timeout(FIRST_ANSWER, options.connect());
    let mut first = first
        .await
        .map_err(|source| silent(address, source))?
        .map_err(|error| name(error.into()))?;
    let patience = format!("SET lock_timeout = {}", LONGEST.as_millis());
    let limited = sqlx::raw_sql(AssertSqlSafe(patience))
        .execute(&mut first)
        .await;
    limited.map_err(|error| name(error.into()))?;
    let extension = schema::prepare(&mut first, address).await.map_err(name)?;
    // Nothing hangs on this: the server sees it anyway.
    let _ = first.close().await;
    let root = match &address.root {
        Some(root) => root.clone(),
        None => gethostname::gethostname().to_string_lossy().into_owned(),
    };
    Ok(PostgresStore {
        address: address.clone(),
        root,
        cancel: CancelToken::default(),
        pool: pool(address, options, &extension),
    })
}

fn silent(address: &PostgresAddress, source: tokio::time::error::Elapsed) -> StoreError {
    let source = source.into();
    of_server(address.to_string(), ServerError::Silent { source })
}

fn pool(address: &PostgresAddress, options: PgConnectOptions, extension: &str) -> sqlx::PgPool {
    let settings = settings(extension);
    PgPoolOptions::new()
        .max_connections(address.connections.get())
        .acquire_timeout(LONGEST)
        // a connection that was lost is seen when it is used, and used again another time
        .test_before_acquire(false)
        .after_connect(move |connection: &mut PgConnection, _| {
            let settings = AssertSqlSafe(settings.clone());
            Box::pin(async move {
                sqlx::raw_sql(settings).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options)
}

/// Writes the statements that make a connection this store's.
fn settings(extension: &str) -> String {
    let extension = extension.replace('"', "\"\"");
    // A plan is made for each list anew, as it hangs on its length, and a list is held in memory.
    let path = format!(
        "SET search_path = image_clustering, \"{extension}\", public;
         SET plan_cache_mode = force_custom_plan;
         SET max_parallel_workers_per_gather = 0;
         SET work_mem = '32MB';"
    );
    let limit = |(name, value)| {
        format!(
            "SELECT set_config('{name}', '{value}', false)
             WHERE current_setting('{name}') IN ('0', '0ms');"
        )
    };
    path + &LIMITS.map(limit).concat()
}
