//! Stopping: it says first what it will stop, and that it is at once.

use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts::one::one;
use crate::parts::{self, rank};
use crate::visit::Reader;
use awgp_client::{Exit, Failure, Row, Trouble, Work};
use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

const STOP: &str = "SELECT awgp.stop($1, $2, $3::text::uuid)::text";

const ASSISTANT: &str = "
    SELECT id, name, tenant_slug FROM awgp.assistant_overview WHERE id = $1::text::uuid";
const TENANT: &str = "
    SELECT id, name, slug, type FROM awgp.tenants
    WHERE id = $1::text::uuid AND id = ANY ((SELECT awgp.visible_tenants())::uuid[])";
/// The tenants that the reader sees, their own first.
const TENANTS: &str = "
    SELECT id, name, type FROM awgp.tenants WHERE id = ANY ((SELECT awgp.visible_tenants())::uuid[])
    ORDER BY id <> awgp.current_tenant(), lower(name), id LIMIT 51";

/// What a stop would cover, as far as the reader sees, and what runs there.
const COVERED: &str = "
    WITH covered AS (
        SELECT a.tenant_id, a.id FROM awgp.assistants AS a
        WHERE a.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
          AND CASE $1 WHEN 'assistant' THEN a.id = $2::text::uuid
                      WHEN 'tenant' THEN a.tenant_id = $2::text::uuid
                      ELSE a.tenant_id = $2::text::uuid OR $2::text::uuid = awgp.current_tenant() END)
    SELECT (SELECT count(*) FROM covered) AS assistants,
           (SELECT count(*) FROM awgp.governed_actions AS g JOIN covered AS c
            ON g.tenant_id = c.tenant_id AND g.assistant_id = c.id WHERE g.status IN ('begun', 'unknown')) AS actions,
           (SELECT count(*) FROM awgp.credit_reservations AS r JOIN covered AS c
            ON r.tenant_id = c.tenant_id AND r.assistant_id = c.id
            WHERE r.state = 'held' AND r.expires_at > clock_timestamp()) AS reservations,
           (SELECT count(*) FROM awgp.work_items AS w JOIN covered AS c
            ON w.tenant_id = c.tenant_id AND w.assistant_id = c.id WHERE w.status = 'in_progress') AS work_items";

/// What somebody wants to stop.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    id: String,
}

/// The same, with the reason.
#[derive(Deserialize)]
pub struct Fields {
    scope: String,
    id: String,
    #[serde(default)]
    reason: String,
}

/// The least role that stops this; None for what no reader of the console stops.
fn least_role(scope: &str) -> Option<&'static str> {
    match scope {
        "assistant" => Some("manager"),
        "tenant" | "holding" => Some("super_admin"),
        _ => None,
    }
}

/// What the reader may stop, as links; each leads to a page that says what it would be.
pub async fn choices(work: &Work<'_>, reader: &Reader) -> Result<Markup, Trouble> {
    let tenants = work.select(TENANTS, &[]).await?;
    let link = |scope: &str, row: &Row, called: &str| {
        let here = format!("/stops/new?scope={scope}&id={}", parts::raw(row, "id"));
        html! { li { a href=(here) { (called) " " (parts::field(row, "name")) } } }
    };
    Ok(html! {
        h2 { "Stop something" }
        @if !rank::is_at_least(reader, "manager") {
            p.soft { "Managers stop an assistant, super admins a tenant or a holding." }
        } @else {
            p { "To stop one assistant, " a href="/assistants" { "open its page" } "." }
            @if rank::is_at_least(reader, "super_admin") {
                ul {
                    @for row in &tenants {
                        (link("tenant", row, "Stop the tenant"))
                        @if parts::raw(row, "type") == "holding" {
                            (link("holding", row, "Stop with all tenants below it the holding"))
                        }
                    }
                }
                @if tenants.len() > 50 { p.soft { "Further tenants: awgp stop tenant" } }
            } @else {
                p.soft { "Super admins stop a whole tenant or a holding." }
            }
            p.soft { "Whoever runs the server stops the whole installation: " code { "awgp stop installation" } "." }
        }
    })
}

