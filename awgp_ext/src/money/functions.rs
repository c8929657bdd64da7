//! The functions that clients call.
//!
//! They write to the tables with the caller's own privileges, as any client may, and the tables' triggers do
//! the rest: an ORM that inserts the same row gets the same result. They return a row of a table, so they are
//! created with the tables, not with the extension (see `install::manifest`). They are C functions, because
//! an SQL body would be planned again in each call.

use super::direct::{self, Spending, Used};
use super::permit::LEDGER;
use super::{accounting_time, numeric, pool};
use crate::context;
use crate::pg::argument;
use crate::pg::datum::{self, uuid};
use crate::pg::direct::Access;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::row_function::{Arguments, row_function};
use crate::pg::statement::{Rows, statements};
use crate::pg::transaction::refuse_read_only;
use crate::pg::tuple::Row;
use awgp_core::money::refusals;
use pgrx::datum::{AnyNumeric, Interval};
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use uuid::Uuid;

row_function!(awgp_record_cost, pg_finfo_awgp_record_cost, record_cost);
row_function!(awgp_reserve_credit, pg_finfo_awgp_reserve_credit, reserve_credit);
row_function!(awgp_settle_credit, pg_finfo_awgp_settle_credit, settle_credit);
row_function!(awgp_release_credit, pg_finfo_awgp_release_credit, release_credit);
row_function!(awgp_reverse_cost, pg_finfo_awgp_reverse_cost, reverse_cost);

fn tenant() -> Option<Datum> {
    context::current().and_then(|context| uuid(context.tenant))
}

statements! {
    ENTER(UUIDOID, UUIDOID, TEXTOID, TEXTOID, INT4OID, INT4OID, NUMERICOID, UUIDOID, JSONBOID, TEXTOID) = "
        INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, provider, model, input_tokens, output_tokens,
                                            cost_amount, work_item_id, metadata, idempotency_key, cost_remainder)
        VALUES ($1, $2, $3, $4, COALESCE($5, 0), COALESCE($6, 0), $7, $8, COALESCE($9, '{}'), $10,
                COALESCE(pg_catalog.round($7 OPERATOR(pg_catalog.-) pg_catalog.round($7, 6), 24), 0))
        RETURNING *";
    ENTER_ONCE(UUIDOID, UUIDOID, TEXTOID, TEXTOID, INT4OID, INT4OID, NUMERICOID, UUIDOID, JSONBOID, TEXTOID) = "
        INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, provider, model, input_tokens, output_tokens,
                                            cost_amount, work_item_id, metadata, idempotency_key, cost_remainder)
        VALUES ($1, $2, $3, $4, COALESCE($5, 0), COALESCE($6, 0), $7, $8, COALESCE($9, '{}'), $10,
                COALESCE(pg_catalog.round($7 OPERATOR(pg_catalog.-) pg_catalog.round($7, 6), 24), 0))
        ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
        RETURNING *";
    /// The entry made before with this key, if it has the same cost.
    ENTERED(UUIDOID, UUIDOID, TEXTOID, TEXTOID, INT4OID, INT4OID, NUMERICOID, UUIDOID, JSONBOID, TEXTOID) = "
        SELECT * FROM awgp.cost_transactions
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND idempotency_key OPERATOR(pg_catalog.=) $10
          AND assistant_id OPERATOR(pg_catalog.=) $2
          AND provider OPERATOR(pg_catalog.=) $3 AND model OPERATOR(pg_catalog.=) $4
          AND (work_item_id IS NOT DISTINCT FROM $8 OR $8 IS NULL) AND $9 IS NOT DISTINCT FROM $9
          AND CASE WHEN $7 IS NULL
                   THEN input_tokens OPERATOR(pg_catalog.=) COALESCE($5, 0)
                        AND output_tokens OPERATOR(pg_catalog.=) COALESCE($6, 0)
                   ELSE pg_catalog.round(cost_amount OPERATOR(pg_catalog.+) cost_remainder, 6)
                        OPERATOR(pg_catalog.=) pg_catalog.round($7, 6) END";
}

/// `record_cost(assistant_id, provider, model, input_tokens, output_tokens, cost_amount, work_item_id,
/// metadata, idempotency_key)`.
fn record_cost(arguments: &Arguments) -> Datum {
    let mut values = vec![tenant()];
    values.extend((0..9).map(|number| arguments.get(number)));
    numeric::finite(arguments.get(5), "cost_amount");
    (values[4], values[5]) = (arguments.whole(3, "input_tokens"), arguments.whole(4, "output_tokens"));
    let key = arguments.get(8);
    if let Some(entered) = key.is_none().then(|| record_directly(arguments)).flatten() {
        return entered;
    }
    let entered = if key.is_some() { ENTER_ONCE.composite(&values) } else { ENTER.composite(&values) };
    entered.or_else(|| ENTERED.composite(&values)).unwrap_or_else(|| conflict(key, "cost"))
}

