//! Alerts: a threshold was reached, or more was spent than a limit allows.

use super::numeric;
use super::period::Open;
use super::permit::LEDGER;
use crate::notices;
use crate::pg::datum;
use crate::pg::notify::notify;
use crate::pg::role;
use crate::pg::statement::statements;
use awgp_core::money::amount::Amount;
use awgp_core::money::limit::Scope;
use awgp_core::money::threshold::crossed;
use awgp_core::notices::Kind;
use pgrx::IntoDatum;
use uuid::Uuid;

/// What moved the money.
pub struct Cause {
    /// The entry and its tenant; None where the cause is not an entry.
    pub entry: Option<(Uuid, Uuid)>,
    /// The limits that are exceeded after the entry, or whose reservation the entry exceeded.
    pub overrun: Vec<Scope>,
}

impl Cause {
    /// Not an entry.
    pub fn none() -> Self {
        Self { entry: None, overrun: Vec::new() }
    }
}

statements! {
    INSERT(UUIDOID, UUIDOID, TEXTOID, INT4OID, UUIDOID, NUMERICOID, NUMERICOID) = "
        INSERT INTO awgp.budget_alerts (tenant_id, period_id, kind, threshold, transaction_id, spent, limit_amount)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, period_id, threshold) DO NOTHING RETURNING id";
}

/// Writes the alerts that are due for a period that has just changed. `before` is its limit and what was
/// spent when it last changed.
///
/// An assistant's day has no thresholds: that limit stops an assistant, and nobody watches it.
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
    // A holding's alert does not reveal a subsidiary's entry.
    let entry = cause.entry.filter(|(_, tenant)| *tenant == open.limit.tenant).map(|(id, _)| id);
    let uuid = |id: Option<Uuid>| id.and_then(|id| datum::to_sql(id).into_datum());
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
    let ledger = LEDGER.hold();
    let alert = role::as_owner_past_row_security(c"budget_alerts", || {
        INSERT.run(&values, |rows| rows.first().and_then(|row| row.uuid(c"id")))
    });
    drop(ledger);
    if let Some(id) = alert {
        // Delivered to listeners when the transaction commits.
        notify(c"awgp_budget", &id.to_string());
        let told = if threshold.is_some() { Kind::BudgetThreshold } else { Kind::BudgetOverrun };
        notices::write(told, open.limit.tenant, "budget_alerts", id);
    }
}
