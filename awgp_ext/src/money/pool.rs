//! Credit pools: what a client declares, and what the ledger maintains.

use super::accounts::{Pool, raise_of};
use super::alert::{self, Cause};
use super::book::{Book, Order};
use super::period::{self, Limit};
use super::permit::LEDGER;
use super::{accounting_time, numeric, provider};
use crate::import::permit::IMPORT;
use crate::moving;
use crate::pg::datum::uuid;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::scan::Condition;
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::money::amount::Amount;
use awgp_core::money::provider::unknown_provider;
use awgp_core::money::refusals;
use awgp_core::money::threshold::is_reached;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

trigger_function!(awgp_keep_pool, pg_finfo_awgp_keep_pool, keep_pool);
trigger_function!(awgp_post_pool, pg_finfo_awgp_post_pool, post_pool);
trigger_function!(awgp_keep_book, pg_finfo_awgp_keep_book, keep_book);

/// BEFORE INSERT OR UPDATE OR DELETE on tables that only the ledger writes.
fn keep_book(call: &TriggerCall) -> Datum {
    if !LEDGER.is_held() {
        raise(&refusals::ledger_immutable(call.argument(0)));
    }
    call.keep()
}

/// The columns that clients cannot change, and their names.
const KEPT: [(&CStr, &str); 6] = [
    (c"current_balance", "current_balance"),
    (c"alert_threshold_50", "alert_threshold_50"),
    (c"alert_threshold_75", "alert_threshold_75"),
    (c"alert_threshold_90", "alert_threshold_90"),
    (c"period_starts_at", "period_starts_at"),
    (c"period_ends_at", "period_ends_at"),
];

statements! {
    FORGET(UUIDOID) = "
        DELETE FROM awgp.budget_periods WHERE pool_id OPERATOR(pg_catalog.=) $1";
}

/// BEFORE INSERT OR UPDATE OR DELETE.
fn keep_pool(call: &TriggerCall) -> Datum {
    if call.is_row_insert() {
        return keep_new(call);
    }
    if IMPORT.is_held_for(call.relation_oid()) {
        return call.keep();
    }
    if !call.is_update() {
        // Foreign keys refuse this where money has moved. A pool without entries is deleted together with its
        // periods.
        if let Some(id) = call.old_uuid(c"id") {
            let _ledger = LEDGER.hold();
            let values = [uuid(id)];
            role::as_owner_past_row_security(c"budget_periods", || FORGET.count(&values));
        }
        return call.keep();
    }
    let (old, new) = (call.old_row(), call.new_row());
    for (column, name) in KEPT {
        let same = match name {
            "current_balance" => old.numeric(column) == new.numeric(column),
            "period_starts_at" | "period_ends_at" => old.bigint(column) == new.bigint(column),
            _ => old.flag(column) == new.flag(column),
        };
        if !same {
            raise(&refusals::ledger_kept(call.argument(0), name));
        }
    }
    if old.text(c"provider") != new.text(c"provider") {
        raise(&refusals::ledger_kept(call.argument(0), "provider"));
    }
    let budget = budget_of(call);
    let spent = numeric::kept(&old, c"monthly_budget").checked_sub(numeric::kept(&old, c"current_balance"));
    let spent = spent.unwrap_or(Amount::ZERO);
    let left = budget.checked_sub(spent).unwrap_or_else(|| raise(&refusals::amount_too_large()));
    let in_force = with_raise(call, budget);
    let flag = |column, threshold| old.flag(column) || is_reached(threshold, in_force, spent);
    call.with_columns(&[
        (c"current_balance", Some(numeric::datum(left))),
        (c"alert_threshold_50", Some(Datum::from(flag(c"alert_threshold_50", 50)))),
        (c"alert_threshold_75", Some(Datum::from(flag(c"alert_threshold_75", 75)))),
        (c"alert_threshold_90", Some(Datum::from(flag(c"alert_threshold_90", 90)))),
    ])
}

fn budget_of(call: &TriggerCall) -> Amount {
    let text = call.new_row().numeric(c"monthly_budget");
    let budget = text.and_then(|text| Amount::parse(&text));
    budget.unwrap_or_else(|| raise(&refusals::no_amount("monthly_budget")))
}

/// The budget and what the raise of NEW adds now.
fn with_raise(call: &TriggerCall, budget: Amount) -> Amount {
    period::sum(budget, raise_of(&call.new_row(), accounting_time::now()))
}

/// The limit of NEW; None where tenant or reset day violates the table's own constraints.
fn limit_of(call: &TriggerCall, budget: Amount) -> Option<Limit> {
    let row = call.new_row();
    let day = row.integer(c"reset_day_of_month").and_then(|day| u8::try_from(day).ok());
    let day = day.filter(|day| (1..=31).contains(day))?;
    Some(Limit::of_pool(row.uuid(c"tenant_id")?, row.uuid(c"id")?, budget, day))
}