fn record_directly(arguments: &Arguments) -> Option<Datum> {
    let (provider, model) = (arguments.text(1)?, arguments.text(2)?);
    let spending = Spending {
        tenant: context::current()?.tenant,
        assistant: arguments.uuid(0)?,
        item: arguments.uuid(6),
        provider: &provider,
    };
    let used = Used {
        model: &model,
        input: arguments.count(3, "input_tokens"),
        output: arguments.count(4, "output_tokens"),
        amount: arguments.get(5),
        metadata: arguments.get(7),
    };
    direct::record(&spending, &used, Row::composite)
}

statements! {
    RESERVE(UUIDOID, UUIDOID, TEXTOID, NUMERICOID, UUIDOID, INTERVALOID, TEXTOID, TIMESTAMPTZOID) = "
        INSERT INTO awgp.credit_reservations (tenant_id, assistant_id, provider, amount, work_item_id, expires_at,
                                              idempotency_key)
        VALUES ($1, $2, $3, $4, $5, $8 OPERATOR(pg_catalog.+) COALESCE($6, '15 minutes'), $7)
        ON CONFLICT (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
        RETURNING *";
    RESERVED(UUIDOID, UUIDOID, TEXTOID, NUMERICOID, UUIDOID, INTERVALOID, TEXTOID, TIMESTAMPTZOID) = "
        SELECT * FROM awgp.credit_reservations
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND idempotency_key OPERATOR(pg_catalog.=) $7
          AND assistant_id OPERATOR(pg_catalog.=) $2 AND provider OPERATOR(pg_catalog.=) $3
          AND amount OPERATOR(pg_catalog.=) pg_catalog.round($4, 6)
          AND (work_item_id IS NOT DISTINCT FROM $5 OR $5 IS NULL)
          AND $6 IS NOT DISTINCT FROM $6 AND $8 IS NOT DISTINCT FROM $8";
}

/// `reserve_credit(assistant_id, provider, amount, work_item_id, expires_in, idempotency_key)`.
fn reserve_credit(arguments: &Arguments) -> Datum {
    arguments.check_span(4, "expires_in");
    if let Some(reserved) = reserve_directly(arguments) {
        return reserved;
    }
    reserve(std::array::from_fn(|number| arguments.get(number)), Rows::first_composite)
}

/// What an assistant may spend on a work item, for how long.
pub struct Hold<'a> {
    /// The assistant that will spend it.
    pub assistant: Uuid,
    /// The provider who will be paid.
    pub provider: Option<&'a str>,
    /// How much.
    pub amount: AnyNumeric,
    /// The work item.
    pub item: Uuid,
    /// How long it is held.
    pub time: Interval,
}

/// Reserves for begin_action(), which has locked assistant and work item; returns the reservation's id.
pub fn reserve_for_action(hold: &Hold<'_>) -> Uuid {
    let directly = || {
        let spending = Spending {
            tenant: context::current()?.tenant,
            assistant: hold.assistant,
            item: Some(hold.item),
            provider: hold.provider?,
        };
        let amount = numeric::at_least_a_millionth(hold.amount.clone().into_datum())?;
        // Once a row is written, it is not written again by a statement.
        let read = |row: &Row| row.uuid(c"id").unwrap_or_else(|| pgrx::error!("a reservation has no id"));
        direct::reserve(&spending, true, amount, direct::until(hold.time), (Access::Caller, read))
    };
    directly().unwrap_or_else(|| {
        let arguments = [
            uuid(hold.assistant),
            hold.provider.and_then(datum::text),
            hold.amount.clone().into_datum(),
            uuid(hold.item),
            hold.time.into_datum(),
            None,
        ];
        reserve(arguments, |rows| rows.first()?.uuid(c"id"))
    })
}

fn reserve_directly(arguments: &Arguments) -> Option<Datum> {
    let (provider, None) = (arguments.text(1)?, arguments.get(5)) else { return None };
    let spending = Spending {
        tenant: context::current()?.tenant,
        assistant: arguments.uuid(0)?,
        item: arguments.uuid(3),
        provider: &provider,
    };
    let amount = numeric::at_least_a_millionth(numeric::finite(arguments.get(2), "amount"))?;
    let until = direct::until(arguments.span(4).unwrap_or_else(quarter));
    direct::reserve(&spending, false, amount, until, (Access::Caller, Row::composite))
}

