//! Reservations: money set aside before it is spent.
//!
//! A reservation is held until an entry settles it, or until it is released or expires. It expires by the
//! clock: after `expires_at` it no longer counts against a limit, even where its row is not yet marked (see
//! [`super::accounts`]). Marking it only updates the sums.

use super::accounts::{Accounts, Spender, refuse_other};
use super::alert::Cause;
use super::book::Book;
use super::permit::LEDGER;
use super::pool::pool_of;
use super::{accounting_time, holding, numeric, provider, tenant};
use crate::pg::datum;
use crate::pg::descriptor;
use crate::pg::direct::Target;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::row_lock::{self, LockedRow, Strength};
use crate::pg::statement::statements;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple;
use crate::stop;
use awgp_core::money::amount::Amount;
use awgp_core::money::limit::Movement;
use awgp_core::money::provider::no_credit_pool;
use awgp_core::money::refusals::{self, Demand};
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;
use uuid::Uuid;

trigger_function!(awgp_keep_reservation, pg_finfo_awgp_keep_reservation, keep_reservation);
trigger_function!(awgp_post_reservation, pg_finfo_awgp_post_reservation, post_reservation);

/// The longest time for a reservation: 31 days.
const LONGEST_US: i64 = 31 * 86_400_000_000;

/// The columns of a reservation that may change.
const CHANGES: [&str; 3] = ["state", "resolved_at", "updated_at"];

/// BEFORE INSERT OR UPDATE OR DELETE.
fn keep_reservation(call: &TriggerCall) -> Datum {
    if call.is_row_insert() {
        return keep_new(call);
    }
    if !call.is_update() {
        raise(&refusals::ledger_immutable(call.argument(0)));
    }
    let change = call.change();
    if let (Some(old), Some(new)) = (change.old, change.new) {
        // SAFETY: both are rows of the trigger's table.
        if unsafe {
            tuple::differ(old, new, change.descriptor, |column| {
                CHANGES.contains(&&*descriptor::name_of(column))
            })
        } {
            raise(&refusals::ledger_kept(call.argument(0), "what was reserved"));
        }
    }
    let state = |text: Option<String>| text.unwrap_or_default();
    let (old, new) = (state(call.old_text(c"state")), state(call.new_text(c"state")));
    if old == new {
        let resolved = call.old_row().bigint(c"resolved_at");
        return call.with_columns(&[(c"resolved_at", resolved.map(Datum::from))]);
    }
    let is_late =
        call.new_row().bigint(c"expires_at").is_some_and(|expires| expires <= accounting_time::now());
    let new = match (old.as_str(), new.as_str()) {
        ("held", "released") if is_late => "expired",
        ("held", "released") => "released",
        ("held", "expired") if is_late || LEDGER.is_held() => "expired",
        ("held" | "expired", "settled") if LEDGER.is_held() => "settled",
        ("held", _) => raise(&refusals::ledger_kept(call.argument(0), "state")),
        _ => raise(&refusals::reservation_resolved(&old)),
    };
    call.with_columns(&[
        (c"state", new.into_datum()),
        (c"resolved_at", Some(Datum::from(accounting_time::now()))),
    ])
}

fn keep_new(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    let (Some(tenant), Some(assistant), Some(provider), Some(expires)) =
        (row.uuid(c"tenant_id"), row.uuid(c"assistant_id"), row.text(c"provider"), row.bigint(c"expires_at"))
    else {
        // Left to NOT NULL.
        return call.keep();
    };
    stop::check(tenant, assistant).unwrap_or_else(|refusal| raise(&refusal));
    let status = assistant_status(tenant, assistant);
    let status = status.unwrap_or_else(|| raise(&refusals::unknown_row(call.argument(0), "assistant_id")));
    if status != "active" {
        raise(&refusals::assistant_not_active(&status));
    }
    if row.text(c"state").as_deref() != Some("held") {
        raise(&refusals::ledger_kept(call.argument(0), "state"));
    }
    let now = accounting_time::now();
    if !(now.saturating_add(1)..=now.saturating_add(LONGEST_US)).contains(&expires) {
        raise(&refusals::expiry_out_of_range());
    }
    let pool = pool_of(tenant, &provider)
        .unwrap_or_else(|| raise(&no_credit_pool(&provider, provider::is_known(tenant, &provider))));
    let spender = Spender {
        tenant,
        assistant,
        pool: Some(pool.id),
        holding: tenant::find(tenant).and_then(|tenant| tenant.holding),
        at: accounting_time::counting(Some(pool.period_starts)),
    };
    refuse_other(call, &spender);
    if let Some(holding) = spender.holding {
        holding::join(&Book::open(c"budget_periods"), holding, spender.at);
    }
    stop::begins(tenant, assistant);
    let uuid = |id: Option<Uuid>| id.and_then(|id| datum::to_sql(id).into_datum());
    call.with_columns(&[
        (c"pool_id", uuid(spender.pool)),
        (c"holding_id", uuid(spender.holding)),
        (c"reserved_at", Some(Datum::from(spender.at))),
        (c"resolved_at", None),
    ])
}

