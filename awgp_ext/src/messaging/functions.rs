//! `authorize_message()` and `test_message()`.

use super::load;
use super::windows::{self, Asked};
use crate::audit::event::Event;
use crate::audit::{actor, append, queue};
use crate::context::{self, Context};
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::datum::from_sql;
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::server_log;
use crate::pg::transaction::refuse_read_only;
use crate::stop;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use awgp_core::isolation_refusals;
use awgp_core::messaging::{Admission, Decision, Party, Question, Relation, Side, decide};
use awgp_core::permissions::{Verb, check_write};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Decides whether a message may be sent, counts it if so, records the decision, and returns it.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn authorize_message(
    from_assistant_id: Option<pgrx::Uuid>,
    to_assistant_id: Option<pgrx::Uuid>,
    channel: Option<Text>,
    content: Option<Text>,
    metadata: default!(Option<Jsonb>, "'{}'"),
) -> JsonB {
    refuse_read_only(c"awgp.authorize_message()");
    let context = tenant_in_context();
    let role = context::user_role().unwrap_or_else(|refusal| raise(&refusal));
    if let Err(error) = check_write(role, "message_windows", Verb::Insert, true) {
        raise(&error.into());
    }
    let message = Message::read(from_assistant_id, to_assistant_id, channel, content, metadata);
    let (decision, asked) = message.decide(context);
    let decision = if decision.is_allowed() && !asked.is_empty() {
        let (admissions, now) = windows::count(&asked);
        limited(decision, &admissions, now)
    } else {
        decision
    };
    if decision.is_allowed() {
        stop::begins(context.tenant, message.from);
        if let Some(to) = load::party(message.to) {
            stop::begins(to.tenant, to.id);
        }
    }
    let id = message.record(context.tenant, &decision);
    let mut answer = answer(&decision);
    answer["audit_id"] = id.into();
    JsonB(answer)
}

/// What `authorize_message()` would answer at a given time (default: now). Counts and records nothing.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn test_message(
    from_assistant_id: Option<pgrx::Uuid>,
    to_assistant_id: Option<pgrx::Uuid>,
    channel: Option<Text>,
    content: Option<Text>,
    metadata: default!(Option<Jsonb>, "'{}'"),
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> JsonB {
    let at = argument::moment("at", at);
    let context = tenant_in_context();
    let message = Message::read(from_assistant_id, to_assistant_id, channel, content, metadata);
    let (decision, asked) = message.decide(context);
    if !decision.is_allowed() {
        return JsonB(answer(&decision));
    }
    let now = at.map_or_else(clock::timestamp, |at| at.into_inner());
    let admissions = windows::look(&asked, now);
    JsonB(answer(&limited(decision, &admissions, now)))
}

fn tenant_in_context() -> Context {
    context::current().unwrap_or_else(|| raise(&isolation_refusals::no_tenant_context("message_windows")))
}

/// The arguments of a call.
struct Message {
    from: Uuid,
    to: Uuid,
    channel: String,
    text: String,
    fields: Map<String, Value>,
}

impl Message {
    fn read(
        from: Option<pgrx::Uuid>,
        to: Option<pgrx::Uuid>,
        channel: Option<Text>,
        content: Option<Text>,
        metadata: Option<Jsonb>,
    ) -> Self {
        let metadata = metadata.map(|metadata| metadata.with_text(|text| serde_json::from_str(text)));
        let fields = match metadata {
            Some(Ok(Value::Object(fields))) => fields,
            None => Map::new(),
            Some(_) => raise(&bad_argument(
                "metadata",
                "it must be a JSON object of moderate depth, with numbers of 64 bits",
            )),
        };
        Self {
            from: from.as_ref().map_or_else(|| missing("from_assistant_id"), from_sql),
            to: to.as_ref().map_or_else(|| missing("to_assistant_id"), from_sql),
            channel: channel.unwrap_or_else(|| missing("channel")).0,
            text: content.unwrap_or_else(|| missing("content")).0,
            fields,
        }
    }

