//! What waits for the reader's decision: the highest risk first, then what expires first. Whoever decides
//! nothing now sees what is open, and who may decide it.

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::Place;
use crate::parts::{self, list};
use crate::site::Site;
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, Page, down, up};
use awgp_client::{Row, Trouble, Work};
use axum::Router;
use axum::extract::Query;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

const INBOX: &str = "SELECT * FROM awgp.approval_queue";
const OPEN: &str = "SELECT * FROM awgp.approval_open";
const ORDER: &[Key] = &[down("r.risk", "integer"), up("r.expires_at", "timestamptz"), up("r.id", "uuid")];
/// Where glass was broken lately: every inbox says so.
const BROKEN: &str = "
    SELECT id, title, broken_by, approved_at FROM awgp.broken_glass
    WHERE tenant_id = awgp.current_tenant() AND approved_at > statement_timestamp() - interval '30 days'
    ORDER BY approved_at DESC LIMIT 51";
/// What is stopped where the reader sees: every inbox says so.
const STOPPED: &str = "
    SELECT count(*) FROM (SELECT id FROM awgp.stop_list WHERE state = 'in_force'
                          UNION SELECT stop_id FROM awgp.stops_in_force()) AS stop (id)";
/// How many people a card names.
const NAMED: usize = 4;

/// The routes.
pub fn router() -> Router<Site> {
    Router::new().route("/inbox", get(inbox))
}

#[derive(Deserialize)]
struct Asked {
    after: Option<String>,
    /// `open`: what others decide.
    what: Option<String>,
}

/// What an inbox shows.
struct Inbox {
    page: Page,
    broken: Vec<Row>,
    stops: i64,
    of: Of,
}

/// Whose approvals a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// What the reader may decide.
    Reader,
    /// What is open, since the reader may decide nothing.
    Others,
    /// What is open, since they asked for it.
    Anybody,
}

async fn inbox(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    visitor
        .page("Inbox", Place::Inbox, async |work, reader| {
            let inbox = read(work, &asked).await?;
            Ok(shown(&inbox, reader, &here))
        })
        .await
}

async fn read(work: &Work<'_>, asked: &Asked) -> Result<Inbox, Trouble> {
    let broken = work.select(BROKEN, &[]).await?;
    let stops = work.number(STOPPED, &[]).await?;
    let after = asked.after.as_deref();
    if asked.what.as_deref() != Some("open") {
        let page = list::read(work, Ordered::new(INBOX, Vec::new(), ORDER), after).await?;
        if !page.rows.is_empty() || after.is_some_and(|cursor| !cursor.is_empty()) {
            return Ok(Inbox { page, broken, stops, of: Of::Reader });
        }
    }
    let page = list::read(work, Ordered::new(OPEN, Vec::new(), ORDER), after).await?;
    let of = if asked.what.is_some() { Of::Anybody } else { Of::Others };
    Ok(Inbox { page, broken, stops, of })
}

fn shown(inbox: &Inbox, reader: &Reader, here: &list::Here) -> Markup {
    let Inbox { page, broken, stops, of } = inbox;
    html! {
        @if *stops > 0 {
            p.warning { a href="/stops" { (awgp_core::counted::counted(*stops, "stop")) " in force" } ": nothing begins there." }
        }
        @if *of != Of::Reader { (others(page, *of, reader)) }
        @if !page.rows.is_empty() {
            ol.cards { @for row in &page.rows { li { (card(row, reader)) } } }
            @if *of == Of::Reader {
                (list::turn(here, page))
                p { a href="/inbox?what=open" { "What is open for anybody" } }
            } @else {
                (list::turn(&here.with("what=open"), page))
            }
        }
        @if !broken.is_empty() { (broken_glass(broken, reader)) }
    }
}

