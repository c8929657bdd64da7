//! The trigger that every write of a conversation passes.
//!
//! `BEFORE INSERT OR UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.keep_conversation('conversation_logs')`. The
//! rules on a row's content apply to every role; the rules on who may do what apply to roles that are bound
//! by row-level security. The columns that the system maintains are set here, whatever the statement sets.

use super::external::{Found, Logged};
use super::{ledger, salt};
use crate::context;
use crate::guard::binds;
use crate::import::permit::IMPORT;
use crate::pg::clock;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::encoding::to_server;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::{or_raise, raise};
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::isolation_refusals;
use awgp_core::records::commitment::{Kind, commitment};
use awgp_core::records::conversation::{
    State, Step, Wanted, check_keeper, check_reason, other_assistant, step, unknown_conversation,
};
use awgp_core::records::messages::Messages;
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use std::ffi::CStr;

trigger_function!(awgp_keep_conversation, pg_finfo_awgp_keep_conversation, keep_conversation);

/// The columns that are set at the INSERT and never change, with the names used in refusals.
const FIXED: [(&CStr, &str); 8] = [
    (c"id", "id"),
    (c"assistant_id", "assistant_id"),
    (c"work_item_id", "work_item_id"),
    (c"channel", "channel"),
    (c"external_id", "external_id"),
    (c"model", "model"),
    (c"started_at", "started_at"),
    (c"created_at", "created_at"),
];

