//! What money is left, and what something would cost.

use crate::serve::desk::{self, Caller};
use crate::serve::offer::{Effect, Offer};
use crate::serve::refused::Refused;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DAY: &str = "
    SELECT max_cost_per_day::text AS \"limit\", day_spent::text AS spent, day_held::text AS held,
           (max_cost_per_day - day_spent - day_held)::text AS \"left\"
    FROM awgp.assistant_overview
    WHERE tenant_id = awgp.current_tenant() AND id = awgp.current_assistant_id()";
const MONTH: &str = "
    SELECT month_limit::text AS \"limit\", month_spent::text AS spent, month_held::text AS held, month_left::text AS \"left\"
    FROM awgp.tenant_budgets WHERE tenant_id = awgp.current_tenant()";
const POOLS: &str = "
    SELECT provider, budget::text AS \"limit\", spent::text AS spent, held::text AS held, left_amount::text AS \"left\",
           period_ends_at
    FROM awgp.budget_status WHERE tenant_id = awgp.current_tenant() ORDER BY provider";
const ESTIMATE: &str = "
    SELECT awgp.estimate_cost($1, $2, COALESCE($3::text::bigint, 0), COALESCE($4::text::bigint, 0),
                              COALESCE($5::text::bigint, 0))::text";

/// `remaining_money`.
pub struct RemainingMoney;

/// Nothing.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A limit and what is left of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Budget {
    /// The most; null: no limit.
    pub limit: Option<String>,
    /// What was spent.
    pub spent: String,
    /// What is set aside for actions that have begun.
    pub held: String,
    /// What is left; null: no limit.
    pub left: Option<String>,
}

/// The money at one provider.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Pool {
    /// The provider.
    pub provider: String,
    /// The most in this period.
    pub limit: String,
    /// What was spent.
    pub spent: String,
    /// What is set aside.
    pub held: String,
    /// What is left.
    pub left: String,
    /// When a new period begins.
    pub period_ends_at: String,
}

/// All limits that an action has to fit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Money {
    /// Your own day.
    pub day: Budget,
    /// The month of all assistants of your tenant together.
    pub month: Budget,
    /// The money at each provider, for all assistants together. An action that costs something names one.
    pub pools: Vec<Pool>,
}

impl Offer for RemainingMoney {
    const NAME: &'static str = "remaining_money";
    const TITLE: &'static str = "Show what money is left";
    const DESCRIPTION: &'static str = "Shows what money is left: of your own day, of the tenant's month, and at each \
        provider. An action has to fit all of them. Amounts are texts, in the currency of the tenant.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Nothing;
    type Answer = Money;

    async fn call(caller: &Caller<'_>, _: Nothing) -> Result<Money, Refused> {
        let none = || Budget { limit: None, spent: "0.000000".into(), held: "0.000000".into(), left: None };
        let money = caller.transact(async |work| {
            Ok(Money {
                day: desk::one(work, DAY, &[]).await?.unwrap_or_else(none),
                month: desk::one(work, MONTH, &[]).await?.unwrap_or_else(none),
                pools: desk::all(work, POOLS, &[]).await?,
            })
        });
        Ok(money.await?)
    }
}

/// `estimate_cost`.
pub struct EstimateCost;

/// What it takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Estimating {
    /// The provider of the model.
    #[schemars(length(min = 1))]
    pub provider: String,
    /// The model, as its provider names it.
    #[schemars(length(min = 1))]
    pub model: String,
    /// Tokens that will be sent; 0 if it is left out.
    pub input_tokens: Option<u32>,
    /// Tokens that will be received; 0 if it is left out.
    pub output_tokens: Option<u32>,
    /// Tokens from the provider's cache; 0 if it is left out.
    pub cached_tokens: Option<u32>,
}

/// What it would cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub struct Estimate {
    /// The amount, for estimated_cost of begin_action.
    pub cost: String,
}

impl Offer for EstimateCost {
    const NAME: &'static str = "estimate_cost";
    const TITLE: &'static str = "Estimate what a model's call costs";
    const DESCRIPTION: &'static str = "Says what a call of a model would cost by the price in force. Pass the answer \
        as estimated_cost of begin_action.";
    const EFFECT: Effect = Effect::Reads;
    type Arguments = Estimating;
    type Answer = Estimate;

    async fn call(caller: &Caller<'_>, given: Estimating) -> Result<Estimate, Refused> {
        let text = |tokens: Option<u32>| tokens.map(|tokens| tokens.to_string());
        let (sent, received, cached) =
            (text(given.input_tokens), text(given.output_tokens), text(given.cached_tokens));
        let cost = caller.transact(async |work| {
            work.text(ESTIMATE, &[&given.provider, &given.model, &sent, &received, &cached]).await
        });
        Ok(Estimate { cost: cost.await? })
    }
}
