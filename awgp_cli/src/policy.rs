//! `awgp policy`: what assistants may say to each other.

use crate::call::Call;
use crate::exit::Exit;
use crate::failure::Trouble;
use crate::message;
use crate::opt::{Output, PolicyCreate, PolicyList, PolicyTest};
use crate::render;
use crate::session::{Context, Session};

const COLUMNS: [&str; 9] = [
    "name",
    "from_assistant_types",
    "to_assistant_types",
    "allowed_channels",
    "rate_limit_per_hour",
    "rate_limit_scope",
    "is_active",
    "tenant_slug",
    "id",
];

// The visible tenants are named besides row-level security, because a superuser's login has none.
const LIST: &str = "
    SELECT p.*, t.slug AS tenant_slug
    FROM awgp.communication_policies p LEFT JOIN awgp.tenants t ON t.id = p.tenant_id
    WHERE p.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND (p.is_active OR NOT $2)
    ORDER BY t.slug, p.name, p.id LIMIT $1::bigint";

/// Creates a policy in the tenant.
pub async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("create_policy")
        .arg("name", "text", Some(&options.name))
        .list("from_assistant_types", &options.from_types)
        .list("to_assistant_types", &options.to_types)
        .list("allowed_channels", &options.channels)
        .arg("content_rules", "jsonb", options.content_rules.as_ref())
        .arg("rate_limit_per_hour", "integer", options.rate_limit_per_hour)
        .arg("rate_limit_scope", "text", options.rate_limit_scope.as_ref())
        .arg("is_active", "boolean", options.inactive.then_some(false));
    work.conclude(&call, output).await
}

/// Lists the policies that the tenant sees.
pub async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.active]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}

/// Asks what the policies say about a message.
pub async fn test(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyTest,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    message::test(session, context, &options.message, options.at.as_deref(), output).await
}
