//! The limits that one movement of money must fit. They are locked together and changed together.
//!
//! Every transaction locks them in one order: the holding's month, the tenant's month, the pool and its
//! period, the assistant's day. The widest comes first, so that transactions of one tenant cannot deadlock,
//! whatever assistants and pools they touch. The price is that the widest is held a few microseconds longer.
//!
//! The two rows that everybody writes, a holding's month and a tenant's, each have an advisory lock in front,
//! whose waiters form a queue. A session that waits for the row itself wakes up to find a newer version
//! locked by another session, follows it and waits again: with sixteen sessions on one tenant that cost half
//! of the throughput.

use super::alert::{self, Cause};
use super::book::{Book, LockedRow, Order};
use super::period::{self, Limit, Open};
use super::{accounting_time, holding, numeric, tenant};
use crate::locks::Subject;
use crate::pg::clock;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::scan::Condition;
use crate::pg::trigger::TriggerCall;
use crate::pg::tuple::Row;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::limit::{Movement, Scope};
use awgp_core::money::raise::Raise;
use awgp_core::money::refusals::{self, Demand};
use awgp_core::money::threshold::{THRESHOLDS, is_reached};
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

/// Who spends, from which pool, and when: this determines the limits.
#[derive(Clone, Copy, Debug)]
pub struct Spender {
    /// The tenant.
    pub tenant: Uuid,
    /// The assistant.
    pub assistant: Uuid,
    /// The pool that pays, where the tenant has one.
    pub pool: Option<Uuid>,
    /// The holding whose limit counts, where there is one.
    pub holding: Option<Uuid>,
    /// The time that determines the periods.
    pub at: pg_sys::TimestampTz,
}

impl Spender {
    /// The balance for which an entry is rounded: its pool's, or its tenant's where no pool pays.
    pub fn balance(&self) -> Uuid {
        self.pool.unwrap_or(self.tenant)
    }
}

/// The limits of a spender, locked.
pub struct Accounts {
    periods: Book,
    open: Vec<Open>,
    pool: Option<Pool>,
}

/// A pool's own row, locked.
pub struct Pool {
    book: Book,
    row: LockedRow,
    budget: Amount,
    /// What a temporary raise adds.
    raise: Amount,
    reset_day: u8,
}

/// The columns of a pool that say which thresholds are reached.
const FLAGS: [(&CStr, i32); 3] = [
    (c"alert_threshold_50", THRESHOLDS[0]),
    (c"alert_threshold_75", THRESHOLDS[1]),
    (c"alert_threshold_90", THRESHOLDS[2]),
];

/// What a temporary raise adds to a pool's budget at a moment.
pub fn raise_of(row: &Row, at: pg_sys::TimestampTz) -> Amount {
    let until_us = row.bigint(c"raised_until").and_then(timestamp_from_postgres);
    let amount = numeric::amount(row, c"raise_amount").unwrap_or(Amount::ZERO);
    Raise { amount, until_us }.at(timestamp_from_postgres(at).unwrap_or(i64::MAX))
}

impl Pool {
    /// Locks a pool's row, with the raise that counts at a moment; None where it no longer exists.
    pub fn lock(id: Uuid, at: pg_sys::TimestampTz) -> Option<Self> {
        let book = Book::open(c"provider_credit_pools");
        let mut place = None;
        book.scan(c"provider_credit_pools_pkey", &[(c"id", Condition::Uuid(id))], Order::Forward, |_, at| {
            place = Some(at);
            false
        });
        let row = book.lock(place?)?;
        let budget = numeric::kept(&row.row(), c"monthly_budget");
        let reset_day = row.row().integer(c"reset_day_of_month").and_then(|day| u8::try_from(day).ok());
        let raise = raise_of(&row.row(), at);
        Some(Self { book, row, budget, raise, reset_day: reset_day.unwrap_or(1) })
    }

    /// The pool's limit.
    pub fn limit(&self, tenant: Uuid, id: Uuid) -> Limit {
        Limit::of_pool(tenant, id, self.in_force(), self.reset_day)
    }

    /// What may be spent: the budget, and what a raise adds.
    fn in_force(&self) -> Amount {
        period::sum(self.budget, self.raise)
    }

    /// The end of the period that the pool's row shows.
    pub fn shown_until(&self) -> pg_sys::TimestampTz {
        self.row.row().bigint(c"period_ends_at").unwrap_or(i64::MIN)
    }

    /// Updates the pool's row to a period, but never to an earlier one than it shows.
    pub fn show(&mut self, period: &Open) {
        let row = self.row.row();
        let shown = self.shown_until();
        if period.ends < shown {
            return;
        }
        let is_new = period.ends != shown;
        let left = self.budget.checked_sub(period.account.shown());
        let left = left.unwrap_or_else(|| raise(&refusals::amount_too_large()));
        let mut values = vec![(c"current_balance", numeric::datum(left))];
        for (flag, threshold) in FLAGS {
            let was = !is_new && row.flag(flag);
            let is = was || is_reached(threshold, self.in_force(), period.account.shown());
            if is != row.flag(flag) {
                values.push((flag, Datum::from(is)));
            }
        }
        if is_new {
            values.push((c"period_starts_at", Datum::from(period.starts)));
            values.push((c"period_ends_at", Datum::from(period.ends)));
        }
        values.push((c"updated_at", Datum::from(clock::timestamp())));
        self.book.replace(&mut self.row, &values);
    }
}

