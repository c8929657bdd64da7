//! The rules of the assistant, as a tool and as a resource.

use super::money::Nothing;
use crate::serve::desk::{self, Caller};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use awgp_client::{Exit, Failure};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the resource is.
pub const URI: &str = "awgp://assistant/rules";
/// What it is.
pub const TYPE: &str = "application/json";
/// What it says, for a model.
pub const DESCRIPTION: &str = "Who you are here, which actions you may do, up to which risk you work without an \
    approval, which actions always need one, what you may spend a day, and which policies your messages have to keep.";

const ASSISTANT: &str = "
    SELECT name, slug, type, description, status, status_reason, risk_tier,
           COALESCE(capabilities, '{}') AS capabilities,
           max_cost_per_day::text AS max_cost_per_day, tenant_slug AS tenant
    FROM awgp.assistant_list WHERE tenant_id = awgp.current_tenant() AND id = awgp.current_assistant_id()";
/// NULL in a list of a policy stands for all.
const POLICIES: &str = "
    SELECT name, to_assistant_types, allowed_channels, content_rules, rate_limit_per_hour
    FROM awgp.communication_policy_list
    WHERE tenant_id = awgp.current_tenant() AND is_active
      AND (from_assistant_types IS NULL OR $1 = ANY (from_assistant_types)) ORDER BY name, id LIMIT 100";
const SETTING: &str = "
    SELECT value FROM awgp.tenant_settings() WHERE key = 'action_policy.approval_for'";

/// A policy that messages have to keep.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The types of assistants to whom it lets you write; null: all.
    pub to_assistant_types: Option<Vec<String>>,
    /// The channels; null: all.
    pub allowed_channels: Option<Vec<String>>,
    /// What the text has to be like.
    pub content_rules: Value,
    /// How many messages an hour; null: no limit.
    pub rate_limit_per_hour: Option<i64>,
}

/// The rules of the assistant.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Rules {
    /// Your name.
    pub name: String,
    /// Your short name.
    pub slug: String,
    /// The tenant for which you work.
    pub tenant: String,
    /// Your type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What you are for.
    pub description: Option<String>,
    /// active: you may begin work. inactive, suspended or error: you may not.
    pub status: String,
    /// Why the status is as it is.
    pub status_reason: Option<String>,
    /// The highest risk, 0 to 5, at which you work without an approval.
    pub risk_tier: i64,
    /// The actions that you may do.
    pub capabilities: Vec<String>,
    /// Actions that always need an approval of their own.
    #[serde(default)]
    pub approval_for: Vec<String>,
    /// What you may spend a day; null: no limit.
    pub max_cost_per_day: Option<String>,
    /// The policies that your messages have to keep.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

#[derive(Deserialize)]
struct Setting {
    value: Value,
}

/// The rules as they are now.
pub async fn read(caller: &Caller<'_>) -> Result<Rules, Refused> {
    let rules = caller.transact(async |work| {
        let found: Option<Rules> = desk::one(work, ASSISTANT, &[]).await?;
        let mut rules = found.ok_or_else(|| Failure::new(Exit::Unexpected, "the assistant is gone"))?;
        rules.policies = desk::all(work, POLICIES, &[&rules.kind]).await?;
        let setting: Option<Setting> = desk::one(work, SETTING, &[]).await?;
        let listed = setting.and_then(|setting| serde_json::from_value(setting.value).ok());
        rules.approval_for = listed.unwrap_or_default();
        Ok(rules)
    });
    Ok(rules.await?)
}

/// `get_my_rules`.
pub struct GetMyRules;

impl Offer for GetMyRules {
    const NAME: &'static str = "get_my_rules";
    const TITLE: &'static str = "Show the rules that I work under";
    const DESCRIPTION: &'static str = "Shows who you are here, which actions you may do, up to which risk you work \
        without an approval, which actions always need one, what you may spend a day, and which policies your \
        messages have to keep. Call it first.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Nothing;
    type Answer = Rules;

    async fn call(caller: &Caller<'_>, _: Nothing) -> Result<Rules, Refused> {
        read(caller).await
    }
}
