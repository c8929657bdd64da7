//! Lanes: why writers of one tenant rarely wait for each other, and why its chain never forks.
//!
//! A transaction takes the first lane of its tenant whose lock is free. Under the lock it reads the lane's
//! tail with a snapshot of everything committed: nobody else appends to the lane until the transaction ends.
//! With one writer at a time there is one lane; under load there are as many as there are writers committing
//! at the same moment. Each lock is on a lane of one tenant, so no tenant waits for another.
//!
//! A transaction over many tenants would fill the server's lock table. Beyond [`OWN_LANES`] tenants it takes
//! a single further lock, on a wide lane: a lane of that number in every tenant's chain, which no other
//! transaction writes to meanwhile. There are more wide lanes than a server has sessions, so nobody waits for
//! one.

use super::append::Appender;
use super::lane_row::Head;
use super::lineage;
use super::wait;
use crate::audit::settings;
use crate::locks::Subject;
use crate::moving;
use crate::pg::lock;
use crate::stop::locking;
use awgp_core::audit::chain::Lane;
use pgrx::pg_sys;
use std::cell::RefCell;
use uuid::Uuid;

/// For how many tenants a transaction locks lanes individually.
const OWN_LANES: usize = 32;
/// The first wide lane; tenants' own lanes have lower numbers.
const WIDE: u16 = 0x4000;

/// The locks that this transaction holds.
struct Held {
    /// The tenants for which it has locked a lane. Rolling back a savepoint releases locks but removes no
    /// tenant here: at worst a writer that could have waited exceeds `awgp.audit_lanes`.
    tenants: Vec<Uuid>,
    /// The wide lane.
    wide: Option<u16>,
}

thread_local! {
    static HELD: RefCell<Held> = const { RefCell::new(Held { tenants: Vec::new(), wide: None }) };
}

/// Takes a lane of the tenant for this transaction, and reads its tail. A flush goes through tenants in
/// ascending order, so that transactions do not deadlock.
pub fn take(tenant: Uuid, appender: &mut Appender) -> Head {
    let has_own = HELD.with_borrow(|held| held.tenants.contains(&tenant) || held.tenants.len() < OWN_LANES);
    // Before the lane: whoever stops a move waits for this transaction, and not the other way round.
    moving::share(tenant, !has_own);
    let lane = if has_own { own(tenant) } else { wide() };
    let of = Lane { tenant_id: tenant, chain_lane: i16::try_from(lane).unwrap_or(i16::MAX) };
    let tail = appender.tail(of);
    let timestamp = tail.as_ref().map_or(pg_sys::TimestampTz::MIN, |tail| tail.timestamp);
    Head { lane: of.chain_lane, link: lineage::next(of, tail.map(|tail| tail.link)), timestamp }
}

/// Locks the tenant's first free lane. Where all are taken it waits for one. Where waiting could cause a
/// deadlock, it takes a lane beyond `awgp.audit_lanes` instead.
fn own(tenant: Uuid) -> u16 {
    let lanes = settings::lanes();
    let free = (0..lanes).find(|lane| lock::lock_lane(Subject::Lane, tenant, *lane, false));
    let lane = free.unwrap_or_else(|| {
        // Whoever stops must not wait for a lane of somebody who waits for the stop.
        let in_order = HELD.with_borrow(|held| held.tenants.iter().max().is_none_or(|last| *last <= tenant));
        let may_wait = in_order && !locking::is_exclusive();
        if may_wait {
            // SAFETY: reads this backend's process id, which spreads the waiters over the lanes.
            let number = unsafe { pg_sys::MyProcPid }.unsigned_abs() % u32::from(lanes);
            let lane = u16::try_from(number).unwrap_or(0);
            wait::bounded("a lane of the tenant's audit chain", || {
                lock::lock_lane(Subject::Lane, tenant, lane, true);
            });
            return lane;
        }
        first_free(lanes..WIDE, |lane| lock::lock_lane(Subject::Lane, tenant, lane, false))
    });
    HELD.with_borrow_mut(|held| {
        if !held.tenants.contains(&tenant) {
            held.tenants.push(tenant);
        }
    });
    lane
}

/// The wide lane of this transaction.
fn wide() -> u16 {
    if let Some(lane) = HELD.with_borrow(|held| held.wide) {
        return lane;
    }
    let lane =
        first_free(WIDE..i16::MAX.unsigned_abs(), |lane| lock::try_lock_wide_lane(Subject::WideLane, lane));
    HELD.with_borrow_mut(|held| held.wide = Some(lane));
    lane
}

fn first_free(mut lanes: std::ops::Range<u16>, is_free: impl Fn(u16) -> bool) -> u16 {
    lanes.find(|lane| is_free(*lane)).unwrap_or_else(|| {
        pgrx::error!("all lanes of the audit chain are in use");
    })
}

/// A savepoint was rolled back: the locks taken since then are released.
pub fn forget_subtransaction() {
    HELD.with_borrow_mut(|held| held.wide = None);
}

/// The transaction has ended: its locks are released.
pub fn forget() {
    HELD.with_borrow_mut(|held| {
        held.tenants.clear();
        held.wide = None;
    });
}
