//! Hints for people at the command line: where the server's hint names a function, the command that calls it.

use awgp_client::Row;
use std::borrow::Cow;
use std::fmt::Write;

/// Functions that hints name, and the command that does the same.
const COMMANDS: [(&str, &str); 63] = [
    ("request_approval", "awgp approval request WORK_ITEM"),
    ("explain_approval", "awgp approval explain ID"),
    ("approval_inbox", "awgp approval inbox"),
    ("approve", "awgp approval approve ID"),
    ("reject", "awgp approval reject ID --reason TEXT"),
    ("escalate_approval", "awgp approval escalate ID"),
    ("break_glass", "awgp approval break-glass ID --reason TEXT"),
    ("delegate_approvals", "awgp delegation create USER --until TIME"),
    ("revoke_delegation", "awgp delegation revoke ID"),
    ("create_tenant", "awgp tenant create NAME --slug SLUG"),
    ("reactivate_tenant", "awgp tenant reactivate SLUG"),
    ("tenant_settings", "awgp tenant settings get"),
    ("change_settings", "awgp tenant settings set KEY VALUE"),
    ("create_user", "awgp user create EMAIL --role ROLE"),
    ("reactivate_user", "awgp user reactivate EMAIL"),
    ("create_assistant", "awgp assistant create NAME --slug SLUG --type TYPE"),
    ("update_assistant", "awgp assistant update SLUG"),
    ("set_assistant_status", "awgp assistant resume SLUG"),
    ("create_work_item", "awgp work create TITLE --assistant SLUG"),
    ("start_work_item", "awgp work start ID"),
    ("cancel_work_item", "awgp work cancel ID"),
    ("begin_action", "awgp action begin WORK_ITEM ACTION"),
    ("request_action_approval", "awgp approval request WORK_ITEM --action ACTION --arguments JSON"),
    ("finish_action", "awgp action finish ID OUTCOME"),
    ("reconcile_action", "awgp action reconcile ID OUTCOME --reason TEXT"),
    ("deactivate_tenant", "awgp tenant deactivate SLUG"),
    ("deactivate_user", "awgp user deactivate EMAIL"),
    ("create_credit_pool", "awgp pool create PROVIDER --budget AMOUNT"),
    ("set_credit_pool", "awgp pool set PROVIDER --budget AMOUNT"),
    ("top_up_credit_pool", "awgp pool top-up PROVIDER AMOUNT"),
    ("record_cost", "awgp cost record"),
    ("reserve_credit", "awgp cost reserve AMOUNT"),
    ("settle_credit", "awgp cost settle RESERVATION --model MODEL"),
    ("release_credit", "awgp cost release RESERVATION"),
    ("reverse_cost", "awgp cost reverse ENTRY --reason TEXT"),
    ("verify_ledger", "awgp cost verify-ledger"),
    ("import_prices", "awgp price import FILE"),
    ("log_conversation", "awgp conversation log"),
    ("append_conversation", "awgp conversation append ID --file FILE"),
    ("end_conversation", "awgp conversation end ID"),
    ("hold_conversation", "awgp conversation hold ID"),
    ("flag_hallucination", "awgp flag create"),
    ("review_hallucination", "awgp flag review ID --status STATUS"),
    ("create_policy", "awgp policy create NAME"),
    ("update_policy", "awgp policy update NAME"),
    ("create_identity_provider", "awgp provider add NAME"),
    ("rotate_identity_provider", "awgp provider rotate ISSUER --jwks-file FILE"),
    ("log_event", "awgp audit record ACTION TYPE"),
    ("track_table", "awgp audit track TABLE"),
    ("untrack_table", "awgp audit untrack TABLE"),
    ("seal_partition", "awgp partition seal NAME"),
    ("retire_partition", "awgp partition retire NAME"),
    ("restore_partition", "awgp partition restore NAME"),
    ("hold_partition", "awgp partition hold NAME --reason TEXT"),
    ("release_hold", "awgp partition release ID --reason TEXT"),
    ("ensure_partitions", "awgp partition ensure"),
    ("run_maintenance", "awgp maintenance run"),
    ("keep_identity", "awgp installation keep"),
    ("stops_in_force", "awgp assistant show SLUG"),
    ("adopt", "awgp installation adopt --reason TEXT"),
    ("import_seed", "awgp import --from-schema SCHEMA"),
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

/// The row of an answer with the same in its column `hint`, if it has one. The hints of the doctor are
/// statements to execute, and stay as they are.
pub fn in_row(row: &Row) -> Cow<'_, Row> {
    match row.text("hint") {
        Some(hint) if hint.contains("awgp.") => Cow::Owned(row.with_text("hint", &for_people(&hint))),
        _ => Cow::Borrowed(row),
    }
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
    use crate::opt::Opt;
    use clap::CommandFactory;

    #[test]
    fn every_command_of_a_hint_is_there_with_its_options() {
        for (function, hint) in COMMANDS {
            let mut command = Opt::command();
            for word in hint.split_whitespace().skip(1) {
                if let Some(option) = word.strip_prefix("--") {
                    assert!(command.get_arguments().any(|arg| arg.get_long() == Some(option)), "{hint}");
                } else if let Some(sub) = command.find_subcommand(word) {
                    command = sub.clone();
                } else {
                    assert!(word.chars().all(|c| c.is_ascii_uppercase() || c == '_'), "{function}: {hint}");
                }
            }
            assert!(!command.is_subcommand_required_set(), "{hint}");
        }
    }

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
