//! The trigger of templates.

use super::content;
use crate::pg::encoding::to_server;
use crate::pg::raise::raise;
use crate::pg::role::row_security_binds;
use crate::pg::trigger::{TriggerCall, trigger_function};
use awgp_core::templates::digest::digest;
use awgp_core::templates::system_template;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_guard_template, pg_finfo_awgp_guard_template, guard_template);

/// Only AWGP writes the templates that it ships. Version and digest follow the content of every template.
fn guard_template(call: &TriggerCall) -> Datum {
    let inserted = call.is_row_insert();
    let old = (!inserted).then(|| call.old_row());
    if call.operation() == "delete" {
        if old.is_some_and(|old| old.flag(c"is_system")) {
            refuse_if_bound(call, &call.old_text(c"slug").unwrap_or_default());
        }
        return call.keep();
    }
    let new = call.new_row();
    let (old_digest, version) = match &old {
        None => (None, 1),
        Some(old) => (old.text(c"content_digest"), old.integer(c"version").unwrap_or(1)),
    };
    let digest = digest(&content(&new));
    let changed = old_digest.as_ref().is_some_and(|old| *old != digest);
    if new.flag(c"is_system") || old.as_ref().is_some_and(|old| old.flag(c"is_system")) {
        // Allows a statement over all templates that does not change the shipped ones.
        let label =
            |row: &crate::pg::tuple::Row| (row.text(c"name"), row.text(c"slug"), row.flag(c"is_system"));
        let untouched = old
            .as_ref()
            .is_some_and(|old| !changed && label(old) == label(&new) && old.uuid(c"id") == new.uuid(c"id"));
        if !untouched {
            refuse_if_bound(call, &new.text(c"slug").unwrap_or_default());
        }
    }
    let version = version + i32::from(changed);
    call.with_columns(&[(c"version", Some(Datum::from(version))), (c"content_digest", to_server(&digest))])
}

/// Applies also to administrators, but not to the role that installs AWGP.
fn refuse_if_bound(call: &TriggerCall, slug: &str) {
    if row_security_binds(call.relation_oid()) {
        raise(&system_template(slug));
    }
}
