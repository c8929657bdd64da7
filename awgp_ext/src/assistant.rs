//! The state machine of assistants, applied by a trigger.

use crate::context;
use crate::import::permit::IMPORT;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::encoding::to_server;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::pg::tuple::Row;
use crate::state_machine::{somebody_acts, user_of};
use awgp_core::assistant::{MACHINE, Status};
use awgp_core::human::Human;
use awgp_core::work::digest::{Configured, assistant_digest};
use pgrx::pg_sys::Datum;
use std::ffi::CStr;
use uuid::Uuid;

trigger_function!(awgp_assistant_machine, pg_finfo_awgp_assistant_machine, assistant_machine);

fn status(row: &Row) -> Option<Status> {
    row.text(c"status").and_then(|name| Status::named(&name))
}

/// Checks the transition of the status, and maintains its time and reason and the assistant's creator.
fn assistant_machine(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return call.keep();
    }
    let new = call.new_row();
    // A value that is not a status is left to the table's CHECK.
    let (Some(to), Some(tenant)) = (status(&new), new.uuid(c"tenant_id")) else { return call.keep() };
    let user = user_of(tenant);
    if call.is_row_insert() {
        if let Err(refusal) = MACHINE.begin(to) {
            raise(&refusal);
        }
        let mut columns = vec![(c"status_changed_at", Some(Datum::from(clock::timestamp())))];
        columns.extend(match user.map(context::human) {
            Some(human) => [
                (c"created_by", uuid(human.user)),
                (c"creator_issuer", human.issuer.as_deref().and_then(to_server)),
                (c"creator_subject", human.subject.as_deref().and_then(to_server)),
            ],
            None => [
                (c"created_by", new.datum(c"created_by")),
                (c"creator_issuer", None),
                (c"creator_subject", None),
            ],
        });
        return call.with_columns(&columns);
    }
    let old = call.old_row();
    let from = status(&old).unwrap_or(to);
    // With a user or assistant in context the creator cannot change: a creator, who may not approve, remains
    // the creator. A creator named by the system has presented no token.
    let stays = somebody_acts() || new.uuid(c"created_by") == old.uuid(c"created_by");
    let kept = |column: &'static CStr| (column, if stays { old.datum(column) } else { None });
    let mut columns = vec![kept(c"creator_issuer"), kept(c"creator_subject")];
    columns.push((c"created_by", if stays { old.datum(c"created_by") } else { new.datum(c"created_by") }));
    if from == to {
        columns.push((c"status_changed_at", old.datum(c"status_changed_at")));
        columns.push((c"status_reason", old.datum(c"status_reason")));
        return call.with_columns(&columns);
    }
    if let Err(refusal) = MACHINE.verb_between(from, to) {
        raise(&refusal);
    }
    let same_reason = new.text(c"status_reason") == old.text(c"status_reason");
    let reason = if same_reason { None } else { new.datum(c"status_reason") };
    columns.push((c"status_changed_at", Some(Datum::from(clock::timestamp()))));
    columns.push((c"status_reason", reason));
    call.with_columns(&columns)
}

/// The creator of a tenant's assistant.
pub fn creator_of(tenant: Uuid, assistant: Uuid) -> Option<Human> {
    let mut creator = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        if row.uuid(c"tenant_id") == Some(tenant) {
            creator = row.uuid(c"created_by").map(|user| Human {
                user,
                issuer: row.text(c"creator_issuer"),
                subject: row.text(c"creator_subject"),
            });
        }
    });
    creator
}

/// The digest of an assistant's configuration, as an approval pins it; None where the assistant does not
/// exist.
pub fn configuration_digest(tenant: Uuid, assistant: Uuid) -> Option<[u8; 32]> {
    let mut digest = None;
    relation::for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", assistant, |row| {
        let (Some(configuration), Some(model_config)) =
            (row.jsonb(c"configuration"), row.jsonb(c"model_config"))
        else {
            return;
        };
        if row.uuid(c"tenant_id") == Some(tenant) {
            let capabilities = row.text_array(c"capabilities");
            digest = Some(configuration.with_text(|configuration| {
                model_config.with_text(|model_config| {
                    assistant_digest(&Configured {
                        configuration,
                        model_config,
                        capabilities: capabilities.as_deref(),
                    })
                })
            }));
        }
    });
    digest
}
