//! The forms in which receivers read an event. Each carries the event's own text unchanged, so that a copy
//! can be verified whatever the form.

use super::Event;
use crate::civil::format_timestamp;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The event's own text, a line each.
    Jsonl,
    /// Open Cybersecurity Schema Framework 1.3.0, class 3004, Entity Management; JSON, a line each.
    Ocsf,
    /// ArcSight Common Event Format, version 0; a line each.
    Cef,
    /// OpenTelemetry logs in the JSON of OTLP 1.x: one request for several events.
    Otlp,
}

impl Format {
    /// Every form, by its name.
    pub const ALL: [(&'static str, Self); 4] =
        [("jsonl", Self::Jsonl), ("ocsf", Self::Ocsf), ("cef", Self::Cef), ("otlp", Self::Otlp)];

    /// The media type of a body of several events.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jsonl | Self::Ocsf => "application/x-ndjson",
            Self::Cef => "text/plain; charset=utf-8",
            Self::Otlp => "application/json",
        }
    }

    /// Several events, each line ended by a line feed. `version` is that of the program that writes them.
    pub fn write(self, events: &[Event], version: &str) -> String {
        let mut text = String::new();
        match self {
            Self::Otlp if events.is_empty() => {}
            Self::Otlp => {
                let _ = writeln!(text, "{}", otlp(events, version));
            }
            _ => {
                for event in events {
                    let line = match self {
                        Self::Ocsf => ocsf(event, version).to_string(),
                        Self::Cef => cef(event, version),
                        _ => event.to_text(),
                    };
                    let _ = writeln!(text, "{line}");
                }
            }
        }
        text
    }
}

/// How much it asks for attention.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Ordinary,
    Refused,
    Grave,
}

/// By the action: what was refused, and what steps around the ordinary way.
fn weight(action: &str) -> Weight {
    match action {
        "action.denied" | "message.denied" => Weight::Refused,
        "break_glass" | "erase" | "drop_trigger" | "untrack_table" | "stop" => Weight::Grave,
        _ => Weight::Ordinary,
    }
}

fn name(event: &Event) -> String {
    format!("{} {}", event.row.entity_type, event.row.action)
}

/// OCSF 1.3.0, Entity Management (3004) of category 3.
fn ocsf(event: &Event, version: &str) -> Value {
    let row = &event.row;
    let (activity_id, activity) = match row.action.as_str() {
        "insert" => (1, "Create"),
        "update" => (3, "Update"),
        "delete" => (4, "Delete"),
        other => (99, other),
    };
    let severity_id = match weight(&row.action) {
        Weight::Ordinary => 1,
        Weight::Refused => 3,
        Weight::Grave => 4,
    };
    // Of OCSF's kinds of user: 1 is a person, 3 the system; 99 is another one.
    let (type_id, kind) = match row.actor_type.as_str() {
        "user" => (1, "User"),
        "system" => (3, "System"),
        other => (99, other),
    };
    let mut user = Map::new();
    user.insert("type".to_owned(), kind.into());
    user.insert("type_id".to_owned(), type_id.into());
    user.insert("name".to_owned(), row.actor_type.as_str().into());
    if let Some(id) = row.actor_id {
        user.insert("uid".to_owned(), id.to_string().into());
    }
    let mut entity = Map::new();
    entity.insert("type".to_owned(), row.entity_type.as_str().into());
    entity.insert("name".to_owned(), row.entity_type.as_str().into());
    if let Some(id) = row.entity_id {
        entity.insert("uid".to_owned(), id.to_string().into());
    }
    let mut object = json!({
        "class_uid": 3004, "class_name": "Entity Management",
        "category_uid": 3, "category_name": "Identity & Access Management",
        "activity_id": activity_id, "activity_name": activity, "type_uid": 3004 * 100 + activity_id,
        "severity_id": severity_id, "time": row.timestamp_us.div_euclid(1000), "message": name(event),
        "metadata": {
            "version": "1.3.0", "product": {"name": "AWGP", "vendor_name": "AWGP", "version": version},
            "uid": event.id(), "sequence": row.chain_seq, "tenant_uid": row.tenant_id.to_string(),
            "log_name": "awgp.audit_logs", "original_time": format_timestamp(row.timestamp_us),
        },
        "actor": {"user": user}, "entity": entity,
        "unmapped": {
            "install_id": event.install_id.to_string(), "chain_lane": row.chain_lane,
            "chain_seq": row.chain_seq, "integrity_hash": row.integrity_hash, "audit_id": row.id,
        },
    });
    object["raw_data"] = event.to_text().into();
    object
}

