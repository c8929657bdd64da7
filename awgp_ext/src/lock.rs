//! AWGP's own advisory locks.
//!
//! PostgreSQL tells advisory locks of one key (1) and of two keys (2) apart by a field of the lock's tag. Ours
//! carry another number there, so they can never collide with a lock that an application takes.

use pgrx::pg_sys;
use uuid::Uuid;

/// What a lock is about.
#[derive(Clone, Copy)]
pub enum Subject {
    /// Making, sealing and retiring partitions.
    Partitions = 1,
    /// Applying migrations and scripts.
    Structure = 2,
    /// A lane of audit chains.
    Lane = 3,
    /// Running maintenance.
    Maintenance = 4,
    /// Making checkpoints of a tenant.
    Checkpoint = 5,
    /// Making the event triggers of tracked tables.
    Tracking = 6,
    /// The places of a tenant's users.
    UserQuota = 16,
    /// The places of a tenant's assistants.
    AssistantQuota = 17,
    /// Making a budget's row for a period that has none.
    Period = 18,
    /// Who counts towards a holding's limit: shared by those who spend, exclusive for who begins to count.
    Holding = 19,
    /// Who moves the money of a tenant, or of a holding's family, next.
    Spending = 20,
}

const AWGP_LOCK_CLASS: u16 = 0x4157;

/// Takes the lock exclusively, waiting for it, until the transaction ends.
pub fn lock_until_commit(subject: Subject) {
    acquire(subject as u32, 0, Hold::UntilCommit, true);
}

/// Takes the lock until the transaction ends; false where another session holds it.
pub fn try_lock_until_commit(subject: Subject) -> bool {
    acquire(subject as u32, 0, Hold::UntilCommit, false)
}

/// Takes the lock until the session ends or lets go of it; false where another session holds it.
pub fn try_lock_for_session(subject: Subject) -> bool {
    acquire(subject as u32, 0, Hold::ForSession, false)
}

/// Lets go of a lock that was taken for the session; false where it was not.
pub fn unlock_for_session(subject: Subject) -> bool {
    let tag = tag(subject as u32, 0);
    // SAFETY: a well-formed tag; without the lock the server warns and answers false.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ExclusiveLock as pg_sys::LOCKMODE, true) }
}

/// Takes the lock of a subject of one tenant exclusively, waiting for it, until the transaction ends. Two tenants may
/// share a lock.
pub fn lock_tenant_until_commit(subject: Subject, tenant: Uuid) {
    let (high, low) = tenant.as_u64_pair();
    let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    acquire(subject as u32, u32::try_from(mixed >> 32).unwrap_or(0), Hold::UntilCommit, true);
}

/// Takes the lock of a lane in a bucket of tenants, until the (sub)transaction ends. Without `wait`, false
/// where another transaction holds it.
pub fn lock_lane(bucket: u16, lane: u16, wait: bool) -> bool {
    acquire(Subject::Lane as u32, u32::from(bucket) << 16 | u32::from(lane), Hold::UntilCommit, wait)
}

/// Takes the lock of one row exclusively, waiting for it, until the (sub)transaction ends. Two rows whose ids
/// fold to the same number wait for each other, and no worse.
pub fn lock_row(subject: Subject, row: Uuid) {
    acquire(subject as u32, folded(row), Hold::UntilCommit, true);
}

/// The same, shared with others who take it shared.
pub fn share_row(subject: Subject, row: Uuid) {
    acquire(subject as u32, folded(row), Hold::Shared, true);
}

/// Gives back what [`share_row`] took, once.
pub fn give_back_share(subject: Subject, row: Uuid) {
    let tag = tag(subject as u32, folded(row));
    // SAFETY: taken by this transaction a moment ago.
    unsafe { pg_sys::LockRelease(&raw const tag, pg_sys::ShareLock.cast_signed(), false) };
}

fn folded(id: Uuid) -> u32 {
    let words = id.as_bytes().chunks_exact(4);
    words.fold(0, |folded, word| folded ^ word.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
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

fn tag(subject: u32, detail: u32) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: set in every backend that runs SQL.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: detail,
        locktag_field3: subject,
        locktag_field4: AWGP_LOCK_CLASS,
        locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
    }
}

fn acquire(subject: u32, detail: u32, hold: Hold, wait: bool) -> bool {
    let tag = tag(subject, detail);
    let mode = if hold == Hold::Shared { pg_sys::ShareLock } else { pg_sys::ExclusiveLock };
    // SAFETY: a well-formed advisory tag. Unless it is taken for the session, the lock belongs to the transaction and
    // is released with it.
    let answer =
        unsafe { pg_sys::LockAcquire(&raw const tag, mode.cast_signed(), hold == Hold::ForSession, !wait) };
    answer != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
}
