//! `awgp audit log` and `show`.

use super::listing;
use super::scope::{self, Scope};
use crate::list::{self, List, down};
use crate::opt::{AuditFilter, AuditLog, AuditShow, Format, Output};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work};
use uuid::Uuid;

/// The parameters $1 to $5 of conditions on events: actor type, actor, entity type, entity, action.
pub const FILTER: &str = "
    ($1::text IS NULL OR actor_type = $1) AND ($2::uuid[] IS NULL OR actor_id = ANY ($2))
    AND ($3::text IS NULL OR entity_type = $3) AND ($4::uuid IS NULL OR entity_id = $4)
    AND ($5::text IS NULL OR action = $5)";

/// The types of actors.
const TYPES: [&str; 3] = ["user", "assistant", "system"];

/// The actor of a filter: a type, an id or a name.
pub struct Actor<'a> {
    /// The type.
    pub kind: Option<&'a str>,
    /// The ids.
    pub ids: Option<Vec<Uuid>>,
}

impl<'a> Actor<'a> {
    /// Reads `--actor`, and refuses a type that no row can have.
    pub async fn of(work: &Work<'_>, filter: &'a AuditFilter) -> Result<Self, Trouble> {
        let given = filter.actor.as_deref();
        if let Some(id) = given.and_then(|text| Uuid::parse_str(text).ok()) {
            return Ok(Self { kind: None, ids: Some(vec![id]) });
        }
        if let Some(name) = given
            && !TYPES.contains(&name)
        {
            return Ok(Self { kind: None, ids: Some(named(work, name).await?) });
        }
        Ok(Self { kind: given, ids: None })
    }
}

/// The ids of the users and assistants with a name.
async fn named(work: &Work<'_>, name: &str) -> Result<Vec<Uuid>, Trouble> {
    let rows = work.rows("SELECT awgp.trail_actors($1)", &[&name]).await?;
    let ids: Result<Vec<Uuid>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    let ids = ids?;
    if ids.is_empty() {
        return Err(Failure::new(
            Exit::NotFound,
            format!("nobody in the visible trail is called \"{name}\""),
        )
        .hint("name a user by e-mail or an assistant by slug, give an id, or write user, assistant or system")
        .into());
    }
    Ok(ids)
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
    format: Format,
) -> Result<String, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let filter = &options.filter;
    let actor = Actor::of(&work, filter).await?;
    let since = when::moment(&work, "--since", options.since.as_ref(), Edge::Begin).await?;
    let until = when::moment(&work, "--until", options.until.as_ref(), Edge::End).await?;
    let query = format!(
        "SELECT {} FROM awgp.audit_logs WHERE {} AND {FILTER}
         AND ($6::text IS NULL OR \"timestamp\" >= $6::text::timestamptz)
         AND ($7::text IS NULL OR \"timestamp\" < $7::text::timestamptz)",
        listing::listed(),
        scope.condition()
    );
    let by_time = [down("r.\"timestamp\"", "timestamptz"), down("r.id", "bigint")];
    let list = List {
        query: query.into(),
        parameters: vec![
            &actor.kind,
            &actor.ids,
            &filter.entity,
            &filter.entity_id,
            &filter.action,
            &since,
            &until,
        ],
        // By time where an index has this order, by number where all tenants are read.
        order: if scope == Scope::All { &by_time[1..] } else { &by_time },
        columns: &listing::COLUMNS,
        whole: &listing::COLUMNS,
        words: &["action", "entity_type", "actor_name", "entity_name"],
        moment: "\"timestamp\"",
    };
    let (limit, narrow) = (&options.limit, &options.narrow);
    let text = match format {
        Format::Json => {
            let whole = async |rows: Vec<Row>| listing::whole_of(&work, &scope, rows).await;
            list::show_exchanged(&work, &list, limit, narrow, format, whole).await?
        }
        Format::Csv | Format::Table => list::show(&work, &list, limit, narrow, format).await?,
    };
    work.commit().await?;
    Ok(text)
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
    if rows.len() > 1 {
        return Err(awgp_client::proof::ambiguous(options.id, &rows.iter().collect::<Vec<_>>()).into());
    }
    let row = rows.first().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("the visible trail has no event {}", options.id))
            .hint("list the events with `awgp audit log`")
    })?;
    Ok(render::single(row, output))
}
