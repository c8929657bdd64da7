//! Requests: an approval is pinned to its work item, and made in the name of the user in context.

use super::policy;
use crate::context;
use crate::pg::clock;
use crate::pg::datum::{text, uuid};
use crate::pg::encoding::to_server;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::trigger::TriggerCall;
use crate::pg::tuple::Row;
use crate::state_machine::{risk, user_of};
use crate::work::effects::{withdraw, withdraw_call};
use crate::work::functions::lock;
use crate::work::gate::lock_assistant;
use crate::work::{WorkItem, check_own};
use awgp_core::action::arguments;
use awgp_core::approval::policy::{ApprovalPolicy, RISK_MAX};
use awgp_core::approval::{
    MACHINE, Status, already_asked, expiry_out_of_range, is_open, no_requester, requester_not_user,
};
use awgp_core::assistant::check_capability;
use awgp_core::human::Human;
use awgp_core::refusal::Refusal;
use awgp_core::work::digest::{Pin, VERSION};
use awgp_core::work::{self, Verb, effective_risk};
use pgrx::IntoDatum;
use pgrx::pg_sys::{Datum, TimestampTz};
use uuid::Uuid;

statements! {
    /// An open, unexpired approval of an item with the same digest; of an action, with the same arguments
    /// too.
    SAME(UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID) = "
        SELECT id FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND work_item_id OPERATOR(pg_catalog.=) $2
          AND request_digest OPERATOR(pg_catalog.=) $3
          AND action IS NOT DISTINCT FROM $4 AND arguments_digest IS NOT DISTINCT FROM $5
          AND status OPERATOR(pg_catalog.=) ANY ('{pending,escalated}'::text[])
          AND expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
        LIMIT 1";
}

const SECOND_US: i64 = 1_000_000;
/// A placeholder for the digest of a row that the foreign key will refuse.
const NO_ITEM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// BEFORE INSERT: fills in a new request.
pub fn request(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    let (Some(tenant), Some(item)) = (row.uuid(c"tenant_id"), row.uuid(c"work_item_id")) else {
        return call.keep();
    };
    let asked = ask(&row, tenant, item).unwrap_or_else(|refusal| raise(&refusal));
    call.with_columns(&[
        (c"status", to_server(Status::Pending.name())),
        (c"requested_by", uuid(asked.requester.user)),
        (c"requester_issuer", asked.requester.issuer.as_deref().and_then(to_server)),
        (c"requester_subject", asked.requester.subject.as_deref().and_then(to_server)),
        (c"request_digest", to_server(&asked.pin.digest)),
        (c"request_digest_version", asked.pin.version.into_datum()),
        (c"risk_level", asked.risk_level.into_datum()),
        (c"expires_at", Some(Datum::from(asked.expires_at))),
        (c"created_at", Some(Datum::from(asked.created_at))),
        (c"updated_at", Some(Datum::from(asked.created_at))),
        (c"approved_by", None),
        (c"approved_at", None),
        (c"rejected_reason", None),
        (c"escalation_count", 0_i32.into_datum()),
        (c"escalated_to", None),
        (c"escalated_at", None),
        (c"escalation_reason", None),
        (c"used_at", None),
        (c"withdrawn_at", None),
        (c"break_glass", false.into_datum()),
        (c"arguments", asked.call.as_ref().map(|call| call.arguments)),
        (c"arguments_digest", asked.call.as_ref().and_then(|call| to_server(&call.digest))),
        (c"requested_arguments", None),
        (c"requested_arguments_digest", asked.call.as_ref().and_then(|call| to_server(&call.digest))),
    ])
}

/// The one action that an approval is for.
struct Call {
    name: String,
    /// The column as it is stored.
    arguments: Datum,
    digest: String,
}

impl Call {
    /// Of a new row; None where the approval is for the work item. Arguments that are left out are `{}`.
    fn of(row: &Row) -> Result<Option<Self>, Refusal> {
        let Some(name) = row.text(c"action") else { return Ok(None) };
        let arguments = row.jsonb(c"arguments").unwrap_or_else(|| Jsonb::from_text("{}"));
        let digest = arguments.with_text(|json| arguments::digest(json, arguments::ASKED_BYTES_MAX))?;
        let arguments = arguments.into_datum().unwrap_or_else(|| pgrx::error!("arguments have no value"));
        Ok(Some(Self { name, arguments, digest }))
    }
}

