//! What a command says on every member, as one: each row with its member, what failed by member, and the
//! worst exit code.

use crate::opt::{Approval, Audit, Command, Format, Maintenance, Tenant};
use crate::render;
use awgp_client::{Exit, Failure, Row, secret, shown};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// What a command says: its columns, the member before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    columns: &'static [&'static str],
    whole: &'static [&'static str],
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A list of rows.
    Rows,
    /// One object a member.
    Object,
    /// An object whose member `steps` is a list of rows.
    Steps,
    /// JSON Lines: findings, and a line that sums up.
    Lines,
}

impl Shape {
    /// Of a command that runs on all members; None where it runs on one.
    pub fn of(command: &Command) -> Option<Self> {
        let rows = |columns, whole| Self { columns, whole, kind: Kind::Rows };
        Some(match command {
            Command::Doctor => {
                let columns = &["member", "severity", "code", "object", "message", "hint"];
                rows(columns, columns)
            }
            Command::Version => {
                let columns = &["member", "client", "extension", "note"];
                Self { kind: Kind::Object, ..rows(columns, columns) }
            }
            Command::Tenant(Tenant::List(_)) => rows(
                &["member", "slug", "name", "type", "is_active", "parent_slug", "id"],
                &["member", "slug", "name", "type", "is_active", "id", "parent_slug"],
            ),
            Command::Approval(Approval::Inbox(_)) => {
                let columns = &[
                    "member",
                    "tenant",
                    "risk",
                    "title",
                    "may_decide",
                    "requested_by",
                    "left",
                    "age",
                    "assistant",
                    "id",
                ];
                rows(columns, columns)
            }
            Command::Approval(Approval::List(_)) => {
                let columns = &[
                    "member",
                    "tenant_slug",
                    "created_at",
                    "status",
                    "risk_level",
                    "title",
                    "requested_by_email",
                    "expires_at",
                    "id",
                ];
                rows(columns, columns)
            }
            Command::Maintenance(Maintenance::Run(_)) => {
                let columns = &["member", "step", "ok", "milliseconds", "did", "error"];
                Self { kind: Kind::Steps, ..rows(columns, columns) }
            }
            Command::Audit(Audit::Verify(_)) => {
                let columns = &["member", "severity", "kind", "tenant_id", "audit_id", "detail"];
                Self { kind: Kind::Lines, ..rows(columns, columns) }
            }
            Command::Audit(Audit::Checkpoint(_)) => {
                let columns = &["member", "kind", "tenant_id", "tree_size", "signed", "note"];
                rows(columns, columns)
            }
            _ => return None,
        })
    }
}

/// What a part of a command said.
pub struct Part {
    /// The member.
    pub member: String,
    /// The exit code; None: a signal ended it.
    pub exit: Option<i32>,
    /// Standard output.
    pub said: String,
    /// Standard error.
    pub told: String,
}

/// Prints all parts as one, and what went wrong on stderr.
pub fn print(parts: &[Part], shape: Shape, format: Format) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    let mut summaries = Vec::new();
    for part in parts {
        let of_member = read(part, shape.kind)?;
        let (found, sums) =
            of_member.into_iter().partition::<Vec<Row>, _>(|row| !is_summary(row, shape.kind));
        rows.extend(found);
        summaries.extend(sums);
    }
    let text = match (format, shape.kind) {
        (Format::Json, Kind::Lines) => lines(rows.iter().chain(&summaries)),
        (Format::Json | Format::Csv, _) => render::rows(&rows, shape.whole, format),
        (Format::Table, _) => table(&rows, &summaries, parts, shape),
    };
    for part in parts {
        tell(part, format);
    }
    let exits = parts.iter().map(|part| exit_of(part.exit));
    crate::invocation::print(&text, worst(exits))
}

/// The rows of a part, each with its member first.
fn read(part: &Part, kind: Kind) -> Result<Vec<Row>, Failure> {
    let unreadable = |error: serde_json::Error| {
        Failure::new(Exit::Unexpected, format!("what member {} says cannot be read: {error}", part.member))
    };
    let said = part.said.trim();
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = match kind {
        Kind::Rows => serde_json::from_str(said).map_err(unreadable)?,
        Kind::Object => vec![Row::from_json(said).map_err(unreadable)?],
        Kind::Lines => said.lines().map(Row::from_json).collect::<Result<_, _>>().map_err(unreadable)?,
        Kind::Steps => {
            let whole = Row::from_json(said).map_err(unreadable)?;
            let steps = whole.raw("steps").map_or("[]", |steps| steps.get());
            serde_json::from_str(steps).map_err(unreadable)?
        }
    };
    Ok(rows.iter().map(|row| row.led_by("member", &part.member)).collect())
}

fn is_summary(row: &Row, kind: Kind) -> bool {
    kind == Kind::Lines && row.raw("verified_rows").is_some()
}

fn lines<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    rows.map(|row| shown::json(&serde_json::to_string(row).unwrap_or_default()) + "\n").collect()
}

