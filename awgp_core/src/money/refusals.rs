//! The refusals of the ledger.

use super::amount::Amount;
use super::limit::{Account, Scope};
use super::period::PeriodError;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// What exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Money that is to be held: nothing was spent yet.
    Hold,
    /// A cost.
    Cost,
}

/// A cost or a reservation exceeds a limit. `ends` is when its period ends.
pub fn budget_exceeded(
    scope: Scope,
    account: &Account,
    expired: Amount,
    amount: Amount,
    ends: &str,
    demand: Demand,
) -> Refusal {
    let left = account.left(expired).unwrap_or(Amount::ZERO);
    let (what, who) = match scope {
        Scope::Holding => ("the holding's monthly limit", "Ask an administrator to raise it"),
        Scope::Tenant => ("the tenant's monthly limit", "Ask an administrator to raise the quota"),
        Scope::Pool => ("the budget of the credit pool", "Raise the pool's monthly_budget"),
        Scope::Assistant => ("the assistant's daily limit", "Raise its max_cost_per_day"),
    };
    let hint = match demand {
        Demand::Hold => format!("{who}, or wait for the next period."),
        Demand::Cost => format!(
            "{who}, wait for the next period, or record money that is already spent with metadata \
             {{\"incurred\": true}}."
        ),
    };
    Refusal::new(Reason::BudgetExceeded, format!("{amount} exceeds {what}, of which {left} is left"), hint)
        .with("scope", scope.name())
        .with("amount", amount.to_string())
        .with("left", left.to_string())
        .with("limit", account.limit.map(|limit| limit.to_string()))
        .with("spent", account.shown().to_string())
        .with("held", account.held.to_string())
        .with("period_ends_at", ends)
}

/// There is no such reservation.
pub fn unknown_reservation() -> Refusal {
    Refusal::new(
        Reason::UnknownReservation,
        "there is no such reservation",
        "SELECT id, state FROM awgp.credit_reservations;",
    )
}

/// There is no such entry.
pub fn unknown_transaction() -> Refusal {
    Refusal::new(
        Reason::UnknownTransaction,
        "there is no such entry of the ledger",
        "SELECT id, cost_amount FROM awgp.cost_transactions;",
    )
}

/// A reservation is settled or released at most once.
pub fn reservation_resolved(state: &str) -> Refusal {
    Refusal::new(
        Reason::ReservationResolved,
        format!("the reservation is already {state}"),
        "Look at the entry that settled it; record other costs with awgp.record_cost().",
    )
    .with("state", state)
}

/// The cost and the reservation differ in assistant or provider.
pub fn reservation_mismatch(column: &str) -> Refusal {
    Refusal::new(
        Reason::ReservationMismatch,
        format!("the cost names another {column} than its reservation"),
        "Call awgp.settle_credit(), which takes them from the reservation.",
    )
    .with("column", column)
}

/// The key was used for something else.
pub fn idempotency_conflict(key: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::IdempotencyConflict,
        format!("the idempotency key was used with another {column}"),
        "Use a new key for a new call; repeat a call with the same arguments.",
    )
    .with("idempotency_key", key)
    .with("column", column)
}

/// Only an active assistant reserves.
pub fn assistant_not_active(status: &str) -> Refusal {
    Refusal::new(
        Reason::AssistantNotActive,
        format!("the assistant is {status}, so it cannot reserve"),
        "Activate the assistant first; its reservations can still be settled.",
    )
    .with("status", status)
}

/// What is in the ledger does not change.
pub fn ledger_immutable(table: &str) -> Refusal {
    Refusal::new(
        Reason::LedgerImmutable,
        format!("{table} is never changed or deleted"),
        "Correct an entry with: SELECT awgp.reverse_cost(transaction_id, reason);",
    )
    .with("table", table)
}

/// Only the ledger writes this column.
pub fn ledger_kept(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::LedgerKept,
        format!("only the ledger writes {column} of {table}"),
        "Record costs and reservations; the ledger updates it.",
    )
    .with("table", table)
    .with("column", column)
}

/// A column names a row that the tenant does not have. Whether another tenant has it is not shown.
pub fn unknown_row(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::UnknownReference,
        format!("{column} names no row of this tenant"),
        "Check the id in the tenant in context.",
    )
    .with("table", table)
    .with("column", column)
}

/// Money is reserved for a limited time.
pub fn expiry_out_of_range() -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "a reservation must expire within 31 days, and after it is made",
        "Pass a positive expires_in of at most 31 days.",
    )
    .with("parameter", "expires_in")
}

/// An entry that reverses another, or is reversed, is not reversed.
pub fn not_reversible(why: &str) -> Refusal {
    Refusal::new(
        Reason::NotReversible,
        format!("the entry {why}"),
        "Record what was spent with awgp.record_cost().",
    )
}

/// A sum beyond the range of a balance.
pub fn amount_too_large() -> Refusal {
    Refusal::new(Reason::OutOfRange, "the amount is too large for a balance", "Pass an amount below 10^12.")
        .with("parameter", "amount")
}

/// Not an amount.
pub fn no_amount(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is not an amount of money"),
        "Pass a number that is not negative.",
    )
    .with("parameter", parameter)
}

/// Not a count.
pub fn no_count(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is not a number of tokens"),
        "Pass a whole number that is not negative, or leave it out.",
    )
    .with("parameter", parameter)
}

/// Neither true nor false.
pub fn no_flag(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is neither true nor false"),
        "Pass true or false as JSON, not as text, or leave it out.",
    )
    .with("parameter", parameter)
}

/// A moment or a zone without a period.
pub fn no_period(error: &PeriodError) -> Refusal {
    match error {
        PeriodError::UnknownZone(zone) => Refusal::new(
            Reason::UnknownTimeZone,
            error.to_string(),
            "Use a name of the IANA database, such as Europe/Berlin, in settings.time_zone.",
        )
        .with("time_zone", zone.as_str()),
        PeriodError::OutOfRange => {
            Refusal::new(Reason::OutOfRange, error.to_string(), "Pass a time within the years 1 to 9999.")
                .with("parameter", "at")
        }
    }
}
