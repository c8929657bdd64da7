//! One work item: what it is, its money, its approvals and its actions.

use super::{WORK, list::risk};
use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::pages::approvals::{may_act, short_list};
use crate::parts::{self, list};
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, Page, down, up};
use awgp_client::{Row, Trouble, Work};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use maud::{Markup, html};
use serde::Deserialize;

const SHOW: &str = "SELECT * FROM awgp.work_item_details WHERE id = $1::text::uuid";
const APPROVALS: &str = "
    SELECT id, title, status, risk_level, withdrawn_at, used_at, break_glass, requested_by_email, assistant_slug,
           created_at, expires_at, NULL AS of_tenant
    FROM awgp.approval_details WHERE tenant_id = $1::text::uuid AND work_item_id = $2::text::uuid
    ORDER BY created_at DESC, id LIMIT 51";
const ACTIONS: &str = "
    SELECT id, action, provider, status, estimated_cost, cost_amount, begun_at, finished_at
    FROM awgp.action_list WHERE tenant_id = $1::text::uuid AND work_item_id = $2::text::uuid";
const DENIALS: &str = "
    SELECT action, reason, denials, last_at FROM awgp.action_denials
    WHERE tenant_id = $1::text::uuid AND work_item_id = $2::text::uuid ORDER BY denials DESC, reason, action LIMIT 51";
const ORDER: &[Key] = &[down("r.begun_at", "timestamptz"), up("r.id", "uuid")];

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: String,
}

struct Item {
    row: Row,
    approvals: Vec<Row>,
    actions: Page,
    denials: Vec<Row>,
}

/// The row of a work item, where the reader sees one.
pub async fn find(work: &Work<'_>, id: &str) -> Result<Row, Trouble> {
    let id = WORK.id(id)?;
    Ok(work.select(SHOW, &[&id]).await?.pop().ok_or_else(|| WORK.unknown())?)
}

async fn read(work: &Work<'_>, id: &str, after: &str) -> Result<Item, Trouble> {
    let row = find(work, id).await?;
    let text = |name: &str| row.text(name).unwrap_or_default();
    let (id, tenant) = (text("id"), text("tenant_id"));
    let approvals = work.select(APPROVALS, &[&tenant, &id]).await?;
    let actions = list::read(work, Ordered::new(ACTIONS, vec![&tenant, &id], ORDER), Some(after)).await?;
    let denials = work.select(DENIALS, &[&tenant, &id]).await?;
    Ok(Item { row, approvals, actions, denials })
}

pub async fn show(visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    let (item, reader) = visitor.read(async |work, _| read(work, &id, &asked.after).await).await?;
    let body = html! {
        (summary(&item.row, &reader))
        (what(&item.row))
        (money(&item.row))
        (approvals(&item.approvals, &reader))
        (actions(&item, &here, &reader))
        (denials(&item, &reader))
        (cancelling(&item.row, &reader))
    };
    let title = parts::field(&item.row, "title");
    Ok(visitor.answer(StatusCode::OK, &title, Place::Work, &reader, &body))
}

fn summary(row: &Row, reader: &Reader) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let moment = |name: &'static str, called: &'static str| {
        let text = raw(name);
        html! { @if !text.is_empty() { " · " (called) " " (parts::away(&text, reader)) } }
    };
    let reason = parts::field(row, "closed_reason");
    html! {
        p.chips {
            (risk(row)) " " (parts::status(&raw("status")))
            " made " (parts::away(&raw("created_at"), reader))
            @let by = parts::field(row, "created_by_email");
            @if !by.is_empty() { " by " (by) }
            (moment("started_at", "begun")) (moment("completed_at", "ended")) (moment("due_at", "due"))
        }
        @if !reason.is_empty() { p { strong { "Why it ended: " } (reason) } }
    }
}

fn what(row: &Row) -> Markup {
    let description = parts::raw(row, "description");
    let has = |name: &str| row.raw(name).is_some_and(|value| !matches!(value.get(), "null" | "{}"));
    let assistant = html! {
        a href={ "/assistants/" (parts::raw(row, "assistant_id")) } { (parts::field_or_dash(row, "assistant_name")) }
        " " span.soft { (parts::field(row, "assistant_slug")) }
    };
    html! {
        section aria-labelledby="what" {
            h2 id="what" { "What is to be done" }
            @if description.is_empty() { p.soft { "Nobody has described it." } } @else { (parts::lines(&description)) }
            (parts::facts(&[
                ("Assistant", assistant),
                ("Works without approval up to", html! { "risk " (parts::field_or_dash(row, "assistant_risk_tier")) }),
                ("Priority, 1 is the highest", html! { (parts::field(row, "priority")) }),
                ("Organisation", html! { (parts::field_or_dash(row, "tenant_slug")) }),
            ]))
            @if has("context") { h3 { "Its data" } (parts::json(&parts::raw(row, "context"))) }
            @if has("result") { h3 { "Its result" } (parts::json(&parts::raw(row, "result"))) }
        }
    }
}

