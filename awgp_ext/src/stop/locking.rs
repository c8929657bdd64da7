//! The locks of stops: shared by beginnings, exclusive for `stop()` and `resume()`.

use super::family::with_descendants;
use super::in_force::Stop;
use crate::locks::Subject;
use crate::pg::guc::Setting;
use crate::pg::lock;
use crate::pg::raise::{raise, warn};
use crate::pg::statement::statements;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::stop::{Scope, under_way};
use pgrx::pg_sys::Datum;
use pgrx::{PgSqlErrorCode, PgTryBuilder};
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use uuid::Uuid;

/// How long a beginning waits for a stop that is being made. A stop takes no time; one whose transaction
/// stays open may itself come to wait for the beginning, which gives way before the server looks for a
/// deadlock.
const PATIENCE_MS: u32 = 500;

/// Beyond so many tenants a stop takes the installation's lock instead of theirs.
const OWN_LOCKS: usize = 256;

thread_local! {
    /// This transaction stops or resumes something.
    static EXCLUSIVE: Cell<bool> = const { Cell::new(false) };
}

statements! {
    /// The prepared transactions that hold a lock. They have no process; the lock on its own id, which each
    /// transaction holds, says which one it is.
    PREPARED(INT8OID, INT8OID, INT8OID) = "
        SELECT prepared.gid FROM pg_catalog.pg_locks AS held
        JOIN pg_catalog.pg_locks AS own
          ON own.virtualtransaction OPERATOR(pg_catalog.=) held.virtualtransaction AND own.pid IS NULL
         AND own.locktype OPERATOR(pg_catalog.=) 'transactionid' AND own.granted
        JOIN pg_catalog.pg_prepared_xacts AS prepared
          ON prepared.transaction OPERATOR(pg_catalog.=) own.transactionid
        WHERE held.locktype OPERATOR(pg_catalog.=) 'advisory' AND held.granted AND held.pid IS NULL
          AND held.database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database
                                                    WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
          AND held.classid::pg_catalog.int8 OPERATOR(pg_catalog.=) $1
          AND held.objid::pg_catalog.int8 OPERATOR(pg_catalog.=) $2
          AND held.objsubid::pg_catalog.int8 OPERATOR(pg_catalog.=) $3
        ORDER BY prepared.gid USING OPERATOR(pg_catalog.<)";
}

/// Shares the locks of the installation and of these tenants, which are in ascending order, until the
/// transaction ends.
pub fn share(tenants: &[Uuid]) {
    take(|wait| lock::share_or_not(Subject::StopAll, wait));
    for tenant in tenants {
        take(|wait| lock::share_row_or_not(Subject::Stop, *tenant, wait));
    }
}

fn take(acquire: impl Fn(bool) -> bool) {
    if acquire(false) {
        return;
    }
    let setting = Setting::lock_timeout(PATIENCE_MS);
    PgTryBuilder::new(AssertUnwindSafe(|| {
        acquire(true);
    }))
    .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, |_| raise(&under_way()))
    .execute();
    drop(setting);
}

/// Takes the locks of what is to be stopped or resumed, until the transaction ends; returns the tenants that
/// are covered, None for all.
pub fn take_exclusively(stop: &Stop) -> Option<Vec<Uuid>> {
    EXCLUSIVE.set(true);
    let Some(tenant) = stop.tenant else {
        exclude(Subject::StopAll, None);
        return None;
    };
    exclude(Subject::Stop, Some(tenant));
    if stop.scope != Scope::Holding {
        return Some(vec![tenant]);
    }
    // Whoever comes below the holding shares its lock: from here on the family stays as it is.
    let family = with_descendants(tenant);
    if family.len() > OWN_LOCKS {
        exclude(Subject::StopAll, None);
    } else {
        family.iter().for_each(|member| exclude(Subject::Stop, Some(*member)));
    }
    Some(family)
}

/// Takes a lock exclusively. Where prepared transactions hold it, warns of them: they can still commit, so
/// the stop has to wait for them.
fn exclude(subject: Subject, tenant: Option<Uuid>) {
    let is_free = match tenant {
        Some(tenant) => lock::try_lock_row(subject, tenant),
        None => lock::try_lock_until_commit(subject),
    };
    if is_free {
        return;
    }
    let [class, object, sub] = lock::shown(subject, tenant);
    let shown = [Some(Datum::from(class)), Some(Datum::from(object)), Some(Datum::from(sub))];
    let prepared: Vec<String> =
        PREPARED.look(&shown, |rows| rows.iter().filter_map(|row| row.text(c"gid")).collect());
    if !prepared.is_empty() {
        warn(
            &Refusal::new(
                Reason::StopUnderWay,
                "prepared transactions have begun something here; the stop waits for them",
                "ROLLBACK PREPARED or COMMIT PREPARED each of them. Meanwhile nothing else begins.",
            )
            .with("prepared", prepared),
        );
    }
    match tenant {
        Some(tenant) => lock::lock_row(subject, tenant),
        None => lock::lock_until_commit(subject),
    }
}

/// True where this transaction stops or resumes something: it must not wait for a lane of the trail, which a
/// beginning may hold that waits for it.
pub fn is_exclusive() -> bool {
    EXCLUSIVE.get()
}

/// The transaction has ended.
pub fn forget() {
    EXCLUSIVE.set(false);
}
