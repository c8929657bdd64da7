//! AWGP's own advisory locks.
//!
//! PostgreSQL tells advisory locks of one key (1) and of two keys (2) apart by a field of the lock's tag. Ours
//! carry another number there, so they can never collide with a lock that an application takes.

use awgp_core::audit::chain::Digest;
use pgrx::pg_sys;
use uuid::Uuid;

/// What a lock is about; each has a number of its own ([`crate::locks`]).
pub trait Subject {
    /// Its number.
    fn number(self) -> u8;
}

const AWGP_LOCK_CLASS: u16 = 0x4157;

/// What a tag has room for beside the subject: the id of a row folded into it, or a lane and less of the id.
const DETAIL_BITS: u32 = 56;
/// A lane's number is below 2^15.
const LANE_BITS: u32 = 15;

/// Takes the lock exclusively, waiting for it, until the transaction ends.
pub fn lock_until_commit(subject: impl Subject) {
    acquire(subject, 0, Hold::UntilCommit, true);
}

/// Takes the lock until the transaction ends; false where another session holds it.
pub fn try_lock_until_commit(subject: impl Subject) -> bool {
    acquire(subject, 0, Hold::UntilCommit, false)
}

/// Takes the lock until the session ends or lets go of it; false where another session holds it.
pub fn try_lock_for_session(subject: impl Subject) -> bool {
    acquire(subject, 0, Hold::ForSession, false)
}

/// Lets go of a lock that was taken for the session; false where it was not.
pub fn unlock_for_session(subject: impl Subject) -> bool {
    let tag = tag(subject, 0);
    // SAFETY: a well-formed tag; without the lock the server warns and answers false.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ExclusiveLock as pg_sys::LOCKMODE, true) }
}

/// Takes the lock of a subject of one tenant exclusively, waiting for it, until the transaction ends.
pub fn lock_tenant_until_commit(subject: impl Subject, tenant: Uuid) {
    lock_row(subject, tenant);
}

/// Takes the lock of a lane of one tenant, until the (sub)transaction ends. Without `wait`, false where another
/// transaction holds it.
pub fn lock_lane(subject: impl Subject, tenant: Uuid, lane: u16, wait: bool) -> bool {
    let detail = folded(tenant, DETAIL_BITS - LANE_BITS) << LANE_BITS | u64::from(lane);
    acquire(subject, detail, Hold::UntilCommit, wait)
}

/// The same of a lane of every tenant, without waiting.
pub fn try_lock_wide_lane(subject: impl Subject, lane: u16) -> bool {
    acquire(subject, u64::from(lane), Hold::UntilCommit, false)
}

/// Takes the lock of one row exclusively, waiting for it, until the (sub)transaction ends.
pub fn lock_row(subject: impl Subject, row: Uuid) {
    acquire(subject, folded(row, DETAIL_BITS), Hold::UntilCommit, true);
}

/// The same, shared with others who take it shared.
pub fn share_row(subject: impl Subject, row: Uuid) {
    acquire(subject, folded(row, DETAIL_BITS), Hold::Shared, true);
}

/// Gives back what [`share_row`] took, once.
pub fn give_back_share(subject: impl Subject, row: Uuid) {
    let tag = tag(subject, folded(row, DETAIL_BITS));
    // SAFETY: taken by this transaction a moment ago.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ShareLock.cast_signed(), false) };
}

/// An id in fewer bits. Clients choose ids of rows, so it is by a digest: nobody finds one that meets another tenant's.
fn folded(id: Uuid, bits: u32) -> u64 {
    let digest = Digest::of(id.as_bytes());
    let first = digest.0.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    first >> (u64::BITS - bits)
}

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// By one, until the (sub)transaction ends.
    UntilCommit,
    /// By one, until the session ends or lets go.
    ForSession,
    /// By all who share it, until the (sub)transaction ends.
    Shared,
}

/// A tag has 80 bits beside the database: the class, then the subject in 8 and the detail in [`DETAIL_BITS`].
fn tag(subject: impl Subject, detail: u64) -> pg_sys::LOCKTAG {
    let [_, high @ .., low_0, low_1, low_2, low_3] = detail.to_be_bytes();
    let [high_0, high_1, high_2] = high;
    pg_sys::LOCKTAG {
        // SAFETY: set in every backend that runs SQL.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: u32::from_be_bytes([low_0, low_1, low_2, low_3]),
        locktag_field3: u32::from_be_bytes([high_0, high_1, high_2, subject.number()]),
        locktag_field4: AWGP_LOCK_CLASS,
        locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
    }
}

fn acquire(subject: impl Subject, detail: u64, hold: Hold, wait: bool) -> bool {
    let tag = tag(subject, detail);
    let mode = if hold == Hold::Shared { pg_sys::ShareLock } else { pg_sys::ExclusiveLock };
    // SAFETY: a well-formed advisory tag. Unless it is taken for the session, the lock belongs to the transaction and
    // is released with it.
    let answer =
        unsafe { pg_sys::LockAcquire(&raw const tag, mode.cast_signed(), hold == Hold::ForSession, !wait) };
    answer != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
}
