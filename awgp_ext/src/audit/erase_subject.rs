//! `erase_subject()`: erases the values of somebody who is no user, such as a customer, from the trail.
//!
//! What an application tracks and logs has values of people whom only it knows. Its own rows are its own to
//! change. A user is refused: `erase_user()` erases all that is theirs, and asks for the rank that needs.

use super::erase_values::{Values, ready};
use super::erasing::{Line, select};
use super::tracked::Table;
use super::{append, erasable, queue};
use crate::context;
use crate::locks::Subject;
use crate::pg::datum::to_sql;
use crate::pg::lock;
use crate::pg::query::text;
use crate::pg::raise::{or_raise, raise};
use crate::pg::relation;
use crate::pg::role;
use awgp_core::audit::erasable::{bad_subject, check_eraser, not_an_applications_table};
use awgp_core::audit::tracked::Treatment;
use awgp_core::permissions::Role;
use pgrx::pg_sys;
use pgrx::prelude::*;
use uuid::Uuid;

/// The kind of thing that the event of such an erasure is about; it names nobody.
const ENTITY: &str = "audit_erasable_values";

const RECORDED_BEFORE: &str = include_str!("../../../sql/erasure/recorded_before_of_subject.sql");

/// Erases the values of a subject that is no user from the trail of the tenant in context, and says what
/// remains.
///
/// SECURITY DEFINER, because nobody else writes the erasable values of the trail.
#[pg_extern(sql = r#"
CREATE FUNCTION awgp."erase_subject"("table" regclass, "subject" text, "reason" text, "dry_run" bool DEFAULT false)
RETURNS TABLE ("place" text, "what" text, "found" bigint, "erased" bigint, "remains" bigint, "why" text)
VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path TO pg_catalog, pg_temp
LANGUAGE c AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn erase_subject(
    table: Option<pg_sys::Oid>,
    subject: Option<&str>,
    reason: Option<&str>,
    dry_run: Option<bool>,
) -> TableIterator<
    'static,
    (
        name!(place, String),
        name!(what, String),
        name!(found, Option<i64>),
        name!(erased, i64),
        name!(remains, Option<i64>),
        name!(why, Option<String>),
    ),
> {
    let is_dry = dry_run == Some(true);
    let (context, reason) = ready(c"awgp.erase_subject()", reason, is_dry);
    let role = or_raise(context::user_role());
    or_raise(check_eraser(role, context.assistant.is_some(), false, Role::Viewer));
    let subject = subject.filter(|subject| !subject.trim().is_empty());
    let subject = subject.unwrap_or_else(|| raise(&bad_subject(false)));
    let lines = role::as_installer_past_row_security(|| {
        if is_user(context.tenant, subject) {
            raise(&bad_subject(true));
        }
        if table.is_some_and(|oid| !is_applications(oid)) {
            raise(&not_an_applications_table());
        }
        let table = table.map(|oid| Table::read(oid, pg_sys::AccessShareLock));
        let kinds = table.as_ref().map(kinds);
        let values = Values { tenant: context.tenant, subject: subject.to_owned(), kinds, reason };
        let mut lines = erased(&values, is_dry);
        lines.extend(table.and_then(|table| recorded_before(&values, &table)));
        lines.push(Line::elsewhere());
        lines
    });
    let row = |line: Line| (line.place, line.what, line.found, line.erased, line.remains, line.why);
    TableIterator::new(lines.into_iter().map(row))
}

fn is_user(tenant: Uuid, subject: &str) -> bool {
    let Ok(id) = subject.trim().parse::<Uuid>() else { return false };
    let query = "SELECT 1 FROM awgp.users WHERE tenant_id = $1 AND id = $2";
    !select(query, &[to_sql(tenant).into(), to_sql(id).into()], |_| Ok(())).is_empty()
}

/// True for a table that could be tracked.
fn is_applications(table: pg_sys::Oid) -> bool {
    const QUERY: &str = "
        SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE pg_class.oid = $1 AND relkind IN ('r', 'p')
          AND nspname NOT IN ('awgp', 'pg_catalog', 'information_schema')";
    !select(QUERY, &[table.into()], |_| Ok(())).is_empty()
}

/// The names under which the trail has the rows of the table.
fn kinds(table: &Table) -> Vec<String> {
    let mut kinds = table.pinned_names();
    kinds.push(table.name.clone());
    kinds
}

fn erased(values: &Values<'_>, is_dry: bool) -> Vec<Line> {
    if is_dry {
        return values.erase(None);
    }
    // No hold is placed meanwhile, and no month is retired.
    lock::share_or_not(Subject::Partitions, true);
    erasable::lock_out(values.tenant, &values.subject);
    let event = append::next_id(relation::existing(c"audit_logs_id_seq"));
    let lines = erasable::erasing(event, || {
        queue::flush();
        values.erase(Some(event))
    });
    if lines.iter().any(|line| line.erased > 0) {
        values.record(event, (ENTITY, None), &lines);
    }
    lines
}

/// Events of the table that have values of the subject in plain: they cannot be changed.
fn recorded_before(values: &Values<'_>, table: &Table) -> Option<Line> {
    let pinned = table.pinned()?;
    let subject = pinned.subject.as_deref()?;
    let erasable = pinned.columns.iter().filter(|pinned| pinned.treatment == Treatment::Erasable);
    let columns: Vec<String> = erasable.map(|pinned| pinned.column.name.clone()).collect();
    let arguments = [
        to_sql(values.tenant).into(),
        kinds(table).into(),
        text(Some(subject)),
        text(Some(&values.subject)),
        columns.into(),
    ];
    let read = |row: spi::SpiHeapTupleData<'_>| {
        Ok((row.get::<i64>(1)?.unwrap_or(0), row.get::<String>(2)?, row.get::<String>(3)?))
    };
    let (found, names, months) = select(RECORDED_BEFORE, &arguments, read).into_iter().next()?;
    if found == 0 {
        return None;
    }
    Some(Line::recorded_before(&table.name, found, names, months))
}
