//! A change of settings that waits until enough people agree, in `tenants.proposed_settings`.

use crate::pg::datum::uuid;
use crate::pg::jsonb::Jsonb;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use awgp_core::human::Human;
use pgrx::pg_sys::Datum;
use serde_json::{Map, Value, json};
use uuid::Uuid;

statements! {
    /// The settings of a tenant and what is proposed.
    READ(UUIDOID) = "
        SELECT settings, proposed_settings,
               (proposed_settings OPERATOR(pg_catalog.->>) 'expires_at')::pg_catalog.timestamptz
                   OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp() AS waits
        FROM ONLY awgp.tenants WHERE id OPERATOR(pg_catalog.=) $1";
    /// The same, locked against other changes until the transaction ends.
    LOCK(UUIDOID) = "
        SELECT settings, proposed_settings,
               (proposed_settings OPERATOR(pg_catalog.->>) 'expires_at')::pg_catalog.timestamptz
                   OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp() AS waits
        FROM ONLY awgp.tenants WHERE id OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE";
    /// Stores settings, and what is proposed.
    STORE(UUIDOID, JSONBOID, JSONBOID) = "
        UPDATE awgp.tenants SET settings = $2, proposed_settings = $3 WHERE id OPERATOR(pg_catalog.=) $1";
    /// Completes a new proposal.
    COMPLETE(JSONBOID) = "
        SELECT $1 OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
            'id', pg_catalog.gen_random_uuid(), 'proposed_at', pg_catalog.clock_timestamp(),
            'expires_at', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) '7 days'::pg_catalog.interval) AS proposal";
}

/// The settings of a tenant as they are stored.
pub struct Stored {
    /// The settings.
    pub settings: Jsonb,
    /// The proposal, unless it has expired.
    pub proposal: Option<Proposal>,
}

/// What is proposed.
pub struct Proposal {
    /// Its id.
    pub id: Uuid,
    /// From path to value; null removes a key.
    pub changes: Map<String, Value>,
    /// Who has agreed, the proposer first.
    pub agreed: Vec<Human>,
    /// The whole, as it is stored.
    pub value: Value,
}

impl Stored {
    /// Reads them, for a dry run.
    pub fn seen(tenant: Uuid) -> Option<Self> {
        as_owner_past_row_security(c"tenants", || {
            READ.look(&[uuid(tenant)], |rows| Self::read(&rows.first()?))
        })
    }

    /// Reads them and locks the tenant's row, for a change.
    pub fn locked(tenant: Uuid) -> Option<Self> {
        as_owner_past_row_security(c"tenants", || {
            LOCK.run(&[uuid(tenant)], |rows| Self::read(&rows.first()?))
        })
    }

    fn read(row: &Row) -> Option<Self> {
        let waits = row.flag(c"waits");
        let proposal = row.jsonb(c"proposed_settings").filter(|_| waits);
        let proposal = proposal.and_then(|proposal| Proposal::read(proposal.value()));
        Some(Self { settings: row.jsonb(c"settings")?, proposal })
    }

    /// Stores settings and what is proposed, in place of the user.
    pub fn store(tenant: Uuid, settings: &Jsonb, proposal: Option<&Value>) {
        let proposal = proposal.map(|proposal| Jsonb::from_text(&proposal.to_string()));
        let proposal: Option<Datum> = proposal.as_ref().map(Jsonb::datum);
        let arguments = [uuid(tenant), Some(settings.datum()), proposal];
        let permit = super::CHANGE.hold();
        as_owner_past_row_security(c"tenants", || STORE.count(&arguments));
        drop(permit);
    }
}

impl Proposal {
    fn read(value: Value) -> Option<Self> {
        let id = Uuid::try_parse(value.get("id")?.as_str()?).ok()?;
        let changes = value.get("changes")?.as_object()?.clone();
        let agreed = value.get("agreed")?.as_array()?.iter().map(human).collect::<Option<_>>()?;
        Some(Self { id, changes, agreed, value })
    }

    /// A new one of this human.
    pub fn made(changes: &Map<String, Value>, human: &Human, reason: Option<&str>) -> Value {
        let value = json!({"changes": changes, "reason": reason, "agreed": [told(human)]});
        let given = Jsonb::from_text(&value.to_string());
        let read = |proposal: Jsonb| proposal.value();
        let completed =
            COMPLETE.look(&[Some(given.datum())], |rows| rows.first()?.jsonb(c"proposal").map(read));
        completed.unwrap_or(value)
    }

    /// The same, with one more who agrees.
    pub fn with(&self, human: &Human) -> Value {
        let mut value = self.value.clone();
        if let Some(agreed) = value.get_mut("agreed").and_then(Value::as_array_mut) {
            agreed.push(told(human));
        }
        value
    }
}

fn told(human: &Human) -> Value {
    json!({"user": human.user, "issuer": human.issuer, "subject": human.subject})
}

fn human(value: &Value) -> Option<Human> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Human {
        user: Uuid::try_parse(&text("user")?).ok()?,
        issuer: text("issuer"),
        subject: text("subject"),
    })
}
