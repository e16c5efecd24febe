//! A connection that knows which contents are searched.

use std::ops::Range;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::super::fault::{Fault, of_server};
use super::super::{CHUNK, PostgresStore, hashes};
use super::Search;
use super::index::operator;
use crate::{ServerError, StoreError};

/// The most that pgvector keeps in view.
const BROADEST: usize = 1000;
/// Steps through the index after which pgvector gives up by default.
const FEWEST_STEPS: usize = 20_000;
/// How many times more steps are allowed than are needed if contents are spread evenly.
const SPARE: usize = 8;

/// A connection of its own, which is closed when this is dropped; the server then gives up whatever
/// it is at.
pub(super) struct Session {
    connection: PgConnection,
    near: String,
    near_exactly: String,
}

/// Connects outside the pool, where settings and temporary tables do not outlive the search.
pub(super) async fn connect(store: &PostgresStore) -> Result<PgConnection, Fault> {
    let mut connection = store.pool.acquire().await?.detach();
    // A server on a system without the means says no; it then ends its statement before it notices.
    let sql = "SET client_connection_check_interval = '200ms'";
    if let Err(error) = sqlx::raw_sql(sql).execute(&mut connection).await {
        let fault = Fault::from(error);
        if fault.is_disconnect() {
            return Err(fault);
        }
    }
    Ok(connection)
}

impl Session {
    /// Connects, and tells the server which contents there are.
    pub(super) async fn begin(search: &Search<'_>) -> Result<Self, Fault> {
        let mut connection = connect(search.store).await?;
        if search.index.is_some() {
            set_up_index_scans(&mut connection, search).await?;
        }
        choose(&mut connection, search).await?;
        Ok(Self {
            connection,
            near: near(search),
            near_exactly: near_exactly(search),
        })
    }

    /// Takes leave of the server.
    pub(super) async fn close(self) {
        // Nothing hangs on this: the server sees it anyway.
        let _ = self.connection.close().await;
    }

    /// Gives the neighbours of the contents at these places.
    pub(super) async fn lists(
        &mut self,
        search: &Search<'_>,
        places: Range<usize>,
    ) -> Result<Vec<Vec<u32>>, Fault> {
        let mut lists = vec![None; places.len()];
        let all: Vec<i32> = places.clone().map(number).collect();
        self.fill(false, &all, &mut lists).await?;
        let wanted = search.wanted();
        let is_short =
            |list: &Option<Vec<u32>>| list.as_ref().is_some_and(|list| list.len() < wanted);
        let short = (0..).zip(&lists).filter(|(_, list)| is_short(list));
        let short: Vec<i32> = short.map(|(at, _)| all[0] + at).collect();
        if !short.is_empty() {
            self.fill(true, &short, &mut lists).await?;
        }
        let found = places.zip(lists).map(|(place, list)| {
            list.ok_or_else(|| {
                let (model, content) = (search.model.to_owned(), search.contents[place]);
                StoreError::MissingFeature { model, content }.into()
            })
        });
        found.collect()
    }

    /// Fills in the lists of contents, the first of which is the first of the chunk.
    async fn fill(
        &mut self,
        exactly: bool,
        places: &[i32],
        lists: &mut [Option<Vec<u32>>],
    ) -> Result<(), Fault> {
        let sql = if exactly {
            &self.near_exactly
        } else {
            &self.near
        };
        let mut rows = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(places)
            .fetch(&mut self.connection);
        while let Some(row) = rows.try_next().await? {
            let place: i32 = row.try_get(0)?;
            let others: Vec<i32> = row.try_get(1)?;
            let others = others.into_iter().map(i32::cast_unsigned);
            lists[place as usize % super::AT_A_TIME] = Some(others.collect());
        }
        Ok(())
    }
}

/// Gives a place as the server counts it; nobody has as many contents as it can count.
fn number(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}

