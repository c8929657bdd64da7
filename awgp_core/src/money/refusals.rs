//! What the ledger refuses, in words.

use super::amount::Amount;
use super::limit::{Account, Scope};
use super::period::PeriodError;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// A cost or a reservation does not fit a limit. `ends` is when its period ends.
pub fn budget_exceeded(
    scope: Scope,
    account: &Account,
    expired: Amount,
    amount: Amount,
    ends: &str,
) -> Refusal {
    let left = account.left(expired).unwrap_or(Amount::ZERO);
    let (what, who) = match scope {
        Scope::Holding => ("the month's limit of the holding", "Ask whoever runs the holding"),
        Scope::Tenant => ("the month's limit of the tenant", "Ask an administrator to raise the quota"),
        Scope::Pool => ("the budget of the credit pool", "Raise the pool's monthly_budget"),
        Scope::Assistant => ("the day's limit of the assistant", "Raise its max_cost_per_day"),
    };
    let hint = format!(
        "{who}, wait for the next period, or record money that is spent already with metadata {{\"incurred\": true}}."
    );
    Refusal::new(
        Reason::BudgetExceeded,
        format!("{amount} does not fit {what}, of which {left} is left"),
        hint,
    )
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
        format!("the reservation is {state} already"),
        "Look at the entry that settled it; record other money with awgp.record_cost().",
    )
    .with("state", state)
}

/// The cost is another's than the reservation's.
pub fn reservation_mismatch(column: &str) -> Refusal {
    Refusal::new(
        Reason::ReservationMismatch,
        format!("the cost names another {column} than its reservation"),
        "Call awgp.settle_credit(), which takes them from the reservation.",
    )
    .with("column", column)
}

/// The key stands for something else.
pub fn idempotency_conflict(key: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::IdempotencyConflict,
        format!("the idempotency key was used with another {column}"),
        "Draw a new key for what is new; repeat a call with the arguments it had.",
    )
    .with("idempotency_key", key)
    .with("column", column)
}

/// Only an active assistant reserves.
pub fn assistant_not_active(status: &str) -> Refusal {
    Refusal::new(
        Reason::AssistantNotActive,
        format!("the assistant is {status}, and reserves nothing"),
        "Activate the assistant first; what it has reserved can still be settled.",
    )
    .with("status", status)
}

/// What is written in the ledger stays.
pub fn ledger_immutable(table: &str) -> Refusal {
    Refusal::new(
        Reason::LedgerImmutable,
        format!("{table} is never changed or deleted"),
        "Correct an entry with: SELECT awgp.reverse_cost(transaction_id, reason);",
    )
    .with("table", table)
}

/// A column is the ledger's.
pub fn ledger_kept(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::LedgerKept,
        format!("{column} of {table} is kept by the ledger"),
        "Record costs and reservations; the ledger follows.",
    )
    .with("table", table)
    .with("column", column)
}

/// A column names a row that the tenant does not have; whether another has it, is not said.
pub fn unknown_row(table: &str, column: &str) -> Refusal {
    Refusal::new(
        Reason::UnknownReference,
        format!("{column} names no row of this tenant"),
        "Look the id up in the tenant in context.",
    )
    .with("table", table)
    .with("column", column)
}

/// Money is set aside for some time, and not for ever.
pub fn expiry_out_of_range() -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "a reservation expires within 31 days, and not before it is made",
        "Pass expires_in between a moment and 31 days.",
    )
    .with("parameter", "expires_in")
}

/// An entry that reverses, or is reversed, stays as it is.
pub fn not_reversible(why: &str) -> Refusal {
    Refusal::new(
        Reason::NotReversible,
        format!("the entry {why}"),
        "Record what was spent with awgp.record_cost().",
    )
}

/// A sum that no balance holds.
pub fn amount_too_large() -> Refusal {
    Refusal::new(Reason::OutOfRange, "the amount leaves what a balance holds", "Pass an amount below 10^12.")
        .with("parameter", "amount")
}

/// An amount that is none.
pub fn no_amount(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is no amount of money"),
        "Pass a number that is not negative.",
    )
    .with("parameter", parameter)
}

/// A count that is none.
pub fn no_count(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is no count of tokens"),
        "Pass a whole number that is not negative, or leave it out.",
    )
    .with("parameter", parameter)
}

/// What is neither true nor false.
pub fn no_flag(parameter: &str) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        format!("{parameter} is neither true nor false"),
        "Pass true or false, as JSON and not as text, or leave it out.",
    )
    .with("parameter", parameter)
}

/// A moment or a zone that has no period.
pub fn no_period(error: &PeriodError) -> Refusal {
    match error {
        PeriodError::UnknownZone(zone) => Refusal::new(
            Reason::UnknownTimeZone,
            error.to_string(),
            "Use a name of the IANA database, such as Europe/Berlin, in settings.time_zone.",
        )
        .with("time_zone", zone.as_str()),
        PeriodError::OutOfRange => {
            Refusal::new(Reason::OutOfRange, error.to_string(), "Pass a moment of the calendar.")
                .with("parameter", "at")
        }
    }
}
