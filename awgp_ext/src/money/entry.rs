//! Entries of the ledger: what a row of `cost_transactions` must be, and what it moves.
//!
//! Before the row is written, what it is accounted to is decided and put in its columns: pool, holding, the moment
//! whose periods count, the cost where tokens alone are given. Nothing has moved yet, so `ON CONFLICT DO NOTHING`
//! moves nothing. After it is written, the money moves, in the last of the row's triggers: its keys are checked
//! and its image is taken before the balances are locked, which everybody else waits for.
//!
//! A cost must fit every limit. Money that is spent already (the settlement of a reservation, a cost whose
//! metadata says `incurred`) is entered over a limit too: for these the limits are locked before the row is
//! written, so that its `overrun` says what is so.

use super::accounts::{Accounts, Spender};
use super::alert::Cause;
use super::book::{Book, Is, Order};
use super::reservation::Reservation;
use super::{clock, holding, numeric, price};
use crate::jsonb::Jsonb;
use crate::raise::raise;
use crate::relation::{self, Row};
use crate::trigger::{TriggerCall, nothing, trigger_function};
use awgp_core::money::amount::Amount;
use awgp_core::money::limit::{Movement, Scope};
use awgp_core::money::price::Tokens;
use awgp_core::money::refusals;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};
use serde_json::{Value, json};
use std::ffi::CStr;
use uuid::Uuid;

trigger_function!(awgp_keep_entry, pg_finfo_awgp_keep_entry, keep_entry);
trigger_function!(awgp_post_entry, pg_finfo_awgp_post_entry, post_entry);

/// BEFORE INSERT OR UPDATE OR DELETE: an entry is written once, and says what it is accounted to.
fn keep_entry(call: &TriggerCall) -> Datum {
    if !call.is_row_insert() {
        raise(&refusals::ledger_immutable(call.argument(0)));
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
    let at = pool.as_ref().map_or_else(clock::now, |pool| clock::now().max(pool.period_starts));
    let spender = Spender {
        tenant,
        assistant,
        pool: pool.map(|pool| pool.id),
        holding: holding::tenant(tenant).and_then(|tenant| tenant.holding),
        at,
    };
    let (cost, metadata) = cost_of(&row, &provider, at);
    if let Some(holding) = spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, at);
    }
    let overrun = is_incurred(&row) && {
        let movement = Movement { spent: cost, held: Amount::ZERO };
        !Accounts::lock(&spender).exceeded(movement, true, None).is_empty()
    };
    accounted(call, &spender, &[(c"cost_amount", Some(numeric::datum(cost)))], metadata.as_ref(), overrun)
}

/// The settlement of a reservation counts where and when that was made.
fn keep_settlement(call: &TriggerCall, tenant: Uuid, assistant: Uuid, provider: &str, id: Uuid) -> Datum {
    let row = call.new_row();
    // One that is another tenant's, or none: the same answer, a foreign key's.
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
    let (cost, metadata) = cost_of(&row, provider, clock::now());
    if let Some(holding) = spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, spender.at);
    }
    let beyond = cost > reservation.amount;
    let movement = Movement { spent: cost, held: reservation.given_back() };
    let exceeded = Accounts::lock(&spender).exceeded(movement, beyond, Some(id));
    let work_item = row.uuid(c"work_item_id").or(reservation.work_item);
    let columns = [
        (c"cost_amount", Some(numeric::datum(cost))),
        (c"work_item_id", work_item.and_then(|id| relation::to_sql(id).into_datum())),
    ];
    accounted(call, &spender, &columns, metadata.as_ref(), beyond || !exceeded.is_empty())
}

/// A reversing entry takes back the whole of another, where and when that counted.
fn keep_reversal(call: &TriggerCall, tenant: Uuid, original: Uuid) -> Datum {
    let Some(entry) = Entry::find(tenant, original) else {
        raise(&refusals::unknown_row(call.argument(0), "reverses_id"));
    };
    if entry.reverses {
        raise(&refusals::not_reversible("reverses another"));
    }
    let row = call.new_row();
    let cost = Amount::ZERO.checked_sub(entry.cost).unwrap_or(Amount::ZERO);
    if numeric::amount(&row, c"cost_amount").is_some_and(|given| given != cost) {
        raise(&refusals::not_reversible("is reversed whole, or not at all"));
    }
    if let Some(holding) = entry.spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, entry.spender.at);
    }
    let columns = [
        (c"cost_amount", Some(numeric::datum(cost))),
        (c"reservation_id", None),
        (c"assistant_id", relation::to_sql(entry.spender.assistant).into_datum()),
    ];
    accounted(call, &entry.spender, &columns, None, false)
}

