//! The forms in which runtimes store messages, and what each contains: who speaks, the words, and the tokens
//! used.
//!
//! A message is stored as it came. It is only read here: an [`Outline`] finds the object that is the message
//! (an API's reply has it inside), its role, and the fields that carry its words. [`text`] collects the
//! words, [`usage`] the tokens. `docs/conversations.md` has the table of forms, `examples.json` a real
//! message of each.
//!
//! Forms are not distinguished by name: they share `role` and `content`, and a dump may mix them. They differ
//! in where the role is and in the names of parts, and only these are looked at.

mod fields;
pub mod text;
pub mod usage;

use fields::{Fields, array, object, string, text_of};
use serde_json::value::RawValue;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The runtime's instructions.
    System,
    /// The application's instructions, above the user's.
    Developer,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
}

impl Role {
    /// Its name in what is read of a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Its names in APIs and runtimes.
    fn called(name: &str) -> Option<Self> {
        match name {
            "system" => Some(Self::System),
            "developer" => Some(Self::Developer),
            "user" | "human" => Some(Self::User),
            "assistant" | "ai" | "model" => Some(Self::Assistant),
            "tool" | "function" => Some(Self::Tool),
            _ => None,
        }
    }

    /// A class name of LangChain, such as `AIMessage` and `HumanMessageChunk`, or its short name.
    fn of_class(class: &str) -> Option<Self> {
        let class = class.strip_suffix("Chunk").unwrap_or(class);
        match class.strip_suffix("Message").unwrap_or(class) {
            "AI" | "ai" => Some(Self::Assistant),
            "Human" | "human" => Some(Self::User),
            "System" | "system" => Some(Self::System),
            "Tool" | "tool" | "Function" | "function" => Some(Self::Tool),
            _ => None,
        }
    }

    /// An item of the Responses API without a role: what the model requests, and the answer.
    fn of_item(kind: &str) -> Option<Self> {
        if kind.ends_with("_call_output") {
            return Some(Self::Tool);
        }
        match kind {
            "mcp_list_tools" => Some(Self::Tool),
            "mcp_approval_response" => Some(Self::User),
            "reasoning" | "mcp_approval_request" | "compaction" => Some(Self::Assistant),
            _ => kind.ends_with("_call").then_some(Self::Assistant),
        }
    }
}

/// Fields of a message that carry its words, in all forms.
const CARRIERS: [&str; 12] = [
    "content",
    "parts",
    "reasoning_content",
    "reasoning",
    "thinking",
    "refusal",
    "audio",
    "tool_calls",
    "function_call",
    "invalid_tool_calls",
    "toolInvocations",
    "reasoning_details",
];

/// The same of an item of the Responses API.
const ITEM_CARRIERS: [&str; 15] = [
    "summary",
    "content",
    "name",
    "arguments",
    "input",
    "action",
    "operation",
    "queries",
    "code",
    "tools",
    "output",
    "outputs",
    "results",
    "error",
    "reason",
];

/// The parts of a message, found but not yet read.
#[derive(Clone, Debug)]
pub struct Outline<'a> {
    /// Who speaks.
    pub role: Role,
    /// The values that carry its words, each with its field's name.
    pub carriers: Vec<(&'static str, &'a RawValue)>,
    /// Tokens sent and received, where the message has them.
    pub tokens: Option<u64>,
}

impl<'a> Outline<'a> {
    /// Finds them, or returns the rule that the message breaks.
    pub fn of(message: &'a RawValue) -> Result<Self, &'static str> {
        let fields = object(message).ok_or("a message is an object")?;
        let mut outline = match reply(&fields)? {
            Some(outline) => outline,
            None => single(&fields, false)?,
        };
        outline.tokens = usage::tokens(&fields).or(outline.tokens);
        Ok(outline)
    }
}

/// A whole reply of an API, with the message inside: chat completions, Gemini, Bedrock, the Responses API.
fn reply<'a>(fields: &Fields<'a>) -> Result<Option<Outline<'a>>, &'static str> {
    if fields.contains_key("role") {
        return Ok(None);
    }
    let listed = |key| fields.get(key).and_then(|value| array(value));
    let inner = |values: Vec<&'a RawValue>, key| {
        values.into_iter().filter_map(|value| object(value)?.get(key).copied()).collect::<Vec<_>>()
    };
    let output = || fields.get("output").and_then(|output| object(output)?.get("message").copied());
    let messages = if let Some(choices) = listed("choices") {
        let messages = inner(choices, "message");
        if messages.is_empty() {
            return Err("a reply contains a message");
        }
        messages
    } else if let Some(candidates) = listed("candidates") {
        inner(candidates, "content")
    } else if let Some(message) = output() {
        vec![message]
    } else if text_of(fields, "object").as_deref() == Some("response") {
        listed("output").unwrap_or_default()
    } else {
        return Ok(None);
    };
    let mut whole = Outline { role: Role::Assistant, carriers: Vec::new(), tokens: None };
    for message in messages {
        let fields = object(message).ok_or("a message in a reply is an object")?;
        whole.carriers.extend(single(&fields, true)?.carriers);
    }
    Ok(Some(whole))
}

