//! What a model reads where a call is not passed on, or where nobody knows how it ended: an error of the
//! tool, with a reason, a sentence, and what to do next.

use super::actions::{Approval, Denial};
use rmcp::model::{CallToolResult, ContentBlock, MetaObject, ResultType};
use serde_json::{Map, Value, json};

/// Where programs find the reason and the facts, in `_meta` of a result: `structuredContent` belongs to the
/// tool's own schema.
pub const META: &str = "awgp/guard";

/// An error of the tool. `is_modern`: the client reads `resultType`, of the protocol from 2026-07-28 on.
pub fn error(denial: &Denial, action: &str, is_modern: bool) -> CallToolResult {
    let next = next(denial, action);
    let mut sentence = denial.message.trim_end_matches('.').to_owned();
    if let Some(first) = sentence.get(..1) {
        let first = first.to_uppercase();
        sentence.replace_range(..1, &first);
    }
    let text = format!("{sentence} (reason: {}). {next}", denial.reason);
    let mut facts = match &denial.facts {
        Value::Object(facts) => facts.clone(),
        _ => Map::new(),
    };
    facts.insert("reason".to_owned(), denial.reason.clone().into());
    facts.insert("message".to_owned(), denial.message.clone().into());
    facts.insert("action".to_owned(), action.into());
    let mut meta = Map::new();
    meta.insert(META.to_owned(), facts.into());
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]).with_meta(Some(MetaObject(meta)));
    result.result_type = is_modern.then_some(ResultType::COMPLETE);
    result
}

/// What the model is to do next, by reason.
fn next(denial: &Denial, action: &str) -> String {
    let fixed = match denial.reason.as_str() {
        "capability_missing" => {
            return format!(
                "This tool may not be used. Do not call it again: use another one, or tell the user that a manager \
                 has to add {action} to the capabilities of the assistant."
            );
        }
        "assistant_inactive" | "assistant_suspended" | "assistant_error" => {
            "Stop working. Tell the user that the assistant is stopped, and that a manager has to resume it."
        }
        "stopped" => {
            "Stop working: a person has stopped everything here. Tell the user, and do not call again until they say \
             that it goes on."
        }
        "not_own_work" => "Tell the user that the work item belongs to another assistant.",
        "illegal_transition" => {
            "The work item has ended, so nothing more can be done for it. Stop, and tell the user."
        }
        "approval_pending" => {
            "A human has to decide first. Do other work meanwhile; when the user says that it is approved, make \
             the same call with the same arguments."
        }
        "approval_required" | "approval_expired" | "approval_used" | "digest_mismatch" => {
            "A human has to approve this call. Make the same call again to ask for it."
        }
        "approval_rejected" => {
            "A human has refused this call. Do not make it again: do something else, or ask the user."
        }
        "arguments_mismatch" => {
            "Do not run the tool with other arguments than those that were approved. Make the call exactly as it \
             was approved, or ask the user."
        }
        "budget_exceeded" => {
            "There is no money for it. Stop calling tools that cost money, and tell the user."
        }
        "no_credit_pool" => "Tell the user that an admin has to make a pool for the provider.",
        "idempotency_conflict" => "The key awgp/key belongs to another call. Use another key.",
        "already_acted" => "Do not make the call again.",
        "outcome_unknown" => {
            "It may have happened. Do not make the call again before you have found out, or have asked the user."
        }
        "too_many_calls" => "Wait until a call has been answered, then try again.",
        "no_database" | "database_error" => {
            "The tool was not called. Try again later, or tell the user that AWGP cannot be reached."
        }
        "no_work_item" => {
            "The tool was not called. Tell the user: start the guard with --work-item or --title, or name a work \
             item in _meta as awgp/work-item."
        }
        "server_unnamed" => "The tool was not called. Tell the user: start the guard with --name.",
        "server_gone" => "The tool was not called. Tell the user that its server, or the guard, has ended.",
        "unknown_work_item" => "The tool was not called. Tell the user to check the id of the work item.",
        _ if denial.hint.is_empty() || denial.hint.contains("SELECT ") => "The tool was not called.",
        _ => denial.hint.as_str(),
    };
    fixed.to_owned()
}

