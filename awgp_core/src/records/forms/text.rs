//! The words of a message: every text that a human would read, in every form.
//!
//! Within a message's parts the names of fields are the runtime's, and fields that are not text are skipped
//! by name: ids, types, signatures, bytes. A tool's arguments and answer are an application's data, and all
//! of it is taken.

use super::Outline;
use super::fields::{Fields, object, text_of};
use serde_json::value::RawValue;

/// How deep a message is read. Each level reads everything below it once more.
pub const DEPTH_MAX: usize = 32;

/// A text with this many characters, all of them base64 and without a space, is bytes.
const BYTES_MIN: usize = 200;

/// Fields of parts that are not text.
const NO_TEXT: [&str; 45] = [
    "type",
    "id",
    "index",
    "role",
    "status",
    "state",
    "phase",
    "object",
    "created",
    "format",
    "detail",
    "outcome",
    "mode",
    "signature",
    "thoughtSignature",
    "thought_signature",
    "encrypted_content",
    "redactedContent",
    "redacted_content",
    "data",
    "bytes",
    "b64_json",
    "blob",
    "cache_control",
    "cachePoint",
    "cache_point",
    "logprobs",
    "annotations",
    "mediaType",
    "media_type",
    "mimeType",
    "mime_type",
    "providerMetadata",
    "providerOptions",
    "callProviderMetadata",
    "usage",
    "experimental_providerMetadata",
    "response_metadata",
    "usage_metadata",
    "is_error",
    "isError",
    "container",
    "caller",
    "server_label",
    "artifact",
];

/// Fields that hold a tool's arguments or answer.
const PAYLOADS: [&str; 13] = [
    "input",
    "args",
    "arguments",
    "rawInput",
    "parameters",
    "action",
    "operation",
    "output",
    "result",
    "response",
    "json",
    "value",
    "structuredContent",
];

/// The types of parts in a tool's answer.
const PART_TYPES: [&str; 19] = [
    "text",
    "input_text",
    "output_text",
    "input_image",
    "input_file",
    "image",
    "image_url",
    "json",
    "error-text",
    "error-json",
    "content",
    "media",
    "resource",
    "resource_link",
    "audio",
    "file",
    "document",
    "search_result",
    "logs",
];

/// The words of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Its texts, in the order of its fields.
    pub texts: Vec<String>,
    /// JSON that was stored as text, such as arguments. The texts inside are in `texts` too.
    pub json: Vec<String>,
}

impl Texts {
    /// The texts of a message.
    pub fn of(outline: &Outline<'_>) -> Self {
        let mut found = Self::default();
        for (name, carrier) in &outline.carriers {
            let within = if PAYLOADS.contains(name) { Within::Payload } else { Within::Parts };
            found.collect(carrier, within, DEPTH_MAX);
        }
        found
    }

    fn collect(&mut self, value: &RawValue, within: Within, depth: usize) {
        if depth == 0 {
            return;
        }
        match value.get().as_bytes().first() {
            Some(b'"') => self.add(serde_json::from_str(value.get()).unwrap_or_default(), within, depth),
            Some(b'[') => {
                for element in serde_json::from_str::<Vec<&RawValue>>(value.get()).unwrap_or_default() {
                    self.collect(element, within, depth - 1);
                }
            }
            Some(b'{') => {
                let fields = object(value).unwrap_or_default();
                let is_part =
                    text_of(&fields, "type").is_some_and(|kind| PART_TYPES.contains(&kind.as_str()));
                if within == Within::Parts || is_part {
                    self.collect_part(&fields, depth);
                } else {
                    fields.values().for_each(|value| self.collect(value, within, depth - 1));
                }
            }
            Some(b'-' | b'0'..=b'9') if within == Within::Payload => self.texts.push(value.get().to_owned()),
            _ => {}
        }
    }

    fn add(&mut self, text: String, within: Within, depth: usize) {
        let is_json = within == Within::Payload && text.trim_start().starts_with(['{', '[']);
        if let Some(inner) = is_json.then(|| serde_json::from_str::<&RawValue>(&text).ok()).flatten() {
            self.collect(inner, within, depth - 1);
            self.json.push(text);
        } else if !text.is_empty() && !is_bytes(&text) {
            self.texts.push(text);
        }
    }

    fn collect_part(&mut self, fields: &Fields<'_>, depth: usize) {
        let kind = text_of(fields, "type").unwrap_or_default();
        // The AI SDK puts the tool's name in the type, and has its own type for an application's data.
        let is_call = fields.contains_key("toolCallId") && fields.contains_key("state");
        if let Some(tool) = kind.strip_prefix("tool-").filter(|_| is_call) {
            self.texts.push(tool.to_owned());
        }
        let has_data = kind == "text" || kind.starts_with("data-");
        for (name, value) in fields {
            let name = name.as_str();
            let is_payload = PAYLOADS.contains(&name) || (name == "data" && has_data);
            if is_payload {
                self.collect(value, Within::Payload, depth - 1);
            } else if !NO_TEXT.contains(&name) && !name.ends_with("_id") && !name.ends_with("Id") {
                self.collect(value, Within::Parts, depth - 1);
            }
        }
    }
}

/// Who chose the names of the fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The runtime.
    Parts,
    /// The tool, for its data.
    Payload,
}

/// A data: URL, or base64.
fn is_bytes(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    text.starts_with("data:") && text.contains(";base64,")
        || text.len() >= BYTES_MIN && text.chars().all(is_base64)
}
