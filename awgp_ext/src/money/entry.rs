//! Entries of the ledger: what a row of `cost_transactions` must be, and which balances it changes.
//!
//! Before the row is written, its accounting is determined and stored in its columns: pool, holding, the time
//! that determines the periods, and the cost where only tokens are given. No balance has changed yet, so `ON
//! CONFLICT DO NOTHING` changes none. After the row is written, the last of its triggers changes the
//! balances: by then its keys are checked and its image is taken, so the balances, for which everybody else
//! waits, are locked as late as possible.
//!
//! A cost must fit every limit. Money that is already spent (the settlement of a reservation, or a cost whose
//! metadata says `incurred`) is entered even beyond a limit. For such entries the limits are locked before
//! the row is written, so that its column `overrun` is correct.

use super::accounts::{Accounts, Spender, refuse_other};
use super::alert::Cause;
use super::book::Book;
use super::charge::{self, Charge};
use super::pool::pool_of;
use super::reservation::Reservation;
use super::{accounting_time, carrying, holding, numeric, tenant};
use crate::import::permit::IMPORT;
use crate::pg::datum;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::limit::{Movement, Scope};
use awgp_core::money::refusals::{self, Demand};
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;
use std::ffi::CStr;
use uuid::Uuid;

trigger_function!(awgp_keep_entry, pg_finfo_awgp_keep_entry, keep_entry);
trigger_function!(awgp_post_entry, pg_finfo_awgp_post_entry, post_entry);

/// BEFORE INSERT OR UPDATE OR DELETE: an entry is written once, with its accounting.
fn keep_entry(call: &TriggerCall) -> Datum {
    if !call.is_row_insert() {
        raise(&refusals::ledger_immutable(call.argument(0)));
    }
    // An imported entry has its accounting, and the periods are made of all entries.
    if IMPORT.is_held_for(call.relation_oid()) {
        return call.keep();
    }
    let row = call.new_row();
    let (Some(tenant), Some(assistant), Some(provider)) =
        (row.uuid(c"tenant_id"), row.uuid(c"assistant_id"), row.text(c"provider"))
    else {
        // Left to NOT NULL.
        return call.keep();
    };
    if let Some(original) = row.uuid(c"reverses_id") {
        return keep_reversal(call, tenant, original);
    }
    if let Some(reservation) = row.uuid(c"reservation_id") {
        return keep_settlement(call, tenant, assistant, &provider, reservation);
    }
    let pool = pool_of(tenant, &provider);
    let at = accounting_time::counting(pool.as_ref().map(|pool| pool.period_starts));
    let spender = Spender {
        tenant,
        assistant,
        pool: pool.map(|pool| pool.id),
        holding: tenant::find(tenant).and_then(|tenant| tenant.holding),
        at,
    };
    let incurred = charge::is_incurred(&row);
    let charge = charge::of_entry(&row, &provider, at, incurred);
    if let Some(holding) = spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, at);
    }
    let accounts = (incurred || charge.cost.vanishes()).then(|| Accounts::lock(&spender));
    let exceeds =
        |accounts: &Accounts| !accounts.exceeded(Movement::cost(charge.cost), true, None).is_empty();
    let overrun = incurred && accounts.as_ref().is_some_and(exceeds);
    let columns = rounded(&spender, charge.cost, accounts.as_ref());
    accounted(call, &spender, &charge, &columns, overrun)
}

/// A settlement counts in the periods and for the spender of its reservation.
fn keep_settlement(call: &TriggerCall, tenant: Uuid, assistant: Uuid, provider: &str, id: Uuid) -> Datum {
    let row = call.new_row();
    // Another tenant's reservation gets the same answer as a missing one, that of a foreign key.
    let Some(reservation) = Reservation::lock(tenant, id) else {
        raise(&refusals::unknown_row(call.argument(0), "reservation_id"));
    };
    if ["settled", "released"].contains(&reservation.state.as_str()) {
        raise(&refusals::reservation_resolved(&reservation.state));
    }
    if assistant != reservation.spender.assistant {
        raise(&refusals::reservation_mismatch("assistant_id"));
    }
    if provider != reservation.provider {
        raise(&refusals::reservation_mismatch("provider"));
    }
    let spender = reservation.spender;
    // The call was made, which is what the reservation was for.
    let charge = charge::of_entry(&row, provider, accounting_time::now(), true);
    if let Some(holding) = spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, spender.at);
    }
    let beyond = is_beyond(charge.cost, &reservation);
    let movement = Movement { spent: charge.cost, held: reservation.given_back() };
    let accounts = Accounts::lock(&spender);
    let exceeded = accounts.exceeded(movement, beyond, Some(id));
    let work_item = row.uuid(c"work_item_id").or(reservation.work_item);
    let mut columns = rounded(&spender, charge.cost, Some(&accounts)).to_vec();
    columns.push((c"work_item_id", work_item.and_then(|id| datum::to_sql(id).into_datum())));
    accounted(call, &spender, &charge, &columns, beyond || !exceeded.is_empty())
}

