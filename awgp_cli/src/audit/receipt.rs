//! `awgp audit receipt`, and how `awgp audit check-proof` checks one.

use super::history::whole_id;
use super::key::{self, write_new};
use super::notes::check_there;
use super::{proof, scope};
use crate::opt::{AuditReceipt, Output};
use crate::render;
use awgp_client::receipt::{self, Events};
use awgp_client::{Context, Failure, Session, Trouble};
use awgp_core::audit::note;
use awgp_core::audit::receipt::{Doubt, Receipt};
use awgp_core::reason::Reason;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use uuid::Uuid;

/// What to do where the database's own events do not fit together.
const CHANGED: &str = "find out what was changed with: awgp audit verify --checkpoint; \
                       the events of a retired month are in its export";
/// What to do with a receipt that does not hold.
const DOUBTFUL: &str = "do not trust this receipt: ask whoever made it for another";

/// Makes the receipt of an action. Everything but the signature, which needs the public key, is checked
/// before it is written.
pub async fn make(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditReceipt,
    output: Output,
) -> Result<String, Trouble> {
    check_there(&options.checkpoint)?;
    let (work, scope) = scope::open(session, context).await?;
    let given = &options.action;
    let unknown = || {
        Failure::of_reason(Reason::UnknownAction, format!("the visible trail has no action \"{given}\""))
            .hint("list them with `awgp action list`, or `awgp audit log --entity governed_actions`")
    };
    let id = whole_id(&work, &scope, "governed_actions", given).await?;
    let id = id.and_then(|id| Uuid::parse_str(&id).ok()).ok_or_else(unknown)?;
    let events = receipt::events(&work, id, &scope.condition()).await?;
    let note = note_for(&options.checkpoint, &events)?;
    let place = options.checkpoint.display().to_string();
    let made = receipt::made(&work, &events, note).await?;
    let made = made.map_err(|doubt| hinted(refused(&doubt, &place), CHANGED))?;
    let text = render::pretty(&made);
    let Some(out) = &options.out else { return Ok(text) };
    write_new(out, &text, false)?;
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "action_id": made.action_id, "status": made.summary.status, "events": made.parts.len(), "receipt": out,
        })),
        Output::Table => format!(
            "{}: {} {}, {} events\n",
            render::cell(&out.display().to_string()),
            render::cell(&made.summary.action),
            made.summary.status,
            made.parts.len()
        ),
    })
}

/// The note: the file itself, or of a folder the oldest of the tenant's that covers the action.
fn note_for(place: &Path, events: &Events) -> Result<String, Failure> {
    if !place.is_dir() {
        return proof::read_note(place);
    }
    let found = awgp_client::proof::note_of_folder(place, &events.tenant.to_string(), events.least);
    found.ok_or_else(|| {
        receipt::uncovered(&format!(
            "{} has no note of the tenant {} that covers {} events",
            place.display(),
            events.tenant,
            events.least
        ))
    })
}

/// Checks a receipt, with only its text and the public key.
pub fn check(json: &str, public_key: &str, place: &str, output: Output) -> Result<String, Failure> {
    let receipt = Receipt::parse(json).map_err(|error| proof::unproven(&error, place))?;
    let proven = receipt.check(public_key).map_err(|doubt| hinted(refused(&doubt, place), DOUBTFUL))?;
    let signed_by = note::key_name(public_key).map_err(|error| key::refused(&error, "--public-key"))?;
    let parts = receipt.parts.iter();
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "proven": true, "action_id": receipt.action_id, "tenant_id": receipt.tenant_id, "summary": receipt.summary,
            "parts": parts.map(|part| json!({
                "part": part.part, "audit_id": part.row.id, "chain_lane": part.row.chain_lane,
                "chain_seq": part.row.chain_seq, "integrity_hash": part.row.integrity_hash, "leaf_index": part.leaf_index,
            })).collect::<Vec<_>>(),
            "tree_size": proven.size, "root_hash": proven.root, "install_id": proven.install_id, "signed_by": signed_by,
        })),
        Output::Table => {
            let mut text = format!(
                "proven: the action's {} events are among the {} that {signed_by} signed\n",
                receipt.parts.len(),
                proven.size
            );
            for (name, value) in told(&receipt) {
                let _ = writeln!(text, "{name:<20}{}", render::cell(&value));
            }
            text
        }
    })
}

/// The summary, a line a field; fields without a value are left out.
fn told(receipt: &Receipt) -> Vec<(String, String)> {
    let mut lines = vec![
        ("tenant_id".to_owned(), receipt.tenant_id.to_string()),
        ("action_id".to_owned(), receipt.action_id.to_string()),
    ];
    let summary = serde_json::to_value(&receipt.summary).unwrap_or_default();
    for (name, value) in summary.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(items) if items.is_empty() => continue,
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        lines.push((name.clone(), text));
    }
    lines
}

/// The refusal, with the part, the event and the field that do not fit.
fn refused(doubt: &Doubt, place: &str) -> Failure {
    if let Doubt::Whole(unproven) = doubt {
        return proof::unproven(unproven, place);
    }
    let mut failure = Failure::of_reason(doubt.reason(), format!("{place}: {doubt}"));
    if let Some((part, event)) = doubt.part() {
        failure = failure.note("part", part);
        if let Some(id) = event {
            failure = failure.note("audit_id", id.to_string());
        }
    }
    match doubt.field() {
        Some(field) => failure.note("field", field),
        None => failure,
    }
}

/// The failure with a next thing to do, unless it has one.
fn hinted(failure: Failure, hint: &str) -> Failure {
    if failure.noted("hint").is_some() { failure } else { failure.hint(hint) }
}