/// What would be stopped: its name, and what it is called.
async fn wanted(work: &Work<'_>, scope: &str, id: &str) -> Result<(String, String), Trouble> {
    if scope == "assistant" {
        let row = one(work, ASSISTANT, id, "assistant").await?;
        let name = parts::field(&row, "name");
        let called = format!("the assistant {name} of {}", parts::field(&row, "tenant_slug"));
        return Ok((name, called));
    }
    let row = one(work, TENANT, id, "tenant").await?;
    let name = parts::field(&row, "name");
    match scope {
        "tenant" => Ok((name.clone(), format!("the tenant {name}, with all its assistants"))),
        "holding" if parts::raw(&row, "type") == "holding" => Ok((
            name.clone(),
            format!("the holding {name}, with all tenants below it and all their assistants"),
        )),
        _ => Err(Failure::new(Exit::BadArgument, "there is nothing like this to stop")
            .hint("choose on the page of stops")
            .into()),
    }
}

/// Says what would be stopped.
pub async fn ask(visitor: Visitor, Query(wish): Query<Wish>) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Stop", Place::Stops, async |work, reader| {
            let (_, called) = wanted(work, &wish.scope, &wish.id).await?;
            let covered = work.select(COVERED, &[&wish.scope, &wish.id]).await?;
            let covered = covered
                .first()
                .ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
            Ok(asked(&wish, &called, covered, reader, &secret))
        })
        .await
}

fn asked(wish: &Wish, called: &str, covered: &Row, reader: &Reader, secret: &Markup) -> Markup {
    let count = |column: &str| html! { (parts::field(covered, column)) };
    let may = least_role(&wish.scope).is_some_and(|least| rank::is_at_least(reader, least));
    html! {
        p.lead { "Stop " strong { (called) } "?" }
        (parts::facts(&[
            ("Assistants that begin nothing more", count("assistants")),
            ("Actions that have begun, and may end", count("actions")),
            ("Held reservations, which stay", count("reservations")),
            ("Work in progress, which may be completed", count("work_items")),
        ]))
        @if wish.scope == "holding" { p.soft { "These are the tenants that you see; those further below are stopped too." } }
        p.warning {
            strong { "It is at once." } " When you press the button, no action, no reservation, no work and no message begins there "
            "any more, also for a program that is about to begin. AWGP does not end what runs: tell whoever runs it. "
            "It holds until somebody resumes; as a rule that is not you."
        }
        @if may {
            div.actions {
                form method="post" action="/stops" {
                    (secret)
                    input type="hidden" name="scope" value=(wish.scope);
                    input type="hidden" name="id" value=(wish.id);
                    label for="reason" { "Reason: what is wrong" }
                    textarea id="reason" name="reason" required maxlength="2000" {}
                    button.danger { "Stop now" }
                    " " a href="/stops" { "No, back to the stops" }
                }
            }
        } @else {
            p.soft { "Managers stop an assistant, super admins a tenant or a holding." }
        }
    }
}

/// Stops.
pub async fn stop(visitor: Visitor, Signed(fields): Signed<Fields>) -> Answer {
    let reason = required(&fields.reason)?;
    let ((id, said), _) = visitor
        .act(async |work, _| {
            let (name, _) = wanted(work, &fields.scope, &fields.id).await?;
            let answer = work.text(STOP, &[&fields.scope, &reason, &fields.id]).await?;
            let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
            let said = match answer["made"].as_bool() {
                Some(true) => format!("{name} is stopped: nothing begins any more."),
                _ => format!("{name} was stopped already; nothing has changed."),
            };
            Ok((answer["stop_id"].as_str().unwrap_or_default().to_owned(), said))
        })
        .await?;
    visitor.then(&format!("/stops/{id}"), &said)
}

/// The reason, which is not blank.
pub fn required(reason: &str) -> Result<&str, Failure> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Failure::new(Exit::BadArgument, "nothing was done: the reason is missing")
            .hint("go back and say why; whoever reads the page of the stop sees it"));
    }
    Ok(reason)
}