/// One message. `is_reply`: it is the model's, and may be cut off or filtered to nothing.
fn single<'a>(fields: &Fields<'a>, is_reply: bool) -> Result<Outline<'a>, &'static str> {
    let Some(inner) = wrapped(fields) else { return body(fields, None, is_reply) };
    let mut outline = body(&inner.fields, inner.role, is_reply)?;
    outline.tokens = usage::tokens(&inner.fields);
    Ok(outline)
}

/// The message inside another object, and the role that the object gives it.
struct Wrapped<'a> {
    fields: Fields<'a>,
    role: Option<Role>,
}

/// LangChain's `{"lc", "id", "kwargs"}` and `{"type", "data"}`; a message with a runtime's metadata beside
/// it; a candidate of Gemini's.
fn wrapped<'a>(fields: &Fields<'a>) -> Option<Wrapped<'a>> {
    let inner = |key| fields.get(key).and_then(|value| object(value));
    if fields.contains_key("role") {
        return None;
    }
    if fields.contains_key("lc") {
        let class = fields.get("id").and_then(|id| array(id)).and_then(|id| string(id.last()?));
        return Some(Wrapped { fields: inner("kwargs")?, role: Role::of_class(&class?) });
    }
    if let (Some(kind), Some(data)) = (text_of(fields, "type"), inner("data")) {
        return Some(Wrapped { fields: data, role: Role::of_class(&kind) });
    }
    let message = inner("message").filter(|message| message.contains_key("role"));
    let candidate = || inner("content").filter(|content| content.contains_key("parts"));
    message.or_else(candidate).map(|fields| Wrapped { fields, role: None })
}

/// The role and the carriers of a message itself.
fn body<'a>(fields: &Fields<'a>, given: Option<Role>, is_reply: bool) -> Result<Outline<'a>, &'static str> {
    let kind = text_of(fields, "type").unwrap_or_default();
    let said = fields.get("role").filter(|role| role.get() != "null");
    let is_item = said.is_none() && given.is_none() && Role::of_item(&kind).is_some();
    let role = match said {
        Some(role) => string(role).and_then(|role| Role::called(&role)),
        None => given.or_else(|| Role::of_class(&kind)).or_else(|| Role::of_item(&kind)),
    };
    // For Gemini a content without a role is the user's.
    let role = role.or_else(|| (said.is_none() && fields.contains_key("parts")).then_some(Role::User));
    let role = role.ok_or(
        "role is one of system, developer, user, assistant, tool, or the name that a provider's library has for one",
    )?;
    check_parts(fields)?;
    let names: &[&'static str] = if is_item { &ITEM_CARRIERS } else { &CARRIERS };
    let mut carriers = carriers(fields, names);
    if let Some(more) = fields.get("additional_kwargs").and_then(|more| object(more)) {
        // What LangChain stores as the provider sent it, without a field of its own.
        let missing = |(name, _): &(&str, &RawValue)| carriers.iter().all(|(has, _)| has != name);
        let more: Vec<_> = self::carriers(&more, &CARRIERS).into_iter().filter(missing).collect();
        carriers.extend(more);
    }
    // A model and a tool may say nothing. From anybody else an empty text is accepted, and a missing one is a
    // mistake.
    let has_field = fields.contains_key("content") || fields.contains_key("parts");
    let may_be_empty = matches!(role, Role::Assistant | Role::Tool) && (has_field || is_item || is_reply);
    let is_empty_text = fields.get("content").is_some_and(|content| content.get() == "\"\"");
    if carriers.is_empty() && !may_be_empty && !is_item && !is_empty_text {
        return Err("a message has a content, or a field that replaces it");
    }
    Ok(Outline { role, carriers, tokens: None })
}

/// The fields with these names that are not empty.
fn carriers<'a>(fields: &Fields<'a>, names: &[&'static str]) -> Vec<(&'static str, &'a RawValue)> {
    let says = |value: &&RawValue| !matches!(value.get(), "null" | "\"\"" | "[]" | "{}" | "false" | "true");
    names.iter().filter_map(|name| Some((*name, *fields.get(*name).filter(|value| says(value))?))).collect()
}

/// content and parts: a text, or an array of texts and of objects with a text.
fn check_parts(fields: &Fields<'_>) -> Result<(), &'static str> {
    for value in ["content", "parts"].iter().filter_map(|name| fields.get(*name)) {
        match value.get().as_bytes().first() {
            Some(b'"' | b'n') => {}
            Some(b'[') if array(value).unwrap_or_default().iter().all(|part| is_part(part)) => {}
            _ => return Err("content is a text, or an array of texts and objects, whose text is a string"),
        }
    }
    Ok(())
}

fn is_part(part: &RawValue) -> bool {
    let is_text = |value: &&RawValue| matches!(value.get().as_bytes().first(), Some(b'"' | b'n' | b'{'));
    let named = |value: &&RawValue| matches!(value.get().as_bytes().first(), Some(b'"' | b'n'));
    part.get().starts_with('"')
        || object(part).is_some_and(|fields| {
            fields.get("text").is_none_or(is_text) && fields.get("type").is_none_or(named)
        })
}

#[cfg(test)]
mod tests;
