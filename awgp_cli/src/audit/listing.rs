//! Events for people and for programs: their columns, and their origin.
//!
//! `origin` is empty for what AWGP has captured or recorded itself, and `log_event` for what a client has
//! logged.

use super::copy::is_too_large;
use super::scope::Scope;
use super::spool::STATES;
use crate::opt::Output;
use awgp_client::{Row, Trouble, Work};
use tokio_postgres::types::ToSql;

/// The columns of a list for people.
pub const COLUMNS: [&str; 12] = [
    "timestamp",
    "id",
    "action",
    "entity_type",
    "entity_name",
    "actor_type",
    "actor_name",
    "entity_id",
    "actor_id",
    "origin",
    "tenant_id",
    "tenant_slug",
];

/// The origin, and the names of the actor and of the row, where they have one.
const ADDED: &str = "metadata ->> 'origin' AS origin,
    awgp.trail_name(tenant_id, actor_type, actor_id) AS actor_name,
    awgp.trail_name(tenant_id, entity_type, entity_id) AS entity_name,
    awgp.trail_name(tenant_id, 'tenant', tenant_id) AS tenant_slug";

/// All columns of an event, with erasable values in place of their commitments.
const EVENT: &str = "
    id, \"timestamp\", tenant_id, actor_type, actor_id, action, entity_type, entity_id,
    CASE WHEN metadata ? 'erasable' THEN awgp.erasable_opened(tenant_id, 'before_state', before_state, metadata)
         ELSE before_state END AS before_state,
    CASE WHEN metadata ? 'erasable' THEN awgp.erasable_opened(tenant_id, 'after_state', after_state, metadata)
         ELSE after_state END AS after_state,
    CASE WHEN metadata ? 'erasable' THEN awgp.erasable_opened(tenant_id, 'metadata', metadata, metadata)
         ELSE metadata END AS metadata,
    integrity_hash, chain_lane, chain_seq";

/// The events of a condition, with its order and limit: all columns for programs; for people those of the
/// list, so that states that are not shown are not read.
pub async fn list(
    work: &Work<'_>,
    condition: &str,
    parameters: &[&(dyn ToSql + Sync)],
    output: Output,
) -> Result<Vec<Row>, Trouble> {
    match output {
        Output::Json => whole(work, condition, parameters).await,
        Output::Table => {
            let sql = format!("SELECT {} FROM awgp.audit_logs WHERE {condition}", listed());
            work.select(&sql, parameters).await
        }
    }
}

/// The columns of a list, as a query names them.
pub fn listed() -> String {
    let is_added =
        |column: &&&str| matches!(**column, "origin" | "actor_name" | "entity_name" | "tenant_slug");
    let own = COLUMNS.iter().filter(|column| !is_added(column)).map(|column| format!("\"{column}\""));
    format!("{}, {ADDED}", own.collect::<Vec<_>>().join(", "))
}

/// The events with all their columns. A state that the server cannot send is replaced by its size; the other
/// events are complete.
pub async fn whole(
    work: &Work<'_>,
    condition: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Trouble> {
    let sql = format!("SELECT {EVENT}, {ADDED} FROM awgp.audit_logs WHERE {condition}");
    if let Some(rows) = sent(work, &sql, parameters).await? {
        return Ok(rows);
    }
    let places = format!(
        "SELECT tableoid::bigint AS partition, ctid::text AS place, id FROM awgp.audit_logs WHERE {condition}"
    );
    let places = work.select(&places, parameters).await?;
    let is_alone = places.len() == 1;
    let mut rows = Vec::new();
    for place in places {
        let text = |name| place.text(name).unwrap_or_default();
        let at = format!(
            "tableoid = {}::oid AND ctid = '{}'::tid",
            text("partition"),
            text("place").replace('\'', "")
        );
        let sql = format!("SELECT {EVENT}, {ADDED} FROM awgp.audit_logs WHERE {at}");
        match if is_alone { None } else { sent(work, &sql, &[]).await? } {
            Some(row) => rows.extend(row),
            None => rows.extend(in_part(work, &at, &text("id")).await?),
        }
    }
    Ok(rows)
}

/// The whole events of rows of a list, in the same order.
pub async fn whole_of(work: &Work<'_>, scope: &Scope, rows: Vec<Row>) -> Result<Vec<Row>, Trouble> {
    let ids: Vec<i64> = rows.iter().filter_map(|row| row.text("id")?.parse().ok()).collect();
    let times = rows.iter().filter_map(|row| row.text("timestamp"));
    let (first, last) = (times.clone().min(), times.max());
    // The times tell the partitions, and the order is that of the rows.
    let condition = format!(
        "{} AND id = ANY ($1) AND \"timestamp\" BETWEEN $2::text::timestamptz AND $3::text::timestamptz
         ORDER BY array_position($1, id)",
        scope.condition()
    );
    whole(work, &condition, &[&ids, &first, &last]).await
}

/// One event that the server cannot send as a whole, with the parts that it can.
async fn in_part(work: &Work<'_>, condition: &str, id: &str) -> Result<Vec<Row>, Trouble> {
    let mut shown = Vec::new();
    for state in STATES {
        let alone = format!("SELECT {state} FROM awgp.audit_logs WHERE {condition}");
        let is_sent = sent(work, &alone, &[]).await?.is_some();
        shown.push(is_sent);
    }
    let names: Vec<&str> =
        STATES.into_iter().zip(&shown).filter(|(_, is_sent)| !**is_sent).map(|(state, _)| state).collect();
    eprintln!(
        "event {id} is longer than the server can send, and is shown without {}; `awgp audit export` writes \
         all of it",
        names.join(", ")
    );
    let columns = |is_left_out: &dyn Fn(usize) -> bool| {
        let state = |(number, state): (usize, &str)| {
            if is_left_out(number) {
                format!(
                    "jsonb_build_object('not_shown', jsonb_build_object('stored_bytes', \
                     pg_column_size({state}))) AS {state}"
                )
            } else {
                state.to_owned()
            }
        };
        STATES.into_iter().enumerate().map(state).collect::<Vec<_>>().join(", ")
    };
    let sql = |states: &str| {
        format!(
            "SELECT id, \"timestamp\", tenant_id, actor_type, actor_id, action, entity_type, entity_id, {states},
                    integrity_hash, chain_lane, chain_seq, {ADDED}
             FROM awgp.audit_logs WHERE {condition}"
        )
    };
    match sent(work, &sql(&columns(&|number| !shown[number])), &[]).await? {
        Some(rows) => Ok(rows),
        // Each could be sent, but not all of them together.
        None => work.select(&sql(&columns(&|_| true)), &[]).await,
    }
}

/// The rows; None where the server cannot send them.
async fn sent(
    work: &Work<'_>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Option<Vec<Row>>, Trouble> {
    work.batch("SAVEPOINT listing").await?;
    match work.select(sql, parameters).await {
        Ok(rows) => work.batch("RELEASE SAVEPOINT listing").await.map(|()| Some(rows)),
        Err(Trouble::Sql(error)) if is_too_large(&error) => {
            work.batch("ROLLBACK TO SAVEPOINT listing; RELEASE SAVEPOINT listing").await?;
            Ok(None)
        }
        Err(trouble) => Err(trouble),
    }
}
