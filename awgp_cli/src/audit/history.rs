//! `awgp audit history`: every version of one row, and what changed from each to the next.

use super::listing;
use super::scope::{self, Scope};
use crate::ids;
use crate::list::{self, List, down};
use crate::look::look;
use crate::opt::{AuditHistory, Format, Narrow, Output};
use crate::render;
use crate::times;
use awgp_client::trail::{self, Change};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work, readable};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

const COLUMNS: [&str; 8] = ["timestamp", "id", "action", "actor", "origin", "field", "before", "after"];

/// One version.
#[derive(Serialize)]
struct Version<'a> {
    #[serde(flatten)]
    event: Event<'a>,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Event<'a> {
    id: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    action: Option<&'a RawValue>,
    actor_type: Option<&'a RawValue>,
    actor_id: Option<&'a RawValue>,
    actor_name: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    /// Its origin: null for a change that was captured.
    origin: Option<String>,
}

/// Shows the history of one row, the oldest version first. A page has the newest versions, and the last line
/// says how many older ones there are.
pub async fn history(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditHistory,
    output: Output,
) -> Result<String, Trouble> {
    refuse_no_uuid(options)?;
    let (work, scope) = scope::open(session, context).await?;
    let key = whole_key(&work, &scope, options).await?;
    let query = format!(
        "SELECT {} FROM awgp.audit_logs
         WHERE {} AND entity_type = ANY (awgp.entity_names($1)) AND entity_id = awgp.entity_id(VARIADIC $2)",
        listing::listed(),
        scope.condition()
    );
    let list = List {
        query: query.into(),
        parameters: vec![&options.entity, &key],
        order: &[down("r.\"timestamp\"", "timestamptz"), down("r.id", "bigint")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &[],
        moment: "\"timestamp\"",
    };
    let format = if output == Output::Json { Format::Json } else { Format::Table };
    let (rows, last) = list::rows(&work, &list, &options.limit, &Narrow::default(), format).await?;
    let mut rows = listing::whole_of(&work, &scope, rows).await?;
    work.commit().await?;
    if rows.is_empty() && options.limit.after.is_none() {
        return Err(unknown(options).into());
    }
    rows.reverse();
    let versions: Vec<Version<'_>> = rows.iter().map(version).collect();
    Ok(match output {
        Output::Json => render::pretty(&versions),
        Output::Table => render::grid(&COLUMNS, versions.iter().flat_map(lines).collect()),
    } + &last)
}

fn unknown(options: &AuditHistory) -> Failure {
    let message = format!("the visible trail has no {} {}", options.entity, options.key.join(" "));
    Failure::new(Exit::NotFound, message)
        .hint(format!("list the events with `awgp audit log --entity {}`", options.entity))
}

/// The key; an id that is typed by its beginning is made whole.
async fn whole_key(work: &Work<'_>, scope: &Scope, options: &AuditHistory) -> Result<Vec<String>, Trouble> {
    match options.key.as_slice() {
        [only] if !options.entity.contains('.') => {
            let id = whole_id(work, scope, &options.entity, only).await?;
            Ok(vec![id.ok_or_else(|| unknown(options))?])
        }
        key => Ok(key.to_vec()),
    }
}

/// The id of a row of which the trail has events, by its beginning; None where there is no such row. What is
/// no beginning of an id is returned as it is.
pub async fn whole_id(
    work: &Work<'_>,
    scope: &Scope,
    entity: &str,
    given: &str,
) -> Result<Option<String>, Trouble> {
    let Some((first, last)) = ids::range(given) else { return Ok(Some(given.to_owned())) };
    let sql = format!(
        "SELECT DISTINCT entity_id AS id FROM awgp.audit_logs
         WHERE {} AND entity_type = $1 AND entity_id BETWEEN $2::text::uuid AND $3::text::uuid LIMIT 2",
        scope.condition()
    );
    let found = work.select(&sql, &[&entity, &first, &last]).await?;
    match found.as_slice() {
        [] => Ok(None),
        [only] => Ok(only.text("id")),
        _ => {
            Err(Failure::new(Exit::BadArgument, format!("more than one row of {entity} begins with {given}"))
                .hint("write more digits of the id")
                .into())
        }
    }
}

/// Only a tracked table, whose name includes a schema, has rows whose key is not a uuid.
fn refuse_no_uuid(options: &AuditHistory) -> Result<(), Failure> {
    let is_id = |text: &str| Uuid::try_parse(text).is_ok() || ids::range(text).is_some();
    let is_uuid = matches!(options.key.as_slice(), [only] if is_id(only));
    if options.entity.contains('.') || is_uuid {
        return Ok(());
    }
    let message = format!(
        "{} is no uuid nor the beginning of one, and {} is not a table with its schema",
        options.key.join(" "),
        options.entity
    );
    Err(Failure::new(Exit::Usage, message).hint("awgp audit history shop.orders 42"))
}

fn version(row: &Row) -> Version<'_> {
    Version {
        event: Event {
            id: row.raw("id"),
            timestamp: row.raw("timestamp"),
            action: row.raw("action"),
            actor_type: row.raw("actor_type"),
            actor_id: row.raw("actor_id"),
            actor_name: row.raw("actor_name"),
            metadata: row.raw("metadata"),
            origin: trail::origin(row),
        },
        changes: trail::differences(row),
    }
}

fn is_null(value: Option<&RawValue>) -> bool {
    value.is_none_or(|value| value.get() == "null")
}

/// A line per field; the columns of the version are only in its first line.
fn lines(version: &Version<'_>) -> Vec<Vec<String>> {
    let text =
        |value: Option<&RawValue>| value.map_or(String::new(), |value| render::cell(&readable(value.get())));
    let Event { id, timestamp, action, actor_type, actor_id, actor_name, .. } = version.event;
    let origin = version.event.origin.as_deref().map_or(String::new(), render::cell);
    let actor = format!(
        "{} {}",
        text(actor_type),
        if is_null(actor_name) { text(actor_id) } else { text(actor_name) }
    );
    let time = text(timestamp);
    let time = times::shown("timestamp", &time, look()).unwrap_or(time);
    let head = [time, text(id), text(action), actor.trim_end().to_owned(), origin];
    let fields = version.changes.iter().map(|change| {
        [render::cell(&change.field), text(change.before.as_deref()), text(change.after.as_deref())]
    });
    let mut lines: Vec<Vec<String>> = Vec::new();
    for field in fields {
        let first = if lines.is_empty() { head.clone() } else { Default::default() };
        lines.push(first.into_iter().chain(field).collect());
    }
    if lines.is_empty() {
        lines.push(head.into_iter().chain(<[String; 3]>::default()).collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_once_and_each_field_on_its_line() {
        let row = Row::from_json(
            r#"{"id": 7, "timestamp": "2026-01-01T00:00:00+00:00", "action": "update", "actor_type": "system",
                "actor_id": null, "before_state": {"a": 1, "b": "x"}, "after_state": {"a": 2, "b": "\u001by"}}"#,
        )
        .expect("a row");
        let lines = lines(&version(&row));
        assert_eq!(lines[0][1..], ["7", "update", "system", "", "a", "1", "2"]);
        assert_eq!(lines[1], ["", "", "", "", "", "b", "x", "\\u{1b}y"]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn an_event_without_states_has_a_line() {
        let row =
            Row::from_json(r#"{"id": 7, "action": "login", "before_state": null, "after_state": null}"#);
        let row = row.expect("a row");
        let lines = lines(&version(&row));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0][2], "login");
    }
}
