//! `awgp fleet migrate`: what is due on every member after new files were installed.

use super::asking::{On, each};
use super::merging::worst;
use crate::fleet::status::rows;
use crate::opt::Format;
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble};
use serde_json::json;

/// Runs the command. Each member is a transaction of its own.
pub async fn run(on: On<'_>) -> Result<Exit, Failure> {
    let answers = each(on, async |session, _| migrate(session).await).await;
    let mut exits = Vec::new();
    let mut lines = Vec::new();
    for (member, answer) in answers.0 {
        exits.push(answer.as_ref().err().map_or(Exit::Success, |failure| failure.exit));
        lines.push(match answer {
            Ok((before, after, did)) => {
                json!({"member": member.name, "before": before, "after": after, "did": did, "error": null})
            }
            Err(failure) => json!({"member": member.name, "before": null, "after": null, "did": null,
                "error": awgp_client::secret::redact(&failure.message)}),
        });
    }
    let format = if on.global.output == Format::Csv { Format::Table } else { on.global.output };
    let columns = ["member", "before", "after", "did", "error"];
    crate::invocation::print(&render::rows(&rows(&lines)?, &columns, format), worst(exits.into_iter()))
}

/// The version before and after, and what was done.
async fn migrate(session: &mut Session) -> Result<(String, String, String), Trouble> {
    let version = "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'awgp'";
    let work = session.begin(Context::default()).await?;
    let before = work.select(version, &[]).await?.first().and_then(|row| row.text("extversion"));
    let before = before.ok_or_else(|| {
        Failure::new(Exit::NoExtension, "the extension is not in this database")
            .hint("awgp init --member NAME")
    })?;
    work.batch("SET LOCAL lock_timeout = '10s'; ALTER EXTENSION awgp UPDATE").await?;
    let did = work.text("SELECT awgp.migrate()::text", &[]).await?;
    let after = work.text(version, &[]).await?;
    work.commit().await?;
    Ok((before, after, did))
}
