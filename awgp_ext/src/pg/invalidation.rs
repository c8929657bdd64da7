//! The server's notices of catalog changes, made by this session or another.

use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;

/// Called with the relation, or with None where it may be any.
type OfRelation = fn(Option<pg_sys::Oid>);

thread_local! {
    static OF_RELATIONS: RefCell<Vec<OfRelation>> = const { RefCell::new(Vec::new()) };
    static OF_SCHEMAS: RefCell<Vec<fn()>> = const { RefCell::new(Vec::new()) };
}

/// Calls the listener with each relation that has changed, and with None where any relation may have. It may
/// be called at any moment, so a listener touches only the extension's own memory.
pub fn on_relation_change(listener: OfRelation) {
    let first = OF_RELATIONS.with_borrow_mut(|listeners| {
        listeners.push(listener);
        listeners.len() == 1
    });
    if first {
        // SAFETY: the callback is valid as long as the library is loaded.
        unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(at_relation_change), Datum::from(0_usize)) };
    }
}

/// Calls the listener when a schema has changed. Renaming a schema does not report its tables as changed.
pub fn on_schema_change(listener: fn()) {
    let first = OF_SCHEMAS.with_borrow_mut(|listeners| {
        listeners.push(listener);
        listeners.len() == 1
    });
    if first {
        // SAFETY: the callback is valid as long as the library is loaded.
        unsafe {
            pg_sys::CacheRegisterSyscacheCallback(NAMESPACES, Some(at_schema_change), Datum::from(0_usize));
        }
    }
}

/// The number of the syscache of schemas by oid; it differs between versions of the server.
const NAMESPACES: i32 = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_relation_change(_argument: Datum, relation: pg_sys::Oid) {
    let relation = (relation != pg_sys::InvalidOid).then_some(relation);
    OF_RELATIONS.with_borrow(|listeners| listeners.iter().for_each(|listener| listener(relation)));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_schema_change(_argument: Datum, _cache: i32, _hash: u32) {
    OF_SCHEMAS.with_borrow(|listeners| listeners.iter().for_each(|listener| listener()));
}