/// How long a reservation lasts where nobody says.
fn quarter() -> Interval {
    Interval::new(0, 0, 15 * 60 * 1_000_000)
        .unwrap_or_else(|_| pgrx::error!("a quarter of an hour is a span"))
}

fn reserve<T>(arguments: [Option<Datum>; 6], read: impl Fn(&Rows) -> Option<T> + Copy) -> T {
    let [assistant, provider, amount, item, expires_in, key] = arguments;
    let amount = numeric::at_least_a_millionth(numeric::finite(amount, "amount"));
    let now = Some(Datum::from(accounting_time::now()));
    let values = [tenant(), assistant, provider, amount, item, expires_in, key, now];
    // What is known is answered whatever the assistant's state is now, as begin_action() does.
    let known = key.and_then(|_| RESERVED.run(&values, read));
    let reserved = known.or_else(|| RESERVE.run(&values, read)).or_else(|| RESERVED.run(&values, read));
    reserved.unwrap_or_else(|| conflict(key, "amount"))
}

fn conflict(key: Option<Datum>, column: &str) -> ! {
    // SAFETY: the argument is text.
    let key = key.and_then(|key| unsafe { datum::text_of(key) }).unwrap_or_default();
    raise(&refusals::idempotency_conflict(&key, column))
}

statements! {
    SETTLE(UUIDOID, UUIDOID, TEXTOID, INT4OID, INT4OID, NUMERICOID, JSONBOID) = "
        INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, work_item_id, provider, model, input_tokens,
                                            output_tokens, cost_amount, metadata, reservation_id, cost_remainder)
        SELECT held.tenant_id, held.assistant_id, held.work_item_id, held.provider, $3, COALESCE($4, 0),
               COALESCE($5, 0), $6, COALESCE($7, '{}'), held.id,
               COALESCE(pg_catalog.round($6 OPERATOR(pg_catalog.-) pg_catalog.round($6, 6), 24), 0)
        FROM awgp.credit_reservations AS held
        WHERE held.tenant_id OPERATOR(pg_catalog.=) $1 AND held.id OPERATOR(pg_catalog.=) $2
        RETURNING *";
}

/// `settle_credit(reservation_id, model, input_tokens, output_tokens, cost_amount, metadata)`.
fn settle_credit(arguments: &Arguments) -> Datum {
    let mut values: [Option<Datum>; 6] = std::array::from_fn(|number| arguments.get(number));
    (values[2], values[3]) = (arguments.whole(2, "input_tokens"), arguments.whole(3, "output_tokens"));
    if let Some(settled) = settle_directly(arguments) {
        return settled;
    }
    settle(values, Rows::first_composite)
}

fn settle_directly(arguments: &Arguments) -> Option<Datum> {
    let model = arguments.text(1)?;
    let used = Used {
        model: &model,
        input: arguments.count(2, "input_tokens"),
        output: arguments.count(3, "output_tokens"),
        amount: numeric::finite(arguments.get(4), "cost_amount"),
        metadata: arguments.get(5),
    };
    direct::settle(arguments.uuid(0)?, &used, (Access::Caller, Row::composite))
}

/// An entry of the ledger, as finish_action() tells it.
pub struct Entered {
    /// Its id.
    pub id: Uuid,
    /// Its amount, an exact decimal.
    pub amount: String,
    /// True where it exceeded a limit.
    pub overrun: bool,
}

impl Entered {
    /// Reads a row of cost_transactions.
    pub fn read(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.uuid(c"id")?,
            amount: row.numeric(c"cost_amount")?,
            overrun: row.flag(c"overrun"),
        })
    }
}

/// Settles a reservation for finish_action().
pub fn settle_for_action(reservation: Uuid, used: &Used<'_>) -> Entered {
    numeric::finite(used.amount, "cost_amount");
    // Once a row is written, it is not written again by a statement.
    let read = |row: &Row| Entered::read(row).unwrap_or_else(|| pgrx::error!("an entry has no id or cost"));
    let settled = direct::settle(reservation, used, (Access::Caller, read));
    settled.unwrap_or_else(|| {
        let (input, output) = (used.input.into_datum(), used.output.into_datum());
        let arguments = [uuid(reservation), datum::text(used.model), input, output, used.amount, None];
        settle(arguments, |rows| Entered::read(&rows.first()?))
    })
}

