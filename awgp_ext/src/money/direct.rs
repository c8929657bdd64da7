//! Reservations and entries, written without a statement around them ([`crate::pg::direct`]).
//!
//! Each answers None, and nothing has happened, where a statement has to write the row: at REPEATABLE READ
//! and above, where something is missing that a statement's error names, and where an operator has added
//! something to the table. The table's triggers do the accounting either way.

use super::pool::pool_of;
use super::reservation::Reservation;
use super::{accounting_time, numeric};
use crate::context;
use crate::pg::clock;
use crate::pg::datum::{self, uuid};
use crate::pg::direct::{Access, Target};
use crate::pg::row_lock::{self, Strength};
use crate::pg::tuple::Row;
use pgrx::IntoDatum;
use pgrx::datum::Interval;
use pgrx::pg_sys::Datum;
use std::ffi::CStr;
use uuid::Uuid;

/// The assistant, the work item and the pool are locked; the assistant names the tenant.
static RESERVATIONS: Target = Target::new(
    c"credit_reservations",
    &[
        c"credit_reservations_tenant_id_fkey",
        c"credit_reservations_assistant_id_fkey",
        c"credit_reservations_work_item_id_fkey",
        c"credit_reservations_pool_id_fkey",
    ],
);

/// The assistant, the work item and the pool are locked; the assistant names the tenant.
static ENTRIES: Target = Target::new(
    c"cost_transactions",
    &[
        c"cost_transactions_tenant_id_fkey",
        c"cost_transactions_assistant_id_fkey",
        c"cost_transactions_work_item_id_fkey",
        c"cost_transactions_pool_id_fkey",
    ],
);

/// The same where there is no pool: one that is made meanwhile is not locked.
static ENTRIES_WITHOUT_POOL: Target = Target::new(
    c"cost_transactions",
    &[
        c"cost_transactions_tenant_id_fkey",
        c"cost_transactions_assistant_id_fkey",
        c"cost_transactions_work_item_id_fkey",
    ],
);

/// The reservation is locked, and names all others by foreign keys of its own.
static SETTLEMENTS: Target = Target::new(
    c"cost_transactions",
    &[
        c"cost_transactions_tenant_id_fkey",
        c"cost_transactions_assistant_id_fkey",
        c"cost_transactions_work_item_id_fkey",
        c"cost_transactions_pool_id_fkey",
        c"cost_transactions_reservation_id_fkey",
    ],
);

/// Who spends, on what, at whom.
#[derive(Clone, Copy)]
pub struct Spending<'a> {
    /// The tenant.
    pub tenant: Uuid,
    /// The assistant.
    pub assistant: Uuid,
    /// The work item, where there is one.
    pub item: Option<Uuid>,
    /// The provider.
    pub provider: &'a str,
}

impl Spending<'_> {
    /// Keeps assistant and work item from being deleted, as foreign keys do; None where one does not exist.
    fn keep(&self) -> Option<()> {
        let keep = |table: &CStr, index: &CStr, id: Uuid| {
            row_lock::find_own(table, index, self.tenant, id, Strength::Key).map(drop)
        };
        keep(c"assistants", c"assistants_tenant_id_id_key", self.assistant)?;
        self.item.map_or(Some(()), |item| keep(c"work_items", c"work_items_tenant_id_id_key", item))
    }

    /// The same for the pool. The row that is written later has the same one: a key that is kept does not
    /// change.
    fn keep_pool(&self) -> Option<()> {
        let pool = pool_of(self.tenant, self.provider)?;
        let index = c"provider_credit_pools_tenant_id_id_key";
        row_lock::find_own(c"provider_credit_pools", index, self.tenant, pool.id, Strength::Key).map(drop)
    }

    fn columns(&self) -> [(&'static CStr, Option<Datum>); 4] {
        [
            (c"tenant_id", uuid(self.tenant)),
            (c"assistant_id", uuid(self.assistant)),
            (c"work_item_id", self.item.and_then(uuid)),
            (c"provider", datum::text(self.provider)),
        ]
    }
}

/// Reserves an amount until a moment. `is_kept` is true where assistant and work item are locked already.
pub fn reserve<T>(
    spending: &Spending<'_>,
    is_kept: bool,
    amount: Datum,
    until: Datum,
    (access, read): (Access, impl FnOnce(&Row) -> T),
) -> Option<T> {
    if !row_lock::takes_newest() || !is_kept && spending.keep().is_none() {
        return None;
    }
    spending.keep_pool()?;
    let mut columns = spending.columns().to_vec();
    columns.push((c"amount", Some(amount)));
    columns.push((c"expires_at", Some(until)));
    RESERVATIONS.insert(access, &columns, read)
}

/// What was used, and what it cost.
#[derive(Clone, Copy)]
pub struct Used<'a> {
    /// The model.
    pub model: &'a str,
    /// Input tokens.
    pub input: i32,
    /// Output tokens.
    pub output: i32,
    /// A numeric that is neither NaN nor infinite; None: the price of the tokens.
    pub amount: Option<Datum>,
    /// A jsonb; None: an empty object.
    pub metadata: Option<Datum>,
}

impl Used<'_> {
    fn columns(&self) -> Vec<(&'static CStr, Option<Datum>)> {
        let mut columns = vec![
            (c"model", datum::text(self.model)),
            (c"input_tokens", self.input.into_datum()),
            (c"output_tokens", self.output.into_datum()),
            (c"cost_amount", self.amount),
            (c"cost_remainder", Some(numeric::remainder(self.amount))),
        ];
        if self.metadata.is_some() {
            columns.push((c"metadata", self.metadata));
        }
        columns
    }
}

/// Records a cost.
pub fn record<T>(spending: &Spending<'_>, used: &Used<'_>, read: impl FnOnce(&Row) -> T) -> Option<T> {
    if !row_lock::takes_newest() {
        return None;
    }
    spending.keep()?;
    let target = if spending.keep_pool().is_some() { &ENTRIES } else { &ENTRIES_WITHOUT_POOL };
    let columns = [used.columns(), spending.columns().to_vec()].concat();
    target.insert(Access::Caller, &columns, read)
}

/// Settles a reservation of the tenant in context.
pub fn settle<T>(
    reservation: Uuid,
    used: &Used<'_>,
    (access, read): (Access, impl FnOnce(&Row) -> T),
) -> Option<T> {
    if !row_lock::takes_newest() {
        return None;
    }
    // A statement would look the reservation up under its table's policies.
    if !RESERVATIONS.may_read() {
        return None;
    }
    let tenant = context::current()?.tenant;
    let held = Reservation::lock(tenant, reservation)?;
    let spending = Spending {
        tenant,
        assistant: held.spender.assistant,
        item: held.work_item,
        provider: &held.provider,
    };
    let mut columns = [used.columns(), spending.columns().to_vec()].concat();
    columns.push((c"reservation_id", uuid(reservation)));
    SETTLEMENTS.insert(access, &columns, read)
}

/// The moment until which something is held.
pub fn until(span: Interval) -> Datum {
    clock::after(accounting_time::now(), span)
}
