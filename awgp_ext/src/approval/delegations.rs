//! The trigger that applies the rules of delegations: they are given within the delegator's own authority,
//! revoked once, and otherwise never changed.

use super::people::{self, Keep};
use super::policy;
use crate::audit::erasable::is_erasing;
use crate::import::permit::IMPORT;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::encoding::to_server;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::state_machine::user_of;
use awgp_core::approval::decide::no_user;
use awgp_core::approval::delegation::{check_risk_levels, fixed};
use awgp_core::approval::machine_written;
use awgp_core::isolation_refusals;
use awgp_core::refusal::Refusal;
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;
use uuid::Uuid;

trigger_function!(awgp_delegation_machine, pg_finfo_awgp_delegation_machine, delegation_machine);
trigger_function!(awgp_guard_decision, pg_finfo_awgp_guard_decision, guard_decision);

fn delegation_machine(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return call.keep();
    }
    let row = call.new_row();
    let Some(tenant) = row.uuid(c"tenant_id") else { return call.keep() };
    if call.is_row_insert() {
        let delegator = row.uuid(c"delegator_id").or_else(|| user_of(tenant));
        let delegator = delegator.unwrap_or_else(|| raise(&no_user()));
        let given = check_given(tenant, delegator, row.integers(c"risk_levels").as_deref());
        let subject = given.unwrap_or_else(|refusal| raise(&refusal));
        let starts_at = row.datum(c"starts_at").unwrap_or_else(|| Datum::from(clock::timestamp()));
        return call.with_columns(&[
            (c"delegator_id", uuid(delegator)),
            (c"delegator_subject", subject.as_deref().and_then(to_server)),
            (c"starts_at", Some(starts_at)),
            (c"is_active", true.into_datum()),
            (c"revoked_at", None),
        ]);
    }
    let old = call.old_row();
    for column in [c"id", c"delegator_id", c"delegate_id"] {
        if row.uuid(column) != old.uuid(column) {
            raise(&fixed(&column.to_string_lossy()));
        }
    }
    for column in [c"starts_at", c"ends_at"] {
        if row.bigint(column) != old.bigint(column) {
            raise(&fixed(&column.to_string_lossy()));
        }
    }
    if row.integers(c"risk_levels") != old.integers(c"risk_levels") {
        raise(&fixed("risk_levels"));
    }
    let revoked_at = match (old.flag(c"is_active"), row.flag(c"is_active")) {
        (false, true) => raise(&fixed("is_active")),
        (true, false) => Some(Datum::from(clock::timestamp())),
        _ => old.datum(c"revoked_at"),
    };
    call.with_columns(&[
        (c"revoked_at", revoked_at),
        (c"created_at", old.datum(c"created_at")),
        (c"delegator_subject", old.datum(c"delegator_subject")),
    ])
}

/// Checks that the delegator has the authority that is delegated, and returns their subject. A delegator who
/// is not a user of the tenant is left to the foreign key.
fn check_given(
    tenant: Uuid,
    delegator: Uuid,
    risk_levels: Option<&[i32]>,
) -> Result<Option<String>, Refusal> {
    let Some(person) = people::user(tenant, delegator, Keep::Seen) else { return Ok(None) };
    if !person.is_active {
        return Err(isolation_refusals::unknown_user());
    }
    // Values outside 0 to 5 and an empty list are left to the table's CHECK.
    let levels = risk_levels.filter(|levels| levels.iter().all(|level| (0..=5).contains(level)));
    check_risk_levels(&policy::of(tenant)?, person.role, levels)?;
    Ok(person.human.subject)
}

/// Only AWGP writes votes, and they never change, but for comments that an erasure removes.
fn guard_decision(call: &TriggerCall) -> Datum {
    if call.is_row_insert() && crate::state_machine::EFFECT.is_held() {
        return call.keep();
    }
    // An erasure removes the comment, and nothing else.
    if call.is_update() && is_erasing() {
        return call.keep();
    }
    raise(&machine_written(call.argument(0)));
    #[allow(unreachable_code)]
    nothing()
}
