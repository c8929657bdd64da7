//! Rows of a family's tables, out and in.
//!
//! A row goes as the text of its table's type: the input of a type takes what its output has written, so what
//! arrives is what left. The columns are the same on both sides, which was compared beforehand.

use super::permit::CARRY;
use super::record::{self, Move};
use super::trees;
use crate::audit::installation;
use crate::pg::argument;
use crate::pg::datum::from_sql;
use crate::pg::guc::Setting;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::moving::tables::{self, Fate, Moved};
use awgp_core::moving::{self, Side, State};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Value, json};
use std::ffi::CString;

/// What the text of a value depends on.
fn plain() -> Setting {
    Setting::of(&[
        (c"DateStyle", c"ISO"),
        (c"TimeZone", c"UTC"),
        (c"IntervalStyle", c"postgres"),
        (c"bytea_output", c"hex"),
        (c"extra_float_digits", c"1"),
        (c"jit", c"off"),
    ])
}

/// While it lives, plans find rows in the order of an index: each piece costs what it has, and not what the
/// whole family has.
fn by_index() -> Setting {
    Setting::of(&[(c"enable_sort", c"off"), (c"enable_bitmapscan", c"off"), (c"enable_seqscan", c"off")])
}

/// Rows of a family in one table, after the row with this key, in the order in which they can be inserted.
///
/// SECURITY DEFINER, because it reads all tables; for those who may move tenants, of a family that moves.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_rows(
    move_id: Option<pgrx::Uuid>,
    table_name: Option<&str>,
    after: default!(Option<Vec<Option<String>>>, "NULL"),
) -> TableIterator<'static, (name!(key, Vec<String>), name!(line, Vec<u8>))> {
    let moving = known(move_id);
    let table = argument::needed("table_name", table_name);
    let statements = out(table);
    let after: Option<Vec<String>> = after.map(|keys| keys.into_iter().flatten().collect());
    leaves(&moving);
    let rows = role::as_installer_past_row_security(|| {
        let _plain = plain();
        let _by_index = by_index();
        Spi::connect(|client| {
            let arguments = [moving.sql_tenants().into(), after.into(), moving_id(&moving).into()];
            let mut found = Vec::new();
            for sql in &statements {
                let rows = client.select(sql, None, &arguments)?;
                for row in rows {
                    found.extend(row.get::<Vec<String>>(1)?.zip(row.get::<Vec<u8>>(2)?));
                }
                // What comes later comes with the next call, which begins after these.
                if !found.is_empty() {
                    break;
                }
            }
            Ok::<_, spi::Error>(found)
        })
    });
    match rows {
        Ok(rows) => TableIterator::new(rows),
        Err(error) => error!("the rows of awgp.{table} could not be read: {error}"),
    }
}

/// What is read here leaves: the commit of this transaction waits until it is on the disk. After the stop it
/// is there already, by the commit of the stop.
pub fn leaves(moving: &Move) {
    if (moving.side, moving.state) == (Side::Source, State::Preparing) {
        refuse_read_only(c"a move");
        // SAFETY: in a transaction. Only one with an id waits for the disk; a flag of the transaction has it
        // wait.
        unsafe {
            pg_sys::GetCurrentTransactionId();
            pg_sys::ForceSyncCommit();
        }
    }
}

fn moving_id(moving: &Move) -> pgrx::Uuid {
    crate::pg::datum::to_sql(moving.id)
}

/// The record, for whoever reads.
pub fn known(move_id: Option<pgrx::Uuid>) -> Move {
    let id = from_sql(&argument::needed("move_id", move_id));
    role::as_installer_past_row_security(|| record::find(id, false))
        .unwrap_or_else(|| raise(&moving::unknown_move(id)))
}

