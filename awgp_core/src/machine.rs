//! What the state machines have in common: how a move that does not exist is refused.
//!
//! Each machine is one enum of states, one of verbs and one function from a state and a verb to the next state
//! (`work`, `approval`, `approval::delegation`, `assistant`, `action`). docs/state_machines.md draws them; a test holds the drawings
//! against the functions.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A row of `table` was to go from one state to another, and no verb leads there.
pub fn illegal_transition<'a>(
    table: &str,
    from: &str,
    to: &str,
    possible: impl IntoIterator<Item = &'a str>,
) -> Refusal {
    let possible: Vec<&str> = possible.into_iter().collect();
    let hint = match possible.as_slice() {
        [] => format!("{from} is final; make a new row."),
        _ => format!("From {from} it goes to: {}. See docs/state_machines.md.", possible.join(", ")),
    };
    Refusal::new(Reason::IllegalTransition, format!("it cannot go from {from} to {to}"), hint)
        .with("table", table)
        .with("from", from)
        .with("to", to)
}

/// A row of `table` was to begin in a state that none begins in.
pub fn illegal_beginning(table: &str, state: &str, first: &str) -> Refusal {
    Refusal::new(
        Reason::IllegalTransition,
        format!("a row does not begin as {state}"),
        format!("Insert it as {first} and move it from there; see docs/state_machines.md."),
    )
    .with("table", table)
    .with("from", None::<String>)
    .with("to", state)
}
