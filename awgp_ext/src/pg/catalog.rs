//! The oids of AWGP's own relations. The catalog is asked once; the answer is kept until the server reports
//! that the relation has changed.

use super::invalidation::on_relation_change;
use pgrx::pg_sys;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString};

thread_local! {
    static OIDS: RefCell<HashMap<CString, pg_sys::Oid>> = RefCell::new(HashMap::new());
}

/// Listens for changes of relations; called once per backend.
pub fn listen() {
    on_relation_change(|changed| {
        OIDS.with_borrow_mut(|oids| match changed {
            Some(relation) => oids.retain(|_, oid| *oid != relation),
            None => oids.clear(),
        });
    });
}

/// The oid of a relation of AWGP's; InvalidOid where it does not exist.
pub fn relation_oid(name: &CStr) -> pg_sys::Oid {
    if let Some(oid) = OIDS.with_borrow(|oids| oids.get(name).copied()) {
        return oid;
    }
    // SAFETY: a syscache look-up. It may process invalidations that empty OIDS, so OIDS is not borrowed here.
    let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), namespace()) };
    if oid != pg_sys::InvalidOid {
        OIDS.with_borrow_mut(|oids| oids.insert(name.to_owned(), oid));
    }
    oid
}

/// PostgreSQL's ClanguageId (pg_language.dat).
const C_LANGUAGE: u32 = 13;

/// True for a function of AWGP's schema in the language C, as the extension makes them; an operator's are in
/// other languages.
pub fn is_own_c_function(function: pg_sys::Oid) -> bool {
    // SAFETY: a syscache look-up; the row is released after it was read.
    unsafe {
        let key = pg_sys::Datum::from(function);
        let found = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, key);
        if found.is_null() {
            return false;
        }
        let row = &*pg_sys::GETSTRUCT(found).cast::<pg_sys::FormData_pg_proc>();
        let is_own = row.prolang.to_u32() == C_LANGUAGE && row.pronamespace == namespace();
        pg_sys::ReleaseSysCache(found);
        is_own
    }
}

/// The oid of AWGP's schema.
pub fn namespace() -> pg_sys::Oid {
    // SAFETY: a syscache look-up.
    unsafe { pg_sys::get_namespace_oid(c"awgp".as_ptr(), false) }
}

/// The same; InvalidOid in a database without AWGP.
pub fn namespace_if_any() -> pg_sys::Oid {
    // SAFETY: a syscache look-up.
    unsafe { pg_sys::get_namespace_oid(c"awgp".as_ptr(), true) }
}
