//! One assistant: what it may do, what it costs, what it has to do, how often it is wrong, what has become
//! of it.

use super::ONE;
use super::acts;
use super::list::{tier, type_named};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::{self, Place};
use crate::pages::flags::rules;
use crate::parts::chart::{self, Bar, Chart};
use crate::parts::history::history;
use crate::parts::one::one;
use crate::parts::table::{Head, table};
use crate::parts::{self, meter, rank, when};
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work};
use axum::extract::Path;
use maud::{Markup, html};

/// Today and the 29 days before it, those without a cost too.
const DAYS: &str = "
    SELECT to_char(calendar.day, 'YYYY-MM-DD') AS day, COALESCE(spending.spent, 0) AS spent
    FROM generate_series(awgp.accounting_today() - 29, awgp.accounting_today()::timestamp, interval '1 day') AS calendar (day)
    LEFT JOIN awgp.assistant_spending AS spending
      ON spending.assistant_id = $1::text::uuid AND spending.day = calendar.day::date
    ORDER BY calendar.day";

const OPEN_WORK: &str = "
    SELECT id, title, status, risk_level, created_at FROM awgp.work_item_list
    WHERE assistant_id = $1::text::uuid AND status IN ('in_progress', 'awaiting_approval', 'backlog')
    ORDER BY array_position(ARRAY['in_progress', 'awaiting_approval', 'backlog'], status), created_at, id LIMIT 11";

const QUALITY: &str = "
    SELECT * FROM awgp.assistant_quality WHERE assistant_id = $1::text::uuid
    ORDER BY confirmed DESC, COALESCE(model, '')";

/// The stops that cover it, the widest first.
const STOPS: &str = "
    SELECT s.stop_id, s.scope, s.reason, s.stopped_at,
           EXISTS (SELECT FROM awgp.stop_list AS l WHERE l.id = s.stop_id) AS is_seen
    FROM awgp.stops_in_force($1::text::uuid) AS s";

/// How many work items the page shows; the list of work has all.
const WORK_SHOWN: usize = 10;

/// The page.
pub async fn assistant(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Assistant", Place::Assistants, async |work, reader| {
            let row = one(work, ONE, &id, "assistant").await?;
            let stops = work.select(STOPS, &[&id]).await?;
            let days = spending(work, &row, &id).await?;
            let open = work.select(OPEN_WORK, &[&id]).await?;
            let quality = work.select(QUALITY, &[&id]).await?;
            let rules = rules::of(work, &id).await?;
            let past = history(work, reader, "assistants", &id).await?;
            Ok(html! {
                (head(&row, &stops, reader))
                h2 { "What it may do" }
                (permissions(&row, reader))
                h2 { "What it costs" }
                (costs(&row))
                (days)
                h2 { "Open work" }
                (open_work(&open, &parts::raw(&row, "slug"), reader))
                h2 { "Quality" }
                (quality_of(&row, &quality, rules.as_ref(), &id))
                h2 id="change" { "Suspend, resume or retire" }
                (acts::forms(&row, reader, &secret))
                h2 { "History" }
                (past)
            })
        })
        .await
}

async fn spending(work: &Work<'_>, row: &Row, id: &str) -> Result<Markup, Trouble> {
    let days = work.select(DAYS, &[&id]).await?;
    let bars: Vec<Bar> = days
        .iter()
        .map(|day| Bar { label: parts::raw(day, "day"), amount: parts::raw(day, "spent") })
        .collect();
    let limit = Some(parts::raw(row, "max_cost_per_day"));
    Ok(chart::bars(&Chart { title: "Spent on each of the last 30 days", of: "day", limit }, &bars))
}

fn head(row: &Row, stops: &[Row], reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        p.lead {
            strong { (parts::field(row, "name")) } " " (parts::status(&raw("status")))
            @if !raw("status_changed_at").is_empty() { " since " (when(&raw("status_changed_at"), reader)) }
            @if rank::is_at_least(reader, "manager") { " " a href="#change" { "Change this" } }
        }
        @if !raw("status_reason").is_empty() {
            p { "Reason: " (parts::field(row, "status_reason")) }
        }
        @if !raw("description").is_empty() { (parts::lines(&raw("description"))) }
        @for stop in stops {
            p.notice {
                "Stopped since " (when(&parts::raw(stop, "stopped_at"), reader)) ", with "
                (stopped_with(&parts::raw(stop, "scope"))) ": " (parts::field(stop, "reason"))
                ". Nothing begins until somebody lifts the stop, whatever the status says. "
                a href=(stop_of(stop)) { "The stop" }
            }
        }
        @if raw("status") == "suspended" {
            p.notice { "It begins no work until somebody resumes it. What is in progress stays in progress." }
        }
    }
}

/// The page of a stop; of one from above that of all.
fn stop_of(stop: &Row) -> String {
    if parts::raw(stop, "is_seen") == "true" {
        format!("/stops/{}", parts::raw(stop, "stop_id"))
    } else {
        "/stops".to_owned()
    }
}

