//! What a change of settings would do, and for whom.

use super::actor::Actor;
use crate::approval::people::{self, Keep};
use crate::pg::datum::uuid;
use crate::pg::jsonb::Jsonb;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use awgp_core::approval::policy::{ApprovalPolicy, RISK_MAX};
use awgp_core::human::Human;
use awgp_core::permissions::Role;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use awgp_core::setting_error::SettingError;
use awgp_core::tenant_settings::{change, validate};
use serde_json::{Map, Value, json};
use uuid::Uuid;

statements! {
    /// The approvals of a tenant that can still be decided.
    OPEN(UUIDOID) = "
        SELECT id, risk_level FROM ONLY awgp.approvals
        WHERE tenant_id OPERATOR(pg_catalog.=) $1
          AND (status OPERATOR(pg_catalog.=) 'pending' OR status OPERATOR(pg_catalog.=) 'escalated')
          AND expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
        ORDER BY expires_at USING OPERATOR(pg_catalog.<)";
    /// How many active users of a tenant have each role.
    ROLES(UUIDOID) = "
        SELECT role, pg_catalog.count(*) AS people FROM ONLY awgp.users
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND is_active GROUP BY role";
}

/// A change on the settings as they are.
pub struct Plan {
    /// From path to value; null removes a key.
    pub changes: Map<String, Value>,
    before: Value,
    after: Value,
    /// The settings to store. Keys at the top that are not changed keep their exact text.
    pub stored: Jsonb,
    /// The risk levels that it loosens.
    pub loosened: Vec<u8>,
    /// How many super_admins it needs.
    pub people: u8,
    /// The open approvals of these levels.
    pub open: Vec<Uuid>,
}

impl Plan {
    /// Plans changes of a tenant's settings; refuses where they could not be used, or are not the actor's.
    pub fn of(actor: &Actor, settings: &Jsonb, changes: Map<String, Value>) -> Result<Self, Refusal> {
        if changes.is_empty() {
            return Err(SettingError::at("changes", "it must name at least one key").into());
        }
        let before = settings.value();
        let after = change::applied(&before, &changes)?;
        if actor.human.is_some() {
            change::check_own(&changes, &before, &after)?;
        }
        validate(&after)?;
        let mut stored = Jsonb::from_text("{}").with(settings);
        for key in change::outer_keys(&changes) {
            stored = match after.get(key) {
                Some(value) => stored.with(&Jsonb::from_text(&json!({key: value}).to_string())),
                None => stored.without(key),
            };
        }
        let (loosened, people) = change::judged(&before, &after)?;
        let open = if loosened.is_empty() { Vec::new() } else { open(actor.tenant, &loosened) };
        Ok(Self { changes, before, after, stored, loosened, people, open })
    }

    /// Refuses a change that loosens the policy of an approval that is open.
    pub fn check_open(&self) -> Result<(), Refusal> {
        if self.open.is_empty() {
            return Ok(());
        }
        let count = self.open.len();
        let are = if count == 1 { "approval is" } else { "approvals are" };
        Err(Refusal::new(
            Reason::ApprovalsOpen,
            format!("{count} {are} open under the policy that this would loosen"),
            "Decide them, or wait until they expire; then change the policy.",
        )
        .with("risk_levels", json!(self.loosened))
        .with("open", json!(count))
        .with("approval_ids", json!(self.open.iter().take(20).collect::<Vec<_>>())))
    }

    /// What it does, for people and programs.
    pub fn report(&self, tenant: Uuid) -> Map<String, Value> {
        let changed = self.changes.keys().map(|path| {
            json!({"key": path, "before": change::at(&self.before, path), "after": change::at(&self.after, path)})
        });
        let mut report = Map::new();
        report.insert("changes".to_owned(), changed.collect());
        report.insert("falls_away".to_owned(), json!(change::fallen(&self.before, &self.after)));
        report.insert("approvals".to_owned(), self.levels(tenant));
        report.insert("loosens".to_owned(), json!(self.loosened));
        report.insert("open_approvals".to_owned(), json!(self.open));
        report
    }

    /// The risk levels that other people decide afterwards, or another number of them.
    fn levels(&self, tenant: Uuid) -> Value {
        let of = ApprovalPolicy::of_settings;
        let (Ok(before), Ok(after)) = (of(&self.before), of(&self.after)) else { return json!([]) };
        let differs = |risk: &u8| {
            let at = |policy: &ApprovalPolicy| (policy.least_role(*risk, None), policy.votes_needed(*risk));
            at(&before) != at(&after)
        };
        let levels: Vec<u8> = (0..=RISK_MAX).filter(differs).collect();
        let roles = if levels.is_empty() { Vec::new() } else { roles(tenant) };
        let told = |policy: &ApprovalPolicy, risk: u8| {
            let role = policy.least_role(risk, None);
            let people: i64 = roles.iter().filter(|(held, _)| *held >= role).map(|(_, people)| people).sum();
            json!({"votes": policy.votes_needed(risk), "least_role": role.name(), "people": people})
        };
        levels
            .into_iter()
            .map(|risk| json!({"risk_level": risk, "before": told(&before, risk), "after": told(&after, risk)}))
            .collect()
    }
}

/// The open approvals of a tenant with one of these risk levels.
fn open(tenant: Uuid, levels: &[u8]) -> Vec<Uuid> {
    let concerned = |row: crate::pg::tuple::Row| {
        let risk = row.integer(c"risk_level").and_then(|risk| u8::try_from(risk).ok());
        row.uuid(c"id").filter(|_| risk.is_none_or(|risk| levels.contains(&risk)))
    };
    as_owner_past_row_security(c"approvals", || {
        OPEN.look(&[uuid(tenant)], |rows| rows.iter().filter_map(concerned).collect())
    })
}

/// How many active users have each role.
fn roles(tenant: Uuid) -> Vec<(Role, i64)> {
    let read = |row: crate::pg::tuple::Row| {
        let role = row.text(c"role").and_then(|name| name.parse::<Role>().ok())?;
        Some((role, row.bigint(c"people")?))
    };
    as_owner_past_row_security(c"users", || {
        ROLES.look(&[uuid(tenant)], |rows| rows.iter().filter_map(read).collect())
    })
}

/// Those of these people who are super_admins of the tenant now, one human once.
pub fn still_entitled(tenant: Uuid, people: &[Human]) -> usize {
    let ids: Vec<Uuid> = people.iter().map(|human| human.user).collect();
    let known = people::users(tenant, &ids, Keep::Locked);
    let entitled = |human: &&Human| {
        known.iter().any(|person| {
            person.human.user == human.user && person.is_active && person.role == Role::SuperAdmin
        })
    };
    let mut counted: Vec<&Human> = Vec::new();
    for human in people.iter().filter(entitled) {
        if !counted.iter().any(|other| other.is(human)) {
            counted.push(human);
        }
    }
    counted.len()
}
