//! Approving an action with other arguments than were requested: the approver's version is pinned, and both
//! are on the record.

use super::deciding::{Columns, vote};
use super::intent::Verdict;
use super::{Approval, people};
use crate::pg::datum::text;
use crate::pg::jsonb::Jsonb;
use crate::pg::tuple::Row;
use awgp_core::action::arguments;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::IntoDatum;

/// The columns that change with a vote, whose arguments replace those of the approval if they differ. `old`
/// is the stored row.
pub fn vote_with(
    approval: &Approval,
    old: &Row,
    verdict: Verdict,
    comment: Option<&str>,
    given: Option<&String>,
) -> Result<Columns, Refusal> {
    let Some(given) = given else { return vote(approval, verdict, comment) };
    let Some(before) = old.text(c"arguments_digest") else { return Err(no_action(approval)) };
    let digest = arguments::digest(given, arguments::ASKED_BYTES_MAX)?;
    if digest == before {
        return vote(approval, verdict, comment);
    }
    // Who has voted has approved other arguments.
    if !people::votes(approval).is_empty() {
        return Err(votes_cast(approval));
    }
    let mut columns = vote(approval, verdict, comment)?;
    columns.extend([
        (c"arguments", Jsonb::from_text(given).into_datum()),
        (c"arguments_digest", text(&digest)),
        (c"requested_arguments", old.datum(c"arguments")),
    ]);
    Ok(columns)
}

fn no_action(approval: &Approval) -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "arguments is not valid",
        "Leave arguments out: this approval is for a work item, not for one action.",
    )
    .with("argument", "arguments")
    .with("approval_id", approval.id.to_string())
}

fn votes_cast(approval: &Approval) -> Refusal {
    Refusal::new(
        Reason::VotesCast,
        "somebody has voted for the arguments as they are",
        "Approve them as they are, or reject them and let the action be requested again.",
    )
    .with("approval_id", approval.id.to_string())
}
