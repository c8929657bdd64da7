//! The trigger that turns a change of a governed row into an event.
//!
//! `AFTER INSERT OR UPDATE OR DELETE … FOR EACH ROW EXECUTE FUNCTION awgp.capture('entity', …)`: after,
//! because only then is the row's final content known. It runs as the role that made the change: an
//! application's own type may have a cast to json, which must not run with more privileges.
//!
//! The owner of a table can create such a trigger by hand, and restoring a dump does. So rows of an
//! application's own table are recorded under the table's name, not under an argument of the trigger.

use super::actor::{self, Actor};
use super::erasable::{self, Taken};
use super::event::Event;
use super::image::{self, Image};
use super::queue;
use super::rules::{self, Key, Rules};
use super::value;
use crate::audit::installation;
use crate::context;
use crate::identity::last_login::LOGIN_TIME;
use crate::import::permit::IMPORT;
use crate::pg::datum;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::row_security_binds;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple;
use awgp_core::audit::entity::entity_id;
use awgp_core::audit::erasable::own_table;
use awgp_core::isolation_refusals;
use pgrx::pg_sys::{self, Datum};
use pgrx::{PgLogLevel, PgSqlErrorCode};
use serde_json::json;
use uuid::Uuid;

/// The part of metadata that marks the event of an imported row.
const IMPORTED: &str = r#"{"imported": true}"#;

trigger_function!(awgp_capture, pg_finfo_awgp_capture, capture);

