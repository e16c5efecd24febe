//! The index that a search goes by.

use std::num::NonZeroUsize;
use std::time::Duration;

use imgcluster_core::Metric;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::super::PostgresStore;
use super::super::fault::{Fault, of_server, plain};
use super::super::patience::Patience;
use super::session::connect;
use crate::{PostgresAddress, ServerError, StoreError};

/// The longest vectors that an index takes in `f32`, and in 16 bits a value.
const MOST_VALUES: u16 = 2000;
const MOST_HALF_VALUES: u16 = 4000;
/// Vectors looked at for the links of a new one; pgvector's 64 finds fewer.
const BUILD_BREADTH: usize = 128;
/// Bytes that a vector takes while the index is made, besides its values.
const LINKS: i64 = 1000;
/// More memory is not asked for.
const MOST_MEMORY: i64 = 1 << 30;
/// How often it is looked whether another program has made the index.
const PAUSE: Duration = Duration::from_millis(200);

/// The index of one space for one metric.
pub(super) struct Index {
    space: i32,
    dim: u16,
    metric: Metric,
}

/// Gives pgvector's operator for a distance.
pub(super) fn operator(metric: Metric) -> &'static str {
    match metric {
        Metric::Cosine => "<=>",
        Metric::Euclidean => "<->",
    }
}

impl Index {
    /// Describes the index for vectors of this length.
    pub(super) fn new(
        model: &str,
        space: i32,
        dim: NonZeroUsize,
        metric: Metric,
    ) -> Result<Self, StoreError> {
        let short = u16::try_from(dim.get()).ok();
        let Some(dim) = short.filter(|dim| *dim <= MOST_HALF_VALUES) else {
            return Err(StoreError::VectorTooLongToIndex {
                model: model.to_owned(),
                values: dim.get(),
                most: MOST_HALF_VALUES.into(),
            });
        };
        Ok(Self { space, dim, metric })
    }

    fn value_type(&self) -> &'static str {
        if self.dim <= MOST_VALUES {
            "vector"
        } else {
            "halfvec"
        }
    }

    /// What is indexed, of the table with this prefix.
    pub(super) fn expression(&self, prefix: &str) -> String {
        format!("({prefix}embedding::{}({}))", self.value_type(), self.dim)
    }

    fn name(&self) -> String {
        let metric = match self.metric {
            Metric::Cosine => "cosine",
            Metric::Euclidean => "euclidean",
        };
        format!("embeddings_{}_{metric}", self.space)
    }

    /// Writes the statement that makes it, without keeping others from writing.
    fn definition(&self) -> String {
        let (name, expression, space) = (self.name(), self.expression(""), self.space);
        let value_type = self.value_type();
        let class = match self.metric {
            Metric::Cosine => "cosine",
            Metric::Euclidean => "l2",
        };
        format!(
            "CREATE INDEX CONCURRENTLY {name} ON image_clustering.embeddings
             USING hnsw ({expression} {value_type}_{class}_ops)
             WITH (ef_construction = {BUILD_BREADTH}) WHERE space_id = {space}"
        )
    }

    /// Estimates the bytes that the whole graph takes while it is made.
    fn memory(&self, vectors: i64) -> i64 {
        let of_one = 4 * i64::from(self.dim) + LINKS;
        vectors.saturating_mul(of_one).min(MOST_MEMORY)
    }
}

/// Makes the index, if nobody did.
pub(super) async fn ensure(store: &PostgresStore, index: &Index) -> Result<(), Fault> {
    let mut patience = Patience::new();
    loop {
        let once = async {
            let mut connection = connect(store).await?;
            make(&mut connection, index, &store.address).await?;
            // Nothing hangs on this: the server sees it anyway.
            let _ = connection.close().await;
            Ok(())
        };
        match once.await {
            Err(fault) if patience.outlasts(&fault).await => {}
            result => return result,
        }
    }
}

/// Makes the index, or waits while another program makes it.
async fn make(
    connection: &mut PgConnection,
    index: &Index,
    address: &PostgresAddress,
) -> Result<(), Fault> {
    // Asked for again and again: whoever waits inside the server is waited for by the making of the
    // index. The lock is the session's and goes with it.
    let lock = "SELECT pg_try_advisory_lock(hashtext('imgcluster'), hashtext($1))";
    let is_mine = async |connection: &mut PgConnection| {
        let query = sqlx::query_scalar::<_, bool>(lock).bind(index.name());
        query.fetch_one(connection).await
    };
    while is_valid(connection, index).await? != Some(true) && !is_mine(connection).await? {
        tokio::time::sleep(PAUSE).await;
    }
    match is_valid(connection, index).await? {
        Some(true) => return Ok(()),
        // Whoever began it was stopped: they would hold the lock.
        Some(false) => remove(connection, index)
            .await
            .map_err(|fault| not_allowed(fault, address))?,
        None => {}
    }
    let made = build(connection, index).await;
    made.map_err(|fault| not_allowed(fault, address))
}

/// Tells whether there is an index, and whether it was made to the end.
async fn is_valid(connection: &mut PgConnection, index: &Index) -> Result<Option<bool>, Fault> {
    let sql = "
        SELECT indisvalid FROM pg_index
        JOIN pg_class ON pg_class.oid = indexrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = 'image_clustering' AND relname = $1";
    let query = sqlx::query_scalar(sql).bind(index.name());
    Ok(query.fetch_optional(connection).await?)
}

async fn remove(connection: &mut PgConnection, index: &Index) -> Result<(), Fault> {
    let sql = format!(
        "DROP INDEX CONCURRENTLY IF EXISTS image_clustering.{}",
        index.name()
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

async fn build(connection: &mut PgConnection, index: &Index) -> Result<(), Fault> {
    let sql = "SET statement_timeout = 0; SET lock_timeout = 0";
    sqlx::raw_sql(sql).execute(&mut *connection).await?;
    let count = "SELECT count(*) FROM embeddings WHERE space_id = $1";
    let count = sqlx::query_scalar(count).bind(index.space);
    let memory = index.memory(count.fetch_one(&mut *connection).await?);
    // While all of it fits in there it goes many times faster.
    let raise = "
        SELECT set_config('maintenance_work_mem', $1 / 1024 || 'kB', false)
        WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < $1";
    sqlx::query(raise)
        .bind(memory)
        .execute(&mut *connection)
        .await?;
    let create = index.definition();
    let made = sqlx::raw_sql(AssertSqlSafe(create.clone()))
        .execute(&mut *connection)
        .await;
    match made.map_err(Fault::from) {
        Err(fault) if fault.code().as_deref() == Some("53100") => {
            // It may not be the disk that is full but the memory that processes share, which is 64
            // MiB in containers by default. One process needs none.
            remove(connection, index).await?;
            let alone = "SET max_parallel_maintenance_workers = 0";
            sqlx::raw_sql(alone).execute(&mut *connection).await?;
            sqlx::raw_sql(AssertSqlSafe(create))
                .execute(connection)
                .await?;
            Ok(())
        }
        Err(fault) => {
            // what was begun is no index; where even this fails, the next who needs it does it
            let _ = remove(connection, index).await;
            Err(fault)
        }
        Ok(_) => Ok(()),
    }
}

/// Tells that the user may not make an index.
fn not_allowed(fault: Fault, address: &PostgresAddress) -> Fault {
    match fault {
        Fault::Database(error) if is_refusal(&error) => {
            let source = plain(error);
            of_server(address.to_string(), ServerError::IndexNotAllowed { source }).into()
        }
        fault => fault,
    }
}

fn is_refusal(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    error.code().as_deref() == Some("42501")
}
