//! The rows of an erasure: the user's own, those that they created or wrote, and conversations about their
//! work. What is still open stays as it is, and the answer says so.

use super::declare::declared;
use super::erasing::{Erasure, Line, change, select};
use crate::pg::datum::to_sql;
use crate::pg::query::text;
use awgp_core::audit::erasable::{ERASED_JSON, ERASED_TEXT, OWN_TABLES, OwnColumn, OwnTable, erased_email};
use pgrx::prelude::*;

/// When a row of a table is still open.
fn open(table: &OwnTable) -> &'static str {
    match table.name {
        "work_items" => "own.status NOT IN ('completed', 'failed', 'cancelled')",
        "approvals" => {
            "(own.status IN ('pending', 'escalated')
              OR own.status = 'approved' AND own.used_at IS NULL AND own.expires_at > clock_timestamp())"
        }
        "approval_decisions" => {
            "EXISTS (SELECT FROM awgp.approvals AS of
                     WHERE of.tenant_id = own.tenant_id AND of.id = own.approval_id
                       AND (of.status IN ('pending', 'escalated')
                            OR of.status = 'approved' AND of.used_at IS NULL AND of.expires_at > clock_timestamp()))"
        }
        "approval_delegations" => "own.is_active AND own.ends_at > clock_timestamp()",
        _ => "false",
    }
}

/// What stands in a column after an erasure, as SQL.
fn erased(column: &OwnColumn) -> String {
    if column.is_json { format!("'{ERASED_JSON}'::jsonb") } else { format!("'{ERASED_TEXT}'") }
}

/// True for a row in which one of the columns has anything.
fn has_any(columns: &[&OwnColumn]) -> String {
    let has = |column: &&OwnColumn| format!("own.{} <> {}", column.name, erased(column));
    format!("({})", columns.iter().map(has).collect::<Vec<_>>().join(" OR "))
}

