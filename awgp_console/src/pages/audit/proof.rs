//! The proof of one event as a file, and the receipt of an action with all of its events, which `awgp audit
//! check-proof` checks without a server.

use super::event;
use super::scope::{Scope, no_event};
use crate::answer::{Answer, Refusal};
use crate::door::{Signed, Visitor};
use crate::parts::{self, raw};
use crate::visit::Reader;
use awgp_client::{Exit, Failure, Row, Trouble, Work, proof, receipt};
use awgp_core::audit::proof::Unproven;
use awgp_core::audit::receipt::Doubt;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::path::PathBuf;
use uuid::Uuid;

/// What the button says.
const RECEIPT: &str = "Download the receipt of the action";

/// What the reader has.
#[derive(Deserialize)]
pub struct Given {
    note: String,
}

/// Where the note comes from.
enum Notes {
    /// The console's folder, if it has one.
    Folder(Option<PathBuf>),
    /// The reader.
    Given(String),
}

impl Notes {
    fn given(form: &Given) -> Self {
        // A form sends lines with a carriage return.
        let note = form.note.replace("\r\n", "\n");
        Self::Given(format!("{}\n", note.trim_end()))
    }

    /// A note of the tenant that has at least so many events.
    async fn find(self, tenant: String, least: Option<u64>) -> Option<String> {
        match self {
            Self::Given(note) => Some(note),
            Self::Folder(folder) => {
                let (folder, least) = (folder?, least?);
                let find = move || proof::note_of_folder(&folder, &tenant, least);
                tokio::task::spawn_blocking(find).await.ok().flatten()
            }
        }
    }
}

/// The proof by a note of the console's folder.
pub async fn of_folder(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let notes = Notes::Folder(visitor.site.notes.clone());
    proof_file(visitor, &id, notes).await
}

/// The proof by a note that the reader has.
pub async fn of_form(visitor: Visitor, Path(id): Path<String>, Signed(given): Signed<Given>) -> Answer {
    proof_file(visitor, &id, Notes::given(&given)).await
}

/// The receipt of the action that the event is about, by a note of the console's folder.
pub async fn receipt_of_folder(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let notes = Notes::Folder(visitor.site.notes.clone());
    receipt_file(visitor, &id, notes).await
}

/// The same by a note that the reader has.
pub async fn receipt_of_form(
    visitor: Visitor,
    Path(id): Path<String>,
    Signed(given): Signed<Given>,
) -> Answer {
    receipt_file(visitor, &id, Notes::given(&given)).await
}

async fn proof_file(visitor: Visitor, id: &str, notes: Notes) -> Answer {
    let read = visitor.read(async |work, _| {
        let (id, row) = event::find(work, id).await?;
        let note = notes.find(raw(&row, "tenant_id"), raw(&row, "tree_size").parse().ok()).await;
        let note = note.ok_or_else(|| no_note(&row))?;
        Ok((id, proven(work, id, &raw(&row, "tenant_id"), note).await?))
    });
    let ((id, file), _) = read.await.map_err(Refusal::of)?;
    Ok(download(&format!("event-{id}.proof.json"), file))
}

async fn receipt_file(visitor: Visitor, id: &str, notes: Notes) -> Answer {
    let read = visitor.read(async |work, _| {
        let (_, row) = event::find(work, id).await?;
        let action = action_of(&row).ok_or_else(no_event)?;
        let scope = Scope::of(work).await?;
        let events = receipt::events(work, action, &scope.condition("tenant_id")).await?;
        let note = notes.find(events.tenant.to_string(), Some(events.least)).await;
        let note = note.ok_or_else(|| no_note(&row))?;
        let made = receipt::made(work, &events, note).await?.map_err(|doubt| doubted(&doubt))?;
        Ok((action, text(&made)?))
    });
    let ((action, file), _) = read.await.map_err(Refusal::of)?;
    Ok(download(&format!("action-{action}.receipt.json"), file))
}

/// The action that an event is about.
fn action_of(row: &Row) -> Option<Uuid> {
    if raw(row, "entity_type") == "governed_actions" { raw(row, "entity_id").parse().ok() } else { None }
}

