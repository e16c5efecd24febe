//! Runs and what came of them.

use imgcluster_core::{ClusterId, NewRun, RunMember, StoredRun};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::fault::Fault;
use super::parameters::{CHUNK, List};
use crate::stored::hash;
use crate::{StoreError, paths};

const INSERT: &str = "
    INSERT INTO runs (started, version, command, model, algorithm, record)
    VALUES (?1, ?2, ?3 ->> 'command', ?4, ?5, ?3)";

/// Rows of path, hash, position, label, strength; the run.
const MEMBERS: &str = "
    INSERT INTO clustering_results (run_id, path, hash, position, label, strength)
    SELECT ?2, unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4
    FROM json_each(?1)";

/// Remembers a run, whose record is given as JSON too, and gives its number.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    run: &NewRun<'_>,
    json: &str,
) -> Result<u64, Fault> {
    let record = run.record;
    let query = sqlx::query(INSERT)
        .bind(&record.started)
        .bind(&record.version)
        .bind(json)
        .bind(&record.model)
        .bind(&record.algorithm);
    let id = query.execute(&mut *connection).await?.last_insert_rowid();
    for (start, members) in (0..).step_by(CHUNK).zip(run.members.chunks(CHUNK)) {
        let mut rows = List::default();
        for (position, member) in (start..).zip(members) {
            let label = or_null(member.label.map(|ClusterId(label)| label));
            let strength = member.strength.filter(|strength| strength.is_finite());
            rows.row(
                &[paths::to_bytes(&member.path)?, &member.content.0],
                &[&position, &label, &or_null(strength.map(f64::from))],
            );
        }
        let query = sqlx::query(MEMBERS).bind(rows.finish()).bind(id);
        query.execute(&mut *connection).await?;
    }
    Ok(id.cast_unsigned())
}

fn or_null(number: Option<impl ToString>) -> String {
    number.map_or_else(|| "null".to_owned(), |number| number.to_string())
}

/// Lists the runs, the newest first, without those that cannot be read.
pub(super) async fn list(connection: &mut SqliteConnection) -> Result<Vec<StoredRun>, Fault> {
    let query = sqlx::query("SELECT id, record FROM runs ORDER BY id DESC");
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().filter_map(|row| stored_run(row).ok()).collect())
}

/// Finds one run with its members.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    id: u64,
) -> Result<Option<(StoredRun, Vec<RunMember>)>, Fault> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let query = sqlx::query("SELECT id, record FROM runs WHERE id = ?1").bind(id);
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let query = sqlx::query(
        "SELECT path, hash, label, strength FROM clustering_results
         WHERE run_id = ?1 ORDER BY path, position",
    );
    let members = query.bind(id).fetch_all(connection).await?;
    let members = members.iter().map(member).collect::<Result<_, _>>()?;
    Ok(Some((stored_run(&row)?, members)))
}

fn stored_run(row: &SqliteRow) -> Result<StoredRun, Fault> {
    let id = row.try_get::<i64, _>(0)?.cast_unsigned();
    let record = serde_json::from_str(row.try_get(1)?)
        .map_err(|error| StoreError::unreadable("a record of a run", error))?;
    Ok(StoredRun { id, record })
}

fn member(row: &SqliteRow) -> Result<RunMember, Fault> {
    Ok(RunMember {
        path: paths::from_bytes(row.try_get(0)?)?,
        content: hash(row.try_get(1)?)?,
        label: row.try_get::<Option<u32>, _>(2)?.map(ClusterId),
        strength: row
            .try_get::<Option<f64>, _>(3)?
            .map(|strength| strength as f32),
    })
}
