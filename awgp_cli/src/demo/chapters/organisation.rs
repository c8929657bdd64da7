//! The organisation: the administrator creates tenants; the application creates people, assistants and work,
//! each in the context of the tenant and of the user who requests it.

use crate::demo::scenario::{Scenario, Tenant};
use crate::demo::stage::{COUNTED, Made, Stage, count_all, counts_of};
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Loads the scenario and proves that all of it arrived.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "The organisation",
        "A holding and its subsidiaries, created with the functions that an application calls.",
    )?;
    let scenario: Scenario = stage.scenario.clone();
    for tenant in scenario.tenants() {
        let parent = stage.made.first().map(|holding| holding.id.clone());
        let made = create_tenant(&mut stage.sessions.admin, tenant, stage.run, parent.as_deref()).await?;
        let made = fill(&mut stage.sessions.app, tenant, made, stage.run).await?;
        stage.made.push(made);
    }
    let mut rows = Vec::new();
    for (tenant, made) in scenario.tenants().zip(&stage.made) {
        let [users, assistants, work_items] = counts_of(tenant).map(|count| count.to_string());
        rows.push(vec![made.slug.clone(), tenant.name.clone(), users, assistants, work_items]);
    }
    stage.narrator.table(&["tenant", "name", "users", "assistants", "work items"], rows)?;
    stage.narrator.equal(
        "tenants made",
        1 + as_count(scenario.subsidiaries.len()),
        as_count(stage.made.len()),
    )?;
    for (tenant, made) in scenario.subsidiaries.iter().zip(stage.made.clone().iter().skip(1)) {
        let work = stage.sessions.app.begin(made.context()).await?;
        let actual = count_all(&work).await?;
        drop(work);
        for ((table, expected), actual) in COUNTED.iter().zip(counts_of(tenant)).zip(actual) {
            stage.narrator.equal(
                &format!("{}: all of its {table} arrived", tenant.name),
                expected,
                actual,
            )?;
        }
    }
    variety(stage, &scenario).await
}

/// The holding checks the whole: every role, every risk level, and every name as written.
async fn variety(stage: &mut Stage<'_>, scenario: &Scenario) -> Result<(), Trouble> {
    let users = || scenario.tenants().flat_map(|tenant| &tenant.users);
    let roles: BTreeSet<_> = users().map(|user| user.role.as_str()).collect();
    let risks: BTreeSet<_> =
        scenario.tenants().flat_map(|tenant| &tenant.work_items).map(|item| item.risk_level).collect();
    let names: Vec<String> = users().map(|user| format!("{} {}", user.first_name, user.last_name)).collect();
    let holding = stage.made[0].clone();
    let work = stage.sessions.app.begin(holding.context()).await?;
    let of_roles = work.number("SELECT count(DISTINCT role) FROM awgp.users", &[]).await?;
    let of_risks = work.number("SELECT count(DISTINCT risk_level) FROM awgp.work_items", &[]).await?;
    let sql = "SELECT count(*) FROM awgp.users WHERE first_name || ' ' || last_name = ANY ($1)";
    let of_names = work.number(sql, &[&names]).await?;
    drop(work);
    stage.narrator.equal("different roles among the users", as_count(roles.len()), of_roles)?;
    stage.narrator.equal("different risk levels among the work items", as_count(risks.len()), of_risks)?;
    let example = names.iter().rev().find(|name| !name.is_ascii()).or(names.first());
    let statement = format!("names came back letter for letter, as {}", example.map_or("", String::as_str));
    Ok(stage.narrator.equal(&statement, as_count(names.len()), of_names)?)
}

fn as_count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

async fn create_tenant(
    admin: &mut Session,
    tenant: &Tenant,
    run: &str,
    parent: Option<&str>,
) -> Result<Made, Trouble> {
    let slug = format!("{}-{run}", tenant.slug);
    let call = Call::new("create_tenant")
        .arg("name", "text", Some(&tenant.name))
        .arg("slug", "text", Some(&slug))
        .arg("type", "text", Some(if parent.is_none() { "holding" } else { "subsidiary" }))
        .arg("parent_tenant_id", "uuid", parent)
        .arg("settings", "jsonb", Some(Value::Object(tenant.settings.clone())));
    let work = admin.begin(Context::default()).await?;
    let id = id_of(&work.call_one(&call).await?)?;
    work.commit().await?;
    Ok(Made {
        name: tenant.name.clone(),
        slug,
        id,
        users: BTreeMap::new(),
        assistants: BTreeMap::new(),
        work_items: Vec::new(),
    })
}

async fn fill(app: &mut Session, tenant: &Tenant, mut made: Made, run: &str) -> Result<Made, Trouble> {
    let work = app.begin(made.context()).await?;
    for user in &tenant.users {
        let call = Call::new("create_user")
            .arg("email", "text", Some(&user.email))
            .arg("role", "text", Some(&user.role))
            .arg("first_name", "text", Some(&user.first_name))
            .arg("last_name", "text", Some(&user.last_name))
            .arg("keycloak_id", "text", Some(format!("{run}:{}:{}", tenant.slug, user.email)));
        made.users.insert(user.email.clone(), id_of(&work.call_one(&call).await?)?);
    }
    for assistant in &tenant.assistants {
        let call = Call::new("create_assistant")
            .arg("name", "text", Some(&assistant.name))
            .arg("slug", "text", Some(&assistant.slug))
            .arg("type", "text", Some(&assistant.kind))
            .arg("risk_tier", "integer", Some(assistant.risk_tier))
            .list("capabilities", &assistant.capabilities)
            .arg("model_config", "jsonb", Some(Value::Object(assistant.model_config.clone())))
            .arg("max_cost_per_day", "numeric", Some(&assistant.max_cost_per_day));
        made.assistants.insert(assistant.slug.clone(), id_of(&work.call_one(&call).await?)?);
    }
    work.commit().await?;
    for item in &tenant.work_items {
        let context = Context { tenant: Some(&made.slug), user: Some(&item.created_by) };
        let work = app.begin(context).await?;
        let call = Call::new("create_work_item")
            .arg("assistant_id", "uuid", made.assistants.get(&item.assistant))
            .arg("title", "text", Some(&item.title))
            .arg("description", "text", Some(&item.description))
            .arg("risk_level", "integer", Some(item.risk_level))
            .arg("priority", "integer", Some(item.priority))
            .arg("estimated_cost", "numeric", Some(&item.estimated_cost))
            .arg("context", "jsonb", Some(Value::Object(item.context.clone())));
        let id = id_of(&work.call_one(&call).await?)?;
        work.commit().await?;
        made.work_items.push(id);
    }
    Ok(made)
}

fn id_of(row: &Row) -> Result<String, Failure> {
    row.text("id").ok_or_else(|| Failure::new(Exit::Unexpected, "the server gave a row without an id"))
}
