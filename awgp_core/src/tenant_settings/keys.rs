//! Every key of a tenant's settings for people: what it takes, its default, what it means, who changes it.
//! docs/settings.md says more.

use serde_json::Value;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path, joined by dots.
    pub path: &'static str,
    /// What may be written.
    pub takes: &'static str,
    /// What is in force where it is left out, as JSON.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn key(path: &'static str, takes: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { path, takes, default, meaning }
}

/// Every key.
pub const KEYS: &[Key] = &[
    key(
        "action_policy.approval_for",
        "a list of at most 100 names of actions",
        "[]",
        "the actions that need an approval with their arguments, whatever the risk of the work",
    ),
    key(
        "action_policy.unknown_for_seconds",
        "a number from 0 to 2678400",
        "86400",
        "how long an action of unknown outcome holds its money before it is abandoned",
    ),
    key(
        "approval_policy.roles",
        "an object from risk level to operator, manager, admin or super_admin",
        r#"{"0": "operator", "1": "operator", "2": "manager", "3": "manager", "4": "admin", "5": "super_admin"}"#,
        "the least role that decides an approval of each risk level",
    ),
    key(
        "approval_policy.quorum",
        "an object from risk level to a number from 1 to 10",
        r#"{"0": 1, "1": 1, "2": 1, "3": 1, "4": 1, "5": 1}"#,
        "how many approving votes each risk level needs",
    ),
    key(
        "approval_policy.expires_in_seconds",
        "a number from 60 to 7776000",
        "86400",
        "how long a request can be decided if it does not say",
    ),
    key(
        "approval_policy.max_lifetime_seconds",
        "a number from 60 to 7776000",
        "604800",
        "how long a request can be decided at most, escalations included",
    ),
    key(
        "approval_policy.escalation.after_seconds",
        "a number from 60 to 7776000",
        "null",
        "after how long without a decision maintenance escalates; left out: only by hand",
    ),
    key(
        "approval_policy.escalation.chain",
        r#"a list of at most 10 steps, each "next_role" or {"users": [id, …]}"#,
        r#"["next_role", "next_role", "next_role"]"#,
        "what the first, second … escalation does",
    ),
    key(
        "approval_policy.escalation.max_count",
        "a number from 0 to 10",
        "3",
        "how often a request is escalated at most; left out: once for each step of the chain",
    ),
    key(
        "approval_policy.assistant_creator_may_approve",
        "true or false",
        "true",
        "whether the user who created an assistant may decide on its work",
    ),
    key("approval_policy.break_glass", "a list of 1 to 100 users' ids", "[]", "who may break glass"),
    key(
        "approval_policy.policy_change_quorum",
        "a number from 1 to 10",
        "1",
        "how many super_admins a change of the tenant's own policies needs",
    ),
    key(
        "messaging.allow_within_tenant",
        "true or false",
        "false",
        "whether a message inside the tenant that no policy covers is allowed",
    ),
    key(
        "messaging.channels",
        "a list of at most 64 names",
        "[]",
        "channels beside telegram, slack, email and internal",
    ),
    key(
        "conversation_policy.retention_days",
        "a number from 1 to 36500, or null",
        "null",
        "after how many days the content of ended conversations is erased; null: as the server says",
    ),
    key(
        "hallucination_policy.reviewer_role",
        "operator, manager, admin or super_admin",
        r#""manager""#,
        "the least role that reviews a flag",
    ),
    key(
        "hallucination_policy.overturn_role",
        "operator, manager, admin or super_admin",
        r#""admin""#,
        "the least role that overturns a review",
    ),
    key(
        "hallucination_policy.creator_may_conclude",
        "true or false",
        "true",
        "whether the user who created the assistant may conclude a review",
    ),
    key(
        "hallucination_policy.custom_methods",
        "a list of names",
        "[]",
        "detection methods of the tenant's own",
    ),
    key(
        "hallucination_policy.suspend",
        "an object with confirmed or rate_percent, or null",
        "null",
        "how many flags suspend an assistant; null: never",
    ),
    key(
        "stop_policy.resume_by_other",
        "true or false",
        "true",
        "whether somebody else than who stopped must resume",
    ),
    key(
        "stop_policy.resume_role",
        "manager, admin or super_admin",
        r#""manager""#,
        "the least role that resumes a stopped assistant",
    ),
    key(
        "time_zone",
        "the name of an IANA time zone, such as Europe/Berlin",
        r#""UTC""#,
        "the zone whose midnights bound days and months of the tenant's budgets",
    ),
    key(
        "providers",
        "a list of at most 100 names",
        "[]",
        "further providers that the tenant's pools can pay",
    ),
    key(
        "holding_monthly_cost_limit",
        "an amount, or null",
        "null",
        "for a holding: what it and its direct subsidiaries may spend a month, together; null: no limit",
    ),
    key("application", "any value", "null", "what the application keeps here; AWGP does not read it"),
];

/// The keys at the top that a tenant's super_admin changes: its policies. Administrators change the others.
pub const OF_THE_TENANT: [&str; 3] = ["approval_policy", "messaging", "time_zone"];

/// Within them, what only an administrator changes: who may do without everybody else.
pub const BREAK_GLASS: &str = "approval_policy.break_glass";

impl Key {
    /// The default as a value.
    pub fn default_value(&self) -> Value {
        serde_json::from_str(self.default).unwrap_or(Value::Null)
    }

    /// Who changes it: super_admin, or awgp_admin.
    pub fn changed_by(&self) -> &'static str {
        let outer = self.path.split('.').next().unwrap_or(self.path);
        let own = OF_THE_TENANT.contains(&outer) && self.path != BREAK_GLASS;
        if own { "super_admin" } else { "awgp_admin" }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{is_known, validate};
    use super::*;
    use crate::tenant_settings::change;
    use serde_json::{Map, json};

    #[test]
    fn every_key_is_one_that_is_checked_and_takes_its_own_default() {
        for key in KEYS {
            assert!(is_known(key.path.split('.').next().expect("a name")), "{}", key.path);
            let default = key.default_value();
            // An empty list, and null, stand for a key that is left out.
            if default == json!([]) || default.is_null() {
                continue;
            }
            let changes = Map::from_iter([(key.path.to_owned(), default)]);
            let settings = change::applied(&json!({}), &changes).expect("a path");
            assert_eq!(validate(&settings), Ok(()), "{}", key.path);
        }
    }

    #[test]
    fn a_key_beside_them_is_refused() {
        for outer in ["approval_policy", "messaging", "conversation_policy", "hallucination_policy"] {
            let error = validate(&json!({outer: {"no_such_key": 1}})).expect_err("unknown");
            assert_eq!(error.path, format!("{outer}.no_such_key"));
        }
    }
}
