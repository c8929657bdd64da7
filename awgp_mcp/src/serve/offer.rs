//! What a tool is: its name and words, what it takes and gives, and what it does.

use super::desk::Caller;
use super::refused::Refused;
use super::schema::{given, taken};
use rmcp::model::{CallToolResult, JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::pin::Pin;

/// Arguments of a call have so many bytes of JSON at most: those of an action may have a mebibyte.
const MOST_OF_ARGUMENTS: usize = 2 << 20;

/// What a call changes: what clients show of it, and ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// It adds something. The same call again adds it again.
    Adds,
    /// It adds something. The same call again adds nothing.
    AddsOnce,
    /// It ends something for good. The same call again changes nothing.
    Ends,
}

/// A tool.
pub trait Offer: 'static {
    /// Its name.
    const NAME: &'static str;
    /// Its name for people.
    const TITLE: &'static str;
    /// What it does and when to call it, for a model.
    const DESCRIPTION: &'static str;
    /// What a call changes.
    const EFFECT: Effect;
    /// What it takes.
    type Arguments: DeserializeOwned + JsonSchema + Send;
    /// What it gives.
    type Answer: Serialize + JsonSchema;

    /// Does it.
    fn call(
        caller: &Caller<'_>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Self::Answer, Refused>> + Send;
}

type Answered<'a> = Pin<Box<dyn Future<Output = Result<Value, Refused>> + Send + 'a>>;

/// A tool as it is listed, and its call.
pub struct Offered {
    /// What the protocol lists.
    pub tool: Tool,
    call: for<'a> fn(&'a Caller<'a>, JsonObject) -> Answered<'a>,
}

impl Offered {
    /// Of a tool.
    pub fn of<T: Offer>() -> Self {
        let tool = Tool::new(T::NAME, T::DESCRIPTION, taken::<T::Arguments>())
            .with_title(T::TITLE)
            .with_raw_output_schema(given::<T::Answer>())
            .with_annotations(annotations(T::EFFECT));
        Self { tool, call: called::<T> }
    }

    /// Its result for a model: the answer, or the refusal.
    pub async fn result(&self, caller: &Caller<'_>, arguments: JsonObject) -> CallToolResult {
        match (self.call)(caller, arguments).await {
            Ok(answer) => CallToolResult::structured(answer),
            Err(refused) => refused.result(),
        }
    }
}

fn called<'a, T: Offer>(caller: &'a Caller<'a>, arguments: JsonObject) -> Answered<'a> {
    Box::pin(async move {
        let arguments = Value::Object(arguments);
        if arguments.to_string().len() > MOST_OF_ARGUMENTS {
            return Err(Refused::bad_arguments("the arguments have more than two mebibytes"));
        }
        let arguments = serde_json::from_value(arguments)
            .map_err(|error| Refused::bad_arguments(&format!("the arguments do not fit: {error}")))?;
        let answer = T::call(caller, arguments).await?;
        serde_json::to_value(answer)
            .map_err(|error| Refused::new("unexpected", &error.to_string(), None, serde_json::Map::new()))
    })
}

/// Nothing reaches further than the database.
fn annotations(effect: Effect) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(effect == Effect::Reads)
        .destructive(effect == Effect::Ends)
        .idempotent(effect != Effect::Adds)
        .open_world(false)
}