/// CEF version 0. The event's text stands last, as `rawEvent`.
fn cef(event: &Event, version: &str) -> String {
    let row = &event.row;
    let severity = match weight(&row.action) {
        Weight::Ordinary => 3,
        Weight::Refused => 6,
        Weight::Grave => 8,
    };
    let header = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ");
    let mut line = format!(
        "CEF:0|AWGP|AWGP|{}|{}|{}|{severity}|",
        header(version),
        header(&format!("{}.{}", row.entity_type, row.action)),
        header(&name(event))
    );
    let mut put = |key: &str, value: &str| {
        let separator = if line.ends_with('|') { "" } else { " " };
        let _ = write!(line, "{separator}{key}={}", extension(value));
    };
    put("rt", &row.timestamp_us.div_euclid(1000).to_string());
    put("externalId", &event.id());
    put("act", &row.action);
    put("suser", &row.actor_type);
    if let Some(id) = row.actor_id {
        put("suid", &id.to_string());
    }
    for (key, label, value) in [
        ("cs1", "tenant_id", row.tenant_id.to_string()),
        ("cs2", "integrity_hash", row.integrity_hash.clone()),
        ("cs3", "entity_type", row.entity_type.clone()),
        ("cs4", "entity_id", row.entity_id.map_or(String::new(), |id| id.to_string())),
        ("cn1", "chain_lane", row.chain_lane.to_string()),
        ("cn2", "chain_seq", row.chain_seq.to_string()),
    ] {
        if !value.is_empty() {
            put(key, &value);
            put(&format!("{key}Label"), label);
        }
    }
    put("rawEvent", &event.to_text());
    line
}

/// A value of CEF's extension.
fn extension(value: &str) -> String {
    value.replace('\\', "\\\\").replace('=', "\\=").replace('\n', "\\n").replace('\r', "\\r")
}

/// One request of OTLP's logs service. The body is the event's text.
fn otlp(events: &[Event], version: &str) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number = |key: &str, value: i64| json!({"key": key, "value": {"intValue": value.to_string()}});
    let record = |event: &Event| {
        let row = &event.row;
        let (severity_number, severity) = match weight(&row.action) {
            Weight::Ordinary => (9, "INFO"),
            Weight::Refused => (13, "WARN"),
            Weight::Grave => (17, "ERROR"),
        };
        let mut attributes = vec![
            text("awgp.install_id", &event.install_id.to_string()),
            text("awgp.tenant_id", &row.tenant_id.to_string()),
            number("awgp.chain_lane", row.chain_lane.into()),
            number("awgp.chain_seq", row.chain_seq),
            text("awgp.integrity_hash", &row.integrity_hash),
            text("awgp.action", &row.action),
            text("awgp.entity_type", &row.entity_type),
            text("awgp.actor_type", &row.actor_type),
        ];
        attributes.extend(row.entity_id.map(|id| text("awgp.entity_id", &id.to_string())));
        attributes.extend(row.actor_id.map(|id| text("awgp.actor_id", &id.to_string())));
        let nanoseconds = i128::from(row.timestamp_us) * 1000;
        json!({
            "timeUnixNano": nanoseconds.to_string(), "severityNumber": severity_number,
            "severityText": severity, "eventName": "awgp.audit", "attributes": attributes,
            "body": {"stringValue": event.to_text()},
        })
    };
    json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", "awgp"), text("service.version", version)]},
        "scopeLogs": [{
            "scope": {"name": "awgp.audit", "version": version},
            "logRecords": events.iter().map(record).collect::<Vec<_>>(),
        }],
    }]})
}

#[cfg(test)]
mod tests {
    use super::super::tests::events;
    use super::*;
    use crate::audit::chain::Lane;
    use uuid::Uuid;

    #[test]
    fn every_form_has_tenant_lane_number_and_hash() {
        let events = events(Lane { tenant_id: Uuid::from_u128(1), chain_lane: 2 }, 3);
        for (form, format) in Format::ALL {
            let text = format.write(&events, "0.1.0");
            let lines = text.lines().count();
            assert_eq!(lines, if format == Format::Otlp { 1 } else { 3 }, "{form}");
            for event in &events {
                assert!(text.contains(&event.row.integrity_hash), "{form}");
                assert!(text.contains(&event.row.tenant_id.to_string()), "{form}");
            }
            assert_eq!(format.write(&[], "0.1.0"), "", "{form}");
        }
    }

    #[test]
    fn cef_is_escaped_in_its_header_and_in_its_extension() {
        let mut event = events(Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 }, 1).remove(0);
        event.row.action = "a|b\\c=d\ne".to_owned();
        let line = cef(&event, "0.1.0");
        assert_eq!(line.lines().count(), 1);
        assert!(line.starts_with("CEF:0|AWGP|AWGP|0.1.0|work_items.a\\|b\\\\c=d e|"), "{line}");
        assert!(line.contains(" act=a|b\\\\c\\=d\\ne "), "{line}");
    }
}
