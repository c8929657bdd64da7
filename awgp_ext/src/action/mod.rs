//! Governed actions: the one call an agent runtime makes before it acts, and the one after.
//!
//! Model: `begin_action()` takes the work item's lock, then the assistant's, asks the gate, sets the money aside, starts
//! the item where it has not begun, and writes the action, all in the caller's transaction. What does not allow it is
//! returned with its reason and the next thing to do; nothing of the attempt stays but the record of the denial.
//! `finish_action()` ends the action once, and settles or gives back the money. docs/actions.md is the whole contract.
//!
//! Failure handling: a reservation that is refused is undone by a subtransaction; every other error is raised.

mod begin;
mod finish;
mod store;

use crate::context::{self, Context};
use crate::raise::raise;
use awgp_core::isolation_refusals;
use awgp_core::permissions::{Verb, check_write};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;

/// The context, where it may write actions in this way.
fn writing_context(verb: Verb) -> Context {
    let context = context::current()
        .unwrap_or_else(|| raise(&isolation_refusals::no_tenant_context("governed_actions")));
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    if let Err(error) = check_write(role, "governed_actions", verb, true) {
        raise(&error.into());
    }
    context
}

/// An assistant acts for itself alone.
fn other_assistant() -> Refusal {
    Refusal::new(
        Reason::NotOwnWork,
        "the work item is another assistant's",
        "Let the assistant of the work item ask, or put no assistant in context.",
    )
}

fn bad_argument(argument: &str, rule: &str) -> ! {
    raise(
        &Refusal::new(
            Reason::OutOfRange,
            format!("{argument} cannot be used"),
            format!("Check {argument}: {rule}."),
        )
        .with("argument", argument),
    )
}
