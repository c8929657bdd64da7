//! What a message says, read by its form (`awgp_core::records::forms`).

use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::or_raise;
use awgp_core::records::forms::Outline;
use awgp_core::records::forms::text::Texts;
use awgp_core::records::messages::{each, outline};
use pgrx::prelude::*;
use serde_json::json;

/// Who speaks, what is said, and the tokens that it says were used.
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

/// The words that a message is found by; an empty text where it has none, or is no message.
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

/// All that messages say, and JSON that they keep as text, for looking up what was quoted of them.
pub fn all_said(messages: &str) -> String {
    let mut said = Vec::new();
    for message in each(messages) {
        let texts = Outline::of(message).map(|outline| Texts::of(&outline)).unwrap_or_default();
        said.extend(texts.texts);
        said.extend(texts.json);
    }
    said.join("\n")
}
