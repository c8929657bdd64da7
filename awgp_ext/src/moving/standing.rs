//! What the records of moves mean for a tenant in this database.
//!
//! Asked at every commit, so it is kept until a record changes. A change sends an invalidation before the
//! lock of the tenant is released; whoever has waited for the lock takes note of it before they look.

use crate::audit::wait;
use crate::locks::Subject;
use crate::pg::datum::to_sql;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::relation;
use awgp_core::moving::{self, Side, Standing, State};
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use uuid::Uuid;

/// Where a tenant stands that does not simply work here.
#[derive(Clone, Debug)]
struct Elsewhere {
    standing: Standing,
    peer: String,
    peer_id: Uuid,
}

/// What all records say.
#[derive(Debug, Default)]
struct Known {
    /// Tenants that do not work here.
    elsewhere: BTreeMap<Uuid, Elsewhere>,
    /// Roots that do not work here, by their slug.
    slugs: BTreeMap<String, Uuid>,
    /// True where any family has arrived, or is arriving.
    any_arrived: bool,
}

thread_local! {
    static KNOWN: RefCell<Option<Rc<Known>>> = const { RefCell::new(None) };
    /// Counts invalidations that may have changed it.
    static CHANGES: Cell<u64> = const { Cell::new(0) };
}

/// A relation has changed; it may be the table of the records.
pub fn forget() {
    // A callback: whoever reads at this moment notices by the count.
    let _ = KNOWN.try_with(|known| known.try_borrow_mut().map(|mut known| *known = None));
    CHANGES.set(CHANGES.get().wrapping_add(1));
}

/// Makes every session look again, once the change is committed, and this one at once.
///
/// The commit waits for the disk, whatever synchronous_commit says. What the other side does next rests on
/// it: if the source forgot that it has let go, the family would work in two places.
pub fn announce() {
    // SAFETY: the table exists; the message is sent at commit, which a flag of the transaction makes durable.
    unsafe {
        pg_sys::CacheInvalidateRelcacheByRelid(relation::existing(c"tenant_moves"));
        pg_sys::ForceSyncCommit();
    }
    forget();
}

fn known() -> Rc<Known> {
    if let Some(known) = KNOWN.with_borrow(Clone::clone) {
        return known;
    }
    let before = CHANGES.get();
    let known = Rc::new(read());
    // Not kept if an invalidation arrived in the meantime.
    if CHANGES.get() == before {
        KNOWN.set(Some(Rc::clone(&known)));
    }
    known
}

fn read() -> Known {
    let mut known = Known::default();
    let mut newest: BTreeMap<Uuid, (i64, Elsewhere)> = BTreeMap::new();
    let mut slugs = Vec::new();
    relation::for_each(c"tenant_moves", |row| {
        let side = row.text(c"side").and_then(|side| Side::of_name(&side));
        let state = row.text(c"state").and_then(|state| State::of_name(&state));
        let (Some(side), Some(state)) = (side, state) else { return };
        known.any_arrived |= side == Side::Target && state != State::Back;
        let began = row.bigint(c"began_at").unwrap_or(i64::MIN);
        let place = Elsewhere {
            standing: moving::standing(side, state),
            peer: row.text(c"peer").unwrap_or_default(),
            peer_id: row.uuid(c"peer_id").unwrap_or_default(),
        };
        for tenant in row.uuid_array(c"tenants").unwrap_or_default().into_iter().flatten() {
            if newest.get(&tenant).is_none_or(|(at, _)| *at <= began) {
                newest.insert(tenant, (began, place.clone()));
            }
        }
        if let (Some(slug), Some(family)) = (row.text(c"slug"), row.uuid(c"family_id")) {
            slugs.push((slug, family));
        }
    });
    let elsewhere = newest.into_iter().filter(|(_, (_, place))| place.standing != Standing::Works);
    known.elsewhere = elsewhere.map(|(tenant, (_, place))| (tenant, place)).collect();
    slugs.retain(|(_, family)| known.elsewhere.contains_key(family));
    known.slugs = slugs.into_iter().collect();
    known
}

/// True where a family has come from another installation: lanes have points that no adoption made.
pub fn any_arrived() -> bool {
    known().any_arrived
}

fn refusal(tenant: Uuid, place: &Elsewhere) -> Refusal {
    match place.standing {
        Standing::Moved => moving::moved(tenant, &place.peer, place.peer_id),
        _ => moving::moving(tenant),
    }
}

/// Refuses what the tenant does here while it does not work here. Without a lock: a stop may be committed a
/// moment later.
pub fn refuse_early(tenant: Uuid) {
    if let Some(place) = known().elsewhere.get(&tenant) {
        raise(&refusal(tenant, place));
    }
}

/// True where the tenant works here, as far as is committed now: what maintenance does for a tenant waits
/// until it does.
pub fn is_here(tenant: Uuid) -> bool {
    !known().elsewhere.contains_key(&tenant)
}

/// The tenants that do not work here, or not yet: they are being moved, or have moved.
#[pg_extern(stable, parallel_restricted)]
fn tenants_away() -> Vec<pgrx::Uuid> {
    known().elsewhere.keys().copied().map(to_sql).collect()
}

/// Refuses somebody who asks for a tenant that is not here any more or not yet, by its id or slug.
pub fn refuse_gone(tenant: Option<Uuid>, slug: Option<&str>) {
    let known = known();
    let tenant = tenant.or_else(|| slug.and_then(|slug| known.slugs.get(slug).copied()));
    if let Some((tenant, place)) = tenant.and_then(|id| known.elsewhere.get(&id).map(|place| (id, place))) {
        raise(&refusal(tenant, place));
    }
}

/// Shares the tenant's lock until the (sub)transaction ends, and refuses where it does not work here: until
/// then no stop is committed. With `many`, one lock for all tenants.
pub fn share(tenant: Uuid, many: bool) {
    let locked = if many {
        lock::share_or_not(Subject::MoveAny, false)
    } else {
        lock::share_row_or_not(Subject::Move, tenant, false)
    };
    if !locked {
        wait::bounded("a move of the tenant that is being stopped", || {
            if many {
                lock::share_or_not(Subject::MoveAny, true);
            } else {
                lock::share_row_or_not(Subject::Move, tenant, true);
            }
        });
    }
    // SAFETY: in a transaction; takes note of what was committed before the lock was released.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    refuse_early(tenant);
}

/// The same for what writes no event.
pub fn refuse_writing(tenant: Uuid) {
    share(tenant, false);
}

/// The same for what can be left out. False also where a move is just being stopped.
pub fn works_here(tenant: Uuid) -> bool {
    let shared = lock::share_row_or_not(Subject::Move, tenant, false);
    // SAFETY: in a transaction.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    shared && !known().elsewhere.contains_key(&tenant)
}

/// Takes the locks of these tenants exclusively, waiting for whoever writes for them.
pub fn exclude(tenants: &[Uuid]) {
    lock::lock_until_commit(Subject::MoveAny);
    for tenant in tenants {
        lock::lock_row(Subject::Move, *tenant);
    }
}
