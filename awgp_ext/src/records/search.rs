//! The words of messages: stored by a trigger, searched by `awgp.search_conversations()`.
//!
//! The operator `@@` is not leakproof, so under row-level security PostgreSQL reads all messages of a tenant
//! before it compares words, and uses no index on them. So the index is searched here, as the owner past
//! row-level security, with the tenants as part of the query: each message has its tenant as an additional
//! word, and a search for `word & tenant` touches no other tenant's message. It returns ids; the caller then
//! reads the rows under row-level security.

use super::jsonb_argument;
use crate::context;
use crate::pg::datum::to_sql;
use crate::pg::encoding::Text;
use crate::pg::query;
use crate::pg::query::text as query_text;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use uuid::Uuid;

trigger_function!(awgp_index_messages, pg_finfo_awgp_index_messages, index_messages);

/// The longest query, in bytes.
const QUERY_BYTES_MAX: usize = 1000;

/// The most conversations returned.
const ROWS_MAX: i64 = 1000;

/// The word that stands for a tenant. It cannot occur in texts or queries, because their parser never
/// produces a word with an equals sign.
fn tenant_word(tenant: Uuid) -> String {
    format!("tenant={tenant}")
}

const INDEX: &str = "
    INSERT INTO awgp.conversation_search (tenant_id, conversation_log_id, message_number, words)
    SELECT $1, $2, message.number,
           to_tsvector('pg_catalog.simple', coalesce(awgp.message_text(message.value), '')) || array_to_tsvector(ARRAY[$5])
    FROM jsonb_array_elements($3) WITH ORDINALITY AS message (value, number)
    WHERE message.number > $4";

/// A query without a word would search for the tenant alone, and return all its messages.
const ASKS: &str = "SELECT numnode(websearch_to_tsquery('pg_catalog.simple', $1)) > 0";

const HITS: &str = "
    SELECT found.conversation_log_id
    FROM awgp.conversation_search AS found
    JOIN awgp.conversation_logs AS log ON log.tenant_id = found.tenant_id AND log.id = found.conversation_log_id
    WHERE found.words @@ (websearch_to_tsquery('pg_catalog.simple', $1) && $2::tsquery)
      AND found.tenant_id = ANY ($3) AND ($4 IS NULL OR log.assistant_id = $4)
    GROUP BY found.conversation_log_id
    ORDER BY max(log.started_at) DESC, found.conversation_log_id
    LIMIT $5";

const FORGET: &str = "DELETE FROM awgp.conversation_search WHERE tenant_id = $1 AND conversation_log_id = $2";

/// AFTER INSERT OR UPDATE … FOR EACH ROW: stores the words of new messages. BEFORE DELETE: deletes the words
/// first.
fn index_messages(call: &TriggerCall) -> Datum {
    let change = call.change();
    let Some(new) = change.new else {
        if let (Some(tenant), Some(id)) = (call.old_uuid(c"tenant_id"), call.old_uuid(c"id")) {
            forget_words(tenant, id);
        }
        return call.keep();
    };
    let new = Row::new(new, change.descriptor);
    let known = change.old.map(|old| Row::new(old, change.descriptor).integer(c"message_count"));
    let known = known.flatten().unwrap_or(0);
    let (Some(tenant), Some(id)) = (new.uuid(c"tenant_id"), new.uuid(c"id")) else { return nothing() };
    // Erasing keeps the count; the words are then deleted by `erasure`.
    if !new.is_null(c"erased_at") || new.integer(c"message_count").unwrap_or(0) <= known {
        return nothing();
    }
    let word = tenant_word(tenant);
    // SAFETY: the row lives while the trigger runs.
    let messages = unsafe { jsonb_argument(new.datum(c"messages")) };
    let arguments = [
        to_sql(tenant).into(),
        to_sql(id).into(),
        messages,
        i64::from(known).into(),
        query_text(Some(&word)),
    ];
    let indexed = role::as_owner_past_row_security(c"conversation_search", || {
        Spi::connect_mut(|client| client.update(INDEX, None, &arguments).map(|_| ()))
    });
    if let Err(error) = indexed {
        error!("the words of a conversation could not be stored: {error}");
    }
    nothing()
}

/// Deletes the words of a conversation; returns the number of messages.
pub fn forget_words(tenant: Uuid, conversation: Uuid) -> usize {
    let arguments = [to_sql(tenant).into(), to_sql(conversation).into()];
    let forgotten = role::as_owner_past_row_security(c"conversation_search", || {
        Spi::connect_mut(|client| client.update(FORGET, None, &arguments).map(|rows| rows.len()))
    });
    forgotten.unwrap_or_else(|error| error!("the words of a conversation could not be removed: {error}"))
}

/// Ids of the conversations visible in the context that have a message with these words, the newest first.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn conversation_hits(
    query: Option<Text>,
    assistant_id: default!(Option<pgrx::Uuid>, "NULL"),
    max_rows: default!(Option<i64>, "50"),
) -> SetOfIterator<'static, pgrx::Uuid> {
    let visible = context::visible();
    if visible.is_empty() {
        raise(&isolation_refusals::no_tenant_context("conversation_search"));
    }
    let query = query.map(|Text(text)| text).filter(|text| !text.trim().is_empty());
    let query = query.filter(|text| text.len() <= QUERY_BYTES_MAX);
    let Some(query) = query else { raise(&out_of_range("query", "it must be a text of 1 to 1000 bytes")) };
    let rows = max_rows.filter(|rows| (1..=ROWS_MAX).contains(rows));
    let Some(rows) = rows else { raise(&out_of_range("max_rows", "it must be 1 to 1000")) };
    if !asks_for_words(&query) {
        raise(&out_of_range("query", "it must contain a word of letters or digits"));
    }
    let tenants: Vec<String> = visible.iter().map(|id| format!("'{}'", tenant_word(*id))).collect();
    let visible: Vec<pgrx::Uuid> = visible.into_iter().map(to_sql).collect();
    let arguments = [
        query_text(Some(&query)),
        query_text(Some(&tenants.join(" | "))),
        visible.into(),
        assistant_id.into(),
        rows.into(),
    ];
    let hits = role::as_owner_past_row_security(c"conversation_search", || {
        Spi::connect(|client| {
            client
                .select(HITS, None, &arguments)?
                .map(|row| row.get::<pgrx::Uuid>(1))
                .collect::<Result<Vec<_>, _>>()
        })
    });
    match hits {
        Ok(hits) => SetOfIterator::new(hits.into_iter().flatten()),
        Err(error) => error!("conversations could not be searched: {error}"),
    }
}

fn asks_for_words(text: &str) -> bool {
    let asks = query::one::<bool>(ASKS, &[query_text(Some(text))]);
    asks.unwrap_or_else(|error| error!("the query could not be read: {error}")).unwrap_or(false)
}

fn out_of_range(argument: &str, rule: &str) -> Refusal {
    Refusal::new(Reason::OutOfRange, format!("{argument} is not valid"), format!("Check {argument}: {rule}."))
        .with("argument", argument)
}
