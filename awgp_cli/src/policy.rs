//! `awgp policy`: which messages assistants may send to each other.

use crate::confirm;
use crate::ids::POLICY;
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::making;
use crate::message;
use crate::opt::{Format, Output, Policy, PolicyCreate, PolicyList, PolicyTest, PolicyUpdate};
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

const EXISTING: &str = "
    SELECT * FROM awgp.communication_policies
    WHERE tenant_id = awgp.current_tenant() AND name = $1 ORDER BY created_at, id LIMIT 1";

/// Runs one command of the noun.
pub async fn run(noun: &Policy, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let Policy::Test(options) = noun {
        return invocation.decision(async |session| test(session, context, options, output).await).await;
    }
    let deactivated = || Call::new("update_policy").arg("is_active", "boolean", Some(false));
    invocation
        .answer(async |session| match noun {
            Policy::Create(options) => create(session, context, options, output).await,
            Policy::List(options) => list(session, context, options, invocation.format).await,
            Policy::Show(named) => verb::show(session, context, POLICY, &named.name_or_id, output).await,
            Policy::Update(options) => {
                verb::change(session, context, (POLICY, &options.name_or_id), changes(options), output).await
            }
            Policy::Deactivate(named) => {
                verb::change(session, context, (POLICY, &named.name_or_id), deactivated(), output).await
            }
            Policy::Delete(options) => {
                let (policy, asked) =
                    ((POLICY, &*options.name_or_id), (&confirm::DELETE_POLICY, &options.sure));
                verb::change_for_good(session, context, policy, asked, Call::new("delete_policy"), output)
                    .await
            }
            // It ends in its own way.
            Policy::Test(_) => Ok(String::new()),
        })
        .await
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
    let existing = (EXISTING, options.name.as_str());
    Ok(render::single(&making::make_unless_there(work, &call, existing, &options.making).await?, output))
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

/// What changes of a policy.
fn changes(options: &PolicyUpdate) -> Call {
    Call::new("update_policy")
        .arg("name", "text", options.name.as_ref())
        .list("from_assistant_types", &options.from_types)
        .list("to_assistant_types", &options.to_types)
        .list("allowed_channels", &options.channels)
        .arg("content_rules", "jsonb", options.content_rules.as_ref())
        .arg("rate_limit_per_hour", "bigint", options.rate_limit_per_hour)
        .arg("rate_limit_scope", "text", options.rate_limit_scope.as_ref())
        .arg("is_active", "boolean", options.active.then_some(true))
}
