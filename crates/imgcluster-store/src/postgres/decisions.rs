//! What people decided.

use std::collections::HashMap;

use imgcluster_core::{Decision, StoredDecision};
use sqlx::PgConnection;

use super::fault::Fault;
use super::{CHUNK, files};
use crate::decisions::{CONTENTS, DECISIONS, PATHS, Rows, identity};

/// Waits for those who decide, and lets nobody decide until it is over: what is not remembered stays
/// so until it is put, and numbers are given in order. Those who read do not wait.
const ALONE: &str = "LOCK TABLE decisions IN SHARE ROW EXCLUSIVE MODE";

const KNOWN: &str = "SELECT identity, id FROM decisions WHERE identity = ANY ($1::bytea[])";

const INSERT: &str = "
    INSERT INTO decisions (identity, decided)
    SELECT identity, decided
    FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS new (identity, decided, place)
    ORDER BY place
    RETURNING identity, id";

const PUT_CONTENTS: &str = "
    INSERT INTO decided_contents (decision_id, hash, copies)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[])";

const PUT_PATHS: &str = "
    INSERT INTO decided_paths (decision_id, hash, position, path)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[])";

/// Numbers by identity.
type Ids = HashMap<Vec<u8>, i64>;

/// Remembers decisions that are not remembered yet, and gives the number of each.
pub(super) async fn insert(
    connection: &mut PgConnection,
    decisions: &[Decision],
) -> Result<Vec<u64>, Fault> {
    sqlx::query(ALONE).execute(&mut *connection).await?;
    let mut all = Vec::with_capacity(decisions.len());
    for decisions in decisions.chunks(CHUNK) {
        let identities: Vec<[u8; 32]> = decisions.iter().map(identity).collect();
        let asked: Vec<&[u8]> = identities.iter().map(|identity| &identity[..]).collect();
        let query = sqlx::query_as(KNOWN).bind(asked);
        let known: Vec<(Vec<u8>, i64)> = query.fetch_all(&mut *connection).await?;
        let mut ids: Ids = known.into_iter().collect();
        let mut fresh: Vec<(&[u8; 32], &Decision)> = Vec::new();
        for (identity, decision) in identities.iter().zip(decisions) {
            // one that is given twice is put once
            ids.entry(identity.to_vec()).or_insert_with(|| {
                fresh.push((identity, decision));
                0
            });
        }
        ids.extend(insert_fresh(&mut *connection, &fresh).await?);
        let id = |identity: &[u8; 32]| ids[&identity[..]].cast_unsigned();
        all.extend(identities.iter().map(id));
    }
    Ok(all)
}

/// Puts decisions that are not there, and gives their numbers.
async fn insert_fresh(
    connection: &mut PgConnection,
    fresh: &[(&[u8; 32], &Decision)],
) -> Result<Ids, Fault> {
    if fresh.is_empty() {
        return Ok(Ids::new());
    }
    let (identities, times): (Vec<&[u8]>, Vec<&str>) = fresh
        .iter()
        .map(|(identity, decision)| (&identity[..], decision.decided()))
        .unzip();
    let query = sqlx::query_as(INSERT).bind(identities).bind(times);
    let ids: Vec<(Vec<u8>, i64)> = query.fetch_all(&mut *connection).await?;
    let ids: Ids = ids.into_iter().collect();
    let members = fresh.iter().flat_map(|(identity, decision)| {
        let id = ids[&identity[..]];
        decision.members().iter().map(move |member| (id, member))
    });
    let members: Vec<_> = members.collect();
    for members in members.chunks(CHUNK) {
        let (ids, hashes): (Vec<i64>, Vec<&[u8]>) = members
            .iter()
            .map(|(id, member)| (id, &member.content.0[..]))
            .unzip();
        let copies = members.iter().map(|(_, member)| member.copies.get());
        let copies: Vec<i64> = copies.map(i64::from).collect();
        let query = sqlx::query(PUT_CONTENTS)
            .bind(ids)
            .bind(hashes)
            .bind(copies);
        query.execute(&mut *connection).await?;
    }
    let paths = members.iter().flat_map(|(id, member)| {
        let paths = (0_i64..).zip(&member.paths);
        paths.map(move |(position, path)| (*id, &member.content.0[..], position, path))
    });
    let paths: Vec<_> = paths.collect();
    for paths in paths.chunks(CHUNK) {
        let query = sqlx::query(PUT_PATHS)
            .bind(paths.iter().map(|path| path.0).collect::<Vec<i64>>())
            .bind(paths.iter().map(|path| path.1).collect::<Vec<&[u8]>>())
            .bind(paths.iter().map(|path| path.2).collect::<Vec<i64>>())
            .bind(files::all_bytes(paths.iter().map(|path| path.3))?);
        query.execute(&mut *connection).await?;
    }
    Ok(ids)
}

/// Lists all decisions in the order of their numbers.
pub(super) async fn list(connection: &mut PgConnection) -> Result<Vec<StoredDecision>, Fault> {
    Ok(Rows {
        decisions: sqlx::query_as(DECISIONS)
            .fetch_all(&mut *connection)
            .await?,
        contents: sqlx::query_as(CONTENTS).fetch_all(&mut *connection).await?,
        paths: sqlx::query_as(PATHS).fetch_all(connection).await?,
    }
    .assemble()?)
}

/// Tells whether a decision is remembered.
pub(super) async fn is_there(connection: &mut PgConnection, id: u64) -> Result<bool, Fault> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(false);
    };
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM decisions WHERE id = $1)");
    Ok(query.bind(id).fetch_one(connection).await?)
}

/// Forgets a decision that may be there.
pub(super) async fn forget(connection: &mut PgConnection, id: u64) -> Result<(), Fault> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(());
    };
    let query = sqlx::query("DELETE FROM decisions WHERE id = $1").bind(id);
    query.execute(connection).await?;
    Ok(())
}