fn assistant_status(tenant: Uuid, assistant: Uuid) -> Option<String> {
    let mut status = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        if row.uuid(c"tenant_id") == Some(tenant) {
            status = row.text(c"status");
        }
    });
    status
}

/// AFTER INSERT OR UPDATE: changes the held sums. A settlement changes them together with its cost.
fn post_reservation(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    let (Some(tenant), Some(assistant), Some(at)) =
        (row.uuid(c"tenant_id"), row.uuid(c"assistant_id"), row.bigint(c"reserved_at"))
    else {
        return nothing();
    };
    let spender =
        Spender { tenant, assistant, pool: row.uuid(c"pool_id"), holding: row.uuid(c"holding_id"), at };
    let amount = numeric::kept(&row, c"amount");
    let held = if call.is_row_insert() {
        amount
    } else {
        let was_held = call.old_text(c"state").as_deref() == Some("held");
        let given_back = ["released", "expired"].contains(&row.text(c"state").unwrap_or_default().as_str());
        if !was_held || !given_back {
            return nothing();
        }
        Amount::ZERO.checked_sub(amount).unwrap_or(Amount::ZERO)
    };
    let accounts = Accounts::lock(&spender);
    if call.is_row_insert() {
        accounts.refuse_excess(Movement::hold(amount), amount, Demand::Hold);
    }
    accounts.apply(Movement::hold(held), &Cause::none());
    nothing()
}

/// A reservation, with its row locked.
pub struct Reservation {
    /// Its id.
    pub id: Uuid,
    /// Who spends.
    pub spender: Spender,
    /// The provider.
    pub provider: String,
    /// The work item.
    pub work_item: Option<Uuid>,
    /// The reserved amount.
    pub amount: Amount,
    /// held, settled, released or expired.
    pub state: String,
    /// The copied row, whose columns are read.
    row: LockedRow,
}

/// An end changes no key.
static RESERVATIONS: Target = Target::new(c"credit_reservations", &[]);

statements! {
    RESOLVE(UUIDOID, TEXTOID) = "
        UPDATE awgp.credit_reservations SET state = $2 WHERE id OPERATOR(pg_catalog.=) $1";
}

impl Reservation {
    /// Locks a tenant's reservation.
    pub fn lock(tenant: Uuid, id: Uuid) -> Option<Self> {
        let key = c"credit_reservations_tenant_id_id_key";
        let locked = row_lock::find_own(c"credit_reservations", key, tenant, id, Strength::Write)?;
        let row = locked.row();
        Some(Self {
            id,
            spender: Spender {
                tenant,
                assistant: row.uuid(c"assistant_id")?,
                pool: row.uuid(c"pool_id"),
                holding: row.uuid(c"holding_id"),
                at: row.bigint(c"reserved_at")?,
            },
            provider: row.text(c"provider")?,
            work_item: row.uuid(c"work_item_id"),
            amount: numeric::kept(&row, c"amount"),
            state: row.text(c"state")?,
            row: locked,
        })
    }

    /// The change of the held sum by a settlement: zero where the reservation was already marked as expired.
    pub fn given_back(&self) -> Amount {
        let held = if self.state == "held" { self.amount } else { Amount::ZERO };
        Amount::ZERO.checked_sub(held).unwrap_or(Amount::ZERO)
    }

    /// Ends it, with the ledger's permit.
    pub fn resolve(&self, state: &str) {
        let _ledger = LEDGER.hold();
        role::as_owner_past_row_security(c"credit_reservations", || {
            if RESERVATIONS.update(self.row.tuple(), &[(c"state", state.into_datum())]).is_none() {
                RESOLVE.count(&[datum::to_sql(self.id).into_datum(), state.into_datum()]);
            }
        });
    }
}