/// Makes the server go by the index, and on until it has found enough.
async fn set_up_index_scans(
    connection: &mut PgConnection,
    search: &Search<'_>,
) -> Result<(), Fault> {
    // Loads pgvector, which then knows its settings.
    sqlx::raw_sql("SELECT '[1]'::vector")
        .execute(&mut *connection)
        .await?;
    let known = "SELECT current_setting('hnsw.iterative_scan', true) IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(known)
        .fetch_one(&mut *connection)
        .await?
    {
        let store = search.store.address.to_string();
        return Err(of_server(store, ServerError::OldPgvector).into());
    }
    let breadth = search.options.search_breadth.get().min(BROADEST);
    let steps = search.held.div_ceil(search.contents.len()) * search.wanted() * SPARE;
    let steps = steps.clamp(FEWEST_STEPS, i32::MAX as usize);
    // The planner knows neither what the index is good for nor what a distance costs.
    let settings = format!(
        "SET hnsw.iterative_scan = relaxed_order; SET hnsw.ef_search = {breadth};
         SET hnsw.max_scan_tuples = {steps}; SET hnsw.scan_mem_multiplier = 4;
         SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off; SET jit = off"
    );
    sqlx::raw_sql(AssertSqlSafe(settings))
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes a table of the contents; where every two are compared, with their vectors.
async fn choose(connection: &mut PgConnection, search: &Search<'_>) -> Result<(), Fault> {
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE chosen (
             place integer NOT NULL, hash bytea NOT NULL, embedding vector
         ) WITH (toast_tuple_target = 8160)",
    )
    .execute(&mut *connection)
    .await?;
    let insert = "
        INSERT INTO chosen
        SELECT $3 + list.place - 1, hash, CASE WHEN $4 THEN embedding END
        FROM unnest($1::bytea[]) WITH ORDINALITY AS list (hash, place)
        JOIN embeddings USING (hash) WHERE space_id = $2";
    for (start, contents) in (0..).step_by(CHUNK).zip(search.contents.chunks(CHUNK)) {
        sqlx::query(insert)
            .bind(hashes(contents))
            .bind(search.space)
            .bind(start)
            .bind(search.index.is_none())
            .execute(&mut *connection)
            .await?;
    }
    sqlx::raw_sql(
        "ALTER TABLE chosen ADD PRIMARY KEY (place); ALTER TABLE chosen ADD UNIQUE (hash);
         ANALYZE chosen",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds the nearest of some contents: by the index, or by comparing every two.
fn near(search: &Search<'_>) -> String {
    let (space, wanted) = (search.space, search.wanted());
    let Some(index) = &search.index else {
        let operator = operator(search.options.metric);
        return format!(
            "SELECT place, ARRAY(
                 SELECT other.place FROM chosen AS other WHERE other.place <> this.place
                 ORDER BY other.embedding {operator} this.embedding LIMIT {wanted})
             FROM chosen AS this WHERE place = ANY ($1::integer[])"
        );
    };
    let (other, this) = (index.expression("other."), index.expression("this."));
    let operator = operator(search.options.metric);
    // A subquery that gives one value is not made into a join, which would not go by the index.
    let place = "(SELECT place FROM chosen WHERE chosen.hash = other.hash)";
    format!(
        "SELECT place, ARRAY(
             SELECT {place} FROM embeddings AS other
             WHERE other.space_id = {space} AND other.hash <> this.hash AND {place} IS NOT NULL
             ORDER BY {other} {operator} {this} LIMIT {wanted})
         FROM chosen JOIN embeddings AS this ON this.hash = chosen.hash AND this.space_id = {space}
         WHERE place = ANY ($1::integer[])"
    )
}

/// Finds the nearest of some contents for which the index did not give enough.
fn near_exactly(search: &Search<'_>) -> String {
    let (space, wanted) = (search.space, search.wanted());
    let operator = operator(search.options.metric);
    format!(
        "SELECT place, ARRAY(
             SELECT near.place FROM chosen AS near
             JOIN embeddings AS other ON other.hash = near.hash AND other.space_id = {space}
             WHERE near.place <> chosen.place
             ORDER BY other.embedding {operator} this.embedding LIMIT {wanted})
         FROM chosen JOIN embeddings AS this ON this.hash = chosen.hash AND this.space_id = {space}
         WHERE place = ANY ($1::integer[])"
    )
}
