//! `awgp user`: people of a tenant.

use crate::bulk::{self, Line};
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::making;
use crate::opt::{Format, Load, Output, User, UserCreate, UserList, UserNamed, UserUpdate};
use crate::render;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};

const COLUMNS: [&str; 7] = ["email", "role", "first_name", "last_name", "is_active", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.user_list
    WHERE ($1::text IS NULL OR role = $1) AND ($2::boolean IS NULL OR is_active = $2)";

const EXISTING: &str = "
    SELECT * FROM awgp.users
    WHERE tenant_id = awgp.current_tenant() AND awgp.email_key(email) = awgp.email_key($1::text)";

/// Runs one command of the noun.
pub async fn run(noun: &User, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let User::Load(options) = noun {
        return invocation.decision(async |session| load(session, context, options, output).await).await;
    }
    invocation
        .answer(async |session| match noun {
            User::Create(options) => create(session, context, options, output).await,
            // It ends in its own way.
            User::Load(_) => Ok(String::new()),
            User::List(options) => list(session, context, options, invocation.format).await,
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
    let existing = Some((EXISTING, options.email.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Creates the users of a file.
async fn load(
    session: &mut Session,
    context: Context<'_>,
    options: &Load,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let lines = bulk::read(options, &["email", "role", "first_name", "last_name", "keycloak_id"])?;
    let call = async |_: &Work<'_>, line: &Line| {
        let email = line.required("email")?;
        let call = Call::new("create_user")
            .arg("email", "text", Some(email))
            .arg("role", "text", Some(line.required("role")?))
            .arg("first_name", "text", line.get("first_name"))
            .arg("last_name", "text", line.get("last_name"))
            .arg("keycloak_id", "text", line.get("keycloak_id"));
        Ok((call, Some((EXISTING, email.clone()))))
    };
    bulk::load(session, context, options, &lines, call, output).await
}

/// Lists the users that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &UserList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("users", "role", options.role.as_deref()).await?;
    let is_active = match (options.active, options.inactive) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.role, &is_active],
        order: &[up("r.tenant_slug", "text"), up("r.email", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["email", "first_name", "last_name"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
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
