//! Tenants that are made, or moved below another holding.
//!
//! A stop names the tenants that it covers in their trails. So no tenant leaves or enters a stopped holding,
//! and one that is made below it gets the event at once.

use super::heads::{self, Said};
use super::in_force::{Stop, of_scope};
use super::{family, locking};
use crate::pg::raise::raise;
use crate::pg::scan::Condition;
use awgp_core::stop::{Scope, stopped, under_way};
use pgrx::pg_sys::{self, SubTransactionId};
use std::cell::RefCell;
use uuid::Uuid;

/// A tenant that was made or moved.
struct Joined {
    /// The holdings above it, before and after.
    above: Vec<Uuid>,
    /// The stops that cover it, as far as seen then.
    stops: Vec<Stop>,
    subtransaction: SubTransactionId,
}

thread_local! {
    static JOINED: RefCell<Vec<Joined>> = const { RefCell::new(Vec::new()) };
}

/// A tenant is about to be made (`from` is None), or to be moved from a parent to another. Refuses with
/// `stopped` to move one into or out of a stopped holding.
pub fn joins(tenant: Uuid, from: Option<Option<Uuid>>, to: Option<Uuid>) {
    let chain = |parent: Option<Uuid>| parent.map(family::with_ancestors).unwrap_or_default();
    let mut above = chain(to);
    above.extend(chain(from.flatten()));
    above.sort_unstable();
    above.dedup();
    let stops = stops_above(&above);
    if from.is_some() {
        if let Some(stop) = stops.iter().find(|stop| stop.scope == Scope::Holding) {
            raise(&stopped(stop.id, stop.scope));
        }
    } else {
        for stop in &stops {
            let reason = heads::reason_of(stop.id);
            heads::say(Said::Began, stop, &[tenant], &reason);
        }
    }
    // SAFETY: reads a counter of the running transaction.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    JOINED.with_borrow_mut(|joined| joined.push(Joined { above, stops, subtransaction }));
}

/// The stops of the installation and of these holdings.
fn stops_above(holdings: &[Uuid]) -> Vec<Stop> {
    let mut found = of_scope(Scope::Installation, &[]);
    for holding in holdings {
        found.extend(of_scope(Scope::Holding, &[(c"tenant_id", Condition::Uuid(*holding))]));
    }
    found
}

/// This transaction has made or lifted a stop itself, and has said so in the trails of all that it covers.
pub fn look_again() {
    JOINED.with_borrow_mut(|joined| {
        for one in joined {
            one.stops = stops_above(&one.above);
        }
    });
}

/// Shares the locks of stops, and refuses with `stop_under_way` where a stop has come or gone meanwhile.
pub fn before_commit() {
    let joined = JOINED.take();
    if joined.is_empty() {
        return;
    }
    let mut holdings: Vec<Uuid> = joined.iter().flat_map(|one| one.above.iter().copied()).collect();
    holdings.sort_unstable();
    holdings.dedup();
    locking::share(&holdings);
    if joined.iter().any(|one| stops_above(&one.above) != one.stops) {
        raise(&under_way());
    }
}

/// The transaction has ended.
pub fn forget() {
    JOINED.with_borrow_mut(Vec::clear);
    locking::forget();
}

/// A savepoint was rolled back.
pub fn forget_subtransaction(own: SubTransactionId) {
    JOINED.with_borrow_mut(|joined| joined.retain(|one| one.subtransaction < own));
}

/// A savepoint was released.
pub fn adopt_subtransaction(own: SubTransactionId, parent: SubTransactionId) {
    JOINED.with_borrow_mut(|joined| {
        for one in joined.iter_mut().filter(|one| one.subtransaction >= own) {
            one.subtransaction = parent;
        }
    });
}
