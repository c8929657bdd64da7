//! `awgp delegation`: authority passed on for a time.

use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::making;
use crate::opt::{Delegation, DelegationCreate, DelegationList, Format, Output};
use crate::render;
use crate::verb;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble};
use serde_json::json;

const COLUMNS: [&str; 8] =
    ["delegator", "delegate", "risk_levels", "state", "starts_at", "ends_at", "reason", "id"];

const LIST: &str = "
    SELECT * FROM awgp.delegation_list
    WHERE (NOT $1::boolean OR state = 'in_force')
      AND ($2::text IS NULL OR delegator_id = $2::text::uuid OR delegate_id = $2::text::uuid)";

/// The delegation to the same user for the same risks that ends at the same moment.
const EXISTING: &str = "
    SELECT * FROM awgp.approval_delegations
    WHERE tenant_id = awgp.current_tenant() AND delegator_id = awgp.current_user_id() AND is_active
      AND delegate_id = ($1::text::jsonb ->> 'delegate')::uuid
      AND ends_at = ($1::text::jsonb ->> 'ends_at')::timestamptz
      AND COALESCE(to_jsonb(risk_levels), '[]') = $1::text::jsonb -> 'risk_levels'
    ORDER BY created_at, id LIMIT 1";

/// Runs one command of the noun.
pub async fn run(noun: &Delegation, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Delegation::Create(options) => create(session, context, options, output).await,
            Delegation::List(options) => list(session, context, options, invocation.format).await,
            Delegation::Revoke(options) => {
                let call = Call::new("revoke_delegation");
                verb::change(session, context, (ids::DELEGATION, &options.id), call, output).await
            }
        })
        .await
}

/// Lets another user decide.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &DelegationCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let delegate = ids::user(&work, &options.delegate).await?;
    let levels: Vec<String> = options.risk_levels.iter().map(ToString::to_string).collect();
    let starts_at = when::moment(&work, "--from", options.from.as_ref(), Edge::Begin).await?;
    let ends_at = when::moment(&work, "--until", Some(&options.until), Edge::End).await?;
    let call = Call::new("delegate_approvals")
        .arg("delegate_id", "uuid", Some(&delegate))
        .arg("starts_at", "timestamptz", starts_at)
        .arg("ends_at", "timestamptz", ends_at.as_ref())
        .arg("risk_levels", "integer[]", (!levels.is_empty()).then(|| format!("{{{}}}", levels.join(","))))
        .arg("reason", "text", options.reason.as_ref());
    let key =
        json!({"delegate": delegate, "ends_at": ends_at, "risk_levels": options.risk_levels}).to_string();
    let existing = (EXISTING, key.as_str());
    Ok(render::single(&making::make_unless_there(work, &call, existing, &options.making).await?, output))
}

/// Lists the delegations that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &DelegationList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let of = match &options.of {
        Some(user) => Some(ids::user(&work, user).await?),
        None => None,
    };
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.in_force, &of],
        order: &[down("r.ends_at", "timestamptz"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["delegator", "delegate", "reason"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}
