//! The trigger that applies the state machine of work items to every write.

use super::{WorkItem, check_own, gate};
use crate::audit::erasable::is_erasing;
use crate::import::permit::IMPORT;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::encoding::to_server;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::state_machine::{EFFECT, risk, somebody_acts, user_of};
use crate::stop;
use awgp_core::refusal::Refusal;
use awgp_core::work::gate::{Pass, check_assistant, find_approval, needs_approval};
use awgp_core::work::{MACHINE, Status, Verb, pinned, risk_lowered};
use pgrx::IntoDatum;
use pgrx::pg_sys::Datum;

trigger_function!(awgp_work_item_machine, pg_finfo_awgp_work_item_machine, work_item_machine);

/// The columns that the machine maintains, besides the status.
struct Kept {
    started_at: Option<Datum>,
    completed_at: Option<Datum>,
    asked_risk_level: Option<Datum>,
    pinned_digest: Option<Datum>,
    pinned_digest_version: Option<Datum>,
    closed_reason: Option<Datum>,
    created_by: Option<Datum>,
}

fn work_item_machine(call: &TriggerCall) -> Datum {
    if IMPORT.is_held_for(call.relation_oid()) {
        return call.keep();
    }
    // NULL in a NOT NULL column, and a value that is not a status, are left to the table's constraints.
    let Some(new) = WorkItem::read(&call.new_row()) else { return call.keep() };
    let Some(to) = new.status else { return call.keep() };
    let kept = match call.is_row_insert() {
        true => beginning(call, &new, to),
        false => match WorkItem::read(&call.old_row()) {
            Some(old) => next(call, &old, new, to),
            None => pgrx::error!("a work item could not be read; call awgp.migrate()"),
        },
    };
    let kept = kept.unwrap_or_else(|refusal| raise(&refusal));
    call.with_columns(&[
        (c"started_at", kept.started_at),
        (c"completed_at", kept.completed_at),
        (c"asked_risk_level", kept.asked_risk_level),
        (c"pinned_digest", kept.pinned_digest),
        (c"pinned_digest_version", kept.pinned_digest_version),
        (c"closed_reason", kept.closed_reason),
        (c"created_by", kept.created_by),
    ])
}

/// A new item is in the backlog, and requested by the user in context, if there is one.
fn beginning(call: &TriggerCall, new: &WorkItem, status: Status) -> Result<Kept, Refusal> {
    MACHINE.begin(status)?;
    let user = user_of(new.tenant).and_then(uuid);
    Ok(Kept {
        started_at: None,
        completed_at: None,
        asked_risk_level: None,
        pinned_digest: None,
        pinned_digest_version: None,
        closed_reason: None,
        created_by: user.or_else(|| call.new_row().datum(c"created_by")),
    })
}

fn next(call: &TriggerCall, old: &WorkItem, mut new: WorkItem, to: Status) -> Result<Kept, Refusal> {
    let (old_row, new_row) = (call.old_row(), call.new_row());
    let from = old.status.unwrap_or(to);
    let asked_row = if EFFECT.is_held() { &new_row } else { &old_row };
    // Values that the caller gives for maintained columns are replaced first, so that no check uses them.
    new.asked_risk_level = risk(asked_row.integer(c"asked_risk_level"));
    let mut kept = Kept {
        started_at: old_row.datum(c"started_at"),
        completed_at: old_row.datum(c"completed_at"),
        asked_risk_level: asked_row.datum(c"asked_risk_level"),
        pinned_digest: old_row.datum(c"pinned_digest"),
        pinned_digest_version: old_row.datum(c"pinned_digest_version"),
        closed_reason: if is_erasing() { &new_row } else { &old_row }.datum(c"closed_reason"),
        created_by: if somebody_acts() { old_row.datum(c"created_by") } else { new_row.datum(c"created_by") },
    };
    check_risk(old, &new)?;
    if from == to {
        check_running(old, &new)?;
        return Ok(kept);
    }
    match MACHINE.verb_between(from, to)? {
        Verb::Start => {
            check_own(old.assistant)?;
            if let Pass::Approved { approval, version } = gate::check(&new)? {
                gate::use_up(new.tenant, approval);
                kept.pinned_digest = new.digest(version).as_deref().and_then(to_server);
                kept.pinned_digest_version = version.into_datum();
            }
            stop::begins(new.tenant, new.assistant);
            kept.started_at = kept.started_at.or(Some(Datum::from(clock::timestamp())));
        }
        Verb::Ask => (kept.pinned_digest, kept.pinned_digest_version) = (None, None),
        Verb::Complete => {
            check_own(old.assistant)?;
            check_running(old, &new)?;
            kept.completed_at = Some(Datum::from(clock::timestamp()));
        }
        verb @ (Verb::Fail | Verb::Cancel) => {
            if verb == Verb::Fail {
                check_own(old.assistant)?;
            }
            kept.completed_at = Some(Datum::from(clock::timestamp()));
            kept.closed_reason = new_row.datum(c"closed_reason");
        }
    }
    Ok(kept)
}

/// Once an approval was requested, the risk cannot fall below the risk of that request.
fn check_risk(old: &WorkItem, new: &WorkItem) -> Result<(), Refusal> {
    match (new.asked_risk_level, new.risk_level) {
        (Some(asked), Some(risk)) if risk < asked && old.risk_level != new.risk_level => {
            Err(risk_lowered(new.id, asked))
        }
        _ => Ok(()),
    }
}

/// An item running under an approval does not change. One running without stays within its assistant's tier,
/// and the assistant must be capable of the action.
fn check_running(old: &WorkItem, new: &WorkItem) -> Result<(), Refusal> {
    if old.status != Some(Status::InProgress) {
        return Ok(());
    }
    // An item under an approval may always end: changes of its assistant are checked at its next action.
    if old.pinned.is_some() {
        return if new.digest_alone() == old.digest_alone() { Ok(()) } else { Err(pinned(new.id)) };
    }
    let (was, is) = (old.item(), new.item());
    if old.assistant == new.assistant && was.risk_level == is.risk_level && was.action == is.action {
        return Ok(());
    }
    if old.assistant != new.assistant {
        stop::check(new.tenant, new.assistant)?;
        stop::begins(new.tenant, new.assistant);
    }
    let assistant = gate::lock_assistant(new.tenant, new.assistant)?;
    check_assistant(&is, &assistant)?;
    if !needs_approval(&is, assistant.risk_tier) {
        return Ok(());
    }
    // The item is already running: existing approvals do not count, a new one must be requested first.
    find_approval(&is, assistant.risk_tier, &[], &|_| None, 0).map(|_| ())
}
