//! The server's notices of catalog changes, made by this session or another.

use pgrx::pg_sys::{self, Datum};
use std::cell::RefCell;

/// Called with the relation, or with None where it may be any.
type OfRelation = fn(Option<pg_sys::Oid>);
/// The number of a syscache, and what is called when a row of it has changed.
type OfCache = (i32, fn());

thread_local! {
    static OF_RELATIONS: RefCell<Vec<OfRelation>> = const { RefCell::new(Vec::new()) };
    static OF_CACHES: RefCell<Vec<OfCache>> = const { RefCell::new(Vec::new()) };
}

/// The number of the syscache of schemas by oid; it differs between versions of the server.
const SCHEMAS: i32 = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;
/// The number of the syscache of functions by oid.
const FUNCTIONS: i32 = pg_sys::SysCacheIdentifier::PROCOID as i32;

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
    on_change_of(SCHEMAS, listener);
}

/// Calls the listener when a function, or a privilege on one, has changed. Tables that use it do not report
/// that.
pub fn on_function_change(listener: fn()) {
    on_change_of(FUNCTIONS, listener);
}

fn on_change_of(cache: i32, listener: fn()) {
    let first = OF_CACHES.with_borrow_mut(|listeners| {
        listeners.push((cache, listener));
        listeners.iter().filter(|(of, _)| *of == cache).count() == 1
    });
    if first {
        // SAFETY: the callback is valid as long as the library is loaded.
        unsafe { pg_sys::CacheRegisterSyscacheCallback(cache, Some(at_change), Datum::from(0_usize)) };
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_relation_change(_argument: Datum, relation: pg_sys::Oid) {
    let relation = (relation != pg_sys::InvalidOid).then_some(relation);
    OF_RELATIONS.with_borrow(|listeners| listeners.iter().for_each(|listener| listener(relation)));
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_change(_argument: Datum, cache: i32, _hash: u32) {
    OF_CACHES.with_borrow(|listeners| {
        listeners.iter().filter(|(of, _)| *of == cache).for_each(|(_, listener)| listener());
    });
}