/// BEFORE INSERT of an imported approval: an open one is pinned to the work item as it is imported. What was
/// decided before is pinned to nothing, because AWGP does not know what was asked: no work begins under it.
pub fn imported(call: &TriggerCall) -> Datum {
    let row = call.new_row();
    let is_open = row.text(c"status").and_then(|name| Status::named(&name)).is_some_and(is_open);
    let item = row.uuid(c"tenant_id").zip(row.uuid(c"work_item_id")).filter(|_| is_open);
    let item = item.and_then(|(tenant, item)| WorkItem::find(tenant, item));
    let pin = item.map_or_else(|| Pin { version: VERSION, digest: NO_ITEM.to_owned() }, |item| item.pin());
    call.with_columns(&[
        (c"request_digest", to_server(&pin.digest)),
        (c"request_digest_version", pin.version.into_datum()),
    ])
}

struct Asked {
    requester: Human,
    pin: Pin,
    risk_level: i32,
    expires_at: TimestampTz,
    created_at: TimestampTz,
    call: Option<Call>,
}

fn ask(row: &Row, tenant: Uuid, item: Uuid) -> Result<Asked, Refusal> {
    // A value that is not a status passes here, and the table's CHECK refuses it.
    MACHINE.begin(row.text(c"status").and_then(|name| Status::named(&name)).unwrap_or(Status::Pending))?;
    let requester = requester(tenant, row.uuid(c"requested_by"))?;
    let given = row.integer(c"risk_level").unwrap_or(0);
    let call = Call::of(row)?;
    let item = lock(tenant, item).then(|| WorkItem::find(tenant, item)).flatten();
    let created_at = clock::timestamp();
    let policy = policy::of(tenant)?;
    let expires_at = expiry(&policy, row.bigint(c"expires_at"), created_at)?;
    let Some(item) = item else {
        // The foreign key will refuse the row.
        return Ok(Asked {
            requester,
            pin: Pin { version: VERSION, digest: NO_ITEM.to_owned() },
            risk_level: given,
            expires_at,
            created_at,
            call,
        });
    };
    check_own(item.assistant)?;
    let status = item.status.unwrap_or(work::Status::Cancelled);
    // While one of its actions waits, the item goes on: what must not happen is the action.
    if status != work::Status::AwaitingApproval {
        work::MACHINE.check_verb(status, Verb::Ask)?;
    }
    if let Some(call) = &call {
        check_call(&item, &call.name)?;
    }
    let pin = item.pin();
    make_way(&item, &pin.digest, call.as_ref())?;
    let least = effective_risk(item.risk_level, item.asked_risk_level);
    // A value outside 0 to 5 is left to the table's CHECK.
    let risk_level = match risk(Some(given)) {
        Some(level) if (0..=i32::from(RISK_MAX)).contains(&given) => i32::from(level.max(least)),
        _ => given,
    };
    Ok(Asked { requester, pin, risk_level, expires_at, created_at, call })
}

/// The user in context, if there is one, with the presented subject; otherwise the user that the row names.
fn requester(tenant: Uuid, named: Option<Uuid>) -> Result<Human, Refusal> {
    match (user_of(tenant), named) {
        (Some(user), Some(named)) if user != named => Err(requester_not_user()),
        (Some(user), _) => Ok(context::human(user)),
        (None, Some(named)) => Ok(named.into()),
        (None, None) => Err(no_requester()),
    }
}

fn expiry(
    policy: &ApprovalPolicy,
    given: Option<TimestampTz>,
    now: TimestampTz,
) -> Result<TimestampTz, Refusal> {
    let after = |seconds: u32| now.saturating_add(i64::from(seconds) * SECOND_US);
    match given {
        None => Ok(after(policy.expires_in_seconds)),
        Some(at) if at > now && at <= after(policy.max_lifetime_seconds) => Ok(at),
        Some(_) => Err(expiry_out_of_range(policy.max_lifetime_seconds)),
    }
}

/// Refuses an action that the item's assistant cannot take: nobody is asked about what cannot run.
fn check_call(item: &WorkItem, action: &str) -> Result<(), Refusal> {
    let assistant = lock_assistant(item.tenant, item.assistant)?;
    check_capability(assistant.id, &assistant.capabilities, action)
}

/// An item has one open approval at most, and one for each action with its arguments: refuses while an
/// identical one is open, and withdraws what was requested for what the item said before.
fn make_way(item: &WorkItem, digest: &str, call: Option<&Call>) -> Result<(), Refusal> {
    // asked_risk_level is set with an item's first approval; without it there is none.
    if item.asked_risk_level.is_none() && call.is_none() {
        return Ok(());
    }
    let arguments = [
        uuid(item.tenant),
        uuid(item.id),
        text(digest),
        call.and_then(|call| text(&call.name)),
        call.and_then(|call| text(&call.digest)),
    ];
    let same =
        as_owner_past_row_security(c"approvals", || SAME.run(&arguments, |rows| rows.first()?.uuid(c"id")));
    if let Some(same) = same {
        return Err(already_asked(item.id, same));
    }
    match call {
        None => withdraw(item.tenant, item.id),
        Some(call) => withdraw_call(item.tenant, item.id, &call.name, &call.digest),
    }
    Ok(())
}