/// A pool starts in the present period; where its balance is below its budget, the difference counts as
/// spent.
fn keep_new(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    if row.numeric(c"monthly_budget").is_none() {
        return call.keep();
    }
    let budget = budget_of(call);
    let Some(limit) = limit_of(call, budget) else { return call.keep() };
    if let Some(provider) = row.text(c"provider").filter(|name| !provider::is_known(limit.tenant, name)) {
        raise(&unknown_provider(&provider));
    }
    let left = numeric::amount(&row, c"current_balance").unwrap_or(budget);
    let spent = budget.checked_sub(left).unwrap_or(Amount::ZERO);
    let (starts, ends, _) = period::window(&Book::open(c"budget_periods"), &limit, accounting_time::now());
    let in_force = with_raise(call, budget);
    let flag = |threshold| Some(Datum::from(is_reached(threshold, in_force, spent)));
    call.with_columns(&[
        (c"current_balance", Some(numeric::datum(left))),
        (c"alert_threshold_50", flag(50)),
        (c"alert_threshold_75", flag(75)),
        (c"alert_threshold_90", flag(90)),
        (c"period_starts_at", Some(Datum::from(starts))),
        (c"period_ends_at", Some(Datum::from(ends))),
    ])
}

/// The columns that say what may be spent.
fn told(row: &Row) -> (Option<String>, Option<String>, Option<i64>) {
    (row.numeric(c"monthly_budget"), row.numeric(c"raise_amount"), row.bigint(c"raised_until"))
}

/// AFTER INSERT OR UPDATE: creates the pool's period, or updates it to the new budget.
fn post_pool(call: &TriggerCall) -> Datum {
    // The periods of an imported pool follow from its entries.
    if IMPORT.is_held_for(call.relation_oid()) {
        return nothing();
    }
    let row = call.new_row();
    let budget = numeric::kept(&row, c"monthly_budget");
    let Some(limit) = limit_of(call, with_raise(call, budget)) else { return nothing() };
    let (Some(starts), Some(ends)) = (row.bigint(c"period_starts_at"), row.bigint(c"period_ends_at")) else {
        return nothing();
    };
    let periods = Book::open(c"budget_periods");
    if call.is_row_insert() {
        let spent = budget.checked_sub(numeric::kept(&row, c"current_balance")).unwrap_or(Amount::ZERO);
        let (_, _, zone) = period::window(&periods, &limit, starts);
        period::insert(&limit, (starts, ends, &zone), spent, spent.into(), Amount::ZERO);
        return nothing();
    }
    if told(&call.old_row()) == told(&row) {
        return nothing();
    }
    if let Some(mut open) = period::try_open(&periods, &limit, starts) {
        let before = (open.last_limit, open.account.shown());
        let account = open.account;
        open.write(&periods, account);
        alert::raise_due(&open, before, &Cause::none());
    }
    nothing()
}

/// Begins the period that contains this time for every pool whose period has ended by then, and returns their
/// number.
pub fn reset(at: pg_sys::TimestampTz) -> i32 {
    let mut due: Vec<(Uuid, Uuid)> = Vec::new();
    relation::for_each(c"provider_credit_pools", |row| {
        let is_here = row.uuid(c"tenant_id").is_some_and(moving::is_here);
        if is_here && row.bigint(c"period_ends_at").is_some_and(|ends| ends <= at) {
            due.extend(row.uuid(c"tenant_id").zip(row.uuid(c"id")));
        }
    });
    due.sort_unstable();
    let periods = Book::open(c"budget_periods");
    let mut begun = 0;
    for (tenant, id) in due {
        let Some(mut pool) = Pool::lock(id, at) else { continue };
        // Another session may have begun it while this one waited.
        if pool.shown_until() <= at {
            let period = period::open(&periods, &pool.limit(tenant, id), at);
            pool.show(&period);
            begun += 1;
        }
    }
    begun
}

/// The columns of a pool that an entry needs.
pub struct PoolRow {
    /// Its id.
    pub id: Uuid,
    /// When its newest period began; the pool never returns to an earlier one, whatever the clock says.
    pub period_starts: pg_sys::TimestampTz,
}

/// The tenant's pool for a provider.
pub fn pool_of(tenant: Uuid, provider: &str) -> Option<PoolRow> {
    let book = Book::open(c"provider_credit_pools");
    let mut found = None;
    let keys = [(c"tenant_id", Condition::Uuid(tenant))];
    book.scan(c"provider_credit_pools_tenant_id_provider_key", &keys, Order::Forward, |row, _| {
        if row.text(c"provider").as_deref() != Some(provider) {
            return true;
        }
        found = row
            .uuid(c"id")
            .map(|id| PoolRow { id, period_starts: row.bigint(c"period_starts_at").unwrap_or(i64::MIN) });
        false
    });
    found
}
