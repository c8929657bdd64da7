//! The trigger that every write of a hallucination flag passes.
//!
//! `BEFORE INSERT OR UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.keep_flag('hallucination_flags')`. A flag is
//! written once, as pending; a review changes its status and adds notes. The system sets who reviewed it, and
//! when.

use super::{ledger, salt, settings};
use crate::assistant::creator_of;
use crate::context;
use crate::guard::binds;
use crate::pg::clock;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::encoding::{Text, to_server};
use crate::pg::raise::{or_raise, raise};
use crate::pg::relation;
use crate::pg::role;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::isolation_refusals;
use awgp_core::records::commitment::{Kind, commitment};
use awgp_core::records::conversation::other_assistant;
use awgp_core::records::review::{
    ReviewError, Reviewer, Status, check_method, check_review, check_texts, unknown_flag,
};
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use std::ffi::CStr;
use uuid::Uuid;

trigger_function!(awgp_keep_flag, pg_finfo_awgp_keep_flag, keep_flag);

/// The columns of a flag that never change.
const FIXED: [(&CStr, &str); 10] = [
    (c"id", "id"),
    (c"assistant_id", "assistant_id"),
    (c"work_item_id", "work_item_id"),
    (c"conversation_log_id", "conversation_log_id"),
    (c"detection_method", "detection_method"),
    (c"confidence_score", "confidence_score"),
    (c"model", "model"),
    (c"flagged_content", "flagged_content"),
    (c"created_at", "created_at"),
    (c"content_erased_at", "content_erased_at"),
];