fn capture(call: &TriggerCall) -> Datum {
    if !call.is_after_row() {
        pgrx::ereport!(
            PgLogLevel::ERROR,
            PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            "awgp.capture() must be called by an AFTER trigger FOR EACH ROW",
            "Create the trigger with awgp.track_table()."
        );
    }
    if LOGIN_TIME.is_held() {
        return nothing();
    }
    let rules = rules::of(call);
    let change = call.change();
    if let (Some(old), Some(new)) = (change.old, change.new) {
        let is_ignored = |column: &pg_sys::FormData_pg_attribute| {
            usize::try_from(column.attnum - 1).is_ok_and(|place| rules.is_ignored[place])
        };
        // SAFETY: both are rows of the trigger's table.
        if !unsafe { tuple::differ(old, new, change.descriptor, is_ignored) } {
            return nothing();
        }
    }
    let image = |tuple: Option<pg_sys::HeapTuple>| -> Option<Shown> {
        let tuple = tuple?;
        // SAFETY: a row of the trigger's table, to which the rules belong.
        let image = unsafe { image::of_row(tuple, change.descriptor, &rules.treatments, &rules.shown) };
        let subject = rules.erasable.as_ref().map(|erasable| erasable.subject);
        let subject = subject.filter(|_| !erasable::is_erasing());
        Some(Shown { image, subject: subject.and_then(|number| subject_of(call, tuple, number)) })
    };
    let record = |row: pg_sys::HeapTuple, before: Option<Shown>, after: Option<Shown>| {
        let mut taken = Vec::new();
        let (before, after) = without_erasable(&rules, before, after, &mut taken);
        let mut left_out = Vec::new();
        let mut state = |name: &str, image: Option<Image>| {
            let image = image?;
            left_out.extend(image.left_out.iter().map(|column| format!("{name}.{column}")));
            Some(image.state)
        };
        let (before, after) = (state("before_state", before), state("after_state", after));
        let tenant = owner(call, &rules, row).unwrap_or_else(installation::id);
        if !rules.is_own {
            refuse_foreign_tenant(&rules.entity, tenant);
        }
        erasable::share(tenant, &taken);
        let actor = actor::current();
        let (entity_id, metadata) = match &rules.key {
            Key::Uuid(number) => (uuid_of(call, row, *number), imported(call, &actor)),
            Key::Columns(numbers) => {
                let key = key_of(call, row, numbers);
                let told = Jsonb::from_text(&json!({ "key": key }).to_string());
                (Some(entity_id(&key)), Some(actor.metadata.with(&told)))
            }
            Key::None => (None, None),
        };
        queue::push(Event {
            id: None,
            at: None,
            tenant,
            actor,
            action: change.action.to_owned(),
            entity_type: rules.entity.clone(),
            entity_id,
            before,
            after,
            metadata,
            left_out,
            erasable: taken,
        });
    };
    match (change.old, change.new) {
        // The row moved to another tenant: each tenant's trail records only that tenant's side.
        (Some(old), Some(new)) if owner(call, &rules, old) != owner(call, &rules, new) => {
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

/// The image of a row, and whose its erasable values are.
struct Shown {
    image: Image,
    subject: Option<String>,
}

/// The images with commitments in place of erasable values, which are taken out of them.
fn without_erasable(
    rules: &Rules,
    before: Option<Shown>,
    after: Option<Shown>,
    taken: &mut Vec<Taken>,
) -> (Option<Image>, Option<Image>) {
    if erasable::is_erasing() {
        let own = if rules.is_own { own_table(&rules.entity) } else { None };
        let (before, after) = (before.map(|shown| shown.image), after.map(|shown| shown.image));
        return match (own, before, after) {
            (Some(own), Some(Image { state, left_out }), Some(after)) => {
                let is_erasable = |name: &str| own.column(name).is_some();
                let state = erasable::take_erased(state, &after.state, &is_erasable, taken);
                (Some(Image { state, left_out }), Some(after))
            }
            (_, before, after) => (before, after),
        };
    }
    let mut without = |place, shown: Option<Shown>| {
        let Shown { image, subject } = shown?;
        let Some(columns) = rules.erasable.as_ref().map(|erasable| &erasable.columns) else {
            return Some(image);
        };
        let is_erasable = |name: &str| columns.iter().any(|column| column == name);
        let state = erasable::take(place, image.state, &is_erasable, subject.as_deref(), taken);
        Some(Image { state, ..image })
    };
    let before = without("before_state", before);
    let after = without("after_state", after);
    (before, after)
}

/// Whose the erasable values of a row are: the text of its subject column.
fn subject_of(call: &TriggerCall, row: pg_sys::HeapTuple, number: i16) -> Option<String> {
    let datum = call.column_of(row, number)?;
    // SAFETY: a column of the trigger's table, with the type from its descriptor.
    Some(unsafe {
        let descriptor = (*call.relation()).rd_att;
        value::printed(datum, pg_sys::SPI_gettypeid(descriptor, i32::from(number)))
    })
}

/// The mark of a row that an import brings in. What a client writes has an `origin` besides.
fn imported(call: &TriggerCall, actor: &Actor) -> Option<Jsonb> {
    IMPORT.is_held_for(call.relation_oid()).then(|| actor.metadata.with(&Jsonb::from_text(IMPORTED)))
}

fn uuid_of(call: &TriggerCall, row: pg_sys::HeapTuple, number: i16) -> Option<Uuid> {
    // SAFETY: the rules name a uuid column.
    call.column_of(row, number).map(|datum| unsafe { datum::uuid_of(datum) })
}

/// The values of the primary key as text. They are never NULL.
fn key_of(call: &TriggerCall, row: pg_sys::HeapTuple, numbers: &[i16]) -> Vec<String> {
    let printed = |number: &i16| {
        let datum = call.column_of(row, *number);
        // SAFETY: a column of the trigger's table, with the type from its descriptor.
        datum.map_or_else(String::new, |datum| unsafe {
            let descriptor = (*call.relation()).rd_att;
            value::printed(datum, pg_sys::SPI_gettypeid(descriptor, i32::from(*number)))
        })
    };
    numbers.iter().map(printed).collect()
}

/// The tenant that the row belongs to: for a row of tenants its own id; None for a row without a tenant.
fn owner(call: &TriggerCall, rules: &Rules, row: pg_sys::HeapTuple) -> Option<Uuid> {
    let is_tenants = rules.is_own && rules.entity == "tenants";
    call.uuid_of_row(row, if is_tenants { c"id" } else { c"tenant_id" })
}

/// Rows of an application's own table, which no policy of AWGP guards, are recorded only for the tenant in
/// context: so nobody writes into another tenant's audit trail.
fn refuse_foreign_tenant(entity: &str, tenant: Uuid) {
    let bound = || row_security_binds(relation::oid(c"audit_logs"));
    if context::current().is_none_or(|context| context.tenant != tenant) && bound() {
        raise(&isolation_refusals::foreign_tenant(entity));
    }
}
