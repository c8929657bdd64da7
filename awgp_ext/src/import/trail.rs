//! The old audit rows: chained in the order of their time, under their ids, and marked.
//!
//! AWGP did not see what they say. So `metadata` tells: `origin` is `import`, and `imported` holds the old
//! id, time and hash. Clients cannot set `origin`.
//!
//! A row goes into the partition of its own month. A sealed month takes no more rows: such a row, and all
//! later ones up to there, get the first moment after the sealed months. An id that AWGP has given already is
//! replaced by the next one.

use super::progress::tell;
use super::source::Source;
use crate::audit::actor::{self, Actor, RESERVED};
use crate::audit::event::Event;
use crate::audit::log_event::masked;
use crate::audit::{queue, sealed, settings, wait};
use crate::locks::Subject;
use crate::partitions;
use crate::pg::jsonb::Jsonb;
use crate::pg::tuple::Row;
use crate::pg::{cursor, lock, query, relation, role};
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use awgp_core::json_members::Members;
use awgp_core::month::Month;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, TimestampTz};
use pgrx::prelude::*;
use serde_json::{Value, json};

const ROWS: &str = r#"
    SELECT l.id, l."timestamp", l.tenant_id, l.actor_type, l.actor_id, l.action, l.entity_type, l.entity_id,
           l.before_state, l.after_state, l.metadata, l.integrity_hash
    FROM seed.audit_logs AS l ORDER BY l."timestamp", l.id"#;

const SUMMARY: &str = r#"
    SELECT count(*), COALESCE(max(l.id), 0),
           ARRAY(SELECT DISTINCT to_char(m."timestamp" AT TIME ZONE 'UTC', '"audit_logs_"YYYY_MM') FROM seed.audit_logs AS m ORDER BY 1)
    FROM seed.audit_logs AS l"#;

/// The last id that was given.
const LAST_ID: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM awgp.audit_logs_id_seq";

/// Rows between two reports of progress.
const STRIDE: i64 = 20_000;

/// Appends the old rows; returns what was done.
pub fn import(source: &Source) -> Value {
    let (count, highest, months) = summary(source);
    if count == 0 {
        return json!({ "rows": 0 });
    }
    // Nothing is sealed while rows of old months are appended.
    lock::lock_until_commit(Subject::Partitions);
    let months: Vec<Month> = months.iter().filter_map(|name| Month::of_partition(name)).collect();
    let sealed = sealed_months();
    let open = months.iter().copied().filter(|month| !sealed.contains(month));
    let made = role::as_installer_past_row_security(|| partitions::ensure_months(open));
    let mut writer =
        Writer { given: reserve(highest), sealed, floor: TimestampTz::MIN, moved: 0, renumbered: 0 };
    let mut done = 0;
    let importer = actor::current();
    let opening = opening(&importer);
    cursor::for_each(&source.query(ROWS, ""), |row| {
        queue::push(writer.event(row, &importer, &opening));
        done += 1;
        if done % STRIDE == 0 {
            tell("imported", "audit_logs", done, Some(count));
        }
    });
    queue::flush();
    tell("imported", "audit_logs", done, Some(count));
    json!({ "rows": done, "partitions": made, "moved": writer.moved, "renumbered": writer.renumbered })
}

struct Writer {
    /// Ids up to this one were given by AWGP.
    given: i64,
    sealed: Vec<Month>,
    /// No row is earlier: one before it was moved behind the sealed months.
    floor: TimestampTz,
    moved: i64,
    renumbered: i64,
}

impl Writer {
    fn event(&mut self, row: &Row, importer: &Actor, opening: &str) -> Event {
        let old_id = row.bigint(c"id").unwrap_or(0);
        let old_time = row.bigint(c"timestamp").unwrap_or(0);
        let at = self.time(old_time);
        let id = Some(old_id).filter(|id| *id > self.given);
        self.renumbered += i64::from(id.is_none());
        let limit = settings::event_max();
        let mut left_out = Vec::new();
        let mut state =
            |name, column| row.jsonb(column).map(|state| masked(name, state, limit, &mut left_out));
        let (before, after) = (state("before_state", c"before_state"), state("after_state", c"after_state"));
        let old_hash = row.text(c"integrity_hash").unwrap_or_default();
        let mark = json!({
            "id": old_id,
            "timestamp": timestamp_from_postgres(old_time).map(format_timestamp),
            "integrity_hash": old_hash,
        });
        let kind = match row.text(c"actor_type").as_deref() {
            Some("user") => "user",
            Some("assistant") => "assistant",
            _ => "system",
        };
        Event {
            id,
            at: Some(at),
            tenant: row.uuid(c"tenant_id").unwrap_or_default(),
            actor: Actor { kind, id: row.uuid(c"actor_id"), metadata: importer.metadata.clone() },
            action: row.text(c"action").unwrap_or_default(),
            entity_type: row.text(c"entity_type").unwrap_or_default(),
            entity_id: row.uuid(c"entity_id"),
            before,
            after,
            metadata: Some(marked(row.jsonb(c"metadata"), &mark, opening)),
            left_out,
            erasable: Vec::new(),
        }
    }