/// Columns and the values that replace the statement's.
type Values = Vec<(&'static CStr, Option<Datum>)>;

/// What a flag takes from its conversation.
#[derive(Default)]
struct Conversation {
    work_item: Option<Uuid>,
    model: Option<String>,
    erased: bool,
}

fn keep_flag(call: &TriggerCall) -> Datum {
    let change = call.change();
    let Some(new) = change.new else { return call.keep() };
    let new = Row::new(new, change.descriptor);
    match change.old {
        None => made(call, &new),
        Some(old) => changed(call, &Row::new(old, change.descriptor), &new),
    }
}

/// A new flag.
fn made(call: &TriggerCall, new: &Row) -> Datum {
    let bound = binds(call);
    // A flag without its content can only come from a restore.
    if !bound && !new.is_null(c"content_erased_at") {
        return call.keep();
    }
    let (Some(tenant), Some(assistant)) = (new.uuid(c"tenant_id"), new.uuid(c"assistant_id")) else {
        return call.keep();
    };
    let (content, notes) = (new.text(c"flagged_content"), new.text(c"notes"));
    or_raise(check_texts(content.as_deref(), notes.as_deref()));
    let mut values: Values = Vec::new();
    if bound {
        if new.text(c"status").as_deref() != Some(Status::Pending.name()) {
            raise(&ReviewError::NotPending.into());
        }
        let method = new.text(c"detection_method").unwrap_or_default();
        or_raise(check_method(&settings::hallucinations(tenant), &method));
        let kept = [c"reviewed_by", c"reviewed_at", c"content_erased_at", c"suspended_at"];
        values.extend(kept.map(|column| (column, None)));
    }
    let conversation = new.uuid(c"conversation_log_id").map(|id| locked(tenant, assistant, id));
    let conversation = conversation.unwrap_or_default();
    if conversation.erased && content.is_some() {
        raise(&ReviewError::Erased.into());
    }
    let work_item = new.uuid(c"work_item_id").or(conversation.work_item);
    if work_item.and_then(|item| ledger::assistant_of(tenant, item)).is_some_and(|of| of != assistant) {
        raise(&other_assistant("hallucination_flags", "work_item_id"));
    }
    values.push((c"work_item_id", work_item.map(to_sql).into_datum()));
    if new.is_null(c"model") {
        let model = conversation.model.or_else(|| ledger::model(tenant, assistant, work_item));
        values.push((c"model", model.as_deref().and_then(to_server)));
    }
    let given = if bound { None } else { new.bytes(c"content_salt") };
    let salt = given.unwrap_or_else(salt::new);
    values.push((c"content_salt", salt::datum(&salt)));
    values.push((c"content_digest", digest(&salt, content.as_deref(), notes.as_deref())));
    call.with_columns(&values)
}

/// The conversation, locked so that it cannot be erased until this flag is stored and would be erased with
/// it. Empty where it does not belong to the assistant, which the foreign key refuses.
fn locked(tenant: Uuid, assistant: Uuid, conversation: Uuid) -> Conversation {
    let arguments = [to_sql(tenant).into(), to_sql(assistant).into(), to_sql(conversation).into()];
    let found = role::as_owner_past_row_security(c"conversation_logs", || {
        Spi::connect_mut(|client| {
            let rows = client.update(
                "SELECT work_item_id, model, erased_at IS NOT NULL FROM awgp.conversation_logs
                 WHERE tenant_id = $1 AND assistant_id = $2 AND id = $3 FOR SHARE",
                Some(1),
                &arguments,
            )?;
            if rows.is_empty() {
                return Ok((None, None, None));
            }
            rows.first().get_three::<pgrx::Uuid, Text, bool>()
        })
    });
    match found {
        Ok((work_item, model, erased)) => Conversation {
            work_item: work_item.as_ref().map(from_sql),
            model: model.map(|Text(model)| model),
            erased: erased.unwrap_or(false),
        },
        Err(error) => error!("the conversation could not be read: {error}"),
    }
}

/// A reviewed flag, or one whose content is erased with its conversation.
fn changed(call: &TriggerCall, old: &Row, new: &Row) -> Datum {
    let bound = binds(call);
    if !bound && old.is_null(c"content_erased_at") && !new.is_null(c"content_erased_at") {
        return call.old_with_columns(&[
            (c"flagged_content", None),
            (c"notes", None),
            (c"content_salt", None),
            (c"content_erased_at", new.datum(c"content_erased_at")),
        ]);
    }
    let fixed = FIXED.iter().find(|(column, _)| call.differs(column));
    if let Some((_, column)) = fixed {
        raise(&ReviewError::Fixed { column }.into());
    }
    // Where another review was faster, the status is already the same; the time still shows that this is a
    // review.
    let reviewed = call.differs(c"status") || (bound && call.differs(c"reviewed_at"));
    if bound && call.differs(c"notes") && !reviewed {
        raise(&ReviewError::Fixed { column: "notes" }.into());
    }
    let mut values: Values =
        [c"content_digest", c"content_salt"].map(|column| (column, old.datum(column))).to_vec();
    if bound {
        values.push((c"suspended_at", old.datum(c"suspended_at")));
    }
    if reviewed {
        values.extend(review(bound, old, new));
    } else if bound {
        values.extend([c"reviewed_by", c"reviewed_at"].map(|column| (column, old.datum(column))));
    }
    if call.differs(c"notes") {
        let (content, notes) = (new.text(c"flagged_content"), new.text(c"notes"));
        or_raise(check_texts(content.as_deref(), notes.as_deref()));
        // Without the salt the content has been erased, and notes on it are refused.
        let Some(salt) = old.bytes(c"content_salt") else { raise(&ReviewError::Erased.into()) };
        values.retain(|(column, _)| *column != c"content_digest");
        values.push((c"content_digest", digest(&salt, content.as_deref(), notes.as_deref())));
    }
    call.with_columns(&values)
}

/// Checks that the user may review, and returns who reviewed and when.
fn review(bound: bool, old: &Row, new: &Row) -> Values {
    let status = |row: &Row| row.text(c"status").and_then(|name| Status::named(&name));
    let context = context::current_or_none();
    let user = context.and_then(|context| context.user);
    // A value that is not a status is left to the table's CHECK.
    let both = status(old).zip(status(new));
    if let (true, Some((from, to)), Some(tenant)) = (bound, both, new.uuid(c"tenant_id")) {
        let human = user.filter(|_| context.is_some_and(|context| context.assistant.is_none()));
        let role = or_raise(context::user_role());
        let assistant = new.uuid(c"assistant_id");
        let creator = assistant.and_then(|assistant| creator_of(tenant, assistant));
        let made_by = |user| creator.as_ref().is_some_and(|creator| creator.is(&context::human(user)));
        let reviewer = human.zip(role).map(|(user, role)| Reviewer { role, is_creator: made_by(user) });
        or_raise(check_review(&settings::hallucinations(tenant), from, to, reviewer));
    }
    let now = clock::timestamp();
    let reviewer = user.map(to_sql).into_datum();
    let reviewer = if bound { reviewer } else { reviewer.or(new.datum(c"reviewed_by")) };
    vec![(c"reviewed_by", reviewer), (c"reviewed_at", Some(Datum::from(now)))]
}

fn digest(salt: &[u8], content: Option<&str>, notes: Option<&str>) -> Option<Datum> {
    commitment(salt, Kind::Flag, [content, notes]).into_datum()
}

/// Returns the id, if the flag belongs to the tenant in context. For the function that reviews a flag.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn own_flag(flag_id: Option<pgrx::Uuid>) -> pgrx::Uuid {
    let Some(context) = context::current() else {
        raise(&isolation_refusals::no_tenant_context("hallucination_flags"))
    };
    let id = flag_id.as_ref().map(from_sql);
    let own = id.filter(|id| {
        let mut own = false;
        relation::for_each_by_uuid(c"hallucination_flags", c"hallucination_flags_pkey", c"id", *id, |row| {
            own = row.uuid(c"tenant_id") == Some(context.tenant);
        });
        own
    });
    own.map_or_else(|| raise(&unknown_flag()), to_sql)
}