    /// The decision before rate limits, and the windows to ask.
    fn decide(&self, context: Context) -> (Decision, Vec<Asked>) {
        let Some(own) = load::tenant(context.tenant) else { raise(&isolation_refusals::unknown_tenant()) };
        let (from, to) = (load::party(self.from), load::party(self.to));
        let from = from.filter(|party| party.tenant == context.tenant);
        let other_tenant = |party: &Party| (party.tenant != context.tenant).then_some(party.tenant);
        let other = to.as_ref().and_then(other_tenant).and_then(|id| Some((id, load::tenant(id)?)));
        let relation = match &other {
            None => Relation::Within,
            Some((id, tenant)) => load::relation((context.tenant, &own), (*id, tenant)),
        };
        // For a tenant that may not be sent to, nothing is read either.
        let other = other.filter(|_| relation != Relation::Unrelated);
        let (policies, settings) = (load::policies(context.tenant), own.messaging());
        let theirs = other.as_ref().map(|(id, tenant)| (load::policies(*id), tenant.messaging()));
        let question = Question {
            from: from.as_ref(),
            to: to.as_ref(),
            relation,
            speaker: context.assistant,
            channel: &self.channel,
            text: &self.text,
            fields: &self.fields,
        };
        let side = theirs.as_ref().map(|(policies, settings)| Side { policies, settings });
        let decision = decide(&question, &Side { policies: &policies, settings: &settings }, side.as_ref());
        let tenant_of = |other_side| match (&other, other_side) {
            (Some((id, _)), true) => *id,
            _ => context.tenant,
        };
        let asked = decision.spoken.iter();
        let asked =
            asked.map(|spoken| Asked::new(&spoken.policy, tenant_of(spoken.other_side), self.from, self.to));
        let asked = asked.collect();
        (decision, asked)
    }

    /// Records the decision in the audit trail, and a denial also in the server's log.
    fn record(&self, tenant: Uuid, decision: &Decision) -> i64 {
        let sequence = relation::existing(c"audit_logs_id_seq");
        // Applications have no privilege on the sequence.
        let id = as_owner_past_row_security(c"message_windows", || append::next_id(sequence));
        let facts = self.facts(decision);
        if !decision.is_allowed() {
            log_denial(tenant, self.from, &facts);
        }
        queue::push(Event {
            id: Some(id),
            at: None,
            tenant,
            actor: actor::current(),
            action: if decision.is_allowed() { "message.allowed" } else { "message.denied" }.to_owned(),
            entity_type: "message".to_owned(),
            entity_id: Some(self.from),
            before: None,
            after: Some(Jsonb::from_text(&facts.to_string())),
            metadata: None,
            left_out: Vec::new(),
            erasable: Vec::new(),
        });
        id
    }

    /// The recorded facts of a message: never its text or its fields.
    fn facts(&self, decision: &Decision) -> Value {
        let told = decision.to_json();
        let policies = decision.spoken.iter().filter(|spoken| !spoken.other_side);
        json!({
            "to_assistant_id": self.to.to_string(),
            // Shortened, because a caller may pass a name of any length.
            "channel": self.channel.chars().take(63).collect::<String>(),
            "characters": self.text.chars().count(),
            "reason": decision.reason(),
            "policy_id": told["policy_id"],
            "rule": told["rule"],
            "policies": policies.map(|spoken| spoken.policy.id.to_string()).collect::<Vec<_>>(),
            "retry_after_seconds": decision.retry_after_seconds,
        })
    }
}

/// Adds the answers of the windows, whose times are on PostgreSQL's clock.
fn limited(decision: Decision, admissions: &[Admission], now: i64) -> Decision {
    let since_1970 = |moment: i64| timestamp_from_postgres(moment).unwrap_or(i64::MAX);
    let moved = |admission: &Admission| match admission {
        Admission::Full { free_at_us } => Admission::Full { free_at_us: free_at_us.map(since_1970) },
        Admission::Free => Admission::Free,
    };
    let admissions: Vec<Admission> = admissions.iter().map(moved).collect();
    decision.limit(&admissions, since_1970(now))
}

fn answer(decision: &Decision) -> Value {
    let mut answer = decision.to_json();
    answer["retry_at"] = decision.retry_at_us.map(format_timestamp).into();
    answer
}

/// Writes a line to the server's log.
fn log_denial(tenant: Uuid, from: Uuid, facts: &Value) {
    let reason = facts["reason"].as_str().unwrap_or_default();
    let mut detail = Map::new();
    for key in ["reason", "to_assistant_id", "channel", "policy_id", "rule"] {
        detail.insert(key.to_owned(), facts[key].clone());
    }
    detail.insert("tenant_id".to_owned(), tenant.to_string().into());
    detail.insert("from_assistant_id".to_owned(), from.to_string().into());
    server_log::leave(format!("awgp: message denied: {reason}"), &Value::Object(detail));
}

fn bad_argument(argument: &str, rule: &str) -> Refusal {
    Refusal::new(Reason::OutOfRange, format!("{argument} is not valid"), format!("Check {argument}: {rule}."))
        .with("argument", argument)
}

fn missing(argument: &str) -> ! {
    raise(&bad_argument(argument, "it must not be NULL"))
}
