//! What commands that change one named thing have in common.

use crate::opt::Output;
use crate::render;
use awgp_client::{Call, Exit, Failure, Trouble, Work};

const USER: &str = "
    SELECT id FROM awgp.user_list
    WHERE tenant_id = awgp.current_tenant()
      AND (id::text = lower($1) OR (position('@' IN $1) > 0 AND awgp.email_key(email) = awgp.email_key($1)))";

const POLICY: &str = "
    SELECT id FROM awgp.communication_policy_list
    WHERE tenant_id = awgp.current_tenant() AND (name = $1 OR id::text = lower($1)) ORDER BY id";

/// Calls a function that returns the row it changed, or no row where there is none; then commits.
pub async fn changed(
    work: Work<'_>,
    call: &Call,
    missing: impl FnOnce() -> Failure,
    output: Output,
) -> Result<String, Trouble> {
    let row = work.call(call).await?.pop().ok_or_else(missing)?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// The id of a tenant, active or not, that the login sees.
pub async fn tenant(work: &Work<'_>, slug_or_id: &str) -> Result<String, Trouble> {
    let sql = "SELECT id FROM awgp.tenants WHERE slug = $1 OR id::text = lower($1)";
    let rows = work.select(sql, &[&slug_or_id]).await?;
    rows.first().and_then(|row| row.text("id")).ok_or_else(|| unknown_tenant(slug_or_id).into())
}

/// There is no such tenant.
pub fn unknown_tenant(slug_or_id: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("there is no visible tenant \"{slug_or_id}\""))
        .hint("list the tenants with `awgp tenant list`; only a member of awgp_admin changes them")
}

/// The id of a user of the tenant in context, active or not.
pub async fn user(work: &Work<'_>, email_or_id: &str) -> Result<String, Trouble> {
    let rows = work.select(USER, &[&email_or_id]).await?;
    rows.first().and_then(|row| row.text("id")).ok_or_else(|| unknown_user(email_or_id).into())
}

/// The tenant has no such user.
pub fn unknown_user(email_or_id: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("the tenant has no user \"{email_or_id}\""))
        .hint("list the users with `awgp user list`")
}

/// The id of a communication policy of the tenant in context.
pub async fn policy(work: &Work<'_>, name_or_id: &str) -> Result<String, Trouble> {
    let rows = work.select(POLICY, &[&name_or_id]).await?;
    if rows.len() > 1 {
        let several = format!("{} policies are named \"{name_or_id}\"", rows.len());
        return Err(Failure::new(Exit::BadArgument, several)
            .hint("name it by its id, which `awgp policy list` shows")
            .into());
    }
    rows.first().and_then(|row| row.text("id")).ok_or_else(|| unknown_policy(name_or_id).into())
}

/// The tenant has no such policy.
pub fn unknown_policy(name_or_id: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("the tenant has no policy \"{name_or_id}\""))
        .hint("list the policies with `awgp policy list`")
}
