//! The trigger that applies the state machine of approvals to every write.

use super::deciding::{Columns, vote};
use super::editing::vote_with;
use super::intent::{self, Intent, Verdict};
use super::{Approval, break_glass, escalating, request};
use crate::audit::erasable::is_erasing;
use crate::import::permit::IMPORT;
use crate::pg::clock;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::pg::tuple::Row;
use crate::state_machine::{EFFECT, user_of};
use awgp_core::approval::{Status, Verb, check_move, not_expired, request_fixed};
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::Datum;
use std::ffi::CStr;

trigger_function!(awgp_approval_machine, pg_finfo_awgp_approval_machine, approval_machine);

/// The columns that the machine maintains: a caller's values are ignored.
const KEPT: &[&CStr] = &[
    c"status",
    c"approved_by",
    c"approved_at",
    c"rejected_reason",
    c"escalation_count",
    c"escalated_to",
    c"escalated_at",
    c"escalation_reason",
    c"used_at",
    c"withdrawn_at",
    c"break_glass",
    c"created_at",
    c"requester_issuer",
    c"requester_subject",
    c"request_digest_version",
    c"action",
    c"arguments",
    c"arguments_digest",
    c"requested_arguments",
    c"requested_arguments_digest",
];

fn approval_machine(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return request::imported(call);
    }
    if call.is_row_insert() {
        return request::request(call);
    }
    if EFFECT.is_held() || is_erasing() {
        return call.keep();
    }
    let (old, new) = (call.old_row(), call.new_row());
    let Some(approval) = Approval::read(&old) else {
        pgrx::error!("an approval could not be read; call awgp.migrate()")
    };
    refuse_changed_request(&approval, &old, &new);
    let changes = moved(&approval, &old, &new).unwrap_or_else(|refusal| raise(&refusal));
    let mut columns: Columns = KEPT.iter().map(|column| (*column, old.datum(column))).collect();
    for (column, value) in changes {
        columns.retain(|(kept, _)| *kept != column);
        columns.push((column, value));
    }
    call.with_columns(&columns)
}

/// The columns that change, by the intent or by the new status.
fn moved(approval: &Approval, old: &Row, new: &Row) -> Result<Columns, Refusal> {
    match intent::take(approval.id) {
        Some(Intent::Vote { verdict, comment, arguments }) => {
            return vote_with(approval, old, verdict, comment.as_deref(), arguments.as_ref());
        }
        Some(Intent::Escalate { reason, named }) => {
            return escalating::escalate(approval, reason.as_deref(), named.as_deref());
        }
        Some(Intent::BreakGlass { reason }) => return break_glass::break_glass(approval, &reason),
        None => {}
    }
    let Some(to) = new.text(c"status").and_then(|name| Status::named(&name)) else {
        // The table's CHECK refuses the value.
        return Ok(vec![(c"status", new.datum(c"status"))]);
    };
    let from = approval.status.unwrap_or(to);
    if from == to {
        return Ok(Vec::new());
    }
    match check_move(approval.id, from, to)? {
        Verb::Approve => vote(approval, Verdict::Approve, None),
        Verb::Reject => vote(approval, Verdict::Reject, new.text(c"rejected_reason").as_deref()),
        Verb::Escalate => {
            let named = new.uuid_array(c"approver_ids");
            let named = named.filter(|named| Some(named) != old.uuid_array(c"approver_ids").as_ref());
            let named: Option<Vec<_>> = named.map(|named| named.into_iter().flatten().collect());
            escalating::escalate(approval, new.text(c"escalation_reason").as_deref(), named.as_deref())
        }
        Verb::Expire if clock::timestamp() >= approval.expires_at => {
            Ok(vec![(c"status", new.datum(c"status"))])
        }
        Verb::Expire => Err(not_expired(approval.id)),
    }
}

/// What was requested never changes. While the approval is open, the requester may change who is asked, and
/// so may the system on their behalf.
fn refuse_changed_request(approval: &Approval, old: &Row, new: &Row) {
    let fixed = |column: &str| raise(&request_fixed(column));
    if new.uuid(c"id") != old.uuid(c"id") {
        fixed("id");
    }
    if new.uuid(c"work_item_id") != old.uuid(c"work_item_id") {
        fixed("work_item_id");
    }
    if new.uuid(c"requested_by") != old.uuid(c"requested_by") {
        fixed("requested_by");
    }
    if new.integer(c"risk_level") != old.integer(c"risk_level") {
        fixed("risk_level");
    }
    if new.bigint(c"expires_at") != old.bigint(c"expires_at") {
        fixed("expires_at");
    }
    for column in [c"request_digest", c"title", c"description"] {
        if new.text(column) != old.text(column) {
            fixed(&column.to_string_lossy());
        }
    }
    let context = |row: &Row| row.jsonb(c"context").map(|context| context.with_text(str::to_owned));
    if context(new) != context(old) {
        fixed("context");
    }
    let escalates = new.text(c"status").as_deref() == Some("escalated");
    if new.uuid_array(c"approver_ids") != old.uuid_array(c"approver_ids") && !escalates {
        let open = approval.status.is_some_and(awgp_core::approval::is_open);
        let by_requester = user_of(approval.tenant).is_none_or(|user| user == approval.requester.user);
        if !open || !by_requester {
            fixed("approver_ids");
        }
    }
}
