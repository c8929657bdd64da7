//! The trigger that every write of a conversation passes, and the end that every one comes to.
//!
//! `BEFORE INSERT OR UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.keep_conversation('conversation_logs')`. What the rules
//! say of a row's content holds for everybody; what they say of who may do it, for those whom row-level security binds.
//! Columns that the machine keeps are set here, whatever the statement says.

use super::external::{Found, Logged};
use super::{ledger, salt};
use crate::context;
use crate::encoding::to_server;
use crate::guard::binds;
use crate::jsonb::Jsonb;
use crate::raise::{or_raise, raise};
use crate::relation::{Row, from_sql, to_sql};
use crate::trigger::{TriggerCall, trigger_function};
use awgp_core::isolation_refusals;
use awgp_core::records::commitment::{Kind, commitment};
use awgp_core::records::conversation::{
    State, Step, Wanted, check_keeper, check_reason, other_assistant, step, unknown_conversation,
};
use awgp_core::records::messages::Messages;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::ffi::CStr;

trigger_function!(awgp_keep_conversation, pg_finfo_awgp_keep_conversation, keep_conversation);

/// Columns that are set when the row is made, and by name what a refusal calls them.
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

/// The values that replace those of the statement.
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
    // A conversation whose content is gone can only be restored.
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
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    if new.bigint(c"started_at").is_none() {
        let started = new.bigint(c"ended_at").map_or(now, |ended| ended.min(now));
        values.push((c"started_at", Some(Datum::from(started))));
    }
    // What is restored keeps the number it had, or that it had none.
    if !restored {
        values.push((c"external_number", external_number(new, &messages).into_datum()));
    }
    values.extend(about(new, told(&parsed)));
    call.with_columns(&values)
}

/// Which conversation of its external id it is, or the number of the one that is there already.
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

/// What follows from the work item and the assistant; without a work item the tokens are those that the messages tell.
fn about(new: &Row, told: Option<i32>) -> Values {
    let mut values = vec![];
    let (Some(tenant), Some(assistant)) = (new.uuid(c"tenant_id"), new.uuid(c"assistant_id")) else {
        return values;
    };
    let work_item = new.uuid(c"work_item_id");
    // One that does not exist is left to the foreign key.
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

/// A conversation that was changed.
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

/// Cost and tokens: given ones stay; those of the ledger are computed again when the conversation ends.
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

/// The content goes, and everything else stays as it was.
fn erased(call: &TriggerCall, old: &Row, new: &Row) -> Datum {
    let reason = new.text(c"erased_reason");
    or_raise(check_reason(reason.as_deref()));
    // SAFETY: reads the clock.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
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

/// An admin, or the system; never an assistant.
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

/// The tokens that messages tell, as the column holds them.
fn told(messages: &Messages) -> Option<i32> {
    messages.tokens().map(|tokens| i32::try_from(tokens).unwrap_or(i32::MAX))
}

/// The tokens are those of the messages: nobody has given others, and no work item has a ledger that says them.
fn counts_messages(call: &TriggerCall, old: &Row) -> bool {
    let given = call.differs(c"token_count")
        || (!old.is_null(c"token_count") && !old.flag(c"token_count_is_computed"));
    old.is_null(c"work_item_id") && !given
}

fn extends(before: &str, after: &str) -> bool {
    // What is refused as messages is refused before it is compared.
    let after = or_raise(Messages::parse(after));
    Messages::parse(before).is_ok_and(|before| after.extend(&before))
}

fn digest(salt: &[u8], row: &Row, messages: &str) -> Option<Datum> {
    let external = row.text(c"external_id");
    commitment(salt, Kind::Conversation, [external.as_deref(), Some(messages)]).into_datum()
}

/// The id itself, where it is a conversation of the tenant in context; for the functions that write one.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn own_conversation(conversation_log_id: Option<pgrx::Uuid>) -> pgrx::Uuid {
    let Some(context) = context::current() else {
        raise(&isolation_refusals::no_tenant_context("conversation_logs"))
    };
    let id = conversation_log_id.as_ref().map(from_sql);
    let own = id.filter(|id| {
        let mut own = false;
        crate::relation::for_each_by_uuid(
            c"conversation_logs",
            c"conversation_logs_pkey",
            c"id",
            *id,
            |row| {
                own = row.uuid(c"tenant_id") == Some(context.tenant);
            },
        );
        own
    });
    own.map_or_else(|| raise(&unknown_conversation()), to_sql)
}

/// The messages themselves, where they are as the rules say.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn checked_messages(messages: Option<Jsonb>) -> Jsonb {
    let messages = messages.unwrap_or_else(|| Jsonb::from_text("null"));
    messages.with_text(|text| or_raise(Messages::parse(text).map(|_| ())));
    messages
}
