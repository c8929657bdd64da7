//! `awgp policy`: which messages assistants may send to each other.

use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::message;
use crate::opt::{Format, Output, Policy, PolicyCreate, PolicyList, PolicyNamed, PolicyTest, PolicyUpdate};
use crate::render;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble};

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

const LIST: &str = "
    SELECT * FROM awgp.communication_policy_list WHERE is_active OR NOT $1::boolean";

/// Runs one command of the noun.
pub async fn run(noun: &Policy, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    match noun {
        Policy::Create(options) => {
            invocation.answer(async |session| create(session, context, options, output).await).await
        }
        Policy::List(options) => {
            invocation.answer(async |session| list(session, context, options, invocation.format).await).await
        }
        Policy::Show(named) => {
            invocation.answer(async |session| show(session, context, named, output).await).await
        }
        Policy::Update(options) => {
            invocation.answer(async |session| update(session, context, options, output).await).await
        }
        Policy::Deactivate(named) => {
            invocation.answer(async |session| deactivate(session, context, named, output).await).await
        }
        Policy::Delete(named) => {
            invocation.answer(async |session| delete(session, context, named, output).await).await
        }
        Policy::Test(options) => {
            invocation.decision(async |session| test(session, context, options, output).await).await
        }
    }
}

/// Creates a policy in the tenant.
async fn create(
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
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Lists the policies that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.active],
        order: &[up("r.tenant_slug", "text"), up("r.name", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["name"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Shows what the policies say about a message.
async fn test(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyTest,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    message::test(session, context, &options.message, options.at.as_ref(), output).await
}

/// Shows one policy.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    named: &PolicyNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = verb::policy(&work, &named.name_or_id).await?;
    let sql = "SELECT * FROM awgp.communication_policy_list WHERE id = $1::text::uuid";
    let rows = work.select(sql, &[&id]).await?;
    work.commit().await?;
    Ok(render::single(rows.first().ok_or_else(|| verb::unknown_policy(&named.name_or_id))?, output))
}

/// Changes a policy.
async fn update(
    session: &mut Session,
    context: Context<'_>,
    options: &PolicyUpdate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("update_policy")
        .arg("policy_id", "uuid", Some(verb::policy(&work, &options.name_or_id).await?))
        .arg("name", "text", options.name.as_ref())
        .list("from_assistant_types", &options.from_types)
        .list("to_assistant_types", &options.to_types)
        .list("allowed_channels", &options.channels)
        .arg("content_rules", "jsonb", options.content_rules.as_ref())
        .arg("rate_limit_per_hour", "bigint", options.rate_limit_per_hour)
        .arg("rate_limit_scope", "text", options.rate_limit_scope.as_ref())
        .arg("is_active", "boolean", options.active.then_some(true));
    verb::changed(work, &call, || verb::unknown_policy(&options.name_or_id), output).await
}

/// Deactivates a policy.
async fn deactivate(
    session: &mut Session,
    context: Context<'_>,
    named: &PolicyNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let id = verb::policy(&work, &named.name_or_id).await?;
    let call = Call::new("update_policy").arg("policy_id", "uuid", Some(id)).arg(
        "is_active",
        "boolean",
        Some(false),
    );
    verb::changed(work, &call, || verb::unknown_policy(&named.name_or_id), output).await
}

/// Deletes a policy.
async fn delete(
    session: &mut Session,
    context: Context<'_>,
    named: &PolicyNamed,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("delete_policy").arg(
        "policy_id",
        "uuid",
        Some(verb::policy(&work, &named.name_or_id).await?),
    );
    verb::changed(work, &call, || verb::unknown_policy(&named.name_or_id), output).await
}
