//! Tokens that a message or a reply says its call has used: sent and received, those from a cache included.

use super::fields::{Fields, object};
use serde_json::value::RawValue;

/// What the object of counts is called.
const USAGE: [&str; 6] =
    ["usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "totalUsage"];

/// What an object is called that may have it inside.
const AROUND: [&str; 4] = ["response_metadata", "responseMetadata", "metadata", "additional_kwargs"];

/// All of it in one number.
const TOTAL: [&str; 4] = ["total_tokens", "totalTokens", "totalTokenCount", "total_token_count"];

/// What makes up the whole where no total is told. Counts that others contain, such as `reasoning_tokens`, are none of
/// these; Anthropic counts what it read from and wrote to its cache beside `input_tokens`.
const SUMMANDS: [&str; 18] = [
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "promptTokens",
    "completionTokens",
    "inputTokens",
    "outputTokens",
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "prompt_token_count",
    "candidates_token_count",
    "thoughts_token_count",
    "tool_use_prompt_token_count",
];

/// The tokens of a message, where it says so.
pub fn tokens(fields: &Fields<'_>) -> Option<u64> {
    let told = |fields: &Fields<'_>| USAGE.iter().find_map(|name| counted(&object(fields.get(*name)?)?));
    told(fields)
        .or_else(|| AROUND.iter().find_map(|name| told(&object(fields.get(*name)?)?)))
        .or_else(|| sum(fields, &["prompt_eval_count", "eval_count"]))
}

fn counted(usage: &Fields<'_>) -> Option<u64> {
    TOTAL.iter().find_map(|name| number(usage.get(*name)?)).or_else(|| sum(usage, &SUMMANDS))
}

fn sum(counts: &Fields<'_>, names: &[&str]) -> Option<u64> {
    let mut counts = names.iter().filter_map(|name| number(counts.get(*name)?)).peekable();
    counts.peek()?;
    Some(counts.fold(0, u64::saturating_add))
}

fn number(value: &RawValue) -> Option<u64> {
    serde_json::from_str(value.get()).ok()
}
