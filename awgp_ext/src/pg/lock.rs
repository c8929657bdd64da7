//! AWGP's own advisory locks.
//!
//! A field of the lock tag tells PostgreSQL's advisory locks on one key (1) from those on two keys (2).
//! AWGP's locks have another number there, so they never collide with an application's.

use awgp_core::audit::chain::Digest;
use pgrx::pg_sys;
use uuid::Uuid;

/// What a lock protects; each has its own number ([`crate::locks`]).
pub trait Subject {
    /// Its number.
    fn number(self) -> u8;
}

const AWGP_LOCK_CLASS: u16 = 0x4157;

/// The bits of a tag besides the subject: a row's folded id, or a lane and fewer bits of the id.
const DETAIL_BITS: u32 = 56;
/// The number of a lane is below 2^15.
const LANE_BITS: u32 = 15;

/// Takes the lock exclusively, waiting for it; held until the transaction ends.
pub fn lock_until_commit(subject: impl Subject) {
    acquire(subject, 0, Hold::UntilCommit, true);
}

/// Takes the lock, held until the transaction ends; false where another session holds it.
pub fn try_lock_until_commit(subject: impl Subject) -> bool {
    acquire(subject, 0, Hold::UntilCommit, false)
}

/// Takes the lock, held until the session ends or releases it; false where another session holds it.
pub fn try_lock_for_session(subject: impl Subject) -> bool {
    acquire(subject, 0, Hold::ForSession, false)
}

/// Releases a lock taken for the session; false where the session does not hold it.
pub fn unlock_for_session(subject: impl Subject) -> bool {
    let tag = tag(subject, 0);
    // SAFETY: a well-formed tag; where the lock is not held the server warns and answers false.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ExclusiveLock as pg_sys::LOCKMODE, true) }
}

/// Takes the lock of one tenant's subject exclusively, waiting for it; held until the transaction ends.
pub fn lock_tenant_until_commit(subject: impl Subject, tenant: Uuid) {
    lock_row(subject, tenant);
}

/// Takes the lock of a tenant's lane, held until the (sub)transaction ends. Without `wait`, false where
/// another transaction holds it.
pub fn lock_lane(subject: impl Subject, tenant: Uuid, lane: u16, wait: bool) -> bool {
    let detail = folded(tenant, DETAIL_BITS - LANE_BITS) << LANE_BITS | u64::from(lane);
    acquire(subject, detail, Hold::UntilCommit, wait)
}

/// The same for a lane of all tenants, without waiting.
pub fn try_lock_wide_lane(subject: impl Subject, lane: u16) -> bool {
    acquire(subject, u64::from(lane), Hold::UntilCommit, false)
}

/// Takes the lock of one row exclusively, waiting for it; held until the (sub)transaction ends.
pub fn lock_row(subject: impl Subject, row: Uuid) {
    acquire(subject, folded(row, DETAIL_BITS), Hold::UntilCommit, true);
}

/// The same without waiting; false where another transaction holds it in any mode.
pub fn try_lock_row(subject: impl Subject, row: Uuid) -> bool {
    acquire(subject, folded(row, DETAIL_BITS), Hold::UntilCommit, false)
}

/// Takes the lock of one row in share mode; without `wait`, false where another transaction holds it
/// exclusively or waits for it.
pub fn share_row_or_not(subject: impl Subject, row: Uuid, wait: bool) -> bool {
    acquire(subject, folded(row, DETAIL_BITS), Hold::Shared, wait)
}

/// The same for a subject without rows.
pub fn share_or_not(subject: impl Subject, wait: bool) -> bool {
    acquire(subject, 0, Hold::Shared, wait)
}

/// The numbers by which `pg_locks` shows the lock of one row, or of a subject without rows: classid, objid,
/// objsubid.
pub fn shown(subject: impl Subject, row: Option<Uuid>) -> [i64; 3] {
    let tag = tag(subject, row.map_or(0, |row| folded(row, DETAIL_BITS)));
    [tag.locktag_field2.into(), tag.locktag_field3.into(), tag.locktag_field4.into()]
}

/// The same in share mode.
pub fn share_row(subject: impl Subject, row: Uuid) {
    acquire(subject, folded(row, DETAIL_BITS), Hold::Shared, true);
}

/// Releases one hold of [`share_row`].
pub fn give_back_share(subject: impl Subject, row: Uuid) {
    let tag = tag(subject, folded(row, DETAIL_BITS));
    // SAFETY: this transaction holds it.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ShareLock.cast_signed(), false) };
}

/// An id in fewer bits. Clients choose the ids of rows, so the bits come from a digest: nobody can construct
/// an id that collides with another tenant's.
fn folded(id: Uuid, bits: u32) -> u64 {
    let digest = Digest::of(id.as_bytes());
    let first = digest.0.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    first >> (u64::BITS - bits)
}

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Exclusively, until the (sub)transaction ends.
    UntilCommit,
    /// Exclusively, until the session ends or releases it.
    ForSession,
    /// In share mode, until the (sub)transaction ends.
    Shared,
}

/// A tag has 80 bits besides the database: 16 for the class, 8 for the subject, [`DETAIL_BITS`] for the
/// detail.
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
    // SAFETY: a well-formed advisory tag. Unless it is taken for the session, the lock is released with the
    // transaction.
    let answer =
        unsafe { pg_sys::LockAcquire(&raw const tag, mode.cast_signed(), hold == Hold::ForSession, !wait) };
    answer != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
}