impl Accounts {
    /// Locks all limits of a spender, and creates missing rows of periods.
    pub fn lock(spender: &Spender) -> Self {
        let Spender { tenant, assistant, at, .. } = *spender;
        let periods = Book::open(c"budget_periods");
        let mut open = Vec::with_capacity(Scope::ALL.len());
        if let Some(id) = spender.holding {
            // Without a row, the holding is not counted here: see holding::join().
            if period::exists(&periods, Scope::Holding, id, at) {
                lock::lock_row(Subject::Spending, id);
            }
            let limit = Limit::of(Scope::Holding, id, id, holding::limit(id));
            open.extend(period::try_open(&periods, &limit, at));
        }
        lock::lock_row(Subject::Spending, tenant);
        let quota = tenant::find(tenant).and_then(|tenant| tenant.quota).unwrap_or(Amount::ZERO);
        open.push(period::open(&periods, &Limit::of(Scope::Tenant, tenant, tenant, Some(quota)), at));
        let pool = spender.pool.and_then(|id| Pool::lock(id, at).map(|pool| (id, pool)));
        if let Some((id, pool)) = &pool {
            open.push(period::open(&periods, &pool.limit(tenant, *id), at));
        }
        let day = assistant_limit(assistant).unwrap_or(Amount::ZERO);
        open.push(period::open(&periods, &Limit::of(Scope::Assistant, tenant, assistant, Some(day)), at));
        Self { periods, open, pool: pool.map(|(_, pool)| pool) }
    }

    /// The part of earlier costs that six decimals did not show, in the balance for which an entry is
    /// rounded.
    pub fn carried(&self) -> Exact {
        let scope = if self.pool.is_some() { Scope::Pool } else { Scope::Tenant };
        let open = self.open.iter().find(|open| open.limit.scope == scope);
        open.map_or(Exact::ZERO, |open| open.account.spent.remainder())
    }

    /// Raises an error where a movement exceeds one of the limits; the message names `amount`.
    pub fn refuse_excess(&self, movement: Movement, amount: Amount, demand: Demand) {
        for open in &self.open {
            if open.account.fits(movement, Amount::ZERO) {
                continue;
            }
            let expired = expired(open, None);
            if !open.account.fits(movement, expired) {
                let ends = accounting_time::text(open.ends);
                let scope = open.limit.scope;
                let account = &open.account;
                raise(&refusals::budget_exceeded(scope, account, expired, amount, &ends, demand));
            }
        }
    }

    /// The limits that a movement would leave exceeded. `beyond` is true where it takes more than
    /// `reservation` held.
    pub fn exceeded(&self, movement: Movement, beyond: bool, reservation: Option<Uuid>) -> Vec<Scope> {
        let exceeds = |open: &&Open| {
            open.account.exceeded_after(movement, Amount::ZERO, beyond)
                && open.account.exceeded_after(movement, expired(open, reservation), beyond)
        };
        self.open.iter().filter(exceeds).map(|open| open.limit.scope).collect()
    }

    /// Applies the movement to all limits, and then writes the alerts that are due: what an operator has them
    /// do finds every balance written.
    pub fn apply(mut self, movement: Movement, cause: &Cause) {
        let mut before = Vec::with_capacity(self.open.len());
        for open in &mut self.open {
            let after = open.account.after(movement);
            let after = after.unwrap_or_else(|| raise(&refusals::amount_too_large()));
            before.push((open.last_limit, open.account.shown()));
            open.write(&self.periods, after);
            let is_pool = open.limit.scope == Scope::Pool;
            if let Some(pool) = self.pool.as_mut().filter(|_| is_pool && movement.spent != Exact::ZERO) {
                pool.show(open);
            }
        }
        for (open, before) in self.open.iter().zip(before) {
            alert::raise_due(open, before, cause);
        }
    }
}

/// What an assistant may spend per day; None where it has no limit.
fn assistant_limit(id: Uuid) -> Option<Amount> {
    let mut found = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", id, |row| {
        found = numeric::amount(row, c"max_cost_per_day");
    });
    found
}

/// The sum of a period's held reservations that have expired but are not yet marked: they no longer count.
/// Leaves out `but`.
fn expired(open: &Open, but: Option<Uuid>) -> Amount {
    let (index, column) = match open.limit.scope {
        Scope::Holding => (c"idx_credit_reservations_holding_held", c"holding_id"),
        _ => (c"idx_credit_reservations_held", c"tenant_id"),
    };
    let owner = match open.limit.scope {
        Scope::Holding => open.limit.subject,
        _ => open.limit.tenant,
    };
    let subject = match open.limit.scope {
        Scope::Pool => Some(c"pool_id"),
        Scope::Assistant => Some(c"assistant_id"),
        Scope::Holding | Scope::Tenant => None,
    };
    let book = Book::open(c"credit_reservations");
    let keys = [(column, Condition::Uuid(owner)), (c"expires_at", Condition::Until(accounting_time::now()))];
    let mut sum = Amount::ZERO;
    book.scan(index, &keys, Order::Forward, |row, _| {
        let is_subject = subject.is_none_or(|column| row.uuid(column) == Some(open.limit.subject));
        let is_period = row.bigint(c"reserved_at").is_some_and(|at| (open.starts..open.ends).contains(&at));
        if is_subject && is_period && but.is_none_or(|but| row.uuid(c"id") != Some(but)) {
            sum = period::sum(sum, numeric::kept(row, c"amount"));
        }
        true
    });
    sum
}

/// Refuses a pool or holding, named by the caller, other than the one that is accounted to; as a reference to
/// a row that does not exist.
pub fn refuse_other(call: &TriggerCall, spender: &Spender) {
    let row = call.new_row();
    for (column, name, own) in
        [(c"pool_id", "pool_id", spender.pool), (c"holding_id", "holding_id", spender.holding)]
    {
        if row.uuid(column).is_some_and(|given| Some(given) != own) {
            raise(&refusals::unknown_row(call.argument(0), name));
        }
    }
}
