//! `awgp cost reserve`, `settle`, `release`, `reverse`, `estimate` and `verify-ledger`.

use crate::assistant;
use crate::ids::{self, ENTRY, RESERVATION};
use crate::opt::{CostEstimate, CostRelease, CostReserve, CostReverse, CostSettle, Format, Output};
use crate::render;
use crate::verb;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Row, Session, Trouble};

const ESTIMATE: &str = "
    SELECT $1::text AS provider, $2::text AS model,
           awgp.estimate_cost($1, $2, $3, $4, $5, $6::text::timestamptz) AS cost_amount";

const DIFFERENCES: [&str; 7] = ["severity", "kind", "tenant_id", "object_id", "expected", "found", "detail"];

const VERIFY: &str = "SELECT * FROM awgp.verify_ledger()";

/// Sets money aside.
pub async fn reserve(
    session: &mut Session,
    context: Context<'_>,
    options: &CostReserve,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant = assistant::find(&work, &options.assistant).await?;
    let call = Call::new("reserve_credit")
        .arg("assistant_id", "uuid", Some(assistant))
        .arg("provider", "text", Some(&options.provider))
        .arg("amount", "numeric", Some(&options.amount))
        .arg("work_item_id", "uuid", ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?)
        .arg("expires_in", "interval", options.expires_in.as_ref())
        .arg("idempotency_key", "text", options.idempotency_key.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Records the actual cost of what was reserved.
pub async fn settle(
    session: &mut Session,
    context: Context<'_>,
    options: &CostSettle,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("settle_credit")
        .arg("model", "text", Some(&options.model))
        .arg("input_tokens", "bigint", Some(options.input_tokens))
        .arg("output_tokens", "bigint", Some(options.output_tokens))
        .arg("cost_amount", "numeric", options.amount.as_ref())
        .arg("metadata", "jsonb", options.metadata.as_ref());
    verb::change(session, context, (RESERVATION, &options.reservation), call, output).await
}

/// Gives back what is held.
pub async fn release(
    session: &mut Session,
    context: Context<'_>,
    options: &CostRelease,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("release_credit");
    verb::change(session, context, (RESERVATION, &options.reservation), call, output).await
}

/// Takes an entry back by another one.
pub async fn reverse(
    session: &mut Session,
    context: Context<'_>,
    options: &CostReverse,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("reverse_cost").arg("reason", "text", Some(&options.reason));
    verb::change(session, context, (ENTRY, &options.entry), call, output).await
}

/// Says what a call would cost.
pub async fn estimate(
    session: &mut Session,
    context: Context<'_>,
    options: &CostEstimate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let CostEstimate { provider, model, input_tokens, output_tokens, cached_tokens, at } = options;
    let at = when::moment(&work, "--at", at.as_ref(), Edge::Begin).await?;
    let rows =
        work.select(ESTIMATE, &[provider, model, input_tokens, output_tokens, cached_tokens, &at]).await?;
    work.commit().await?;
    Ok(rows.first().map(|row: &Row| render::single(row, output)).unwrap_or_default())
}

/// Recomputes every balance; exit code 12 where one differs.
pub async fn verify(
    session: &mut Session,
    context: Context<'_>,
    format: Format,
) -> Result<(String, Exit), Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(VERIFY, &[]).await?;
    work.commit().await?;
    let exit = if rows.is_empty() { Exit::Success } else { Exit::Findings };
    let text = match format {
        Format::Table if rows.is_empty() => {
            "every balance agrees with its entries and reservations\n".to_owned()
        }
        format => render::rows(&rows, &DIFFERENCES, format),
    };
    Ok((text, exit))
}
