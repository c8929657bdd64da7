//! The trail as the history of each row, against the rows themselves: every row is as its last event says,
//! and every event goes on from the one before it.

use super::{ENOUGH, Finding};
use crate::crash::memory::{Fact, TRAIL, event};
use awgp_core::audit::row::AuditRow;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

/// A change of these alone goes unrecorded: every update moves the first, and the others follow from entries,
/// reservations and the beginning of periods, which are recorded. `verify_ledger()` recomputes them.
const FOLLOW: [&str; 10] = [
    "updated_at",
    "spent",
    "held",
    "remainder",
    "current_balance",
    "period_starts_at",
    "period_ends_at",
    "alert_threshold_50",
    "alert_threshold_75",
    "alert_threshold_90",
];

type State = Map<String, Value>;

struct Event {
    action: String,
    /// By nobody's hand: maintenance.
    is_by_system: bool,
    before: Option<State>,
    after: Option<State>,
}

impl Event {
    /// Whether it is the change of a row. What functions tell beside that has a form of its own.
    fn is_change(&self) -> bool {
        ["insert", "update", "delete"].contains(&self.action.as_str())
    }
}

/// The events of each row, oldest first.
pub struct History {
    events: BTreeMap<(String, Uuid), Vec<Event>>,
    /// The action of each event, by its number.
    numbers: BTreeMap<Uuid, String>,
}

impl History {
    /// The history that the trail tells.
    pub fn of(rows: &[AuditRow]) -> Self {
        let mut rows: Vec<&AuditRow> = rows.iter().collect();
        rows.sort_by_key(|row| row.id);
        let state = |text: &Option<String>| -> Option<State> {
            text.as_deref().and_then(|text| serde_json::from_str(text).ok())
        };
        let mut events: BTreeMap<(String, Uuid), Vec<Event>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !is_past(row)) {
            let Some(id) = row.entity_id else { continue };
            let (before, after) = (state(&row.before_state), state(&row.after_state));
            let is_by_system = row.actor_type == "system";
            let event = Event { action: row.action.clone(), is_by_system, before, after };
            events.entry((row.entity_type.clone(), id)).or_default().push(event);
        }
        let number = |row: &&AuditRow| (event(row.id), row.action.clone());
        Self { events, numbers: rows.iter().map(number).collect() }
    }

    /// Whether a row was ever in this state.
    pub fn has(&self, fact: &Fact) -> bool {
        self.any(fact, |_| true)
    }

    /// Whether somebody has ever brought a row into this state. Maintenance does too: it expires what is
    /// overdue, and says of an action that nobody knows what became of it.
    pub fn has_by_hand(&self, fact: &Fact) -> bool {
        self.any(fact, |event| !event.is_by_system)
    }

    fn any(&self, fact: &Fact, counts: impl Fn(&Event) -> bool) -> bool {
        if fact.table == TRAIL {
            return self.numbers.get(&fact.id) == Some(&fact.value);
        }
        let events = self.events.get(&(fact.table.to_owned(), fact.id));
        let says = |event: &Event| {
            let value = event.after.as_ref().and_then(|state| state.get(fact.column));
            value.is_some_and(|value| match value {
                Value::String(text) => *text == fact.value,
                other => format!("{other}") == fact.value,
            })
        };
        events.is_some_and(|events| events.iter().any(|event| counts(event) && says(event)))
    }

    /// Compares it with the tables whose changes are captured.
    pub async fn compare(&self, superuser: &Client) -> Vec<Finding> {
        let mut found = self.gaps();
        for table in captured(superuser).await {
            found.extend(self.compare_table(&table, superuser).await.into_iter().take(ENOUGH));
        }
        found
    }

    /// Rows whose events do not follow from each other.
    fn gaps(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for ((table, id), events) in &self.events {
            let changes: Vec<&Event> = events.iter().filter(|event| event.is_change()).collect();
            for pair in changes.windows(2) {
                let (Some(before), Some(after)) = (&pair[1].before, &pair[0].after) else { continue };
                if let Some(column) = difference(after, before) {
                    let detail = format!("{table} {id}: {column}");
                    found.push(Finding::new("every event goes on from the one before it", detail));
                }
            }
        }
        found.truncate(ENOUGH);
        found
    }

    async fn compare_table(&self, table: &str, superuser: &Client) -> Vec<Finding> {
        let sql = format!("SELECT id, to_jsonb(r) FROM awgp.{table} AS r");
        let rows = superuser.query(&sql, &[]).await.expect("a superuser reads all");
        let there: BTreeMap<Uuid, Value> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut found = Vec::new();
        for (id, row) in &there {
            let events = self.events.get(&(table.to_owned(), *id));
            let last = events.and_then(|events| events.iter().rfind(|event| event.is_change()));
            let Some(last) = last.and_then(|last| last.after.as_ref()) else {
                found.push(Finding::new("every row is recorded", format!("{table} {id}")));
                continue;
            };
            let row = row.as_object().expect("a row is an object");
            if let Some(column) = difference(last, row) {
                let detail = format!("{table} {id}: {column}");
                found.push(Finding::new("every row is as its last event says", detail));
            }
        }
        for ((of, id), events) in &self.events {
            let is_there = events.last().is_some_and(|last| last.action != "delete");
            if of == table && is_there && !there.contains_key(id) && events[0].action == "insert" {
                found.push(Finding::new("every recorded row is there", format!("{table} {id}")));
            }
        }
        found
    }
}

/// The first column in which a state and what came after it differ. One that either leaves out is not
/// compared.
fn difference(left: &State, right: &State) -> Option<String> {
    let differs = |(column, value): &(&String, &Value)| {
        let is_compared = !FOLLOW.contains(&column.as_str()) && *value != "[masked]";
        is_compared && right.get(*column).is_some_and(|other| !same(value, other) && other != "[masked]")
    };
    let (column, value) = left.iter().find(differs)?;
    Some(format!("{column} is {}, was {value}", right[column]))
}

/// Whether it was loaded as the past of a month that is over, and is about no row.
fn is_past(row: &AuditRow) -> bool {
    row.metadata.as_deref().is_some_and(|text| text.contains("importer"))
}

/// Whether the trail and the server print the same value: a moment in UTC has two spellings.
fn same(left: &Value, right: &Value) -> bool {
    let moment = |value: &Value| -> Option<String> {
        let text = value.as_str()?;
        let plain = text.strip_suffix("+00:00").or_else(|| text.strip_suffix('Z'))?;
        let (seconds, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        Some(format!("{seconds}.{}", fraction.trim_end_matches('0')))
    };
    left == right || (moment(left).is_some() && moment(left) == moment(right))
}

/// The tables of tenants with an id whose changes are captured.
async fn captured(superuser: &Client) -> Vec<String> {
    let sql = "SELECT relname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
               WHERE tgname = 'capture' AND relnamespace = 'awgp'::regnamespace
                 AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = tgrelid AND attname = 'tenant_id')
               ORDER BY relname";
    superuser.batch_execute("SET TimeZone = 'UTC'").await.expect("any session may");
    let rows = superuser.query(sql, &[]).await.expect("the catalog is readable");
    rows.iter().map(|row| row.get(0)).collect()
}