    fn time(&mut self, old: TimestampTz) -> TimestampTz {
        let is_sealed = !self.sealed.is_empty()
            && timestamp_from_postgres(old)
                .and_then(Month::of_timestamp)
                .is_some_and(|month| self.sealed.contains(&month));
        if is_sealed {
            self.floor = sealed::end();
        }
        self.moved += i64::from(old < self.floor);
        old.max(self.floor)
    }
}

/// The old metadata with the mark, which begins with `opening`. Where it is no object, or has keys that only
/// AWGP sets, it is within the mark.
fn marked(old: Option<Jsonb>, mark: &Value, opening: &str) -> Jsonb {
    let mark = mark.to_string();
    match old {
        None => Jsonb::from_text(&format!("{opening}{mark}}}")),
        Some(old) if old.is_object() && !has_reserved(&old) => {
            old.with(&Jsonb::from_text(&format!("{opening}{mark}}}")))
        }
        Some(old) => {
            let open = mark.strip_suffix('}').unwrap_or_default();
            // The text as it is: Rust would lose digits of numbers.
            old.with_text(|text| Jsonb::from_text(&format!(r#"{opening}{open}, "metadata": {text}}}}}"#)))
        }
    }
}

fn has_reserved(old: &Jsonb) -> bool {
    let keys = || RESERVED.iter().chain(&["imported"]);
    // Searching the bytes is cheaper than parsing.
    let mentions = |key: &&&str| old.bytes().windows(key.len()).any(|bytes| bytes == key.as_bytes());
    keys().filter(mentions).any(|key| old.with_text(|text| Members::of(text).get(key).is_some()))
}

/// What every mark begins with: who imports, and that it is an import.
fn opening(importer: &Actor) -> String {
    let origin = Jsonb::from_text(r#"{"origin": "import"}"#);
    let opening = importer.metadata.with(&origin).with_text(str::to_owned);
    format!(r#"{}, "imported": "#, opening.strip_suffix('}').unwrap_or_default())
}

/// Number of rows, highest id, and the names of the months.
fn summary(source: &Source) -> (i64, i64, Vec<String>) {
    let read = Spi::connect(|client| {
        let row = client.select(&source.query(SUMMARY, ""), Some(1), &[])?.first();
        Ok::<_, spi::Error>((row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<Vec<String>>(3)?))
    });
    let (count, highest, months) =
        read.unwrap_or_else(|error| error!("the old audit rows could not be read: {error}"));
    (count.unwrap_or(0), highest.unwrap_or(0), months.unwrap_or_default())
}

fn sealed_months() -> Vec<Month> {
    let mut months = Vec::new();
    relation::for_each(c"audit_log_integrity", |row| {
        months.extend(row.text(c"partition_name").and_then(|name| Month::of_partition(&name)));
    });
    months
}

/// Makes the sequence go on behind the old ids, and returns the last id that was given before.
fn reserve(highest: i64) -> i64 {
    let sequence = relation::existing(c"audit_logs_id_seq");
    let mode = pg_sys::ShareRowExclusiveLock;
    // Nobody takes an id between reading the last one and moving on.
    wait::lock_relation(sequence, mode);
    let read = query::one::<i64>(LAST_ID, &[]);
    let last =
        read.unwrap_or_else(|error| error!("the last audit id could not be read: {error}")).unwrap_or(0);
    if highest > last {
        let arguments: [DatumWithOid; 1] = [highest.into()];
        let moved = Spi::connect_mut(|client| {
            client.update("SELECT setval('awgp.audit_logs_id_seq', $1)", None, &arguments).map(|_| ())
        });
        moved.unwrap_or_else(|error| error!("the sequence of audit ids could not be moved: {error}"));
    }
    // SAFETY: the lock was taken above.
    unsafe { pg_sys::UnlockRelationOid(sequence, mode.cast_signed()) };
    last
}