/// What a stop of this scope covers.
fn stopped_with(scope: &str) -> &'static str {
    match scope {
        "assistant" => "nobody else",
        "tenant" => "all assistants of the tenant",
        "holding" => "the whole holding",
        _ => "the whole installation",
    }
}

fn permissions(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let capabilities: Vec<String> = row
        .raw("capabilities")
        .and_then(|list| serde_json::from_str::<Option<Vec<String>>>(list.get()).ok().flatten())
        .unwrap_or_default();
    let model = serde_json::from_str::<serde_json::Value>(&raw("model_config")).unwrap_or_default();
    let named =
        |key: &str| model.get(key).and_then(serde_json::Value::as_str).map_or("–".into(), parts::shown);
    html! {
        @if capabilities.is_empty() {
            p { "It may take no named action." }
        } @else {
            ul.tags { @for name in &capabilities { li { code { (parts::shown(name)) } } } }
        }
        (parts::facts(&[
            ("Work waits for an approval from", tier(&raw("risk_tier"))),
            ("Model", html! { (named("model")) " (" (named("provider")) ")" }),
            ("Type", html! { (type_named(&raw("type"))) }),
            ("Slug", html! { code { (parts::field(row, "slug")) } }),
            ("Tenant", html! { (parts::field(row, "tenant_slug")) }),
            ("Made", html! {
                (when(&raw("created_at"), reader))
                @if !raw("created_by_email").is_empty() { " by " (parts::field(row, "created_by_email")) }
            }),
        ]))
        details {
            summary { "All settings of the model and of the assistant" }
            h3 { "Model" }
            (parts::json(&raw("model_config")))
            h3 { "Assistant" }
            (parts::json(&raw("configuration")))
        }
    }
}

fn costs(row: &Row) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    html! {
        (parts::facts(&[
            ("Today", html! {
                (parts::money(&raw("day_spent"))) " of " (parts::money(&raw("max_cost_per_day")))
                (meter::meter("Spent today", &raw("day_spent"), &raw("max_cost_per_day")))
            }),
            ("Held for calls that are under way", html! { (parts::money(&raw("day_held"))) }),
            ("This month", html! { (parts::money(&raw("month_spent"))) }),
        ]))
    }
}

fn open_work(open: &[Row], slug: &str, reader: &Reader) -> Markup {
    let heads = [Head::Text("Work item"), Head::Text("Status"), Head::Text("Risk"), Head::Text("Made")];
    html! {
        @if open.is_empty() {
            (parts::empty("It has no open work."))
        } @else {
            (table("Open work, what is in progress first", &heads, &html! {
                @for row in open.iter().take(WORK_SHOWN) {
                    tr {
                        th scope="row" { a href={ "/work/" (parts::raw(row, "id")) } { (parts::field(row, "title")) } }
                        td { (parts::status(&parts::raw(row, "status"))) }
                        td { (parts::risk(&parts::raw(row, "risk_level"))) }
                        td { (when(&parts::raw(row, "created_at"), reader)) }
                    }
                }
            }))
            @if open.len() > WORK_SHOWN { p { a href={ "/work?assistant=" (parts::encoded(slug)) } { "All its work" } } }
        }
    }
}

fn quality_of(row: &Row, models: &[Row], rules: Option<&rules::Rules>, id: &str) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let states = [
        ("pending", "to review"),
        ("reviewed", "undecided"),
        ("confirmed", "confirmed"),
        ("false_positives", "false"),
    ];
    html! {
        p {
            @if raw("flags") == "0" {
                "Nothing that it said is flagged."
            } @else {
                @for (at, (column, called)) in states.iter().enumerate() {
                    @if at > 0 { ", " }
                    a href={ "/flags?status=" (column.trim_end_matches('s')) "&assistant=" (id) } { (raw(column)) " " (called) }
                }
                "."
                @if !raw("confirmed_percent").is_empty() {
                    " Of the flags that were concluded, " strong { (raw("confirmed_percent")) " %" } " were right."
                }
            }
        }
        @if let Some(rules) = rules { p { (rules.suspension()) } }
        @if !models.is_empty() { (by_model(models)) }
    }
}

fn by_model(models: &[Row]) -> Markup {
    let heads = [
        Head::Text("Model"),
        Head::Number("Conversations"),
        Head::Number("Work items"),
        Head::Number("Flags"),
        Head::Number("Confirmed"),
        Head::Number("Confirmed per conversation"),
    ];
    table(
        "How often it was wrong, by model",
        &heads,
        &html! {
            @for row in models {
                tr {
                    th scope="row" { (parts::field_or_dash(row, "model")) }
                    @for column in ["conversations", "work_items", "flags", "confirmed", "confirmed_per_conversation"] {
                        td.n { (parts::field_or_dash(row, column)) }
                    }
                }
            }
        },
    )
}
