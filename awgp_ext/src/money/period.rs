//! The row of a limit's period: found, created with the period's first money, locked.

use super::book::{Book, LockedRow, Order};
use super::permit::LEDGER;
use super::{numeric, tenant};
use crate::locks::Subject;
use crate::pg::clock;
use crate::pg::datum::{self, uuid};
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::scan::Condition;
use crate::pg::statement::statements;
use awgp_core::audit::row::{timestamp_from_postgres, timestamp_to_postgres};
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::limit::{Account, Scope};
use awgp_core::money::period::{Division, Period, PeriodError, Zone};
use awgp_core::money::refusals;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

/// A limit, and what it applies to.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The kind of limit.
    pub scope: Scope,
    /// The tenant that has the limit; its time zone determines the periods.
    pub tenant: Uuid,
    /// The tenant, pool or assistant.
    pub subject: Uuid,
    /// What may be spent; None where the limit was removed.
    pub amount: Option<Amount>,
    /// How time is divided into periods.
    pub division: Division,
}

impl Limit {
    /// A limit per month, starting on the first, or per day.
    pub fn of(scope: Scope, tenant: Uuid, subject: Uuid, amount: Option<Amount>) -> Self {
        let division =
            if scope == Scope::Assistant { Division::Day } else { Division::Month { reset_day: 1 } };
        Self { scope, tenant, subject, amount, division }
    }

    /// A pool's limit.
    pub fn of_pool(tenant: Uuid, pool: Uuid, budget: Amount, reset_day: u8) -> Self {
        let division = Division::Month { reset_day };
        Self { scope: Scope::Pool, tenant, subject: pool, amount: Some(budget), division }
    }
}

/// A period whose row this transaction has locked.
pub struct Open {
    /// Its limit.
    pub limit: Limit,
    /// Its id.
    pub id: Uuid,
    /// Its first moment.
    pub starts: pg_sys::TimestampTz,
    /// The first moment after it.
    pub ends: pg_sys::TimestampTz,
    /// What was spent and held in it.
    pub account: Account,
    /// The limit when money last moved.
    pub last_limit: Amount,
    row: LockedRow,
}

/// The sum; raises an error where a balance cannot hold it.
pub fn sum(left: Amount, right: Amount) -> Amount {
    left.checked_add(right).unwrap_or_else(|| raise(&refusals::amount_too_large()))
}

fn index(scope: Scope) -> (&'static CStr, &'static CStr) {
    match scope {
        Scope::Holding => (c"idx_budget_periods_of_holding", c"tenant_id"),
        Scope::Tenant => (c"idx_budget_periods_of_tenant", c"tenant_id"),
        Scope::Pool => (c"idx_budget_periods_of_pool", c"pool_id"),
        Scope::Assistant => (c"idx_budget_periods_of_assistant", c"assistant_id"),
    }
}

fn find(
    periods: &Book,
    scope: Scope,
    subject: Uuid,
    at: pg_sys::TimestampTz,
) -> Option<pg_sys::ItemPointerData> {
    let (index, column) = index(scope);
    let mut found = None;
    periods.scan(
        index,
        &[(column, Condition::Uuid(subject)), (c"ends_at", Condition::After(at))],
        Order::Forward,
        |row, place| {
            if row.bigint(c"starts_at").is_some_and(|starts| starts <= at) {
                found = Some(place);
            }
            false
        },
    );
    found
}

/// True where the period that contains this time has a row.
pub fn exists(periods: &Book, scope: Scope, subject: Uuid, at: pg_sys::TimestampTz) -> bool {
    find(periods, scope, subject, at).is_some()
}

/// Locks the row of the period that contains this time; creates it where it is missing.
pub fn open(periods: &Book, limit: &Limit, at: pg_sys::TimestampTz) -> Open {
    loop {
        if let Some(open) = try_open(periods, limit, at) {
            return open;
        }
        lock::lock_row(Subject::Period, limit.subject);
        // Another session may have created it while this one waited.
        if !exists(periods, limit.scope, limit.subject, at) {
            make(periods, limit, at, |_, _| (Exact::ZERO, Amount::ZERO));
        }
    }
}

/// The same, but None where there is no row.
pub fn try_open(periods: &Book, limit: &Limit, at: pg_sys::TimestampTz) -> Option<Open> {
    let place = find(periods, limit.scope, limit.subject, at)?;
    let locked = periods.lock(place)?;
    let row = locked.row();
    Some(Open {
        id: row.uuid(c"id")?,
        starts: row.bigint(c"starts_at")?,
        ends: row.bigint(c"ends_at")?,
        account: Account {
            limit: limit.amount,
            spent: numeric::kept_exact(&row, c"spent", c"remainder"),
            held: numeric::kept(&row, c"held"),
        },
        last_limit: numeric::kept(&row, c"limit_amount"),
        limit: limit.clone(),
        row: locked,
    })
}