fn names(columns: &[&OwnColumn]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// The columns of a table that are declared, and the others.
fn parted(table: &OwnTable) -> (Vec<&'static OwnColumn>, Vec<&'static OwnColumn>) {
    let declared = declared(table.name);
    let columns = OWN_TABLES.iter().filter(|own| own.name == table.name).flat_map(|own| own.columns);
    columns.partition(|column| declared.iter().any(|name| name == column.name))
}

/// Locks what will be erased, so that whoever changes it ends first.
pub fn lock(erasure: &Erasure<'_>) {
    for table in OWN_TABLES.iter().filter(|table| table.name != "users") {
        let (mut columns, _) = parted(table);
        columns.extend(table.unrecorded);
        if !columns.is_empty() {
            let query = format!(
                "SELECT 1 FROM awgp.{} AS own WHERE own.tenant_id = $1 AND own.{} = $2 AND {} ORDER BY own.id FOR UPDATE",
                table.name,
                table.subject,
                has_any(&columns)
            );
            erasure.rows(&query, |_| Ok(()));
        }
    }
}

/// Erases rows and conversations.
pub fn erase(erasure: &Erasure<'_>) -> Vec<Line> {
    let mut lines = vec![the_user(erasure)];
    for table in OWN_TABLES.iter().filter(|table| table.name != "users") {
        lines.extend(written(erasure, table, &parted(table).0));
        lines.extend(written(erasure, table, &table.unrecorded.iter().collect::<Vec<_>>()));
    }
    lines.extend(conversations(erasure));
    lines
}

/// The user's own row: it stays, inactive, under an address that nobody has.
fn the_user(erasure: &Erasure<'_>) -> Line {
    const THERE: &str = "
        FROM awgp.users AS own WHERE own.tenant_id = $1 AND own.id = $2
         AND (own.email <> $3 OR own.first_name IS NOT NULL OR own.last_name IS NOT NULL
              OR own.keycloak_id IS NOT NULL OR own.is_active)";
    let arguments = || {
        [to_sql(erasure.tenant).into(), to_sql(erasure.user).into(), text(Some(&erased_email(erasure.user)))]
    };
    let found = select(&format!("SELECT 1 {THERE}"), &arguments(), |_| Ok(())).len();
    if !erasure.is_dry && found > 0 {
        change(
            "UPDATE awgp.users SET email = $3, first_name = NULL, last_name = NULL, keycloak_id = NULL, is_active = false
             WHERE tenant_id = $1 AND id = $2",
            &arguments(),
        );
    }
    let found = i64::try_from(found).unwrap_or(0);
    Line {
        place: "awgp.users".to_owned(),
        what: "email, first_name, last_name, keycloak_id".to_owned(),
        found: Some(found),
        erased: found,
        remains: Some(0),
        why: None,
    }
}

/// These columns of rows that they created or wrote.
fn written(erasure: &Erasure<'_>, table: &OwnTable, columns: &[&OwnColumn]) -> Option<Line> {
    if columns.is_empty() {
        return None;
    }
    let of = format!("own.tenant_id = $1 AND own.{} = $2 AND {}", table.subject, has_any(columns));
    let count = format!(
        "SELECT count(*), count(*) FILTER (WHERE {}) FROM awgp.{} AS own WHERE {of}",
        open(table),
        table.name
    );
    let counts = erasure.rows(&count, |row| Ok((row.get::<i64>(1)?, row.get::<i64>(2)?)));
    let (found, remains) = counts.first().map_or((0, 0), |(all, open)| (all.unwrap_or(0), open.unwrap_or(0)));
    if !erasure.is_dry && found > remains {
        // NULL stays NULL.
        let set = |column: &&OwnColumn| {
            format!("{0} = CASE WHEN own.{0} IS NOT NULL THEN {1} END", column.name, erased(column))
        };
        let set = columns.iter().map(set).collect::<Vec<_>>().join(", ");
        let update =
            format!("UPDATE awgp.{} AS own SET {set} WHERE {of} AND NOT ({})", table.name, open(table));
        change(&update, &[to_sql(erasure.tenant).into(), to_sql(erasure.user).into()]);
    }
    Some(Line {
        place: format!("awgp.{}", table.name),
        what: names(columns),
        found: Some(found),
        erased: found - remains,
        remains: Some(remains),
        why: (remains > 0).then(|| "still open: erase again when it is over".to_owned()),
    })
}

/// Conversations about work that they created.
fn conversations(erasure: &Erasure<'_>) -> Option<Line> {
    const THEIRS: &str = "
        log.tenant_id = $1 AND log.erased_at IS NULL AND log.work_item_id IN (
            SELECT own.id FROM awgp.work_items AS own WHERE own.tenant_id = $1 AND own.created_by = $2)";
    const STAYS: &str = "
        (log.legal_hold OR EXISTS (
            SELECT FROM awgp.work_items AS own WHERE own.tenant_id = $1 AND own.id = log.work_item_id
               AND own.status NOT IN ('completed', 'failed', 'cancelled')))";
    let count = format!(
        "SELECT count(*), count(*) FILTER (WHERE {STAYS}), count(*) FILTER (WHERE log.legal_hold)
         FROM awgp.conversation_logs AS log WHERE {THEIRS}"
    );
    let counts = erasure.rows(&count, |row| Ok([row.get::<i64>(1)?, row.get(2)?, row.get(3)?]));
    let [found, remains, held] =
        counts.first().map_or([0; 3], |counts| counts.map(Option::unwrap_or_default));
    if found == 0 {
        return None;
    }
    if !erasure.is_dry && found > remains {
        let update = format!(
            "UPDATE awgp.conversation_logs AS log SET erased_at = clock_timestamp(), erased_reason = $3
             WHERE {THEIRS} AND NOT {STAYS}"
        );
        let arguments =
            [to_sql(erasure.tenant).into(), to_sql(erasure.user).into(), text(Some(erasure.reason))];
        change(&update, &arguments);
    }
    let why = match (held, remains - held) {
        (0, 0) => None,
        (0, _) => Some("the work item is still open".to_owned()),
        (_, 0) => Some("legal hold of the conversation".to_owned()),
        _ => Some("legal hold of the conversation, or the work item is still open".to_owned()),
    };
    Some(Line {
        place: "awgp.conversation_logs".to_owned(),
        what: "conversations about their work items".to_owned(),
        found: Some(found),
        erased: found - remains,
        remains: Some(remains),
        why,
    })
}

/// Columns that name the person by the subject of their tokens, beside the user whose it is.
const SUBJECTS: [(&str, &str, &str); 5] = [
    ("approvals", "requested_by", "requester_subject"),
    ("approval_decisions", "approver_id", "approver_subject"),
    ("approval_delegations", "delegator_id", "delegator_subject"),
    ("assistants", "created_by", "creator_subject"),
    ("stops", "stopped_by", "stopped_subject"),
];

/// What no erasure removes, and why.
pub fn remaining(erasure: &Erasure<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for table in OWN_TABLES {
        let (_, columns) = parted(table);
        if table.name != "users" && !columns.is_empty() {
            let count = format!(
                "SELECT count(*) FROM awgp.{} AS own WHERE own.tenant_id = $1 AND own.{} = $2 AND {}",
                table.name,
                table.subject,
                has_any(&columns)
            );
            let why = "the columns are not declared: awgp.set_erasable()";
            lines.extend(stays(erasure, &count, &format!("awgp.{}", table.name), &names(&columns), why));
        }
        lines.extend(recorded_before(erasure, table));
    }
    for (table, user, subject) in SUBJECTS {
        let count = format!(
            "SELECT count(*) FROM awgp.{table} AS own WHERE own.{user} = $2 AND own.{subject} IS NOT NULL
               AND own.tenant_id = $1"
        );
        let why = "the subject of a token: it proves who acted";
        lines.extend(stays(erasure, &count, &format!("awgp.{table}"), subject, why));
    }
    let notes = "
        SELECT count(*) FROM awgp.hallucination_flags AS own
        WHERE own.tenant_id = $1 AND own.reviewed_by = $2 AND own.notes IS NOT NULL";
    let why = "it goes with the conversation: awgp.erase_conversation()";
    lines.extend(stays(erasure, notes, "awgp.hallucination_flags", "notes of their reviews", why));
    lines.push(Line::elsewhere());
    lines
}

fn stays(erasure: &Erasure<'_>, count: &str, place: &str, what: &str, why: &str) -> Option<Line> {
    let counted = erasure.rows(count, |row| row.get::<i64>(1));
    let found = counted.into_iter().flatten().next().filter(|found| *found > 0)?;
    Some(Line {
        place: place.to_owned(),
        what: what.to_owned(),
        found: Some(found),
        erased: 0,
        remains: Some(found),
        why: Some(why.to_owned()),
    })
}

const RECORDED_BEFORE: &str = include_str!("../../../sql/erasure/recorded_before.sql");

/// Events that have values of theirs in plain: they cannot be changed.
fn recorded_before(erasure: &Erasure<'_>, table: &OwnTable) -> Option<Line> {
    let ids = format!(
        "SELECT own.id FROM awgp.{} AS own WHERE own.tenant_id = $1 AND own.{} = $2",
        table.name, table.subject
    );
    let ids: Vec<pgrx::Uuid> =
        erasure.rows(&ids, |row| row.get::<pgrx::Uuid>(1)).into_iter().flatten().collect();
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
    let arguments = [to_sql(erasure.tenant).into(), ids.into(), text(Some(table.name)), columns.into()];
    let read = |row: spi::SpiHeapTupleData<'_>| {
        Ok((row.get::<i64>(1)?.unwrap_or(0), row.get::<String>(2)?, row.get::<String>(3)?))
    };
    let (found, names, months) = select(RECORDED_BEFORE, &arguments, read).into_iter().next()?;
    if found == 0 {
        return None;
    }
    Some(Line::recorded_before(table.name, found, names, months))
}
