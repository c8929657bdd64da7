//! `awgp tenant`: organisations.

use crate::call::Call;
use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::opt::{Named, Output, TenantCreate, TenantList};
use crate::render;
use crate::session::{Context, Session};

const COLUMNS: [&str; 5] = ["slug", "name", "type", "is_active", "id"];

const LIST: &str = "
    SELECT * FROM awgp.tenants WHERE $2::text IS NULL OR type = $2
    ORDER BY slug LIMIT $1::bigint";

const SHOW: &str = "SELECT * FROM awgp.tenants WHERE slug = $1 OR id::text = lower($1)";

/// Creates a tenant.
pub async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &TenantCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let parent = match &options.parent {
        Some(parent) => Some(work.text("SELECT awgp.find_tenant($1::text)::text", &[parent]).await?),
        None => None,
    };
    let call = Call::new("create_tenant")
        .arg("name", "text", Some(&options.name))
        .arg("slug", "text", Some(&options.slug))
        .arg("type", "text", options.kind.as_ref())
        .arg("parent_tenant_id", "uuid", parent)
        .arg("settings", "jsonb", options.settings.as_ref());
    work.conclude(&call, output).await
}

/// Lists the tenants that row-level security lets this login see.
pub async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &TenantList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    work.require_listed("tenants", "type", options.kind.as_deref()).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.kind]).await?;
    work.commit().await?;
    if rows.is_empty() && output == Output::Table && context.tenant.is_none() {
        return Ok("no rows: without --tenant only a member of awgp_admin sees tenants\n".to_owned());
    }
    Ok(render::list(&rows, &COLUMNS, output))
}

/// Shows one tenant.
pub async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &Named,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(SHOW, &[&options.slug_or_id]).await?;
    work.commit().await?;
    let row = rows.first().ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no tenant \"{}\" is visible here", options.slug_or_id))
            .hint("list the tenants with `awgp tenant list`; without --tenant only a member of awgp_admin sees them")
    })?;
    Ok(render::single(row, output))
}
