//! AWGP's own advisory locks.
//!
//! PostgreSQL tells advisory locks of one key (1) and of two keys (2) apart by a field of the lock's tag. Ours
//! carry another number there, so they can never collide with a lock that an application takes.

use pgrx::pg_sys;

/// What a lock is about.
#[derive(Clone, Copy)]
pub enum Subject {
    /// Making, sealing and retiring partitions.
    Partitions = 1,
    /// Applying migrations and scripts.
    Structure = 2,
}

const AWGP_LOCK_CLASS: u16 = 0x4157;

/// Takes the lock exclusively, waiting for it, until the transaction ends.
pub fn lock_until_commit(subject: Subject) {
    // SAFETY: a well-formed advisory tag; MyDatabaseId is set in every backend that runs SQL. The lock belongs
    // to the transaction (session_lock false) and is released with it.
    unsafe {
        let tag = pg_sys::LOCKTAG {
            locktag_field1: pg_sys::MyDatabaseId.to_u32(),
            locktag_field2: 0,
            locktag_field3: subject as u32,
            locktag_field4: AWGP_LOCK_CLASS,
            locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
            locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
        };
        pg_sys::LockAcquire(&raw const tag, pg_sys::ExclusiveLock as pg_sys::LOCKMODE, false, false);
    }
}