/// What stands before the open approvals of others, or in their place.
fn others(page: &Page, of: Of, reader: &Reader) -> Markup {
    let is_viewer = reader.text("role") == "viewer";
    html! {
        @if page.rows.is_empty() {
            (parts::empty("Nothing waits for a decision."))
            p.soft {
                "When an assistant's work is riskier than it may do alone, somebody asks for an approval. "
                @if is_viewer { "It then stands here, with the people who may decide it. " }
                @else { "What you may decide then stands here, the highest risk first. " }
                a href="/approvals" { "All approvals" }
            }
        } @else {
            @if is_viewer {
                p { "Your role, viewer, decides nothing. This is open, and these people may decide it." }
            } @else if of == Of::Anybody {
                p { "This is open, and these people may decide it. " a href="/inbox" { "What waits for you" } }
            } @else {
                p { "Nothing waits for you. This is open for others." }
            }
        }
    }
}

fn card(row: &Row, reader: &Reader) -> Markup {
    let text = |name: &str| parts::field(row, name);
    let id = parts::raw(row, "id");
    html! {
        article.card aria-labelledby={ "title-" (id) } {
            h2 id={ "title-" (id) } { a href={ "/approvals/" (id) } { (text("title")) } }
            p {
                (parts::risk(&text("risk")))
                @if text("status") == "escalated" { " " (parts::status("escalated")) }
                " " (runs(row))
            }
            dl.line {
                (fact("Expires", &parts::away(&parts::raw(row, "expires_at"), reader)))
                (fact("Asked", &html! { (parts::away(&parts::raw(row, "created_at"), reader)) " by " (parts::field_or_dash(row, "requested_by")) }))
                (fact("Assistant", &html! { (parts::field_or_dash(row, "assistant")) }))
                @if !text("cost").is_empty() { (fact("Estimated cost", &html! { (parts::money(&text("cost"))) })) }
                @if !text("votes").is_empty() { (fact("Votes", &html! { (text("votes")) })) }
                @if !text("on_behalf_of").is_empty() { (fact("You decide for", &html! { (text("on_behalf_of")) })) }
                @if row.raw("may_decide").is_some() { (fact("May decide", &html! { (deciders(row)) })) }
            }
        }
    }
}

/// What will run: the action, and the work where the request calls it by another title.
fn runs(row: &Row) -> Markup {
    let (title, runs) = (parts::field(row, "title"), parts::field(row, "will_run"));
    let action = runs.strip_suffix(&title).map(|action| action.trim_end_matches(": "));
    html! {
        @match action {
            Some("") => { "Runs the work of this title" }
            Some(action) => { "Runs " strong { (action) } }
            None => { "Runs “" (runs) "”" }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The people of `may_decide`, the first few by name.
fn deciders(row: &Row) -> String {
    let people: Vec<String> =
        row.raw("may_decide").and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default();
    named(&people, NAMED)
}

/// So many of these names, and how many more there are.
pub fn named(people: &[String], most: usize) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    let named: Vec<String> = people.iter().take(most).map(|name| parts::shown(name)).collect();
    match people.len().saturating_sub(most) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn broken_glass(rows: &[Row], reader: &Reader) -> Markup {
    let (rows, has_more) = list::mentioned(rows);
    html! {
        section.notice aria-labelledby="broken" {
            h2 id="broken" { "Approved alone in the last 30 days" }
            p { "In an emergency one person may approve alone, past votes and roles. Look at what was done so." }
            ul {
                @for row in rows {
                    li {
                        a href={ "/approvals/" (parts::raw(row, "id")) } { (parts::field(row, "title")) }
                        " by " (parts::field_or_dash(row, "broken_by")) ", "
                        (parts::when(&parts::raw(row, "approved_at"), reader))
                    }
                }
            }
            @if has_more { p { a href="/approvals?state=broken_glass" { "All of them" } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_named_and_the_others_counted() {
        let people: Vec<String> = ["a", "b", "c\u{202e}"].map(str::to_owned).to_vec();
        assert_eq!(named(&people, 3), "a, b, c\\u{202e}");
        assert_eq!(named(&people, 2), "a, b and 1 more");
        assert_eq!(named(&[], 2), "nobody");
    }
}
