//! The holding whose limit a tenant counts towards, and since when.
//!
//! A limit over a holding and its subsidiaries is one more row that all of them write. Where no such limit is
//! set, nobody should wait for that row, so a period gets its row only when the first money moves under a
//! limit. The row starts with what the entries say was spent and held before, so no other transaction may be
//! spending at that moment: every transaction that spends in the family holds an advisory lock in share mode
//! until it commits, and the one that creates the row takes it exclusively. So a visible row misses nothing,
//! and a transaction that sees no row is counted by the one that creates it.

use super::book::{Book, Order};
use super::period::{self, Limit};
use super::{numeric, tenant};
use crate::locks::Subject;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::scan::Condition;
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::limit::Scope;
use awgp_core::money::{refusals, settings};
use pgrx::pg_sys;
use uuid::Uuid;

/// The setting of a holding that limits what it and its direct subsidiaries spend per month.
pub const SETTING: &str = "holding_monthly_cost_limit";

/// What the holding and its direct subsidiaries may spend per month; None where no limit is set.
pub fn limit(holding: Uuid) -> Option<Amount> {
    let value = tenant::setting(holding, SETTING)?;
    // A value that is not an amount, stored before values were checked, allows nothing.
    (!value.is_null()).then(|| settings::limit(&value).unwrap_or(Amount::ZERO))
}

/// Takes the holding's lock in share mode until the transaction ends, and creates the row of its period where
/// a limit is set and the row is missing. Called before the first row that counts is written.
pub fn join(periods: &Book, holding: Uuid, at: pg_sys::TimestampTz) {
    let is_due = || limit(holding).is_some() && !period::exists(periods, Scope::Holding, holding, at);
    while !is_due() {
        lock::share_row(Subject::Holding, holding);
        // Checked again under the lock: the creator of the row holds it exclusively until it commits, so an
        // existing row is visible now and counts all earlier money.
        if !is_due() {
            return;
        }
        lock::give_back_share(Subject::Holding, holding);
    }
    lock::lock_row(Subject::Holding, holding);
    if is_due() {
        let limit = Limit::of(Scope::Holding, holding, holding, limit(holding));
        period::make(periods, &limit, at, |starts, ends| {
            (spent(holding, starts, ends), held(holding, starts, ends))
        });
    }
}

fn spent(holding: Uuid, starts: pg_sys::TimestampTz, ends: pg_sys::TimestampTz) -> Exact {
    let book = Book::open(c"cost_transactions");
    let keys = [(c"holding_id", Condition::Uuid(holding)), (c"accounted_at", Condition::From(starts))];
    let mut sum = Exact::ZERO;
    book.scan(c"idx_cost_transactions_holding", &keys, Order::Forward, |row, _| {
        if row.bigint(c"accounted_at").is_none_or(|at| at >= ends) {
            return false;
        }
        let cost = numeric::kept_exact(row, c"cost_amount", c"cost_remainder");
        sum = sum.checked_add(cost).unwrap_or_else(|| raise(&refusals::amount_too_large()));
        true
    });
    sum
}

fn held(holding: Uuid, starts: pg_sys::TimestampTz, ends: pg_sys::TimestampTz) -> Amount {
    let book = Book::open(c"credit_reservations");
    let keys = [(c"holding_id", Condition::Uuid(holding)), (c"reserved_at", Condition::From(starts))];
    let mut sum = Amount::ZERO;
    book.scan(c"idx_credit_reservations_holding", &keys, Order::Forward, |row, _| {
        if row.bigint(c"reserved_at").is_none_or(|at| at >= ends) {
            return false;
        }
        if row.text(c"state").as_deref() == Some("held") {
            sum = period::sum(sum, numeric::kept(row, c"amount"));
        }
        true
    });
    sum
}