/// Columns and the values that replace the statement's.
type Values = Vec<(&'static CStr, Option<Datum>)>;

fn keep_conversation(call: &TriggerCall) -> Datum {
    let change = call.change();
    let Some(new) = change.new else { return call.keep() };
    let new = Row::new(new, change.descriptor);
    match change.old {
        None => made(call, &new),
        Some(old) => changed(call, &Row::new(old, change.descriptor), &new),
    }
}

/// A new conversation.
fn made(call: &TriggerCall, new: &Row) -> Datum {
    let bound = binds(call);
    // A conversation without its content can only come from a restore.
    if !bound && new.bigint(c"erased_at").is_some() {
        return call.keep();
    }
    if bound && new.flag(c"legal_hold") {
        check_who();
    }
    let messages = messages_of(new);
    let parsed = or_raise(Messages::parse(&messages));
    let given = if bound { None } else { new.bytes(c"content_salt") };
    let restored = given.is_some();
    let salt = given.unwrap_or_else(salt::new);
    let mut values: Values = vec![
        (c"message_count", count(&parsed).into_datum()),
        (c"content_salt", salt::datum(&salt)),
        (c"content_digest", digest(&salt, new, &messages)),
        (c"erased_at", None),
        (c"erased_by", None),
        (c"erased_reason", None),
    ];
    let now = clock::timestamp();
    if new.bigint(c"started_at").is_none() {
        let started = new.bigint(c"ended_at").map_or(now, |ended| ended.min(now));
        values.push((c"started_at", Some(Datum::from(started))));
    }
    // A restored or imported conversation keeps its number, or stays without one.
    if !restored && !IMPORT.is_held_for(call.relation_oid()) {
        values.push((c"external_number", external_number(new, &messages).into_datum()));
    }
    values.extend(about(new, told(&parsed)));
    call.with_columns(&values)
}

/// The number of a new conversation among those of its external id, or the number of the existing one that it
/// repeats.
fn external_number(new: &Row, messages: &str) -> Option<i32> {
    let (channel, external_id) = (new.text(c"channel")?, new.text(c"external_id")?);
    let logged = Logged {
        tenant: new.uuid(c"tenant_id")?,
        assistant: new.uuid(c"assistant_id")?,
        work_item: new.uuid(c"work_item_id"),
        channel: &channel,
        external_id: &external_id,
        messages,
    };
    Some(Found::of(&logged).number())
}

/// The columns that follow from the work item and the assistant. Without a work item, the tokens are those in
/// the messages.
fn about(new: &Row, told: Option<i32>) -> Values {
    let mut values = vec![];
    let (Some(tenant), Some(assistant)) = (new.uuid(c"tenant_id"), new.uuid(c"assistant_id")) else {
        return values;
    };
    let work_item = new.uuid(c"work_item_id");
    // A work item that does not exist is left to the foreign key.
    let other =
        work_item.and_then(|item| ledger::assistant_of(tenant, item)).is_some_and(|of| of != assistant);
    if other {
        raise(&other_assistant("conversation_logs", "work_item_id"));
    }
    if new.text(c"model").is_none() {
        let model = ledger::model(tenant, assistant, work_item);
        values.push((c"model", model.as_deref().and_then(to_server)));
    }
    let computed = work_item.is_some();
    let (cost, tokens) = (new.is_null(c"cost_amount"), new.is_null(c"token_count"));
    values.push((c"cost_is_computed", (computed && cost).into_datum()));
    let told = told.filter(|_| tokens && !computed);
    values.push((c"token_count_is_computed", (tokens && (computed || told.is_some())).into_datum()));
    if told.is_some() {
        values.push((c"token_count", told.into_datum()));
    }
    if let Some(item) = work_item.filter(|_| cost || tokens) {
        let (spent, used) = ledger::spent(tenant, assistant, item);
        if cost {
            values.push((c"cost_amount", spent.into_datum()));
        }
        if tokens {
            values.push((c"token_count", used.into_datum()));
        }
    }
    values
}

/// A changed conversation.
fn changed(call: &TriggerCall, old: &Row, new: &Row) -> Datum {
    let bound = binds(call);
    let differs = |column: &CStr| call.differs(column);
    let (before, after) = (messages_of(old), messages_of(new));
    let erase = !new.is_null(c"erased_at") && (differs(c"erased_at") || differs(c"erased_reason"));
    let wanted = Wanted {
        fixed: FIXED.iter().find(|(column, _)| differs(column)).map(|(_, name)| *name),
        messages: differs(c"messages"),
        extends: differs(c"messages") && extends(&before, &after),
        closing: differs(c"cost_amount") || differs(c"token_count") || differs(c"ended_at"),
        hold: differs(c"legal_hold"),
        erase,
    };
    let state = State {
        ended: !old.is_null(c"ended_at"),
        erased: !old.is_null(c"erased_at"),
        held: old.flag(c"legal_hold"),
    };
    if bound && !state.erased && (wanted.erase || wanted.hold) {
        check_who();
    }
    let step = or_raise(step(state, wanted));
    if step == Step::Erase {
        return erased(call, old, new);
    }
    let kept = [
        c"erased_at",
        c"erased_by",
        c"erased_reason",
        c"content_salt",
        c"content_digest",
        c"message_count",
        c"external_number",
    ];
    let mut values: Values = kept.map(|column| (column, old.datum(column))).to_vec();
    let mut tokens = None;
    if step == Step::Append {
        let salt = old.bytes(c"content_salt").unwrap_or_default();
        values.retain(|(column, _)| *column != c"content_digest" && *column != c"message_count");
        values.push((c"content_digest", digest(&salt, new, &after)));
        let parsed = or_raise(Messages::parse(&after));
        values.push((c"message_count", count(&parsed).into_datum()));
        tokens = told(&parsed).filter(|_| counts_messages(call, old));
    }
    values.extend(totals(call, old, new));
    if tokens.is_some() {
        values.retain(|(column, _)| *column != c"token_count_is_computed");
        values.push((c"token_count", tokens.into_datum()));
        values.push((c"token_count_is_computed", true.into_datum()));
    }
    call.with_columns(&values)
}

/// Cost and tokens: given ones are kept; those from the ledger are computed again when the conversation ends.
fn totals(call: &TriggerCall, old: &Row, new: &Row) -> Values {
    let cost = old.flag(c"cost_is_computed") && !call.differs(c"cost_amount");
    let tokens = old.flag(c"token_count_is_computed") && !call.differs(c"token_count");
    let mut values: Values =
        vec![(c"cost_is_computed", cost.into_datum()), (c"token_count_is_computed", tokens.into_datum())];
    let ends = old.is_null(c"ended_at") && !new.is_null(c"ended_at");
    let about = (new.uuid(c"tenant_id"), new.uuid(c"assistant_id"), new.uuid(c"work_item_id"));
    if let (true, (Some(tenant), Some(assistant), Some(item))) = (ends && (cost || tokens), about) {
        let (spent, used) = ledger::spent(tenant, assistant, item);
        if cost {
            values.push((c"cost_amount", spent.into_datum()));
        }
        if tokens {
            values.push((c"token_count", used.into_datum()));
        }
    }
    values
}

/// Removes the content; everything else stays as it was.
fn erased(call: &TriggerCall, old: &Row, new: &Row) -> Datum {
    let reason = new.text(c"erased_reason");
    or_raise(check_reason(reason.as_deref()));
    let now = clock::timestamp();
    let user = context::current_or_none().and_then(|context| context.user);
    let nothing = Jsonb::from_text("[]");
    let mut values: Values = vec![
        (c"messages", Some(Datum::from(nothing.to_palloc()))),
        (c"external_id", None),
        (c"content_salt", None),
        (c"erased_at", Some(Datum::from(now))),
        (c"erased_by", user.map(to_sql).into_datum()),
        (c"erased_reason", reason.as_deref().and_then(to_server)),
    ];
    if old.is_null(c"ended_at") {
        values.push((c"ended_at", Some(Datum::from(now))));
    }
    call.old_with_columns(&values)
}

/// Refuses all but an admin or the system; never allows an assistant.
fn check_who() {
    let role = or_raise(context::user_role());
    let assistant = context::current().is_some_and(|context| context.assistant.is_some());
    or_raise(check_keeper(role, assistant));
}

/// The JSON text of a row's messages. NULL is left to NOT NULL.
fn messages_of(row: &Row) -> String {
    row.jsonb(c"messages").map_or_else(|| "[]".to_owned(), |json| json.with_text(str::to_owned))
}

fn count(messages: &Messages) -> i32 {
    i32::try_from(messages.len()).unwrap_or(i32::MAX)
}

/// The sum of the tokens in the messages, limited to what the column can hold.
fn told(messages: &Messages) -> Option<i32> {
    messages.tokens().map(|tokens| i32::try_from(tokens).unwrap_or(i32::MAX))
}

/// True where the tokens come from the messages: no others were given, and there is no work item whose ledger
/// has them.
fn counts_messages(call: &TriggerCall, old: &Row) -> bool {
    let given = call.differs(c"token_count")
        || (!old.is_null(c"token_count") && !old.flag(c"token_count_is_computed"));
    old.is_null(c"work_item_id") && !given
}

fn extends(before: &str, after: &str) -> bool {
    // Invalid messages are refused before they are compared.
    let after = or_raise(Messages::parse(after));
    Messages::parse(before).is_ok_and(|before| after.extend(&before))
}

fn digest(salt: &[u8], row: &Row, messages: &str) -> Option<Datum> {
    let external = row.text(c"external_id");
    commitment(salt, Kind::Conversation, [external.as_deref(), Some(messages)]).into_datum()
}

/// Returns the id, if the conversation belongs to the tenant in context. For the functions that write a
/// conversation.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn own_conversation(conversation_log_id: Option<pgrx::Uuid>) -> pgrx::Uuid {
    let Some(context) = context::current() else {
        raise(&isolation_refusals::no_tenant_context("conversation_logs"))
    };
    let id = conversation_log_id.as_ref().map(from_sql);
    let own = id.filter(|id| {
        let mut own = false;
        crate::pg::relation::for_each_by_uuid(
            c"conversation_logs",
            c"conversation_logs_pkey",
            c"id",
            *id,
            |row| {
                let is_own = |acting| row.uuid(c"assistant_id") == Some(acting);
                own = row.uuid(c"tenant_id") == Some(context.tenant) && context.assistant.is_none_or(is_own);
            },
        );
        own
    });
    own.map_or_else(|| raise(&unknown_conversation()), to_sql)
}

/// Returns the messages, and refuses invalid ones.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn checked_messages(messages: Option<Jsonb>) -> Jsonb {
    let messages = messages.unwrap_or_else(|| Jsonb::from_text("null"));
    messages.with_text(|text| or_raise(Messages::parse(text).map(|_| ())));
    messages
}