/// The call waits for a human.
pub fn waiting(approval: &str, waited: u64) -> Denial {
    let mut denial = Denial::new(
        "approval_pending",
        match waited {
            0 => format!("A human has to approve this call; they are asked in approval {approval}"),
            _ => format!(
                "No human has decided about this call within {waited} seconds; approval {approval} is open"
            ),
        },
    );
    denial.facts = json!({"approval_id": approval});
    denial
}

/// Something else is approved than this call.
pub fn other_is_approved(mut denial: Denial, given: &Approval) -> Denial {
    let arguments = shortened(given.arguments.as_deref().unwrap_or_default(), 1_000);
    denial.message = format!("A human has approved this tool with other arguments: {arguments}");
    if let Value::Object(facts) = &mut denial.facts {
        facts.insert("approval_id".to_owned(), given.id.to_string().into());
    }
    denial
}

/// Nobody knows whether the call happened.
pub fn unknown(why: &str, action: &str) -> Denial {
    let mut denial =
        Denial::new("outcome_unknown", format!("Nobody knows whether this call happened: {why}"));
    denial.facts = json!({"action_id": action});
    denial
}

/// A text on one line, and not longer than this many characters.
pub fn shortened(text: &str, chars: usize) -> String {
    let flat = awgp_client::shown::line(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if flat.chars().count() <= chars {
        return flat;
    }
    flat.chars().take(chars).chain(['…']).collect()
}

/// What a request for approval says: what will run, in words. The arguments are in its row, whole.
pub fn asked(server: &str, tool: &str, arguments: &str) -> (String, String) {
    let arguments = match serde_json::from_str(arguments) {
        Ok(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    };
    let value = |value: &Value| match value {
        Value::String(text) => shortened(text, 200),
        other => shortened(&other.to_string(), 200),
    };
    let first = arguments.iter().next();
    let what = first.map(|(key, first)| format!(", {key} {}", shortened(&value(first), 80)));
    let title = format!("Call {tool} of {server}{}", what.unwrap_or_default());
    let lines: Vec<String> =
        arguments.iter().map(|(key, text)| format!("{}: {}", shortened(key, 80), value(text))).collect();
    let with =
        if lines.is_empty() { "without arguments.".to_owned() } else { format!("with {}", lines.join("; ")) };
    (shortened(&title, 250), format!("Once, the tool {tool} of the MCP server {server}, {with}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_reads_reason_sentence_and_what_to_do_next() {
        let denial = Denial::new("budget_exceeded", "the pool is empty.");
        let result = serde_json::to_value(error(&denial, "bank.pay", false)).expect("JSON");
        assert_eq!(result["isError"], true);
        assert_eq!(result.get("resultType"), None);
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert!(text.starts_with("The pool is empty (reason: budget_exceeded). There is no money"), "{text}");
        assert_eq!(result["_meta"][META]["reason"], "budget_exceeded");
        let modern = serde_json::to_value(error(&denial, "bank.pay", true)).expect("JSON");
        assert_eq!(modern["resultType"], "complete");
    }

    #[test]
    fn an_approver_reads_what_will_run_without_what_could_disguise_it() {
        let long = "x".repeat(500);
        let json = json!({"path": "a\u{202e}b\nc", "content": long, "n": [1, 2]}).to_string();
        let (title, description) = asked("files", "write_file", &json);
        assert!(title.starts_with("Call write_file of files, path a\\u{202e}b c"), "{title}");
        assert!(description.lines().count() == 1 && description.len() < 500, "{description}");
        assert_eq!(asked("a", "b", "{}").1, "Once, the tool b of the MCP server a, without arguments.");
    }
}
