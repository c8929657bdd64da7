//! Governed actions: the call that an agent runtime makes before it acts, and the one after.
//!
//! Model: `begin_action()` locks the work item, then the assistant, asks the gate, reserves the money, starts
//! the item if it has not begun, and writes the action, all in the caller's transaction. A denial is returned
//! with its reason and the next thing to do; of a denied attempt only the record of the denial remains.
//! `finish_action()` ends the action once, and settles or releases the money. docs/actions.md is the full
//! contract.
//!
//! Failure handling: a subtransaction undoes a refused reservation; every other error is raised.

mod approvals;
mod begin;
mod finish;
mod place;
mod policy;
mod store;

use crate::context::{self, Context};
use crate::pg::raise::raise;
use awgp_core::isolation_refusals;
use awgp_core::permissions::{Verb, check_write};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;

/// The context, if it may write actions with this verb.
fn writing_context(verb: Verb) -> Context {
    let context = context::current()
        .unwrap_or_else(|| raise(&isolation_refusals::no_tenant_context("governed_actions")));
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    if let Err(error) = check_write(role, "governed_actions", verb, true) {
        raise(&error.into());
    }
    context
}

fn bad_argument(argument: &str, rule: &str) -> ! {
    raise(
        &Refusal::new(
            Reason::OutOfRange,
            format!("{argument} is not valid"),
            format!("Check {argument}: {rule}."),
        )
        .with("argument", argument),
    )
}