/// A cost in its columns: an amount of six decimals, and the remainder. A cost too small to show adds the
/// remainders of earlier ones, so that a thousand of them show their total.
fn rounded(
    spender: &Spender,
    cost: Exact,
    accounts: Option<&Accounts>,
) -> [(&'static CStr, Option<Datum>); 2] {
    let balance = spender.balance();
    let carried = accounts.filter(|_| cost.vanishes()).map_or(Exact::ZERO, |accounts| {
        let carried = accounts.carried().checked_add(carrying::pending(balance));
        carried.unwrap_or_default().remainder()
    });
    let (amount, lacks) = cost.split(carried).unwrap_or_else(|| raise(&refusals::amount_too_large()));
    carrying::add(balance, lacks);
    charge::in_columns(amount, lacks)
}

/// Whether a cost exceeds its reservation, compared with six decimals, as estimates have them.
fn is_beyond(cost: Exact, reservation: &Reservation) -> bool {
    cost.rounded().is_none_or(|cost| cost > reservation.amount)
}

/// A reversing entry takes back all of another entry, in the same periods.
fn keep_reversal(call: &TriggerCall, tenant: Uuid, original: Uuid) -> Datum {
    let Some(entry) = Entry::find(tenant, original) else {
        raise(&refusals::unknown_row(call.argument(0), "reverses_id"));
    };
    if entry.reverses {
        raise(&refusals::not_reversible("reverses another"));
    }
    let row = call.new_row();
    let cost = Amount::ZERO.checked_sub(entry.amount).unwrap_or(Amount::ZERO);
    if numeric::amount(&row, c"cost_amount").is_some_and(|given| given != cost) {
        raise(&refusals::not_reversible("is reversed whole, or not at all"));
    }
    if let Some(holding) = entry.spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, entry.spender.at);
    }
    // Exactly the original's amount and remainder, whatever was carried since.
    let lacks = entry.lacks().negated();
    carrying::add(entry.spender.balance(), lacks);
    let mut columns = charge::in_columns(cost, lacks).to_vec();
    columns.push((c"reservation_id", None));
    columns.push((c"assistant_id", datum::to_sql(entry.spender.assistant).into_datum()));
    accounted(call, &entry.spender, &Charge::default(), &columns, false)
}

/// The row, with its accounting in its columns.
fn accounted(
    call: &TriggerCall,
    spender: &Spender,
    charge: &Charge,
    columns: &[(&'static CStr, Option<Datum>)],
    overrun: bool,
) -> Datum {
    refuse_other(call, spender);
    let uuid = |id: Option<Uuid>| id.and_then(|id| datum::to_sql(id).into_datum());
    let mut values = vec![
        (c"pool_id", uuid(spender.pool)),
        (c"holding_id", uuid(spender.holding)),
        (c"accounted_at", Some(Datum::from(spender.at))),
        (c"overrun", Some(Datum::from(overrun))),
    ];
    values.extend(&charge.columns);
    values.extend(columns);
    if let Some(metadata) = &charge.metadata {
        values.push((c"metadata", Some(metadata.datum())));
    }
    call.with_columns(&values)
}

/// AFTER INSERT, the last of the triggers: changes the balances.
fn post_entry(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return nothing();
    }
    let row = call.new_row();
    let Some(entry) = Entry::of(&row) else { return nothing() };
    let Some(id) = row.uuid(c"id") else { return nothing() };
    let settled = row.uuid(c"reservation_id").and_then(|id| Reservation::lock(entry.spender.tenant, id));
    carrying::add(entry.spender.balance(), entry.lacks().negated());
    let accounts = Accounts::lock(&entry.spender);
    let movement =
        Movement { spent: entry.cost, held: settled.as_ref().map_or(Amount::ZERO, Reservation::given_back) };
    let overrun = match &settled {
        Some(reservation) => {
            let beyond = is_beyond(entry.cost, reservation);
            let mut exceeded = accounts.exceeded(movement, beyond, Some(reservation.id));
            if beyond && exceeded.is_empty() {
                exceeded.push(Scope::Pool);
            }
            exceeded
        }
        None if entry.reverses => Vec::new(),
        None if charge::is_incurred(&row) => accounts.exceeded(movement, true, None),
        None => {
            accounts.refuse_excess(movement, entry.amount, Demand::Cost);
            Vec::new()
        }
    };
    accounts.apply(movement, &Cause { entry: Some((id, entry.spender.tenant)), overrun });
    if let Some(reservation) = settled {
        reservation.resolve("settled");
    }
    nothing()
}

/// An entry as it is accounted.
struct Entry {
    spender: Spender,
    /// The amount in its column.
    amount: Amount,
    /// The exact cost.
    cost: Exact,
    reverses: bool,
}

impl Entry {
    fn of(row: &Row) -> Option<Self> {
        Some(Self {
            spender: Spender {
                tenant: row.uuid(c"tenant_id")?,
                assistant: row.uuid(c"assistant_id")?,
                pool: row.uuid(c"pool_id"),
                holding: row.uuid(c"holding_id"),
                at: row.bigint(c"accounted_at")?,
            },
            amount: numeric::kept(row, c"cost_amount"),
            cost: numeric::kept_exact(row, c"cost_amount", c"cost_remainder"),
            reverses: row.uuid(c"reverses_id").is_some(),
        })
    }

    /// The part of the cost that the amount does not show.
    fn lacks(&self) -> Exact {
        self.cost.checked_add(Exact::from(self.amount).negated()).unwrap_or_default()
    }

    fn find(tenant: Uuid, id: Uuid) -> Option<Self> {
        let mut found = None;
        relation::for_each_by_uuid(c"cost_transactions", c"cost_transactions_pkey", c"id", id, |row| {
            found = Self::of(row).filter(|entry| entry.spender.tenant == tenant);
        });
        found
    }
}
