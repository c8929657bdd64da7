//! The erasable values of a person in the trail: what an erasure takes, and the event that says so.

use super::erasing::{Line, change, select};
use super::event::Event;
use super::{actor, queue};
use crate::context::{self, Context};
use crate::pg::datum::to_sql;
use crate::pg::jsonb::Jsonb;
use crate::pg::query::text;
use crate::pg::raise::{or_raise, raise};
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::erasable::{check_reason, old_snapshot};
use awgp_core::isolation_refusals;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use serde_json::{Map, Value, json};
use std::ffi::CStr;
use uuid::Uuid;

/// Holds in force on the month of a value or on its tenant.
const HOLDS: &str = "
    (SELECT string_agg(hold.id::text, ', ' ORDER BY hold.id) FROM awgp.audit_legal_holds AS hold
     WHERE hold.released_at IS NULL
       AND (hold.held_tenant_id = held.tenant_id
            OR hold.partition_name
               = 'audit_logs_' || to_char(held.chained_at AT TIME ZONE 'UTC', 'YYYY_MM')))";

/// The values of one subject, of all kinds of things or of these.
const THEIRS: &str = "tenant_id = $1 AND subject = $2 AND ($3::text[] IS NULL OR entity_type = ANY ($3))";

/// What every erasure needs: a context, a reason, and a snapshot that sees what others have committed.
pub fn ready<'a>(function: &CStr, reason: Option<&'a str>, is_dry: bool) -> (Context, &'a str) {
    if !is_dry {
        refuse_read_only(function);
    }
    let Some(context) = context::current() else { raise(&isolation_refusals::no_tenant_context("users")) };
    let reason = reason.unwrap_or_default();
    or_raise(check_reason(reason));
    // SAFETY: reads the transaction's isolation level.
    if unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ.cast_signed() {
        raise(&old_snapshot());
    }
    (context, reason)
}

/// Whose values, and why they are erased.
pub struct Values<'a> {
    /// The tenant in context.
    pub tenant: Uuid,
    /// Whose they are, as the values have it.
    pub subject: String,
    /// The kinds of things; None: all.
    pub kinds: Option<Vec<String>>,
    /// Why; stays in the trail.
    pub reason: &'a str,
}

impl Values<'_> {
    fn given(&self) -> Vec<DatumWithOid<'_>> {
        vec![to_sql(self.tenant).into(), text(Some(&self.subject)), self.kinds.clone().into()]
    }

    /// The values by what they were of; they are erased under the id of an event, where one is given.
    pub fn erase(&self, event: Option<i64>) -> Vec<Line> {
        let found = format!(
            "SELECT entity_type, member, count(*), count(*) FILTER (WHERE holds IS NOT NULL),
                    string_agg(DISTINCT holds, ', ')
             FROM (SELECT entity_type, member, {HOLDS} AS holds FROM awgp.audit_erasable_values AS held
                   WHERE {THEIRS}) AS found
             GROUP BY entity_type, member ORDER BY entity_type, member"
        );
        let lines = select(&found, &self.given(), |row| {
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
                 SET salt = NULL, value = NULL, subject = NULL, erased_at = clock_timestamp(), erasure_id = $4
                 WHERE {THEIRS} AND {HOLDS} IS NULL"
            );
            let mut arguments = self.given();
            arguments.push(event.into());
            change(&erase, &arguments);
        }
        lines
    }

    /// The event of the erasure: how much of what, and the digests of the commitments that have no value any
    /// more, by which verification tells an erasure from a loss.
    pub fn record(&self, event: i64, (entity_type, entity_id): (&str, Option<Uuid>), lines: &[Line]) {
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
            entity_type: entity_type.to_owned(),
            entity_id,
            before: None,
            after: Some(Jsonb::from_text(&after.to_string())),
            metadata: None,
            left_out: Vec::new(),
            erasable: Vec::new(),
        });
    }
}
