//! What helps after a refusal, in words that name this server's tools. What the database hints at is SQL, for
//! programs; a model has tools.

/// Where nothing better is known.
pub const OTHERWISE: &str =
    "Nothing that you can do helps. Tell a person what you wanted and what the reason is.";

/// Where the program was started with what does not fit.
pub const NOT_SET_UP: &str =
    "This server cannot work as it is set up. Tell the person who runs it; calling again does not help.";

/// Reasons with the same next step.
const NEXT: &[(&[&str], &str)] = &[
    (&["unknown_work_item", "not_own_work"], "Call list_work: it has the ids of your work items."),
    (
        &["unknown_action"],
        "Call get_work with the id of its work item: it lists the item's actions with their ids.",
    ),
    (
        &["unknown_approval"],
        "Call get_work with the id of its work item: it lists the item's approvals with their ids.",
    ),
    (&["unknown_conversation"], "Call log_conversation to begin a conversation: it answers with the id."),
    (
        &["unknown_assistant"],
        "Check the name of the assistant: its slug or its id. Tell a person if you were given it.",
    ),
    (
        &["approval_required"],
        "A person has to agree first. Call request_work_approval for the whole work item, or \
         request_action_approval for this one action with its arguments; then wait_for_approval, and then do the \
         same call again.",
    ),
    (
        &["approval_pending"],
        "A person has been asked. Call wait_for_approval with approval_id of the facts, and do the same call again \
         when it is approved.",
    ),
    (
        &["approval_rejected"],
        "A person has said no: get_approval says why. Do not do it in another way. If what they object to has \
         changed, request an approval again and say what is different.",
    ),
    (
        &["approval_expired", "approval_used", "digest_mismatch", "approval_closed"],
        "That approval lets nothing begin any more. Request another one: request_work_approval, or \
         request_action_approval for one action.",
    ),
    (
        &["arguments_mismatch"],
        "A person was asked about other arguments, or has agreed to them. Call get_approval with approval_id of \
         the facts: begin the action with exactly its arguments once it is approved, or ask for yours with \
         request_action_approval.",
    ),
    (
        &[
            "assistant_inactive",
            "assistant_suspended",
            "assistant_error",
            "assistant_not_active",
            "sender_not_active",
        ],
        "You may begin nothing until a person with the role manager sets you active again. Finish what has begun \
         with finish_action, then stop.",
    ),
    (
        &["stopped", "sender_stopped"],
        "A person has stopped everything here: you may begin nothing until somebody resumes. Perform nothing that is \
         not performed yet. Finish what has begun with finish_action, then stop.",
    ),
    (
        &["capability_missing"],
        "You may not do this action: get_my_rules lists those that you may. Do without it, or tell a person that it \
         is needed.",
    ),
    (
        &["illegal_transition"],
        "It is not in a state in which this is possible. Call get_work and look at status: only a work item in \
         progress is completed or failed, and one that has ended begins nothing.",
    ),
    (
        &["budget_exceeded"],
        "The money does not suffice: remaining_money says what is left and when a new period begins. Do something \
         cheaper, wait, or tell a person that the limit is used up.",
    ),
    (
        &["no_credit_pool"],
        "There is no money for this provider: remaining_money lists the providers that have some.",
    ),
    (
        &["idempotency_conflict"],
        "This key or external id belongs to another call. Use a new one for something new, or repeat the first call \
         exactly.",
    ),
    (
        &["action_finished"],
        "The action was reported before, in another way, and that counts: get_work shows it. Report it no more.",
    ),
    (
        &["unknown_price"],
        "No price is known for this model. Give cost_amount yourself if you report a cost; otherwise check the names \
         of provider and model.",
    ),
    (&["out_of_range"], "Correct the arguments by the tool's schema, and call it again."),
    (
        &["json_unsupported"],
        "Remove what cannot be kept from the JSON at element of the facts: the character U+0000, half of a surrogate \
         pair, or a number that is too long, which may be a text instead.",
    ),
    (
        &["messages_invalid"],
        "Give messages as objects with role and content, such as {\"role\": \"user\", \"content\": \"…\"}.",
    ),
    (
        &["messages_too_large"],
        "Log fewer or shorter messages. If the whole conversation is too large, begin another one.",
    ),
    (
        &["conversation_ended", "conversation_erased"],
        "Nothing is added to this conversation any more. Begin another one with log_conversation.",
    ),
    (
        &[
            "role_not_sufficient",
            "no_user_context",
            "requester_not_user",
            "human_needed",
            "assistant_decides",
        ],
        "The user of this program may not do this. Tell a person.",
    ),
    (
        &[
            "no_tenant_context",
            "signed_mode",
            "malformed_tenant_id",
            "unknown_tenant",
            "unknown_user",
            "user_inactive",
            "tenant_inactive",
            "unexpected",
        ],
        NOT_SET_UP,
    ),
    (
        &["no_connection"],
        "Call the tool again in a while, begin_action with the same idempotency_key. If it lasts, tell the person who \
         runs this server.",
    ),
    (
        &["try_again", "trail_busy", "tenant_moving", "erased_meanwhile"],
        "Nothing was done. Call the tool again.",
    ),
    // Of messages.
    (&["unknown_sender", "sender_not_in_context"], OTHERWISE),
    (&["unknown_receiver"], "There is no such assistant that you may write to. Check the name."),
    (
        &["receiver_not_active", "receiver_stopped"],
        "The other assistant does not work at present. Try later, or tell a person.",
    ),
    (
        &["channel_not_allowed", "channel_not_in_policy"],
        "Use a channel that your policies allow: get_my_rules lists them.",
    ),
    (&["no_policy"], "No policy lets you write to this assistant. Tell a person if it is needed."),
    (&["too_long"], "Shorten the text."),
    (&["forbidden_pattern"], "The text has what a policy forbids, such as a number of a card. Leave it out."),
    (&["missing_field"], "Add the field that rule of the facts names to metadata."),
    (&["link_not_allowed"], "Leave the links out."),
    (
        &["rate_limited"],
        "You have sent as many messages as you may in an hour. Wait for retry_after_seconds of the facts; where it \
         is null, you may send none.",
    ),
    (&["other_side_denies"], "The other side does not take this message. Tell a person if it is needed."),
];

