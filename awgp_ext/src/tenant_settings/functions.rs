//! The functions on settings.

use super::actor::Actor;
use super::plan::{Plan, still_entitled};
use super::proposal::{Proposal, Stored};
use crate::audit::event::Event;
use crate::audit::{actor, queue};
use crate::pg::datum::from_sql;
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use awgp_core::human::Human;
use awgp_core::isolation_refusals;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::setting_error::SettingError;
use awgp_core::tenant_settings::keys::KEYS;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Every key of a tenant's settings, with what it takes, its default and its meaning.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn setting_keys() -> TableIterator<
    'static,
    (
        name!(key, String),
        name!(takes, String),
        name!(default_value, JsonB),
        name!(meaning, String),
        name!(changed_by, String),
    ),
> {
    TableIterator::new(KEYS.iter().map(|key| {
        let owned = str::to_owned;
        (
            owned(key.path),
            owned(key.takes),
            JsonB(key.default_value()),
            owned(key.meaning),
            owned(key.changed_by()),
        )
    }))
}

/// Whether there is such a key at the top of a tenant's settings.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn import_knows_setting(key: Option<&str>) -> bool {
    key.is_some_and(awgp_core::tenant_settings::is_known)
}

/// Changes keys of the settings of the tenant in context, or proposes it, or says what it would do.
#[pg_extern(volatile, parallel_unsafe)]
#[allow(clippy::needless_pass_by_value, reason = "pgrx passes arguments by value")]
fn change_settings(
    changes: Option<Jsonb>,
    reason: default!(Option<Text>, "NULL"),
    dry_run: default!(Option<bool>, "false"),
) -> JsonB {
    let reason = reason.map(|Text(reason)| reason);
    let answer = changed(changes.as_ref(), reason.as_deref(), dry_run.unwrap_or(false));
    JsonB(Value::Object(answer.unwrap_or_else(|refusal| raise(&refusal))))
}

/// The user in context agrees to the change that waits. With the last one needed it is made.
#[pg_extern(volatile, parallel_unsafe)]
fn confirm_settings_change(change_id: Option<pgrx::Uuid>) -> JsonB {
    let answer = confirmed(change_id.as_ref().map(from_sql).unwrap_or_default());
    JsonB(Value::Object(answer.unwrap_or_else(|refusal| raise(&refusal))))
}

/// Withdraws the change that waits.
#[pg_extern(volatile, parallel_unsafe)]
fn withdraw_settings_change(change_id: Option<pgrx::Uuid>, reason: default!(Option<Text>, "NULL")) -> JsonB {
    let reason = reason.map(|Text(reason)| reason);
    let id = change_id.as_ref().map(from_sql).unwrap_or_default();
    let answer = withdrawn(id, reason.as_deref());
    JsonB(Value::Object(answer.unwrap_or_else(|refusal| raise(&refusal))))
}

fn changed(
    changes: Option<&Jsonb>,
    reason: Option<&str>,
    dry_run: bool,
) -> Result<Map<String, Value>, Refusal> {
    let actor = Actor::present()?;
    let Some(Value::Object(changes)) = changes.map(Jsonb::value) else {
        return Err(SettingError::at("changes", "it must be an object from key to value").into());
    };
    let stored = if dry_run { Stored::seen(actor.tenant) } else { Stored::locked(actor.tenant) };
    let stored = stored.ok_or_else(isolation_refusals::unknown_tenant)?;
    let plan = Plan::of(&actor, &stored.settings, changes)?;
    let needed = if actor.human.is_some() { plan.people } else { 1 };
    let mut answer = plan.report(actor.tenant);
    answer.insert("people_needed".to_owned(), json!(needed));
    answer.insert("applied".to_owned(), json!(false));
    answer.insert("change_id".to_owned(), Value::Null);
    if dry_run {
        return Ok(answer);
    }
    plan.check_open()?;
    match &actor.human {
        Some(human) if needed > 1 => {
            if let Some(other) = &stored.proposal {
                return Err(already_open(other.id));
            }
            let proposal = Proposal::made(&plan.changes, human, reason);
            Stored::store(actor.tenant, &stored.settings, Some(&proposal));
            tell(actor.tenant, "propose_settings", &plan.changes, reason);
            answer.insert("change_id".to_owned(), proposal["id"].clone());
            answer.insert("expires_at".to_owned(), proposal["expires_at"].clone());
        }
        _ => {
            let waiting = stored.proposal.as_ref().map(|proposal| &proposal.value);
            Stored::store(actor.tenant, &plan.stored, waiting);
            tell(actor.tenant, "change_settings", &plan.changes, reason);
            answer.insert("applied".to_owned(), json!(true));
        }
    }
    Ok(answer)
}

