//! `awgp user`: people of a tenant.

use crate::invocation::Invocation;
use crate::opt::{Output, User, UserCreate, UserList, UserNamed, UserUpdate};
use crate::{render, verb};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 7] = ["email", "role", "first_name", "last_name", "is_active", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.user_list WHERE $2::text IS NULL OR role = $2
    ORDER BY tenant_slug, email LIMIT $1::bigint";

/// Runs one command of the noun.
pub async fn run(noun: &User, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            User::Create(options) => create(session, context, options, output).await,
            User::List(options) => list(session, context, options, output).await,
            User::Show(named) => show(session, context, named, output).await,
            User::Update(options) => update(session, context, options, output).await,
            User::Deactivate(named) => activity(session, context, "deactivate_user", named, output).await,
            User::Reactivate(named) => activity(session, context, "reactivate_user", named, output).await,
        })
        .await
}

/// Creates a user in the tenant.
async fn create(
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
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Lists the users that the tenant sees.
async fn list(
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

/// Shows one user.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    named: &UserNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = verb::user(&work, &named.email_or_id).await?;
    let rows = work.select("SELECT * FROM awgp.user_list WHERE id = $1::text::uuid", &[&id]).await?;
    work.commit().await?;
    Ok(render::single(rows.first().ok_or_else(|| verb::unknown_user(&named.email_or_id))?, output))
}

/// Changes a user.
async fn update(
    session: &mut Session,
    context: Context<'_>,
    options: &UserUpdate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("update_user")
        .arg("user_id", "uuid", Some(verb::user(&work, &options.email_or_id).await?))
        .arg("role", "text", options.role.as_ref())
        .arg("first_name", "text", options.first_name.as_ref())
        .arg("last_name", "text", options.last_name.as_ref())
        .arg("email", "text", options.email.as_ref());
    verb::changed(work, &call, || verb::unknown_user(&options.email_or_id), output).await
}

/// Deactivates or reactivates.
async fn activity(
    session: &mut Session,
    context: Context<'_>,
    function: &'static str,
    named: &UserNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = verb::user(&work, &named.email_or_id).await?;
    let call = Call::new(function).arg("user_id", "uuid", Some(id));
    verb::changed(work, &call, || verb::unknown_user(&named.email_or_id), output).await
}
