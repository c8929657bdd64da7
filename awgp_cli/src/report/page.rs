//! The page. Everything that comes from the database passes maud, which escapes it, and [`shown`], which
//! makes characters visible that would move or hide others.

use super::chart::{self, Bar, Tone};
use super::document::{Document, Month, Outcome};
use super::table::{Column, amount, duration, number, table};
use crate::one_page::one_page;
use awgp_client::{Failure, shown};
use maud::{Markup, PreEscaped, html};

pub const STYLE: &str = include_str!("style.css");

/// Whom the report is about.
pub fn subject(document: &Document) -> String {
    match (&document.subject, document.tenants.len()) {
        (Some(name), 1) => name.clone(),
        (Some(name), many) => format!("{name} and {} of its subsidiaries", many - 1),
        (None, 1) => document.tenants[0].name.clone(),
        (None, many) => format!("all {many} tenants"),
    }
}

/// The page.
pub fn html(document: &Document, currency: Option<&str>) -> Result<String, Failure> {
    let title = format!("{} – {}", shown::line(&subject(document)), document.month_name);
    let body = html! {
        (head(document))
        main {
            (Numbers::of(document).list(currency))
            (sections(document, currency, Level::Page)?)
        }
        (foot(&document.month, currency))
    };
    Ok(one_page(&title, STYLE, &body))
}

/// How deep a section is: of a page of its own, or of a member's part of a fleet's page.
#[derive(Clone, Copy)]
pub enum Level {
    /// The second heading.
    Page,
    /// The third.
    Member,
}

impl Level {
    fn heading(self, text: &str) -> Markup {
        match self {
            Self::Page => html! { h2 { (text) } },
            Self::Member => html! { h3 { (text) } },
        }
    }
}

/// Everything below the numbers in short.
pub fn sections(document: &Document, currency: Option<&str>, level: Level) -> Result<Markup, Failure> {
    Ok(html! {
        (money(document, currency, level)?)
        (approvals(document, level)?)
        (actions(document, level)?)
        (quality(document, level)?)
        (integrity(document, level)?)
    })
}

fn head(document: &Document) -> Markup {
    html! {
        header {
            h1 { (shown::line(&subject(document))) }
            p { strong { (document.month_name) }
                @if !document.is_over { " so far: the month is not over." } }
            (made(document))
        }
    }
}

/// When it was made, and of which tenants.
pub fn made(document: &Document) -> Markup {
    html! {
        p.soft { "Made at " (document.made_at) ". Days and times are in the time zone " (shown::line(&document.time_zone)) "." }
        @if document.tenants.len() > 1 {
            p.soft { "Tenants: "
                @for (place, tenant) in document.tenants.iter().take(50).enumerate() {
                    @if place > 0 { ", " }
                    (shown::line(&tenant.name)) " (" (tenant.slug) ")"
                }
                @if document.tenants.len() > 50 { " and " (document.tenants.len() - 50) " more" }
                "." }
        }
    }
}

/// The numbers that most readers come for.
pub struct Numbers {
    pub spent: String,
    pub asked: i64,
    pub allowed: i64,
    pub denied: i64,
    pub confirmed: i64,
    /// What is said of the month's trail.
    pub trail: String,
}

impl Numbers {
    /// Of one report.
    pub fn of(document: &Document) -> Self {
        let sum = |decision: &str| -> i64 {
            document.actions.iter().filter(|row| row.decision == decision).map(|row| row.actions).sum()
        };
        let now = document.integrity.last();
        Self {
            spent: document.burn.last().map_or("0.000000", |day| day.so_far.as_str()).to_owned(),
            asked: document.approvals.iter().map(|row| row.approvals).sum(),
            allowed: sum("allowed"),
            denied: sum("denied"),
            confirmed: document.quality.iter().map(|row| row.confirmed).sum(),
            trail: now.map_or("no events yet", |month| month.state.as_str()).to_owned(),
        }
    }

    /// As the list at the top.
    pub fn list(&self, currency: Option<&str>) -> Markup {
        html! {
            dl.key {
                div { dt { "Spent" } dd { (amount(&self.spent, currency)) } }
                div { dt { "Approvals requested" } dd { (number(self.asked)) } }
                div { dt { "Actions allowed" } dd { (number(self.allowed)) } }
                div { dt { "Actions denied" } dd { (number(self.denied)) } }
                div { dt { "Hallucinations confirmed" } dd { (number(self.confirmed)) } }
                div { dt { "The month's trail" } dd { (shown::line(&self.trail)) } }
            }
        }
    }
}

