//! The trigger that turns a change of a governed row into an event.
//!
//! `AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW EXECUTE FUNCTION awgp.capture('entity', 'exclude=a,b',
//! 'mask=c')`: after, because only then it is certain what the row has become. It runs as whoever made the
//! change: a type of the application's own may have a cast to json, and that must not run with more rights.

use super::event::Event;
use super::image::{self, Columns};
use super::{actor, queue};
use crate::jsonb::Jsonb;
use crate::raise::raise;
use crate::trigger::{TriggerCall, nothing, row_security_binds, trigger_function};
use crate::{context, relation};
use awgp_core::tenancy;
use pgrx::pg_sys::{self, Datum};
use uuid::Uuid;

trigger_function!(awgp_capture, pg_finfo_awgp_capture, capture);

/// Columns that move with every UPDATE: alone they are no change.
const MOVES_ALWAYS: [&str; 1] = ["updated_at"];

fn capture(call: &TriggerCall) -> Datum {
    let columns = columns(call);
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
    let image = |tuple: Option<pg_sys::HeapTuple>| -> Option<Jsonb> {
        tuple.map(|tuple| unsafe { image::of_row(tuple, change.descriptor, &columns) })
    };
    let entity_id = call.affected_uuid(c"id");
    let tenant = tenant(call, entity_id);
    refuse_foreign_tenant(call.argument(0), tenant);
    queue::push(Event {
        subtransaction: queue::current_subtransaction(),
        id: None,
        tenant,
        actor: actor::current(),
        action: change.action.to_owned(),
        entity_type: call.argument(0).to_owned(),
        entity_id,
        before: image(change.old),
        after: image(change.new),
        metadata: None,
    });
    nothing()
}

/// The tenant whose row it is: a tenant's own row is its own; what belongs to no tenant is the installation's.
fn tenant(call: &TriggerCall, entity_id: Option<Uuid>) -> Uuid {
    let own = if call.argument(0) == "tenants" { entity_id } else { call.affected_uuid(c"tenant_id") };
    own.unwrap_or_else(queue::installation)
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

fn columns<'a>(call: &'a TriggerCall) -> Columns<'a> {
    let mut columns = Columns::default();
    for argument in (1..).map(|number| call.argument(number)).take_while(|argument| !argument.is_empty()) {
        if let Some(names) = argument.strip_prefix("exclude=") {
            columns.excluded = names.split(',').collect();
        } else if let Some(names) = argument.strip_prefix("mask=") {
            columns.masked = names.split(',').collect();
        }
    }
    columns
}
