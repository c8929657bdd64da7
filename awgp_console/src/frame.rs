//! What stands around every page.

use crate::door::Visitor;
use crate::door::form::FIELD;
use crate::parts;
use crate::visit::Reader;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Where in the console a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What waits for the reader.
    Inbox,
    /// All approvals.
    Approvals,
    /// Work items and their actions.
    Work,
    /// Assistants and their quality.
    Assistants,
    /// What is stopped.
    Stops,
    /// Pools, burn and alerts.
    Money,
    /// Policies of messages.
    Messages,
    /// The trail.
    Audit,
    /// What is wrong with the installation.
    Doctor,
    /// A holding's subsidiaries.
    Subsidiaries,
    /// None of them.
    Elsewhere,
}

const PLACES: [(Place, &str, &str); 10] = [
    (Place::Inbox, "/inbox", "Inbox"),
    (Place::Approvals, "/approvals", "Approvals"),
    (Place::Work, "/work", "Work"),
    (Place::Assistants, "/assistants", "Assistants"),
    (Place::Stops, "/stops", "Stops"),
    (Place::Money, "/money", "Money"),
    (Place::Messages, "/messages", "Messages"),
    (Place::Audit, "/audit", "Audit"),
    (Place::Doctor, "/doctor", "Doctor"),
    (Place::Subsidiaries, "/subsidiaries", "Subsidiaries"),
];

/// A page for a reader.
pub fn page(title: &str, place: Place, reader: &Reader, visitor: &Visitor, body: &Markup) -> Markup {
    let around = html! {
        header {
            a.brand href="/inbox" { "AWGP" }
            nav aria-label="Pages" {
                @for (at, path, name) in PLACES {
                    @if at != Place::Subsidiaries || reader.has_subsidiaries() {
                        a href=(path) aria-current=[(at == place).then_some("page")] { (name) }
                    }
                }
            }
            div.reader {
                span title=(parts::role(&reader.text("role"))) { (parts::shown(&reader.text("email"))) }
                span.soft { (parts::shown(&reader.text("tenant_name"))) }
                @if visitor.site.ways.trial.is_none() && !visitor.site.ways.bearer {
                    form method="post" action="/sign-out" { (secret(visitor)) button.quiet { "Sign out" } }
                }
            }
        }
        main id="main" tabindex="-1" {
            @if visitor.site.ways.trial.is_some() {
                p.notice { "A try: every reader of this page is " (parts::shown(&reader.text("email"))) "." }
            }
            h1 { (title) }
            @if let Some(said) = &visitor.said { p.said role="status" { (parts::shown(said)) } }
            (body)
        }
        footer { p { "Times are those of " (reader.zone.iana_name().unwrap_or("UTC")) "." } }
    };
    document(title, &around, visitor.is_asking)
}

/// A page without a reader.
pub fn bare(title: &str, body: &Markup) -> Markup {
    document(
        title,
        &html! {
            header { a.brand href="/" { "AWGP" } }
            main id="main" tabindex="-1" { h1 { (title) } (body) }
        },
        false,
    )
}

/// The hidden field that makes a form the reader's own.
pub fn secret(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(visitor.form_secret); }
}

/// The script loads the page again where it tells the zone for the first time. What answers a form is not
/// loaded again: the form would be sent again.
fn document(title: &str, body: &Markup, has_script: bool) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · AWGP" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                @if has_script { (PreEscaped("<script src=\"/zone.js\" defer></script>")) }
            }
            body {
                a.skip href="#main" { "To the page" }
                (body)
            }
        }
    }
}