fn money(row: &Row) -> Markup {
    let amount = |name: &str, without: &'static str| {
        let text = parts::field(row, name);
        html! { @if text.is_empty() { (without) } @else { (parts::money(&text)) } }
    };
    html! {
        section aria-labelledby="money" {
            h2 id="money" { "Money" }
            (parts::facts(&[
                ("Estimated", amount("estimated_cost", "not estimated")),
                ("Set aside now", amount("reserved", "nothing")),
                ("Spent, by the ledger", amount("spent", "nothing")),
                ("Actual cost, as reported", amount("actual_cost", "not reported")),
            ]))
        }
    }
}

fn approvals(rows: &[Row], reader: &Reader) -> Markup {
    html! {
        section aria-labelledby="approvals" {
            h2 id="approvals" { "Approvals" }
            @if rows.is_empty() { p { "Nobody has asked for an approval of it." } }
            @else { (short_list("Requests for this work, the newest first", rows, reader)) }
        }
    }
}

fn actions(item: &Item, here: &list::Here, reader: &Reader) -> Markup {
    html! {
        section aria-labelledby="actions" {
            h2 id="actions" { "Actions" }
            @if item.actions.rows.is_empty() {
                p { "No action has begun." }
            } @else {
                div.table tabindex="0" role="region" aria-labelledby="actions" {
                    table {
                        caption { "Actions that were allowed, the newest first" }
                        thead { tr {
                            th scope="col" { "Action" } th scope="col" { "Outcome" } th scope="col" { "Begun" }
                            th.n scope="col" { "Estimated" } th.n scope="col" { "Cost" }
                        } }
                        tbody { @for row in &item.actions.rows { (action(row, reader)) } }
                    }
                }
            }
            (list::turn(here, &item.actions))
        }
    }
}

fn action(row: &Row, reader: &Reader) -> Markup {
    let provider = parts::field(row, "provider");
    let cost = |name: &str| {
        let text = parts::field(row, name);
        if text.is_empty() { "–".to_owned() } else { parts::money(&text) }
    };
    html! {
        tr {
            th scope="row" { (parts::field(row, "action")) @if !provider.is_empty() { div.soft { (provider) } } }
            td { (parts::status(&parts::raw(row, "status"))) }
            td { (parts::away(&parts::raw(row, "begun_at"), reader)) }
            td.n { (cost("estimated_cost")) }
            td.n { (cost("cost_amount")) }
        }
    }
}

fn denials(item: &Item, reader: &Reader) -> Markup {
    let (rows, has_more) = list::mentioned(&item.denials);
    html! {
        section aria-labelledby="denials" {
            h2 id="denials" { "Denied" }
            @if rows.is_empty() {
                p { "No action was denied." }
            } @else {
                table {
                    caption { "Actions that were denied, by reason" }
                    thead { tr { th scope="col" { "Action" } th scope="col" { "Reason" } th.n scope="col" { "How often" } th scope="col" { "Last" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                th scope="row" { (parts::field_or_dash(row, "action")) }
                                td { (parts::field(row, "reason").replace('_', " ")) }
                                td.n { (parts::field(row, "denials")) }
                                td { (parts::away(&parts::raw(row, "last_at"), reader)) }
                            }
                        }
                    }
                }
                @if has_more { p.soft { "There are more: " a href={ "/audit/of/work_items/" (parts::raw(&item.row, "id")) } { "the trail" } " has all." } }
            }
        }
    }
}

/// Whether the work can be cancelled by this reader.
pub fn can_cancel(row: &Row, reader: &Reader) -> bool {
    let is_open =
        matches!(parts::raw(row, "status").as_str(), "backlog" | "in_progress" | "awaiting_approval");
    is_open && may_act(reader) && parts::raw(row, "tenant_id") == reader.text("tenant_id")
}

fn cancelling(row: &Row, reader: &Reader) -> Markup {
    html! {
        @if can_cancel(row, reader) {
            p { a href={ "/work/" (parts::raw(row, "id")) "/cancel" } { "Cancel this work" } }
        }
    }
}
