//! Why a reader may not decide, what happens next and what is so now, in words. The server's hints are for
//! programs; these say what can be done on the page.

use super::scene::Scene;
use crate::pages::inbox::named;
use crate::parts;
use awgp_client::{Failure, Row};

/// How many people a sentence names.
const NAMED: usize = 5;

/// Why the reader may not decide, by the reason of the server.
pub fn why_not(reason: &str, explained: &Row) -> String {
    let text = |key: &str| explained.text(key).unwrap_or_default();
    match reason {
        "approval_closed" => "It is decided, or its time is over.".to_owned(),
        "approval_expired" => "Its time is over: nobody can decide it any more.".to_owned(),
        "digest_mismatch" => {
            "The work, or the assistant's configuration, is no longer what was asked for. Nobody can approve that."
                .to_owned()
        }
        "self_approval" => "You asked for it, so somebody else decides.".to_owned(),
        "assistant_creator" => {
            "You made this assistant, and your organisation leaves the decision to others.".to_owned()
        }
        "already_voted" => "You have voted already, or somebody has voted on your behalf.".to_owned(),
        "not_an_approver" => "The request names who may decide it, and you are not among them.".to_owned(),
        "approver_role" => format!(
            "Risk {} needs a role of {} or above, and yours is {}.",
            text("risk_level"),
            text("least_role"),
            text("role")
        ),
        "role_not_sufficient" => format!("Your role, {}, does not decide.", text("role")),
        "unknown_user" => "You are not active.".to_owned(),
        _ => parts::shown(&text("message")),
    }
}

/// What an approval lets begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A work item.
    Work,
    /// One action with its arguments.
    Action,
}

impl What {
    fn may_begin(self) -> &'static str {
        match self {
            Self::Work => "the work may start, once",
            Self::Action => "the action may run with these arguments, once",
        }
    }

    fn begins_not(self) -> &'static str {
        match self {
            Self::Work => "the work does not start",
            Self::Action => "the action does not run",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Work => "the work",
            Self::Action => "the action",
        }
    }
}

/// What happens when the reader approves.
pub fn next(what: What, (votes, needed): (usize, usize)) -> String {
    let (yours, may_begin) = (votes + 1, what.may_begin());
    if yours >= needed {
        return match needed {
            0 | 1 => format!("One vote is enough: after yours {may_begin}."),
            _ => format!("Yours is the last of {needed} votes: after it {may_begin}."),
        };
    }
    format!(
        "Yours is vote {yours} of {needed}: {} then still waits for {}.",
        what.name(),
        more_votes(needed - yours)
    )
}

/// What happens next where the reader does not decide.
pub fn waits((votes, needed): (usize, usize)) -> String {
    format!("It has {votes} of {needed} votes and waits for {}.", more_votes(needed.saturating_sub(votes)))
}

fn more_votes(number: usize) -> String {
    if number == 1 { "one more".to_owned() } else { format!("{number} more") }
}

/// What a closed approval means.
pub fn closed(scene: &Scene) -> String {
    let by =
        |name: Option<&String>| name.map_or_else(String::new, |name| format!(" by {}", parts::shown(name)));
    let (last, what) = (scene.votes.last(), scene.what());
    let who = by(last.and_then(|vote| vote.by.as_ref()));
    match scene.state() {
        "approved" => format!("It is approved{who}: {}, until its time is over.", what.may_begin()),
        "approved alone" => format!("It was approved alone{who}, in an emergency: {}.", what.may_begin()),
        "used" => format!("It was approved{who}, and {} has begun under it.", what.name()),
        "rejected" => format!("It is rejected{who}: {}.", what.begins_not()),
        "withdrawn" => {
            "It was withdrawn: the work began or ended without it, or another approval was requested."
                .to_owned()
        }
        _ => "It has expired: nobody decided in time.".to_owned(),
    }
}

/// One sentence after a vote or an escalation: what is so now.
pub fn now(what: What, status: &str, count: (usize, usize), others: &[Row]) -> String {
    match status {
        "approved" => format!("It is approved: {}.", what.may_begin()),
        "rejected" => format!("It is rejected: {}, and whoever asked may ask again.", what.begins_not()),
        "pending" | "escalated" => {
            let (votes, needed) = count;
            format!("It has {votes} of {needed} votes and still waits. These may decide: {}.", people(others))
        }
        other => format!("It is {}.", parts::shown(other)),
    }
}

/// People of `approval_deciders()`, the first few by name.
pub fn people(rows: &[Row]) -> String {
    let people: Vec<String> = rows.iter().filter_map(|row| row.text("email")).collect();
    named(&people, NAMED)
}

/// A refusal of the server in the page's words.
pub fn refusal(failure: &Failure) -> String {
    let said = match failure.noted("reason").unwrap_or_default() {
        "approval_closed" => "It was decided meanwhile, so your vote does not count.",
        "approval_expired" => "Its time has run out meanwhile. Ask again if the work is still to be done.",
        "digest_mismatch" => {
            "The work, or the assistant's configuration, has changed since this was asked. It cannot be approved; \
             it can be rejected, and asked again."
        }
        "votes_cast" => "Somebody has voted for the arguments as they are: approve those, or reject.",
        "self_approval" => "You asked for it, so somebody else decides.",
        "assistant_creator" => {
            "You made this assistant, and your organisation leaves the decision to others."
        }
        "already_voted" => "You have voted already, or somebody has voted on your behalf.",
        "not_an_approver" => "The request names who may decide it, and you are not among them.",
        "approver_role" => "Your role does not decide this risk.",
        "role_not_sufficient" => "Your role may not do this.",
        "reason_required" => "Say why: whoever asked reads it.",
        "escalation_exhausted" => {
            "It cannot be escalated further. Name somebody to ask, or let those decide who may."
        }
        "approval_pending" => "The same request is open already: look at the newest one below.",
        "illegal_transition" => "The work has gone on meanwhile, so this does not fit any more.",
        "unknown_user" => "There is no active user with this e-mail address.",
        "unknown_reference" => "Somebody named here is no user of your organisation.",
        _ => return format!("{}.", parts::shown(&failure.message)),
    };
    said.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_vote_and_an_earlier_one_say_what_follows() {
        let next = |count| next(What::Work, count);
        assert_eq!(next((0, 1)), "One vote is enough: after yours the work may start, once.");
        assert_eq!(next((1, 2)), "Yours is the last of 2 votes: after it the work may start, once.");
        assert_eq!(next((0, 3)), "Yours is vote 1 of 3: the work then still waits for 2 more.");
    }

    #[test]
    fn no_words_of_a_page_name_a_function() {
        let explained = Row::from_json(r#"{"risk_level": 4, "least_role": "admin", "role": "operator"}"#);
        let explained = explained.expect("a row");
        for reason in
            ["approval_closed", "digest_mismatch", "self_approval", "approver_role", "already_voted"]
        {
            let said = why_not(reason, &explained);
            assert!(!said.contains("awgp.") && !said.contains('('), "{said}");
        }
        assert_eq!(
            why_not("approver_role", &explained),
            "Risk 4 needs a role of admin or above, and yours is operator."
        );
    }
}