/// The queries of [`move_rows`], the next one for when the one before has no more rows: $1 the tenants, $2
/// the key, $3 the move.
fn out(table: &str) -> Vec<String> {
    if let Some((_, how)) = tables::compared().find(|(name, _)| *name == table) {
        return pages(table, how, &Key::of(table, how));
    }
    let sql = match tables::TABLES.iter().find(|(name, _)| *name == table) {
        Some((_, Fate::Shared)) => "
            SELECT ARRAY[r.id::text], convert_to(r::text, 'UTF8') FROM awgp.assistant_templates AS r
            WHERE r.id IN (SELECT template_id FROM awgp.assistants WHERE tenant_id = ANY ($1))
              AND ($2::text[] IS NULL OR r.id > ($2)[1]::uuid) AND $3::uuid IS NOT NULL
            ORDER BY r.id LIMIT 100"
            .to_owned(),
        // The points of before, and of months that are not there any more the anchors.
        Some((_, Fate::Trail)) if table == "audit_adopted_lanes" => "
            SELECT ARRAY[tenant_id::text, chain_lane::text, last_seq::text],
                   convert_to(ROW(tenant_id, chain_lane, last_seq, last_hash, adopted_seq, adopted_hash, install_id, previous_id)::text, 'UTF8')
            FROM awgp.audit_adopted_lanes
            WHERE tenant_id = ANY ($1) AND move_id IS DISTINCT FROM $3
              AND ($2::text[] IS NULL OR (tenant_id, chain_lane, last_seq) > (($2)[1]::uuid, ($2)[2]::smallint, ($2)[3]::bigint))
            ORDER BY tenant_id, chain_lane, last_seq LIMIT 2000"
            .to_owned(),
        Some((_, Fate::Trail)) if table == "audit_chain_anchors" => "
            SELECT ARRAY[partition_name, tenant_id::text, chain_lane::text],
                   convert_to(ROW(CASE WHEN partition_name LIKE '%/%' THEN partition_name
                                       ELSE format('%s/%s', (SELECT id FROM awgp.installation), partition_name) END,
                                  tenant_id, chain_lane, first_seq, last_seq, last_hash, sealed_at)::text, 'UTF8')
            FROM awgp.audit_chain_anchors AS anchor
            WHERE tenant_id = ANY ($1) AND $3::uuid IS NOT NULL
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'awgp.audit_logs'::regclass
                              AND inhrelid = to_regclass(format('awgp.%I', partition_name)))
              AND ($2::text[] IS NULL OR (partition_name, tenant_id, chain_lane) > (($2)[1], ($2)[2]::uuid, ($2)[3]::smallint))
            ORDER BY partition_name, tenant_id, chain_lane LIMIT 2000"
            .to_owned(),
        _ => raise(&not_moved(table)),
    };
    vec![sql]
}

/// The next rows of a table. They are found by their key alone, in the order of an index; only those that go
/// are made into texts.
fn pages(table: &str, how: Moved, key: &Key) -> Vec<String> {
    let page = |part: &str, is_further: &str| {
        format!(
            "SELECT ARRAY[{}], convert_to(r::text, 'UTF8') FROM (
                 SELECT r.* FROM awgp.{table} AS r
                 WHERE r.{} = ANY ($1) AND {part} AND ($2::text[] IS NULL OR {is_further})
                 ORDER BY {} LIMIT {}) AS r
             WHERE $3::uuid IS NOT NULL ORDER BY {}",
            key.as_text, how.tenant, key.columns, how.at_once, key.columns
        )
    };
    let beyond = format!("({}) > ({})", key.columns, key.given);
    match how.lead {
        None => vec![page("true", &beyond)],
        // Those that others refer to, and then the others.
        Some(lead) => vec![
            page(&format!("NOT {lead}"), &format!("NOT ($2)[1]::boolean AND {beyond}")),
            page(lead, &format!("(NOT ($2)[1]::boolean OR {beyond})")),
        ],
    }
}

fn not_moved(table: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "rows of this table do not move by themselves",
        "docs/moving.md lists what moves.",
    )
    .with("argument", "table_name")
    .with("table", table)
}

/// The order of a table's rows, those that lead apart.
struct Key {
    /// The key as text, for an ARRAY. What leads is its first element.
    as_text: String,
    /// The key.
    columns: String,
    /// The key that was given, with its types.
    given: String,
}

impl Key {
    fn of(table: &str, how: Moved) -> Self {
        let mut columns = primary_key(table);
        // A family is a small part of a large table: an index that has the tenant first finds its rows in
        // order.
        if how.tenant == "tenant_id" && columns.len() == 1 {
            columns.insert(0, ("r.tenant_id".to_owned(), "uuid".to_owned()));
        }
        let list = |of: &dyn Fn(usize, &(String, String)) -> String| {
            let parts: Vec<String> =
                columns.iter().enumerate().map(|(place, column)| of(place, column)).collect();
            parts.join(", ")
        };
        let as_text = list(&|_, (name, _)| format!("{name}::text"));
        let first = if how.lead.is_some() { 2 } else { 1 };
        Self {
            as_text: how.lead.map_or_else(|| as_text.clone(), |lead| format!("{lead}::text, {as_text}")),
            columns: list(&|_, (name, _)| name.clone()),
            given: list(&|place, (_, kind)| format!("($2)[{}]::{kind}", place + first)),
        }
    }
}

