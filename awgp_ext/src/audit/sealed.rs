//! The end of the sealed months. No row gets an earlier timestamp, whatever the clock says, because a seal
//! covers only the rows it has seen.
//!
//! Needed at every commit, so it is kept until another seal is made. Sealing sends an invalidation of the
//! partition; a session that waits for the partition processes it before it writes.

use crate::pg::relation;
use awgp_core::audit::row::timestamp_to_postgres;
use awgp_core::month::Month;
use pgrx::pg_sys;
use std::cell::Cell;

thread_local! {
    static END: Cell<Option<pg_sys::TimestampTz>> = const { Cell::new(None) };
    /// Counts invalidations that may have changed it.
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

/// A relation has changed; it may be a partition that was sealed.
pub fn forget() {
    END.set(None);
    CHANGES.set(CHANGES.get().wrapping_add(1));
}

/// The end of the newest sealed month; the earliest possible time where no month is sealed.
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
    // Not kept if an invalidation arrived in the meantime.
    if CHANGES.get() == before {
        END.set(Some(end));
    }
    end
}

/// Makes every session look again, once the seal of this partition is committed.
pub fn announce(partition: pg_sys::Oid) {
    // SAFETY: the partition exists, and the caller has locked it.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(partition) };
}
