//! Runs and what came of them.

use imgcluster_core::{ClusterId, NewRun, RunMember, StoredRun};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::fault::Fault;
use super::{CHUNK, files};
use crate::stored::hash;
use crate::{StoreError, paths};

const INSERT: &str = "
    INSERT INTO runs (
        token, started, version, command, model, algorithm, parameters, counts, times, record)
    SELECT $1::uuid, (record ->> 'started')::timestamptz, record ->> 'version',
        ARRAY(SELECT json_array_elements_text(record -> 'command')),
        record ->> 'model', record ->> 'algorithm',
        (record -> 'parameters')::jsonb, (record -> 'counts')::jsonb, (record -> 'times')::jsonb,
        record
    FROM (SELECT $2::json AS record) AS given
    ON CONFLICT DO NOTHING
    RETURNING id";

const MEMBERS: &str = "
    INSERT INTO clustering_results (run_id, position, path, hash, label, strength)
    SELECT $1, $2 + place - 1, path, hash, label, strength
    FROM unnest($3::bytea[], $4::bytea[], $5::bigint[], $6::real[]) WITH ORDINALITY
        AS new (path, hash, label, strength, place)";

/// Makes a token for a run.
pub(super) async fn token(connection: &mut PgConnection) -> Result<String, Fault> {
    let query = sqlx::query_scalar("SELECT gen_random_uuid()::text");
    Ok(query.fetch_one(connection).await?)
}

/// Remembers a run, whose record is given as JSON too, and gives its number; a run whose token is
/// known is remembered already.
pub(super) async fn insert(
    connection: &mut PgConnection,
    run: &NewRun<'_>,
    json: &str,
    token: &str,
) -> Result<u64, Fault> {
    let query = sqlx::query_scalar(INSERT).bind(token).bind(json);
    let Some(id) = query.fetch_optional(&mut *connection).await? else {
        let query = sqlx::query_scalar("SELECT id FROM runs WHERE token = $1::uuid");
        let id: i64 = query.bind(token).fetch_one(connection).await?;
        return Ok(id.cast_unsigned());
    };
    let id: i64 = id;
    for (start, members) in (0_i64..).step_by(CHUNK).zip(run.members.chunks(CHUNK)) {
        let hashes: Vec<&[u8]> = members.iter().map(|member| &member.content.0[..]).collect();
        let label = |member: &RunMember| member.label.map(|ClusterId(label)| i64::from(label));
        let labels: Vec<Option<i64>> = members.iter().map(label).collect();
        let finite = |member: &RunMember| member.strength.filter(|strength| strength.is_finite());
        let strengths: Vec<Option<f32>> = members.iter().map(finite).collect();
        let query = sqlx::query(MEMBERS)
            .bind(id)
            .bind(start)
            .bind(files::all_bytes(
                members.iter().map(|member| &*member.path),
            )?)
            .bind(hashes)
            .bind(labels)
            .bind(strengths);
        query.execute(&mut *connection).await?;
    }
    Ok(id.cast_unsigned())
}

/// Lists the runs, the newest first, without those that cannot be read.
pub(super) async fn list(connection: &mut PgConnection) -> Result<Vec<StoredRun>, Fault> {
    let query = sqlx::query("SELECT id, record::text FROM runs ORDER BY id DESC");
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().filter_map(|row| stored_run(row).ok()).collect())
}

/// Finds one run with its members.
pub(super) async fn find(
    connection: &mut PgConnection,
    id: u64,
) -> Result<Option<(StoredRun, Vec<RunMember>)>, Fault> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let query = sqlx::query("SELECT id, record::text FROM runs WHERE id = $1").bind(id);
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let query = sqlx::query(
        "SELECT path, hash, label, strength FROM clustering_results
         WHERE run_id = $1 ORDER BY path, position",
    );
    let members = query.bind(id).fetch_all(connection).await?;
    let members = members.iter().map(member).collect::<Result<_, _>>()?;
    Ok(Some((stored_run(&row)?, members)))
}

fn stored_run(row: &PgRow) -> Result<StoredRun, Fault> {
    let id = row.try_get::<i64, _>(0)?.cast_unsigned();
    let record = serde_json::from_str(row.try_get(1)?)
        .map_err(|error| StoreError::unreadable("a record of a run", Box::new(error)))?;
    Ok(StoredRun { id, record })
}

fn member(row: &PgRow) -> Result<RunMember, Fault> {
    let label = row.try_get::<Option<i64>, _>(2)?.map(u32::try_from);
    let label = label
        .transpose()
        .map_err(|error| StoreError::unreadable("a label", Box::new(error)))?;
    Ok(RunMember {
        path: paths::from_bytes(row.try_get(0)?)?,
        content: hash(row.try_get(1)?)?,
        label: label.map(ClusterId),
        strength: row.try_get(3)?,
    })
}