/// Names and types of the columns of the primary key.
fn primary_key(table: &str) -> Vec<(String, String)> {
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT 'r.' || quote_ident(attname), atttypid::regtype::text
             FROM pg_constraint CROSS JOIN unnest(conkey) WITH ORDINALITY AS key (number, place)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = number
             WHERE contype = 'p' AND conrelid = format('awgp.%I', $1)::regclass ORDER BY place",
            None,
            &[table.into()],
        )?;
        rows.map(|row| Ok(row.get::<String>(1)?.zip(row.get::<String>(2)?))).collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("the key of awgp.{table} could not be read: {error}"));
    read.into_iter().flatten().collect()
}

/// Takes rows of one table, as `move_rows()` gives them, and returns how many are new.
///
/// SECURITY DEFINER, because nobody else may write them; it writes rows of tenants that do not work here yet.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_take(move_id: Option<pgrx::Uuid>, table_name: Option<&str>, lines: Option<Array<'_, &[u8]>>) -> i64 {
    refuse_read_only(c"awgp.move_take()");
    let id = from_sql(&argument::needed("move_id", move_id));
    let table = argument::needed("table_name", table_name);
    let lines = lines_of(lines);
    let given = lines.len();
    role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Target, &[State::Preparing]);
        if moving.install_id != installation::id() {
            raise(&moving::unclear(None, Some(moving.state)));
        }
        let _plain = plain();
        let (sql, partly) = into(table);
        let table_oid = CString::new(table).map_or(pg_sys::InvalidOid, |name| relation::oid(&name));
        let carrying = CARRY.hold_for(table_oid);
        if table == "audit_checkpoints" {
            trees::keep_replaced(&moving, &lines);
        }
        let arguments = [lines.into(), moving.sql_tenants().into(), moving_id(&moving).into()];
        let taken = record::write(&sql, &arguments);
        drop(carrying);
        // A row of another tenant is not written, and then the number tells.
        if !partly && taken != given {
            raise(&moving::differs(table, &given.to_string(), &taken.to_string()));
        }
        i64::try_from(taken).unwrap_or(i64::MAX)
    })
}

/// The lines that a function was given.
pub fn lines_of(given: Option<Array<'_, &[u8]>>) -> Vec<Vec<u8>> {
    argument::needed("lines", given).iter().flatten().map(<[u8]>::to_vec).collect()
}

/// The statement of [`move_take`], and whether it may leave rows out that are there: $1 the lines, $2 the
/// tenants, $3 the move.
fn into(table: &str) -> (String, bool) {
    let lines = "unnest($1::bytea[]) AS given (line)";
    if let Some((_, how)) = tables::compared().find(|(name, _)| *name == table) {
        let columns = columns(table);
        let picked: Vec<String> = columns.iter().map(|column| format!("(r).{column}")).collect();
        let sql = format!(
            "INSERT INTO awgp.{table} ({}) SELECT {} FROM
             (SELECT convert_from(line, 'UTF8')::awgp.{table} AS r FROM {lines} OFFSET 0) AS rows
             WHERE (r).{} = ANY ($2) AND $3::uuid IS NOT NULL {}",
            columns.join(", "),
            picked.join(", "),
            how.tenant,
            trees::over(table).unwrap_or_default()
        );
        return (sql, false);
    }
    match table {
        "assistant_templates" => {
            let columns = columns(table);
            let picked: Vec<String> = columns.iter().map(|column| format!("(r).{column}")).collect();
            let sql = format!(
                "INSERT INTO awgp.{table} ({}) SELECT {} FROM
                 (SELECT convert_from(line, 'UTF8')::awgp.{table} AS r FROM {lines} OFFSET 0) AS rows
                 WHERE $2::uuid[] IS NOT NULL AND $3::uuid IS NOT NULL
                   AND NOT EXISTS (SELECT FROM awgp.{table} AS known WHERE known.id = (r).id)",
                columns.join(", "),
                picked.join(", "),
            );
            (sql, true)
        }
        "audit_adopted_lanes" => (
            format!(
                "INSERT INTO awgp.audit_adopted_lanes
                     (tenant_id, chain_lane, last_seq, last_hash, adopted_seq, adopted_hash, install_id, previous_id, move_id)
                 SELECT (r).tenant_id, (r).chain_lane, (r).last_seq, (r).last_hash, (r).adopted_seq, (r).adopted_hash,
                        (r).install_id, (r).previous_id, $3
                 FROM (SELECT {}::awgp.audit_adopted_lanes AS r FROM {lines} OFFSET 0) AS rows
                 WHERE (r).tenant_id = ANY ($2) ON CONFLICT (tenant_id, chain_lane, last_seq) DO NOTHING",
                row_that_begins(table, 8)
            ),
            true,
        ),
        "audit_chain_anchors" => (
            format!(
                "INSERT INTO awgp.audit_chain_anchors
                     (partition_name, tenant_id, chain_lane, first_seq, last_seq, last_hash, sealed_at)
                 SELECT (r).partition_name, (r).tenant_id, (r).chain_lane, (r).first_seq, (r).last_seq, (r).last_hash, (r).sealed_at
                 FROM (SELECT {}::awgp.audit_chain_anchors AS r FROM {lines} OFFSET 0) AS rows
                 WHERE (r).tenant_id = ANY ($2) AND (r).partition_name LIKE '%/%' AND $3::uuid IS NOT NULL
                   -- A month that this installation retired itself before the family left.
                   AND (r).partition_name NOT LIKE (SELECT id FROM awgp.installation) || '/%'
                 ON CONFLICT (partition_name, tenant_id, chain_lane) DO NOTHING",
                row_that_begins(table, 7)
            ),
            true,
        ),
        _ => raise(&not_moved(table)),
    }
}