/// The row, with what it is accounted to in its columns.
fn accounted(
    call: &TriggerCall,
    spender: &Spender,
    columns: &[(&'static CStr, Option<Datum>)],
    metadata: Option<&Jsonb>,
    overrun: bool,
) -> Datum {
    refuse_other(call, spender);
    let uuid = |id: Option<Uuid>| id.and_then(|id| relation::to_sql(id).into_datum());
    let mut values = vec![
        (c"pool_id", uuid(spender.pool)),
        (c"holding_id", uuid(spender.holding)),
        (c"accounted_at", Some(Datum::from(spender.at))),
        (c"overrun", Some(Datum::from(overrun))),
    ];
    values.extend(columns);
    if let Some(metadata) = metadata {
        values.push((c"metadata", Some(metadata.datum())));
    }
    call.with_columns(&values)
}

/// A pool or holding that the caller names is the one that is accounted to. Another is refused as a reference to
/// what is not there.
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

/// The cost that is given, or that of the tokens by the price list, with the price for the metadata.
fn cost_of(row: &Row, provider: &str, at: pg_sys::TimestampTz) -> (Amount, Option<Jsonb>) {
    if let Some(text) = row.numeric(c"cost_amount") {
        let given = Amount::parse(&text).filter(|amount| !amount.is_negative());
        return (given.unwrap_or_else(|| raise(&refusals::no_amount("cost_amount"))), None);
    }
    let metadata = row.jsonb(c"metadata");
    let given = metadata.as_ref().map(Jsonb::value).unwrap_or_default();
    let cached = given.get("cached_tokens").and_then(Value::as_i64).and_then(|n| i32::try_from(n).ok());
    let tokens = Tokens {
        input: row.integer(c"input_tokens").unwrap_or(0),
        output: row.integer(c"output_tokens").unwrap_or(0),
        cached: cached.unwrap_or(0),
    };
    let model = row.text(c"model").unwrap_or_default();
    let priced = price::cost_of(provider, &model, tokens, at).unwrap_or_else(|refusal| raise(&refusal));
    let cost = Amount::from_micros(priced.cost.0).unwrap_or_else(|| raise(&refusals::amount_too_large()));
    let price = Jsonb::from_text(&json!({"price": priced.metadata()}).to_string());
    let metadata = match metadata.filter(Jsonb::is_object) {
        Some(given) => given.with(&price),
        None => price,
    };
    (cost, Some(metadata))
}

/// True where the metadata says that the money is spent already.
fn is_incurred(row: &Row) -> bool {
    let mentions = |metadata: &Jsonb| metadata.bytes().windows(8).any(|bytes| bytes == b"incurred");
    let metadata = row.jsonb(c"metadata").filter(mentions);
    metadata.is_some_and(|metadata| metadata.value().get("incurred") == Some(&Value::Bool(true)))
}

/// AFTER INSERT, the last of the triggers: the money moves.
fn post_entry(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    let Some(entry) = Entry::of(&row) else { return nothing() };
    let Some(id) = row.uuid(c"id") else { return nothing() };
    let settled = row.uuid(c"reservation_id").and_then(|id| Reservation::lock(entry.spender.tenant, id));
    let accounts = Accounts::lock(&entry.spender);
    let movement =
        Movement { spent: entry.cost, held: settled.as_ref().map_or(Amount::ZERO, Reservation::given_back) };
    let overrun = match &settled {
        Some(reservation) => {
            let beyond = entry.cost > reservation.amount;
            let mut exceeded = accounts.exceeded(movement, beyond, Some(reservation.id));
            if beyond && exceeded.is_empty() {
                exceeded.push(Scope::Pool);
            }
            exceeded
        }
        None if entry.reverses => Vec::new(),
        None if is_incurred(&row) => accounts.exceeded(movement, true, None),
        None => {
            accounts.refuse_excess(entry.cost);
            Vec::new()
        }
    };
    accounts.apply(movement, &Cause { entry: Some((id, entry.spender.tenant)), overrun });
    if let Some(reservation) = settled {
        reservation.resolve("settled");
    }
    nothing()
}

/// A pool as an entry needs it.
pub struct PoolRow {
    /// Its id.
    pub id: Uuid,
    /// When its newest period began: it is not unmade, whatever the clock says.
    pub period_starts: pg_sys::TimestampTz,
}

/// The tenant's pool for a provider.
pub fn pool_of(tenant: Uuid, provider: &str) -> Option<PoolRow> {
    let book = Book::open(c"provider_credit_pools");
    let mut found = None;
    let keys = [(c"tenant_id", Is::Id(tenant))];
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

/// An entry as it is accounted.
struct Entry {
    spender: Spender,
    cost: Amount,
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
            cost: numeric::kept(row, c"cost_amount"),
            reverses: row.uuid(c"reverses_id").is_some(),
        })
    }

    fn find(tenant: Uuid, id: Uuid) -> Option<Self> {
        let mut found = None;
        relation::for_each_by_uuid(c"cost_transactions", c"cost_transactions_pkey", c"id", id, |row| {
            found = Self::of(row).filter(|entry| entry.spender.tenant == tenant);
        });
        found
    }
}
