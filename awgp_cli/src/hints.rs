//! Hints for people at the command line: where the server's hint names a function, the command that calls it.

use std::fmt::Write;

/// Functions that hints name, and the command that does the same.
const COMMANDS: [(&str, &str); 20] = [
    ("request_approval", "awgp approval request WORK_ITEM"),
    ("explain_approval", "awgp approval explain ID"),
    ("approval_inbox", "awgp approval inbox"),
    ("approve", "awgp approval approve ID"),
    ("reject", "awgp approval reject ID --reason TEXT"),
    ("escalate_approval", "awgp approval escalate ID"),
    ("delegate_approvals", "awgp delegation create USER --until TIME"),
    ("set_assistant_status", "awgp assistant resume SLUG"),
    ("create_credit_pool", "awgp pool create PROVIDER --budget AMOUNT"),
    ("set_credit_pool", "awgp pool set PROVIDER --budget AMOUNT"),
    ("import_prices", "awgp price import FILE"),
    ("start_work_item", "awgp work start ID"),
    ("cancel_work_item", "awgp work cancel ID"),
    ("finish_action", "awgp action finish ID"),
    ("end_conversation", "awgp conversation log --end"),
    ("create_policy", "awgp policy create NAME"),
    ("run_maintenance", "awgp maintenance run"),
    ("ensure_partitions", "awgp partition ensure"),
    ("verify_audit", "awgp audit verify"),
    ("doctor", "awgp doctor"),
];

/// The hint with commands in the place of functions. What has no command stays as it is.
pub fn for_people(hint: &str) -> String {
    let mut said = String::new();
    let mut rest = hint;
    while let Some(place) = rest.find("awgp.") {
        let (before, call) = rest.split_at(place);
        let name: String =
            call["awgp.".len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let after = &call["awgp.".len() + name.len()..];
        let command = COMMANDS.iter().find(|(function, _)| *function == name).map(|(_, command)| command);
        match (command, after_call(after)) {
            (Some(command), Some(after)) => {
                let before = ["SELECT * FROM ", "SELECT "]
                    .iter()
                    .find_map(|sql| before.strip_suffix(sql))
                    .unwrap_or(before);
                let _ = write!(said, "{before}`{command}`");
                rest = after.strip_prefix(';').unwrap_or(after);
            }
            _ => {
                let _ = write!(said, "{before}awgp.{name}");
                rest = after;
            }
        }
    }
    said + rest
}

/// What follows the arguments in parentheses.
fn after_call(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (place, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (c == ')').then(|| &text[place + 1..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_command() {
        assert_eq!(
            for_people("Request an approval with: SELECT awgp.request_approval(work_item_id)"),
            "Request an approval with: `awgp approval request WORK_ITEM`"
        );
        assert_eq!(
            for_people("Call awgp.set_context(f(x), y) or awgp.approve(id); then go on."),
            "Call awgp.set_context(f(x), y) or `awgp approval approve ID` then go on."
        );
        for unchanged in ["Ask another user to decide.", "awgp.approve", "the table awgp.users", ""] {
            assert_eq!(for_people(unchanged), unchanged);
        }
    }
}
