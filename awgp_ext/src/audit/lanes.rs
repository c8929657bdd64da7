//! Lanes: how writers of one tenant do not wait for each other, and its chain never forks.
//!
//! A transaction takes the first lane of its tenant whose lock is free, and reads the lane's tail under the
//! lock with a view of everything committed: nobody else appends there until it has ended. With one writer at
//! a time there is one lane; under load, as many as there are writers at the moment of commit.
//!
//! Locks are of buckets of tenants, so that a transaction over any number of tenants holds a bounded number.

use super::append::Appender;
use super::queue;
use crate::{lock, settings};
use awgp_core::audit::chain::{Lane, Link, genesis};
use pgrx::pg_sys;
use std::cell::Cell;
use uuid::Uuid;

/// Tenants share this many lock names a lane.
const BUCKETS: u16 = 512;

/// The tail of a lane that this transaction holds.
pub struct Head {
    /// The lane.
    pub lane: i16,
    /// Number and hash of its last row; 0 and the genesis value where it has none.
    pub link: Link,
    /// Time of its last row.
    pub timestamp: pg_sys::TimestampTz,
}

thread_local! {
    /// The highest bucket of which this transaction holds a lane.
    static HIGHEST_BUCKET: Cell<Option<u16>> = const { Cell::new(None) };
}

/// The order in which a transaction takes its tenants.
pub fn order(tenant: Uuid) -> (u16, Uuid) {
    (bucket(tenant), tenant)
}

fn bucket(tenant: Uuid) -> u16 {
    // Ids are mostly random, yet may be made by hand: fold all of it.
    let (high, low) = tenant.as_u64_pair();
    let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    u16::try_from(mixed >> 48).unwrap_or(0) % BUCKETS
}

/// Takes a lane of the tenant for this transaction and reads its tail.
pub fn take(tenant: Uuid, appender: &mut Appender) -> Head {
    let lane = lock_one(bucket(tenant));
    let of = Lane { tenant_id: tenant, chain_lane: lane };
    let tail = appender.tail(of);
    tail.unwrap_or_else(|| Head {
        lane,
        link: Link { seq: 0, hash: genesis(queue::installation(), of) },
        timestamp: pg_sys::TimestampTz::MIN,
    })
}

/// Locks the first free lane. Where all are taken it waits for one, unless it could be waited for in turn:
/// then it goes beyond `awgp.audit_lanes`.
fn lock_one(bucket: u16) -> i16 {
    let lanes = settings::audit_lanes();
    let free = (0..lanes).find(|lane| lock::lock_lane(bucket, *lane, false));
    let lane = free.unwrap_or_else(|| {
        if HIGHEST_BUCKET.get().is_none_or(|highest| highest <= bucket) {
            // SAFETY: reads this backend's number; it spreads the waiters over the lanes.
            let lane =
                u16::try_from(unsafe { pg_sys::MyProcPid }.unsigned_abs() % u32::from(lanes)).unwrap_or(0);
            lock::lock_lane(bucket, lane, true);
            return lane;
        }
        let beyond = lanes..i16::MAX.unsigned_abs();
        beyond.into_iter().find(|lane| lock::lock_lane(bucket, *lane, false)).unwrap_or_else(|| {
            pgrx::error!("every lane of the audit chain is taken");
        })
    });
    HIGHEST_BUCKET.set(HIGHEST_BUCKET.get().max(Some(bucket)));
    i16::try_from(lane).unwrap_or(i16::MAX)
}

/// The transaction has ended, and its locks with it.
pub fn forget() {
    HIGHEST_BUCKET.set(None);
}