fn figure(svg: &str) -> Markup {
    html! { figure { (PreEscaped(svg)) } }
}

fn money(document: &Document, currency: Option<&str>, level: Level) -> Result<Markup, Failure> {
    let bars: Vec<Bar> = document
        .burn
        .iter()
        .map(|day| Bar {
            name: day.day.get(8..).unwrap_or_default().trim_start_matches('0').to_owned(),
            value: float(&day.cost_amount),
            shown: String::new(),
            tone: Tone::Plain,
        })
        .collect();
    let highest = document.burn.iter().max_by(|a, b| float(&a.cost_amount).total_cmp(&float(&b.cost_amount)));
    let label = highest
        .map_or_else(String::new, |day| format!("{} on the highest day", amount(&day.cost_amount, currency)));
    let is_named = |place: usize| place.is_multiple_of(5) || place + 1 == bars.len() && place % 5 > 1;
    let chart = chart::columns(&bars, &label, is_named)?;
    let days = document.burn.iter().filter(|day| day.entries != 0 || float(&day.cost_amount) != 0.0);
    let days = days.map(|day| {
        vec![
            day.day.clone(),
            number(day.entries),
            amount(&day.cost_amount, currency),
            amount(&day.so_far, currency),
        ]
    });
    let spenders = document.spenders.iter().map(|row| {
        vec![
            row.assistant.clone(),
            row.tenant.clone(),
            number(row.entries),
            amount(&row.cost_amount, currency),
            percent(row.percent.as_deref()),
        ]
    });
    let pools = document.pools.iter().map(|row| {
        vec![
            row.provider.clone(),
            row.tenant.clone(),
            format!("{} to {}", row.starts_on, row.ends_on),
            amount(&row.budget, currency),
            amount(&row.spent, currency),
            amount(&row.not_spent, currency),
            percent(row.percent.as_deref()),
        ]
    });
    let more = document.pools.first().map_or(0, |pool| pool.periods).saturating_sub(document.pools.len());
    Ok(html! {
        section {
            (level.heading("Money"))
            p { "What was spent on each day. Days without a cost are left out of the table." }
            (figure(&chart))
            (table("Costs by day", &[Column::Name("day"), Column::Number("entries"), Column::Number("spent"), Column::Number("in the month so far")], days.collect()))
            (table("Who spent it", &[Column::Name("assistant"), Column::Text("tenant"), Column::Number("entries"), Column::Number("spent"), Column::Number("share")], spenders.collect()))
            (table("Budgets whose period is in the month", &[Column::Name("provider"), Column::Text("tenant"), Column::Text("period"), Column::Number("budget"), Column::Number("spent"), Column::Number("not spent"), Column::Number("used")], pools.collect()))
            @if more > 0 { p.soft { "And " (more) " more periods with smaller budgets." } }
        }
    })
}

fn approvals(document: &Document, level: Level) -> Result<Markup, Failure> {
    let tone = |outcome: &str| match outcome {
        "approved" => Tone::Good,
        "open" => Tone::Open,
        "withdrawn" => Tone::Plain,
        _ => Tone::Bad,
    };
    let bar = |row: &Outcome| bar(&row.outcome, row.approvals, tone(&row.outcome));
    let bars: Vec<Bar> = document.approvals.iter().map(bar).collect();
    let rows = document.approvals.iter().map(|row| {
        vec![
            row.outcome.clone(),
            number(row.approvals),
            duration(row.median_seconds),
            duration(row.slowest_tenth_seconds),
            duration(row.longest_seconds),
        ]
    });
    Ok(html! {
        section {
            (level.heading("Approvals"))
            p { "What became of the approvals that were requested in the month, and how long people took to decide." }
            (figure(&chart::rows(&bars)?))
            (table("Approvals by outcome, with the time to the last vote", &[Column::Name("outcome"), Column::Number("approvals"), Column::Number("half within"), Column::Number("nine of ten within"), Column::Number("longest")], rows.collect()))
        }
    })
}

