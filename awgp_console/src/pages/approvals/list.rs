//! All approvals, narrowed and a page at a time.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, fields, filter, list};
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, Page, down, up};
use awgp_client::{Exit, Failure, Row};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

const LIST: &str = "
    SELECT p.id, p.title, p.risk_level, p.status, p.withdrawn_at, p.used_at, p.break_glass, p.requested_by_email,
           p.assistant_slug, p.tenant_slug, p.created_at, p.expires_at,
           CASE WHEN p.tenant_id <> awgp.current_tenant()
                THEN awgp.trail_name(p.tenant_id, 'tenants', p.tenant_id) END AS of_tenant
    FROM awgp.approval_details AS p";
const ORDER: &[Key] = &[down("r.created_at", "timestamptz"), up("r.id", "uuid")];

/// States that people ask for, with their condition.
const STATES: [(&str, &str, &str); 7] = [
    ("open", "open", "r.status IN ('pending', 'escalated') AND r.expires_at > statement_timestamp()"),
    ("escalated", "escalated", "r.status = 'escalated' AND r.expires_at > statement_timestamp()"),
    ("approved", "approved", "r.status = 'approved'"),
    ("rejected", "rejected", "r.status = 'rejected'"),
    (
        "expired",
        "expired",
        "r.withdrawn_at IS NULL AND (r.status = 'expired'
         OR r.status IN ('pending', 'escalated') AND r.expires_at <= statement_timestamp())",
    ),
    ("withdrawn", "withdrawn", "r.withdrawn_at IS NOT NULL"),
    ("broken_glass", "approved alone", "r.break_glass"),
];

/// Ages, with their condition.
const AGES: [(&str, &str, &str); 6] = [
    ("1h", "of the last hour", "r.created_at > statement_timestamp() - interval '1 hour'"),
    ("1d", "of the last day", "r.created_at > statement_timestamp() - interval '1 day'"),
    ("7d", "of the last 7 days", "r.created_at > statement_timestamp() - interval '7 days'"),
    ("30d", "of the last 30 days", "r.created_at > statement_timestamp() - interval '30 days'"),
    ("over-1d", "older than a day", "r.created_at <= statement_timestamp() - interval '1 day'"),
    ("over-7d", "older than 7 days", "r.created_at <= statement_timestamp() - interval '7 days'"),
];

/// What the reader asked for. What is absent or empty narrows nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: String,
    state: String,
    risk: String,
    by: String,
    assistant: String,
    text: String,
    age: String,
    tenant: String,
}

impl Asked {
    fn is_narrowed(&self) -> bool {
        let Self { after: _, state, risk, by, assistant, text, age, tenant } = self;
        [state, risk, by, assistant, text, age, tenant].iter().any(|value| !value.trim().is_empty())
    }

    /// The rows that it asks for.
    fn rows(&self) -> Result<Ordered<'static>, Failure> {
        let mut rows = Ordered::new(LIST, Vec::new(), ORDER);
        for (known, value, what) in [(&STATES[..], &self.state, "state"), (&AGES[..], &self.age, "age")] {
            if let Some(condition) = condition(known, value, what)? {
                rows.only(String::new(), |place| format!("(${place}::text = '' AND ({condition}))"));
            }
        }
        if !self.risk.is_empty() {
            let is_risk = matches!(self.risk.as_str(), "0" | "1" | "2" | "3" | "4" | "5");
            if !is_risk {
                return Err(no_such("risk", &self.risk));
            }
            rows.only(self.risk.clone(), |place| format!("r.risk_level = ${place}::text::integer"));
        }
        if !self.tenant.is_empty() {
            rows.only(self.tenant.clone(), |place| format!("r.tenant_slug = ${place}::text"));
        }
        for (column, words) in
            [("requested_by_email", &self.by), ("assistant_slug", &self.assistant), ("title", &self.text)]
        {
            if !words.trim().is_empty() {
                rows.matching(&[column], words.trim().to_owned());
            }
        }
        Ok(rows)
    }
}

/// The condition of a value that a filter knows; None for no value.
pub fn condition<'a>(
    known: &[(&str, &str, &'a str)],
    value: &str,
    what: &str,
) -> Result<Option<&'a str>, Failure> {
    if value.is_empty() {
        return Ok(None);
    }
    let found = known.iter().find(|(name, ..)| *name == value).map(|(.., condition)| *condition);
    found.map(Some).ok_or_else(|| no_such(what, value))
}

fn no_such(what: &str, value: &str) -> Failure {
    Failure::new(Exit::BadArgument, format!("there is no {what} \"{value}\""))
        .hint("go back and choose one of the list")
}

pub async fn list(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Approvals", Place::Approvals, async |work, reader| {
            let page = list::read(work, asked.rows()?, Some(&asked.after)).await?;
            let tenants = filter::tenants(work, reader).await?;
            Ok(shown(&asked, &page, &tenants, reader, &here))
        })
        .await
}

