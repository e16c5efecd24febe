//! What people decided.

use imgcluster_core::{DecidedContent, Decision, StoredDecision};
use sqlx::SqliteConnection;

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::decisions::{CONTENTS, DECISIONS, PATHS, Rows, identity};
use crate::paths;

/// Rows of hash, copies; the decision.
const PUT_CONTENTS: &str = "
    INSERT INTO decided_contents (decision_id, hash, copies)
    SELECT ?2, unhex(value ->> 0), value ->> 1 FROM json_each(?1)";

/// Rows of hash, path, position; the decision.
const PUT_PATHS: &str = "
    INSERT INTO decided_paths (decision_id, hash, path, position)
    SELECT ?2, unhex(value ->> 0), unhex(value ->> 1), value ->> 2 FROM json_each(?1)";

/// Remembers decisions that are not remembered yet, and gives the number of each.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    decisions: &[Decision],
) -> Result<Vec<u64>, Fault> {
    let mut ids = Vec::with_capacity(decisions.len());
    for decision in decisions {
        let id = insert_one(&mut *connection, decision).await?;
        ids.push(id.cast_unsigned());
    }
    Ok(ids)
}

async fn insert_one(connection: &mut SqliteConnection, decision: &Decision) -> Result<i64, Fault> {
    let identity = identity(decision);
    let known = sqlx::query_scalar("SELECT id FROM decisions WHERE identity = ?1")
        .bind(&identity[..])
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(id) = known {
        return Ok(id);
    }
    let query = sqlx::query("INSERT INTO decisions (identity, decided) VALUES (?1, ?2)")
        .bind(&identity[..])
        .bind(decision.decided());
    let id = query.execute(&mut *connection).await?.last_insert_rowid();
    for members in decision.members().chunks(CHUNK) {
        let mut rows = List::default();
        for member in members {
            rows.row(&[&member.content.0], &[&member.copies]);
        }
        let query = sqlx::query(PUT_CONTENTS).bind(rows.finish()).bind(id);
        query.execute(&mut *connection).await?;
    }
    for member in decision.members() {
        insert_paths(connection, id, member).await?;
    }
    Ok(id)
}

async fn insert_paths(
    connection: &mut SqliteConnection,
    id: i64,
    member: &DecidedContent,
) -> Result<(), Fault> {
    for (start, paths) in (0..).step_by(CHUNK).zip(member.paths.chunks(CHUNK)) {
        let mut rows = List::default();
        for (position, path) in (start..).zip(paths) {
            rows.row(&[&member.content.0, paths::to_bytes(path)?], &[&position]);
        }
        let query = sqlx::query(PUT_PATHS).bind(rows.finish()).bind(id);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Lists all decisions in the order of their numbers.
pub(super) async fn list(connection: &mut SqliteConnection) -> Result<Vec<StoredDecision>, Fault> {
    Ok(Rows {
        decisions: sqlx::query_as(DECISIONS)
            .fetch_all(&mut *connection)
            .await?,
        contents: sqlx::query_as(CONTENTS).fetch_all(&mut *connection).await?,
        paths: sqlx::query_as(PATHS).fetch_all(connection).await?,
    }
    .assemble()?)
}

/// Forgets a decision, and tells whether it was there.
pub(super) async fn forget(connection: &mut SqliteConnection, id: u64) -> Result<bool, Fault> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(false);
    };
    let query = sqlx::query("DELETE FROM decisions WHERE id = ?1").bind(id);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}
