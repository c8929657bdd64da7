//! What is removed with an erased conversation: the words of its messages, and quotations of it in flags.
//!
//! `AFTER UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.erase_traces('conversation_logs')`; by then the row
//! itself has lost its content ([`super::conversation`]). The audit trail never had the content. An event
//! records who erased it, when and why, and the digest.

use super::reading::all_said;
use super::search::forget_words;
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::pg::datum::to_sql;
use crate::pg::jsonb::Jsonb;
use crate::pg::query::text;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::records::conversation::erased_meanwhile;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use serde_json::json;
use uuid::Uuid;

trigger_function!(awgp_erase_traces, pg_finfo_awgp_erase_traces, erase_traces);

/// Flags on the conversation, and flags on its assistant without a conversation that quote it word for word.
const QUOTES: &str = "
    UPDATE awgp.hallucination_flags AS flag SET content_erased_at = clock_timestamp()
    WHERE flag.tenant_id = $1 AND flag.assistant_id = $3 AND flag.content_erased_at IS NULL
      AND (flag.conversation_log_id = $2
           OR (flag.conversation_log_id IS NULL AND flag.flagged_content <> ''
               AND strpos($4, flag.flagged_content) > 0))";

fn erase_traces(call: &TriggerCall) -> Datum {
    let change = call.change();
    let (Some(old), Some(new)) = (change.old, change.new) else { return nothing() };
    let (old, new) = (Row::new(old, change.descriptor), Row::new(new, change.descriptor));
    let ids = (new.uuid(c"tenant_id"), new.uuid(c"id"), new.uuid(c"assistant_id"));
    let (Some(tenant), Some(id), Some(assistant)) = ids else { return nothing() };
    if !old.is_null(c"erased_at") || new.is_null(c"erased_at") {
        return nothing();
    }
    let said = old.jsonb(c"messages").map(|json| json.with_text(all_said)).unwrap_or_default();
    let said = text(Some(&said));
    let arguments = [to_sql(tenant).into(), to_sql(id).into(), to_sql(assistant).into(), said];
    let words = forget_words(tenant, id);
    let flags = role::as_owner_past_row_security(c"hallucination_flags", || {
        Spi::connect_mut(|client| client.update(QUOTES, None, &arguments).map(|rows| rows.len()))
    });
    let flags = flags.unwrap_or_else(|error| error!("a conversation could not be erased: {error}"));
    refuse_new_flags(tenant, id);
    record(tenant, id, &new, words, flags);
    nothing()
}

/// The INSERT of a flag locks the conversation, so flags written before are visible here, unless this
/// transaction reads an older snapshot: then it must be repeated.
fn refuse_new_flags(tenant: Uuid, conversation: Uuid) {
    // SAFETY: reads the transaction's isolation level.
    let old_snapshot = unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ as i32;
    if !old_snapshot {
        return;
    }
    // SAFETY: makes this transaction's own erasure visible.
    unsafe { pg_sys::CommandCounterIncrement() };
    let mut left = false;
    let index = c"idx_hallucination_flags_conversation";
    relation::for_each_by_uuid(c"hallucination_flags", index, c"tenant_id", tenant, |row| {
        left |= row.uuid(c"conversation_log_id") == Some(conversation) && row.is_null(c"content_erased_at");
    });
    if left {
        raise(&erased_meanwhile());
    }
}

fn record(tenant: Uuid, conversation: Uuid, row: &Row, words: usize, flags: usize) {
    let after = json!({
        "reason": row.text(c"erased_reason"),
        "content_digest": row.text(c"content_digest"),
        "message_count": row.integer(c"message_count"),
        "search_rows": words,
        "flags": flags,
    });
    queue::push(Event {
        id: None,
        at: None,
        tenant,
        actor: actor::current(),
        action: "erase".to_owned(),
        entity_type: "conversation_logs".to_owned(),
        entity_id: Some(conversation),
        before: None,
        after: Some(Jsonb::from_text(&after.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
}
