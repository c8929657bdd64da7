//! What the server tells of changes in the catalog, of this session and of others.

use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;

thread_local! {
    static OF_RELATIONS: RefCell<Vec<fn(Option<pg_sys::Oid>)>> = const { RefCell::new(Vec::new()) };
    static OF_SCHEMAS: RefCell<Vec<fn()>> = const { RefCell::new(Vec::new()) };
}

/// Calls the listener with each relation that has changed; with None where it may be any. It may come at any moment: a
/// listener touches nothing but our own memory.
pub fn on_relation_change(listener: fn(Option<pg_sys::Oid>)) {
    let first = OF_RELATIONS.with_borrow_mut(|listeners| {
        listeners.push(listener);
        listeners.len() == 1
    });
    if first {
        // SAFETY: the callback lives as long as the library.
        unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(at_relation_change), Datum::from(0_usize)) };
    }
}

/// Calls the listener when a schema has changed. A schema's new name is no change of its tables.
pub fn on_schema_change(listener: fn()) {
    let first = OF_SCHEMAS.with_borrow_mut(|listeners| {
        listeners.push(listener);
        listeners.len() == 1
    });
    if first {
        // SAFETY: the callback lives as long as the library.
        unsafe {
            pg_sys::CacheRegisterSyscacheCallback(NAMESPACES, Some(at_schema_change), Datum::from(0_usize));
        }
    }
}

/// The cache of schemas by oid, which is numbered among the other caches of the server.
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