fn table(rows: &[Row], summaries: &[Row], parts: &[Part], shape: Shape) -> String {
    // Of a verification or the doctor, no rows is what everybody hopes for.
    let tells_nothing = rows.is_empty() && (shape.kind == Kind::Lines || shape.columns.contains(&"severity"));
    let mut text =
        if tells_nothing { String::new() } else { render::rows(rows, shape.columns, Format::Table) };
    let number = |row: &Row, name: &str| row.text(name).unwrap_or_default();
    for row in summaries {
        let _ = writeln!(
            text,
            "{}: verified {} rows in {} lanes, findings: {}",
            number(row, "member"),
            number(row, "verified_rows"),
            number(row, "lanes"),
            number(row, "findings")
        );
    }
    if shape.columns.contains(&"severity") && shape.kind == Kind::Rows {
        let [errors, warnings, infos] =
            ["error", "warning", "info"].map(|severity| crate::doctor::count(rows, severity));
        let _ = writeln!(text, "errors: {errors}, warnings: {warnings}, infos: {infos}");
    }
    let silent = parts.iter().filter(|part| part.said.trim().is_empty() && part.exit != Some(0)).count();
    if silent > 0 {
        let _ = writeln!(text, "{silent} of {} members did not answer", parts.len());
    }
    text
}

/// What a part told on stderr, with its member.
fn tell(part: &Part, format: Format) {
    let mut is_error_told = false;
    for line in part.told.lines().filter(|line| !line.trim().is_empty()) {
        let object = serde_json::from_str::<Value>(line).ok().filter(Value::is_object);
        is_error_told |= object.as_ref().is_some_and(|object| object.get("error").is_some());
        match (object, format) {
            (Some(Value::Object(members)), Format::Json) => {
                let mut all = serde_json::Map::new();
                all.insert("member".to_owned(), json!(part.member));
                all.extend(members);
                eprintln!("{}", shown::json(&Value::Object(all).to_string()));
            }
            (Some(object), _) => eprintln!("{}", for_people(&part.member, &object)),
            (None, _) => eprintln!("member {}: {}", part.member, shown::line(&secret::redact(line))),
        }
    }
    if part.exit.is_none() && !is_error_told {
        eprintln!("member {}: error: a signal has ended the command", part.member);
    }
}

/// An error with its hint, or a page that goes on.
fn for_people(member: &str, object: &Value) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(shown::line);
    if let Some(error) = text("error") {
        let notes = ["reason", "detail", "hint"]
            .iter()
            .filter_map(|name| Some(format!("\nmember {member}: {name}: {}", text(name)?)));
        return format!("member {member}: error: {error}{}", notes.collect::<String>());
    }
    match (text("notice"), text("after")) {
        (Some(notice), Some(after)) => {
            format!("member {member}: {notice}. The next: --member {member} --after {after}")
        }
        (Some(notice), None) => format!("member {member}: notice: {notice}"),
        _ => format!("member {member}: {}", shown::line(&object.to_string())),
    }
}

/// The outcome of a part.
pub fn exit_of(code: Option<i32>) -> Exit {
    let code = code.and_then(|code| u8::try_from(code).ok());
    code.and_then(|code| Exit::ALL.into_iter().find(|exit| exit.code() == code)).unwrap_or(Exit::Unexpected)
}

/// The worst of several outcomes: what was not done at all is worse than what was found.
pub fn worst(exits: impl Iterator<Item = Exit>) -> Exit {
    let rank = |exit: &Exit| match exit {
        Exit::Success => 0,
        Exit::Declined => 1,
        Exit::Findings => 2,
        Exit::Retry => 3,
        Exit::NotFound => 4,
        Exit::Constraint => 5,
        Exit::BadArgument => 6,
        Exit::LimitExceeded => 7,
        Exit::WrongState => 8,
        Exit::NotAllowed => 9,
        Exit::Usage => 10,
        Exit::NoExtension => 11,
        Exit::NoConnection => 12,
        Exit::Unexpected => 13,
        Exit::Interrupted => 14,
    };
    exits.max_by_key(rank).unwrap_or(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(member: &str, said: &str) -> Part {
        Part { member: member.to_owned(), exit: Some(0), said: said.to_owned(), told: String::new() }
    }

    #[test]
    fn each_row_has_its_member_first_whatever_the_command_says() {
        for (kind, said) in [
            (Kind::Rows, r#"[{"x": 1.50}]"#),
            (Kind::Object, r#"{"x": 1.50}"#),
            (Kind::Steps, r#"{"at": "now", "steps": [{"x": 1.50}]}"#),
            (Kind::Lines, "{\"x\": 1.50}\n"),
        ] {
            let rows = read(&part("a", said), kind).expect("rows");
            let text = serde_json::to_string(&rows).expect("JSON");
            assert_eq!(text, r#"[{"member":"a","x":1.50}]"#, "{kind:?}");
            assert!(read(&part("a", " "), kind).expect("none").is_empty());
        }
        assert!(read(&part("a", "no JSON"), Kind::Rows).is_err());
    }

    #[test]
    fn the_worst_exit_code_counts_and_a_dead_member_is_worse_than_a_finding() {
        let worst_of = |codes: &[i32]| worst(codes.iter().map(|code| exit_of(Some(*code)))).code();
        assert_eq!(worst_of(&[0, 0]), 0);
        assert_eq!(worst_of(&[0, 12]), 12);
        assert_eq!(worst_of(&[10, 12, 0]), 10);
        assert_eq!(worst_of(&[77, 0]), 1);
        assert_eq!(exit_of(None), Exit::Unexpected);
    }

    #[test]
    fn an_error_and_a_page_that_goes_on_name_their_member() {
        let error = json!({"error": "it is dead", "hint": "start it", "exit_code": 10});
        assert_eq!(for_people("b", &error), "member b: error: it is dead\nmember b: hint: start it");
        let page = json!({"notice": "3 more rows", "more": 3, "after": "W10"});
        assert_eq!(for_people("b", &page), "member b: 3 more rows. The next: --member b --after W10");
    }
}