fn settle<T>(arguments: [Option<Datum>; 6], read: impl Fn(&Rows) -> Option<T>) -> T {
    let [reservation, model, input_tokens, output_tokens, cost, metadata] = arguments;
    numeric::finite(cost, "cost_amount");
    let values = [tenant(), reservation, model, input_tokens, output_tokens, cost, metadata];
    SETTLE.run(&values, read).unwrap_or_else(|| raise(&refusals::unknown_reservation()))
}

statements! {
    RELEASE(UUIDOID, UUIDOID) = "
        UPDATE awgp.credit_reservations SET state = 'released'
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2
          AND state OPERATOR(pg_catalog.=) 'held'
        RETURNING *";
    /// A reservation that holds nothing and was not settled.
    RELEASED(UUIDOID, UUIDOID) = "
        SELECT * FROM awgp.credit_reservations
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2
          AND state OPERATOR(pg_catalog.<>) 'settled'";
    SETTLED(UUIDOID, UUIDOID) = "
        SELECT 1 FROM awgp.credit_reservations
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// `release_credit(reservation_id)`.
fn release_credit(arguments: &Arguments) -> Datum {
    let values = [tenant(), arguments.get(0)];
    RELEASE.composite(&values).or_else(|| RELEASED.composite(&values)).unwrap_or_else(|| {
        if SETTLED.count(&values) > 0 {
            raise(&refusals::reservation_resolved("settled"));
        }
        raise(&refusals::unknown_reservation())
    })
}

statements! {
    REVERSE(UUIDOID, UUIDOID, TEXTOID) = "
        INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, work_item_id, provider, model, input_tokens,
                                            output_tokens, metadata, reverses_id)
        SELECT entry.tenant_id, entry.assistant_id, entry.work_item_id, entry.provider, entry.model, 0, 0,
               pg_catalog.jsonb_build_object('reason', $3), entry.id
        FROM awgp.cost_transactions AS entry
        WHERE entry.tenant_id OPERATOR(pg_catalog.=) $1 AND entry.id OPERATOR(pg_catalog.=) $2
        ON CONFLICT (tenant_id, reverses_id) WHERE reverses_id IS NOT NULL DO NOTHING
        RETURNING *";
    REVERSED(UUIDOID, UUIDOID, TEXTOID) = "
        SELECT $3 FROM awgp.cost_transactions
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// `reverse_cost(transaction_id, reason)`.
fn reverse_cost(arguments: &Arguments) -> Datum {
    let values = [tenant(), arguments.get(0), arguments.get(1)];
    REVERSE.composite(&values).unwrap_or_else(|| {
        if REVERSED.count(&values) > 0 {
            raise(&refusals::not_reversible("is reversed already"));
        }
        raise(&refusals::unknown_transaction())
    })
}

statements! {
    EXPIRE(TIMESTAMPTZOID) = "
        UPDATE awgp.credit_reservations SET state = 'expired'
        WHERE id IN (SELECT due.id FROM awgp.credit_reservations AS due
                     WHERE due.state OPERATOR(pg_catalog.=) 'held'
                       AND due.expires_at OPERATOR(pg_catalog.<=) $1
                       AND NOT due.tenant_id OPERATOR(pg_catalog.=) ANY (awgp.tenants_away())
                     ORDER BY due.tenant_id, due.id FOR UPDATE SKIP LOCKED)";
}

/// The moment that a caller passes, but never later than now: nothing is due before its time.
fn moment(at: Option<TimestampWithTimeZone>) -> pg_sys::TimestampTz {
    let now = accounting_time::now();
    argument::moment("at", at).map_or(now, |at| at.into_inner().min(now))
}

/// Begins a new period for every credit pool whose period has ended by `at`, and returns their number.
///
/// SECURITY DEFINER, because maintainers see no tenant's rows.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn reset_credit_pools(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    refuse_read_only(c"awgp.reset_credit_pools()");
    pool::reset(moment(at))
}

/// Marks the reservations that have expired by `at`, and returns their number.
///
/// SECURITY DEFINER, because maintainers see no tenant's rows.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn expire_reservations(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i32 {
    refuse_read_only(c"awgp.expire_reservations()");
    let at = moment(at);
    let _ledger = LEDGER.hold();
    let expired =
        role::as_owner_past_row_security(c"credit_reservations", || EXPIRE.count(&[Some(Datum::from(at))]));
    i32::try_from(expired).unwrap_or(i32::MAX)
}