impl Open {
    /// Writes the account's new state.
    pub fn write(&mut self, periods: &Book, after: Account) {
        let limit = after.limit.unwrap_or(self.last_limit);
        let now = clock::timestamp();
        let mut values =
            vec![(c"spent", numeric::datum(after.shown())), (c"held", numeric::datum(after.held))];
        if after.spent.remainder() != self.account.spent.remainder() {
            values.push((c"remainder", numeric::datum(after.spent.remainder())));
        }
        if limit != self.last_limit {
            values.push((c"limit_amount", numeric::datum(limit)));
        }
        values.push((c"updated_at", Datum::from(now)));
        periods.replace(&mut self.row, &values);
        self.account = after;
        self.last_limit = limit;
    }
}

statements! {
    INSERT(UUIDOID, TEXTOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID, NUMERICOID) = "
        INSERT INTO awgp.budget_periods (tenant_id, scope, pool_id, assistant_id, starts_at, ends_at, time_zone,
                                         limit_amount, opening, spent, held, remainder)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
}

/// Creates the row of the period that contains this time. The caller holds the lock for creating such rows.
///
/// `begin` returns what is already spent and held between the period's first moment and the first one after
/// it.
pub fn make(
    periods: &Book,
    limit: &Limit,
    at: pg_sys::TimestampTz,
    begin: impl FnOnce(pg_sys::TimestampTz, pg_sys::TimestampTz) -> (Exact, Amount),
) {
    let (starts, ends, zone) = window(periods, limit, at);
    let (spent, held) = begin(starts, ends);
    insert(limit, (starts, ends, &zone), Amount::ZERO, spent, held);
}

/// Inserts a row.
pub fn insert(
    limit: &Limit,
    (starts, ends, zone): (pg_sys::TimestampTz, pg_sys::TimestampTz, &str),
    opening: Amount,
    spent: Exact,
    held: Amount,
) {
    let shown = spent.rounded().unwrap_or_else(|| raise(&refusals::amount_too_large()));
    let subject = |scope| (limit.scope == scope).then(|| datum::to_sql(limit.subject));
    let values = [
        uuid(limit.tenant),
        limit.scope.name().into_datum(),
        subject(Scope::Pool).and_then(IntoDatum::into_datum),
        subject(Scope::Assistant).and_then(IntoDatum::into_datum),
        Some(Datum::from(starts)),
        Some(Datum::from(ends)),
        zone.into_datum(),
        Some(numeric::datum(limit.amount.unwrap_or(Amount::ZERO))),
        Some(numeric::datum(opening)),
        Some(numeric::datum(shown)),
        Some(numeric::datum(held)),
        Some(numeric::datum(spent.remainder())),
    ];
    let _ledger = LEDGER.hold();
    role::as_owner_past_row_security(c"budget_periods", || INSERT.count(&values));
}

/// The bounds of the period that contains this time, limited by the neighbouring periods that have rows; and
/// the time zone used.
pub fn window(
    periods: &Book,
    limit: &Limit,
    at: pg_sys::TimestampTz,
) -> (pg_sys::TimestampTz, pg_sys::TimestampTz, String) {
    let zone = tenant::setting(limit.tenant, "time_zone")
        .and_then(|zone| zone.as_str().map(str::to_owned))
        .unwrap_or_else(|| "UTC".to_owned());
    let natural = timestamp_from_postgres(at)
        .ok_or(PeriodError::OutOfRange)
        .and_then(|at_us| Zone::named(&zone)?.period(limit.division, at_us))
        .unwrap_or_else(|error| raise(&refusals::no_period(&error)));
    let (index, column) = index(limit.scope);
    let neighbour = |is: Condition<'_>, order: Order, end: &CStr| {
        let mut found = None;
        periods.scan(
            index,
            &[(column, Condition::Uuid(limit.subject)), (c"ends_at", is)],
            order,
            |row, _| {
                found = row.bigint(end).and_then(timestamp_from_postgres);
                false
            },
        );
        found
    };
    let before = neighbour(Condition::Until(at), Order::Backward, c"ends_at");
    let after = neighbour(Condition::After(at), Order::Forward, c"starts_at");
    let Period { starts_us, ends_us } = natural.between(before, after);
    (timestamp_to_postgres(starts_us), timestamp_to_postgres(ends_us), zone)
}
