//! `awgp audit log` and `show`.

use super::scope::{self, Scope};
use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::opt::{AuditFilter, AuditLog, AuditShow, Output};
use crate::render;
use crate::session::{Context, Session, Work};
use uuid::Uuid;

/// The columns of a list for people.
pub const COLUMNS: [&str; 8] =
    ["timestamp", "id", "action", "entity_type", "entity_id", "actor_type", "actor_id", "tenant_id"];

/// What conditions on events have as parameters $1 to $5: actor type, actor, entity type, entity, action.
pub const FILTER: &str = "
    ($1::text IS NULL OR actor_type = $1) AND ($2::uuid IS NULL OR actor_id = $2)
    AND ($3::text IS NULL OR entity_type = $3) AND ($4::uuid IS NULL OR entity_id = $4)
    AND ($5::text IS NULL OR action = $5)";

/// The actor of a filter: a type or an id.
pub struct Actor<'a> {
    /// The type.
    pub kind: Option<&'a str>,
    /// The id.
    pub id: Option<Uuid>,
}

impl<'a> Actor<'a> {
    /// Understands `--actor`, and refuses a type that no row can have.
    pub async fn of(work: &Work<'_>, filter: &'a AuditFilter) -> Result<Self, Trouble> {
        let given = filter.actor.as_deref();
        if let Some(id) = given.and_then(|text| Uuid::parse_str(text).ok()) {
            return Ok(Self { kind: None, id: Some(id) });
        }
        work.require_listed("audit_logs", "actor_type", given).await?;
        Ok(Self { kind: given, id: None })
    }
}

/// The order of a list: by time where an index gives it, by number where all tenants are read.
pub fn newest_first(scope: &Scope) -> &'static str {
    match scope {
        Scope::All => "id DESC",
        Scope::Tenants(_) => "\"timestamp\" DESC, id DESC",
    }
}

/// Lists events, the newest first.
pub async fn log(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditLog,
    output: Output,
) -> Result<String, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let filter = &options.filter;
    let actor = Actor::of(&work, filter).await?;
    let sql = format!(
        "SELECT * FROM awgp.audit_logs WHERE {} AND {FILTER}
         AND ($6::text IS NULL OR \"timestamp\" >= $6::text::timestamptz)
         AND ($7::text IS NULL OR \"timestamp\" < $7::text::timestamptz)
         ORDER BY {} LIMIT $8::bigint",
        scope.condition(),
        newest_first(&scope)
    );
    let limit = i64::from(options.limit.rows);
    let rows = work
        .select(
            &sql,
            &[
                &actor.kind,
                &actor.id,
                &filter.entity,
                &filter.entity_id,
                &filter.action,
                &options.since,
                &options.until,
                &limit,
            ],
        )
        .await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}

/// Shows one event.
pub async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditShow,
    output: Output,
) -> Result<String, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let sql = format!("SELECT * FROM awgp.audit_logs WHERE {} AND id = $1::bigint", scope.condition());
    let rows = work.select(&sql, &[&options.id]).await?;
    work.commit().await?;
    let row = rows.first().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no event {} is seen here", options.id))
            .hint("list the events with `awgp audit log`")
    })?;
    Ok(render::single(row, output))
}