/// The text of a line that has so many columns of the table, with nothing in the further ones, which may be
/// an operator's.
fn row_that_begins(table: &str, with: usize) -> String {
    format!(
        "(left(convert_from(line, 'UTF8'), -1) || repeat(',', (
             SELECT count(*)::integer FROM pg_attribute
             WHERE attrelid = 'awgp.{table}'::regclass AND attnum > 0 AND NOT attisdropped) - {with}) || ')')"
    )
}

/// The columns that are stored as they are given.
fn columns(table: &str) -> Vec<String> {
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT quote_ident(attname) FROM pg_attribute
             WHERE attrelid = format('awgp.%I', $1)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
             ORDER BY attnum",
            None,
            &[table.into()],
        )?;
        rows.map(|row| row.get::<String>(1)).collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("the columns of awgp.{table} could not be read: {error}"));
    read.into_iter().flatten().collect()
}

/// For each table that is compared: how many rows a family that moves has in it here, and a digest over them.
///
/// SECURITY DEFINER, because it reads all tables; for those who may move tenants.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_digests(move_id: Option<pgrx::Uuid>) -> JsonB {
    let moving = known(move_id);
    JsonB(role::as_installer_past_row_security(|| digests(&moving)))
}

/// For each table that is compared: how many rows the family has in it, and a digest over them.
pub fn digests(moving: &Move) -> Value {
    let _plain = plain();
    let mut digests = serde_json::Map::new();
    for (table, how) in tables::compared() {
        let key = Key::of(table, how);
        let sql = format!(
            "SELECT count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(r::text, 'UTF8')), ''::bytea
                                                                ORDER BY {}), ''::bytea)), 'hex')
             FROM awgp.{table} AS r WHERE r.{} = ANY ($1)",
            key.columns, how.tenant
        );
        let read = Spi::connect(|client| {
            let row = client.select(&sql, Some(1), &[moving.sql_tenants().into()])?.first();
            Ok::<_, spi::Error>((row.get::<i64>(1)?, row.get::<String>(2)?))
        });
        let (rows, digest) =
            read.unwrap_or_else(|error| error!("the rows of awgp.{table} could not be read: {error}"));
        digests.insert(table.to_owned(), json!([rows.unwrap_or(0), digest.unwrap_or_default()]));
    }
    Value::Object(digests)
}

/// Deletes the family's rows of the tables that move.
pub fn delete(moving: &Move) -> Value {
    let mut deleted = serde_json::Map::new();
    for (table, tenant) in tables::moved().rev().map(|(table, how)| (table, how.tenant)) {
        let oid = CString::new(table).map_or(pg_sys::InvalidOid, |name| relation::oid(&name));
        let carrying = CARRY.hold_for(oid);
        let sql = format!("DELETE FROM awgp.{table} WHERE {tenant} = ANY ($1)");
        let rows = record::write(&sql, &[moving.sql_tenants().into()]);
        drop(carrying);
        deleted.insert(table.to_owned(), rows.into());
    }
    crate::context::forget_lookups();
    // SAFETY: both exist; the messages are sent at commit.
    unsafe {
        pg_sys::CacheInvalidateRelcacheByRelid(relation::existing(c"tenants"));
        pg_sys::CacheInvalidateRelcacheByRelid(relation::existing(c"users"));
    }
    Value::Object(deleted)
}
