//! `awgp policy`: which messages assistants may send to each other.

use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::message;
use crate::opt::{Format, Output, Policy, PolicyCreate, PolicyList, PolicyTest};
use crate::render;
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
