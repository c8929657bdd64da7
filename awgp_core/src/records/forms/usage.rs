//! The tokens that a message or a reply reports for its call: sent and received, including those from a
//! cache.

use super::fields::{Fields, object};
use serde_json::value::RawValue;

/// The names of the object with the counts.
const USAGE: [&str; 6] =
    ["usage", "usage_metadata", "usageMetadata", "token_usage", "tokenUsage", "totalUsage"];

/// The names of objects that may contain it.
const AROUND: [&str; 4] = ["response_metadata", "responseMetadata", "metadata", "additional_kwargs"];

/// All of it in one number.
const TOTAL: [&str; 4] = ["total_tokens", "totalTokens", "totalTokenCount", "total_token_count"];

/// The parts of the total where no total is given. Counts that others contain, such as `reasoning_tokens`,
/// are not among them; Anthropic counts what it read from and wrote to its cache separately from
/// `input_tokens`.
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

/// The tokens of a message, where it has them.
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
