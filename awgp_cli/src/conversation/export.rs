//! `awgp conversation export`: JSON Lines as in docs/conversations.md, page by page in one snapshot.
//!
//! An export holds content that erasing does not reach, so the trail records who exported what.

use crate::assistant;
use crate::audit::export::Destination;
use crate::opt::{ConversationExport, Output};
use crate::when::{self, Edge};
use awgp_client::{Context, Session, Trouble, Work};
use awgp_core::counted::counted;
use serde_json::json;

/// The version of the format.
const FORMAT: u32 = 1;

/// One snapshot for all pages.
const SESSION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// Messages are bounded to a megabyte per conversation, so a page is bounded too.
const PAGE: i64 = 20;

// The visible tenants are conditions in addition to row-level security, which does not apply to a superuser's
// login.
const ROWS: &str = "
    SELECT c.id, row_to_json(c) AS conversation
    FROM awgp.conversation_logs c
    WHERE c.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
      AND ($1::text IS NULL OR c.id > $1::text::uuid)
      AND ($2::text IS NULL OR c.assistant_id = $2::text::uuid)
      AND ($3::text IS NULL OR c.started_at >= $3::text::timestamptz)
      AND ($4::text IS NULL OR c.started_at < $4::text::timestamptz)
    ORDER BY c.id LIMIT $5::bigint";

const RECORD: &str = "
    SELECT awgp.log_event('export', 'conversation_logs', metadata => $1::text::jsonb)";

/// Exports. The summary goes to stderr, since stdout may be the export.
pub async fn export(
    session: &mut Session,
    context: Context<'_>,
    options: &ConversationExport,
    output: Output,
) -> Result<(), Trouble> {
    session.client().batch_execute(SESSION).await?;
    let work = session.begin_in_tenant(context).await?;
    work.batch("SET LOCAL TimeZone = 'UTC'").await?;
    let assistant_id = assistant::find_given(&work, options.assistant.as_deref()).await?;
    let since = when::moment(&work, "--since", options.since.as_ref(), Edge::Begin).await?;
    let until = when::moment(&work, "--until", options.until.as_ref(), Edge::End).await?;
    let span = (since.as_ref(), until.as_ref());
    let mut file = Destination::open(options.out.as_deref())?;
    let rows = match write_all(&work, assistant_id.as_deref(), span, &mut file).await {
        Ok(rows) => rows,
        Err(trouble) => return file.give_up(trouble),
    };
    let facts = json!({"rows": rows, "assistant_id": assistant_id, "since": since, "until": until});
    work.run(RECORD, &[&facts.to_string()]).await?;
    // An export that is not recorded is not written.
    if let Err(trouble) = work.commit().await {
        return file.give_up(trouble);
    }
    file.finish()?;
    if let Some(out) = &options.out {
        let place = out.display().to_string();
        match output {
            Output::Table => {
                eprintln!("exported {} to {}", counted(rows, "conversation"), crate::render::cell(&place));
            }
            Output::Json => {
                eprintln!(
                    "{}",
                    awgp_client::shown::json(&json!({"exported_rows": rows, "file": place}).to_string())
                );
            }
        }
    }
    Ok(())
}

async fn write_all(
    work: &Work<'_>,
    assistant: Option<&str>,
    (since, until): (Option<&String>, Option<&String>),
    file: &mut Destination,
) -> Result<u64, Trouble> {
    file.line(&json!({"awgp": "conversations", "format": FORMAT}).to_string())?;
    let (mut last, mut rows) = (None::<String>, 0);
    loop {
        let page = work.select(ROWS, &[&last, &assistant, &since, &until, &PAGE]).await?;
        let Some(end) = page.last() else { break };
        for row in &page {
            // The server's own text, so that the digest can be compared with it.
            file.line(row.raw("conversation").map_or("null", |json| json.get()))?;
            rows += 1;
        }
        last = end.text("id");
    }
    file.line(&json!({"awgp": "end", "rows": rows}).to_string())?;
    Ok(rows)
}
