//! `awgp audit log` and `show`.

use super::listing;
use super::scope::{self, Scope};
use crate::opt::{AuditFilter, AuditLog, AuditShow, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// The parameters $1 to $5 of conditions on events: actor type, actor, entity type, entity, action.
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
    /// Reads `--actor`, and refuses a type that no row can have.
    pub async fn of(work: &Work<'_>, filter: &'a AuditFilter) -> Result<Self, Trouble> {
        let given = filter.actor.as_deref();
        if let Some(id) = given.and_then(|text| Uuid::parse_str(text).ok()) {
            return Ok(Self { kind: None, id: Some(id) });
        }
        work.require_listed("audit_logs", "actor_type", given).await?;
        Ok(Self { kind: given, id: None })
    }
}

/// The order of a list: by time where an index has this order, by number where all tenants are read.
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
    let condition = format!(
        "{} AND {FILTER}
         AND ($6::text IS NULL OR \"timestamp\" >= $6::text::timestamptz)
         AND ($7::text IS NULL OR \"timestamp\" < $7::text::timestamptz)
         ORDER BY {} LIMIT $8::bigint",
        scope.condition(),
        newest_first(&scope)
    );
    let limit = i64::from(options.limit.rows);
    let parameters: [&(dyn ToSql + Sync); 8] = [
        &actor.kind,
        &actor.id,
        &filter.entity,
        &filter.entity_id,
        &filter.action,
        &options.since,
        &options.until,
        &limit,
    ];
    let rows = listing::list(&work, &condition, &parameters, output).await?;
    work.commit().await?;
    Ok(render::list(&rows, &listing::COLUMNS, output))
}

/// Shows one event.
pub async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditShow,
    output: Output,
) -> Result<String, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let condition = format!("{} AND id = $1::bigint", scope.condition());
    let rows = listing::whole(&work, &condition, &[&options.id]).await?;
    work.commit().await?;
    let row = rows.first().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the visible trail has no event {}", options.id))
            .hint("list the events with `awgp audit log`")
    })?;
    Ok(render::single(row, output))
}