fn shown(
    asked: &Asked,
    page: &Page,
    tenants: &[(String, String)],
    reader: &Reader,
    here: &list::Here,
) -> Markup {
    html! {
        (narrowing(asked, tenants))
        @if !page.rows.is_empty() {
            (table("Approvals, the newest first", &page.rows, reader))
        } @else if asked.is_narrowed() {
            (parts::empty("No approval fits this filter."))
        } @else {
            (parts::empty("Nobody has asked for an approval yet."))
        }
        (list::turn(here, page))
    }
}

fn narrowing(asked: &Asked, tenants: &[(String, String)]) -> Markup {
    let with_all = |known: &[(&'static str, &'static str, &str)], all: &'static str| {
        let listed = known.iter().map(|(value, called, _)| (*value, *called));
        std::iter::once(("", all)).chain(listed).collect::<Vec<_>>()
    };
    let risks = [("", "any"), ("5", "5"), ("4", "4"), ("3", "3"), ("2", "2"), ("1", "1"), ("0", "0")];
    html! {
        form.filter method="get" action="/approvals" aria-label="Filter" {
            (fields::choice("state", "state", "State", &with_all(&STATES, "any"), &asked.state))
            (fields::choice("risk", "risk", "Risk", &risks, &asked.risk))
            (fields::choice("age", "age", "Asked", &with_all(&AGES, "at any time"), &asked.age))
            (fields::line("by", "by", "Who asked", &asked.by))
            (fields::line("assistant", "assistant", "Assistant", &asked.assistant))
            (fields::line("text", "text", "Title contains", &asked.text))
            (filter::tenant(&asked.tenant, tenants))
            (fields::narrow("/approvals", asked.is_narrowed()))
        }
    }
}

/// Approvals as a table.
fn table(caption: &str, rows: &[Row], reader: &Reader) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { "What" } th scope="col" { "Risk" } th scope="col" { "State" } } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" {
                            a href={ "/approvals/" (parts::raw(row, "id")) } { (parts::field(row, "title")) }
                            div.soft {
                                "asked " (parts::away(&parts::raw(row, "created_at"), reader)) " by "
                                (parts::field_or_dash(row, "requested_by_email")) " for "
                                (parts::field_or_dash(row, "assistant_slug"))
                                @let of = parts::field(row, "of_tenant");
                                @if !of.is_empty() { " · " (of) }
                            }
                        }
                        td { (parts::risk(&parts::field(row, "risk_level"))) }
                        td { (parts::status(state(row))) }
                    }
                }
            }
        }
    }
}

/// Approvals of one thing, on its page.
pub fn short_list(caption: &str, rows: &[Row], reader: &Reader) -> Markup {
    let (shown, has_more) = list::mentioned(rows);
    html! {
        (table(caption, shown, reader))
        @if has_more { p.soft { "There are more: look for the title among " a href="/approvals" { "all approvals" } "." } }
    }
}

/// The state of an approval as a person says it: what has passed its time is expired, whether maintenance has
/// noted it or not.
pub fn state(row: &Row) -> &'static str {
    let text = |name: &str| row.text(name).unwrap_or_default();
    let is_past = || {
        let until = text("expires_at").parse::<jiff::Timestamp>();
        until.is_ok_and(|until| until <= jiff::Timestamp::now())
    };
    match text("status").as_str() {
        _ if !text("withdrawn_at").is_empty() => "withdrawn",
        "pending" | "escalated" if is_past() => "expired",
        "pending" => "pending",
        "escalated" => "escalated",
        "approved" if !text("used_at").is_empty() => "used",
        "approved" if text("break_glass") == "true" => "approved alone",
        "approved" => "approved",
        "rejected" => "rejected",
        "expired" => "expired",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_past_its_time_is_expired_though_nobody_has_noted_it() {
        let row = |text: &str| Row::from_json(text).expect("a row");
        let past = r#"{"status":"pending","expires_at":"2020-01-01T00:00:00+00:00","withdrawn_at":null}"#;
        let open = r#"{"status":"pending","expires_at":"2999-01-01T00:00:00+00:00","withdrawn_at":null}"#;
        let used = r#"{"status":"approved","expires_at":"2020-01-01T00:00:00+00:00","used_at":"2020-01-01T00:00:00+00:00"}"#;
        assert_eq!([past, open, used].map(|text| state(&row(text))), ["expired", "pending", "used"]);
    }

    #[test]
    fn an_unknown_filter_is_refused_and_an_empty_one_narrows_nothing() {
        let asked = |state: &str| Asked { state: state.to_owned(), ..Asked::default() };
        assert!(asked("opne").rows().is_err());
        assert!(asked("open").is_narrowed() && !asked("").is_narrowed() && asked("").rows().is_ok());
    }
}
