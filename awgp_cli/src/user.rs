//! `awgp user`: people of a tenant.

use crate::call::Call;
use crate::failure::Trouble;
use crate::opt::{Output, UserCreate, UserList};
use crate::render;
use crate::session::{Context, Session};

const COLUMNS: [&str; 7] = ["email", "role", "first_name", "last_name", "is_active", "tenant_slug", "id"];

// The visible tenants are named besides row-level security, because a superuser's login has none.
const LIST: &str = "
    SELECT u.*, t.slug AS tenant_slug FROM awgp.users u LEFT JOIN awgp.tenants t ON t.id = u.tenant_id
    WHERE u.tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND ($2::text IS NULL OR u.role = $2)
    ORDER BY t.slug, u.email LIMIT $1::bigint";

/// Creates a user in the tenant.
pub async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &UserCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("create_user")
        .arg("email", "text", Some(&options.email))
        .arg("role", "text", Some(&options.role))
        .arg("first_name", "text", options.first_name.as_ref())
        .arg("last_name", "text", options.last_name.as_ref())
        .arg("keycloak_id", "text", options.keycloak_id.as_ref());
    work.conclude(&call, output).await
}

/// Lists the users that the tenant sees.
pub async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &UserList,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("users", "role", options.role.as_deref()).await?;
    let rows = work.select(LIST, &[&i64::from(options.limit.rows), &options.role]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &COLUMNS, output))
}
