//! Where the sealed months end. No row is stamped earlier, whatever the clock says: a seal holds for what it has seen.
//!
//! Asked for at every commit, so it is remembered until a seal is made. A seal says so by an invalidation of its
//! partition, which who waits for that partition hears before it writes there.

use crate::pg::relation;
use awgp_core::audit::row::timestamp_to_postgres;
use awgp_core::month::Month;
use pgrx::pg_sys;
use std::cell::Cell;

thread_local! {
    static END: Cell<Option<pg_sys::TimestampTz>> = const { Cell::new(None) };
    /// Counts what may have changed it.
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

/// A relation has changed: it may be a partition that was sealed.
pub fn forget() {
    END.set(None);
    CHANGES.set(CHANGES.get().wrapping_add(1));
}

/// The end of the newest month that is sealed; the earliest of times where none is.
pub fn end() -> pg_sys::TimestampTz {
    if let Some(end) = END.get() {
        return end;
    }
    let before = CHANGES.get();
    let mut end = pg_sys::TimestampTz::MIN;
    relation::for_each(c"audit_log_integrity", |row| {
        let month = row.text(c"partition_name").and_then(|name| Month::of_partition(&name));
        if let Some(month) = month {
            end = end.max(timestamp_to_postgres(month.end_us()));
        }
    });
    // What came in the meantime is looked at again.
    if CHANGES.get() == before {
        END.set(Some(end));
    }
    end
}

/// Lets every session look again, once the seal of this partition is committed.
pub fn announce(partition: pg_sys::Oid) {
    // SAFETY: the partition exists, and is locked by who seals it.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(partition) };
}
