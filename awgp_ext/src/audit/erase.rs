//! `erase_user()`: erases what the database has of a person, and says what remains.
//!
//! The order of its locks: the row of the user, so that nothing new refers to them; the rows that they wrote;
//! then the lock that writers of erasable values share ([`super::erasable::share`]). From then on it sees
//! everything that was written before, and nothing is written meanwhile. Whoever writes and waits for it may
//! be ended as a deadlock, or end it: nothing is half done, and it is called again.

use super::erasing::{Erasure, Line, change, select};
use super::event::Event;
use super::{actor, append, erasable, erase_rows, queue};
use crate::context;
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::jsonb::Jsonb;
use crate::pg::lock;
use crate::pg::query::text;
use crate::pg::raise::{or_raise, raise};
use crate::pg::relation;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::erasable::{check_eraser, check_reason, old_snapshot, unknown_user};
use awgp_core::isolation_refusals;
use awgp_core::permissions::Role;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};

/// Holds in force on the month of a value or on its tenant.
const HOLDS: &str = "
    (SELECT string_agg(hold.id::text, ', ' ORDER BY hold.id) FROM awgp.audit_legal_holds AS hold
     WHERE hold.released_at IS NULL
       AND (hold.held_tenant_id = held.tenant_id
            OR hold.partition_name
               = 'audit_logs_' || to_char(held.chained_at AT TIME ZONE 'UTC', 'YYYY_MM')))";

/// Erases what the database has of a user of the tenant in context, and says what remains.
///
/// SECURITY DEFINER, because nobody else writes the erasable values of the trail.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn erase_user(
    user_id: Option<pgrx::Uuid>,
    reason: Option<&str>,
    dry_run: default!(Option<bool>, "false"),
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
    let user = from_sql(&argument::needed("user_id", user_id));
    let is_dry = dry_run == Some(true);
    if !is_dry {
        refuse_read_only(c"awgp.erase_user()");
    }
    let Some(context) = context::current() else { raise(&isolation_refusals::no_tenant_context("users")) };
    let reason = reason.unwrap_or_default();
    or_raise(check_reason(reason));
    // SAFETY: reads the transaction's isolation level.
    if unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ.cast_signed() {
        raise(&old_snapshot());
    }
    let role = or_raise(context::user_role());
    let erasure = Erasure { tenant: context.tenant, user, reason, is_dry };
    let lines = role::as_installer_past_row_security(|| {
        let of = erasure.locked_user();
        let is_self = context.user == Some(user);
        or_raise(check_eraser(role, context.assistant.is_some(), is_self, of));
        erasure.run()
    });
    let row = |line: Line| (line.place, line.what, line.found, line.erased, line.remains, line.why);
    TableIterator::new(lines.into_iter().map(row))
}

impl Erasure<'_> {
    /// The role of the user, whose row is locked.
    fn locked_user(&self) -> Role {
        let query = "SELECT role FROM awgp.users WHERE tenant_id = $1 AND id = $2";
        let locking = format!("{query} FOR UPDATE");
        let found = self.rows(if self.is_dry { query } else { &locking }, |row| row.get::<String>(1));
        let found = found.into_iter().flatten().next();
        or_raise(found.unwrap_or_else(|| raise(&unknown_user())).parse())
    }

    fn run(&self) -> Vec<Line> {
        if self.is_dry {
            let mut lines = erase_rows::erase(self);
            lines.extend(self.values(None));
            lines.extend(erase_rows::remaining(self));
            return lines;
        }
        erase_rows::lock(self);
        // No hold is placed meanwhile, and no month is retired.
        lock::share_or_not(Subject::Partitions, true);
        erasable::lock_out(self.tenant, &self.user.to_string());
        let event = append::next_id(relation::existing(c"audit_logs_id_seq"));
        let mut lines = erasable::erasing(event, || {
            let mut lines = erase_rows::erase(self);
            queue::flush();
            lines.extend(self.values(Some(event)));
            lines
        });
        if lines.iter().any(|line| line.erased > 0) {
            self.record(event, &lines);
        }
        lines.extend(erase_rows::remaining(self));
        lines
    }

    /// The values of the trail that are the user's, by what they were of; they are erased under the id of an
    /// event, where one is given.
    fn values(&self, event: Option<i64>) -> Vec<Line> {
        let subject = text(Some(&self.user.to_string()));
        let found = format!(
            "SELECT entity_type, member, count(*), count(*) FILTER (WHERE holds IS NOT NULL),
                    string_agg(DISTINCT holds, ', ')
             FROM (SELECT entity_type, member, {HOLDS} AS holds FROM awgp.audit_erasable_values AS held
                   WHERE tenant_id = $1 AND subject = $2) AS found
             GROUP BY entity_type, member ORDER BY entity_type, member"
        );
        let arguments = [to_sql(self.tenant).into(), subject];
        let lines = select(&found, &arguments, |row| {
            let (kind, member): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
            let found = row.get::<i64>(3)?.unwrap_or(0);
            let remains = row.get::<i64>(4)?.unwrap_or(0);
            let holds = row.get::<String>(5)?;
            Ok(Line {
                place: "awgp.audit_logs".to_owned(),
                what: format!("{}.{}", kind.unwrap_or_default(), member.unwrap_or_default()),
                found: Some(found),
                erased: found - remains,
                remains: Some(remains),
                why: holds.map(|holds| format!("legal hold {holds}")),
            })
        });
        if let Some(event) = event {
            let erase = format!(
                "UPDATE awgp.audit_erasable_values AS held
                 SET salt = NULL, value = NULL, subject = NULL, erased_at = clock_timestamp(), erasure_id = $3
                 WHERE tenant_id = $1 AND subject = $2 AND {HOLDS} IS NULL"
            );
            let subject = text(Some(&self.user.to_string()));
            change(&erase, &[to_sql(self.tenant).into(), subject, event.into()]);
        }
        lines
    }

    /// The event of the erasure: how much of what, and the digests of the commitments that have no value any
    /// more, by which verification tells an erasure from a loss.
    fn record(&self, event: i64, lines: &[Line]) {
        let arguments = [to_sql(self.tenant).into(), event.into()];
        let values = select(include_str!("../../../sql/erasure/erased.sql"), &arguments, |row| {
            let (month, count): (Option<String>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok((month.unwrap_or_default(), json!({ "values": count, "sha256": row.get::<String>(3)? })))
        });
        let values: Map<String, Value> = values.into_iter().collect();
        let told = lines.iter().filter(|line| line.erased > 0 || line.remains.unwrap_or(0) > 0);
        let told = told.map(|line| {
            let (place, what) = (&line.place, &line.what);
            json!({ "place": place, "what": what, "erased": line.erased, "remains": line.remains })
        });
        let after = json!({ "reason": self.reason, "values": values, "places": told.collect::<Vec<_>>() });
        queue::push(Event {
            id: Some(event),
            at: None,
            tenant: self.tenant,
            actor: actor::current(),
            action: "erase".to_owned(),
            entity_type: "users".to_owned(),
            entity_id: Some(self.user),
            before: None,
            after: Some(Jsonb::from_text(&after.to_string())),
            metadata: None,
            left_out: Vec::new(),
            erasable: Vec::new(),
        });
    }
}
