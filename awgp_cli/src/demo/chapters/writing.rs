//! Who writes what: nobody without a context, nobody across tenants, not even a holding, with one exception
//! for assistants.

use crate::demo::stage::{Made, Stage};
use awgp_client::{Context, Trouble};

/// Proves that each of these attempts fails, and for the right reason.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage
        .narrator
        .chapter("Who writes what", "Every attempt is made as the application, and rolled back.")?;
    let made = stage.made.clone();
    let [holding, one, other, ..] = made.as_slice() else { unreachable!("a scenario has two subsidiaries") };
    without_context(stage, one).await?;
    across_tenants(stage, one, other).await?;
    holding_over_subsidiary(stage, holding, one).await?;
    out_of_bounds(stage, one).await
}

async fn without_context(stage: &mut Stage<'_>, tenant: &Made) -> Result<(), Trouble> {
    let sql = "SELECT awgp.create_user(email => 'nobody@example.org', role => 'viewer')";
    let attempt = stage.attempt(Context::default(), sql, &[]).await?;
    stage.narrator.refused("with no tenant in context, create a user", &["42501"], &attempt)?;
    let sql = "INSERT INTO awgp.users (tenant_id, email, role) VALUES ($1, 'nobody@example.org', 'viewer')";
    let attempt = stage.attempt(Context::default(), sql, &[&tenant.key()?]).await?;
    stage.narrator.refused("the same as a plain INSERT", &["42501"], &attempt)?;
    let nobody = Context { tenant: Some("no-such-tenant"), user: None };
    // The context itself is refused here, before the statement.
    let attempt = stage
        .attempt(Context::default(), "SELECT awgp.set_context(awgp.find_tenant($1::text))", &[&nobody.tenant])
        .await?;
    Ok(stage.narrator.refused(
        "take a tenant into context that does not exist",
        &["42501", "P0002"],
        &attempt,
    )?)
}

async fn across_tenants(stage: &mut Stage<'_>, one: &Made, other: &Made) -> Result<(), Trouble> {
    let sql = "SELECT awgp.create_work_item(assistant_id => $1::text::uuid, title => 'Not yours')";
    let attempt = stage.attempt(one.context(), sql, &[&other.any_assistant()]).await?;
    let statement = format!("{} gives work to an assistant of {}", one.name, other.name);
    stage.narrator.refused(&statement, &["42501", "23503"], &attempt)?;
    let sql = "INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
               VALUES ($1, $2::text::uuid, 'Not yours')";
    let attempt = stage.attempt(one.context(), sql, &[&one.key()?, &other.any_assistant()]).await?;
    stage.narrator.refused(
        "the same as a plain INSERT: the reference itself is refused",
        &["23503", "42501"],
        &attempt,
    )?;
    let attempt = stage.attempt(one.context(), sql, &[&other.key()?, &other.any_assistant()]).await?;
    stage.narrator.refused(&format!("{} inserts a row of {}", one.name, other.name), &["42501"], &attempt)?;
    let sql = "UPDATE awgp.work_items SET tenant_id = $1, assistant_id = $2::text::uuid
               WHERE id = $3::text::uuid";
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&other.key()?, &other.any_assistant(), &one.any_work_item()];
    let attempt = stage.attempt(one.context(), sql, &parameters).await?;
    stage.narrator.refused(
        &format!("{} moves its row to {}", one.name, other.name),
        &["42501", "55000"],
        &attempt,
    )?;
    let sql = "DELETE FROM awgp.work_items WHERE tenant_id = $1";
    let attempt = stage.attempt(one.context(), sql, &[&other.key()?]).await?;
    Ok(stage
        .narrator
        .without_effect(&format!("{} deletes the work items of {}", one.name, other.name), &attempt)?)
}

async fn holding_over_subsidiary(
    stage: &mut Stage<'_>,
    holding: &Made,
    subsidiary: &Made,
) -> Result<(), Trouble> {
    let sql = "UPDATE awgp.work_items SET title = 'Changed from above' WHERE tenant_id = $1";
    let attempt = stage.attempt(holding.context(), sql, &[&subsidiary.key()?]).await?;
    let statement = format!("{} rewrites work items of {}", holding.name, subsidiary.name);
    stage.narrator.without_effect(&statement, &attempt)?;
    let sql = "INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
               VALUES ($1, $2::text::uuid, 'From above')";
    let attempt =
        stage.attempt(holding.context(), sql, &[&subsidiary.key()?, &subsidiary.any_assistant()]).await?;
    let statement = format!("{} inserts a work item into {}", holding.name, subsidiary.name);
    stage.narrator.refused(&statement, &["42501"], &attempt)?;
    let sql = "UPDATE awgp.users SET role = 'super_admin' WHERE tenant_id = $1";
    let attempt = stage.attempt(holding.context(), sql, &[&subsidiary.key()?]).await?;
    let statement = format!("{} promotes the users of {}", holding.name, subsidiary.name);
    stage.narrator.without_effect(&statement, &attempt)?;
    // The policy on assistants is FOR ALL: the only thing that a holding manages in its subsidiaries.
    let sql = "UPDATE awgp.assistants SET risk_tier = 0 WHERE id = $1::text::uuid";
    let attempt = stage.attempt(holding.context(), sql, &[&subsidiary.any_assistant()]).await?;
    let statement =
        format!("{} may lower the risk tier of an assistant of {}", holding.name, subsidiary.name);
    let changed = match attempt {
        crate::demo::attempt::Attempt::Done { rows } => i64::try_from(rows).unwrap_or(i64::MAX),
        crate::demo::attempt::Attempt::Refused { .. } => 0,
    };
    Ok(stage.narrator.equal(&statement, 1, changed)?)
}

async fn out_of_bounds(stage: &mut Stage<'_>, tenant: &Made) -> Result<(), Trouble> {
    let sql = "SELECT awgp.create_user(email => 'boss@example.org', role => 'boss')";
    let attempt = stage.attempt(tenant.context(), sql, &[]).await?;
    stage.narrator.refused("a role that is not one of the five", &["23514", "22023"], &attempt)?;
    let sql =
        "SELECT awgp.create_work_item(assistant_id => $1::text::uuid, title => 'Risky', risk_level => 6)";
    let attempt = stage.attempt(tenant.context(), sql, &[&tenant.any_assistant()]).await?;
    stage.narrator.refused("a risk level above 5", &["23514", "22023"], &attempt)?;
    let attempt = stage.attempt(tenant.context(), "TRUNCATE awgp.work_items", &[]).await?;
    stage.narrator.refused("TRUNCATE, to which row-level security does not apply", &["42501"], &attempt)?;
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let sql = "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits
               WHERE inhparent = 'awgp.audit_logs'::regclass ORDER BY 1 LIMIT 1";
    let partition = work.text(sql, &[]).await?;
    drop(work);
    let attempt = stage.attempt(tenant.context(), &format!("SELECT count(*) FROM {partition}"), &[]).await?;
    Ok(stage.narrator.refused(&format!("read the partition {partition} itself"), &["42501"], &attempt)?)
}
