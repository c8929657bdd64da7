//! Alerts: a threshold was reached, or more was spent than a limit allows.

use super::machine::Machine;
use super::numeric;
use super::period::Open;
use crate::pg::datum_statement::Statement;
use crate::pg::relation;
use awgp_core::money::amount::Amount;
use awgp_core::money::limit::Scope;
use awgp_core::money::threshold::crossed;
use pgrx::pg_sys::{self, Datum};
use pgrx::{FromDatum, IntoDatum};
use std::ffi::{CString, c_char};
use uuid::Uuid;

/// What moved the money.
pub struct Cause {
    /// The entry and its tenant; None for what is no entry.
    pub entry: Option<(Uuid, Uuid)>,
    /// The limits that the entry leaves exceeded, or that it exceeded its reservation in.
    pub overrun: Vec<Scope>,
}

impl Cause {
    /// No entry.
    pub fn none() -> Self {
        Self { entry: None, overrun: Vec::new() }
    }
}

const INSERT: Statement = Statement {
    number: 1,
    sql: c"INSERT INTO awgp.budget_alerts (tenant_id, period_id, kind, threshold, transaction_id, spent, limit_amount)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant_id, period_id, threshold) DO NOTHING RETURNING id",
    types: &[
        pg_sys::UUIDOID,
        pg_sys::UUIDOID,
        pg_sys::TEXTOID,
        pg_sys::INT4OID,
        pg_sys::UUIDOID,
        pg_sys::NUMERICOID,
        pg_sys::NUMERICOID,
    ],
};

/// Writes what is due for a period that has just moved. `before`: limit and spent when it last moved.
///
/// An assistant's day has no thresholds: it is there to stop an assistant, not to be watched.
pub fn raise_due(open: &Open, before: (Amount, Amount), cause: &Cause) {
    let now = (open.account.limit.unwrap_or(open.last_limit), open.account.shown());
    if open.limit.scope != Scope::Assistant && open.account.limit.is_some() {
        for threshold in crossed(before, now) {
            insert(open, now, cause, Some(threshold));
        }
    }
    if cause.overrun.contains(&open.limit.scope) {
        insert(open, now, cause, None);
    }
}

fn insert(open: &Open, (limit, spent): (Amount, Amount), cause: &Cause, threshold: Option<i32>) {
    // A holding's alert does not name a subsidiary's entry.
    let entry = cause.entry.filter(|(_, tenant)| *tenant == open.limit.tenant).map(|(id, _)| id);
    let uuid = |id: Option<Uuid>| id.and_then(|id| relation::to_sql(id).into_datum());
    let kind = if threshold.is_some() { "threshold" } else { "overrun" };
    let values = [
        uuid(Some(open.limit.tenant)),
        uuid(Some(open.id)),
        kind.into_datum(),
        threshold.into_datum(),
        uuid(entry),
        Some(numeric::datum(spent)),
        Some(numeric::datum(limit)),
    ];
    let _machine = Machine::start();
    relation::as_owner_past_row_security(c"budget_alerts", || {
        INSERT.each(&values, |id| {
            // SAFETY: the id is a uuid.
            let id = id.and_then(|id: Datum| unsafe { pgrx::Uuid::from_datum(id, false) });
            if let Some(id) = id {
                notify(relation::from_sql(&id));
            }
        });
    });
}

/// Tells who listens to `awgp_budget`, once the transaction commits. The id alone: notifications reach the whole
/// database.
fn notify(alert: Uuid) {
    // commands/async.h is not among the headers that pgrx binds.
    unsafe extern "C-unwind" {
        fn Async_Notify(channel: *const c_char, payload: *const c_char);
    }
    let payload = CString::new(alert.to_string()).unwrap_or_default();
    // SAFETY: both are C strings, which the server copies; the guard carries an error across our frames.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| Async_Notify(c"awgp_budget".as_ptr(), payload.as_ptr()));
    }
}
