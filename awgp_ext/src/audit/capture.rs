//! The trigger that turns a change of a governed row into an event.
//!
//! `AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW EXECUTE FUNCTION awgp.capture('entity', 'exclude=a,b',
//! 'mask=c')`: after, because only then it is certain what the row has become. It runs as whoever made the
//! change: a type of the application's own may have a cast to json, and that must not run with more rights.

use super::event::Event;
use super::image::{self, Columns, Image};
use super::{actor, queue};
use crate::identity::last_login;
use crate::raise::raise;
use crate::trigger::{TriggerCall, nothing, row_security_binds, trigger_function};
use crate::{context, relation};
use awgp_core::tenancy;
use pgrx::pg_sys::{self, Datum};
use std::borrow::Cow;
use uuid::Uuid;

trigger_function!(awgp_capture, pg_finfo_awgp_capture, capture);

/// Columns that move with every UPDATE: alone they are no change.
const MOVES_ALWAYS: [&str; 1] = ["updated_at"];

/// exclude=… and mask=…, each once.
const OPTIONS_MAX: usize = 2;

fn capture(call: &TriggerCall) -> Datum {
    if last_login::is_keeping() {
        return nothing();
    }
    let arguments: Vec<Cow<'_, str>> = (1..=OPTIONS_MAX)
        .map(|number| call.argument_text(number))
        .take_while(|argument| !argument.is_empty())
        .collect();
    let columns = columns(&arguments);
    let change = call.change();
    if let (Some(old), Some(new)) = (change.old, change.new) {
        let mut ignored = columns.excluded.clone();
        ignored.extend(MOVES_ALWAYS);
        // SAFETY: both are rows of the trigger's table.
        if !unsafe { image::differ(old, new, change.descriptor, &ignored) } {
            return nothing();
        }
    }
    // SAFETY: rows of the trigger's table.
    let image = |tuple: Option<pg_sys::HeapTuple>| -> Option<Image> {
        tuple.map(|tuple| unsafe { image::of_row(tuple, change.descriptor, &columns) })
    };
    let record = |row: pg_sys::HeapTuple, before: Option<Image>, after: Option<Image>| {
        let mut left_out = Vec::new();
        let mut state = |name: &str, image: Option<Image>| {
            let image = image?;
            left_out.extend(image.left_out.iter().map(|column| format!("{name}.{column}")));
            Some(image.state)
        };
        let (before, after) = (state("before_state", before), state("after_state", after));
        let tenant = owner(call, row).unwrap_or_else(queue::installation);
        refuse_foreign_tenant(call.argument(0), tenant);
        queue::push(Event {
            id: None,
            tenant,
            actor: actor::current(),
            action: change.action.to_owned(),
            entity_type: call.argument_text(0).into_owned(),
            entity_id: call.uuid_of_row(row, c"id"),
            before,
            after,
            metadata: None,
            left_out,
        });
    };
    match (change.old, change.new) {
        // A row that moved to another tenant: each trail says what its own tenant lost or got, and no more.
        (Some(old), Some(new)) if owner(call, old) != owner(call, new) => {
            record(old, image(Some(old)), None);
            record(new, None, image(Some(new)));
        }
        (old, new) => {
            if let Some(row) = new.or(old) {
                record(row, image(old), image(new));
            }
        }
    }
    nothing()
}

/// The tenant whose row it is: a tenant's own row is its own; none for what belongs to no tenant.
fn owner(call: &TriggerCall, row: pg_sys::HeapTuple) -> Option<Uuid> {
    let is_tenants = call.argument(0) == "tenants";
    call.uuid_of_row(row, if is_tenants { c"id" } else { c"tenant_id" })
}

/// A row of an application's own table, which no policy of ours guards, is recorded for the tenant in context
/// alone: nobody writes into another tenant's trail.
fn refuse_foreign_tenant(entity: &str, tenant: Uuid) {
    let is_own_table = entity.contains('.');
    let bound = || row_security_binds(relation::oid(c"audit_logs"));
    if is_own_table && context::current().is_none_or(|context| context.tenant != tenant) && bound() {
        raise(&tenancy::foreign_tenant(entity));
    }
}

fn columns<'a>(arguments: &'a [Cow<'_, str>]) -> Columns<'a> {
    let mut columns = Columns::default();
    for argument in arguments {
        if let Some(names) = argument.strip_prefix("exclude=") {
            columns.excluded = names.split(',').collect();
        } else if let Some(names) = argument.strip_prefix("mask=") {
            columns.masked = names.split(',').collect();
        }
    }
    columns
}
