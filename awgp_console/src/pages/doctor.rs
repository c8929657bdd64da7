//! What is wrong with the installation, as the doctor finds it: worst first, with the command that mends it.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, field, raw};
use crate::site::Site;
use crate::visit::Reader;
use awgp_client::{Call, Row, Work};
use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

/// Whether the console's login may ask.
const MAY_ASK: &str = "SELECT has_function_privilege('awgp.doctor_findings()', 'EXECUTE')::text";
/// How bad a finding is: its name, its heading, and what it means.
const SEVERITIES: [(&str, &str, &str); 3] = [
    ("error", "Errors", "A guarantee does not hold now."),
    ("warning", "Warnings", "Something is due, or somebody should look at it."),
    ("info", "To know", "Nothing to do."),
];

/// The routes.
pub fn router() -> Router<Site> {
    Router::new().route("/doctor", get(doctor))
}

async fn doctor(visitor: Visitor) -> Answer {
    visitor
        .page("Doctor", Place::Doctor, async |work: &Work<'_>, reader| {
            // The findings are about all tenants: the database lets the console ask, or not, and the console
            // shows them to those who set a tenant's rules.
            if work.text(MAY_ASK, &[]).await? != "true" {
                return Ok(html! { (not_asked()) (instead()) });
            }
            if !matches!(reader.text("role").as_str(), "admin" | "super_admin") {
                return Ok(html! { (not_shown(reader)) (instead()) });
            }
            let findings = work.call(&Call::new("doctor_findings")).await?;
            Ok(shown(&findings))
        })
        .await
}

fn shown(findings: &[Row]) -> Markup {
    let of = |severity: &str| findings.iter().filter(move |row| raw(row, "severity") == severity).collect();
    let is_sound = !findings.iter().any(|row| raw(row, "severity") != "info");
    html! {
        @if is_sound { p.said { strong { "The installation is sound." } " " (looked_at()) } }
        @for (severity, title, meaning) in SEVERITIES {
            @let rows: Vec<&Row> = of(severity);
            @if !rows.is_empty() {
                h2 { (title) " (" (rows.len()) ")" }
                p.soft { (meaning) }
                ul.cards { @for row in rows { li { (finding(row)) } } }
            }
        }
        @if !is_sound { p.soft { (looked_at()) } }
        p.soft { "docs/operations/doctor.md explains every code. The findings are about the whole installation, not about your tenant alone." }
    }
}

fn finding(row: &Row) -> Markup {
    html! {
        article.card {
            h3 { (parts::status(&raw(row, "severity"))) " " code { (field(row, "code")) } }
            p { code { (field(row, "object")) } ": " (field(row, "message")) }
            @if !raw(row, "hint").is_empty() {
                p.soft {
                    @if raw(row, "severity") == "info" { "If you want it otherwise, as a superuser in the database:" }
                    @else { "What to type or do, as a superuser in the database where nobody else is named:" }
                }
                pre tabindex="0" { (field(row, "hint")) }
            }
        }
    }
}

fn looked_at() -> &'static str {
    "The doctor looked at row-level security and its policies, grants and roles, triggers and functions, identity \
     providers and modes, the months of the trail and their seals, the sums of the ledger, maintenance, notices, and \
     versions."
}

fn not_asked() -> Markup {
    html! {
        p.notice {
            "This console does not ask the doctor: its findings are about the whole installation and all tenants, and the "
            "database login of the console is an application's."
        }
        p { "Whoever looks after the database asks it, as a member of awgp_maintainer, awgp_auditor or awgp_admin:" }
        pre tabindex="0" { "awgp doctor" }
        p { "To show its findings here, to admins of every tenant, a superuser lets the console's login ask:" }
        pre tabindex="0" { "GRANT EXECUTE ON FUNCTION awgp.doctor_findings() TO the_login_of_the_console" }
    }
}

fn not_shown(reader: &Reader) -> Markup {
    html! {
        p.notice {
            "The doctor's findings are about the whole installation. This console shows them to users with the role admin "
            "or super_admin; you are " (parts::shown(&reader.text("role"))) "."
        }
    }
}

/// What every reader may see of their tenant's health.
fn instead() -> Markup {
    html! {
        h2 { "What you can look at" }
        ul {
            li { a href="/audit/state" { "Is the trail whole?" } ": what was signed and sealed, and verifying a month of your tenant" }
            li { a href="/inbox" { "The inbox" } ": what waits for you" }
            li { a href="/money" { "Money" } ": how much is left" }
        }
    }
}
