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
    /// The places of a tenant's users.
    UserQuota = 16,
    /// The places of a tenant's assistants.
    AssistantQuota = 17,
}

const AWGP_LOCK_CLASS: u16 = 0x4157;

/// Takes the lock exclusively, waiting for it, until the transaction ends.
pub fn lock_until_commit(subject: Subject) {
    acquire(subject as u32, 0, true);
}

/// Takes the lock of a lane in a bucket of tenants, until the (sub)transaction ends. Without `wait`, false
/// where another transaction holds it.
pub fn lock_lane(bucket: u16, lane: u16, wait: bool) -> bool {
    acquire(Subject::Lane as u32, u32::from(bucket) << 16 | u32::from(lane), wait)
}

/// Takes the lock of a tenant's quota, waiting for it, until the (sub)transaction ends. Two tenants whose ids fold
/// to the same number wait for each other, and no worse.
pub fn lock_quota(subject: Subject, tenant: Uuid) {
    let words = tenant.as_bytes().chunks_exact(4);
    let folded = words
        .fold(0, |folded, word| folded ^ word.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)));
    acquire(subject as u32, folded, true);
}

fn acquire(subject: u32, detail: u32, wait: bool) -> bool {
    // SAFETY: a well-formed advisory tag; MyDatabaseId is set in every backend that runs SQL. The lock belongs
    // to the transaction (session_lock false) and is released with it.
    unsafe {
        let tag = pg_sys::LOCKTAG {
            locktag_field1: pg_sys::MyDatabaseId.to_u32(),
            locktag_field2: detail,
            locktag_field3: subject,
            locktag_field4: AWGP_LOCK_CLASS,
            locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
            locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
        };
        let mode = pg_sys::ExclusiveLock as pg_sys::LOCKMODE;
        let answer = pg_sys::LockAcquire(&raw const tag, mode, false, !wait);
        answer != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
    }
}