fn actions(document: &Document, level: Level) -> Result<Markup, Failure> {
    let bars: Vec<Bar> = document
        .actions
        .iter()
        .map(|row| {
            let tone = match (row.decision.as_str(), row.reason.as_str()) {
                ("denied", _) => Tone::Bad,
                (_, "succeeded") => Tone::Good,
                (_, "not finished yet") => Tone::Open,
                _ => Tone::Plain,
            };
            bar(&format!("{}: {}", row.decision, row.reason.replace('_', " ")), row.actions, tone)
        })
        .collect();
    let rows = document
        .actions
        .iter()
        .map(|row| vec![row.reason.clone(), row.decision.clone(), number(row.actions)]);
    Ok(html! {
        section {
            (level.heading("Actions"))
            p { "What assistants asked to do: allowed actions by how they ended, denied ones by the reason." }
            @if bars.is_empty() { p.soft { "No action was asked for in this month." } } @else { (figure(&chart::rows(&bars)?)) }
            (table("Actions by decision and reason", &[Column::Name("end or reason"), Column::Text("decision"), Column::Number("actions")], rows.collect()))
        }
    })
}

fn quality(document: &Document, level: Level) -> Result<Markup, Failure> {
    let flagged = document.quality.iter().filter(|row| row.flags > 0);
    let bars: Vec<Bar> = flagged
        .map(|row| {
            let name = if document.tenants.len() > 1 && !row.tenant.is_empty() {
                format!("{} ({})", row.assistant, row.tenant)
            } else {
                row.assistant.clone()
            };
            bar(&name, row.confirmed, Tone::Bad)
        })
        .collect();
    let rows = document.quality.iter().map(|row| {
        vec![
            row.assistant.clone(),
            row.tenant.clone(),
            number(row.conversations),
            number(row.flags),
            number(row.confirmed),
            number(row.false_positives),
            number(row.pending),
            percent(row.confirmed_percent.as_deref()),
        ]
    });
    Ok(html! {
        section {
            (level.heading("Quality"))
            p { "Hallucinations that people confirmed, by assistant, among what was said in the month." }
            @if bars.is_empty() { p.soft { "Nothing was flagged in this month." } } @else { (figure(&chart::rows(&bars)?)) }
            (table("Flags by assistant", &[Column::Name("assistant"), Column::Text("tenant"), Column::Number("conversations"), Column::Number("flags"), Column::Number("confirmed"), Column::Number("false"), Column::Number("not reviewed"), Column::Number("confirmed per conversation")], rows.collect()))
        }
    })
}

fn integrity(document: &Document, level: Level) -> Result<Markup, Failure> {
    let bars: Vec<Bar> = document
        .integrity
        .iter()
        .map(|month| bar(&format!("{}, {}", month.month, month.state), month.events, month_tone(month)))
        .collect();
    let rows = document.integrity.iter().map(|month| {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
        vec![
            month.month.clone(),
            number(month.events),
            month.state.clone(),
            or_dash(&month.verified_at),
            number(month.checkpoints),
            number(month.signed),
            or_dash(&month.last_signed_at),
        ]
    });
    Ok(html! {
        section {
            (level.heading("Integrity of the record"))
            p { "The audit trail by month, in UTC: how many events, and whether the month is sealed, when it was verified, and whether \
                 checkpoints of it were signed. A month is sealed after it is over. What a seal and a signature prove is in \
                 docs/checkpoints.md; the proof itself is the command " code { "awgp audit verify" } "." }
            @if bars.is_empty() { p.soft { "There is no month of the trail yet." } } @else { (figure(&chart::rows(&bars)?)) }
            (table("Months of the trail", &[Column::Name("month"), Column::Number("events"), Column::Text("state"), Column::Text("verified and sealed at"), Column::Number("checkpoints"), Column::Number("signed"), Column::Text("last signed at")], rows.collect()))
        }
    })
}

fn month_tone(month: &Month) -> Tone {
    match month.state.as_str() {
        "sealed" | "retired" => Tone::Good,
        "still open" => Tone::Open,
        _ => Tone::Bad,
    }
}

/// Of this month.
pub fn foot(of_month: &str, currency: Option<&str>) -> Markup {
    html! {
        footer {
            @match currency {
                Some(currency) => p { "Amounts are in " (currency) ", as whoever made this page said; AWGP stores no currency." },
                None => p { "Amounts are in the one currency of the installation: AWGP stores none." },
            }
            p { "Made by awgp " (env!("CARGO_PKG_VERSION")) " from the rows of " (of_month) " as they stood at the time above. docs/reports.md explains each number." }
        }
    }
}

fn bar(name: &str, value: i64, tone: Tone) -> Bar {
    #[expect(clippy::cast_precision_loss, reason = "to draw; the exact number is beside it")]
    Bar { name: name.to_owned(), value: value as f64, shown: number(value), tone }
}

fn percent(text: Option<&str>) -> String {
    text.map_or_else(|| "–".to_owned(), |text| format!("{text} %"))
}

/// A number to draw.
fn float(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}
