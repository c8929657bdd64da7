//! Money: a pool crosses 50, 75 and 90 per cent, and the call that would overspend is refused.

use crate::demo::stage::{Made, Stage};
use awgp_client::Trouble;

/// What the assistant spends at once, of a budget of 10, and how many alerts there are then.
const COSTS: [(&str, i64); 3] = [("4.000000", 0), ("1.500000", 1), ("4.000000", 3)];

/// Proves that costs are counted, reported and bounded.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "Money",
        "A pool of 10 is spent: alerts at 50, 75 and 90 per cent, and not a cent above it.",
    )?;
    let made = stage.made.clone();
    let Some(tenant) = made.get(1) else { unreachable!("a scenario has a subsidiary") };
    prepare(stage, tenant).await?;
    for (cost, alerts) in COSTS {
        spend(stage, tenant, cost, alerts).await?;
    }
    let sql = "SELECT awgp.record_cost($1::text::uuid, 'openrouter', 'demo', 1000, 200, 0.500001)";
    let attempt = stage.attempt(tenant.context(), sql, &[&tenant.any_assistant()]).await?;
    stage.narrator.refused("the call that would overspend by a millionth", &["53400"], &attempt)?;
    let sql = "SELECT awgp.reserve_credit($1::text::uuid, 'openrouter', 0.500001)";
    let attempt = stage.attempt(tenant.context(), sql, &[&tenant.any_assistant()]).await?;
    stage.narrator.refused("to reserve as much", &["53400"], &attempt)?;
    let sql = "UPDATE awgp.provider_credit_pools SET current_balance = 1000 WHERE provider = 'openrouter'";
    let attempt = stage.attempt(tenant.context(), sql, &[]).await?;
    stage.narrator.refused("to write the balance by hand", &["42501"], &attempt)?;
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let differences = work.number("SELECT count(*) FROM awgp.verify_ledger()", &[]).await?;
    drop(work);
    Ok(stage.narrator.equal("balances that differ from their entries", 0, differences)?)
}

async fn prepare(stage: &mut Stage<'_>, tenant: &Made) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(tenant.context()).await?;
    work.run("SELECT awgp.create_credit_pool('openrouter', 10)", &[]).await?;
    let sql =
        "UPDATE awgp.assistants SET max_cost_per_day = 100, status = 'active' WHERE id = $1::text::uuid";
    work.run(sql, &[&tenant.any_assistant()]).await?;
    work.commit().await
}

async fn spend(stage: &mut Stage<'_>, tenant: &Made, cost: &str, alerts: i64) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let sql = "SELECT awgp.record_cost($1::text::uuid, 'openrouter', 'demo', 1000, 200, $2::text::numeric)";
    work.run(sql, &[&tenant.any_assistant(), &cost]).await?;
    let sql = "SELECT current_balance::text FROM awgp.provider_credit_pools
               WHERE provider = 'openrouter' AND tenant_id = awgp.current_tenant()";
    let left = work.text(sql, &[]).await?;
    let sql = "SELECT count(*) FROM awgp.budget_alerts
               WHERE kind = 'threshold' AND period_id IN (
                   SELECT id FROM awgp.budget_periods WHERE pool_id IN (
                       SELECT id FROM awgp.provider_credit_pools
                       WHERE provider = 'openrouter' AND tenant_id = awgp.current_tenant()))";
    let told = work.number(sql, &[]).await?;
    work.commit().await?;
    Ok(stage.narrator.equal(&format!("alerts after {cost} more; {left} is left"), alerts, told)?)
}