fn confirmed(id: Uuid) -> Result<Map<String, Value>, Refusal> {
    let actor = Actor::present()?;
    let (stored, proposal) = waiting(actor.tenant, id)?;
    let plan = Plan::of(&actor, &stored.settings, proposal.changes.clone())?;
    let value = match &actor.human {
        Some(human) if proposal.agreed.iter().any(|other| other.is(human)) => return Err(own_change(id)),
        Some(human) => proposal.with(human),
        None => proposal.value.clone(),
    };
    let agreed: Vec<Human> = proposal.agreed.iter().cloned().chain(actor.human.clone()).collect();
    let agree = still_entitled(actor.tenant, &agreed);
    let enough = actor.human.is_none() || agree >= usize::from(plan.people);
    if enough {
        plan.check_open()?;
        Stored::store(actor.tenant, &plan.stored, None);
    } else {
        Stored::store(actor.tenant, &stored.settings, Some(&value));
    }
    let reason = proposal.value.get("reason").and_then(Value::as_str);
    tell(actor.tenant, if enough { "change_settings" } else { "confirm_settings" }, &plan.changes, reason);
    let mut answer = plan.report(actor.tenant);
    answer.insert("people_needed".to_owned(), json!(plan.people));
    answer.insert("people_agreed".to_owned(), json!(agree));
    answer.insert("applied".to_owned(), json!(enough));
    answer.insert("change_id".to_owned(), json!(id));
    Ok(answer)
}

fn withdrawn(id: Uuid, reason: Option<&str>) -> Result<Map<String, Value>, Refusal> {
    let actor = Actor::present()?;
    let (stored, proposal) = waiting(actor.tenant, id)?;
    Stored::store(actor.tenant, &stored.settings, None);
    tell(actor.tenant, "withdraw_settings", &proposal.changes, reason);
    Ok(Map::from_iter([("change_id".to_owned(), json!(id)), ("withdrawn".to_owned(), json!(true))]))
}

/// The settings, locked, and the change with this id that waits.
fn waiting(tenant: Uuid, id: Uuid) -> Result<(Stored, Proposal), Refusal> {
    let mut stored = Stored::locked(tenant).ok_or_else(isolation_refusals::unknown_tenant)?;
    let proposal = stored.proposal.take().filter(|proposal| proposal.id == id);
    let proposal = proposal.ok_or_else(|| {
        Refusal::new(
            Reason::UnknownSettingsChange,
            "the tenant has no such change of settings that waits",
            "Look at what waits with: SELECT proposed_settings FROM awgp.tenants WHERE id = awgp.current_tenant()",
        )
        .with("change_id", id.to_string())
    })?;
    Ok((stored, proposal))
}

/// Writes why into the trail; the change of the row is in it anyway.
fn tell(tenant: Uuid, action: &str, changes: &Map<String, Value>, reason: Option<&str>) {
    let facts = json!({"changes": changes, "reason": reason});
    queue::push(Event {
        id: None,
        at: None,
        tenant,
        actor: actor::current(),
        action: action.to_owned(),
        entity_type: "tenants".to_owned(),
        entity_id: Some(tenant),
        before: None,
        after: Some(Jsonb::from_text(&facts.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
}

fn already_open(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::SettingsChangeOpen,
        "another change of the tenant's settings waits for agreement",
        "Agree to it with awgp.confirm_settings_change(change_id), or withdraw it with awgp.withdraw_settings_change(change_id).",
    )
    .with("change_id", id.to_string())
}

fn own_change(id: Uuid) -> Refusal {
    Refusal::new(
        Reason::OwnSettingsChange,
        "you have agreed to this change already",
        "Ask another super_admin of the tenant to confirm it.",
    )
    .with("change_id", id.to_string())
}