/// What helps after a refusal with this reason; None where nothing is known of it here.
pub fn of(reason: &str) -> Option<&'static str> {
    if reason.starts_with("token_") {
        return Some(
            "The access token is not accepted, and calling again with it does not help. Tell the person who runs this \
             server or has given you the token.",
        );
    }
    NEXT.iter().find(|(reasons, _)| reasons.contains(&reason)).map(|(_, next)| *next)
}

/// Whether a hint of the database can be followed without SQL and without a command line.
pub fn is_in_words(hint: &str) -> bool {
    !["awgp", "SELECT", "UPDATE", "ALTER", "INSERT", "--", "`"].iter().any(|code| hint.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tools;
    use awgp_core::messaging::Denial;
    use awgp_core::reason::Reason;

    /// Words of a hint that look like the name of a tool.
    fn named(hint: &str) -> impl Iterator<Item = &str> {
        let words = hint.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        words.filter(|word| word.contains('_') && !word.starts_with('_'))
    }

    #[test]
    fn hints_have_no_sql_and_name_tools_that_are_there() {
        let tools: Vec<String> = tools::all().iter().map(|offered| offered.tool.name.to_string()).collect();
        // Words of arguments and facts.
        let others = ["approval_id", "cost_amount", "idempotency_key", "retry_after_seconds"];
        for (_, hint) in NEXT {
            assert!(is_in_words(hint), "{hint}");
            for word in named(hint) {
                assert!(tools.iter().any(|tool| tool == word) || others.contains(&word), "{word}: {hint}");
            }
        }
    }

    #[test]
    fn only_what_will_not_pass_is_not_called_again() {
        assert_ne!(of("no_connection"), Some(NOT_SET_UP));
        assert_eq!(of("unknown_tenant"), Some(NOT_SET_UP));
    }

    #[test]
    fn every_reason_that_is_named_is_one_and_every_denial_of_a_message_has_a_hint() {
        let own = ["no_connection", "unexpected", "try_again"];
        for reason in NEXT.iter().flat_map(|(reasons, _)| *reasons) {
            let is_known = Reason::ALL.iter().any(|known| known.name() == *reason)
                || Denial::ALL.iter().any(|known| known.name() == *reason)
                || own.contains(reason);
            assert!(is_known, "{reason}");
        }
        for denial in Denial::ALL {
            assert!(of(denial.name()).is_some(), "{}", denial.name());
        }
    }
}
