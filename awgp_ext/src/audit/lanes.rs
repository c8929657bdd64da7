//! Lanes: how writers of one tenant do not wait for each other, and its chain never forks.
//!
//! A transaction takes the first lane of its tenant whose lock is free, and reads the lane's tail under the
//! lock with a view of everything committed: nobody else appends there until it has ended. With one writer at
//! a time there is one lane; under load, as many as there are writers at the moment of commit. A lock is of one
//! tenant's lane, so no tenant waits for another's.
//!
//! A transaction over many tenants would fill the server's lock table. Beyond [`OWN_LANES`] tenants it takes one
//! lock more: of a wide lane, which is a lane in every tenant's chain that no other transaction writes to then. There
//! are more of them than a server has sessions, so nobody waits for one.

use super::append::Appender;
use super::lane_row::Head;
use super::wait;
use crate::audit::installation;
use crate::audit::settings;
use crate::locks::Subject;
use crate::pg::lock;
use awgp_core::audit::chain::{Lane, Link, genesis};
use pgrx::pg_sys;
use std::cell::RefCell;
use uuid::Uuid;

/// Of how many tenants a transaction takes a lane of their own.
const OWN_LANES: usize = 32;
/// The first wide lane; a tenant's own are below.
const WIDE: u16 = 0x4000;

/// What this transaction has locked.
struct Held {
    /// The tenants of whom it has taken a lane of their own. A savepoint that is rolled back gives lanes back and takes
    /// nobody out of here: at worst somebody goes beyond `awgp.audit_lanes` who could have waited.
    tenants: Vec<Uuid>,
    /// The wide lane that it holds.
    wide: Option<u16>,
}

thread_local! {
    static HELD: RefCell<Held> = const { RefCell::new(Held { tenants: Vec::new(), wide: None }) };
}

/// Takes a lane of the tenant for this transaction and reads its tail. Tenants are asked for in ascending order within a
/// flush, so that transactions do not wait for each other in a circle.
pub fn take(tenant: Uuid, appender: &mut Appender) -> Head {
    let has_own = HELD.with_borrow(|held| held.tenants.contains(&tenant) || held.tenants.len() < OWN_LANES);
    let lane = if has_own { own(tenant) } else { wide() };
    let of = Lane { tenant_id: tenant, chain_lane: i16::try_from(lane).unwrap_or(i16::MAX) };
    let tail = appender.tail(of);
    tail.unwrap_or_else(|| Head {
        lane: of.chain_lane,
        link: Link { seq: 0, hash: genesis(installation::id(), of) },
        timestamp: pg_sys::TimestampTz::MIN,
    })
}

/// Locks the tenant's first free lane. Where all are taken it waits for one, unless it could be waited for in turn:
/// then it goes beyond `awgp.audit_lanes`.
fn own(tenant: Uuid) -> u16 {
    let lanes = settings::lanes();
    let free = (0..lanes).find(|lane| lock::lock_lane(Subject::Lane, tenant, *lane, false));
    let lane = free.unwrap_or_else(|| {
        let may_wait = HELD.with_borrow(|held| held.tenants.iter().max().is_none_or(|last| *last <= tenant));
        if may_wait {
            // SAFETY: reads this backend's number; it spreads the waiters over the lanes.
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
        pgrx::error!("every lane of the audit chain is taken");
    })
}

/// A savepoint was rolled back, and the locks taken since are gone.
pub fn forget_subtransaction() {
    HELD.with_borrow_mut(|held| held.wide = None);
}

/// The transaction has ended, and its locks with it.
pub fn forget() {
    HELD.with_borrow_mut(|held| {
        held.tenants.clear();
        held.wide = None;
    });
}