fn download(name: &str, file: String) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, named)];
    (headers, file).into_response()
}

fn text(file: &impl serde::Serialize) -> Result<String, Failure> {
    let unwritable = |error| Failure::new(Exit::Unexpected, format!("the file cannot be written: {error}"));
    Ok(serde_json::to_string_pretty(file).map_err(unwritable)? + "\n")
}

fn doubted(doubt: &Doubt) -> Failure {
    match doubt {
        Doubt::Whole(unproven) => refused(unproven),
        _ => Failure::of_reason(doubt.reason(), doubt.to_string())
            .hint("tell the auditor, who runs `awgp audit verify --checkpoint`"),
    }
}

async fn proven(work: &Work<'_>, id: i64, tenant: &str, note: String) -> Result<String, Trouble> {
    // The tenant is as the server has written it.
    let made = match proof::prove(work, id, &format!("tenant_id = '{tenant}'::uuid"), note).await {
        Ok(made) => made.map_err(|error| refused(&error))?,
        // Whoever reads this page saw the event a moment ago.
        Err(Trouble::Told(_)) => return Err(no_event().into()),
        Err(trouble) => return Err(trouble),
    };
    Ok(text(&made.proof)?)
}

fn refused(error: &Unproven) -> Failure {
    let hint = match error {
        Unproven::Note(_) | Unproven::Malformed(_) => {
            "paste the whole note as the auditor's file has it, from awgp-audit/ to the line that begins with —"
        }
        Unproven::OtherLog => {
            "this note is of another tenant: paste one of this event's tenant, or of its holding"
        }
        Unproven::Mismatch => {
            "the event is not what the note signs: tell the auditor, who runs `awgp audit verify --checkpoint`"
        }
    };
    Failure::of_reason(error.reason(), error.to_string()).hint(hint)
}

fn no_note(row: &Row) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no note here that covers event {}", raw(row, "id")))
        .hint("ask the auditor for a newer note, and paste it on the page of the event")
}

/// What the page of an event says about its proof.
pub fn offer(row: &Row, has_folder: bool, secret: &Markup, reader: &Reader) -> Markup {
    let id = raw(row, "id");
    if raw(row, "tree_size").is_empty() {
        return html! {
            p { "There is none yet: no checkpoint has this event. The auditor's next `awgp audit checkpoint` will." }
        };
    }
    let signed = raw(row, "signed_at");
    let is_action = action_of(row).is_some();
    html! {
        p {
            "A proof shows that this event is in what an auditor has signed, to anybody who has the auditor's public key, "
            "without a database."
        }
        @if signed.is_empty() { p { "No auditor has signed a checkpoint that has this event yet." } }
        @else { p.soft { "An auditor showed the database a signed note that has it on " (parts::when(&signed, reader)) "." } }
        @if has_folder && !signed.is_empty() {
            p {
                a.button href={ "/audit/" (id) "/proof" } download { "Download the proof" }
                @if is_action { " " a.button href={ "/audit/" (id) "/receipt" } download { (RECEIPT) } }
            }
        }
        @if is_action {
            p {
                "A receipt of the action has this event and the others of the action, its approval, the votes and the cost, "
                "each with its proof."
            }
        }
        details open[!has_folder] {
            summary { "With a note that you have" }
            form method="post" action={ "/audit/" (id) "/proof" } {
                (secret)
                label for="note" { "The auditor's signed note, whole: " code { "TENANT.SIZE.note" } }
                textarea id="note" name="note" rows="7" required spellcheck="false" {}
                button type="submit" { "Download the proof" }
                @if is_action { " " button type="submit" formaction={ "/audit/" (id) "/receipt" } { (RECEIPT) } }
            }
        }
        p { "To check it, on any machine:" }
        pre tabindex="0" { "awgp audit check-proof event-" (id) ".proof.json --public-key KEY" }
        p.soft { "KEY is the auditor's public key (name+id+key). Take it from the auditor, not from this page." }
    }
}
