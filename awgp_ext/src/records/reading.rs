//! What a message contains, read by its form (`awgp_core::records::forms`).

use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::or_raise;
use awgp_core::records::forms::Outline;
use awgp_core::records::forms::text::Texts;
use awgp_core::records::messages::{each, outline};
use pgrx::prelude::*;
use serde_json::json;

/// The role that speaks, the text, and the tokens that the message reports.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn read_message(message: Option<Jsonb>) -> Jsonb {
    let message = message.unwrap_or_else(|| Jsonb::from_text("null"));
    let read = message.with_text(|text| {
        let outline = or_raise(outline(text));
        let texts = Texts::of(&outline).texts;
        json!({"role": outline.role.name(), "text": texts.join("\n"), "tokens": outline.tokens})
    });
    Jsonb::from_text(&read.to_string())
}

/// The text by which a message is found; empty where it has none or is not a message.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn message_text(message: Option<Jsonb>) -> Text {
    let text = message.map(|message| {
        message.with_text(|text| {
            outline(text).map(|outline| Texts::of(&outline).texts.join("\n")).unwrap_or_default()
        })
    });
    Text(text.unwrap_or_default())
}

/// All texts in the messages, and JSON stored as text in them; used to find quotations.
pub fn all_said(messages: &str) -> String {
    let mut said = Vec::new();
    for message in each(messages) {
        let texts = Outline::of(message).map(|outline| Texts::of(&outline)).unwrap_or_default();
        said.extend(texts.texts);
        said.extend(texts.json);
    }
    said.join("\n")
}
