//! Events that do not come from a change of a governed table.

use super::actor::RESERVED;
use super::erasable::{self, Taken};
use super::event::Event;
use super::left_out::{self, Masked};
use super::{actor, append, queue};
use crate::audit::settings;
use crate::context;
use crate::pg::argument;
use crate::pg::datum::from_sql;
use crate::pg::encoding::{Text, bytes_from_server};
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::text::members;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::transaction::refuse_read_only;
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;

/// The longest action or entity_type, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Records an event of the tenant in context and returns its audit id. `metadata.origin` distinguishes it
/// from changes that the audit trail has captured.
///
/// SECURITY DEFINER, because applications may not use the sequence of ids; it only writes a row of the tenant
/// in context, with the actor in context.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::too_many_arguments, reason = "arguments of the SQL function")]
fn log_event(
    action: Option<Text>,
    entity_type: Option<Text>,
    entity_id: default!(Option<pgrx::Uuid>, "NULL"),
    before: default!(Option<Jsonb>, "NULL"),
    after: default!(Option<Jsonb>, "NULL"),
    metadata: default!(Option<Jsonb>, "NULL"),
    erasable: default!(Option<Vec<Option<String>>>, "NULL"),
    subject: default!(Option<Text>, "NULL"),
) -> i64 {
    refuse_read_only(c"awgp.log_event()");
    let Some(context) = context::current() else {
        raise(&isolation_refusals::no_tenant_context("audit_logs"))
    };
    let actor = actor::current();
    let limit = settings::event_max();
    let mut left_out = Vec::new();
    let parts = Parts { before, after, metadata };
    let subject =
        subject.map(|Text(subject)| subject).or_else(|| Some(from_sql(entity_id.as_ref()?).to_string()));
    let (Parts { before, after, metadata }, taken) = without_erasable(parts, erasable, subject.as_deref());
    let metadata = match metadata {
        None => None,
        Some(facts) if facts.is_object() => Some(metadata_within(facts, limit / 2, &mut left_out)),
        Some(_) => raise(&bad_argument("metadata", "it must be a JSON object")),
    };
    let before = before.map(|state| masked("before_state", state, limit, &mut left_out));
    let after = after.map(|state| masked("after_state", state, limit, &mut left_out));
    let metadata = Some(actor.logged(metadata));
    erasable::share(context.tenant, &taken);
    let id = append::next_id(relation::existing(c"audit_logs_id_seq"));
    queue::push(Event {
        id: Some(id),
        at: None,
        tenant: context.tenant,
        actor,
        action: name("action", action),
        entity_type: name("entity_type", entity_type),
        entity_id: entity_id.as_ref().map(from_sql),
        before,
        after,
        metadata,
        left_out,
        erasable: taken,
    });
    id
}

/// What a client says of an event.
struct Parts {
    before: Option<Jsonb>,
    after: Option<Jsonb>,
    metadata: Option<Jsonb>,
}

/// The parts with commitments in place of the members that can be erased, and their values. They are taken
/// out first: what is left out later is replaced by a digest, by which a guess could be tested.
fn without_erasable(
    parts: Parts,
    names: Option<Vec<Option<String>>>,
    subject: Option<&str>,
) -> (Parts, Vec<Taken>) {
    let names = argument::texts("erasable", names.unwrap_or_default());
    let mut taken = Vec::new();
    if names.is_empty() {
        return (parts, taken);
    }
    if subject.is_none_or(|subject| subject.trim().is_empty() || subject.len() > NAME_BYTES_MAX) {
        raise(&bad_argument(
            "subject",
            "name whose the erasable values are, in 1 to 200 bytes, or pass entity_id",
        ))
    }
    let named = [&parts.before, &parts.after, &parts.metadata];
    let is_there =
        |name: &&String| named.iter().any(|part| part.as_ref().is_some_and(|part| has(part, name)));
    if let Some(missing) = names.iter().find(|name| !is_there(name)) {
        raise(
            &bad_argument("erasable", "neither before nor after nor metadata has a member of this name")
                .with("member", missing.as_str()),
        )
    }
    let is_erasable = |name: &str| names.iter().any(|named| named == name) && !RESERVED.contains(&name);
    let mut without = |place, part: Option<Jsonb>| {
        part.map(|part| erasable::take(place, part, &is_erasable, subject, &mut taken))
    };
    let before = without("before_state", parts.before);
    let after = without("after_state", parts.after);
    let metadata = without("metadata", parts.metadata);
    (Parts { before, after, metadata }, taken)
}

/// True where an object has a member of this name.
fn has(part: &Jsonb, name: &str) -> bool {
    let members = members(part.bytes(), usize::MAX).unwrap_or_default();
    members.iter().any(|member| bytes_from_server(member.key) == name)
}

/// Writes the events that the running transaction has recorded so far, so that the transaction can read them,
/// and returns their number. At commit this happens automatically.
#[pg_extern(volatile, parallel_unsafe)]
fn flush_audit() -> i64 {
    i64::try_from(queue::flush()).unwrap_or(i64::MAX)
}

/// The state without its secrets. A state that has no secrets is measured later, with the rest of the event.
pub fn masked(name: &'static str, state: Jsonb, limit: usize, left_out: &mut Vec<String>) -> Jsonb {
    match left_out::masked(state.bytes(), limit) {
        Masked::AsItIs => state,
        Masked::Text(text) => Jsonb::from_text(&text),
        Masked::TooLong => within(name, state, limit, left_out),
    }
}

/// Limits a client's metadata to half of an event's room.
fn metadata_within(facts: Jsonb, limit: usize, left_out: &mut Vec<String>) -> Jsonb {
    let facts = masked("metadata", facts, limit, left_out);
    if left_out::is_longer(facts.bytes(), limit) { within("metadata", facts, limit, left_out) } else { facts }
}

fn within(name: &'static str, state: Jsonb, limit: usize, left_out: &mut Vec<String>) -> Jsonb {
    let fitted = left_out::fit(&[(name, Some(&state))], limit);
    left_out.extend(fitted.names);
    fitted.states.into_iter().flatten().next().unwrap_or(state)
}

fn name(argument: &str, value: Option<Text>) -> String {
    match value {
        Some(Text(text)) if !text.trim().is_empty() && text.len() <= NAME_BYTES_MAX => text,
        _ => raise(&bad_argument(argument, "it must be a text of 1 to 200 bytes")),
    }
}

fn bad_argument(argument: &str, rule: &str) -> Refusal {
    Refusal::new(Reason::OutOfRange, format!("{argument} is not valid"), format!("Check {argument}: {rule}."))
        .with("argument", argument)
}
